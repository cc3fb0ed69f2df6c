"""When a vehicle reaches a mileage: its own pace from its readings, drawn towards the pace of its group. Pure.

Empirical Bayes on logarithms: a value of a vehicle scatters around the vehicle's own mean with the variance `within`
divided by its weight, and the means of vehicles scatter around the group's with the variance `between`. Both are
estimated from the group by moments (R. DerSimonian, N. Laird, "Meta-analysis in clinical trials", Controlled Clinical
Trials 7, 1986), the pace of kilometres with years as weights, the habit of coming early or late with visits.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import exp, log, sqrt

YEAR = 365.25
SHORTEST_STRETCH = 30  # days: over fewer, a day of holiday counts for too much
SLOWEST, FASTEST = log(0.5), log(1000.0)  # km a day; what lies outside is a typing error and teaches nothing
FEWEST_VEHICLES = 30  # fewer say nothing about a group
EIGHTY_PCT = 1.2816  # standard deviations either side that hold 80 % of a normal distribution
FARTHEST = 3653  # days: nobody foretells more than ten years


@dataclass(frozen=True, slots=True)
class Reading:
    """What an odometer said on a day."""

    on: date
    km: int


@dataclass(frozen=True, slots=True)
class Value:
    """One observation of a vehicle: a logarithm and how much it weighs."""

    log: float
    weight: float


@dataclass(frozen=True, slots=True)
class Spread:
    """How a group's vehicles differ among each other and each from itself, in logarithms."""

    mean: float
    between: float
    within: float  # of a value of weight 1
    vehicles: int


@dataclass(frozen=True, slots=True)
class Estimate:
    """A vehicle's own mean as far as it is known; `variance` and `within` are None where no group taught them."""

    mean: float
    variance: float | None
    within: float | None


@dataclass(frozen=True, slots=True)
class Crossing:
    """The day on which a mileage is reached, and the days between which it lies four times out of five."""

    on: date
    earliest: date | None
    latest: date | None


def consistent(readings: Iterable[Reading]) -> list[Reading]:
    """Return the largest set of readings none of which goes back, the last of each day, in the order of days.

    Of two sets of one size the one with lower numbers counts, so that one number typed too high spoils nothing.
    """
    rows = sorted(readings, key=lambda reading: (reading.on, reading.km))
    tails: list[int] = []  # km at the end of the best chain of each length
    ends: list[int] = []  # and its place in rows
    before = [-1] * len(rows)
    for place, row in enumerate(rows):
        length = bisect_right(tails, row.km)
        before[place] = ends[length - 1] if length else -1
        tails[length : length + 1] = [row.km]
        ends[length : length + 1] = [place]
    chain: list[Reading] = []
    place = ends[-1] if ends else -1
    while place >= 0:
        if not chain or chain[-1].on != rows[place].on:
            chain.append(rows[place])
        place = before[place]
    return chain[::-1]


def stretches(readings: Sequence[Reading]) -> list[Value]:
    """Return the logarithm of km a day of each stretch between consistent readings, weighing the years it took."""
    found: list[tuple[int, int]] = []  # days, km
    start = 0
    for place in range(1, len(readings)):
        days, km = (readings[place].on - readings[start].on).days, readings[place].km - readings[start].km
        if days >= SHORTEST_STRETCH and km > 0:
            found.append((days, km))
            start = place
    if found and start < len(readings) - 1:  # what is left over belongs to the last stretch
        rest_days, rest_km = (readings[-1].on - readings[start].on).days, readings[-1].km - readings[start].km
        found[-1] = (found[-1][0] + rest_days, found[-1][1] + rest_km)
    values = [Value(log(km / days), days / YEAR) for days, km in found]
    return [value for value in values if SLOWEST <= value.log <= FASTEST]


def spread_of(vehicles: Iterable[Sequence[Value]]) -> Spread | None:
    """Return how a group's vehicles spread; None where they are too few, or none was seen twice."""
    squares, freedom = 0.0, 0
    weights: list[float] = []
    means: list[float] = []
    for values in vehicles:
        weight = sum(value.weight for value in values)
        if weight <= 0:
            continue
        mean = sum(value.weight * value.log for value in values) / weight
        squares += sum(value.weight * (value.log - mean) ** 2 for value in values)
        freedom += len(values) - 1
        weights.append(weight)
        means.append(mean)
    count = len(weights)
    if count < FEWEST_VEHICLES or freedom < FEWEST_VEHICLES:
        return None
    within, total = squares / freedom, sum(weights)
    centre = sum(weight * mean for weight, mean in zip(weights, means, strict=True)) / total
    apart = sum(weight * (mean - centre) ** 2 for weight, mean in zip(weights, means, strict=True))
    scale = total - sum(weight * weight for weight in weights) / total
    between = max(0.0, (apart - within * (count - 1)) / scale)
    precisions = [1 / (between + within / weight + 1e-12) for weight in weights]
    mean = sum(one * value for one, value in zip(precisions, means, strict=True)) / sum(precisions)
    return Spread(mean=mean, between=between, within=within, vehicles=count)


def drawn_in(values: Sequence[Value], prior: Spread | None) -> Estimate | None:
    """Return a vehicle's own mean, drawn towards its group's the more the less is known of it."""
    weight = sum(value.weight for value in values)
    own = sum(value.weight * value.log for value in values) / weight if weight > 0 else 0.0
    if prior is None:
        return Estimate(own, None, None) if weight > 0 else None
    if weight <= 0:
        return Estimate(prior.mean, prior.between, prior.within)
    noise = prior.within / weight
    share = prior.between / (prior.between + noise) if prior.between + noise > 0 else 1.0
    return Estimate(prior.mean + share * (own - prior.mean), share * noise, prior.within)


def crossing(km: int, *, readings: Sequence[Reading], pace: Estimate) -> Crossing | None:
    """Return when a mileage is or was reached; None where no reading tells.

    Args:
        readings: consistent ones, in order.
        pace: logarithm of km a day.
    """
    if not readings:
        return None
    last = readings[-1]
    if km <= last.km:
        return _passed(km, readings)
    left = km - last.km
    days = left / exp(pace.mean)
    if pace.variance is None or pace.within is None:
        return Crossing(_after(last.on, days), None, None)
    deviation = sqrt(pace.variance + pace.within / max(days / YEAR, SHORTEST_STRETCH / YEAR))
    fast, slow = (left / exp(pace.mean + sign * EIGHTY_PCT * deviation) for sign in (1, -1))
    return Crossing(_after(last.on, days), _after(last.on, fast), _after(last.on, slow))


def _passed(km: int, readings: Sequence[Reading]) -> Crossing:
    """Return the day between two readings on which it was driven, as if evenly."""
    place = next(number for number, reading in enumerate(readings) if reading.km >= km)
    after = readings[place]
    if place == 0 or after.km == km:
        return Crossing(after.on, after.on if after.km == km else None, after.on)
    before = readings[place - 1]
    share = (km - before.km) / (after.km - before.km)
    return Crossing(_after(before.on, share * (after.on - before.on).days), before.on, after.on)


def _after(day: date, days: float) -> date:
    return day + timedelta(days=round(min(days, FARTHEST)))
