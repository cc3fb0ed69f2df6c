"""Hand the rows of one table to the contexts that own them, a batch at a time, and say what became of each."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from corsia.connectors.dms.services.ties import tied
from corsia.connectors.dms.vocabulary import Target
from corsia.customers import services as customers
from corsia.customers.models import Customer
from corsia.kernel.actors import Actor
from corsia.kernel.importing import Outcome, Verb, refused
from corsia.privacy.models import Erasure
from corsia.vehicles import services as vehicles
from corsia.workshop.services import importing as orders
from corsia.workshop.services import importing_lines as lines

BY_HAND = "import"  # where a reading came from that names no source


@dataclass(frozen=True, slots=True)
class Row:
    """One row as the mapping reads it: ours of the time before, and values with ids in the place of references."""

    key: str
    known_id: int | None
    values: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What holds for a whole run."""

    source_id: int
    unit_id: int
    group_id: int
    facts_since: datetime
    gives_readings: bool
    today: date
    is_rehearsal: bool
    by: Actor
    now: datetime
    would_be: Callable[[Target, str], int]
    touched: set[int] = field(default_factory=set)  # vehicles whose dues may be others now


Master = Mapping[str, str]


def take_in(target: Target, rows: Sequence[Row], *, master: Master, setting: Setting) -> list[Outcome]:
    """Let the owner of a target take in some rows, or rehearse it; what became of each, in their order."""
    return _TAKERS[target](rows, master, setting)


def _written(setting: Setting) -> dict[str, Any]:
    return {"is_rehearsal": setting.is_rehearsal, "by": setting.by, "now": setting.now}


def _tied(setting: Setting, target: Target) -> Callable[[Collection[int]], Collection[int]]:
    return lambda ids: tied(source_id=setting.source_id, kind=target, local_ids=ids)


def _customers(rows: Sequence[Row], master: Master, setting: Setting) -> list[Outcome]:
    erased = _erased({row.known_id for row in rows if row.known_id is not None})
    taken = customers.import_customers(
        [
            customers.CustomerRow(known_id=row.known_id, values=row.values)
            for row in rows
            if row.known_id is None or row.known_id not in erased
        ],
        group_id=setting.group_id,
        master=master,
        tied=_tied(setting, Target.CUSTOMERS),
        **_written(setting),
    )
    rest = iter(taken)
    return [refused("erased") if row.known_id is not None and row.known_id in erased else next(rest) for row in rows]


def _erased(customer_ids: set[int]) -> set[int]:
    """Return those of some customers that were erased, by themselves or with whom they were merged into."""
    if not customer_ids:
        return set()
    merged = Customer.objects.filter(pk__within=customer_ids, merged_into__isnull=False)
    root = {pk: pk for pk in customer_ids} | dict(merged.values_list("pk", "merged_into_id"))
    gone = set(Erasure.objects.filter(customer_id__within=set(root.values())).values_list("customer_id", flat=True))
    return {pk for pk, survivor in root.items() if survivor in gone}


def _contacts(rows: Sequence[Row], master: Master, setting: Setting) -> list[Outcome]:
    return customers.import_contacts(_of_customers(rows), master=master, **_written(setting))


def _addresses(rows: Sequence[Row], master: Master, setting: Setting) -> list[Outcome]:
    return customers.import_addresses(_of_customers(rows), master=master, **_written(setting))


def _of_customers(rows: Sequence[Row]) -> list[customers.ContactRow]:
    return [
        customers.ContactRow(known_id=row.known_id, customer_id=row.values["customer"], values=row.values)
        for row in rows
    ]


def _vehicles(rows: Sequence[Row], master: Master, setting: Setting) -> list[Outcome]:
    outcomes = vehicles.import_vehicles(
        [vehicles.VehicleRow(known_id=row.known_id, values=row.values) for row in rows],
        group_id=setting.group_id,
        master=master,
        tied=_tied(setting, Target.VEHICLES),
        today=setting.today,
        **_written(setting),
    )
    ids = [
        outcome.row_id or setting.would_be(Target.VEHICLES, row.key)
        for row, outcome in zip(rows, outcomes, strict=True)
    ]
    setting.touched.update(
        one for one, outcome in zip(ids, outcomes, strict=True) if outcome.verb in (Verb.NEW, Verb.CHANGED)
    )
    _owners(rows, outcomes, ids, master, setting)
    _kilometres(rows, outcomes, ids, setting)
    return outcomes


