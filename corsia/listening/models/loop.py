"""The closed loop: an unhappy answer, a call about just that, a cause, a remedy, an end, and the question once more."""

from django.db import models
from django.db.models import Q

from corsia.cases.models import Case, Cause
from corsia.kernel.models import ScopedModel
from corsia.listening.models.response import Response
from corsia.listening.vocabulary import LoopOutcome
from corsia.organisation.models import Person, UnitModel


class Loop(UnitModel):
    """What is done about one unhappy response. Its case is not closed before the loop is."""

    response = models.OneToOneField(Response, models.PROTECT, related_name="loop")
    case = models.ForeignKey(Case, models.PROTECT, null=True, blank=True, related_name="+")
    level = models.PositiveSmallIntegerField(default=1)  # 2: the remedy did not help, and so on
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField()  # 48 hours later, by the clock
    called_at = models.DateTimeField(null=True, blank=True)
    called_by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    cause = models.ForeignKey(Cause, models.PROTECT, null=True, blank=True, related_name="+")
    root_cause = models.CharField(max_length=200, blank=True)
    remedy = models.CharField(max_length=300, blank=True)
    outcome = models.CharField(max_length=12, choices=LoopOutcome, blank=True)
    money_kept_cents = models.PositiveBigIntegerField(null=True, blank=True)  # euro cents, as stated; None: not known
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="listening_loop_closed_with_reason",
                condition=Q(closed_at__isnull=True, outcome="")
                | (Q(closed_at__isnull=False) & ~Q(outcome="") & ~Q(root_cause="") & ~Q(remedy="")),
            )
        ]
        indexes = [
            models.Index(fields=["due_at"], name="listening_loop_open", condition=Q(closed_at=None)),
            models.Index(fields=["unit", "-opened_at"], name="listening_loop_latest"),
            models.Index(fields=["case"], name="listening_loop_of_case", condition=Q(closed_at=None)),
        ]


class LoopItem(ScopedModel):
    """What the customer said in the call about one thing that they had judged badly."""

    unit_path = "loop__unit_id"

    loop = models.ForeignKey(Loop, models.CASCADE, related_name="items")
    question = models.CharField(max_length=81)
    said = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["loop", "question"], name="listening_loop_item_once")]
