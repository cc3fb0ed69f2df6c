"""Work orders that another system tells, many at once; whoever waits for a vehicle hears of it as if it were ours."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import Q

from corsia.customers.models import Customer
from corsia.customers.services import state_milestone
from corsia.customers.vocabulary import MilestoneKind
from corsia.events import workshop as facts
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit_all
from corsia.kernel.facts import publish_all
from corsia.kernel.importing import ALWAYS, Outcome, Verb, copy_rows, new_ids, refused, shown, takes
from corsia.organisation.queries import day_in, time_zone_of, tree
from corsia.vehicles.services import EventRow, ReadingRow, import_events, import_readings
from corsia.workshop.models import NumberSeries, Order, OrderLine, Workshop
from corsia.workshop.queries.numbers import number_of
from corsia.workshop.services.delivery import EVENTS
from corsia.workshop.services.reception import told
from corsia.workshop.vocabulary import LineState, OrderStage

_NUMBER: Final = re.compile(r"(?:(\d{4})\s*[/\-.]\s*)?(\d{1,9})", re.ASCII)
_FIELDS: Final = (
    *("stage", "wish", "km", "fuel_pct", "received_at", "received_by_id", "promised_at", "first_promised_at"),
    *("ready_at", "closed_at", "signed_name", "invoice_reference"),
)
_COLUMNS: Final = ("id", "unit_id", "year", "number", "customer_id", "vehicle_id", *_FIELDS)
_FACTS: Final[dict[str, tuple[type[facts.OrderFact], MilestoneKind | None]]] = {
    OrderStage.READY: (facts.VehicleReady, MilestoneKind.VEHICLE_READY),
    OrderStage.CLOSED: (facts.OrderClosed, MilestoneKind.ORDER_CLOSED),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRow:
    """One order as another system tells it; customer and vehicle are negative where a rehearsal would add them."""

    known_id: int | None
    unit_id: int
    customer_id: int
    vehicle_id: int
    values: Mapping[str, Any]


@dataclass(slots=True)
class _Work:
    """What is to be written."""

    new: list[tuple[Outcome, Order]] = field(default_factory=list)
    changed: list[tuple[Outcome, Order, str]] = field(default_factory=list)  # with the stage of before


@transaction.atomic
def import_orders(
    rows: Sequence[OrderRow],
    *,
    group_id: int,
    master: Mapping[str, str],
    facts_since: datetime,
    gives_readings: bool,
    is_rehearsal: bool,
    by: Actor,
    now: datetime,
) -> list[Outcome]:
    """Take in orders of workshops. A promise that nobody told is the hour at which the vehicle was ready.

    Who waits for the vehicle is told what happened since the time before, only the latest of it, and only where it
    happened after `facts_since`: an order that comes closed is closed, not first received and ready.

    Args:
        facts_since: what came to pass before is history.
        gives_readings: kilometres of an order are a reading of its vehicle; False where readings come on their own.
        is_rehearsal: tell what would become of the rows; nothing is written.

    Returns:
        What became of each row, in their order.
    """
    workshops = set(
        Workshop.objects.filter(unit_id__in={row.unit_id for row in rows}).values_list("unit_id", flat=True)
    )
    numbers = [_number(row) for row in rows]
    by_id, by_number = _ours(rows, numbers, is_locked=not is_rehearsal)
    survivors = _survivors({row.customer_id for row in rows})
    work = _Work()
    outcomes: list[Outcome] = []
    for row, number in zip(rows, numbers, strict=True):
        wrong = _wrong(row, number, workshops, now=now)
        if wrong is not None:
            outcomes.append(wrong)
            continue
        same = by_number.get((row.unit_id, *number)) if number and number[1] else None
        order = by_id.get(row.known_id or 0)
        if order is None and same is not None and same.vehicle_id == row.vehicle_id:
            order = same
        if same is not None and same is not order:
            outcomes.append(refused("number_taken", field="number", cell=row.values["number"]))
            continue
        if order is not None:
            before = order.stage
            differences = _merged(order, row, survivors.get(row.customer_id, row.customer_id), master)
            outcomes.append(Outcome(Verb.CHANGED if differences else Verb.SAME, order.pk, differences))
            if differences and order.pk is not None:
                work.changed.append((outcomes[-1], order, before))
            continue
        order = _fresh(row, number, survivors.get(row.customer_id, row.customer_id))
        outcomes.append(Outcome(Verb.NEW))
        work.new.append((outcomes[-1], order))
        if order.number:
            by_number[order.unit_id, order.year, order.number] = order
    if not is_rehearsal:
        _write(work, by=by, now=now)
        _follow(work, group_id=group_id, facts_since=facts_since, gives_readings=gives_readings, by=by, now=now)
    return outcomes


def _number(row: OrderRow) -> tuple[int, int] | None:
    """Return year and number; the number is 0 where none is told, None where it cannot be read."""
    year = row.values["received_at"].astimezone(time_zone_of(row.unit_id)).year
    if "number" not in row.values:
        return year, 0
    found = _NUMBER.fullmatch(row.values["number"])
    return (int(found[1] or year), int(found[2])) if found and int(found[2]) else None


def _ours(
    rows: Sequence[OrderRow], numbers: Sequence[tuple[int, int] | None], *, is_locked: bool
) -> tuple[dict[int, Order], dict[tuple[int, int, int], Order]]:
    known = {row.known_id for row in rows if row.known_id is not None}
    named = [(row.unit_id, *number) for row, number in zip(rows, numbers, strict=True) if number and number[1]]
    ids = set(known)
    if named:
        with connection.cursor() as cursor:
            cursor.execute(_NUMBERED, [list(part) for part in zip(*named, strict=True)])
            ids |= {int(pk) for (pk,) in cursor.fetchall()}
    if not ids:
        return {}, {}
    sought = Order.objects.filter(pk__within=ids).order_by("pk")
    found = {one.pk: one for one in (sought.select_for_update(of=("self",)) if is_locked else sought)}
    return found, {(one.unit_id, one.year, one.number): one for one in found.values()}


_NUMBERED = """
    SELECT o.id FROM unnest(%s::bigint[], %s::int[], %s::int[]) AS asked(unit_id, year, number)
    CROSS JOIN LATERAL (
        SELECT id FROM workshop_order
        WHERE unit_id = asked.unit_id AND year = asked.year AND number = asked.number OFFSET 0
    ) o
