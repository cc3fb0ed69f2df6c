"""Vehicles, their plates over time, their readings, what was done to them and what they are due for."""

from django.db import models
from django.db.models import Q

from corsia.kernel.models import ScopedModel
from corsia.organisation.models import Unit, UnitModel
from corsia.vehicles.vocabulary import DueKind, DueReason, DueState, EventKind, Fuel, PlateKind


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


class ServicePlan(UnitModel):
    """After how many kilometres or months the maker asks for a service; blank parts hold for every vehicle."""

    shared_with_descendants = True

    make = models.CharField(max_length=40)
    model = models.CharField(max_length=60, blank=True)
    fuel = models.CharField(max_length=10, choices=Fuel, blank=True)
    interval_km = models.PositiveIntegerField(null=True, blank=True)
    interval_months = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                models.F("unit"),
                models.functions.Lower("make"),
                models.functions.Lower("model"),
                models.F("fuel"),
                name="vehicles_plan_once",
            ),
            models.CheckConstraint(
                name="vehicles_plan_asks",
                condition=Q(interval_km__isnull=False) | Q(interval_months__isnull=False),
            ),
        ]


class GroupPace(UnitModel):
    """How the vehicles of a dealer group drive and how punctual they are: what is known before a vehicle's own is.

    Logarithms, as rules/forecast.py takes them. Fitted anew each night.
    """

    shared_with_descendants = True

    pace_mean = models.FloatField()  # of km a day
    pace_between = models.FloatField()
    pace_within = models.FloatField()  # of a year
    pace_vehicles = models.PositiveIntegerField()
    habit_mean = models.FloatField(null=True)  # of the share of the due interval after which they come
    habit_between = models.FloatField(null=True)
    habit_within = models.FloatField(null=True)
    habit_vehicles = models.PositiveIntegerField(default=0)
    fitted_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["unit"], name="vehicles_one_pace")]


class ServiceEvent(UnitModel):
    """What was done to a vehicle on a day, by us or, as far as we were told, by others. Its unit is the vehicle's."""

    shared_with_descendants = True

    vehicle = models.ForeignKey(Vehicle, models.CASCADE, related_name="events")
    kind = models.CharField(max_length=10, choices=EventKind)
    done_on = models.DateField()
    km = models.PositiveIntegerField(null=True, blank=True)
    reference = models.CharField(max_length=60, blank=True)  # number of the work order
    place = models.ForeignKey(Unit, models.SET_NULL, null=True, blank=True, related_name="+")  # None: done elsewhere

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["vehicle", "kind", "reference"], condition=~Q(reference=""), name="vehicles_event_once"
            ),
        ]
        indexes = [models.Index(fields=["vehicle", "kind", "-done_on"], name="vehicles_event_latest")]


class Recall(UnitModel):
    """A maker's recall campaign, for the vehicles whose VINs it names."""

    shared_with_descendants = True

    code = models.CharField(max_length=40)  # the maker's
    title_it = models.CharField(max_length=120)
    title_en = models.CharField(max_length=120, blank=True)
    text_it = models.TextField(blank=True)
    text_en = models.TextField(blank=True)
    opened_on = models.DateField()
    ended_on = models.DateField(null=True, blank=True)  # the maker takes no more vehicles from this day on

    class Meta:
        constraints = [models.UniqueConstraint(fields=["unit", "code"], name="vehicles_recall_once")]
        indexes = [models.Index(fields=["unit", "-opened_on"], name="vehicles_recall_latest")]

    def __str__(self) -> str:
        return self.code


class VehicleRecall(ScopedModel):
    """One VIN of a campaign: open until a work order closes it. Its vehicle is None until we know one with that VIN."""

    unit_path = "recall__unit_id"
    shared_with_descendants = True

    recall = models.ForeignKey(Recall, models.CASCADE, related_name="vins")
    vin = models.CharField(max_length=17)
    vehicle = models.ForeignKey(Vehicle, models.SET_NULL, null=True, blank=True, related_name="recalls")
    closed_on = models.DateField(null=True, blank=True)
    closing_reference = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["recall", "vin"], name="vehicles_recall_vin_once"),
        ]
        indexes = [models.Index(fields=["vin"], name="vehicles_recall_vin", condition=Q(vehicle__isnull=True))]


class Due(UnitModel):
    """What a vehicle is due for, kept up to date by `services.recompute_dues`. One row for each time it comes round."""

    shared_with_descendants = True

    vehicle = models.ForeignKey(Vehicle, models.CASCADE, related_name="dues")
    kind = models.CharField(max_length=10, choices=DueKind)
    cycle = models.CharField(max_length=40)  # names which time: the same row while only its forecast changes
    recall = models.ForeignKey(VehicleRecall, models.CASCADE, null=True, blank=True, related_name="+")
    place = models.ForeignKey(Unit, models.SET_NULL, null=True, blank=True, related_name="+")  # where it was last
    due_on = models.DateField()
    earliest = models.DateField(null=True, blank=True)
    latest = models.DateField(null=True, blank=True)
    expected_on = models.DateField(null=True, blank=True)  # when it will probably come, by its habit
    reason = models.CharField(max_length=20, choices=DueReason)
    counted_from = models.DateField(null=True, blank=True)
    km_due = models.PositiveIntegerField(null=True, blank=True)
    km_a_year = models.PositiveIntegerField(null=True, blank=True)
    interval_km = models.PositiveIntegerField(null=True, blank=True)
    interval_months = models.PositiveSmallIntegerField(null=True, blank=True)
    is_assumed = models.BooleanField(default=False)  # counted from the first registration: nothing later is known
    state = models.CharField(max_length=8, choices=DueState, default=DueState.OPEN)
    closed_on = models.DateField(null=True, blank=True)
    recomputed_at = models.DateTimeField()  # when it last changed

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["vehicle", "kind", "cycle"], name="vehicles_due_once"),
            models.CheckConstraint(
                name="vehicles_due_closed_iff",
                condition=Q(state=DueState.OPEN, closed_on__isnull=True)
                | (~Q(state=DueState.OPEN) & Q(closed_on__isnull=False)),
            ),
        ]
        indexes = [
            models.Index(fields=["due_on", "id"], name="vehicles_due_open", condition=Q(state=DueState.OPEN)),
            models.Index(
                fields=["kind", "due_on", "id"], name="vehicles_due_of_kind", condition=Q(state=DueState.OPEN)
            ),
        ]
