"""What a customer may claim and what we give of our own will: the legal warranty of a case, goodwill and its budget."""

from django.db import models
from django.db.models import F, Q

from corsia.cases.models.case import Case
from corsia.cases.vocabulary import GoodwillState
from corsia.kernel.models import Blob, ScopedModel
from corsia.organisation.models import Person, UnitModel
from corsia.organisation.vocabulary import Role


class LegalWarranty(ScopedModel):
    """What is known about the sale of the vehicle that a case is about; the clock itself is worked out from it."""

    unit_path = "case__unit_id"

    case = models.OneToOneField(Case, models.CASCADE, related_name="legal_warranty")
    delivered_on = models.DateField()
    is_used = models.BooleanField()
    is_consumer = models.BooleanField()
    is_reduced = models.BooleanField(default=False)  # to twelve months, agreed in `document`
    document = models.ForeignKey(Blob, models.PROTECT, null=True, blank=True, related_name="+")
    document_name = models.CharField(max_length=200, blank=True)
    defect_on = models.DateField(null=True, blank=True)
    stated_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    stated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="cases_warranty_reduced_in_writing",
                condition=Q(is_reduced=False)
                | Q(is_reduced=True, is_used=True, is_consumer=True, document__isnull=False),
            ),
            models.CheckConstraint(
                name="cases_warranty_defect_after_delivery",
                condition=Q(defect_on__isnull=True) | Q(defect_on__gte=F("delivered_on")),
            ),
        ]


class GoodwillBudget(UnitModel):
    """How much a unit, and what is below it without a budget of its own, may give away in a year. Money in cents."""

    year = models.PositiveSmallIntegerField()
    amount_cents = models.PositiveBigIntegerField()
    spent_cents = models.PositiveBigIntegerField(default=0)  # the sum of what was approved on it

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["unit", "year"], name="cases_goodwill_budget_once"),
            models.CheckConstraint(
                name="cases_goodwill_within_budget", condition=Q(spent_cents__lte=F("amount_cents"))
            ),
        ]


class GoodwillLimit(UnitModel):
    """Up to how much somebody with a role may approve at once, in a unit and below it."""

    shared_with_descendants = True

    role = models.CharField(max_length=20, choices=Role)
    limit_cents = models.PositiveBigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["unit", "role"], name="cases_goodwill_limit_once")]


class Goodwill(ScopedModel):
    """A sum asked for a customer. What was decided never changes: another sum is another row."""

    unit_path = "case__unit_id"

    case = models.ForeignKey(Case, models.CASCADE, related_name="goodwill")
    amount_cents = models.PositiveBigIntegerField()
    reason = models.CharField(max_length=300)
    asked_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    asked_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=GoodwillState, default=GoodwillState.ASKED)
    decided_by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_note = models.CharField(max_length=300, blank=True)
    budget = models.ForeignKey(GoodwillBudget, models.PROTECT, null=True, blank=True, related_name="approved")

    class Meta:
        constraints = [
            models.CheckConstraint(name="cases_goodwill_is_something", condition=Q(amount_cents__gt=0)),
            models.CheckConstraint(
                name="cases_goodwill_not_own",
                condition=Q(decided_by__isnull=True)
                | Q(state=GoodwillState.WITHDRAWN)
                | Q(asked_by__isnull=True)
                | ~Q(decided_by=F("asked_by")),
            ),
            models.CheckConstraint(
                name="cases_goodwill_decided",
                condition=Q(state=GoodwillState.ASKED, decided_at__isnull=True, budget__isnull=True)
                | Q(state=GoodwillState.APPROVED, decided_at__isnull=False, budget__isnull=False)
                | Q(
                    state__in=[GoodwillState.REFUSED, GoodwillState.WITHDRAWN],
                    decided_at__isnull=False,
                    budget__isnull=True,
                ),
            ),
        ]
        indexes = [
            models.Index(fields=["case", "id"], name="cases_goodwill_of"),
            models.Index(fields=["id"], name="cases_goodwill_waiting", condition=Q(state=GoodwillState.ASKED)),
        ]
