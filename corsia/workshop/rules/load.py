"""What a day will probably hold: booked work less who does not come, and who walks in; beside what can be done."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import fmean, pvariance
from typing import Final

GRAIN: Final = 15  # minutes to which work is counted
Z80: Final = 1.2816  # of a normal distribution: four days of five lie between
QUIET: Final = 0.60
FULL: Final = 0.90
LOST: Final = 1.0  # what an hour costs that stays empty
OVERTIME: Final = 3.0  # and one too many: overtime, broken promises
OWN_WEEKS: Final = 4  # weeks of all weekdays that a weekday's own mean is mixed with


class State(StrEnum):
    """How a day looks. OVER: more than can be done is more likely than not."""

    CLOSED = "closed"
    QUIET = "quiet"
    GOOD = "good"
    FULL = "full"
    OVER = "over"


@dataclass(frozen=True, kw_only=True)
class Expected:
    """Minutes of work on a day.

    Attributes:
        booked: as it is booked.
        missed: of that, expected not to come.
        walk_ins: expected besides.
        low, high: four days of five end between.
    """

    booked: int
    missed: float
    walk_ins: float
    capacity: int
    low: float
    high: float
    over: float  # how likely there is more than can be done, from 0 to 1

    @property
    def load(self) -> float:
        return self.booked - self.missed + self.walk_ins

    @property
    def state(self) -> State:
        if not self.capacity:
            return State.CLOSED if not self.booked else State.OVER
        if self.over >= 0.5:
            return State.OVER
        share = self.load / self.capacity
        return State.FULL if share >= FULL else State.QUIET if share < QUIET else State.GOOD


@dataclass(frozen=True, kw_only=True)
class WalkIns:
    """Minutes of work that walk in on a weekday: mean and variance, and the days they were counted on."""

    mean: float
    variance: float
    days: int


def expected(visits: Sequence[tuple[int, float]], *, walk_ins: WalkIns, capacity: int) -> Expected:
    """Return what a day will probably hold.

    Args:
        visits: minutes of each, and how likely it is missed.
    """
    booked = sum(minutes for minutes, _chance in visits)
    missed = sum(minutes * chance for minutes, chance in visits)
    variance = sum(minutes**2 * chance * (1 - chance) for minutes, chance in visits) + walk_ins.variance
    load, spread = booked - missed + walk_ins.mean, math.sqrt(variance)
    return Expected(
        booked=booked,
        missed=missed,
        walk_ins=walk_ins.mean,
        capacity=capacity,
        low=max(0.0, load - Z80 * spread),
        high=load + Z80 * spread,
        over=_above(capacity, load, spread),
    )


def walk_ins_of(own: Sequence[float], every: Sequence[float]) -> WalkIns:
    """Return what walks in on a weekday, from its own days drawn towards all days while they are few."""
    if not every:
        return WalkIns(mean=0.0, variance=0.0, days=0)
    days, whole = len(own), fmean(every)
    mean = (sum(own) + OWN_WEEKS * whole) / (days + OWN_WEEKS)
    spread = (days * (pvariance(own) if own else 0.0) + OWN_WEEKS * pvariance(every)) / (days + OWN_WEEKS)
    return WalkIns(mean=mean, variance=spread, days=days)


@dataclass(frozen=True, kw_only=True)
class Overbooking:
    """How many visits more than fit are sensible: advice, between a careful and a bold answer."""

    visits: int
    low: int
    high: int


def overbooking(visits: Sequence[tuple[int, float]], *, free: int, usual: int) -> Overbooking:
    """Return how many visits of a usual length may be booked over a full day.

    As many minutes as stay empty with the critical probability: the cost of an empty hour among that and of one too
    many. A day with room for a visit needs no overbooking.
    """
    if free >= usual or usual <= 0:
        return Overbooking(visits=0, low=0, high=0)
    spread = _missed_minutes(visits)
    at = LOST / (LOST + OVERTIME)

    def many(share: float) -> int:
        return (free + _quantile(spread, share)) // usual

    return Overbooking(visits=many(at), low=many(0.10), high=many(0.90))


def _missed_minutes(visits: Sequence[tuple[int, float]]) -> list[float]:
    """Return how likely so many times `GRAIN` minutes are missed, visit by visit and exactly."""
    chances = [1.0]
    for minutes, chance in visits:
        size = max(1, round(minutes / GRAIN))
        longer = [0.0] * (len(chances) + size)
        for place, known in enumerate(chances):
            longer[place] += known * (1 - chance)
            longer[place + size] += known * chance
        chances = longer
    return chances


def _quantile(chances: Sequence[float], share: float) -> int:
    """Return the largest number of minutes that are missed with at least the probability 1 - share."""
    left, found = 1.0, 0
    for place, chance in enumerate(chances):
        if left < 1 - share:
            break
        found = place
        left -= chance
    return found * GRAIN


def _above(capacity: float, mean: float, spread: float) -> float:
    if spread == 0:
        return float(mean > capacity)
    return 0.5 * math.erfc((capacity - mean) / (spread * math.sqrt(2)))
