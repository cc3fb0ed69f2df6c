"""The plan: whose hands, which bay and when. A refusal says what stands in the way; the database has the last word."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import IntegrityError, transaction

from corsia.kernel.access import demand
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import NotFound
from corsia.kernel.models import AuditEntry
from corsia.organisation.queries import tree
from corsia.organisation.working_time import between
from corsia.workshop.models import Allocation, Bay, Clocking, JobStep, Technician, Visit, VisitJob
from corsia.workshop.permissions import PLAN
from corsia.workshop.services.diary import lock_diaries, tell_plan
from corsia.workshop.services.plan_places import FoundPlace, bay_of, find_place, hour_words, work_name
from corsia.workshop.services.plan_refusals import NothingToUndo, PlanChanged, TakenMeanwhile, VisitNotOpen, WorkBegun
from corsia.workshop.services.promises import give_promise, keep_promise, ready_at, told_by_constraints
from corsia.workshop.vocabulary import VisitState

MOVED, PLANNED, UNDONE = "plan_moved", "step_planned", "plan_undone"
_MOVABLE = (VisitState.BOOKED, VisitState.HERE)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """Where the page that asks showed the work."""

    technician_id: int
    starts_at: datetime


@dataclass(frozen=True, kw_only=True)
class Moved:
    """What came of a move.

    Attributes:
        bay_before: the bay that was meant, where another had to be taken.
        promised_before: the promise that was changed.
    """

    allocation: Allocation
    bay_before: Bay | None = None
    promised_before: datetime | None = None


@transaction.atomic
def move_allocation(
    *,
    allocation_id: int,
    technician_id: int,
    starts_at: datetime,
    bay_id: int | None = None,
    seen: Seen | None = None,
    accept_new_promise: bool = False,
    by: Actor,
    now: datetime,
) -> Moved:
    """Give a step that is planned to other hands, another bay or another hour. Its working time stays as it was.

    Args:
        bay_id: None keeps the bay; where it is busy, another free one of the kind is taken.
        seen: where the page showed it; None moves it wherever it is.
        accept_new_promise: the customer's promise may be changed, which they are told.

    Raises:
        VisitNotOpen, WorkBegun, PlanChanged: it cannot be moved at all, or not from there.
        HourPassed, WorkshopClosed, EndsAfterClosing, VehicleNotThere, StepTooEarly, StepTooLate: not to that hour.
        SkillMissing, SkillTooLow, TechnicianAway, TechnicianBusy: not to those hands.
        BayOfOtherKind, NoBayFree: not into a bay.
        PromiseBroken, CourtesyCarTaken, VehicleElsewhere: the customer would have to wait longer.
    """
    visit = _lock_visit(Allocation.objects.find(allocation_id).visit_id, by)
    allocation: Allocation = Allocation.objects.lock(allocation_id)
    demand_movable(visit, allocation)
    if seen is not None and (allocation.technician_id, allocation.starts_at) != (seen.technician_id, seen.starts_at):
        raise PlanChanged(
            work=work_name(allocation.visit_job),
            technician=allocation.technician.person.full_name,
            start=hour_words(allocation.starts_at, visit, day_of=starts_at),
        )
    worked = between(tree().hours(visit.unit_id), allocation.starts_at, allocation.ends_at)
    wanted = bay_of(bay_id, visit.unit_id) if bay_id is not None else allocation.bay
    place = find_place(
        visit, allocation.step, allocation.visit_job, technician_id=technician_id, wanted=wanted, starts_at=starts_at,
        duration=worked or timedelta(minutes=allocation.step.minutes), own_id=allocation.pk, now=now,
    )  # fmt: skip
    before, ready_before = allocation_values(allocation, visit), ready_at(visit)
    with told_by_constraints(visit):
        _put(allocation, place)
        promised_before = keep_promise(visit, ready_before, accept_new_promise=accept_new_promise, now=now)
    audit(allocation, MOVED, by=by, now=now, before=before, after=allocation_values(allocation, visit))
    tell_plan(visit)
    return Moved(
        allocation=allocation,
        bay_before=wanted if wanted.pk != place.bay.pk else None,
        promised_before=promised_before,
    )


@transaction.atomic
def plan_step(
    *,
    visit_job_id: int,
    step_id: int,
    technician_id: int,
    starts_at: datetime,
    bay_id: int | None = None,
    accept_new_promise: bool = False,
    by: Actor,
    now: datetime,
) -> Moved:
    """Plan a step that nobody has in hand yet, for its standard time. Refusals as for `move_allocation`."""
    visit = _lock_visit(VisitJob.objects.find(visit_job_id).visit_id, by)
    line: VisitJob = VisitJob.objects.select_related("job").find(visit_job_id)
    step = JobStep.objects.select_related("skill").filter(job_id=line.job_id, pk=step_id).first()
    if step is None:
        raise NotFound(kind=JobStep._meta.label)
    if visit.state not in _MOVABLE:
        raise VisitNotOpen(customer=visit.whose)
    if Allocation.objects.filter(visit_job=line, step=step).exists():
        raise TakenMeanwhile
    wanted = bay_of(bay_id, visit.unit_id) if bay_id is not None else None
    place = find_place(
        visit, step, line, technician_id=technician_id, wanted=wanted, starts_at=starts_at,
        duration=timedelta(minutes=step.minutes), own_id=None, now=now,
    )  # fmt: skip
    allocation = Allocation(unit_id=visit.unit_id, visit=visit, visit_job=line, step=step)
    ready_before = ready_at(visit)
    with told_by_constraints(visit):
        _put(allocation, place)
        promised_before = keep_promise(visit, ready_before, accept_new_promise=accept_new_promise, now=now)
    audit(allocation, PLANNED, by=by, now=now, after=allocation_values(allocation, visit))
    tell_plan(visit)
    return Moved(
        allocation=allocation,
        bay_before=wanted if wanted is not None and wanted.pk != place.bay.pk else None,
        promised_before=promised_before,
    )


@transaction.atomic
def undo_move(*, allocation_id: int, by: Actor, now: datetime) -> Allocation | None:
    """Take the last move of a step back, as long as nothing has changed since.

    Returns:
        None where the step had not been planned before: it waits to be planned again.

    Raises:
        NothingToUndo: it was moved again, begun, or its old place is taken.
    """
    visit = _lock_visit(Allocation.objects.find(allocation_id).visit_id, by)
    allocation: Allocation = Allocation.objects.lock(allocation_id)
    demand_movable(visit, allocation)
    last = (
        AuditEntry.objects.filter(object_kind=Allocation._meta.label_lower, object_id=allocation.pk)
        .order_by("-pk")
        .first()
    )
    after = allocation_values(allocation, visit)
    if last is None or last.verb not in (MOVED, PLANNED) or last.data.get("after") != after:
        raise NothingToUndo
    audit(allocation, UNDONE, by=by, now=now, before=after, after=last.data.get("before"))
    tell_plan(visit)
    if last.verb == PLANNED:
        allocation.delete()
        return None
    before = last.data["before"]
    place = FoundPlace(
        technician=Technician.objects.find(before["technician"]),
        bay=Bay.objects.find(before["bay"]),
        starts_at=datetime.fromisoformat(before["start"]),
        ends_at=datetime.fromisoformat(before["end"]),
    )
    try:
        with transaction.atomic():
            _put(allocation, place)
            if before["promised"] != after["promised"]:
                give_promise(visit, datetime.fromisoformat(before["promised"]), now=now)
    except IntegrityError as taken:
        raise NothingToUndo from taken
    return allocation


def demand_movable(visit: Visit, allocation: Allocation) -> None:
    """Raise unless the visit is open and nobody has begun the step."""
    if visit.state not in _MOVABLE:
        raise VisitNotOpen(customer=visit.whose)
    clocked = Clocking.objects.filter(order__visit=visit, line__job_id=allocation.visit_job.job_id)
    if visit.state == VisitState.HERE and clocked.exists():
        raise WorkBegun(work=work_name(allocation.visit_job))


def _lock_visit(visit_id: int, by: Actor) -> Visit:
    unit_id = Visit.objects.find(visit_id).unit_id
    demand(by, PLAN, unit_id)
    lock_diaries([unit_id])
    visit: Visit = Visit.objects.select_related("customer", "vehicle").lock(visit_id)
    return visit


def _put(allocation: Allocation, place: FoundPlace) -> None:
    allocation.technician, allocation.bay = place.technician, place.bay
    allocation.starts_at, allocation.ends_at = place.starts_at, place.ends_at
    allocation.save()


def allocation_values(allocation: Allocation, visit: Visit) -> dict[str, int | str]:
    """Return where a step is planned, as the trail keeps it."""
    return {
        "technician": allocation.technician_id,
        "bay": allocation.bay_id,
        "start": allocation.starts_at.astimezone(UTC).isoformat(),
        "end": allocation.ends_at.astimezone(UTC).isoformat(),
        "promised": visit.promised_at.astimezone(UTC).isoformat(),
    }
