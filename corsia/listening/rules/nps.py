"""The net promoter score, its interval, and when it says too little to be shown."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

PROMOTER_FROM: Final = 9
DETRACTOR_UP_TO: Final = 6
SHOWN_FROM: Final = 10  # fewer answers than this are a handful of opinions, not a score

_Z_95: Final = 1.959963984540054


class NoAnswers(ValueError):
    """The score of nobody is unknown, not zero."""


@dataclass(frozen=True, kw_only=True)
class Tally:
    """How many answered how."""

    promoters: int = 0
    passives: int = 0
    detractors: int = 0

    @property
    def answers(self) -> int:
        """All who answered."""
        return self.promoters + self.passives + self.detractors

    @property
    def is_shown(self) -> bool:
        """Whether there are enough answers for a score to mean something."""
        return self.answers >= SHOWN_FROM

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            promoters=self.promoters + other.promoters,
            passives=self.passives + other.passives,
            detractors=self.detractors + other.detractors,
        )

    def __sub__(self, part: "Tally") -> "Tally":
        """Return the rest: those who answered and are not among `part`."""
        return Tally(
            promoters=self.promoters - part.promoters,
            passives=self.passives - part.passives,
            detractors=self.detractors - part.detractors,
        )


@dataclass(frozen=True, kw_only=True)
class Score:
    """A score in points from -100.0 to 100.0, and the range in which the true one lies with 95 % confidence."""

    points: float
    low: float
    high: float

    @property
    def margin(self) -> float:
        """Half the width of the interval, in points."""
        return (self.high - self.low) / 2


def tally(scores: Mapping[int, int]) -> Tally:
    """Return who of the answers is promoter (9, 10), passive (7, 8) or detractor (0 to 6).

    Args:
        scores: score from 0 to 10 to the number of answers with it.
    """
    promoters = sum(count for score, count in scores.items() if score >= PROMOTER_FROM)
    detractors = sum(count for score, count in scores.items() if score <= DETRACTOR_UP_TO)
    return Tally(promoters=promoters, passives=sum(scores.values()) - promoters - detractors, detractors=detractors)


def net_promoter_score(answers: Tally) -> Score:
    """Return the share of promoters minus the share of detractors, unrounded, with its adjusted Wald interval.

    The interval adds three imaginary answers, three quarters of a promoter and of a detractor among them, so that it
    also holds for few answers; it need not lie symmetrically around `points`.

    Raises:
        NoAnswers: nobody answered.

    Sources: F. Reichheld, "The One Number You Need to Grow", Harvard Business Review, December 2003;
    B. Rocks, "Interval Estimation for the Net Promoter Score", The American Statistician 70 (2016).
    """
    if answers.answers == 0:
        raise NoAnswers
    return score_of(promoters=answers.promoters, detractors=answers.detractors, n=answers.answers)


def score_of(*, promoters: float, detractors: float, n: float) -> Score:
    """Return the score of so many promoters and detractors among `n` with its interval, as above.

    Answers that weigh unequally are counted as the fewer equal ones that say as much: not whole numbers.
    """
    points = (promoters - detractors) / n
    total = n + 3
    share_for, share_against = (promoters + 0.75) / total, (detractors + 0.75) / total
    middle = share_for - share_against
    reach = _Z_95 * math.sqrt((share_for + share_against - middle**2) / total)
    return Score(points=100 * points, low=100 * max(-1.0, middle - reach), high=100 * min(1.0, middle + reach))


def variance_of_one(answers: Tally) -> float:
    """Return how much one answer varies around the score, on the scale from -1 to 1: Var = P + D - (P - D)^2.

    Raises:
        NoAnswers: nobody answered.
    """
    if answers.answers == 0:
        raise NoAnswers
    promoters, detractors = answers.promoters / answers.answers, answers.detractors / answers.answers
    return max(0.0, promoters + detractors - (promoters - detractors) ** 2)


def standard_error(answers: Tally) -> float:
    """Return the standard error of the score in points, unrounded: the plain one (Wald), without imaginary answers.

    Raises:
        NoAnswers: nobody answered.
    """
    return 100 * math.sqrt(variance_of_one(answers) / answers.answers)


def adjusted_variance(answers: Tally) -> float:
    """Return the square of the standard error behind the adjusted Wald interval, in points squared; never zero."""
    total = answers.answers + 3
    promoters, detractors = (answers.promoters + 0.75) / total, (answers.detractors + 0.75) / total
    return 10_000 * (promoters + detractors - (promoters - detractors) ** 2) / total


def shown_score(answers: Tally) -> Score | None:
    """Return the score, or None when there are too few answers to show one."""
    return net_promoter_score(answers) if answers.is_shown else None


def shares(answers: Tally) -> tuple[int, int, int]:
    """Return promoters, passives, detractors in whole per cent that add up to 100 (0, 0, 0 of nobody).

    The largest remainders are rounded up, so that bars of 100 neither overflow nor leave a gap.
    """
    counts = (answers.promoters, answers.passives, answers.detractors)
    if answers.answers == 0:
        return 0, 0, 0
    whole = [100 * count // answers.answers for count in counts]
    by_remainder = sorted(range(3), key=lambda place: -(100 * counts[place] % answers.answers))
    for place in by_remainder[: 100 - sum(whole)]:
        whole[place] += 1
    return whole[0], whole[1], whole[2]
