"""A panel: which services are typical, how many customers of each group are asked, what their answers weigh."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from corsia.listening.rules.nps import SHOWN_FROM, Score, Tally, net_promoter_score, score_of, tally

TYPICAL_PCT: Final = 80  # of all that is done
OVERDRAWN: Final = 5  # so many lots are drawn for each place: some of those drawn may not be asked

Key = TypeVar("Key")


def vital_few(counts: Sequence[int]) -> int:
    """Return how many of the first counts make at least 80 % of all (Pareto's line).

    Args:
        counts: the largest first.
    """
    total, before = sum(counts), 0
    for place, count in enumerate(counts):
        before += count
        if 100 * before >= TYPICAL_PCT * total:
            return place + 1 if total else 0
    return 0


def allocate(volumes: Mapping[Key, int], size: int) -> dict[Key, int]:
    """Return how many of `size` places each group gets in proportion to its volume, by the largest remainder.

    No group gets more places than it has members; equal remainders go to whoever stands first.
    """
    total = sum(volumes.values())
    if total <= size:
        return dict(volumes)
    places = {key: size * volume // total for key, volume in volumes.items()}
    by_remainder = sorted(volumes, key=lambda key: -(size * volumes[key] % total))
    for key in by_remainder[: size - sum(places.values())]:
        places[key] += 1
    return places


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A group of customers: how often something was done for it, and who of it answered how (0 to 10)."""

    volume: int
    scores: Mapping[int, int]

    @property
    def answers(self) -> int:
        """Who answered."""
        return sum(self.scores.values())


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """What a panel says.

    Attributes:
        raw: every answer counts as one; None under the least number of answers.
        weighted: every group counts by what was done for it, whoever of it answered.
        effective: how many answers of equal weight say as much as these.
        covered_pct: share of the volume whose group answered at all: of the rest nothing is known.
    """

    answers: Tally
    raw: Score | None
    weighted: Score | None
    effective: float
    covered_pct: float


def estimate(cells: Iterable[Cell]) -> Estimate:
    """Return the recommendation of a panel, as answered and weighted by volume.

    An answer weighs its group's volume divided by the group's answers; the interval is that of the adjusted Wald for
    the effective number of answers, so that equal weights give the raw score exactly.

    Source: L. Kish, Survey Sampling (1965), section 11.7: n_eff = (sum of weights)^2 / sum of squared weights.
    """
    groups = list(cells)
    heard = [cell for cell in groups if cell.answers]
    answers = sum((tally(cell.scores) for cell in heard), Tally())
    volume, reached = sum(cell.volume for cell in groups), sum(cell.volume for cell in heard)
    squares = sum(cell.volume**2 / cell.answers for cell in heard)
    effective = reached**2 / squares if squares else 0.0
    is_shown = answers.answers >= SHOWN_FROM
    weighted = None
    if is_shown and reached:
        split = [(cell.volume / reached / cell.answers, tally(cell.scores)) for cell in heard]
        weighted = score_of(
            promoters=effective * sum(weight * one.promoters for weight, one in split),
            detractors=effective * sum(weight * one.detractors for weight, one in split),
            n=effective,
        )
    return Estimate(
        answers=answers,
        raw=net_promoter_score(answers) if is_shown else None,
        weighted=weighted,
        effective=effective,
        covered_pct=100 * reached / volume if volume else 0.0,
    )
