"""Customers, vehicles and work orders as CSV tables, which `examples/corsia.toml` reads again."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import F, OuterRef, QuerySet, Subquery

from corsia.connectors.dms.vocabulary import Target
from corsia.customers.models import Address, ContactPoint, Customer, Holding
from corsia.vehicles.models import OdometerReading, Plate, Vehicle
from corsia.workshop.models import Order, OrderLine

_PLATE_SINCE = Subquery(Plate.unscoped.filter(vehicle=OuterRef("pk"), until=None).values("since")[:1])


def tables_of(*, group_id: int) -> Iterator[tuple[Target, list[str], Iterator[list[str]]]]:
    """Yield each table of a dealer group with its header and rows; who comes first is referred to by who follows."""
    for target, rows, columns in _tables(group_id):
        named = [column.partition("=")[0] for column in columns]
        paths = [column.rpartition("=")[2] for column in columns]
        yield target, named, _written(rows.order_by("pk").values_list(*paths))


def _written(rows: "QuerySet[Any, Any]") -> Iterator[list[str]]:
    for row in rows.iterator(chunk_size=5000):
        yield [_cell(value) for value in row]


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, datetime | date):
        return value.isoformat()
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def _tables(group_id: int) -> Iterator[tuple[Target, "QuerySet[Any, Any]", Sequence[str]]]:
    customers = Customer.objects.filter(unit_id=group_id)
    yield (
        Target.CUSTOMERS,
        customers,
        (
            *("id", "kind", "title", "first_name", "last_name", "company_name", "display_name", "tax_code"),
            *("vat_number", "born_on", "language", "owner_advisor=owner_advisor__email", "note", "source"),
            "since=created_at",
        ),
    )
    points = ContactPoint.objects.filter(customer__unit_id=group_id)
    yield (
        Target.CONTACTS,
        points,
        ("id", "customer=customer_id", "kind", "value", "label", "is_primary", "state", "since=created_at"),
    )
    yield (
        Target.ADDRESSES,
        Address.objects.filter(customer__unit_id=group_id),
        (
            *("id", "customer=customer_id", "label", "street", "postcode", "city", "province", "country"),
            "is_primary",
        ),
    )
    yield (
        Target.VEHICLES,
        Vehicle.objects.filter(unit_id=group_id).annotate(plate_since=_PLATE_SINCE),
        (
            *("id", "vin", "make", "model", "trim", "fuel", "model_year", "first_registered_on"),
            *("warranty_ends_on", "since=created_at", "plate", "plate_since"),
        ),
    )
    yield (
        Target.PLATES,
        Plate.objects.filter(vehicle__unit_id=group_id),
        ("id", "vehicle=vehicle_id", "number", "since", "until"),
    )
    yield (
        Target.HOLDINGS,
        Holding.objects.filter(customer__unit_id=group_id),
        ("id", "customer=customer_id", "vehicle=vehicle_id", "role", "since", "until"),
    )
    yield (
        Target.READINGS,
        OdometerReading.objects.filter(vehicle__unit_id=group_id),
        ("id", "vehicle=vehicle_id", "km", "read_on", "source"),
    )
    orders = Order.objects.filter(customer__unit_id=group_id).annotate(code=F("unit__code"))
    yield (
        Target.ORDERS,
        orders,
        (
            *("id", "unit=code", "year", "number", "customer=customer_id", "vehicle=vehicle_id", "stage", "wish"),
            *("km", "fuel_pct", "received_at", "received_by=received_by__email", "promised_at"),
            *("first_promised_at", "ready_at", "closed_at", "signed_name", "invoice_reference"),
        ),
    )
    yield (
        Target.LINES,
        OrderLine.objects.filter(order__customer__unit_id=group_id),
        (
            *("id", "order=order_id", "position", "kind", "state", "job=job__code", "text", "text_en"),
            *("part_code", "quantity", "minutes"),
            *("price_cents", "is_extra", "reason", "proposed_by=proposed_by__email", "proposed_at", "decided_at"),
            "done_at",
        ),
    )
