"""How long technicians, bays and courtesy cars were there on the days that are over, written down once a night."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from corsia.organisation.queries import absences_of, day_in, tree
from corsia.organisation.working_time import WorkingHours, between
from corsia.workshop.models import Bay, CapacityDay, CourtesyCar, Technician, Visit, Workshop

FIRST_TIME = 35  # days counted back when a workshop is counted for the first time, no further than its first visit
AGAIN = 7  # days counted again each night: an absence or a closure may be entered so late
_DAY = timedelta(days=1)

Key = tuple[date, int | None, int | None, int | None]  # day, technician, bay, car


@dataclass(frozen=True)
class Present:
    """Who or what a workshop has now; exactly one of the numbers is there."""

    technician_id: int | None = None
    person_id: int | None = None
    bay_id: int | None = None
    car_id: int | None = None


def count_days(*, now: datetime) -> int:
    """Write down the days that are over, of every workshop, and return how many rows are new or changed.

    Whoever is new in a workshop that was counted before counts from the day before; who left keeps their past.
    """
    workshops = list(Workshop.objects.filter(is_active=True).order_by("unit_id"))
    there = _present([workshop.unit_id for workshop in workshops])
    return sum(
        _count_one(workshop.unit_id, there[workshop.unit_id], until=day_in(workshop.unit_id, now))
        for workshop in workshops
    )


def counted_day(hours: WorkingHours, absences: Iterable[tuple[datetime, datetime]], *, on: date) -> int:
    """Return the whole seconds of a day that are working time, less absences; the clock may change on it."""
    begins, ends = _bounds(hours, on)
    touching = tuple((start, end) for start, end in absences if start < ends and begins < end)
    return between(replace(hours, absences=touching) if touching else hours, begins, ends) // timedelta(seconds=1)


def _present(unit_ids: list[int]) -> Mapping[int, list[Present]]:
    found: dict[int, list[Present]] = defaultdict(list)
    here = {"unit_id__within": frozenset(unit_ids), "is_active": True}
    for unit_id, pk, person_id in Technician.objects.filter(**here).values_list("unit_id", "pk", "person_id"):
        found[unit_id].append(Present(technician_id=pk, person_id=person_id))
    for unit_id, pk in Bay.objects.filter(**here).values_list("unit_id", "pk"):
        found[unit_id].append(Present(bay_id=pk))
    for unit_id, pk in CourtesyCar.objects.filter(**here).values_list("unit_id", "pk"):
        found[unit_id].append(Present(car_id=pk))
    return found


@transaction.atomic
def _count_one(unit_id: int, there: list[Present], *, until: date) -> int:
    written = _written(unit_id, since=until - FIRST_TIME * _DAY)
    since = {key[1:]: key[0] for key in sorted(written, key=lambda key: key[0], reverse=True)}  # the first day of each
    first = until - AGAIN * _DAY if written else _first_day(unit_id, until=until)
    if first is None or first >= until:
        return 0
    new, changed = [], []
    for row in rows_of(unit_id, there, first=first, until=until):
        key = (row.day, row.technician_id, row.bay_id, row.car_id)
        before = written.get(key)
        if before is None:
            if not written or row.day >= since.get(key[1:], until - _DAY):
                new.append(row)
        elif before.open_seconds != row.open_seconds:
            before.open_seconds = row.open_seconds
            changed.append(before)
    CapacityDay.objects.bulk_create(new, ignore_conflicts=True)
    CapacityDay.objects.bulk_update(changed, ["open_seconds"])
    return len(new) + len(changed)


def rows_of(unit_id: int, there: Iterable[Present], *, first: date, until: date) -> Iterator[CapacityDay]:
    """Yield the days from `first` until the day before `until`, as they are by the calendar now; not saved."""
    hours = tree().hours(unit_id)
    begins, ends = _bounds(hours, first)[0], _bounds(hours, until)[0]
    away: dict[int, list[tuple[datetime, datetime]]] = defaultdict(list)
    there = list(there)
    people = [one.person_id for one in there if one.person_id is not None]
    for absence in absences_of(people, start=begins, end=ends):
        away[absence.person_id].append((absence.starts_at, absence.ends_at))
    for number in range((until - first).days):
        on = first + number * _DAY
        whole = counted_day(hours, (), on=on)
        for one in there:
            absences = away.get(one.person_id or 0, ())
            seconds = counted_day(hours, absences, on=on) if whole and absences else whole
            yield CapacityDay(
                unit_id=unit_id, day=on, technician_id=one.technician_id, bay_id=one.bay_id, car_id=one.car_id,
                open_seconds=seconds,
            )  # fmt: skip


def _written(unit_id: int, *, since: date) -> dict[Key, CapacityDay]:
    rows = CapacityDay.objects.filter(unit_id=unit_id, day__gte=since)
    return {(row.day, row.technician_id, row.bay_id, row.car_id): row for row in rows}


def _first_day(unit_id: int, *, until: date) -> date | None:
    """Return the day of a workshop's first visit of the last weeks; None before there is one."""
    came = Visit.objects.filter(unit_id=unit_id).order_by("drop_off_at").values_list("drop_off_at", flat=True).first()
    return max(day_in(unit_id, came), until - FIRST_TIME * _DAY) if came is not None else None


def _bounds(hours: WorkingHours, on: date) -> tuple[datetime, datetime]:
    zone = ZoneInfo(hours.zone)
    return datetime.combine(on, time.min, zone), datetime.combine(on + _DAY, time.min, zone)
