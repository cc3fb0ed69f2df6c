"""The vehicle is checked, ready and given back; the customer is told, and asks."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from corsia.cases.models import Case
from corsia.customers.services import state_milestone
from corsia.customers.vocabulary import MilestoneKind
from corsia.events import workshop as facts
from corsia.kernel.actors import Actor, customer, system
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid, Refused
from corsia.kernel.facts import publish
from corsia.messaging.services.by_hand import record_entry_by_hand
from corsia.messaging.vocabulary import Channel
from corsia.organisation.queries import day_in, tree
from corsia.vehicles.queries import open_recalls_of
from corsia.vehicles.services import record_service_event
from corsia.vehicles.vocabulary import EventKind
from corsia.workshop.models import Order, Visit
from corsia.workshop.permissions import RECEIVE, WORK_ON_VEHICLES
from corsia.workshop.queries.numbers import number_of
from corsia.workshop.services.reception import told, write_km
from corsia.workshop.services.refusals import WordsMissing, open_order
from corsia.workshop.vocabulary import JobGroup, LineState, OrderStage, VisitState

ROBOT = system("workshop")
EVENTS: dict[str, EventKind] = {
    JobGroup.SERVICE: EventKind.SERVICE,
    JobGroup.INSPECTION: EventKind.INSPECTION,
    JobGroup.TYRES: EventKind.TYRES,
    JobGroup.RECALL: EventKind.RECALL,
}
QUESTIONS = "information"  # the process of a question that has no case yet


class LinesOpen(Refused):
    code = "workshop.lines_open"
    message = _(
        "Order %(number)s has lines that are neither done nor declined: %(count)s. Finish them or let the customer"
        " decide, then go on."
    )


class PeopleAtWork(Refused):
    code = "workshop.people_at_work"
    message = _("%(who)s is still clocked on order %(number)s. Clock off first.")


class NotReady(Refused):
    code = "workshop.not_ready"
    message = _("Order %(number)s is not ready yet: say so first, so that the customer knows.")


class InvoiceMissing(Invalid):
    code = "workshop.invoice_missing"
    message = _("Write the number of the invoice: the order has an amount to be paid.")


@transaction.atomic
def to_quality(*, order_id: int, by: Actor, now: datetime) -> Order:
    """Hand a vehicle over to the quality check.

    Raises:
        LinesOpen, PeopleAtWork: the work is not done.
    """
    order = open_order(order_id, by=by, right=WORK_ON_VEHICLES)
    _demand_done(order)
    if order.stage == OrderStage.CHECKING:
        return order
    order.stage, order.ready_at = OrderStage.CHECKING, None
    order.save(update_fields=["stage", "ready_at"])
    audit(order, "to_quality", by=by, now=now)
    return order


@transaction.atomic
def set_ready(*, order_id: int, by: Actor, now: datetime) -> Order:
    """Say that the customer may come for the vehicle; said twice the customer is told once.

    Raises:
        LinesOpen, PeopleAtWork: the work is not done.
    """
    order = open_order(order_id, by=by, right=WORK_ON_VEHICLES)
    _demand_done(order)
    if order.stage == OrderStage.READY:
        return order
    order.stage, order.ready_at = OrderStage.READY, now
    order.save(update_fields=["stage", "ready_at"])
    audit(order, "ready", by=by, now=now)
    publish(facts.VehicleReady(**told(order, now=now), promised_at=order.promised_at))
    _state(MilestoneKind.VEHICLE_READY, order, now=now)
    return order


@transaction.atomic
def close_order(*, order_id: int, invoice_reference: str, km: int | None, by: Actor, now: datetime) -> Order:
    """Give the vehicle back and close the order; its visit is done and the customer's story goes on.

    Args:
        km: what the odometer says now; None leaves what it said at reception.

    Raises:
        OrderIsClosed: it was closed already.
        LinesOpen, PeopleAtWork, NotReady: the work is not done, or nobody said so.
        InvoiceMissing: there is something to pay and no invoice.
    """
    order = open_order(order_id, by=by, right=RECEIVE)
    _demand_done(order)
    if order.stage != OrderStage.READY:
        raise NotReady(number=number_of(order))
    reference = " ".join(invoice_reference.split())[:40]
    if not reference and order.lines.filter(state=LineState.DONE, price_cents__gt=0).exists():
        raise InvoiceMissing
    order.stage, order.closed_at, order.invoice_reference = OrderStage.CLOSED, now, reference
    order.save(update_fields=["stage", "closed_at", "invoice_reference"])
    if km is not None:
        write_km(order, km, by=by, now=now)
    if order.visit_id is not None:
        Visit.objects.filter(pk=order.visit_id).update(state=VisitState.DONE, ended_at=now)
    _write_in_vehicle(order, km if km is not None else order.km, now=now)
    audit(order, "closed", by=by, now=now, invoice=reference)
    publish(facts.OrderClosed(**told(order, now=now), km=km if km is not None else order.km))
    _state(MilestoneKind.ORDER_CLOSED, order, now=now)
    return order


@transaction.atomic
def ask_question(*, order_id: int, text: str, name: str, now: datetime) -> int:
    """Put a question of the customer on the order's case, or on a new one, and return the case's id.

    Raises:
        WordsMissing: nothing is asked.
    """
    order: Order = Order.objects.select_related("customer", "vehicle").get(pk=Order.objects.lock(order_id).pk)
    if not text.strip():
        raise WordsMissing
    open_case_id = Case.objects.filter(pk=order.case_id, closed_at=None).values_list("pk", flat=True).first()
    filed = record_entry_by_hand(
        channel=Channel.WEB_FORM,
        text=text.strip(),
        by=customer(name),
        now=now,
        case_id=open_case_id,
        unit_id=order.unit_id,
        process_key=QUESTIONS,
        subject=str(_("Order %(number)s, %(vehicle)s") % {"number": number_of(order), "vehicle": order.vehicle}),
        customer_id=order.customer_id,
        vehicle_id=order.vehicle_id,
        language=order.customer.language,
    )
    case_id = int(filed.case_id or 0)
    if case_id != order.case_id:
        order.case_id = case_id
        order.save(update_fields=["case"])
    return case_id


def _demand_done(order: Order) -> None:
    count = order.lines.filter(state__in=(LineState.PROPOSED, LineState.APPROVED)).count()
    if count:
        raise LinesOpen(number=number_of(order), count=count)
    running = order.clockings.filter(ended_at=None).select_related("technician__person").first()
    if running is not None:
        raise PeopleAtWork(number=number_of(order), who=running.technician.person.full_name)


def _write_in_vehicle(order: Order, km: int | None, *, now: datetime) -> None:
    """Give the vehicle's life what was done: its dues count from it, and a recall closes by the job of its code."""
    done = order.lines.filter(state=LineState.DONE, job__group__in=EVENTS)
    jobs = list(done.order_by("position").values_list("job__group", "job__code"))
    if not jobs:
        return
    needed = open_recalls_of(order.vehicle_id)
    for group in dict.fromkeys(group for group, _code in jobs):
        record_service_event(
            vehicle_id=order.vehicle_id,
            kind=EVENTS[group],
            done_on=day_in(order.unit_id, now),
            km=km,
            reference=f"{number_of(order)} {tree().label(order.unit_id)}",  # two workshops may have one number
            place_id=order.unit_id,
            closes=[code for of, code in jobs if of == group == JobGroup.RECALL and code in needed],
            by=ROBOT,
            now=now,
        )


def _state(kind: MilestoneKind, order: Order, *, now: datetime) -> None:
    state_milestone(
        unit_id=order.unit_id,
        kind=kind,
        customer_id=order.customer_id,
        vehicle_id=order.vehicle_id,
        reached_at=now,
        reference=number_of(order),
        by=ROBOT,
        now=now,
    )
