"""What happens to an order that a message of ours may follow, and the visit link for its text."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import CharField, Count, F, Max, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext_lazy as _

from corsia.customers.models import Milestone
from corsia.customers.vocabulary import MilestoneKind
from corsia.events.workshop import CheckDone, EstimateSent, OrderFact, OrderOpened, PromiseChanged
from corsia.messaging.occasions import Happened, Occasion, register_holds, register_occasion, register_values
from corsia.organisation.queries import time_zone_of
from corsia.workshop.links import estimate_link, visit_link
from corsia.workshop.models import Estimate, Order
from corsia.workshop.queries.numbers import number_of
from corsia.workshop.rules.checklist import CHECKLIST
from corsia.workshop.services.delivery import NotReady
from corsia.workshop.vocabulary import OrderStage

OPENED, CHECKED, PROMISED = "workshop.order_opened", "workshop.check_done", "workshop.promise_changed"
ESTIMATED = "workshop.estimate_sent"
MINUTES = 10**7  # of one order: each hour that is promised anew is an event of its own


def register() -> None:
    """Let rules follow what happens to orders, and give their texts the visit link."""
    register_occasion(Occasion(key=OPENED, title=_("Vehicle received"), fact=OrderOpened, read=_opened, rows=_received))
    register_occasion(
        Occasion(key=CHECKED, title=_("Check of the vehicle done"), fact=CheckDone, read=_of, rows=_looked)
    )
    register_occasion(
        Occasion(key=PROMISED, title=_("Another hour promised"), fact=PromiseChanged, read=_promised, rows=_late)
    )
    register_occasion(
        Occasion(key=ESTIMATED, title=_("Estimate sent"), fact=EstimateSent, read=_estimated, rows=_estimates)
    )
    register_values(ESTIMATED, lambda row_id: {"estimate_link": estimate_link(row_id)})
    for key in (OPENED, CHECKED):
        register_values(key, lambda row_id: {"visit_link": visit_link(row_id)})
    register_values(PROMISED, lambda row_id: {"visit_link": visit_link(row_id // MINUTES)})
    for kind in (MilestoneKind.VEHICLE_READY, MilestoneKind.ORDER_CLOSED):
        register_values(f"customers.{kind.value}", _of_milestone)
    register_holds(f"customers.{MilestoneKind.VEHICLE_READY.value}", _is_ready)
    register_holds(PROMISED, _is_promised)


def _of(fact: OrderFact) -> Happened:
    return Happened(
        row_id=fact.order_id,
        unit_id=fact.unit_id,
        customer_id=fact.customer_id,
        vehicle_id=fact.vehicle_id,
        reached_at=fact.occurred_at,
        reference=fact.number,
    )


def _opened(fact: OrderOpened) -> Happened:
    return _with(_of(fact), detail=_hour(fact.promised_at, fact.unit_id))


def _promised(fact: PromiseChanged) -> Happened:
    minutes = _minutes(Order.objects.get(pk=fact.order_id), fact.promised_at)
    return _with(_of(fact), row_id=fact.order_id * MINUTES + minutes, detail=_hour(fact.promised_at, fact.unit_id))


def _minutes(order: Order, promised_at: datetime) -> int:
    return max(0, (promised_at - order.received_at) // timedelta(minutes=1)) % MINUTES


def _is_promised(row_id: int) -> bool:
    """Tell whether a new hour is still the promised one, of a vehicle that is still worked on."""
    order_id, told = divmod(row_id, MINUTES)
    order = Order.objects.filter(pk=order_id).exclude(stage__in=(OrderStage.READY, OrderStage.CLOSED)).first()
    return order is not None and order.promised_at is not None and _minutes(order, order.promised_at) == told


def _is_ready(milestone_id: int) -> bool:
    """Tell whether a vehicle still waits to be fetched; what another system stated is taken at its word.

    Raises:
        NotReady: it went back to the check or to work, and will be ready again, which is not stated twice a day.
    """
    order = _order_of(milestone_id)
    if order is not None and order.stage not in (OrderStage.READY, OrderStage.CLOSED):
        raise NotReady(number=number_of(order))
    return order is None or order.stage == OrderStage.READY


def _with(happened: Happened, **changes: Any) -> Happened:
    return Happened(**{**vars(happened), **changes})


def _hour(at: datetime, unit_id: int) -> str:
    return f"{at.astimezone(time_zone_of(unit_id)):%d/%m/%Y, %H:%M}"


def _estimated(fact: EstimateSent) -> Happened:
    return Happened(
        row_id=fact.estimate_id,
        unit_id=fact.unit_id,
        customer_id=fact.customer_id,
        vehicle_id=fact.vehicle_id,
        reached_at=fact.occurred_at,
        reference=fact.number,
        detail=f"{date.fromisoformat(fact.valid_until):%d/%m/%Y}",
    )


def _estimates() -> QuerySet[Any]:
    number = Concat(Value("P "), Cast("year", CharField()), Value("/"), Cast("number", CharField()))
    rows: QuerySet[Any] = Estimate.objects.exclude(sent_at=None).annotate(
        reference=number, detail=Cast("valid_until", CharField()), reached_at=F("sent_at")
    )
    return rows


def _orders() -> QuerySet[Any]:
    number = Concat(Cast("year", CharField()), Value("/"), Cast("number", CharField()))
    orders: QuerySet[Any] = Order.objects.annotate(reference=number, detail=Value(""))
    return orders


def _received() -> QuerySet[Any]:
    rows: QuerySet[Any] = _orders().annotate(reached_at=F("received_at"))
    return rows


def _looked() -> QuerySet[Any]:
    rows = _orders().annotate(reached_at=Max("findings__found_at"), looked=Count("findings__item", distinct=True))
    looked: QuerySet[Any] = rows.filter(looked__gte=len(CHECKLIST))
    return looked


def _late() -> QuerySet[Any]:
    rows: QuerySet[Any] = _received().exclude(first_promised_at=None).exclude(promised_at=F("first_promised_at"))
    return rows


def _of_milestone(milestone_id: int) -> Mapping[str, str]:
    """Return the link of the order that a milestone speaks of; nothing for one that another system stated."""
    order = _order_of(milestone_id)
    return {"visit_link": visit_link(order.pk)} if order is not None else {}


def _order_of(milestone_id: int) -> Order | None:
    stated = Milestone.objects.filter(pk=milestone_id).first()
    year, _slash, number = stated.reference.partition("/") if stated else ("", "", "")
    if stated is None or not (year.isdecimal() and number.isdecimal() and len(year + number) < 14):
        return None
    order: Order | None = Order.objects.filter(
        unit_id=stated.unit_id, year=int(year) % 30_000, number=int(number), vehicle_id=stated.vehicle_id
    ).first()
    return order
