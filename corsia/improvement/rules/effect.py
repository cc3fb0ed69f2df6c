"""Did it work? Collapsed difference in differences, a permutation test, and the interval that the test itself gives.

Each unit counts once, by its mean before and its mean after. Errors clustered by unit lie where few units are treated
(nine false alarms in ten with one treated unit), so there are none here: the test deals the action out to other units
at random and asks how often chance does as well.
"""

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from typing import Final

LEAST_ANSWERS: Final = 10  # a unit with fewer before or after is left out: its mean would be a handful of opinions
LEVEL: Final = 0.05
MOST_EXACT: Final = 5_000  # assignments that are all tried; beyond, so many are drawn
DRAWN: Final = 4_999
_SEED: Final = 1992  # the same numbers on each reading of the page
_TOLERANCE: Final = 1e-9


class NothingToCompare(ValueError):
    """There must be a unit with the action and one without."""


class Verdict(StrEnum):
    """What may be said.

    TOO_FEW: with so few units no effect, however large, could be told from chance.
    """

    BETTER = "better"
    WORSE = "worse"
    NONE = "none"
    TOO_FEW = "too_few"


@dataclass(frozen=True, kw_only=True)
class Moments:
    """What was measured in a unit within a period: how many, their sum, the sum of their squares."""

    n: int
    total: float
    squares: float

    @property
    def mean(self) -> float:
        """The mean; of nothing there is none."""
        return self.total / self.n

    @property
    def variance(self) -> float:
        """The variance of the mean, 0.0 of a single value."""
        if self.n < 2:
            return 0.0
        return max(0.0, (self.squares - self.total**2 / self.n) / (self.n - 1)) / self.n


@dataclass(frozen=True, kw_only=True)
class UnitChange:
    """One unit before and after."""

    unit_id: int
    is_treated: bool
    before: Moments
    after: Moments

    @property
    def change(self) -> float:
        """Mean after less mean before."""
        return self.after.mean - self.before.mean

    @property
    def is_thin(self) -> bool:
        """Whether there is too little in one of the periods for a mean to say anything."""
        return min(self.before.n, self.after.n) < LEAST_ANSWERS


@dataclass(frozen=True, kw_only=True)
class Effect:
    """The difference in differences, in the unit of the measure.

    Attributes:
        points: mean change of the units with the action less mean change of those without.
        low, high: the effects that the test does not refuse at five per cent; None where it can refuse none.
        p: share of the assignments in which chance does at least as well, both ways.
        assignments: how many assignments there are, or were drawn where `is_exact` is False.
        smallest_p: the least that p can be with so many units.
    """

    points: float
    low: float | None
    high: float | None
    p: float
    assignments: int
    is_exact: bool
    smallest_p: float
    treated: int
    controls: int
    treated_before: float
    treated_after: float
    control_before: float
    control_after: float

    def verdict(self, *, higher_is_better: bool) -> Verdict:
        """Return what may be said of it."""
        if self.smallest_p > LEVEL:
            return Verdict.TOO_FEW
        if self.p > LEVEL:
            return Verdict.NONE
        return Verdict.BETTER if (self.points > 0) is higher_is_better else Verdict.WORSE


def effect_of(units: Sequence[UnitChange]) -> Effect:
    """Return the effect of the action on units with it against units without it.

    The interval holds every effect that the same permutation test would not refuse: it contains zero exactly when p is
    above five per cent. Drawn assignments come from a fixed seed.

    Raises:
        NothingToCompare: all units have the action, or none has.

    Sources: D. Card and A. Krueger, "Minimum Wages and Employment", American Economic Review 84 (1994);
    M. Bertrand, E. Duflo and S. Mullainathan, "How Much Should We Trust Differences-in-Differences Estimates?",
    Quarterly Journal of Economics 119 (2004), who collapse to before and after.
    """
    treated = [unit for unit in units if unit.is_treated]
    controls = [unit for unit in units if not unit.is_treated]
    if not treated or not controls:
        raise NothingToCompare
    changes = [unit.change for unit in (*treated, *controls)]
    many = len(treated)
    points = _mean([unit.change for unit in treated]) - _mean([unit.change for unit in controls])
    possible = math.comb(len(changes), many)
    is_exact = possible <= MOST_EXACT
    dealt = list(combinations(range(len(changes)), many)) if is_exact else list(_drawn(len(changes), many))
    scale = max(map(abs, changes), default=0.0)
    slack = _TOLERANCE * max(1.0, scale)
    uppers, lowers, as_far = [], [], 0
    whole = sum(changes)
    own = set(range(many))
    for chosen in dealt:
        part = sum(changes[place] for place in chosen)
        found = part / many - (whole - part) / (len(changes) - many)
        shared = sum(1 for place in chosen if place in own)
        # How much of an effect of one point this assignment would show: 1 for the real one.
        slope = shared / many - (many - shared) / (len(changes) - many)
        as_far += abs(found) >= abs(points) - slack
        uppers.append(_furthest(found, slope, points, slack))
        lowers.append(-_furthest(-found, slope, -points, slack))
    high, low = _bound(uppers), _bound([-one for one in lowers])
    return Effect(
        points=points,
        low=None if low is None else -low,
        high=high,
        p=as_far / len(dealt),
        assignments=len(dealt),
        is_exact=is_exact,
        smallest_p=_smallest_p(len(changes), many),
        treated=many,
        controls=len(controls),
        treated_before=_mean([unit.before.mean for unit in treated]),
        treated_after=_mean([unit.after.mean for unit in treated]),
        control_before=_mean([unit.before.mean for unit in controls]),
        control_after=_mean([unit.after.mean for unit in controls]),
    )


def in_money(effect: Effect, *, cents_per_point: int) -> tuple[int, int | None, int | None]:
    """Return the effect and its interval in cents, by what somebody stated that a point is worth."""
    low, high = (None if bound is None else round(bound * cents_per_point) for bound in (effect.low, effect.high))
    return round(effect.points * cents_per_point), low, high


def _drawn(units: int, many: int) -> Iterator[tuple[int, ...]]:
    """Yield the real assignment and random ones."""
    rng = random.Random(_SEED)  # noqa: S311  (a test of chance, no secret)
    yield tuple(range(many))
    for _number in range(DRAWN):
        yield tuple(sorted(rng.sample(range(units), many)))


def _smallest_p(units: int, many: int) -> float:
    """Return the least p there can be; where half the units are treated, the mirror image always does as well."""
    mirrored = 2 if units == 2 * many else 1
    return mirrored / min(math.comb(units, many), DRAWN + 1)


def _furthest(found: float, slope: float, points: float, slack: float) -> float:
    """Return the largest effect under which this assignment still does at least as well as the real one.

    Under an effect e the assignment shows |found - slope e| and the real one |points - e|; as |slope| <= 1 the former
    is the larger up to one effect and never again beyond it.
    """
    ends = [points]
    for slope_of_it, reach in ((1 + slope, found + points), (1 - slope, points - found)):
        if slope_of_it > _TOLERANCE:
            ends.append(reach / slope_of_it)
        elif reach >= -slack:  # the real assignment, or its mirror image: always as far
            return math.inf
    return max(ends)


def _bound(furthest: Sequence[float]) -> float | None:
    """Return the largest effect that more than five per cent of the assignments bear; None for any effect at all."""
    place = math.floor(LEVEL * len(furthest) + _TOLERANCE)
    end = sorted(furthest, reverse=True)[place]
    return None if math.isinf(end) else end


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)
