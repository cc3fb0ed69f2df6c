"""Invitations to the closing survey and the answers."""

from django.db import models
from django.db.models import Q

from corsia.cases.models import Case
from corsia.customers.models import Customer
from corsia.kernel.models import ScopedModel
from corsia.listening.vocabulary import CancelReason
from corsia.organisation.models import Person, UnitModel
from corsia.organisation.vocabulary import Language


class SurveySettings(UnitModel):
    """How the closing survey works for a unit and everything below it, unless a lower unit has its own."""

    shared_with_descendants = True

    is_on = models.BooleanField(default=True)
    pause_days = models.PositiveSmallIntegerField(default=60)  # nobody is surveyed twice within so many days
    send_after_minutes = models.PositiveIntegerField(default=60)  # by the clock, not in working time
    expires_after_days = models.PositiveSmallIntegerField(default=21)
    detractor_at_most = models.PositiveSmallIntegerField(default=6)  # up to this score somebody calls back
    brand_color = models.CharField(max_length=7, default="#2450d8")  # of the public page

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["unit"], name="listening_settings_once"),
            models.CheckConstraint(name="listening_settings_detractor_range", condition=Q(detractor_at_most__lte=10)),
        ]


class Invitation(UnitModel):
    """One customer asked about one closed case. Delay is data: `send_after` is visible and can be cancelled.

    The link's token is derived from the id and the installation's key (see links.py), so nothing secret is stored here.
    """

    case = models.ForeignKey(Case, models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+")
    assignee = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")  # who had closed the case
    language = models.CharField(max_length=2, choices=Language)
    created_at = models.DateTimeField()
    send_after = models.DateTimeField()
    expires_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancel_reason = models.CharField(max_length=16, choices=CancelReason, blank=True)
    cancel_detail = models.CharField(max_length=200, blank=True)  # what the check said, in the words of that day

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case"], name="listening_invited_once_per_case"),
            models.CheckConstraint(
                name="listening_cancelled_iff_reason",
                condition=Q(cancelled_at__isnull=True, cancel_reason="")
                | (Q(cancelled_at__isnull=False, sent_at__isnull=True) & ~Q(cancel_reason="")),
            ),
        ]
        indexes = [
            models.Index(
                fields=["send_after"], name="listening_invitation_due", condition=Q(sent_at=None, cancelled_at=None)
            ),
            models.Index(fields=["customer", "-created_at"], name="listening_of_customer"),
            models.Index(fields=["-created_at", "-id"], name="listening_latest"),
            models.Index(fields=["sent_at"], name="listening_sent", condition=Q(sent_at__isnull=False)),
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
        indexes = [models.Index(fields=["-answered_at", "-id"], name="listening_answer_latest")]
