"""Scales of any range with bands of their own; means, indices and top boxes with their intervals.

A scale says what its numbers mean: 9 of 10 is not 9 of 9, and 0 is an answer like any other.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from corsia.listening.rules.nps import SHOWN_FROM, NoAnswers, Tally
from corsia.listening.rules.quantiles import Z_95, t_95


class NotAScale(ValueError):
    """The bands leave a gap, overlap, or reach beyond the scale."""


class OffTheScale(ValueError):
    """An answer that the scale does not have."""


@dataclass(frozen=True, kw_only=True)
class Band:
    """Neighbouring answers that count together, both ends included."""

    low: int
    high: int

    def __str__(self) -> str:
        return str(self.low) if self.low == self.high else f"{self.low}–{self.high}"


@dataclass(frozen=True, kw_only=True)
class Scale:
    """Whole numbers from `lowest` to `highest` in bands, the best first.

    Raises:
        NotAScale: a number is in no band or in two.
    """

    lowest: int
    highest: int
    bands: tuple[Band, ...]

    def __post_init__(self) -> None:
        covered = [answer for band in reversed(self.bands) for answer in range(band.low, band.high + 1)]
        if covered != list(range(self.lowest, self.highest + 1)) or self.lowest >= self.highest:
            raise NotAScale(f"Bands {', '.join(map(str, self.bands))} do not cover {self.lowest} to {self.highest}.")


def scale_of(lowest: int, highest: int, starts: Sequence[int]) -> Scale:
    """Return a scale whose bands begin at `starts`, best first; the last band goes down to the lowest answer.

    `scale_of(0, 10, (9, 7))` has the bands 9-10, 7-8 and 0-6.

    Raises:
        NotAScale: the starts are not within the scale, from above to below.
    """
    edges = [highest + 1, *starts, lowest]
    pairs = zip(edges[1:], edges, strict=False)
    return Scale(lowest=lowest, highest=highest, bands=tuple(Band(low=low, high=above - 1) for low, above in pairs))


ZERO_TO_TEN = scale_of(0, 10, (9, 7))
ONE_TO_TEN = scale_of(1, 10, (9, 7))
KEYPAD = scale_of(0, 9, (8, 6))  # the ten keys of a telephone: 9 is the best, 0 is an answer
ONE_TO_FIVE = scale_of(1, 5, (5, 4))


@dataclass(frozen=True, kw_only=True)
class Mean:
    """A mean on its scale and the range in which the true one lies with 95 % confidence."""

    n: int
    value: float
    standard_error: float
    low: float
    high: float


def in_bands(scores: Mapping[int, int], scale: Scale) -> tuple[int, ...]:
    """Return how many answered in each band of the scale, best first.

    Raises:
        OffTheScale: there is an answer that the scale does not have.
    """
    _check(scores, scale)
    return tuple(sum(scores.get(answer, 0) for answer in range(band.low, band.high + 1)) for band in scale.bands)


def tally_on(scores: Mapping[int, int], scale: Scale) -> Tally:
    """Return promoters, passives and detractors on a scale of three bands.

    Raises:
        NotAScale: the scale has not three bands.
        OffTheScale: there is an answer that the scale does not have.
    """
    if len(scale.bands) != 3:
        raise NotAScale("Promoters, passives and detractors are three bands.")
    promoters, passives, detractors = in_bands(scores, scale)
    return Tally(promoters=promoters, passives=passives, detractors=detractors)


def mean_of(*, n: int, total: float, squares: float, lowest: int, highest: int) -> Mean:
    """Return a mean with its interval (Student's), from the sums of the answers and of their squares.

    Raises:
        NoAnswers: nobody answered: the mean of nobody is unknown.
    """
    if n == 0:
        raise NoAnswers
    value = total / n
    if n == 1:
        return Mean(n=1, value=value, standard_error=math.inf, low=float(lowest), high=float(highest))
    error = math.sqrt(max(0.0, squares - n * value * value) / (n - 1) / n)
    reach = t_95(n - 1) * error
    low, high = max(float(lowest), value - reach), min(float(highest), value + reach)
    return Mean(n=n, value=value, standard_error=error, low=low, high=high)


def mean_score(scores: Mapping[int, int], scale: Scale) -> Mean:
    """Return the mean of the answers with its interval.

    Raises:
        NoAnswers: nobody answered.
        OffTheScale: there is an answer that the scale does not have.
    """
    _check(scores, scale)
    return mean_of(
        n=sum(scores.values()),
        total=sum(answer * count for answer, count in scores.items()),
        squares=sum(answer * answer * count for answer, count in scores.items()),
        lowest=scale.lowest,
        highest=scale.highest,
    )


def satisfaction_index(mean: Mean, *, lowest: int, highest: int) -> Mean:
    """Return a mean as an index (CSI) from 0, everybody at the lowest answer, to 100, everybody at the highest."""
    stretch = 100 / (highest - lowest)
    return Mean(
        n=mean.n,
        value=(mean.value - lowest) * stretch,
        standard_error=mean.standard_error * stretch,
        low=(mean.low - lowest) * stretch,
        high=(mean.high - lowest) * stretch,
    )


def share_of(count: int, n: int) -> Mean:
    """Return a share of all in per cent with its interval (Wilson's, which holds for few and for extreme shares).

    Raises:
        NoAnswers: there is nothing to have a share of.

    Source: E. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", Journal of the American
    Statistical Association 22 (1927).
    """
    if n == 0:
        raise NoAnswers
    share, square = count / n, Z_95 * Z_95
    middle = (share + square / (2 * n)) / (1 + square / n)
    reach = Z_95 * math.sqrt(share * (1 - share) / n + square / (4 * n * n)) / (1 + square / n)
    return Mean(
        n=n,
        value=100 * share,
        standard_error=100 * math.sqrt(share * (1 - share) / n),
        low=100 * max(0.0, middle - reach),
        high=100 * min(1.0, middle + reach),
    )


def top_box(scores: Mapping[int, int], scale: Scale) -> Mean | None:
    """Return the share of the best band in per cent, or None where too few answered to show one."""
    counts = in_bands(scores, scale)
    return share_of(counts[0], sum(counts)) if sum(counts) >= SHOWN_FROM else None


def _check(scores: Mapping[int, int], scale: Scale) -> None:
    for answer, count in scores.items():
        if count and not scale.lowest <= answer <= scale.highest:
            raise OffTheScale(f"{answer} is not between {scale.lowest} and {scale.highest}.")