def _owners(rows: Sequence[Row], outcomes: list[Outcome], ids: Sequence[int], master: Master, setting: Setting) -> None:
    owned = [
        place for place, row in enumerate(rows) if "owner" in row.values and outcomes[place].verb is not Verb.REFUSED
    ]
    told = [
        customers.HoldingRow(
            known_id=None,
            customer_id=rows[place].values["owner"],
            vehicle_id=ids[place],
            values={"since": rows[place].values["owned_since"]} if "owned_since" in rows[place].values else {},
        )
        for place in owned
    ]
    found = customers.import_holdings(
        told, group_id=setting.group_id, master=master, today=setting.today, **_written(setting)
    )
    for place, outcome in zip(owned, found, strict=True):
        outcomes[place] = _joined(outcomes[place], outcome, "owner", rows[place].values["owner"])


def _kilometres(rows: Sequence[Row], outcomes: list[Outcome], ids: Sequence[int], setting: Setting) -> None:
    read = [
        place
        for place, row in enumerate(rows)
        if "km" in row.values and "km_on" in row.values and outcomes[place].verb is not Verb.REFUSED
    ]
    told = [
        vehicles.ReadingRow(
            vehicle_id=ids[place],
            km=rows[place].values["km"],
            read_on=rows[place].values["km_on"],
            source=BY_HAND,
        )
        for place in read
    ]
    found = vehicles.import_readings(told, group_id=setting.group_id, today=setting.today, **_written(setting))
    for place, outcome in zip(read, found, strict=True):
        outcomes[place] = _joined(outcomes[place], outcome, "km", rows[place].values["km"])


def _joined(row: Outcome, part: Outcome, name: str, value: object) -> Outcome:
    """Return what became of a row of which a part is a row of ours by itself."""
    if part.verb is Verb.REFUSED:
        return Outcome(
            Verb.REFUSED, row.row_id, row.differences, why=part.why, field=part.field or name, cell=part.cell
        )
    if row.verb is Verb.NEW or part.verb is Verb.SAME:
        return row
    differences = part.differences or [(name, "", str(value))]
    return Outcome(Verb.CHANGED, row.row_id, [*row.differences, *differences])


def _plates(rows: Sequence[Row], master: Master, setting: Setting) -> list[Outcome]:
    told = [
        vehicles.PlateRow(known_id=row.known_id, vehicle_id=row.values["vehicle"], values=row.values) for row in rows
    ]
    return vehicles.import_plates(
        told, group_id=setting.group_id, master=master, today=setting.today, **_written(setting)
    )


def _holdings(rows: Sequence[Row], master: Master, setting: Setting) -> list[Outcome]:
    told = [
        customers.HoldingRow(
            known_id=row.known_id,
            customer_id=row.values["customer"],
            vehicle_id=row.values["vehicle"],
            values=row.values,
        )
        for row in rows
    ]
    return customers.import_holdings(
        told, group_id=setting.group_id, master=master, today=setting.today, **_written(setting)
    )


def _readings(rows: Sequence[Row], master: Master, setting: Setting) -> list[Outcome]:
    told = [
        vehicles.ReadingRow(
            vehicle_id=row.values["vehicle"],
            km=row.values["km"],
            read_on=row.values["read_on"],
            source=row.values.get("source", BY_HAND),
        )
        for row in rows
    ]
    setting.touched.update(row.vehicle_id for row in told)
    return vehicles.import_readings(told, group_id=setting.group_id, today=setting.today, **_written(setting))


def _orders(rows: Sequence[Row], master: Master, setting: Setting) -> list[Outcome]:
    told = [
        orders.OrderRow(
            known_id=row.known_id,
            unit_id=row.values.get("unit", setting.unit_id),
            customer_id=row.values["customer"],
            vehicle_id=row.values["vehicle"],
            values=row.values,
        )
        for row in rows
    ]
    setting.touched.update(row.vehicle_id for row in told)
    return orders.import_orders(
        told,
        group_id=setting.group_id,
        master=master,
        facts_since=setting.facts_since,
        gives_readings=setting.gives_readings,
        **_written(setting),
    )


def _lines(rows: Sequence[Row], master: Master, setting: Setting) -> list[Outcome]:
    told = [lines.LineRow(known_id=row.known_id, order_id=row.values["order"], values=row.values) for row in rows]
    return lines.import_lines(told, group_id=setting.group_id, master=master, **_written(setting))


_TAKERS: Mapping[Target, Callable[[Sequence[Row], Master, Setting], list[Outcome]]] = {
    Target.CUSTOMERS: _customers,
    Target.CONTACTS: _contacts,
    Target.ADDRESSES: _addresses,
    Target.VEHICLES: _vehicles,
    Target.PLATES: _plates,
    Target.HOLDINGS: _holdings,
    Target.READINGS: _readings,
    Target.ORDERS: _orders,
    Target.LINES: _lines,
}
