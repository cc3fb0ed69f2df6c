"""Estimates: what work would cost, said before anybody brings a vehicle, and what the customer answers."""

from django.db import models
from django.db.models import Q

from corsia.cases.models import Case
from corsia.customers.models import Customer
from corsia.kernel.models import ScopedModel
from corsia.organisation.models import Person, UnitModel
from corsia.vehicles.models import Vehicle
from corsia.workshop.models.catalogue import Job, Package
from corsia.workshop.models.visit import Visit
from corsia.workshop.vocabulary import EstimateState, LineKind


class Estimate(UnitModel):
    """What work on a vehicle would cost, until a day. Once it was sent nobody changes it."""

    number = models.PositiveIntegerField()  # per unit and year: what is printed is "P 2026/17"
    year = models.PositiveSmallIntegerField()
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+")
    vehicle = models.ForeignKey(Vehicle, models.PROTECT, null=True, blank=True, related_name="+")
    case = models.ForeignKey(Case, models.SET_NULL, null=True, blank=True, related_name="+")
    visit = models.ForeignKey(Visit, models.SET_NULL, null=True, blank=True, related_name="+")  # booked from it
    state = models.CharField(max_length=10, choices=EstimateState, default=EstimateState.DRAFT)
    valid_until = models.DateField()
    note = models.TextField(blank=True)  # to the customer
    made_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["unit", "year", "number"], name="workshop_estimate_number_once"),
            models.CheckConstraint(
                name="workshop_estimate_sent_iff_at",
                condition=Q(state=EstimateState.DRAFT, sent_at=None)
                | Q(state=EstimateState.WITHDRAWN)
                | Q(sent_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["unit", "state", "-made_at"], name="workshop_estimates_of"),
            models.Index(fields=["customer", "-made_at"], name="workshop_estimates_of_whom"),
        ]


class EstimateLine(ScopedModel):
    """Labour, a part or outside work with its price."""

    unit_path = "estimate__unit_id"

    estimate = models.ForeignKey(Estimate, models.CASCADE, related_name="lines")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=8, choices=LineKind)
    job = models.ForeignKey(Job, models.PROTECT, null=True, blank=True, related_name="+")
    package = models.ForeignKey(Package, models.PROTECT, null=True, blank=True, related_name="+")
    text = models.CharField(max_length=200)
    text_en = models.CharField(max_length=200, blank=True)  # "": the same
    quantity = models.DecimalField(max_digits=8, decimal_places=2, default=1)
    price_cents = models.PositiveIntegerField()  # of the whole line, VAT included

    class Meta:
        constraints = [models.UniqueConstraint(fields=["estimate", "position"], name="workshop_estimate_line_once")]

    def text_in(self, language: str) -> str:
        """Return what the line says in a language; what was typed by hand says the same in all."""
        return self.text_en if language.startswith("en") and self.text_en else self.text


class EstimateAnswer(ScopedModel):
    """What the customer said to an estimate, with what was shown, sealed: see rules/sealing.py."""

    unit_path = "estimate__unit_id"

    estimate = models.OneToOneField(Estimate, models.CASCADE, related_name="answer")
    shown = models.JSONField()  # verbatim
    is_approved = models.BooleanField()
    name = models.CharField(max_length=120)
    decided_at = models.DateTimeField()
    way = models.CharField(max_length=8)  # "link" or "desk"
    taken_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    digest = models.BinaryField(max_length=32)
