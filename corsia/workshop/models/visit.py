"""Visits: what a customer comes for, when, and whose hands and which bay it takes. The database refuses overlaps."""

from datetime import datetime, timedelta

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Q, Value
from django.utils.translation import gettext_lazy as _

from corsia.cases.models import Case
from corsia.customers.models import Customer
from corsia.kernel.models import ScopedModel
from corsia.kernel.ranges import Int8Range, TstzRange
from corsia.organisation.models import Person, Unit, UnitModel
from corsia.vehicles.models import Vehicle
from corsia.workshop.models.capacity import Bay, CourtesyCar, Technician
from corsia.workshop.models.catalogue import Job, JobStep, Package
from corsia.workshop.vocabulary import LAPSED, PRESENT_STATES, FetchKind, Source, VisitState


class Visit(UnitModel):
    """One coming of one vehicle to one workshop, from the moment a slot is held for it."""

    customer = models.ForeignKey(Customer, models.PROTECT, null=True, blank=True, related_name="+")
    vehicle = models.ForeignKey(Vehicle, models.PROTECT, null=True, blank=True, related_name="+")
    case = models.ForeignKey(Case, models.SET_NULL, null=True, blank=True, related_name="+")
    state = models.CharField(max_length=10, choices=VisitState)
    source = models.CharField(max_length=8, choices=Source, default=Source.DESK)
    wish = models.TextField(blank=True)  # in the customer's words
    is_waiting = models.BooleanField(default=False)  # the customer stays while the work is done
    drop_off_at = models.DateTimeField()
    promised_at = models.DateTimeField()  # when the customer may come for the vehicle
    held_until = models.DateTimeField(null=True, blank=True)
    reminded_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)  # done, cancelled or missed
    end_reason = models.CharField(max_length=200, blank=True)
    made_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")  # None: the customer
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="workshop_visit_order", condition=Q(promised_at__gt=F("drop_off_at"))),
            models.CheckConstraint(  # on the web a slot is held before anybody says who they are
                name="workshop_visit_of_somebody",
                condition=Q(customer__isnull=False) | Q(state__in=(VisitState.HELD, VisitState.CANCELLED)),
            ),
            models.CheckConstraint(
                name="workshop_visit_held_iff_until",
                condition=Q(state=VisitState.HELD, held_until__isnull=False)
                | (~Q(state=VisitState.HELD) & Q(held_until__isnull=True)),
            ),
            models.CheckConstraint(
                name="workshop_visit_ended_iff_at",
                condition=Q(state__in=PRESENT_STATES, ended_at__isnull=True)
                | (~Q(state__in=PRESENT_STATES) & Q(ended_at__isnull=False)),
            ),
            ExclusionConstraint(
                name="workshop_vehicle_in_one_place",
                expressions=[
                    (Int8Range("vehicle_id", "vehicle_id", Value("[]")), RangeOperators.OVERLAPS),
                    (TstzRange("drop_off_at", "promised_at", Value("[)")), RangeOperators.OVERLAPS),
                ],
                condition=Q(state__in=PRESENT_STATES, vehicle__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["unit", "drop_off_at"], name="workshop_visits_of_day"),
            models.Index(fields=["customer", "-drop_off_at"], name="workshop_visits_of_customer"),
            models.Index(fields=["held_until"], name="workshop_visits_held", condition=Q(state=VisitState.HELD)),
            models.Index(
                fields=["ended_at"],
                name="workshop_visits_lapsed",
                condition=Q(state=VisitState.CANCELLED, end_reason=LAPSED),
            ),
            models.Index(
                fields=["drop_off_at"],
                name="workshop_visits_to_remind",
                condition=Q(state=VisitState.BOOKED, reminded_at__isnull=True),
            ),
        ]

    @property
    def whose(self) -> str:
        """The customer's name; on the web a slot is held before anybody says who they are."""
        return self.customer.display_name if self.customer is not None else str(_("Somebody on the web"))


class VisitJob(ScopedModel):
    """A job of a visit at the price that was told."""

    unit_path = "visit__unit_id"

    visit = models.ForeignKey(Visit, models.CASCADE, related_name="jobs")
    job = models.ForeignKey(Job, models.PROTECT, related_name="+")
    package = models.ForeignKey(Package, models.PROTECT, null=True, blank=True, related_name="+")
    position = models.PositiveSmallIntegerField()
    price_cents = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["visit", "job"], name="workshop_visitjob_once")]


