"""What a customer sees of a vehicle of theirs behind its personal link: what is due, what was done, what is booked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from corsia.customers.models import Customer, Holding
from corsia.customers.queries import family_ids
from corsia.kernel.errors import NotFound
from corsia.organisation.queries import day_in, tree
from corsia.vehicles.models import Vehicle
from corsia.vehicles.queries import DueRow, dues_of
from corsia.workshop.links import holding_id_of
from corsia.workshop.models import Order, OrderLine, Visit
from corsia.workshop.queries.numbers import number_of
from corsia.workshop.vocabulary import LineState, OrderStage, VisitState

PAST = 12  # orders shown


@dataclass(frozen=True, kw_only=True)
class PastVisit:
    """An order that was delivered."""

    on: date
    place: str
    number: str
    km: int | None
    done: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class CarPage:
    """The page of one vehicle of one customer."""

    customer: Customer
    vehicle: Vehicle
    dues: Sequence[DueRow]
    coming: Sequence[Visit]
    past: Sequence[PastVisit]
    others: Sequence[Holding]  # other vehicles of the customer


def holding_behind(token: str, *, now: datetime) -> Holding:
    """Return who holds the vehicle that a personal link is about.

    Raises:
        NotFound: the link was not made here, its time is over, the vehicle was sold or the customer erased.
    """
    holding_id = holding_id_of(token, today=now.date())
    found: Holding | None = (
        Holding.objects.select_related("customer__merged_into", "vehicle").filter(pk=holding_id, until=None).first()
        if holding_id
        else None
    )
    if found is None:
        raise NotFound(kind=Holding._meta.label)
    return found


def car_page(holding: Holding, *, now: datetime) -> CarPage:
    """Return what a customer sees of a vehicle; nothing of those who had it before them."""
    family = family_ids(holding.customer_id)
    today = day_in(holding.customer.unit_id, now)
    booked = Visit.objects.filter(
        vehicle_id=holding.vehicle_id, customer_id__in=family, state__in=(VisitState.BOOKED, VisitState.HERE)
    )
    others = Holding.objects.filter(customer_id__in=family, until=None).exclude(vehicle_id=holding.vehicle_id)
    return CarPage(
        customer=holding.customer.merged_into or holding.customer,
        vehicle=holding.vehicle,
        dues=dues_of(vehicle_id=holding.vehicle_id, on=today).dues,
        coming=list(booked.prefetch_related("jobs__job", "jobs__package").order_by("drop_off_at")),
        past=_past(holding.vehicle_id, family),
        others=list(others.select_related("vehicle").order_by("vehicle_id").distinct("vehicle_id")),
    )


def place_of(vehicle_id: int, family: Sequence[int]) -> int | None:
    """Return the workshop where a vehicle of a customer was last."""
    rows = Order.objects.filter(vehicle_id=vehicle_id, customer_id__in=family).order_by("-received_at")
    unit_id: int | None = rows.values_list("unit_id", flat=True).first()
    return unit_id


def _past(vehicle_id: int, family: Sequence[int]) -> list[PastVisit]:
    organisation = tree()
    rows = Order.objects.filter(vehicle_id=vehicle_id, customer_id__in=family, stage=OrderStage.CLOSED)
    orders = list(rows.order_by("-closed_at")[:PAST])
    done: dict[int, list[str]] = {order.pk: [] for order in orders}
    lines = OrderLine.objects.filter(order_id__in=done, state=LineState.DONE).order_by("order", "position")
    for order_id, text in lines.values_list("order_id", "text"):
        done[order_id].append(text)
    return [
        PastVisit(
            on=day_in(order.unit_id, order.closed_at),
            place=organisation.label(order.unit_id),
            number=number_of(order),
            km=order.km,
            done=tuple(done[order.pk]),
        )
        for order in orders
        if order.closed_at is not None
    ]
