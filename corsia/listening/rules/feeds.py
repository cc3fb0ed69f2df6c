"""Is a feed of events still running? Its last days against what its own past makes of such weekdays.

A feed that stops hurts nobody at once: no customer complains of not having been asked.
"""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Final

WINDOWS: Final = (1, 3, 7)  # the last days, ending yesterday, that are judged together
PAST_DAYS: Final = 21  # fewer days before them say nothing about what is usual
RARE: Final = 0.0005  # chance, for one window, of so few events in a feed that runs as ever


class Run(Enum):
    """How a feed runs."""

    LEARNING = "learning"
    USUAL = "usual"
    FEW = "few"
    SILENT = "silent"


@dataclass(frozen=True, kw_only=True)
class Judged:
    """What the last days say.

    Attributes:
        days: of the window that speaks; the longest where none does.
        seen, expected: events in that window; expected is what its weekdays usually bring, 0.0 while learning.
    """

    run: Run
    days: int
    seen: int
    expected: float

    @property
    def is_alarm(self) -> bool:
        """Whether somebody should look."""
        return self.run in (Run.FEW, Run.SILENT)


def judge(days: Sequence[tuple[date, int]]) -> Judged:
    """Judge a feed by whole days, each with its number of events, the oldest first and none left out.

    Counts of a day vary more than chance alone would have it (a busy Tuesday, a bridge day): what is expected and what
    was seen are both divided by the variance-to-mean ratio of the past before the Poisson distribution is asked
    (quasi-Poisson: P. McCullagh, J. Nelder, "Generalized Linear Models", 6.2.3).
    """
    found = [one for window in WINDOWS if (one := _window(days, window)) is not None]
    if not found:
        return Judged(run=Run.LEARNING, days=0, seen=0, expected=0.0)
    alarms = [one for one in found if one.is_alarm]
    return max(alarms, key=lambda one: (one.run is Run.SILENT, one.days)) if alarms else found[-1]


def _window(days: Sequence[tuple[date, int]], window: int) -> Judged | None:
    past, recent = days[:-window], days[-window:]
    if len(past) < PAST_DAYS:
        return None
    by_weekday: dict[int, list[int]] = defaultdict(list)
    for on, count in past:
        by_weekday[on.weekday()].append(count)
    usual = {weekday: sum(counts) / len(counts) for weekday, counts in by_weekday.items()}
    expected = sum(usual[on.weekday()] for on, _ in recent)
    seen = sum(count for _, count in recent)
    spread = _spread(past, usual)
    if poisson_up_to(seen / spread, expected / spread) >= RARE:
        return Judged(run=Run.USUAL, days=window, seen=seen, expected=expected)
    return Judged(run=Run.FEW if seen else Run.SILENT, days=window, seen=seen, expected=expected)


def _spread(past: Sequence[tuple[date, int]], usual: dict[int, float]) -> float:
    """Return the variance-to-mean ratio of the past, at least 1."""
    terms = [(count - usual[on.weekday()]) ** 2 / usual[on.weekday()] for on, count in past if usual[on.weekday()] > 0]
    free = len(terms) - sum(mean > 0 for mean in usual.values())
    return max(1.0, sum(terms) / free) if free > 0 else 1.0


def poisson_up_to(count: float, mean: float) -> float:
    """Return the chance of at most `count` events (rounded down) where `mean` are expected."""
    if mean <= 0:
        return 1.0
    logs = [k * math.log(mean) - mean - math.lgamma(k + 1) for k in range(math.floor(count) + 1)]
    highest = max(logs)
    return min(1.0, math.exp(highest) * sum(math.exp(one - highest) for one in logs))
