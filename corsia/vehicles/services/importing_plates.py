"""Plates that vehicles carried, as another system tells it, many at once."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import transaction

from corsia.events import vehicles as facts
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit_all
from corsia.kernel.facts import publish_all
from corsia.kernel.importing import ALWAYS, Outcome, Verb, new_ids, refused, shown, takes
from corsia.vehicles.models import Plate, Vehicle
from corsia.vehicles.rules.plates import normalise_plate, plate_kind
from corsia.vehicles.services.records import LONGEST_PLATE


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateRow:
    """A plate that a vehicle carried; `vehicle_id` is negative where a rehearsal would add it."""

    known_id: int | None
    vehicle_id: int
    values: Mapping[str, Any]  # number, since, until


@dataclass(slots=True)
class _Work:
    """What is known of the vehicles that are told of, and what is to be written."""

    vehicles: dict[int, Vehicle]
    there: dict[int, list[Plate]]
    carried: dict[str, int]
    new: list[tuple[Outcome, Plate]] = field(default_factory=list)
    touched: dict[int, Plate] = field(default_factory=dict)
    replated: dict[int, str] = field(default_factory=dict)  # the plate of before


@transaction.atomic
def import_plates(
    rows: Sequence[PlateRow],
    *,
    group_id: int,
    master: Mapping[str, str],
    today: date,
    is_rehearsal: bool,
    by: Actor,
    now: datetime,
) -> list[Outcome]:
    """Take in plates. One without an end is the vehicle's from its first day on; it ends the one before.

    Returns:
        What became of each row, in their order.
    """
    ids = sorted({row.vehicle_id for row in rows if row.vehicle_id > 0})
    there: dict[int, list[Plate]] = defaultdict(list)
    for one in Plate.objects.filter(vehicle_id__within=ids).order_by("pk") if ids else ():
        there[one.vehicle_id].append(one)
    numbers = {normalise_plate(row.values["number"]) for row in rows} - {""}
    carriers = Vehicle.objects.filter(unit_id=group_id, plate__in=numbers)
    work = _Work(
        vehicles={one.pk: one for one in Vehicle.objects.filter(pk__within=ids)},
        there=there,
        carried=dict(carriers.values_list("plate", "pk")),
    )
    outcomes = [_planned(row, work, master=master, today=today) for row in rows]
    if not is_rehearsal:
        _write(work, group_id=group_id, by=by, now=now)
    return outcomes


def _planned(row: PlateRow, work: _Work, *, master: Mapping[str, str], today: date) -> Outcome:
    number, since, until = normalise_plate(row.values["number"]), row.values.get("since"), row.values.get("until")
    if not number or len(number) > LONGEST_PLATE:
        return refused("too_long" if number else "unnamed", field="number", cell=number)
    plates = work.there[row.vehicle_id]
    known = _known(row, number, plates)
    if known is not None:
        differences = []
        for name, value in (("since", since), ("until", until)):
            old = getattr(known, name)
            if value not in (None, old) and takes(master.get(name, master.get("*", ALWAYS)), old=old):
                setattr(known, name, value)
                differences.append((name, shown(old), shown(value)))
        if differences and known.pk is not None:
            work.touched[known.pk] = known
        return Outcome(Verb.CHANGED if differences else Verb.SAME, known.pk, differences)
    if until is None:
        if work.carried.get(number, row.vehicle_id) != row.vehicle_id:
            return refused("plate_in_use", field="number", cell=number)
        _put_on(row.vehicle_id, number, plates, work, on=since or today)
    plate = Plate(vehicle_id=row.vehicle_id, number=number, kind=plate_kind(number), since=since, until=until)
    plates.append(plate)
    outcome = Outcome(Verb.NEW)
    work.new.append((outcome, plate))
    return outcome


def _known(row: PlateRow, number: str, plates: Sequence[Plate]) -> Plate | None:
    """Return the plate of ours that a row is: told before, or with this first day, or the one it carries now."""
    same = [one for one in plates if one.number == number]
    found = [one for one in plates if one.pk is not None and one.pk == row.known_id]
    found += [one for one in same if one.since == row.values.get("since")]
    if row.values.get("until") is None:
        found += [one for one in same if one.until is None]
    return found[0] if found else None


def _put_on(vehicle_id: int, number: str, plates: Sequence[Plate], work: _Work, *, on: date) -> None:
    for one in plates:
        if one.until is None:
            one.until = on
            work.touched |= {one.pk: one} if one.pk is not None else {}
    vehicle = work.vehicles.get(vehicle_id)
    if vehicle is not None and vehicle.plate != number:
        work.replated.setdefault(vehicle_id, vehicle.plate)
        vehicle.plate = number
    work.carried[number] = vehicle_id


def _write(work: _Work, *, group_id: int, by: Actor, now: datetime) -> None:
    for row_id, (outcome, plate) in zip(new_ids(Plate, len(work.new)), work.new, strict=True):
        outcome.row_id = plate.pk = row_id
    Plate.objects.bulk_update(work.touched.values(), ["since", "until"], batch_size=1000)
    Plate.objects.bulk_create([plate for _outcome, plate in work.new], batch_size=2000)
    moved = [work.vehicles[pk] for pk in work.replated]
    Vehicle.objects.bulk_update(moved, ["plate"], batch_size=1000)
    told = [(one.pk, group_id, {"plate": [work.replated[one.pk], one.plate]}) for one in moved]
    audit_all(Vehicle, "plate_changed", told, by=by, now=now)
    publish_all(
        [
            facts.VehicleIdentityChanged(
                unit_id=group_id, occurred_at=now, vehicle_id=one.pk, vin=one.vin, plate=one.plate
            )
            for one in moved
        ]
    )
