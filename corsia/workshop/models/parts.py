"""Parts of a workshop: what lies there, what is kept for whom, what arrives when, and why the number changed."""

from django.db import models
from django.db.models import Q

from corsia.kernel.models import ScopedModel
from corsia.organisation.models import Person, UnitModel
from corsia.workshop.models.catalogue import Job
from corsia.workshop.models.order import OrderLine
from corsia.workshop.models.visit import Visit
from corsia.workshop.vocabulary import MovementKind, ReservationState


class Part(UnitModel):
    """A part that a workshop keeps. A code without a row is not kept here, and nothing is said of it."""

    code = models.CharField(max_length=40)
    name = models.CharField(max_length=120)
    # The sum of its movements. Below zero where more was used than was counted: to be counted anew.
    on_hand = models.DecimalField(max_digits=10, decimal_places=2, default=0)
    order_days = models.PositiveSmallIntegerField(null=True, blank=True)  # until it comes once ordered; None: unknown
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["unit", "code"], name="workshop_stock_once"),
            models.CheckConstraint(name="workshop_stock_days", condition=Q(order_days=None) | Q(order_days__lte=365)),
        ]


class PartArrival(ScopedModel):
    """Pieces that were ordered, with the day on which they are expected; over once they came or were called off."""

    unit_path = "part__unit_id"

    part = models.ForeignKey(Part, models.CASCADE, related_name="arrivals")
    quantity = models.DecimalField(max_digits=10, decimal_places=2)
    expected_on = models.DateField()
    note = models.CharField(max_length=80, blank=True)  # the number of the order at the supplier's
    made_at = models.DateTimeField()
    arrived_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="workshop_arrival_quantity", condition=Q(quantity__gt=0)),
            models.CheckConstraint(
                name="workshop_arrival_over_once", condition=Q(arrived_at=None) | Q(cancelled_at=None)
            ),
        ]
        indexes = [
            models.Index(
                fields=["part", "expected_on"],
                name="workshop_arrivals_awaited",
                condition=Q(arrived_at=None, cancelled_at=None),
            )
        ]


class PartReservation(ScopedModel):
    """Pieces kept for a job of a visit. A row is never taken back: it ends as used or as free again."""

    unit_path = "part__unit_id"

    part = models.ForeignKey(Part, models.PROTECT, related_name="reservations")
    visit = models.ForeignKey(Visit, models.CASCADE, related_name="parts_kept")
    job = models.ForeignKey(Job, models.PROTECT, related_name="+")
    quantity = models.DecimalField(max_digits=10, decimal_places=2)
    state = models.CharField(max_length=8, choices=ReservationState, default=ReservationState.KEPT)
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="workshop_kept_quantity", condition=Q(quantity__gt=0)),
            models.CheckConstraint(
                name="workshop_kept_until",
                condition=Q(state=ReservationState.KEPT, ended_at=None)
                | (~Q(state=ReservationState.KEPT) & Q(ended_at__isnull=False)),
            ),
            models.UniqueConstraint(
                fields=["part", "visit", "job"],
                condition=Q(state=ReservationState.KEPT),
                name="workshop_kept_once",
            ),
        ]
        indexes = [models.Index(fields=["visit"], name="workshop_parts_of_visit")]


class PartMovement(ScopedModel):
    """Why the number on hand changed: the ledger of a part. Rows are only added."""

    unit_path = "part__unit_id"

    part = models.ForeignKey(Part, models.CASCADE, related_name="movements")
    kind = models.CharField(max_length=8, choices=MovementKind)
    quantity = models.DecimalField(max_digits=10, decimal_places=2)  # what came, or, below zero, what went
    reason = models.CharField(max_length=200, blank=True)
    line = models.ForeignKey(OrderLine, models.SET_NULL, null=True, blank=True, related_name="+")
    made_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(name="workshop_movement_moves", condition=~Q(quantity=0))]
        indexes = [models.Index(fields=["part", "-id"], name="workshop_movements_of")]
