"""Vehicles that another system tells, many at once: recognised by VIN, then by plate; added, brought up to date."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction

from corsia.events import vehicles as facts
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit_all
from corsia.kernel.facts import publish_all
from corsia.kernel.importing import ALWAYS, Outcome, Verb, copy_rows, new_ids, refused, shown, takes
from corsia.vehicles.models import Plate, Vehicle
from corsia.vehicles.rules.plates import normalise_plate, plate_kind
from corsia.vehicles.rules.vin import VIN_LENGTH, normalise_vin
from corsia.vehicles.services.records import LONGEST_PLATE

Tied = Callable[[Collection[int]], Collection[int]]
_TEXTS = ("vin", "make", "model", "trim", "fuel")
_FIELDS = (*_TEXTS, "model_year", "first_registered_on", "warranty_ends_on")
_YEARS = range(1880, 2101)


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleRow:
    """One vehicle as another system tells it; `values` holds only what it says."""

    known_id: int | None
    values: Mapping[str, Any]


@dataclass(slots=True)
class _Ours:
    """Vehicles of ours that rows may be, and those that rows before in the same run will be."""

    by_id: dict[int, Vehicle]
    by_vin: dict[str, Vehicle]
    by_plate: dict[str, Vehicle]
    taken: set[int]  # that other rows are already
    new: list[tuple[Outcome, Vehicle, date | None]] = field(default_factory=list)
    changed: list[tuple[Outcome, Vehicle]] = field(default_factory=list)
    replated: list[tuple[Vehicle, str, date]] = field(default_factory=list)


@transaction.atomic
def import_vehicles(
    rows: Sequence[VehicleRow],
    *,
    group_id: int,
    master: Mapping[str, str],
    tied: Tied,
    today: date,
    is_rehearsal: bool,
    by: Actor,
    now: datetime,
) -> list[Outcome]:
    """Take in vehicles of a dealer group. Another plate ends the one before on `plate_since`, or today.

    Args:
        master, tied, is_rehearsal: as for customers, see customers/services/importing.

    Returns:
        What became of each row, in their order.
    """
    cleaned = [_cleaned(row.values) for row in rows]
    ours = _ours(rows, cleaned, group_id=group_id, tied=tied, is_locked=not is_rehearsal)
    outcomes = [
        _planned(row, values, ours, group_id=group_id, master=master, today=today, now=now)
        for row, values in zip(rows, cleaned, strict=True)
    ]
    if not is_rehearsal:
        _write(ours, group_id=group_id, by=by, now=now)
    return outcomes


def _cleaned(told: Mapping[str, Any]) -> dict[str, Any]:
    values = {name: told[name] for name in _FIELDS if name in told}
    if "vin" in values:
        values["vin"] = normalise_vin(values["vin"])
    values["plate"] = normalise_plate(told.get("plate", ""))
    return values


def _ours(
    rows: Sequence[VehicleRow], cleaned: Sequence[Mapping[str, Any]], *, group_id: int, tied: Tied, is_locked: bool
) -> _Ours:
    ids = {row.known_id for row in rows if row.known_id is not None}
    with connection.cursor() as cursor:
        for statement, asked in (
            (_BY_VIN, [values["vin"] for values in cleaned if values.get("vin")]),
            (_BY_PLATE, [values["plate"] for values in cleaned if values["plate"]]),
        ):
            cursor.execute(statement, [asked, group_id])
            ids |= {int(pk) for (pk,) in cursor.fetchall()}
    sought = Vehicle.objects.filter(pk__within=ids).order_by("pk")
    found: dict[int, Vehicle] = {}
    if ids:
        found = {one.pk: one for one in (sought.select_for_update(of=("self",)) if is_locked else sought)}
    return _Ours(
        by_id=found,
        by_vin={one.vin: one for one in found.values() if one.vin},
        by_plate={one.plate: one for one in found.values() if one.plate},
        taken=set(tied(list(found))) if found else set(),
    )


# LATERAL with OFFSET: one look into the index for each, also while the statistics of a first load are missing.
_BY_VIN = """
    SELECT v.id FROM unnest(%s::text[]) AS asked(vin) CROSS JOIN LATERAL (
        SELECT id FROM vehicles_vehicle WHERE vin = asked.vin AND vin <> '' AND unit_id = %s OFFSET 0
    ) v
"""
_BY_PLATE = """
    SELECT v.id FROM unnest(%s::text[]) AS asked(plate) CROSS JOIN LATERAL (
        SELECT id FROM vehicles_vehicle WHERE plate = asked.plate AND plate <> '' AND unit_id = %s OFFSET 0
    ) v
