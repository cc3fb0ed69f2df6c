"""Is today a coincidence? Control charts of a unit against its own past.

Two charts, for two kinds of trouble. The p-chart looks at each day by itself: it finds a bad day. The EWMA (a mean that
forgets slowly) adds up small shifts: it finds a fall of a few points that lasts. Each day counts by its own number of
answers, and what the day of the week alone explains is taken away first.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from corsia.listening.rules.nps import SHOWN_FROM, Tally, variance_of_one

SIGMAS: Final = 3.0  # of the p-chart
WEIGHT: Final = 0.1  # of the newest day in the EWMA
LIMIT: Final = 2.703  # standard deviations at which the EWMA speaks
FALSE_ALARM_DAYS: Final = 372  # days with answers between two alarms of the EWMA when nothing happened
PAST_FROM: Final = 100  # answers without which there is no past to compare with


@dataclass(frozen=True, kw_only=True)
class Share:
    """One sample of a p-chart: its share, from 0 to 1, and how far chance alone would take it."""

    share: float
    low: float
    high: float

    @property
    def is_out(self) -> bool:
        """Whether chance alone hardly explains it."""
        return self.share > self.high or self.share < self.low


def p_chart(samples: Sequence[tuple[int, int]], *, centre: float | None = None) -> tuple[float, tuple[Share, ...]]:
    """Return the middle line and, for each sample, its share with its limits at three standard deviations.

    Args:
        samples: how many were looked at (at least one) and how many of them had the mark.
        centre: the share of the past; None takes that of the samples themselves.

    Source: D. Montgomery, "Introduction to Statistical Quality Control", chapter 7; NIST/SEMATECH e-Handbook 6.3.3.2.
    """
    if centre is None:
        centre = sum(marked for _, marked in samples) / sum(n for n, _ in samples)
    points = []
    for n, marked in samples:
        reach = SIGMAS * math.sqrt(centre * (1 - centre) / n)
        points.append(Share(share=marked / n, low=max(0.0, centre - reach), high=min(1.0, centre + reach)))
    return centre, tuple(points)


@dataclass(frozen=True, kw_only=True)
class Day:
    """What was answered on one day."""

    on: date
    answers: Tally


@dataclass(frozen=True, kw_only=True)
class Past:
    """What is usual: the score from -1 to 1, how much one answer varies, and what each weekday adds.

    Attributes:
        spread: how much more than chance the days of the past varied around it; 1 means no more.
    """

    answers: Tally
    centre: float
    variance: float
    weekdays: tuple[float, ...]
    spread: float = 1.0

    def expected(self, on: date) -> float:
        """Return the score that is usual on such a weekday."""
        return self.centre + self.weekdays[on.weekday()]

    def deviation(self, day: Day) -> float:
        """Return how far a day with answers lies from what is usual, in standard deviations of its own number."""
        n = day.answers.answers
        score = (day.answers.promoters - day.answers.detractors) / n
        return (score - self.expected(day.on)) / (self.spread * math.sqrt(self.variance / n))


def past_of(days: Sequence[Day]) -> Past | None:
    """Return what the past says is usual, or None where it says too little: under 100 answers, or all alike."""
    answers = sum((day.answers for day in days), Tally())
    if answers.answers < PAST_FROM or (variance := variance_of_one(answers)) == 0:
        return None
    centre = (answers.promoters - answers.detractors) / answers.answers
    weekdays = []
    for number in range(7):
        on_it = sum((day.answers for day in days if day.on.weekday() == number), Tally())
        # A weekday with a handful of answers has no habit of its own.
        score = (on_it.promoters - on_it.detractors) / on_it.answers if on_it.is_shown else centre
        weekdays.append(score - centre)
    plain = Past(answers=answers, centre=centre, variance=variance, weekdays=tuple(weekdays))
    deviations = [plain.deviation(day) for day in days if day.answers.answers]
    spread = math.sqrt(sum(z * z for z in deviations) / len(deviations))
    return Past(answers=answers, centre=centre, variance=variance, weekdays=plain.weekdays, spread=max(1.0, spread))


@dataclass(frozen=True, kw_only=True)
class Step:
    """The EWMA after one day.

    Attributes:
        value: the slowly forgetting mean of the deviations, in standard deviations of one day.
        limit: how far from zero chance alone would take it.
    """

    on: date
    n: int
    value: float
    limit: float

    @property
    def is_out(self) -> bool:
        """Whether chance alone hardly explains it."""
        return abs(self.value) > self.limit


def ewma(days: Sequence[Day], past: Past) -> tuple[Step, ...]:
    """Return the EWMA day by day, oldest first; a day without answers leaves it where it is.

    Sources: S. Roberts, "Control Chart Tests Based on Geometric Moving Averages", Technometrics 1 (1959);
    J. Lucas, M. Saccucci, "Exponentially Weighted Moving Average Control Schemes", Technometrics 32 (1990).
    """
    value, counted, steps = 0.0, 0, []
    for day in days:
        if day.answers.answers:
            value = WEIGHT * past.deviation(day) + (1 - WEIGHT) * value
            counted += 1
        reach = WEIGHT / (2 - WEIGHT) * (1 - (1 - WEIGHT) ** (2 * counted))
        steps.append(Step(on=day.on, n=day.answers.answers, value=value, limit=LIMIT * math.sqrt(reach)))
    return tuple(steps)


@dataclass(frozen=True, kw_only=True)
class Bad:
    """A day of the p-chart of detractors; `share` is None where fewer than 10 answered."""

    on: date
    n: int
    share: Share | None

    @property
    def is_out(self) -> bool:
        """Whether chance alone hardly explains it."""
        return self.share is not None and self.share.is_out


def detractor_days(days: Sequence[Day], past: Past) -> tuple[Bad, ...]:
    """Return the p-chart of the daily share of detractors, against their share in the past."""
    usual = past.answers.detractors / past.answers.answers
    found = []
    for day in days:
        share = None
        if day.answers.answers >= SHOWN_FROM:
            _, [share] = p_chart([(day.answers.answers, day.answers.detractors)], centre=usual)
        found.append(Bad(on=day.on, n=day.answers.answers, share=share))
    return tuple(found)


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the charts say about the last day.

    Attributes:
        lasting: -1 a fall that lasts, 1 a rise that lasts, 0 neither.
        since: the day since which it lasts.
        sudden: 1 more detractors today than chance explains, -1 fewer, 0 neither.
    """

    lasting: int = 0
    since: date | None = None
    sudden: int = 0

    @property
    def is_chance(self) -> bool:
        """Whether nothing unusual is seen."""
        return self.lasting == 0 and self.sudden == 0


def verdict(steps: Sequence[Step], bad_days: Sequence[Bad]) -> Verdict:
    """Say what the last day of both charts means; the charts are of the same days and have at least one."""
    lasting, since = 0, None
    if steps[-1].is_out:
        lasting = 1 if steps[-1].value > 0 else -1
        for step in reversed(steps):
            if not step.is_out or step.value * lasting < 0:
                break
            since = step.on
    last = bad_days[-1].share
    sudden = 0 if last is None or not last.is_out else 1 if last.share > last.high else -1
    return Verdict(lasting=lasting, since=since, sudden=sudden)
