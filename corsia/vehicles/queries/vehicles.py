"""Vehicles as their page and lists show them."""

from dataclasses import dataclass
from datetime import date

from corsia.vehicles.models import OdometerReading, Plate, Vehicle
from corsia.vehicles.rules.plates import display_plate, normalise_plate
from corsia.vehicles.rules.vin import VinReading, model_years, normalise_vin, read_vin

MOST_READINGS = 60


@dataclass(frozen=True, kw_only=True)
class VehiclePage:
    """A vehicle with its history, newest first."""

    vehicle: Vehicle
    plate: str  # as people read it
    vin: VinReading | None
    model_years: tuple[int, ...]  # what the VIN allows; () when the year is known or the VIN tells none
    plates: list[Plate]
    readings: list[OdometerReading]
    km_values: list[int]  # readings in order of time, for the sparkline; at least two or empty


def find_vehicle(*, unit_ids: frozenset[int] | None = None, plate: str = "", vin: str = "") -> Vehicle | None:
    """Return the vehicle with a VIN, or that carries a plate now, within the scope; None when there is none.

    Args:
        unit_ids: only vehicles of these units; None for all within the scope.
    """
    rows = Vehicle.objects.all() if unit_ids is None else Vehicle.objects.filter(unit_id__in=unit_ids)
    for filters in ({"vin": normalise_vin(vin)}, {"plate": normalise_plate(plate)}):
        if all(filters.values()):
            found: Vehicle | None = rows.filter(**filters).order_by("-pk").first()
            if found is not None:
                return found
    return None


def vehicle_page(*, vehicle_id: int, on: date) -> VehiclePage:
    """Return all the vehicle page shows of the vehicle itself.

    Raises:
        NotFound: no such vehicle within the scope.
    """
    vehicle: Vehicle = Vehicle.objects.find(vehicle_id)
    readings = list(OdometerReading.objects.filter(vehicle=vehicle).order_by("-read_on", "-id")[:MOST_READINGS])
    plates = list(Plate.objects.filter(vehicle=vehicle).order_by("-since", "-id"))
    values = [reading.km for reading in reversed(readings)]
    return VehiclePage(
        vehicle=vehicle,
        plate=display_plate(vehicle.plate),
        vin=read_vin(vehicle.vin) if vehicle.vin else None,
        model_years=model_years(vehicle.vin, on=on) if vehicle.vin and not vehicle.model_year else (),
        plates=plates,
        readings=readings,
        km_values=values if len(values) > 1 else [],
    )


def recent_vehicles(*, before_id: int | None, limit: int) -> list[Vehicle]:
    """Return the vehicles added last, newest first, from before an id on."""
    rows = Vehicle.objects.order_by("-pk")
    return list((rows.filter(pk__lt=before_id) if before_id else rows)[:limit])


def vehicles_like(*, text: str, limit: int) -> list[Vehicle]:
    """Return the vehicles that carry or carried a plate beginning with a text, or whose VIN begins with it."""
    signs = normalise_plate(text)
    if len(signs) < 2:
        return []
    found: list[Vehicle] = []
    by_plate = Plate.objects.filter(number__begins=signs).values_list("vehicle_id", flat=True)[:limit]
    found += Vehicle.objects.filter(pk__in=list(by_plate))
    found += Vehicle.objects.exclude(vin="").filter(vin__begins=signs)[:limit]
    return list({vehicle.pk: vehicle for vehicle in found}.values())[:limit]