"""


def _planned(
    row: VehicleRow,
    values: dict[str, Any],
    ours: _Ours,
    *,
    group_id: int,
    master: Mapping[str, str],
    today: date,
    now: datetime,
) -> Outcome:
    plate = values.pop("plate")
    wrong = _wrong(values, plate)
    if wrong is not None:
        return wrong
    vehicle = ours.by_id.get(row.known_id or 0)
    at_vin, at_plate = ours.by_vin.get(values.get("vin", "")), ours.by_plate.get(plate)
    if vehicle is None:
        vehicle = _recognised(at_vin, at_plate, values, ours)
    if at_vin is not None and at_vin is not vehicle:
        return refused("vin_taken", field="vin", cell=values["vin"])
    if at_plate is not None and at_plate is not vehicle:
        return refused("plate_in_use", field="plate", cell=plate)
    if vehicle is None:
        if not (values.get("vin") or plate or values.get("make")):
            return refused("unnamed")
        vehicle = Vehicle(unit_id=group_id, plate=plate, created_at=row.values.get("since", now), **values)
        outcome = Outcome(Verb.NEW)
        ours.new.append((outcome, vehicle, row.values.get("plate_since")))
    else:
        differences = _merged(vehicle, values, master)
        if plate and plate != vehicle.plate and takes(master.get("plate", master.get("*", ALWAYS)), old=vehicle.plate):
            differences.append(("plate", vehicle.plate, plate))
            ours.replated.append((vehicle, vehicle.plate, row.values.get("plate_since") or today))
            vehicle.plate = plate
        outcome = Outcome(Verb.CHANGED if differences else Verb.SAME, vehicle.pk, differences)
        ours.taken.add(vehicle.pk)
        if differences:
            ours.changed.append((outcome, vehicle))
    ours.by_vin |= {vehicle.vin: vehicle} if vehicle.vin else {}
    ours.by_plate |= {vehicle.plate: vehicle} if vehicle.plate else {}
    return outcome


def _wrong(values: Mapping[str, Any], plate: str) -> Outcome | None:
    if len(values.get("vin", "")) > VIN_LENGTH:
        return refused("too_long", field="vin", cell=values["vin"])
    if len(plate) > LONGEST_PLATE:
        return refused("too_long", field="plate", cell=plate)
    if values.get("model_year", 2000) not in _YEARS:
        return refused("out_of_range", field="model_year", cell=values["model_year"])
    return None


def _recognised(
    at_vin: Vehicle | None, at_plate: Vehicle | None, values: Mapping[str, Any], ours: _Ours
) -> Vehicle | None:
    """Return the vehicle of ours that a row never told before is: by its VIN, else by its plate and no other VIN."""
    for found in (at_vin, at_plate):
        if found is None or found.pk is None or found.pk in ours.taken:
            continue
        if found is at_vin or not (found.vin and values.get("vin")):
            return found
    return None


def _merged(vehicle: Vehicle, values: Mapping[str, Any], master: Mapping[str, str]) -> list[tuple[str, str, str]]:
    found = []
    for name, value in values.items():
        old = getattr(vehicle, name)
        if value not in (None, "", old) and takes(master.get(name, master.get("*", ALWAYS)), old=old):
            setattr(vehicle, name, value)
            found.append((name, shown(old), shown(value)))
    return found


def _write(ours: _Ours, *, group_id: int, by: Actor, now: datetime) -> None:
    for row_id, (outcome, vehicle, _since) in zip(new_ids(Vehicle, len(ours.new)), ours.new, strict=True):
        outcome.row_id = row_id
        vehicle.pk = row_id
    fresh = [vehicle for _outcome, vehicle, _since in ours.new]
    columns = ("id", "unit_id", *_FIELDS, "plate", "created_at")
    copy_rows(Vehicle, columns, ([getattr(one, name) for name in columns] for one in fresh))
    changed = [vehicle for _outcome, vehicle in ours.changed]
    Vehicle.objects.bulk_update(changed, [*_FIELDS, "plate"], batch_size=1000)
    moved = {vehicle.pk: on for vehicle, _old, on in ours.replated}
    for plate in Plate.objects.filter(vehicle_id__in=moved, until=None):
        Plate.objects.filter(pk=plate.pk).update(until=moved[plate.vehicle_id])
    plates = [(vehicle.pk, vehicle.plate, since) for _outcome, vehicle, since in ours.new if vehicle.plate]
    plates += [(vehicle.pk, vehicle.plate, on) for vehicle, _old, on in ours.replated]
    copy_rows(
        Plate,
        ("vehicle_id", "number", "kind", "since"),
        ((pk, number, plate_kind(number).value, since) for pk, number, since in plates),
    )
    _tell(ours, fresh, group_id=group_id, by=by, now=now)


def _tell(ours: _Ours, fresh: Sequence[Vehicle], *, group_id: int, by: Actor, now: datetime) -> None:
    added = [(one.pk, group_id, {"vin": one.vin, "plate": one.plate}) for one in fresh]
    audit_all(Vehicle, "added", added, by=by, now=now)
    edited = [
        (vehicle.pk, group_id, {name: [old, new] for name, old, new in outcome.differences})
        for outcome, vehicle in ours.changed
    ]
    audit_all(Vehicle, "edited", edited, by=by, now=now)
    other = [
        vehicle
        for outcome, vehicle in ours.changed
        if {"vin", "plate"} & {name for name, _old, _new in outcome.differences}
    ]
    publish_all(
        [
            facts.VehicleAdded(unit_id=group_id, occurred_at=now, vehicle_id=one.pk, vin=one.vin, plate=one.plate)
            for one in fresh
        ]
    )
    publish_all(
        [
            facts.VehicleIdentityChanged(
                unit_id=group_id, occurred_at=now, vehicle_id=one.pk, vin=one.vin, plate=one.plate
            )
            for one in other
        ]
    )
