"""Customers as rows of lists."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q

from corsia.customers.identity import display_phone
from corsia.customers.models import Address, ContactPoint, Customer, CustomerFlag, Holding
from corsia.customers.vocabulary import ContactKind, ContactState, CustomerKind, Flag, VehicleRole
from corsia.vehicles.rules.plates import display_plate


@dataclass(frozen=True, kw_only=True)
class RowVehicle:
    """A vehicle in a row."""

    id: int
    name: str
    plate: str


@dataclass(frozen=True, kw_only=True)
class CustomerRow:
    """What a list shows of a customer: their own record's, not their merged ones'."""

    id: int
    name: str
    kind: CustomerKind
    phone: str  # as people read it
    email: str
    city: str
    vehicles: tuple[RowVehicle, ...]
    flags: tuple[Flag, ...]

    @property
    def vehicles_in_brief(self) -> str:
        """The vehicles in one line."""
        return " · ".join(" ".join(part for part in (car.name, car.plate) if part) for car in self.vehicles[:2])


@dataclass(frozen=True, kw_only=True)
class Holder:
    """Somebody who owns, drives or pays for a vehicle, now or once."""

    holding_id: int
    customer_id: int
    name: str
    role: VehicleRole
    since: date | None
    until: date | None


def rows_of(customer_ids: Sequence[int]) -> list[CustomerRow]:
    """Return the rows of some customers, in the order asked for; five statements for any number."""
    ids = list(customer_ids)
    customers = {customer.pk: customer for customer in Customer.objects.filter(pk__in=ids)}
    reach: dict[tuple[int, str], str] = {}
    usable = ContactPoint.objects.filter(customer_id__in=ids).exclude(
        state__in=[ContactState.BOUNCING, ContactState.REFUSED]
    )
    for point in usable.order_by("-is_primary", "pk"):
        reach.setdefault((point.customer_id, point.kind), point.value)
    cities: dict[int, str] = {}
    for address in Address.objects.filter(customer_id__in=ids).order_by("-is_primary", "pk"):
        cities.setdefault(address.customer_id, address.city)
    vehicles: dict[int, dict[int, RowVehicle]] = defaultdict(dict)
    held = Holding.objects.filter(customer_id__in=ids, until=None).select_related("vehicle").order_by("-pk")
    for holding in held:
        car = RowVehicle(id=holding.vehicle_id, name=str(holding.vehicle), plate=display_plate(holding.vehicle.plate))
        vehicles[holding.customer_id].setdefault(car.id, car)
    flags: dict[int, list[Flag]] = defaultdict(list)
    for customer_id, flag in CustomerFlag.objects.filter(customer_id__in=ids).values_list("customer_id", "flag"):
        flags[customer_id].append(Flag(flag))
    return [
        CustomerRow(
            id=pk,
            name=customers[pk].display_name,
            kind=CustomerKind(customers[pk].kind),
            phone=display_phone(reach.get((pk, ContactKind.PHONE), "")),
            email=reach.get((pk, ContactKind.EMAIL), ""),
            city=cities.get(pk, ""),
            vehicles=tuple(vehicles[pk].values()),
            flags=tuple(flags[pk]),
        )
        for pk in ids
        if pk in customers
    ]


def recent_customers(*, kind: str = "", before_id: int | None, limit: int, within: Any = None) -> list[CustomerRow]:
    """Return the customers added last, newest first, from before an id on.

    Args:
        within: a query for ids of records; only who is among them, by any of their records. None for everybody.
    """
    rows = Customer.objects.filter(merged_into=None)
    if within is not None:
        absorbed = Customer.objects.filter(pk__in=within, merged_into__isnull=False)
        rows = rows.filter(Q(pk__in=within) | Q(pk__in=absorbed.values("merged_into")))
    if kind:
        rows = rows.filter(kind=kind)
    if before_id:
        rows = rows.filter(pk__lt=before_id)
    return rows_of(list(rows.order_by("-pk").values_list("pk", flat=True)[:limit]))


def holders_of(*, vehicle_id: int) -> list[Holder]:
    """Return who has and had a vehicle, current ones first; merged records stand for their survivor."""
    rows = (
        Holding.objects.filter(Q(vehicle_id=vehicle_id))
        .select_related("customer__merged_into")
        .order_by("-until", "-since", "-pk")  # PostgreSQL puts nulls first when descending: current ones lead
    )
    return [
        Holder(
            holding_id=row.pk,
            customer_id=row.customer.merged_into_id or row.customer_id,
            name=(row.customer.merged_into or row.customer).display_name,
            role=VehicleRole(row.role),
            since=row.since,
            until=row.until,
        )
        for row in rows
    ]