"""


def _survivors(customer_ids: set[int]) -> dict[int, int]:
    merged = Customer.objects.filter(pk__within={pk for pk in customer_ids if pk > 0}, merged_into__isnull=False)
    return dict(merged.values_list("pk", "merged_into_id"))


def _wrong(row: OrderRow, number: tuple[int, int] | None, workshops: set[int], *, now: datetime) -> Outcome | None:
    values = row.values
    if row.unit_id not in workshops:
        return refused("no_workshop", field="unit", cell=tree().label(row.unit_id))
    if number is None or not 1900 <= number[0] <= 9999:
        return refused("unreadable", field="number", cell=values["number"])
    if not 0 <= values.get("fuel_pct", 0) <= 100:
        return refused("out_of_range", field="fuel_pct", cell=values["fuel_pct"])
    if values["stage"] == OrderStage.CLOSED and "closed_at" not in values:
        return refused("end_missing", field="closed_at")
    for name in ("received_at", "ready_at", "closed_at"):
        if name in values and values[name] > now:
            return refused("in_future", field=name, cell=values[name])
    return None


def _promised(values: Mapping[str, Any]) -> datetime:
    """Return the hour the vehicle is expected to be ready, also where nobody promised one."""
    found: datetime = next(
        values[name]
        for name in ("promised_at", "first_promised_at", "ready_at", "closed_at", "received_at")
        if name in values
    )
    return found


def _fresh(row: OrderRow, number: tuple[int, int] | None, customer_id: int) -> Order:
    values = row.values
    year, own = number or (0, 0)
    is_closed = values["stage"] == OrderStage.CLOSED
    return Order(
        unit_id=row.unit_id,
        year=year,
        number=own,
        customer_id=customer_id,
        vehicle_id=row.vehicle_id,
        stage=values["stage"],
        wish=values.get("wish", ""),
        km=values.get("km"),
        fuel_pct=values.get("fuel_pct"),
        received_at=values["received_at"],
        received_by_id=values.get("received_by"),
        promised_at=_promised(values),
        first_promised_at=values.get("first_promised_at", values.get("promised_at")),
        ready_at=values.get("ready_at"),
        closed_at=values["closed_at"] if is_closed else None,
        signed_name=values.get("signed_name", ""),
        invoice_reference=values.get("invoice_reference", ""),
    )


def _merged(order: Order, row: OrderRow, customer_id: int, master: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Write into an order what its master says, and return what that changed."""
    told_now = {**row.values, "customer_id": customer_id, "vehicle_id": row.vehicle_id}
    if "received_by" in told_now:
        told_now["received_by_id"] = told_now["received_by"]
    if told_now["stage"] != OrderStage.CLOSED:
        told_now["closed_at"] = None
    found = []
    for name in ("customer_id", "vehicle_id", *_FIELDS):
        old, plain = getattr(order, name), name.removesuffix("_id")
        if name not in told_now or told_now[name] == old:
            continue
        rule = "stage" if name == "closed_at" else plain  # the two say one thing
        if takes(master.get(rule, master.get("*", ALWAYS)), old=order.stage if rule == "stage" else old):
            setattr(order, name, told_now[name])
            found.append((plain, shown(old), shown(told_now[name])))
    return found


