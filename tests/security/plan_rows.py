"""Rows of a workshop's plan for the sweeps: work that can be moved, that was moved, and that waits."""

from datetime import datetime, timedelta

from corsia.customers.models import Customer
from corsia.organisation.models import Unit
from corsia.organisation.queries import tree
from corsia.organisation.working_time import is_open
from corsia.workshop.models import Allocation, ProposalCall, Visit, VisitJob
from corsia.workshop.services.accepting import accept
from corsia.workshop.services.planning import move_allocation
from corsia.workshop.services.proposals import Happened, ask
from corsia.workshop.services.working_out import work_out
from corsia.workshop.vocabulary import Cause
from tests.factories.cases import ROBOT
from tests.factories.customers import car
from tests.factories.workshop import BRAKES, TYRES, Shop, visit_in


def plan_rows(*, shop: Shop, branch: Unit, customer_id: int, now: datetime) -> tuple[dict[str, int], dict[str, str]]:
    """Make three visits on a day in two weeks and one a week later; return their rows and words for addresses."""
    start = _opening(shop.unit.pk, now)
    customer = Customer.objects.get(pk=customer_id)
    number = branch.pk % 1000
    first = visit_in(shop, customer, car(branch, plate=f"ZA{number:03d}AA"), at=start)
    moved = visit_in(
        shop, customer, car(branch, plate=f"ZB{number:03d}AA"), at=start + timedelta(hours=4), code=TYRES,
        technician="hans", bay="2",
    )  # fmt: skip
    waiting = visit_in(
        shop, customer, car(branch, plate=f"ZC{number:03d}AA"), at=start, code=BRAKES, technician="anna", bay="2"
    )
    Allocation.objects.filter(visit=waiting).delete()
    line = VisitJob.objects.get(visit=waiting)
    move_allocation(
        allocation_id=moved.allocations.get().pk, technician_id=shop.technicians["hans"].pk,
        starts_at=start + timedelta(hours=4, minutes=15), by=ROBOT, now=now,
    )  # fmt: skip
    rows = {
        "plan_unit_id": shop.unit.pk,
        "plan_allocation_id": first.allocations.get().pk,
        "plan_moved_id": moved.allocations.get().pk,
        "plan_visit_job_id": line.pk,
        "plan_step_id": line.job.steps.get().pk,
        "plan_technician_id": shop.technicians["anna"].pk,
        "plan_bay_id": shop.bays["1"].pk,
    }
    local = start.astimezone(tree().time_zone(shop.unit.pk))
    words = {"plan_day": f"{local:%Y-%m-%d}", "plan_start": f"{local:%Y-%m-%d}T10:15:00"}
    week_after = _opening(shop.unit.pk, start + timedelta(days=7), ahead=timedelta(0))
    disturbed = visit_in(shop, customer, car(branch, plate=f"ZD{number:03d}AA"), at=week_after)
    return rows | _proposals(shop, disturbed, now=now), words


def _proposals(shop: Shop, visit: Visit, *, now: datetime) -> dict[str, int]:
    """Work out three proposals for a day of their own: one is ready, one was accepted, and one is still asked for."""
    on = (visit.drop_off_at + timedelta(hours=1)).date()
    anna, hans = shop.technicians["anna"], shop.technicians["hans"]
    found = {}
    for name, technician in (("accepted", anna), ("ready", shop.technicians["luca"])):
        happened = Happened(cause=Cause.AWAY, technician_id=technician.pk, at=visit.drop_off_at)
        asked = ask(unit_id=shop.unit.pk, on=on, happened=happened, by=ROBOT, now=now)
        work_out(proposal_id=asked.pk, now=now)
        found[name] = asked.pk
        if name == "accepted":
            accept(proposal_id=asked.pk, by=ROBOT, now=now)
    later = Happened(cause=Cause.AWAY, technician_id=hans.pk, at=visit.drop_off_at)
    open_ = ask(unit_id=shop.unit.pk, on=on, happened=later, by=ROBOT, now=now)
    call = ProposalCall.objects.create(
        proposal_id=found["accepted"], visit=visit, promised_before=visit.promised_at, promised_at=None
    )
    return {
        "replan_id": found["ready"], "replan_done_id": found["accepted"], "replan_open_id": open_.pk,
        "replan_call_id": call.pk,
    }  # fmt: skip


def _opening(unit_id: int, now: datetime, *, ahead: timedelta = timedelta(days=14)) -> datetime:
    """Return ten o'clock of an open day, two weeks ahead or a little more."""
    hours, zone = tree().hours(unit_id), tree().time_zone(unit_id)
    at = now.astimezone(zone).replace(hour=10, minute=0, second=0, microsecond=0) + ahead
    while not is_open(hours, at):
        at += timedelta(days=1)
    return at
