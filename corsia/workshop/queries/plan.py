"""What the plan shows: who works on what and where, what waits to be planned, and when nobody can work."""

import dataclasses
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q

from corsia.organisation.models import Absence, PersonSkill, Skill
from corsia.organisation.queries import tree
from corsia.organisation.queries.people import absences_of
from corsia.organisation.working_time import between
from corsia.workshop.models import Allocation, Bay, JobStep, Technician, VisitJob, Workshop
from corsia.workshop.queries.plan_hours import Closed, closed_in, wall_hours
from corsia.workshop.queries.plan_states import PlannedStep, WaitingStep, joined, waiting_in, with_states
from corsia.workshop.queries.visits import workshops as workshops_with_labels
from corsia.workshop.vocabulary import VisitState


@dataclass(kw_only=True)
class Row:
    """A technician: what they can do, and how full their time is."""

    technician: Technician
    levels: Mapping[int, int]  # of each skill
    absences: list[Absence]
    steps: list[PlannedStep] = field(default_factory=list)
    booked_minutes: int = 0
    attended_minutes: int = 0

    @property
    def load_pct(self) -> int | None:
        """Booked of attended minutes; None for who is not there at all."""
        return round(100 * self.booked_minutes / self.attended_minutes) if self.attended_minutes else None


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The plan of some days of a workshop."""

    workshop: Workshop
    zone: ZoneInfo
    days: Sequence[date]
    opens_at: time  # the earliest and latest hours that anything happens at on these days
    closes_at: time
    rows: Sequence[Row]
    closed: Sequence[Closed]
    waiting: Sequence[WaitingStep]
    skills: Sequence[Skill]

    @property
    def steps(self) -> list[PlannedStep]:
        return [step for row in self.rows for step in row.steps]

    @property
    def booked_minutes(self) -> int:
        return sum(row.booked_minutes for row in self.rows)

    @property
    def attended_minutes(self) -> int:
        return sum(row.attended_minutes for row in self.rows)

    @property
    def load_pct(self) -> int:
        return round(100 * self.booked_minutes / self.attended_minutes) if self.attended_minutes else 0


def workshops() -> list[Workshop]:
    """Return the workshops within the scope, by name."""
    return [workshop for workshop, _label in workshops_with_labels()]


def plan_of(workshop: Workshop, *, first: date, days: int, now: datetime) -> Plan:
    """Return the plan of so many days from `first` on, by the clock on the workshop's wall."""
    unit_id = workshop.unit_id
    zone, hours = tree().time_zone(unit_id), tree().hours(unit_id)
    start = datetime.combine(first, time(), zone).astimezone(UTC)
    end = datetime.combine(first + timedelta(days=days), time(), zone).astimezone(UTC)
    allocations = list(_allocations(unit_id, start, end, now))
    rows = _rows(unit_id, allocations, start, end)
    steps = with_states(allocations, now=now)
    by_technician = {row.technician.pk: row for row in rows}
    for step in steps:
        by_technician[step.allocation.technician_id].steps.append(step)
    for row in rows:
        absences = tuple((absence.starts_at, absence.ends_at) for absence in row.absences)
        own = dataclasses.replace(hours, absences=absences) if absences else hours
        row.attended_minutes = between(own, start, end) // timedelta(minutes=1)
        row.booked_minutes = sum(
            between(hours, max(start, step.allocation.starts_at), min(end, step.allocation.ends_at))
            // timedelta(minutes=1)
            for step in row.steps
        )
    waiting = waiting_in(unit_id, now=now)
    opens_at, closes_at = wall_hours(hours, zone, start, end, allocations)
    return Plan(
        workshop=workshop,
        zone=zone,
        days=[first + timedelta(days=number) for number in range(days)],
        opens_at=opens_at,
        closes_at=closes_at,
        rows=rows,
        closed=closed_in(unit_id, hours, zone, first, days, opens_at, closes_at),
        waiting=waiting,
        skills=_skills(steps, waiting, rows),
    )


