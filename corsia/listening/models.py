"""Invitations to the closing survey and the answers."""

from django.db import models
from django.db.models import Q

from corsia.cases.models import Case
from corsia.customers.models import Customer
from corsia.kernel.models import ScopedModel
from corsia.organisation.models import Person, UnitModel
from corsia.organisation.vocabulary import Language


class SurveySettings(UnitModel):
    """How the closing survey works for a unit and everything below it, unless a lower unit has its own."""

    shared_with_descendants = True

    is_on = models.BooleanField(default=True)
    pause_days = models.PositiveSmallIntegerField(default=60)  # nobody is surveyed twice within so many days
    send_after_minutes = models.PositiveIntegerField(default=60)
    expires_after_days = models.PositiveSmallIntegerField(default=21)
    detractor_at_most = models.PositiveSmallIntegerField(default=6)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["unit"], name="listening_settings_once")]


class Invitation(UnitModel):
    """One customer asked about one closed case. Delay is data: `send_after` is visible and can be cancelled."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+")
    assignee = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")  # who had closed the case
    language = models.CharField(max_length=2, choices=Language)
    token_digest = models.BinaryField(max_length=32, unique=True)
    token_secret = models.CharField(max_length=60, blank=True)  # kept only until the mail is written, then emptied
    created_at = models.DateTimeField()
    send_after = models.DateTimeField()
    expires_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancel_reason = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case"], name="listening_invited_once_per_case")]
        indexes = [
            models.Index(
                fields=["send_after"], name="listening_invitation_due", condition=Q(sent_at=None, cancelled_at=None)
            ),
            models.Index(fields=["customer", "-created_at"], name="listening_of_customer"),
        ]


class Answer(ScopedModel):
    """What a customer answered: recommendation from 0 to 10 and, if they like, words. Given once, never changed."""

    unit_path = "invitation__unit_id"

    invitation = models.OneToOneField(Invitation, models.PROTECT, related_name="answer")
    score = models.PositiveSmallIntegerField()
    text = models.TextField(blank=True)
    wants_callback = models.BooleanField(default=False)
    answered_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(name="listening_score_range", condition=Q(score__lte=10))]
