"""The diaries of workshops as bits: who and what is free when. What was read is kept until a diary changes."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db import connection
from django.db.models import Count, Max

from corsia.organisation.models import PersonSkill
from corsia.organisation.queries import absences_of, tree
from corsia.organisation.working_time import WorkingHours, openings
from corsia.workshop.models import Bay, DiaryChange, Technician, Workshop
from corsia.workshop.rules.grid import Grid, Period, busy_bits, run_bits
from corsia.workshop.rules.suggestion import BayRoom, TechnicianRoom

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_DAY = timedelta(days=1)

Version = tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Diary:
    """A workshop's days from one on, with what is free of its technicians and bays.

    Attributes:
        technicians: absences are left out of what is free.
    """

    workshop: Workshop
    first_on: date
    grid: Grid
    technicians: tuple[TechnicianRoom, ...]
    bays: tuple[BayRoom, ...]

    def load_pct(self, day: int) -> int:
        """Return how much of a day's open hours of all technicians is taken, absences included."""
        first, slots = self.grid.days[day]
        if not slots or not self.technicians:
            return 100
        window = run_bits(first, slots)
        free = sum((room.free & window).bit_count() for room in self.technicians)
        return 100 - 100 * free // (slots * len(self.technicians))

    def closes(self, day: int) -> datetime:
        """Return when a day's last hour ends."""
        first, slots = self.grid.days[day]
        return self.grid.end_of(first + slots - 1)


@dataclass(frozen=True)
class _Kept:
    """What was read of a workshop's diary, with all it depends on."""

    version: Version
    first_on: date
    days: int
    grain: int
    hours: WorkingHours
    grid: Grid
    technicians: Mapping[int, int]  # taken slots
    bays: Mapping[int, int]


_kept: dict[int, _Kept] = {}


def diaries(workshops: Sequence[Workshop], *, now: datetime) -> list[Diary]:
    """Return the diaries of workshops from today on, as far ahead as each plans.

    Six statements, whatever the number of workshops, and one more for each whose diary changed.
    """
    organisation = tree()
    versions = _versions([workshop.unit_id for workshop in workshops])
    found = []
    for workshop in workshops:
        unit_id, hours = workshop.unit_id, organisation.hours(workshop.unit_id)
        first_on = now.astimezone(organisation.time_zone(unit_id)).date()
        wanted = (versions[unit_id], first_on, workshop.horizon_days, workshop.grain_minutes)
        kept = _kept.get(unit_id)
        # The hours are one object until the tree changes.
        if kept is None or (kept.version, kept.first_on, kept.days, kept.grain) != wanted or kept.hours is not hours:
            kept = _read(workshop, first_on=first_on, days=workshop.horizon_days, version=versions[unit_id])
            _kept[unit_id] = kept
        found.append((workshop, kept))
    return _with_people(found)


def diary_of_days(workshop: Workshop, *, first_on: date, days: int) -> Diary:
    """Return some days of a workshop's diary as they are in the database now."""
    [diary] = _with_people([(workshop, _read(workshop, first_on=first_on, days=days, version=(0, 0)))])
    return diary


def grid_of(workshop: Workshop, *, first_on: date, days: int) -> Grid:
    """Return the open hours of a workshop's days as slots."""
    organisation = tree()
    zone, hours = organisation.time_zone(workshop.unit_id), organisation.hours(workshop.unit_id)
    start = datetime.combine(first_on, datetime.min.time(), zone)
    end = datetime.combine(first_on + timedelta(days=days), datetime.min.time(), zone)
    by_day: list[list[Period]] = [[] for _ in range(days)]
    for opens, closes in openings(hours, start, end):
        at, until = (_EPOCH + timedelta(microseconds=moment) for moment in (opens, closes))
        while at < until:  # what is open over midnight belongs to two days
            on = at.astimezone(zone).date()
            midnight = datetime.combine(on + _DAY, datetime.min.time(), zone).astimezone(UTC)
            number = (on - first_on).days
            if 0 <= number < days:
                by_day[number].append(Period(start=at, end=min(until, midnight)))
            at = min(until, midnight)
    return Grid.of(by_day, minutes=workshop.grain_minutes)


def _versions(unit_ids: Iterable[int]) -> dict[int, Version]:
    found: dict[int, Version] = defaultdict(lambda: (0, 0))
    rows = DiaryChange.objects.filter(unit_id__within=frozenset(unit_ids))
    for unit_id, count, last in rows.values_list("unit_id").annotate(Count("pk"), Max("pk")):
        found[unit_id] = (count, last)
    return found