class Allocation(UnitModel):
    """A step of a visit's job in somebody's hands, in a bay, from an instant to an instant.

    Taken back or moved, its row goes or changes: what was planned before stands in the audit trail.
    """

    visit = models.ForeignKey(Visit, models.CASCADE, related_name="allocations")
    visit_job = models.ForeignKey(VisitJob, models.CASCADE, related_name="allocations")
    step = models.ForeignKey(JobStep, models.PROTECT, related_name="+")
    technician = models.ForeignKey(Technician, models.PROTECT, related_name="+")
    bay = models.ForeignKey(Bay, models.PROTECT, related_name="+")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="workshop_allocation_order", condition=Q(ends_at__gt=F("starts_at"))),
            models.UniqueConstraint(fields=["visit_job", "step"], name="workshop_allocation_once"),
            ExclusionConstraint(
                name="workshop_technician_one_at_a_time",
                expressions=[
                    (Int8Range("technician_id", "technician_id", Value("[]")), RangeOperators.OVERLAPS),
                    (TstzRange("starts_at", "ends_at", Value("[)")), RangeOperators.OVERLAPS),
                ],
            ),
            ExclusionConstraint(
                name="workshop_bay_one_at_a_time",
                expressions=[
                    (Int8Range("bay_id", "bay_id", Value("[]")), RangeOperators.OVERLAPS),
                    (TstzRange("starts_at", "ends_at", Value("[)")), RangeOperators.OVERLAPS),
                ],
            ),
        ]
        indexes = [models.Index(fields=["unit", "starts_at"], name="workshop_allocations_of_day")]


class Loan(UnitModel):
    """A courtesy car lent for a visit."""

    visit = models.OneToOneField(Visit, models.CASCADE, related_name="loan")
    car = models.ForeignKey(CourtesyCar, models.PROTECT, related_name="+")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="workshop_loan_order", condition=Q(ends_at__gt=F("starts_at"))),
            ExclusionConstraint(
                name="workshop_car_lent_once",
                expressions=[
                    (Int8Range("car_id", "car_id", Value("[]")), RangeOperators.OVERLAPS),
                    (TstzRange("starts_at", "ends_at", Value("[)")), RangeOperators.OVERLAPS),
                ],
            ),
        ]


class Fetch(UnitModel):
    """A driver's way to a customer's home and back: the vehicle is fetched there, or brought back."""

    visit = models.ForeignKey(Visit, models.CASCADE, related_name="fetches")
    kind = models.CharField(max_length=6, choices=FetchKind)
    driver = models.PositiveSmallIntegerField()  # of the workshop's drivers, counted from 1
    address = models.CharField(max_length=200, blank=True)  # as it was told; blank while the slot is only held
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="workshop_fetch_order", condition=Q(ends_at__gt=F("starts_at"))),
            models.CheckConstraint(name="workshop_fetch_driver", condition=Q(driver__gte=1)),
            models.UniqueConstraint(fields=["visit", "kind"], name="workshop_fetch_once"),
            ExclusionConstraint(
                name="workshop_driver_on_one_road",
                expressions=[
                    (Int8Range("unit_id", "unit_id", Value("[]")), RangeOperators.OVERLAPS),
                    (Int8Range("driver", "driver", Value("[]")), RangeOperators.OVERLAPS),
                    (TstzRange("starts_at", "ends_at", Value("[)")), RangeOperators.OVERLAPS),
                ],
            ),
        ]
        indexes = [models.Index(fields=["unit", "starts_at"], name="workshop_fetches_of_day")]

    @property
    def at_door(self) -> datetime:
        """About when the driver is at the customer's: half-way, to five minutes."""
        half_way = self.starts_at + (self.ends_at - self.starts_at) / 2
        return half_way - timedelta(minutes=half_way.minute % 5, seconds=half_way.second)


class DiaryChange(ScopedModel):
    """Something in the diary of a unit changed: a trigger writes a row, and what is kept in memory is read anew.

    How many there are and the highest number are a diary's version: numbers are never given twice, not even when a
    change is rolled back. Old rows are deleted.
    """

    unit = models.ForeignKey(Unit, models.CASCADE, related_name="+")
