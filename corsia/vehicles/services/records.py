"""A vehicle's record: adding, correcting, changing plates, reading the odometer."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from corsia.events import vehicles as facts
from corsia.kernel.access import Right, scope_of
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid, NotAllowed, Refused
from corsia.kernel.facts import publish
from corsia.organisation.queries import group_of
from corsia.vehicles.models import OdometerReading, Plate, Vehicle
from corsia.vehicles.permissions import EDIT_VEHICLES
from corsia.vehicles.rules.plates import normalise_plate, plate_kind
from corsia.vehicles.rules.vin import VIN_LENGTH, normalise_vin
from corsia.vehicles.services.dues import recompute_dues
from corsia.vehicles.services.linking import link_recalls

LONGEST_PLATE = 12
HIGHEST_KM = 3_000_000


class VehicleUnnamed(Invalid):
    code = "vehicles.unnamed"
    message = _("A vehicle needs a plate, a VIN or at least its make. Enter one of them.")


class VinTooLong(Invalid):
    code = "vehicles.vin_too_long"
    message = _("A VIN has 17 signs, this one has %(count)s. Compare it with the registration document.")


class PlateTooLong(Invalid):
    code = "vehicles.plate_too_long"
    message = _("The plate %(plate)s is longer than any plate. Enter the plate alone.")


class VinTaken(Refused):
    code = "vehicles.vin_taken"
    message = _("VIN %(vin)s belongs to a vehicle you already have (%(name)s). Open that one instead.")


class PlateInUse(Refused):
    code = "vehicles.plate_in_use"
    message = _("Plate %(plate)s is on another vehicle now (%(name)s). End it there first, or open that vehicle.")


class OdometerOutOfRange(Invalid):
    code = "vehicles.odometer_out_of_range"
    message = _("%(km)s km is no odometer reading. Enter kilometres between 0 and 3,000,000.")


class ReadInFuture(Invalid):
    code = "vehicles.read_in_future"
    message = _("The day lies in the future. Enter the day on which it was.")


@dataclass(frozen=True, kw_only=True)
class VehicleData:
    """What people enter about a vehicle; every part may be missing as long as something names it."""

    vin: str = ""
    make: str = ""
    model: str = ""
    trim: str = ""
    fuel: str = ""
    model_year: int | None = None
    first_registered_on: date | None = None
    warranty_ends_on: date | None = None


def demand_edit(by: Actor, unit_id: int, right: Right = EDIT_VEHICLES) -> None:
    """Refuse people who may not edit vehicles in any unit that shares those of `unit_id`.

    Raises:
        NotAllowed: vehicles of that unit are not shared with a unit where the actor holds the right.
    """
    if by.kind == "person" and unit_id not in scope_of(by, right).shared:
        raise NotAllowed(right=right.name)


@transaction.atomic
def add_vehicle(
    *, unit_id: int, data: VehicleData, plate: str = "", plate_since: date | None = None, by: Actor, now: datetime
) -> Vehicle:
    """Add a vehicle to a dealer group.

    Args:
        unit_id: any unit of the dealer group: the vehicle belongs to the group, and all its units share it.

    Raises:
        VehicleUnnamed: neither plate nor VIN nor make.
        VinTooLong, PlateTooLong: what was given fits no vehicle.
        VinTaken, PlateInUse: the group already has it.
    """
    unit_id = group_of(unit_id).pk
    demand_edit(by, unit_id)
    number = _checked_plate(plate, unit_id=unit_id, vehicle_id=None)
    vehicle = Vehicle(unit_id=unit_id, plate=number, created_at=now)
    _apply(vehicle, data)
    if not (vehicle.vin or number or vehicle.make):
        raise VehicleUnnamed
    vehicle.save()
    if number:
        Plate.objects.create(vehicle=vehicle, number=number, kind=plate_kind(number), since=plate_since)
    audit(vehicle, "added", by=by, now=now, vin=vehicle.vin, plate=number)
    publish(
        facts.VehicleAdded(
            unit_id=unit_id, occurred_at=now, vehicle_id=vehicle.pk, vin=vehicle.vin, plate=vehicle.plate
        )
    )
    link_recalls(vehicle_id=vehicle.pk)
    recompute_dues(vehicle_ids=[vehicle.pk], now=now)
    return vehicle


@transaction.atomic
def edit_vehicle(*, vehicle_id: int, data: VehicleData, by: Actor, now: datetime) -> Vehicle:
    """Correct what is known about a vehicle; its plate has a verb of its own.

    Raises:
        NotFound: no such vehicle within the actor's units.
        VehicleUnnamed, VinTooLong, VinTaken: as when adding.
    """
    vehicle: Vehicle = Vehicle.objects.lock(vehicle_id)
    demand_edit(by, vehicle.unit_id)
    old = {name: str(getattr(vehicle, name) or "") for name in VehicleData.__dataclass_fields__}
    _apply(vehicle, data)
    if not (vehicle.vin or vehicle.plate or vehicle.make):
        raise VehicleUnnamed
    vehicle.save()
    new = {name: str(getattr(vehicle, name) or "") for name in VehicleData.__dataclass_fields__}
    changed = {name: [old[name], new[name]] for name in new if old[name] != new[name]}
    if changed:
        audit(vehicle, "edited", by=by, now=now, **changed)
    if "vin" in changed:
        _tell_identity(vehicle, now)
        link_recalls(vehicle_id=vehicle.pk)
    if changed:
        recompute_dues(vehicle_ids=[vehicle.pk], now=now)
    return vehicle


@transaction.atomic
def change_plate(*, vehicle_id: int, number: str, since: date, by: Actor, now: datetime) -> Vehicle:
    """Give a vehicle another plate from a day on; the old one stays in its history. An empty number takes it off.

    Raises:
        PlateTooLong, PlateInUse: as when adding.
    """
    vehicle: Vehicle = Vehicle.objects.lock(vehicle_id)
    demand_edit(by, vehicle.unit_id)
    plate = _checked_plate(number, unit_id=vehicle.unit_id, vehicle_id=vehicle.pk)
    if plate == vehicle.plate:
        return vehicle
    old = vehicle.plate
    Plate.objects.filter(vehicle=vehicle, until=None).update(until=since)
    if plate:
        Plate.objects.create(vehicle=vehicle, number=plate, kind=plate_kind(plate), since=since)
    vehicle.plate = plate
    vehicle.save(update_fields=["plate"])
    audit(vehicle, "plate_changed", by=by, now=now, plate=[old, plate])
    _tell_identity(vehicle, now)
    return vehicle


@transaction.atomic
def read_odometer(
    *, vehicle_id: int, km: int, read_on: date, today: date, source: str, by: Actor, now: datetime
) -> OdometerReading:
    """Write down what the odometer said. A reading below an earlier one is kept and marked, never refused.

    Args:
        today: the day of writing where the vehicle's unit is; readings of the future are refused.

    Raises:
        OdometerOutOfRange: no odometer shows that.
        ReadInFuture: `read_on` is after `today`.
    """
    vehicle: Vehicle = Vehicle.objects.lock(vehicle_id)
    demand_edit(by, vehicle.unit_id)
    reading = note_reading(vehicle, km=km, read_on=read_on, today=today, source=source, by=by, now=now)
    recompute_dues(vehicle_ids=[vehicle.pk], now=now)
    return reading


def note_reading(
    vehicle: Vehicle, *, km: int, read_on: date, today: date, source: str, by: Actor, now: datetime
) -> OdometerReading:
    """Add a reading to a locked vehicle; raises as `read_odometer` does."""
    if not 0 <= km <= HIGHEST_KM:
        raise OdometerOutOfRange(km=km)
    if read_on > today:
        raise ReadInFuture
    contradicts = Q(read_on__lt=read_on, km__gt=km) | Q(read_on__gt=read_on, km__lt=km)
    goes_back = OdometerReading.objects.filter(contradicts, vehicle=vehicle).exists()
    reading: OdometerReading = OdometerReading.objects.create(
        vehicle=vehicle, km=km, read_on=read_on, source=source, goes_back=goes_back
    )
    if vehicle.odometer_on is None or read_on >= vehicle.odometer_on:
        vehicle.odometer_km, vehicle.odometer_on = km, read_on
        vehicle.save(update_fields=["odometer_km", "odometer_on"])
    audit(vehicle, "odometer_read", by=by, now=now, km=km, read_on=read_on.isoformat())
    publish(
        facts.OdometerRead(unit_id=vehicle.unit_id, occurred_at=now, vehicle_id=vehicle.pk, km=km, goes_back=goes_back)
    )
    return reading


def _apply(vehicle: Vehicle, data: VehicleData) -> None:
    vin = normalise_vin(data.vin)
    if len(vin) > VIN_LENGTH:
        raise VinTooLong(count=len(vin))
    holder = Vehicle.objects.filter(unit_id=vehicle.unit_id, vin=vin).exclude(pk=vehicle.pk).first() if vin else None
    if holder is not None:
        raise VinTaken(vin=vin, name=str(holder), vehicle_id=holder.pk)
    vehicle.vin = vin
    vehicle.make, vehicle.model, vehicle.trim = data.make.strip(), data.model.strip(), data.trim.strip()
    vehicle.fuel, vehicle.model_year = data.fuel, data.model_year
    vehicle.first_registered_on, vehicle.warranty_ends_on = data.first_registered_on, data.warranty_ends_on


def _checked_plate(text: str, *, unit_id: int, vehicle_id: int | None) -> str:
    plate = normalise_plate(text)
    if len(plate) > LONGEST_PLATE:
        raise PlateTooLong(plate=text.strip()[:40])
    if plate:
        holder = Vehicle.objects.filter(unit_id=unit_id, plate=plate).exclude(pk=vehicle_id).first()
        if holder is not None:
            raise PlateInUse(plate=plate, name=str(holder), vehicle_id=holder.pk)
    return plate


def _tell_identity(vehicle: Vehicle, now: datetime) -> None:
    publish(
        facts.VehicleIdentityChanged(
            unit_id=vehicle.unit_id, occurred_at=now, vehicle_id=vehicle.pk, vin=vehicle.vin, plate=vehicle.plate
        )
    )
