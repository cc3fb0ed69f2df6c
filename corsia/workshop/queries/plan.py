"""What the plan shows: who works on what and where, what waits to be planned, and when nobody can work."""

import dataclasses
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from django.db.models import Count, F, Q, QuerySet

from corsia.organisation.models import Absence, PersonSkill, Skill
from corsia.organisation.queries import tree
from corsia.organisation.queries.people import absences_of
from corsia.organisation.queries.tree import holidays_at
from corsia.organisation.working_time import WorkingHours, between, openings
from corsia.workshop.models import Allocation, Bay, Clocking, JobStep, OrderLine, Technician, Visit, VisitJob, Workshop
from corsia.workshop.queries.visits import workshops as workshops_with_labels
from corsia.workshop.vocabulary import LineState, OrderStage, VisitState

_LONGEST_WAIT = timedelta(days=90)  # a visit that came earlier and was never planned is forgotten, not waiting
_MILLION = 1_000_000


class StepState(StrEnum):
    """How a step stands, for colours and words."""

    HELD = "held"
    BOOKED = "booked"
    HERE = "here"
    WORKING = "working"
    WAITING = "waiting"
    LATE = "late"
    DONE = "done"


@dataclass(frozen=True, kw_only=True)
class PlannedStep:
    """A step on the plan."""

    allocation: Allocation
    state: StepState
    is_last: bool  # of its visit: the vehicle is ready after it
    may_move: bool


@dataclass(frozen=True, kw_only=True)
class WaitingStep:
    """A step that nobody has in hand."""

    line: VisitJob
    step: JobStep

    @property
    def visit(self) -> Visit:
        return self.line.visit


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
class Closed:
    """A stretch in which the workshop is closed; with a reason where it is a whole day."""

    start: datetime
    end: datetime
    reason: str = ""


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
    steps = _with_states(allocations, now=now)
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
    waiting = _waiting(unit_id, now=now)
    opens_at, closes_at = _wall(hours, zone, start, end, allocations)
    return Plan(
        workshop=workshop,
        zone=zone,
        days=[first + timedelta(days=number) for number in range(days)],
        opens_at=opens_at,
        closes_at=closes_at,
        rows=rows,
        closed=_closed(unit_id, hours, zone, first, days, opens_at, closes_at),
        waiting=waiting,
        skills=_skills(steps, waiting, rows),
    )


def step_of(allocation_id: int, *, now: datetime) -> PlannedStep:
    """Return one step of the plan.

    Raises:
        NotFound: no such step within the scope.
    """
    visit_id = Allocation.objects.find(allocation_id).visit_id
    rows = _joined(Allocation.objects.filter(visit_id=visit_id))
    return next(step for step in _with_states(list(rows), now=now) if step.allocation.pk == allocation_id)


def steps_of_visit(visit_id: int, *, now: datetime) -> list[PlannedStep]:
    """Return what is planned for a visit, in order of time."""
    return _with_states(list(_joined(Allocation.objects.filter(visit_id=visit_id))), now=now)


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
    return list(_joined(rows.filter(is_there | is_held)))


def _joined(rows: "QuerySet[Allocation]") -> "QuerySet[Allocation]":
    return rows.select_related(
        "visit__customer", "visit__vehicle", "visit_job__job", "step__skill", "technician__person", "bay"
    ).order_by("starts_at", "pk")


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


def _with_states(allocations: Sequence[Allocation], *, now: datetime) -> list[PlannedStep]:
    visits = {allocation.visit_id for allocation in allocations}
    lines: dict[tuple[int, int], list[str]] = defaultdict(list)
    stages: dict[int, str] = {}
    for visit_id, stage, job_id, state in OrderLine.objects.filter(order__visit__in=visits).values_list(
        "order__visit_id", "order__stage", "job_id", "state"
    ):
        stages[visit_id] = stage
        if job_id is not None:
            lines[visit_id, job_id].append(state)
    clocked = set(
        Clocking.objects.filter(order__visit__in=visits).values_list("order__visit_id", "line__job_id").distinct()
    )
    last: dict[int, datetime] = {}
    for allocation in allocations:
        last[allocation.visit_id] = max(allocation.ends_at, last.get(allocation.visit_id, allocation.ends_at))
    found = []
    for allocation in allocations:
        key = allocation.visit_id, allocation.visit_job.job_id
        state = _state(allocation.visit, allocation, lines[key], stages.get(key[0], ""), key in clocked, now=now)
        found.append(
            PlannedStep(
                allocation=allocation,
                state=state,
                is_last=allocation.ends_at == last[allocation.visit_id],
                may_move=allocation.visit.state in (VisitState.BOOKED, VisitState.HERE) and key not in clocked,
            )
        )
    return found


