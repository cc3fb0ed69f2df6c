"""When a vehicle is due: service, inspection, tyres, end of warranty. Pure; days in, days out.

Sources: inspection: art. 80 (3) Codice della strada (d.lgs. 285/1992), four years after first registration, then every
two, by the end of the month (d.m. 408/1998); vehicles inspected yearly (taxis, hire cars, ambulances, over 3.5 t:
art. 80 (4)) are not told apart here. Tyres: directive of the Ministry of Infrastructure of 16 January 2013, n. 1580,
winter equipment from 15 November to 15 April; its circular of 17 January 2014, n. 1049, tyres of a lower speed class
from a month before until a month after. Legal warranty: art. 133 Codice del consumo, two years from delivery.
"""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise
from math import exp, log

from corsia.vehicles.rules.forecast import YEAR, Crossing, Estimate, Reading, Value, crossing
from corsia.vehicles.vocabulary import DueReason

FIRST_INSPECTION_MONTHS, NEXT_INSPECTION_MONTHS = 48, 24
LEGAL_WARRANTY_MONTHS = 24
CHANGES_ELSEWHERE = timedelta(days=2 * 365)  # who did not change tyres with us for so long does it elsewhere
FORGOTTEN = timedelta(days=365)  # what is overdue for longer was done elsewhere: it says nothing any more
SHORTEST_VISIT, LONGEST_VISIT = 0.25, 2.0  # of the due interval; outside, a visit was missed or was no service


@dataclass(frozen=True, kw_only=True)
class Interval:
    """What a service plan asks: after so many kilometres or months, whichever comes first; None for no limit."""

    km: int | None
    months: int | None


@dataclass(frozen=True, kw_only=True)
class Visit:
    """A service that was done."""

    on: date
    km: int | None


@dataclass(frozen=True, kw_only=True)
class Dated:
    """A due.

    Attributes:
        earliest: with `latest`, where the day lies four times out of five; for inspection and tyres, when it may begin.
        expected_on: when this vehicle will probably come, by how early or late it came before.
        is_assumed: counted from the first registration, because nothing later is known.
    """

    due_on: date
    reason: DueReason
    earliest: date | None = None
    latest: date | None = None
    expected_on: date | None = None
    counted_from: date | None = None
    km_due: int | None = None
    km_a_year: int | None = None
    is_assumed: bool = False


def add_months(day: date, months: int) -> date:
    """Return the same day of a later month, or its last day where it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def month_end(day: date) -> date:
    """Return the last day of a month."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def next_service(
    interval: Interval,
    *,
    last: Visit | None,
    first_registered_on: date | None,
    readings: Sequence[Reading],
    pace: Estimate | None,
    habit: Estimate | None,
    today: date,
) -> Dated | None:
    """Return the next service: by kilometres or by date, whichever comes first; None where nothing tells it.

    Args:
        readings: consistent ones, in order; those before the last service count for the pace only.
        pace: logarithm of km a day.
        habit: logarithm of the share of the due interval after which this vehicle comes.
    """
    start = last or (Visit(on=first_registered_on, km=0) if first_registered_on else None)
    if start is None:
        return None
    by_date = add_months(start.on, interval.months) if interval.months else None
    driven = _by_km(interval, start=start, readings=readings, pace=pace)
    chosen = _first(by_date, driven)
    if chosen is None:
        return None
    if last is None and chosen.due_on < today - FORGOTTEN:
        return None  # years without a known service: it was done elsewhere, nobody knows when
    return replace(
        chosen,
        counted_from=start.on,
        is_assumed=last is None,
        km_due=driven[0] if driven else None,
        km_a_year=round(exp(pace.mean) * YEAR) if pace else None,
        expected_on=_expected(start.on, chosen.due_on, habit),
    )


def habit_of(visits: Sequence[Visit], interval: Interval) -> list[Value]:
    """Return after which share of its due interval each service came, as logarithms weighing 1."""
    values: list[Value] = []
    for before, after in pairwise(visits):
        days = (after.on - before.on).days
        dues = [float((add_months(before.on, interval.months) - before.on).days)] if interval.months else []
        if interval.km and before.km is not None and after.km is not None and after.km > before.km and days > 0:
            dues.append(interval.km / ((after.km - before.km) / days))
        if dues and SHORTEST_VISIT <= days / min(dues) <= LONGEST_VISIT:
            values.append(Value(log(days / min(dues)), 1.0))
    return values


