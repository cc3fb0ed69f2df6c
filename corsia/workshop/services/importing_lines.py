"""Lines of work orders that another system tells, many at once."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.db import transaction

from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit_all
from corsia.kernel.importing import ALWAYS, Outcome, Verb, copy_rows, new_ids, refused, shown, takes
from corsia.workshop.models import Order, OrderLine
from corsia.workshop.services.importing import write_events
from corsia.workshop.services.reception import HIGHEST_CENTS, LAST_POSITION
from corsia.workshop.vocabulary import LineState, OrderStage

_FIELDS: Final = (
    *(
        "kind",
        "state",
        "job_id",
        "text",
        "text_en",
        "part_code",
        "quantity",
        "minutes",
        "price_cents",
        "is_extra",
        "reason",
    ),
    *("proposed_by_id", "proposed_at", "decided_at", "done_at"),
)
_COLUMNS: Final = ("id", "order_id", "position", *_FIELDS)
_MOST: Final = Decimal(1_000_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRow:
    """One line as another system tells it; `order_id` is negative where a rehearsal would add the order."""

    known_id: int | None
    order_id: int
    values: Mapping[str, Any]


@transaction.atomic
def import_lines(
    rows: Sequence[LineRow],
    *,
    group_id: int,
    master: Mapping[str, str],
    is_rehearsal: bool,
    by: Actor,
    now: datetime,
) -> list[Outcome]:
    """Take in lines. Without a state they are done where their order is closed or ready, and approved before.

    Returns:
        What became of each row, in their order.
    """
    ids = sorted({row.order_id for row in rows if row.order_id > 0})
    orders = {one.pk: one for one in Order.objects.filter(pk__within=ids)} if ids else {}
    there: dict[int, dict[int, OrderLine]] = defaultdict(dict)
    for line in OrderLine.objects.filter(order_id__within=ids) if ids else ():
        there[line.order_id][line.position] = line
    outcomes: list[Outcome] = []
    new: list[tuple[Outcome, OrderLine]] = []
    changed: list[tuple[Outcome, OrderLine]] = []
    for row in rows:
        lines = there[row.order_id]
        wrong = _wrong(row)
        known = next((one for one in lines.values() if one.pk is not None and one.pk == row.known_id), None)
        at_place = lines.get(row.values.get("position", -1))
        if known is None and at_place is not None and at_place.text == row.values["text"]:
            known = at_place
        if wrong is None and at_place is not None and at_place is not known:
            wrong = refused("place_taken", field="position", cell=row.values["position"])
        if wrong is not None:
            outcomes.append(wrong)
            continue
        values = _values(row, orders.get(row.order_id))
        if known is not None:
            differences = _merged(known, values, master)
            outcomes.append(Outcome(Verb.CHANGED if differences else Verb.SAME, known.pk, differences))
            if differences and known.pk is not None:
                changed.append((outcomes[-1], known))
            continue
        position = row.values.get("position", max(lines, default=-1) + 1)
        line = OrderLine(
            order_id=row.order_id, position=position, **{"quantity": Decimal(1), "price_cents": 0} | values
        )
        lines[position] = line
        outcomes.append(Outcome(Verb.NEW))
        new.append((outcomes[-1], line))
    if not is_rehearsal:
        _write(new, changed, orders, by=by, now=now)
        touched = {line.order_id for _outcome, line in (*new, *changed)}
        write_events(sorted(touched), group_id=group_id, by=by, now=now)
    return outcomes


def _wrong(row: LineRow) -> Outcome | None:
    values = row.values
    if values.get("position", 0) > LAST_POSITION:
        return refused("out_of_range", field="position", cell=values["position"])
    if values.get("minutes", 0) > LAST_POSITION:
        return refused("out_of_range", field="minutes", cell=values["minutes"])
    if not 0 < values.get("quantity", Decimal(1)) < _MOST:
        return refused("out_of_range", field="quantity", cell=values["quantity"])
    if values.get("price_cents", 0) > HIGHEST_CENTS:
        return refused("out_of_range", field="price_cents", cell=values["price_cents"])
    return None


def _values(row: LineRow, order: Order | None) -> dict[str, Any]:
    """Return the columns that a row fills; what is done has an hour, what is not has none."""
    told = dict(row.values)
    told.pop("order", None)
    told.pop("position", None)
    for name in ("job", "proposed_by"):
        if name in told:
            told[f"{name}_id"] = told.pop(name)
    if "quantity" in told:
        told["quantity"] = told["quantity"].quantize(Decimal("0.01"))
    if "state" not in told and order is not None:
        is_over = order.stage in (OrderStage.CLOSED, OrderStage.READY)
        told["state"] = LineState.DONE.value if is_over else LineState.APPROVED.value
    if told.get("state") != LineState.DONE:
        told.pop("done_at", None)
    elif "done_at" not in told and order is not None:
        told["done_at"] = order.ready_at or order.closed_at or order.received_at
    return told


def _merged(line: OrderLine, values: Mapping[str, Any], master: Mapping[str, str]) -> list[tuple[str, str, str]]:
    found = []
    for name in _FIELDS:
        old, plain = getattr(line, name), name.removesuffix("_id")
        if name in values and values[name] != old and takes(master.get(plain, master.get("*", ALWAYS)), old=old):
            setattr(line, name, values[name])
            found.append((plain, shown(old), shown(values[name])))
    if line.state != LineState.DONE:
        line.done_at = None
    return found


def _write(
    new: Sequence[tuple[Outcome, OrderLine]],
    changed: Sequence[tuple[Outcome, OrderLine]],
    orders: Mapping[int, Order],
    *,
    by: Actor,
    now: datetime,
) -> None:
    fresh = [line for _outcome, line in new]
    for row_id, (outcome, line) in zip(new_ids(OrderLine, len(fresh)), new, strict=True):
        outcome.row_id = line.pk = row_id
    copy_rows(OrderLine, _COLUMNS, ([getattr(one, name) for name in _COLUMNS] for one in fresh))
    names = [name.removesuffix("_id") for name in _FIELDS]
    OrderLine.objects.bulk_update([line for _outcome, line in changed], names, batch_size=1000)
    edited = [
        (line.pk, orders[line.order_id].unit_id, {name: [old, now_] for name, old, now_ in outcome.differences})
        for outcome, line in changed
    ]
    audit_all(OrderLine, "edited", edited, by=by, now=now)
