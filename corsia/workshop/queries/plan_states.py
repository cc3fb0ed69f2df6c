"""How the steps of a plan stand: booked, here, in work, late, done; and what waits to be planned."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import Count, F, QuerySet

from corsia.workshop.models import Allocation, Clocking, JobStep, OrderLine, Visit, VisitJob
from corsia.workshop.vocabulary import LineState, OrderStage, VisitState

_LONGEST_WAIT = timedelta(days=90)  # a visit that came earlier and was never planned is forgotten, not waiting


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


def joined(rows: "QuerySet[Allocation]") -> "QuerySet[Allocation]":
    return rows.select_related(
        "visit__customer", "visit__vehicle", "visit_job__job", "step__skill", "technician__person", "bay"
    ).order_by("starts_at", "pk")


def with_states(allocations: Sequence[Allocation], *, now: datetime) -> list[PlannedStep]:
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


def waiting_in(unit_id: int, *, now: datetime) -> list[WaitingStep]:
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