def next_inspection(*, first_registered_on: date | None, last_on: date | None, today: date) -> Dated | None:
    """Return the next statutory inspection; assumed done in time where none is known after the first registration."""
    if last_on is not None:
        due_on = month_end(add_months(last_on, NEXT_INSPECTION_MONTHS))
        return Dated(due_on=due_on, earliest=due_on.replace(day=1), counted_from=last_on, reason=DueReason.INSPECTION)
    if first_registered_on is None:
        return None
    first = due_on = month_end(add_months(first_registered_on, FIRST_INSPECTION_MONTHS))
    while due_on < today.replace(day=1):  # last month's was done elsewhere, or we would know of it
        due_on = month_end(add_months(due_on.replace(day=1), NEXT_INSPECTION_MONTHS))
    return Dated(
        due_on=due_on,
        earliest=due_on.replace(day=1),
        counted_from=first_registered_on,
        is_assumed=due_on != first,
        reason=DueReason.INSPECTION if due_on != first else DueReason.FIRST_INSPECTION,
    )


def next_tyres(*, last_on: date | None, today: date) -> Dated | None:
    """Return the next change of tyres of who changes them here; None for everybody else.

    Winter tyres may be put on from 15 October and must be by 15 November, and off from 15 April, by 15 May.
    """
    if last_on is None or today - last_on > CHANGES_ELSEWHERE:
        return None
    to_winter = (3, 15) <= (last_on.month, last_on.day) < (9, 15)  # they came for summer tyres
    year = last_on.year + (0 if to_winter or last_on.month < 4 else 1)
    due_on = _tyres_due(year, to_winter)
    while today >= _tyres_open(*_next_change(due_on.year, to_winter)):
        due_on = _tyres_due(*_next_change(due_on.year, to_winter))
        to_winter = not to_winter
    return Dated(
        due_on=due_on,
        earliest=_tyres_open(due_on.year, to_winter),
        latest=due_on,
        counted_from=last_on,
        reason=DueReason.WINTER_TYRES if to_winter else DueReason.SUMMER_TYRES,
    )


def warranty_end(*, ends_on: date | None, first_registered_on: date | None, today: date) -> Dated | None:
    """Return the end of the maker's warranty, else of the legal one; None once it is over."""
    if ends_on is not None:
        found = Dated(due_on=ends_on, reason=DueReason.MAKER_WARRANTY, counted_from=first_registered_on)
    elif first_registered_on is not None:
        legal = add_months(first_registered_on, LEGAL_WARRANTY_MONTHS)
        found = Dated(due_on=legal, reason=DueReason.LEGAL_WARRANTY, counted_from=first_registered_on, is_assumed=True)
    else:
        return None
    return found if found.due_on >= today else None


def _by_km(
    interval: Interval, *, start: Visit, readings: Sequence[Reading], pace: Estimate | None
) -> tuple[int, Crossing] | None:
    if not interval.km or pace is None:
        return None
    known = [*readings]
    if not known:  # nobody read it: a new car at least began at zero
        if start.km is None:
            return None
        known = [Reading(start.on, start.km)]
    at_start = start.km if start.km is not None else _km_on(start.on, known, pace)
    due = at_start + interval.km
    found = crossing(due, readings=known, pace=pace)
    return (due, found) if found else None


def _km_on(day: date, readings: Sequence[Reading], pace: Estimate) -> int:
    """Return about how many kilometres it had on a day: between readings as if evenly driven, else at its pace."""
    after = next((reading for reading in readings if reading.on >= day), None)
    before = next((reading for reading in reversed(readings) if reading.on <= day), None)
    if before and after:
        days = (after.on - before.on).days
        return before.km + round((after.km - before.km) * ((day - before.on).days / days if days else 0))
    near = before or after
    return max(0, near.km + round(exp(pace.mean) * (day - near.on).days)) if near else 0


def _first(by_date: date | None, driven: tuple[int, Crossing] | None) -> Dated | None:
    if driven is None:
        return Dated(due_on=by_date, earliest=by_date, latest=by_date, reason=DueReason.DATE) if by_date else None
    _km, found = driven
    if by_date is None:
        return Dated(due_on=found.on, earliest=found.earliest, latest=found.latest, reason=DueReason.KM)
    reason = DueReason.KM if found.on < by_date else DueReason.DATE
    return Dated(
        due_on=min(found.on, by_date),
        earliest=min(found.earliest, by_date) if found.earliest else None,
        latest=min(found.latest, by_date) if found.latest else by_date,
        reason=reason,
    )


def _expected(start: date, due_on: date, habit: Estimate | None) -> date | None:
    if habit is None or due_on <= start:
        return None
    return start + timedelta(days=round((due_on - start).days * exp(habit.mean)))


def _tyres_due(year: int, to_winter: bool) -> date:
    return date(year, 11, 15) if to_winter else date(year, 5, 15)


def _tyres_open(year: int, to_winter: bool) -> date:
    return date(year, 10, 15) if to_winter else date(year, 4, 15)


def _next_change(year: int, to_winter: bool) -> tuple[int, bool]:
    """Return year and direction of the change after one."""
    return (year + 1, False) if to_winter else (year, True)
