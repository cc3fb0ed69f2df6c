"""Who owns, drives or pays for which vehicle, as another system tells it, many at once."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import transaction

from corsia.customers.models import Customer, Holding, SearchKey
from corsia.customers.search_keys import keys_for
from corsia.customers.services.index import reindex
from corsia.customers.vocabulary import VehicleRole
from corsia.events import customers as facts
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit_all
from corsia.kernel.facts import publish_all
from corsia.kernel.importing import ALWAYS, Outcome, Verb, copy_rows, new_ids, refused, shown, takes
from corsia.vehicles.models import Vehicle


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldingRow:
    """One tie between a customer and a vehicle; ids are negative where a rehearsal would add them."""

    known_id: int | None
    customer_id: int
    vehicle_id: int
    values: Mapping[str, Any]  # role, since, until


@dataclass(slots=True)
class _Work:
    """What is to be written."""

    group_id: int
    new: list[tuple[Outcome, Holding]] = field(default_factory=list)
    changed: dict[int, Holding] = field(default_factory=dict)
    ended: list[Holding] = field(default_factory=list)


@transaction.atomic
def import_holdings(
    rows: Sequence[HoldingRow],
    *,
    group_id: int,
    master: Mapping[str, str],
    today: date,
    is_rehearsal: bool,
    by: Actor,
    now: datetime,
) -> list[Outcome]:
    """Take in who has which vehicle. A new owner ends the ownership of the one before, that day.

    Returns:
        What became of each row, in their order.
    """
    there: dict[int, list[Holding]] = defaultdict(list)
    vehicle_ids = sorted({row.vehicle_id for row in rows if row.vehicle_id > 0})
    found = Holding.unscoped.filter(vehicle_id__within=vehicle_ids).order_by("pk") if vehicle_ids else ()
    for one in found:
        there[one.vehicle_id].append(one)
    work = _Work(group_id=group_id)
    outcomes = [_planned(row, there[row.vehicle_id], work, master=master, today=today) for row in rows]
    if not is_rehearsal:
        _write(work, by=by, now=now)
    return outcomes


def _planned(row: HoldingRow, there: list[Holding], work: _Work, *, master: Mapping[str, str], today: date) -> Outcome:
    role = row.values.get("role", VehicleRole.OWNER.value)
    since, until = row.values.get("since"), row.values.get("until")
    if since is not None and until is not None and until <= since:
        return refused("ends_before", field="until", cell=until)
    known = _known(row, there, role, since, until)
    if known is not None:
        differences = _changed(known, since, until, master)
        if differences and known.pk:
            work.changed[known.pk] = known
        return Outcome(Verb.CHANGED if differences else Verb.SAME, known.pk, differences)
    differences = []
    if role == VehicleRole.OWNER and until is None:
        before = next((one for one in there if one.role == role and one.until is None), None)
        if before is not None:
            on = since or today
            if before.since is not None and on <= before.since:
                return refused("owned_since", field="since", cell=before.since)
            before.until = on
            work.ended.append(before)
            differences.append(("owner_until", "", shown(on)))
    holding = Holding(customer_id=row.customer_id, vehicle_id=row.vehicle_id, role=role, since=since, until=until)
    there.append(holding)
    outcome = Outcome(Verb.NEW, differences=differences)
    work.new.append((outcome, holding))
    return outcome


def _known(
    row: HoldingRow, there: Sequence[Holding], role: str, since: date | None, until: date | None
) -> Holding | None:
    if row.known_id is not None:
        return next((one for one in there if one.pk == row.known_id), None)
    same = [one for one in there if one.customer_id == row.customer_id and one.role == role]
    exact = next((one for one in same if one.since == since), None)
    if exact is not None:
        return exact
    # Who has it today has it, whatever day either of us names as the first.
    return next((one for one in same if until is None and one.until is None), None)


def _changed(
    known: Holding, since: date | None, until: date | None, master: Mapping[str, str]
) -> list[tuple[str, str, str]]:
    found = []
    for name, value in (("since", since), ("until", until)):
        old = getattr(known, name)
        if value is not None and value != old and takes(master.get(name, master.get("*", ALWAYS)), old=old):
            setattr(known, name, value)
            found.append((name, shown(old), shown(value)))
    return found


def _write(work: _Work, *, by: Actor, now: datetime) -> None:
    for row_id, (outcome, holding) in zip(new_ids(Holding, len(work.new)), work.new, strict=True):
        outcome.row_id = row_id
        holding.pk = row_id
    fresh = [holding for _outcome, holding in work.new]
    made = {holding.pk for holding in fresh}
    ended = [one for one in work.ended if one.pk not in made]
    Holding.unscoped.bulk_update([*ended, *work.changed.values()], ["since", "until"], batch_size=1000)
    copy_rows(
        Holding,
        ("id", "customer_id", "vehicle_id", "role", "since", "until"),
        ((one.pk, one.customer_id, one.vehicle_id, str(one.role), one.since, one.until) for one in fresh),
    )
    _index(fresh, work.group_id)
    others = {one.customer_id for one in (*ended, *work.changed.values())}
    if others:
        reindex(customer_ids=sorted(others))
    for verb, held in (("holding_started", fresh), ("holding_ended", ended)):
        told = [(one.customer_id, work.group_id, {"vehicle": one.vehicle_id, "role": str(one.role)}) for one in held]
        audit_all(Customer, verb, told, by=by, now=now)
    publish_all(
        [
            facts.HoldingChanged(
                unit_id=work.group_id,
                occurred_at=now,
                customer_id=one.customer_id,
                vehicle_id=one.vehicle_id,
                role=str(one.role),
                is_current=one.until is None,
            )
            for one in (*ended, *fresh)
        ]
    )


def _index(fresh: Sequence[Holding], group_id: int) -> None:
    """Let customers be found by the vehicles they have now."""
    held = {(one.customer_id, one.vehicle_id) for one in fresh if one.until is None}
    if not held:
        return
    vehicles = {
        pk: (plate, vin)
        for pk, plate, vin in Vehicle.objects.filter(pk__within={vehicle for _customer, vehicle in held}).values_list(
            "pk", "plate", "vin"
        )
    }

    def rows() -> Any:
        for customer_id, vehicle_id in sorted(held):
            plate, vin = vehicles[vehicle_id]
            for key in keys_for(plates=[plate], vins=[vin]):
                yield customer_id, group_id, key.kind.value, key.value

    copy_rows(SearchKey, ("customer_id", "unit_id", "kind", "value"), rows())
    ids = sorted({customer for customer, _vehicle in held})
    Customer.unscoped.filter(pk__within=ids, is_compared=True).update(is_compared=False)
