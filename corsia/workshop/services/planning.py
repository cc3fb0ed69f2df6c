"""The plan: whose hands, which bay and when. A refusal says what stands in the way; the database has the last word."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import formats
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from corsia.events import workshop as facts
from corsia.kernel.access import demand
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import NotFound, Refused
from corsia.kernel.facts import publish
from corsia.kernel.models import AuditEntry
from corsia.organisation.models import PersonSkill
from corsia.organisation.queries import tree
from corsia.organisation.queries.people import absences_of
from corsia.organisation.working_time import add, between, is_open
from corsia.workshop.models import Allocation, Bay, Clocking, JobStep, Loan, Order, Technician, Visit, VisitJob
from corsia.workshop.permissions import PLAN
from corsia.workshop.services.diary import lock_diaries, tell_plan
from corsia.workshop.vocabulary import BayKind, OrderStage, VisitState

MOVED, PLANNED, UNDONE = "plan_moved", "step_planned", "plan_undone"
_QUARTER = 15 * 60  # seconds: no promise is given to the minute
_MOVABLE = (VisitState.BOOKED, VisitState.HERE)


class VisitNotOpen(Refused):
    code = "workshop.visit_not_open"
    message = _("The visit of %(customer)s is not open: only what is booked, or in the workshop, can be planned.")


class WorkBegun(Refused):
    code = "workshop.work_begun"
    message = _("Work on “%(work)s” has begun: what is being done stays where it is.")


class PlanChanged(Refused):
    code = "workshop.plan_changed"
    message = _("Somebody moved “%(work)s” meanwhile: %(technician)s does it at %(start)s. Look again, then move it.")


class HourPassed(Refused):
    code = "workshop.hour_passed"
    message = _("%(start)s has passed. Choose a later hour.")


class SkillMissing(Refused):
    code = "workshop.skill_missing"
    message = _("%(technician)s does not have the skill “%(skill)s”.")


class SkillTooLow(Refused):
    code = "workshop.skill_too_low"
    message = _("%(technician)s has “%(skill)s” at level %(held)s, the work asks for level %(level)s.")


class WorkshopClosed(Refused):
    code = "workshop.closed"
    message = _("The workshop is closed at %(start)s. Choose an hour at which it is open.")


class EndsAfterClosing(Refused):
    code = "workshop.ends_after_closing"
    message = _("From %(start)s on, the work would not end on the same day: no work goes on overnight. Begin earlier.")


class TechnicianAway(Refused):
    code = "workshop.technician_away"
    message = _("%(technician)s is away from %(start)s to %(end)s.")


class TechnicianBusy(Refused):
    code = "workshop.technician_busy"
    message = _("%(technician)s works on “%(work)s” (%(vehicle)s) from %(start)s to %(end)s.")


class BayOfOtherKind(Refused):
    code = "workshop.bay_of_other_kind"
    message = _("“%(bay)s” is not of the kind that the work asks for: %(kind)s.")


class NoBayFree(Refused):
    code = "workshop.no_bay_free"
    message = _("No bay of the kind “%(kind)s” is free from %(start)s to %(end)s.")


class StepTooEarly(Refused):
    code = "workshop.step_too_early"
    message = _("“%(work)s” comes after “%(other)s”, which ends at %(end)s.")


class StepTooLate(Refused):
    code = "workshop.step_too_late"
    message = _("“%(work)s” comes before “%(other)s”, which begins at %(start)s.")


class VehicleNotThere(Refused):
    code = "workshop.vehicle_not_there"
    message = _("%(customer)s brings the vehicle at %(drop_off)s. Nothing can be done on it before.")


class PromiseBroken(Refused):
    code = "workshop.promise_broken"
    message = _("The promise of %(promised)s to %(customer)s would be broken: the vehicle would be ready at %(ready)s.")


class CourtesyCarTaken(Refused):
    code = "workshop.courtesy_car_taken"
    message = _("The courtesy car of %(customer)s is lent to somebody else before the vehicle would be ready.")


class VehicleElsewhere(Refused):
    code = "workshop.vehicle_elsewhere"
    message = _("The vehicle of %(customer)s has another visit before it would be ready.")


class TakenMeanwhile(Refused):
    code = "workshop.taken_meanwhile"
    message = _("Somebody just planned something else there. Look again, then choose.")


class NothingToUndo(Refused):
    code = "workshop.nothing_to_undo"
    message = _("The plan has changed since: this move can no longer be taken back.")


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


@dataclass(frozen=True, kw_only=True)
class _Place:
    """Where a step is to go."""

    technician: Technician
    bay: Bay
    starts_at: datetime
    ends_at: datetime


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
            start=_hour(allocation.starts_at, visit, day_of=starts_at),
        )
    worked = between(tree().hours(visit.unit_id), allocation.starts_at, allocation.ends_at)
    wanted = _bay(bay_id, visit.unit_id) if bay_id is not None else allocation.bay
    place = _place(
        visit, allocation.step, allocation.visit_job, technician_id=technician_id, wanted=wanted, starts_at=starts_at,
        duration=worked or timedelta(minutes=allocation.step.minutes), own_id=allocation.pk, now=now,
    )  # fmt: skip
    before, ready_before = allocation_values(allocation, visit), _ready_at(visit)
    with _told_by_constraints(visit):
        _put(allocation, place)
        promised_before = _keep_promise(visit, ready_before, accept_new_promise=accept_new_promise, now=now)
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
    wanted = _bay(bay_id, visit.unit_id) if bay_id is not None else None
    place = _place(
        visit, step, line, technician_id=technician_id, wanted=wanted, starts_at=starts_at,
        duration=timedelta(minutes=step.minutes), own_id=None, now=now,
    )  # fmt: skip
    allocation = Allocation(unit_id=visit.unit_id, visit=visit, visit_job=line, step=step)
    ready_before = _ready_at(visit)
    with _told_by_constraints(visit):
        _put(allocation, place)
        promised_before = _keep_promise(visit, ready_before, accept_new_promise=accept_new_promise, now=now)
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
    place = _Place(
        technician=Technician.objects.find(before["technician"]),
        bay=Bay.objects.find(before["bay"]),
        starts_at=datetime.fromisoformat(before["start"]),
        ends_at=datetime.fromisoformat(before["end"]),
    )
    try:
        with transaction.atomic():
            _put(allocation, place)
            if before["promised"] != after["promised"]:
                _promise(visit, datetime.fromisoformat(before["promised"]), now=now)
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


def work_name(line: VisitJob) -> str:
    """Return what the work is called in the active language."""
    return line.job.name_en if _is_english() else line.job.name_it


def _lock_visit(visit_id: int, by: Actor) -> Visit:
    unit_id = Visit.objects.find(visit_id).unit_id
    demand(by, PLAN, unit_id)
    lock_diaries([unit_id])
    visit: Visit = Visit.objects.select_related("customer", "vehicle").lock(visit_id)
    return visit


def _bay(bay_id: int, unit_id: int) -> Bay:
    bay: Bay | None = Bay.objects.filter(pk=bay_id, unit_id=unit_id, is_active=True).first()
    if bay is None:
        raise NotFound(kind=Bay._meta.label)
    return bay


def _place(
    visit: Visit,
    step: JobStep,
    line: VisitJob,
    *,
    technician_id: int,
    wanted: Bay | None,
    starts_at: datetime,
    duration: timedelta,
    own_id: int | None,
    now: datetime,
) -> _Place:
    technician: Technician | None = (
        Technician.objects.select_related("person")
        .filter(pk=technician_id, unit_id=visit.unit_id, is_active=True)
        .first()
    )
    if technician is None:
        raise NotFound(kind=Technician._meta.label)
    ends_at = _end(visit, starts_at, duration, now=now)
    _demand_skill(technician, step)
    _demand_hands(visit, technician, starts_at, ends_at, own_id=own_id)
    _demand_order(visit, step, line, starts_at, ends_at, own_id=own_id)
    bay = _free_bay(visit, step, wanted, starts_at, ends_at, own_id=own_id)
    return _Place(technician=technician, bay=bay, starts_at=starts_at, ends_at=ends_at)


def _end(visit: Visit, starts_at: datetime, duration: timedelta, *, now: datetime) -> datetime:
    if starts_at < now:
        raise HourPassed(start=_hour(starts_at, visit, day_of=now))
    hours, zone = tree().hours(visit.unit_id), tree().time_zone(visit.unit_id)
    if not is_open(hours, starts_at):
        raise WorkshopClosed(start=_hour(starts_at, visit, day_of=None))
    if starts_at < visit.drop_off_at:
        raise VehicleNotThere(customer=visit.whose, drop_off=_hour(visit.drop_off_at, visit, day_of=starts_at))
    ends_at = add(hours, starts_at, duration)
    if ends_at.astimezone(zone).date() != starts_at.astimezone(zone).date():
        raise EndsAfterClosing(start=_hour(starts_at, visit, day_of=starts_at))
    return ends_at


def _demand_skill(technician: Technician, step: JobStep) -> None:
    if step.skill is None:
        return
    name = step.skill.name_en if _is_english() else step.skill.name_it
    held = PersonSkill.objects.filter(person=technician.person, skill=step.skill).values_list("level", flat=True)
    level = held.first()
    if level is None:
        raise SkillMissing(technician=technician.person.full_name, skill=name)
    if level < step.level:
        raise SkillTooLow(technician=technician.person.full_name, skill=name, held=level, level=step.level)


def _demand_hands(
    visit: Visit, technician: Technician, starts_at: datetime, ends_at: datetime, *, own_id: int | None
) -> None:
    for absence in absences_of([technician.person_id], start=starts_at, end=ends_at):
        raise TechnicianAway(
            technician=technician.person.full_name,
            start=_hour(absence.starts_at, visit, day_of=starts_at),
            end=_hour(absence.ends_at, visit, day_of=starts_at),
        )
    others = _beside(starts_at, ends_at, own_id).filter(technician=technician)
    other = others.select_related("visit__vehicle", "visit_job__job", "step").order_by("starts_at").first()
    if other is not None:
        raise TechnicianBusy(
            technician=technician.person.full_name,
            work=work_name(other.visit_job),
            vehicle=other.visit.vehicle.plate or other.visit.vehicle if other.visit.vehicle else "-",
            start=_hour(other.starts_at, visit, day_of=starts_at),
            end=_hour(other.ends_at, visit, day_of=starts_at),
        )


def _demand_order(
    visit: Visit, step: JobStep, line: VisitJob, starts_at: datetime, ends_at: datetime, *, own_id: int | None
) -> None:
    """Steps of a visit follow each other: one vehicle, one pair of hands at a time, in the order of its jobs."""
    own = (line.position, step.position)
    for other in visit.allocations.select_related("visit_job__job", "step").order_by("starts_at"):
        if other.pk == own_id:
            continue
        is_before = (other.visit_job.position, other.step.position) < own
        name = work_name(other.visit_job)
        if is_before and starts_at < other.ends_at:
            end = _hour(other.ends_at, visit, day_of=starts_at)
            raise StepTooEarly(work=work_name(line), other=name, end=end)
        if not is_before and ends_at > other.starts_at:
            start = _hour(other.starts_at, visit, day_of=starts_at)
            raise StepTooLate(work=work_name(line), other=name, start=start)


def _free_bay(
    visit: Visit, step: JobStep, wanted: Bay | None, starts_at: datetime, ends_at: datetime, *, own_id: int | None
) -> Bay:
    kind = BayKind(step.bay_kind)
    if wanted is not None and wanted.kind != kind:
        raise BayOfOtherKind(bay=wanted.name, kind=kind.label)
    busy = set(_beside(starts_at, ends_at, own_id).filter(unit_id=visit.unit_id).values_list("bay_id", flat=True))
    bays = Bay.objects.filter(unit_id=visit.unit_id, kind=kind, is_active=True).order_by("position", "pk")
    free = [bay for bay in bays if bay.pk not in busy]
    if not free:
        raise NoBayFree(
            kind=kind.label,
            start=_hour(starts_at, visit, day_of=starts_at),
            end=_hour(ends_at, visit, day_of=starts_at),
        )
    kept: Bay = next((bay for bay in free if wanted is not None and bay.pk == wanted.pk), free[0])
    return kept


def _beside(starts_at: datetime, ends_at: datetime, own_id: int | None) -> "QuerySet[Allocation]":
    rows: QuerySet[Allocation] = Allocation.objects.filter(starts_at__lt=ends_at, ends_at__gt=starts_at)
    return rows if own_id is None else rows.exclude(pk=own_id)


def _put(allocation: Allocation, place: _Place) -> None:
    allocation.technician, allocation.bay = place.technician, place.bay
    allocation.starts_at, allocation.ends_at = place.starts_at, place.ends_at
    allocation.save()


def _ready_at(visit: Visit) -> datetime | None:
    """Return when the last work that is planned for a visit ends."""
    return max(visit.allocations.values_list("ends_at", flat=True), default=None)


def _keep_promise(
    visit: Visit, ready_before: datetime | None, *, accept_new_promise: bool, now: datetime
) -> datetime | None:
    """See to it that the visit ends by its promise, or change that; return the promise that was changed.

    A promise that was broken before may stay so: only what makes it worse is refused.
    """
    ready, promised = _ready_at(visit), visit.promised_at
    if ready is None or ready <= promised or (ready_before is not None and ready <= ready_before):
        return None
    new = datetime.fromtimestamp(math.ceil(ready.timestamp() / _QUARTER) * _QUARTER, UTC)
    if not accept_new_promise:
        raise PromiseBroken(
            promised=_hour(promised, visit, day_of=new),
            customer=visit.whose,
            ready=_hour(new, visit, day_of=promised),
        )
    _promise(visit, new, now=now)
    return promised


def _promise(visit: Visit, promised_at: datetime, *, now: datetime) -> None:
    """Change what is promised to the customer, also in the order and for their courtesy car, and tell it."""
    visit.promised_at = promised_at
    visit.save(update_fields=["promised_at"])
    loan = Loan.objects.filter(visit=visit).first()
    if loan is not None and loan.ends_at < promised_at:
        loan.ends_at = promised_at
        loan.save(update_fields=["ends_at"])
    Order.objects.filter(visit=visit).exclude(stage=OrderStage.CLOSED).update(promised_at=promised_at)
    publish(
        facts.VisitMoved(
            unit_id=visit.unit_id,
            customer_id=int(visit.customer_id or 0),  # whoever was promised something is known
            vehicle_id=visit.vehicle_id,
            visit_id=visit.pk,
            drop_off_at=visit.drop_off_at,
            promised_at=promised_at,
            occurred_at=now,
        )
    )


@contextmanager
def _told_by_constraints(visit: Visit) -> Iterator[None]:
    """Turn what the database refuses, because somebody else was faster, into words."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as refused:
        name = getattr(getattr(refused.__cause__, "diag", None), "constraint_name", "")
        customer = visit.whose
        if name == "workshop_car_lent_once":
            raise CourtesyCarTaken(customer=customer) from refused
        if name == "workshop_vehicle_in_one_place":
            raise VehicleElsewhere(customer=customer) from refused
        raise TakenMeanwhile from refused


def allocation_values(allocation: Allocation, visit: Visit) -> dict[str, int | str]:
    """Return where a step is planned, as the trail keeps it."""
    return {
        "technician": allocation.technician_id,
        "bay": allocation.bay_id,
        "start": allocation.starts_at.astimezone(UTC).isoformat(),
        "end": allocation.ends_at.astimezone(UTC).isoformat(),
        "promised": visit.promised_at.astimezone(UTC).isoformat(),
    }


def _hour(at: datetime, visit: Visit, *, day_of: datetime | None) -> str:
    """Return an hour in words, with its day unless it is that of `day_of`."""
    zone = tree().time_zone(visit.unit_id)
    local = at.astimezone(zone)
    if day_of is not None and day_of.astimezone(zone).date() == local.date():
        return f"{local:%H:%M}"
    day = formats.date_format(local, "j F")
    return f"{day if _is_english() else day.lower()}, {local:%H:%M}"


def _is_english() -> bool:
    return (get_language() or "it").startswith("en")