def _write(work: _Work, *, by: Actor, now: datetime) -> None:
    fresh = [order for _outcome, order in work.new]
    _count(fresh)
    for row_id, (outcome, order) in zip(new_ids(Order, len(fresh)), work.new, strict=True):
        outcome.row_id = order.pk = row_id
    copy_rows(Order, _COLUMNS, ([getattr(one, name) for name in _COLUMNS] for one in fresh))
    changed = [order for _outcome, order, _before in work.changed]
    names = ["customer", "vehicle", *(name.removesuffix("_id") for name in _FIELDS)]
    Order.objects.bulk_update(changed, names, batch_size=1000)
    audit_all(
        Order,
        "order_imported",
        [(one.pk, one.unit_id, {"number": number_of(one), "stage": str(one.stage)}) for one in fresh],
        by=by,
        now=now,
    )
    edited = [
        (order.pk, order.unit_id, {name: [old, new] for name, old, new in outcome.differences if name != "wish"})
        for outcome, order, _before in work.changed
    ]
    audit_all(Order, "edited", edited, by=by, now=now)


def _count(fresh: Sequence[Order]) -> None:
    """Give numbers to orders that came without, and let our own begin behind those that came with one."""
    highest: dict[tuple[int, int], int] = {}
    for order in fresh:
        place = order.unit_id, order.year
        highest[place] = max(highest.get(place, 0), order.number)
    for (unit_id, year), number in sorted(highest.items()):
        NumberSeries.objects.bulk_create([NumberSeries(unit_id=unit_id, year=year)], ignore_conflicts=True)
        series = NumberSeries.objects.select_for_update(of=("self",)).get(unit_id=unit_id, year=year)
        series.last = max(series.last, number)
        for order in fresh:
            if (order.unit_id, order.year) == (unit_id, year) and not order.number:
                series.last += 1
                order.number = series.last
        series.save(update_fields=["last"])


def _follow(
    work: _Work, *, group_id: int, facts_since: datetime, gives_readings: bool, by: Actor, now: datetime
) -> None:
    moved = [order for _outcome, order, before in work.changed if order.stage != before]
    fresh = [order for _outcome, order in work.new]
    _tell(fresh, moved, facts_since=facts_since, by=by, now=now)
    today = day_in(group_id, now)
    with_km = [one for one in (*fresh, *(order for _outcome, order, _before in work.changed)) if one.km is not None]
    if gives_readings and with_km:
        readings = [
            ReadingRow(
                vehicle_id=one.vehicle_id,
                km=one.km or 0,
                read_on=day_in(one.unit_id, one.received_at),
                source="workshop",
            )
            for one in with_km
        ]
        import_readings(readings, group_id=group_id, today=today, is_rehearsal=False, by=by, now=now)
    write_events([one.pk for one in moved if one.stage == OrderStage.CLOSED], group_id=group_id, by=by, now=now)


def _tell(fresh: Sequence[Order], moved: Sequence[Order], *, facts_since: datetime, by: Actor, now: datetime) -> None:
    opened = [one for one in fresh if one.stage not in _FACTS and one.received_at >= facts_since]
    publish_all([facts.OrderOpened(**told(one, now=one.received_at), promised_at=one.promised_at) for one in opened])
    for order in (*fresh, *moved):
        at = order.closed_at if order.stage == OrderStage.CLOSED else order.ready_at or now
        kind = _FACTS.get(order.stage, (None, None))[1]
        if kind is None or at is None or at < facts_since:
            continue
        if order.stage == OrderStage.READY:
            publish_all([facts.VehicleReady(**told(order, now=at), promised_at=order.promised_at)])
        else:
            publish_all([facts.OrderClosed(**told(order, now=at), km=order.km)])
        state_milestone(
            unit_id=order.unit_id,
            kind=kind,
            customer_id=order.customer_id,
            vehicle_id=order.vehicle_id,
            reached_at=at,
            reference=number_of(order),
            by=by,
            now=now,
        )


def write_events(order_ids: Sequence[int], *, group_id: int, by: Actor, now: datetime) -> int:
    """Give the lives of vehicles what was done in closed orders, once, and return how much; dues are for the caller."""
    if not order_ids:
        return 0
    closed = Q(order_id__within=order_ids, order__stage=OrderStage.CLOSED, state=LineState.DONE)
    lines = OrderLine.objects.filter(closed, job__group__in=EVENTS).select_related("order", "job").order_by("pk")
    rows = []
    for line in lines:
        order = line.order
        rows.append(
            EventRow(
                vehicle_id=order.vehicle_id,
                kind=EVENTS[line.job.group],
                done_on=day_in(order.unit_id, order.closed_at),
                km=order.km,
                reference=f"{number_of(order)} {tree().label(order.unit_id)}",  # two workshops may have one number
                place_id=order.unit_id,
            )
        )
    return import_events(rows, group_id=group_id, by=by, now=now)
