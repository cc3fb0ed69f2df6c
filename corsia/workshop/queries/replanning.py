"""A day of a workshop in the words of re-planning, and the way back from minutes to instants."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q

from corsia.organisation.models import PersonSkill
from corsia.organisation.queries import tree
from corsia.organisation.queries.people import absences_of
from corsia.organisation.working_time import WorkingHours, between, openings
from corsia.workshop.models import Allocation, Bay, Clocking, Technician, Visit, Workshop
from corsia.workshop.rules.day import BayDay, Day, Placed, Step, TechnicianDay, VisitOfDay
from corsia.workshop.rules.grid import Grid, Period
from corsia.workshop.rules.problem import Span
from corsia.workshop.vocabulary import VisitState

ANYBODY = "anybody"
_MINUTE = timedelta(minutes=1)
_MILLION = 1_000_000
_OPEN = (VisitState.BOOKED, VisitState.HERE)


@dataclass(frozen=True, kw_only=True)
class DiaryDay:
    """A day as it is planned.

    Attributes:
        day: in minutes of open time since the morning.
        steps: the allocation behind each step, by visit and order.
        digest: of all that a proposal relies on; another one means that the diary changed.
    """

    workshop: Workshop
    on: date
    zone: ZoneInfo
    hours: WorkingHours
    midnight: datetime
    grid: Grid
    day: Day
    steps: Mapping[tuple[int, int], Allocation]
    technicians: Mapping[int, Technician]
    bays: Mapping[int, Bay]
    visits: Mapping[int, Visit]
    digest: str

    def minute_of(self, at: datetime) -> int:
        """Return how many minutes were open since the morning."""
        return max(0, between(self.hours, self.midnight, at) // _MINUTE)

    def bounds_of(self, placed: Placed) -> tuple[datetime, datetime]:
        """Return from when to when something goes; what runs over the closing hour goes on by the clock."""
        last = min(placed.end, self.day.closes)
        late = max(0, placed.end - self.day.closes)
        start = self.grid.start_of(min(placed.start, self.day.closes - 1))
        return start, self.grid.end_of(placed.start, max(1, last - placed.start)) + late * _MINUTE


def diary_day(workshop: Workshop, *, on: date, now: datetime) -> DiaryDay | None:
    """Return a day of a workshop; None where it is closed all day."""
    unit_id = workshop.unit_id
    zone, hours = tree().time_zone(unit_id), tree().hours(unit_id)
    midnight = datetime.combine(on, time(), zone).astimezone(UTC)
    end = datetime.combine(on + timedelta(days=1), time(), zone).astimezone(UTC)
    open_ = [
        Period(start=max(midnight, _at(opens)), end=min(end, _at(closes)))
        for opens, closes in openings(hours, midnight, end)
        if _at(opens) < end and _at(closes) > midnight
    ]
    grid = Grid.of([open_], minutes=1)
    closes = grid.days[0][1]
    if not closes:
        return None
    allocations = list(
        Allocation.objects.filter(unit_id=unit_id, starts_at__lt=end, ends_at__gt=midnight)
        .filter(
            Q(visit__state__in=(*_OPEN, VisitState.DONE)) | Q(visit__state=VisitState.HELD, visit__held_until__gt=now)
        )
        .select_related("visit__customer", "visit__vehicle", "visit_job__job", "step", "technician__person", "bay")
        .order_by("visit_job__position", "step__position", "pk")
    )
    technicians = {
        one.pk: one
        for one in Technician.objects.filter(unit_id=unit_id, is_active=True).select_related("person").order_by("pk")
    }
    bays = {one.pk: one for one in Bay.objects.filter(unit_id=unit_id, is_active=True).order_by("pk")}

    def minute(at: datetime) -> int:
        return max(0, between(hours, midnight, at) // _MINUTE)

    blocked = [one for one in allocations if one.visit.state not in _OPEN]
    steps, found = _steps([one for one in allocations if one.visit.state in _OPEN], minute, now=now)
    visits = {allocation.visit_id: allocation.visit for allocation in found.values()}
    day = Day(
        now=min(closes, minute(now)) if midnight <= now else 0,
        closes=closes,
        technicians=_technicians(technicians, blocked, minute, midnight, end, closes),
        bays=tuple(
            BayDay(
                bay=pk,
                kind=bay.kind,
                free=_free(closes, ((minute(x.starts_at), minute(x.ends_at)) for x in blocked if x.bay_id == pk)),
            )
            for pk, bay in bays.items()
        ),
        visits=tuple(
            VisitOfDay(
                visit=pk,
                here_from=0 if visit.state == VisitState.HERE else minute(visit.drop_off_at),
                promised_at=minute(visit.promised_at) if visit.promised_at < end else None,
                is_told=visit.promised_at < end,
            )
            for pk, visit in sorted(visits.items())
        ),
        steps=steps,
    )
    return DiaryDay(
        workshop=workshop,
        on=on,
        zone=zone,
        hours=hours,
        midnight=midnight,
        grid=grid,
        day=day,
        steps=found,
        technicians=technicians,
        bays=bays,
        visits=visits,
        digest=digest_of(allocations, begun={found[one.visit, one.order].pk for one in steps if one.is_begun}),
    )


def digest_of(allocations: Iterable[Allocation], *, begun: Collection[int]) -> str:
    """Return what changes whenever a day's plan, its promises, its visits or what is begun of them do."""
    rows = sorted(
        (
            one.pk, one.technician_id, one.bay_id, one.starts_at.timestamp(), one.ends_at.timestamp(), one.visit.state,
            one.visit.promised_at.timestamp(), one.pk in begun,
        )
        for one in allocations
    )  # fmt: skip
    return hashlib.sha256(repr(rows).encode()).hexdigest()