def step_of(allocation_id: int, *, now: datetime) -> PlannedStep:
    """Return one step of the plan.

    Raises:
        NotFound: no such step within the scope.
    """
    visit_id = Allocation.objects.find(allocation_id).visit_id
    rows = joined(Allocation.objects.filter(visit_id=visit_id))
    return next(step for step in with_states(list(rows), now=now) if step.allocation.pk == allocation_id)


def steps_of_visit(visit_id: int, *, now: datetime) -> list[PlannedStep]:
    """Return what is planned for a visit, in order of time."""
    return with_states(list(joined(Allocation.objects.filter(visit_id=visit_id))), now=now)


def waiting_step(visit_job_id: int, step_id: int) -> WaitingStep | None:
    """Return a step that nobody has in hand; None where there is none such."""
    line = VisitJob.objects.select_related("job", "visit__customer", "visit__vehicle").find(visit_job_id)
    step = JobStep.objects.select_related("skill").filter(job_id=line.job_id, pk=step_id).first()
    if step is None or Allocation.objects.filter(visit_job=line, step=step).exists():
        return None
    return WaitingStep(line=line, step=step)


def technicians_for(unit_id: int, step: JobStep) -> list[tuple[Technician, bool]]:
    """Return the technicians of a workshop, each with whether they can do the step."""
    rows = list(
        Technician.objects.filter(unit_id=unit_id, is_active=True).select_related("person").order_by("position", "pk")
    )
    if step.skill is None:
        return [(row, True) for row in rows]
    held = PersonSkill.objects.filter(
        person__in=[row.person_id for row in rows], skill=step.skill, level__gte=step.level
    )
    able = set(held.values_list("person_id", flat=True))
    return [(row, row.person_id in able) for row in rows]


def bays_for(unit_id: int, step: JobStep) -> list[Bay]:
    """Return the bays of the kind that a step takes."""
    return list(Bay.objects.filter(unit_id=unit_id, kind=step.bay_kind, is_active=True).order_by("position", "pk"))


def _allocations(unit_id: int, start: datetime, end: datetime, now: datetime) -> "Sequence[Allocation]":
    is_there = Q(visit__state__in=(VisitState.BOOKED, VisitState.HERE, VisitState.DONE))
    is_held = Q(visit__state=VisitState.HELD, visit__held_until__gt=now)
    rows = Allocation.objects.filter(unit_id=unit_id, starts_at__lt=end, ends_at__gt=start)
    return list(joined(rows.filter(is_there | is_held)))


def _rows(unit_id: int, allocations: Sequence[Allocation], start: datetime, end: datetime) -> list[Row]:
    """Return the technicians of the workshop, and those who left it but still have work on these days."""
    busy = {allocation.technician_id for allocation in allocations}
    technicians = list(
        Technician.objects.filter(Q(is_active=True) | Q(pk__in=busy), unit_id=unit_id)
        .select_related("person")
        .order_by("position", "pk")
    )
    people = [technician.person_id for technician in technicians]
    levels: dict[int, dict[int, int]] = defaultdict(dict)
    for person_id, skill_id, level in PersonSkill.objects.filter(person__in=people).values_list(
        "person_id", "skill_id", "level"
    ):
        levels[person_id][skill_id] = level
    absences: dict[int, list[Absence]] = defaultdict(list)
    for absence in absences_of(people, start=start, end=end):
        absences[absence.person_id].append(absence)
    return [Row(technician=one, levels=levels[one.person_id], absences=absences[one.person_id]) for one in technicians]


def _skills(steps: Sequence[PlannedStep], waiting: Sequence[WaitingStep], rows: Sequence[Row]) -> list[Skill]:
    """Return the skills that work on the plan asks for, or that its technicians have, by key."""
    asked = [one.allocation.step.skill for one in steps] + [one.step.skill for one in waiting]
    known = {skill.pk: skill for skill in asked if skill is not None}
    held = {pk for row in rows for pk in row.levels}
    more = Skill.objects.filter(pk__in=held - known.keys(), is_active=True)
    return sorted([*known.values(), *more], key=lambda skill: skill.key)
