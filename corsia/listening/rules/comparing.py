"""Teams against the rest: who really differs, when many are looked at together."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from corsia.listening.rules.nps import Score, Tally, adjusted_variance, net_promoter_score, variance_of_one
from corsia.listening.rules.quantiles import Z_95, two_sided

FALSE_SHARE: Final = 0.05  # of those that are said to differ, so many differ by chance
NOBODY: Final = Tally()


@dataclass(frozen=True, kw_only=True)
class Difference:
    """How much one score is above another, in points, and where the true difference lies with 95 % confidence."""

    points: float
    low: float
    high: float

    @property
    def is_chance(self) -> bool:
        """Whether chance alone would explain it: the range holds no difference at all."""
        return self.low <= 0 <= self.high


def difference_between(one: Tally, other: Tally) -> Difference:
    """Return the score of `one` less that of `other`, two samples of different people.

    Each side has the adjusted variance and middle of its own interval (three imaginary answers), as
    `net_promoter_score` has, so that the range also holds for few answers; it need not lie evenly around `points`.

    Raises:
        NoAnswers: one of them is nobody.
    """
    first, second = net_promoter_score(one), net_promoter_score(other)

    def middle(answers: Tally) -> float:
        return 100 * (answers.promoters - answers.detractors) / (answers.answers + 3)

    apart = middle(one) - middle(other)
    reach = Z_95 * math.sqrt(adjusted_variance(one) + adjusted_variance(other))
    return Difference(points=first.points - second.points, low=apart - reach, high=apart + reach)


@dataclass(frozen=True, kw_only=True)
class Compared:
    """A team against all others together.

    Attributes:
        difference: its score less that of the rest, in points.
        corrected: the probability of such a difference by chance, corrected for how many teams were looked at.
    """

    answers: Tally
    score: Score
    rest: Tally
    difference: float
    corrected: float

    @property
    def verdict(self) -> int:
        """1 better than the rest, -1 worse, 0 no difference that chance would not explain."""
        if self.corrected > FALSE_SHARE:
            return 0
        return 1 if self.difference > 0 else -1


def against_the_rest(teams: Mapping[int, Tally], *, others: Tally = NOBODY) -> dict[int, Compared]:
    """Return the teams with enough answers, each compared with all others together.

    The variance is that of all answers together, as if no team differed: with a variance of each side small teams would
    raise false alarms. Teams with too few answers are not compared but belong to the rest of the others.

    Args:
        others: answers of those who are not to be compared but belong to the rest.
    """
    everybody = sum(teams.values(), others)
    if everybody.answers == 0:
        return {}
    variance = variance_of_one(everybody)
    compared, chances = {}, {}
    for key, answers in teams.items():
        rest = everybody - answers
        if not answers.is_shown or not rest.is_shown:
            continue
        score, other = net_promoter_score(answers), net_promoter_score(rest)
        error = 100 * math.sqrt(variance * (1 / answers.answers + 1 / rest.answers))
        chances[key] = two_sided((score.points - other.points) / error) if error else 1.0
        compared[key] = (answers, score, rest, score.points - other.points)
    corrected = dict(zip(chances, benjamini_hochberg(list(chances.values())), strict=True))
    return {
        key: Compared(answers=answers, score=score, rest=rest, difference=difference, corrected=corrected[key])
        for key, (answers, score, rest, difference) in compared.items()
    }


def benjamini_hochberg(chances: Sequence[float]) -> list[float]:
    """Return each probability corrected so that, of those at most q, a share of q at most are false alarms.

    Source: Y. Benjamini, Y. Hochberg, "Controlling the False Discovery Rate", Journal of the Royal Statistical Society
    B 57 (1995).
    """
    total, lowest = len(chances), 1.0
    corrected = [1.0] * total
    for rank, place in reversed(list(enumerate(sorted(range(total), key=chances.__getitem__), start=1))):
        lowest = min(lowest, chances[place] * total / rank)
        corrected[place] = lowest
    return corrected