def _state(
    visit: Visit, allocation: Allocation, lines: Collection[str], stage: str, is_clocked: bool, *, now: datetime
) -> StepState:
    if visit.state == VisitState.HELD:
        return StepState.HELD
    is_ready = visit.state == VisitState.DONE or stage in (OrderStage.READY, OrderStage.CLOSED)
    if is_ready or (lines and all(state in (LineState.DONE, LineState.DECLINED) for state in lines)):
        return StepState.DONE
    if stage == OrderStage.WAITING:
        return StepState.WAITING
    if allocation.ends_at < now or (visit.state == VisitState.BOOKED and allocation.starts_at < now):
        return StepState.LATE
    if is_clocked:
        return StepState.WORKING
    return StepState.HERE if visit.state == VisitState.HERE else StepState.BOOKED


def _waiting(unit_id: int, *, now: datetime) -> list[WaitingStep]:
    """Return the steps of open visits that nobody has in hand, those whose customer was promised the soonest first."""
    lines = list(
        VisitJob.objects.filter(
            visit__unit_id=unit_id,
            visit__state__in=(VisitState.BOOKED, VisitState.HERE),
            visit__drop_off_at__gt=now - _LONGEST_WAIT,
        )
        .annotate(steps_there=Count("job__steps", distinct=True), steps_planned=Count("allocations", distinct=True))
        .filter(steps_there__gt=F("steps_planned"))
        .select_related("job", "visit__customer", "visit__vehicle")
        .order_by("visit__promised_at", "visit_id", "position")
    )
    planned = set(Allocation.objects.filter(visit_job__in=lines).values_list("visit_job_id", "step_id"))
    steps: dict[int, list[JobStep]] = defaultdict(list)
    of_jobs = JobStep.objects.filter(job__in={line.job_id for line in lines}).select_related("skill")
    for step in of_jobs.order_by("position"):
        steps[step.job_id].append(step)
    return [
        WaitingStep(line=line, step=step)
        for line in lines
        for step in steps[line.job_id]
        if (line.pk, step.pk) not in planned
    ]


def _wall(
    hours: WorkingHours, zone: ZoneInfo, start: datetime, end: datetime, allocations: Sequence[Allocation]
) -> tuple[time, time]:
    """Return the whole hours between which everything on these days lies."""
    spans = [(_at(opens), _at(closes)) for opens, closes in openings(hours, start, end)]
    spans = [(opens, closes) for opens, closes in spans if opens < end and closes > start]
    spans += [(one.starts_at, one.ends_at) for one in allocations]
    if not spans:
        return time(8), time(18)
    opens_at = min(opens.astimezone(zone).hour for opens, _closes in spans)
    closes_at = max(_ceiled_hour((closes - timedelta(microseconds=1)).astimezone(zone)) for _opens, closes in spans)
    return time(opens_at), time(closes_at) if closes_at < _HOURS else time(23, 59)


_HOURS = 24


def _ceiled_hour(at: datetime) -> int:
    return at.hour + 1


def _closed(
    unit_id: int, hours: WorkingHours, zone: ZoneInfo, first: date, days: int, opens_at: time, closes_at: time
) -> list[Closed]:
    """Return what is closed between the hours that the plan shows, day by day."""
    closures, holidays = tree().closures_in_force(unit_id), holidays_at(tree().place(unit_id))
    found = []
    for number in range(days):
        day = first + timedelta(days=number)
        start = datetime.combine(day, opens_at, zone).astimezone(UTC)
        end = datetime.combine(day, closes_at, zone).astimezone(UTC)
        open_ = [
            (max(start, _at(opens)), min(end, _at(closes)))
            for opens, closes in openings(hours, start, end)
            if _at(opens) < end and _at(closes) > start
        ]
        if not open_:
            reason = next((one.reason for one in closures if one.first_on <= day <= one.last_on), "")
            found.append(Closed(start=start, end=end, reason=reason or holidays.get(day, "")))
            continue
        at = start
        for opens, closes in open_:
            if opens > at:
                found.append(Closed(start=at, end=opens))
            at = max(at, closes)
        if at < end:
            found.append(Closed(start=at, end=end))
    return found


def _at(microseconds: int) -> datetime:
    return datetime.fromtimestamp(microseconds // _MILLION, UTC)


def _skills(steps: Sequence[PlannedStep], waiting: Sequence[WaitingStep], rows: Sequence[Row]) -> list[Skill]:
    """Return the skills that work on the plan asks for, or that its technicians have, by key."""
    asked = [one.allocation.step.skill for one in steps] + [one.step.skill for one in waiting]
    known = {skill.pk: skill for skill in asked if skill is not None}
    held = {pk for row in rows for pk in row.levels}
    more = Skill.objects.filter(pk__in=held - known.keys(), is_active=True)
    return sorted([*known.values(), *more], key=lambda skill: skill.key)
