"""Vehicles, their plates over time and their odometer readings."""

from django.db import models
from django.db.models import Q

from corsia.kernel.models import ScopedModel
from corsia.organisation.models import UnitModel
from corsia.vehicles.vocabulary import Fuel, PlateKind


class Vehicle(UnitModel):
    """One vehicle, known to a whole dealer group whoever owns it at the moment."""

    shared_with_descendants = True

    vin = models.CharField(max_length=17, blank=True)  # normalised; blank when not known yet
    make = models.CharField(max_length=40, blank=True)
    model = models.CharField(max_length=60, blank=True)
    trim = models.CharField(max_length=80, blank=True)
    fuel = models.CharField(max_length=10, choices=Fuel, blank=True)
    model_year = models.PositiveSmallIntegerField(null=True, blank=True)
    first_registered_on = models.DateField(null=True, blank=True)
    plate = models.CharField(max_length=12, blank=True)  # the current one; Plate keeps them all
    odometer_km = models.PositiveIntegerField(null=True, blank=True)  # the latest reading
    odometer_on = models.DateField(null=True, blank=True)
    warranty_ends_on = models.DateField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["unit", "vin"], condition=~Q(vin=""), name="vehicles_vin_once_per_unit"),
        ]
        indexes = [
            models.Index(fields=["plate"], name="vehicles_by_plate", condition=~Q(plate="")),
            models.Index(
                fields=["vin"], name="vehicles_vin_prefix", opclasses=["varchar_pattern_ops"], condition=~Q(vin="")
            ),
        ]

    def __str__(self) -> str:
        return " ".join(part for part in (self.make, self.model) if part) or self.vin or self.plate


class Plate(ScopedModel):
    """A plate a vehicle carried, from a day to a day."""

    unit_path = "vehicle__unit_id"
    shared_with_descendants = True

    vehicle = models.ForeignKey(Vehicle, models.CASCADE, related_name="plates")
    number = models.CharField(max_length=12)  # capitals and digits only
    kind = models.CharField(max_length=10, choices=PlateKind)
    since = models.DateField(null=True, blank=True)
    until = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["vehicle"], condition=Q(until__isnull=True), name="vehicles_one_current_plate"
            ),
        ]
        indexes = [
            models.Index(fields=["number"], name="vehicles_plate_number", opclasses=["varchar_pattern_ops"]),
        ]


class OdometerReading(ScopedModel):
    """What the odometer said on a day; readings that go back are kept and flagged, never refused."""

    unit_path = "vehicle__unit_id"
    shared_with_descendants = True

    vehicle = models.ForeignKey(Vehicle, models.CASCADE, related_name="readings")
    km = models.PositiveIntegerField()
    read_on = models.DateField()
    source = models.CharField(max_length=40)
    goes_back = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["vehicle", "-read_on"], name="vehicles_reading_latest")]
