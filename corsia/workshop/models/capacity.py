"""Capacity: workshops, who works in them, their bays and courtesy cars, and what of it was there on a past day."""

from django.db import models
from django.db.models import F, Q

from corsia.organisation.models import Person, UnitModel
from corsia.workshop.vocabulary import BayKind


class Workshop(UnitModel):
    """A unit that takes vehicles in, and how it plans. Its hours are those of the unit."""

    grain_minutes = models.PositiveSmallIntegerField(default=15)  # of its diary
    hold_minutes = models.PositiveSmallIntegerField(default=10)  # how long a slot is kept for who looks at it
    horizon_days = models.PositiveSmallIntegerField(default=60)
    notice_hours = models.PositiveSmallIntegerField(default=24)  # how long before customers may book on the web
    is_online = models.BooleanField(default=False)
    applies_nights = models.BooleanField(default=False)  # what the night finds is carried out without being asked
    night_planned_on = models.DateField(null=True, blank=True)  # the last day whose night was planned
    drivers = models.PositiveSmallIntegerField(default=0)  # who fetch vehicles at home; 0: that is not offered
    drive_minutes = models.PositiveSmallIntegerField(default=45)  # there and back, for one fetch or one return
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["unit"], name="workshop_one_of_a_unit"),
            models.CheckConstraint(name="workshop_grain", condition=Q(grain_minutes__in=(5, 10, 15, 30))),
        ]


class Technician(UnitModel):
    """Somebody who works on vehicles in one workshop; skills and absences are the person's own."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField(default=0)  # in the plan
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=Q(is_active=True), name="workshop_technician_in_one_workshop"
            ),
        ]
        indexes = [models.Index(fields=["unit", "position"], name="workshop_technicians_of")]


class Bay(UnitModel):
    """A place where a vehicle is worked on."""

    name = models.CharField(max_length=40)
    kind = models.CharField(max_length=14, choices=BayKind)
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["unit", "name"], name="workshop_bay_once")]


class CourtesyCar(UnitModel):
    """A car lent to a customer while theirs is here."""

    name = models.CharField(max_length=80)
    plate = models.CharField(max_length=12)
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["unit", "plate"], name="workshop_courtesycar_once")]


class CapacityDay(UnitModel):
    """How long a technician, a bay or a courtesy car was there on a day that is over, by the calendar of that day.

    Of a technician it is the workshop's working time less their absences, of a bay or a car the working time. Days off
    have a row too, with no time: what is worked on them counts all the same.
    """

    day = models.DateField()  # of the workshop's own clock
    technician = models.ForeignKey(Technician, models.CASCADE, null=True, blank=True, related_name="+")
    bay = models.ForeignKey(Bay, models.CASCADE, null=True, blank=True, related_name="+")
    car = models.ForeignKey(CourtesyCar, models.CASCADE, null=True, blank=True, related_name="+")
    open_seconds = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "day", "technician", "bay", "car"],
                name="workshop_capacityday_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="workshop_capacityday_of_one",
                condition=Q(technician__isnull=False, bay__isnull=True, car__isnull=True)
                | Q(technician__isnull=True, bay__isnull=False, car__isnull=True)
                | Q(technician__isnull=True, bay__isnull=True, car__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["technician", "day"], name="workshop_days_of_technician", condition=Q(technician__isnull=False)
            ),
            models.Index(fields=["bay", "day"], name="workshop_days_of_bay", condition=Q(bay__isnull=False)),
            models.Index(fields=["car", "day"], name="workshop_days_of_car", condition=Q(car__isnull=False)),
            models.Index(F("id") * -1, name="workshop_days_by_minus_id"),  # their key among the hours; see datasets.py
        ]
