"""The tree of units with its time zones, holidays and working hours, kept in memory until anything of it changes."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings

from corsia.kernel.errors import NotFound
from corsia.kernel.held import once
from corsia.kernel.scope import Scope
from corsia.organisation.models import Closure, OpenHours, TreeVersion, Unit, WorkingCalendar
from corsia.organisation.public_holidays import italian_holidays
from corsia.organisation.vocabulary import UnitKind
from corsia.organisation.working_time import ALL_DAY, WorkingHours, always_open, week_of

_HOLIDAY_YEARS = range(2000, 2101)


@dataclass(frozen=True)
class Place:
    """Where a unit is, for its public holidays."""

    country: str
    subdivision: str
    patron_day: tuple[int, int] | None  # (month, day)


@dataclass(frozen=True)
class Tree:
    """All units, with what each inherits from those above it. Ask for it once per page and read from it freely."""

    units: Mapping[int, Unit]
    calendars: Mapping[int, WorkingCalendar]
    openings: Mapping[int, Sequence[OpenHours]]  # of a calendar, in order
    closures: Mapping[int, Sequence[Closure]]  # of the unit itself, in order
    _hours: dict[int, WorkingHours] = field(default_factory=dict, repr=False, compare=False)

    def unit(self, unit_id: int) -> Unit:
        """Return the unit.

        Raises:
            NotFound: no such unit.
        """
        try:
            return self.units[unit_id]
        except KeyError:
            raise NotFound(kind=Unit._meta.label) from None

    def chain(self, unit_id: int) -> list[Unit]:
        """Return the unit and those above it, nearest first."""
        unit = self.unit(unit_id)
        return [unit, *(self.units[above] for above in reversed(unit.ancestor_ids))]

    def label(self, unit_id: int) -> str:
        """Return a name that tells departments and teams of the same name apart: “Workshop, Brescia”."""
        unit, *above = self.chain(unit_id)
        if unit.kind not in (UnitKind.DEPARTMENT, UnitKind.TEAM):
            return unit.name
        place = next((one for one in above if one.kind not in (UnitKind.DEPARTMENT, UnitKind.TEAM)), None)
        return f"{unit.name}, {place.name}" if place else unit.name

    def below(self, unit_id: int) -> list[Unit]:
        """Return the unit and everything under it."""
        root = self.unit(unit_id)
        return [unit for unit in self.units.values() if unit.path.startswith(root.path)]

    def scope_below(self, unit_id: int, *, reason: str) -> Scope:
        """Return the scope of what a unit does for itself: rows of it and those below, what its group shares."""
        units = frozenset(unit.pk for unit in self.below(unit_id))
        above = frozenset(unit.pk for unit in self.chain(unit_id))
        return Scope(units=units, shared=units | above, reason=reason)

    def named_below(self, unit_id: int) -> dict[str, int]:
        """Return the active units from here down by name, by label and by code, all without capitals.

        Of two with one name the higher one counts.
        """
        named: dict[str, int] = {}
        for unit in sorted(self.below(unit_id), key=lambda unit: -len(unit.path)):
            if unit.is_active:
                named |= dict.fromkeys(
                    (name.casefold() for name in (self.label(unit.pk), unit.name, unit.code) if name), unit.pk
                )
        return named

    def group(self, unit_id: int) -> Unit:
        """Return the dealer group the unit belongs to, which owns its customers; the top where there is no group."""
        chain = self.chain(unit_id)
        return next((unit for unit in chain if unit.kind == UnitKind.GROUP), chain[-1])

    def time_zone(self, unit_id: int) -> ZoneInfo:
        """Return the time zone in which the unit lives."""
        return ZoneInfo(self.time_zone_name(unit_id))

    def time_zone_name(self, unit_id: int) -> str:
        return next((unit.time_zone for unit in self.chain(unit_id) if unit.time_zone), settings.TIME_ZONE)

    def calendar(self, unit_id: int) -> tuple[WorkingCalendar, Unit] | None:
        """Return the working calendar in force and the unit it comes from; None where nobody has set one."""
        for unit in self.chain(unit_id):
            if unit.calendar_id is not None:
                return self.calendars[unit.calendar_id], unit
        return None

    def place(self, unit_id: int) -> Place:
        """Return where the unit is; the nearest that says so, from the unit up to the nearest that names a country."""
        chain = self.chain(unit_id)
        last = next((index for index, unit in enumerate(chain) if unit.country), len(chain) - 1)
        near = chain[: last + 1]  # a province of another country above is not this unit's
        return Place(
            country=near[-1].country or "IT",
            subdivision=next((unit.subdivision for unit in near if unit.subdivision), ""),
            patron_day=next(((u.patron_month, u.patron_day) for u in near if u.patron_month and u.patron_day), None),
        )

    def closures_in_force(self, unit_id: int) -> list[Closure]:
        """Return the closures of the unit and of those above it, by day."""
        rows = [closure for unit in self.chain(unit_id) for closure in self.closures.get(unit.pk, ())]
        return sorted(rows, key=lambda closure: (closure.first_on, closure.pk))

    def hours(self, unit_id: int) -> WorkingHours:
        """Return the working hours of the unit: its calendar in its time zone, without holidays and closures.

        A unit for which nobody has set a calendar is always open: a deadline is then never later than it should be.
        """
        if unit_id not in self._hours:
            found = self.calendar(unit_id)
            self._hours[unit_id] = self.hours_by(found[0] if found else None, unit_id)
        return self._hours[unit_id]

    def hours_by(self, calendar: WorkingCalendar | None, unit_id: int) -> WorkingHours:
        """Return the hours of a calendar as the unit keeps them: in its time zone, without its holidays and closures.

        Args:
            calendar: None is always open.
        """
        zone = self.time_zone_name(unit_id)
        if calendar is None:
            return always_open(zone)
        closures = tuple((c.first_on, c.last_on + timedelta(days=1)) for c in self.closures_in_force(unit_id))
        if calendar.is_always_open:
            return WorkingHours(zone=zone, week=((ALL_DAY,),) * 7, closures=closures)
        rows = self.openings.get(calendar.pk, ())
        return WorkingHours(
            zone=zone,
            week=week_of((row.weekday, row.opens_at, row.closes_at) for row in rows),
            holidays=frozenset(holidays_at(self.place(unit_id))),
            closures=closures,
        )


@lru_cache(maxsize=256)
def holidays_at(place: Place) -> Mapping[date, str]:
    """Return the public holidays of a century with their Italian names."""
    return italian_holidays(
        _HOLIDAY_YEARS, country=place.country, subdivision=place.subdivision or None, patron_day=place.patron_day
    )


_cached: tuple[UUID, Tree] | None = None


def tree() -> Tree:
    """Return the tree as it is now: one statement to see that nothing has changed, five when something has."""
    return once("organisation.tree", _now)


def _now() -> Tree:
    global _cached
    version = TreeVersion.objects.values_list("value", flat=True).first()
    if _cached is not None and version == _cached[0]:
        return _cached[1]
    fresh = _read()
    # Without a version (nothing was ever written) there is nothing to compare with, and next to nothing to keep.
    _cached = (version, fresh) if version is not None else None
    return fresh


def _read() -> Tree:
    openings: dict[int, list[OpenHours]] = defaultdict(list)
    for row in OpenHours.objects.order_by("weekday", "opens_at"):
        openings[row.calendar_id].append(row)
    closures: dict[int, list[Closure]] = defaultdict(list)
    for closure in Closure.objects.order_by("first_on", "pk"):
        closures[closure.unit_id].append(closure)
    return Tree(
        units={unit.pk: unit for unit in Unit.objects.order_by("path")},
        calendars={calendar.pk: calendar for calendar in WorkingCalendar.objects.all()},
        openings=openings,
        closures=closures,
    )


def unit_of(unit_id: int) -> Unit:
    """Return the unit; treat it as read-only, it is shared.

    Raises:
        NotFound: no such unit.
    """
    return tree().unit(unit_id)


def group_of(unit_id: int) -> Unit:
    """Return the dealer group that owns the customers of the unit; the top of the tree where there is no group."""
    return tree().group(unit_id)


def time_zone_of(unit_id: int) -> ZoneInfo:
    """Return the time zone in which the unit lives."""
    return tree().time_zone(unit_id)


def day_in(unit_id: int, at: datetime) -> date:
    """Return the day it is in the unit at an instant: after midnight there it is another than in UTC."""
    return at.astimezone(time_zone_of(unit_id)).date()


def working_hours_of(unit_id: int) -> WorkingHours:
    """Return the working hours of the unit; one object until the tree changes, so that its days stay worked out."""
    return tree().hours(unit_id)