def _read(workshop: Workshop, *, first_on: date, days: int, version: Version) -> _Kept:
    grid = grid_of(workshop, first_on=first_on, days=days)
    technicians: dict[int, int] = defaultdict(int)
    bays: dict[int, int] = defaultdict(int)
    if grid.stretches:
        starts, ends = _minutes_of(grid)
        unaligned: list[tuple[int, int, Period]] = []
        for technician, bay, start, end in _taken(workshop.unit_id, grid):
            first, after = starts.get(start), ends.get(end)
            if first is None or after is None:
                period = Period(start=_EPOCH + timedelta(minutes=start), end=_EPOCH + timedelta(minutes=end))
                unaligned.append((technician, bay, period))
                continue
            run = ((1 << (after - first)) - 1) << first
            technicians[technician] |= run
            bays[bay] |= run
        for technician, bay, period in unaligned:
            run = busy_bits(grid, [period])
            technicians[technician] |= run
            bays[bay] |= run
    return _Kept(
        version=version,
        first_on=first_on,
        days=days,
        grain=workshop.grain_minutes,
        hours=tree().hours(workshop.unit_id),
        grid=grid,
        technicians=dict(technicians),
        bays=dict(bays),
    )


def _minutes_of(grid: Grid) -> tuple[dict[int, int], dict[int, int]]:
    """Return the slot that begins, and the one after that which ends, at each minute since 1970."""
    starts, ends = {}, {}
    grain = int(grid.grain.total_seconds()) // 60
    for stretch in grid.stretches:
        begin, rest = divmod((stretch.start - _EPOCH) // _MICROSECOND, 60_000_000)
        if rest:
            continue
        for number in range(stretch.slots):
            starts[begin + number * grain] = stretch.first + number
            ends[begin + (number + 1) * grain] = stretch.first + number + 1
    return starts, ends


# Whole minutes: half the time of reading instants. An odd second would widen what is taken, never narrow it.
_TAKEN = """
    SELECT technician_id, bay_id, floor(extract(epoch FROM starts_at) / 60)::int,
        ceil(extract(epoch FROM ends_at) / 60)::int
    FROM workshop_allocation WHERE unit_id = %s AND starts_at >= %s AND starts_at < %s AND ends_at > %s
"""


def _taken(unit_id: int, grid: Grid) -> list[tuple[int, int, int, int]]:
    start, end = grid.stretches[0].start, grid.end_of(grid.stretches[-1].first + grid.stretches[-1].slots - 1)
    with connection.cursor() as cursor:
        cursor.execute(_TAKEN, [unit_id, start - _DAY, end, start])
        return cursor.fetchall()  # type: ignore[no-any-return]


def _with_people(found: Sequence[tuple[Workshop, _Kept]]) -> list[Diary]:
    units = frozenset(workshop.unit_id for workshop, _kept in found)
    people: dict[int, list[tuple[int, int]]] = defaultdict(list)
    rows = Technician.objects.filter(unit_id__within=units, is_active=True, person__is_active=True)
    for pk, unit_id, person_id in rows.order_by("position", "pk").values_list("pk", "unit_id", "person_id"):
        people[unit_id].append((pk, person_id))
    everybody = [person for pairs in people.values() for _pk, person in pairs]
    skills = _skills_of(everybody)
    bays: dict[int, list[tuple[int, str]]] = defaultdict(list)
    places = Bay.objects.filter(unit_id__within=units, is_active=True).order_by("position", "pk")
    for pk, unit_id, kind in places.values_list("pk", "unit_id", "kind"):
        bays[unit_id].append((pk, kind))
    away = _away(everybody, [kept.grid for _workshop, kept in found])
    return [
        Diary(
            workshop=workshop,
            first_on=kept.first_on,
            grid=kept.grid,
            technicians=tuple(
                TechnicianRoom(
                    technician=pk,
                    skills=skills[person],
                    free=kept.grid.open_bits
                    & ~kept.technicians.get(pk, 0)
                    & ~(busy_bits(kept.grid, away[person]) if person in away else 0),
                )
                for pk, person in people[workshop.unit_id]
            ),
            bays=tuple(
                BayRoom(bay=pk, kind=kind, free=kept.grid.open_bits & ~kept.bays.get(pk, 0))
                for pk, kind in bays[workshop.unit_id]
            ),
        )
        for workshop, kept in found
    ]


def skill_at(key: str, level: int) -> str:
    """Return how a skill at a level is called among those of a technician."""
    return f"{key}:{level}"


ANY = ""  # what a step asks for that any technician can do


def _skills_of(person_ids: Sequence[int]) -> dict[int, frozenset[str]]:
    """Return what people can do, each skill at its level and at those below."""
    found: dict[int, set[str]] = defaultdict(lambda: {ANY})
    rows = PersonSkill.objects.filter(person_id__in=person_ids).values_list("person_id", "skill__key", "level")
    for person_id, key, level in rows:
        found[person_id].update(skill_at(key, below) for below in range(1, level + 1))
    frozen: dict[int, frozenset[str]] = defaultdict(lambda: frozenset({ANY}))
    frozen.update((person, frozenset(known)) for person, known in found.items())
    return frozen


def _away(person_ids: Sequence[int], grids: Sequence[Grid]) -> dict[int, list[Period]]:
    starts = [grid.stretches[0].start for grid in grids if grid.stretches]
    if not starts or not person_ids:
        return {}
    ends = [grid.stretches[-1].start for grid in grids if grid.stretches]
    found: dict[int, list[Period]] = defaultdict(list)
    for absence in absences_of(person_ids, start=min(starts), end=max(ends) + _DAY):
        found[absence.person_id].append(Period(start=absence.starts_at, end=absence.ends_at))
    return found
