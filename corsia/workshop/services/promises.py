"""What a customer was promised, kept when work moves or changed for all who rely on it."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from django.db import IntegrityError, transaction

from corsia.events import workshop as facts
from corsia.kernel.facts import publish
from corsia.organisation.queries import tree
from corsia.workshop.models import Loan, Order, Visit
from corsia.workshop.queries.plan_hours import closing_after
from corsia.workshop.rules.promise import promised as promised_hour
from corsia.workshop.services.fetches import bring_back_at
from corsia.workshop.services.plan_places import hour_words
from corsia.workshop.services.plan_refusals import CourtesyCarTaken, PromiseBroken, TakenMeanwhile, VehicleElsewhere
from corsia.workshop.services.reception import told
from corsia.workshop.vocabulary import OrderStage

_QUARTER = 15 * 60  # seconds: no promise is given to the minute


def ready_at(visit: Visit) -> datetime | None:
    """Return when the last work that is planned for a visit ends."""
    return max(visit.allocations.values_list("ends_at", flat=True), default=None)


def keep_promise(
    visit: Visit, ready_before: datetime | None, *, accept_new_promise: bool, now: datetime
) -> datetime | None:
    """See to it that the visit ends by its promise, or change that; return the promise that was changed.

    Another day's promise leaves time for washing and papers, as every promise given at booking does.
    A promise that was broken before may stay so: only what makes it worse is refused.
    """
    ready, promised = ready_at(visit), visit.promised_at
    if ready is None or ready <= promised or (ready_before is not None and ready <= ready_before):
        return None
    new = _next_promise(visit, ready)
    if not accept_new_promise:
        raise PromiseBroken(
            promised=hour_words(promised, visit, day_of=new),
            customer=visit.whose,
            ready=hour_words(new, visit, day_of=promised),
        )
    give_promise(visit, new, now=now)
    return promised


def _next_promise(visit: Visit, ready: datetime) -> datetime:
    zone = tree().time_zone(visit.unit_id)
    if ready.astimezone(zone).date() == visit.promised_at.astimezone(zone).date():
        return datetime.fromtimestamp(math.ceil(ready.timestamp() / _QUARTER) * _QUARTER, UTC)
    closes = closing_after(visit.unit_id, ready)
    return promised_hour(work_ends=ready, closes=closes, is_waiting=visit.is_waiting)


def give_promise(visit: Visit, promised_at: datetime, *, now: datetime) -> None:
    """Change what is promised to the customer, also in the order, for courtesy car and driver, and tell it."""
    before, visit.promised_at = visit.promised_at, promised_at
    visit.save(update_fields=["promised_at"])
    loan = Loan.objects.filter(visit=visit).first()
    if loan is not None and (loan.ends_at == before or loan.ends_at < promised_at):
        loan.ends_at = promised_at
        loan.save(update_fields=["ends_at"])
    bring_back_at(visit, promised_at)
    order = Order.objects.filter(visit=visit).exclude(stage=OrderStage.CLOSED).first()
    if order is not None and order.promised_at != promised_at:
        order.promised_at = promised_at
        order.save(update_fields=["promised_at"])
        publish(facts.PromiseChanged(**told(order, now=now), promised_at=promised_at, reason=""))
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
def told_by_constraints(visit: Visit) -> Iterator[None]:
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