def _steps(
    allocations: Collection[Allocation], minute: Callable[[datetime], int], *, now: datetime
) -> tuple[tuple[Step, ...], dict[tuple[int, int], Allocation]]:
    clocked = set(
        Clocking.objects.filter(order__visit__in={one.visit_id for one in allocations})
        .values_list("order__visit_id", "line__job_id")
        .distinct()
    )
    orders: dict[int, int] = defaultdict(int)
    steps: list[Step] = []
    found: dict[tuple[int, int], Allocation] = {}
    for one in allocations:
        order = orders[one.visit_id]
        orders[one.visit_id] += 1
        start = minute(one.starts_at)
        is_begun = one.visit.state == VisitState.HERE and (
            one.starts_at <= now or (one.visit_id, one.visit_job.job_id) in clocked
        )
        found[one.visit_id, order] = one
        steps.append(
            Step(
                visit=one.visit_id,
                order=order,
                skill=f"{one.step.skill_id}:{one.step.level}" if one.step.skill_id else ANYBODY,
                bay_kind=one.step.bay_kind,
                minutes=max(1, minute(one.ends_at) - start),
                technician=one.technician_id,
                bay=one.bay_id,
                start=start,
                is_begun=is_begun,
            )
        )
    return tuple(steps), found


def _technicians(
    technicians: Mapping[int, Technician],
    blocked: Collection[Allocation],
    minute: Callable[[datetime], int],
    midnight: datetime,
    end: datetime,
    closes: int,
) -> tuple[TechnicianDay, ...]:
    people = [one.person_id for one in technicians.values()]
    skills: dict[int, set[str]] = defaultdict(lambda: {ANYBODY})
    for person_id, skill_id, level in PersonSkill.objects.filter(person__in=people).values_list(
        "person_id", "skill_id", "level"
    ):
        skills[person_id] |= {f"{skill_id}:{below}" for below in range(1, level + 1)}
    away: dict[int, list[Span]] = defaultdict(list)
    for absence in absences_of(people, start=midnight, end=end):
        away[absence.person_id].append((minute(max(midnight, absence.starts_at)), minute(min(end, absence.ends_at))))
    return tuple(
        TechnicianDay(
            technician=pk,
            skills=frozenset(skills[one.person_id]),
            free=_free(
                closes,
                [
                    *away[one.person_id],
                    *((minute(x.starts_at), minute(x.ends_at)) for x in blocked if x.technician_id == pk),
                ],
            ),
        )
        for pk, one in technicians.items()
    )


def _free(closes: int, taken: Iterable[Span]) -> tuple[Span, ...]:
    """Return what is left of the day."""
    free: list[Span] = []
    at = 0
    for start, end in sorted(taken):
        if start > at:
            free.append((at, min(start, closes)))
        at = max(at, end)
    if at < closes:
        free.append((at, closes))
    return tuple(free)


def _at(microseconds: int) -> datetime:
    return datetime.fromtimestamp(microseconds // _MILLION, UTC)
