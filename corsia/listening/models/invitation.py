"""Who is asked, when, and why not."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from corsia.cases.models import Case
from corsia.customers.models import Customer
from corsia.listening.models.plan import ListeningPlan
from corsia.listening.models.questionnaire import QuestionnaireVersion
from corsia.listening.vocabulary import AskedBy, CancelReason
from corsia.organisation.models import Person, UnitModel
from corsia.organisation.vocabulary import Language
from corsia.vehicles.models import Vehicle


def only_mail() -> list[str]:
    """Return the ways of asking where nobody chose any."""
    return [AskedBy.EMAIL.value]


class SurveySettings(UnitModel):
    """How the closing survey works for a unit and everything below it, unless a lower unit has its own."""

    shared_with_descendants = True

    is_on = models.BooleanField(default=True)
    pause_days = models.PositiveSmallIntegerField(default=60)  # nobody is surveyed twice within so many days
    send_after_minutes = models.PositiveIntegerField(default=60)  # by the clock, not in working time
    expires_after_days = models.PositiveSmallIntegerField(default=21)
    detractor_at_most = models.PositiveSmallIntegerField(default=6)  # up to this score somebody calls back
    brand_color = models.CharField(max_length=7, default="#2450d8")  # of the public page
    channels = ArrayField(models.CharField(max_length=10, choices=AskedBy), default=only_mail)  # tried in this order
    whatsapp_text = models.CharField(max_length=120, blank=True)  # name of the approved text that invites
    whatsapp_reminder = models.CharField(max_length=120, blank=True)  # of the one that reminds
    reminders = models.PositiveSmallIntegerField(default=0)  # of the survey at the closing of a case
    remind_after_days = models.PositiveSmallIntegerField(default=5)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["unit"], name="listening_settings_once"),
            models.CheckConstraint(name="listening_settings_detractor_range", condition=Q(detractor_at_most__lte=10)),
            models.CheckConstraint(
                name="listening_settings_reminders", condition=Q(reminders__lte=2, remind_after_days__range=(1, 60))
            ),
        ]


class Invitation(UnitModel):
    """One customer asked about one event: a closed case, or what a plan follows. Delay is data: `send_after`.

    The link's token is derived from the id and the installation's key (see links.py), so nothing secret is stored here.
    """

    case = models.ForeignKey(Case, models.PROTECT, null=True, blank=True, related_name="+")
    plan = models.ForeignKey(  # None: the survey at the closing of a case
        ListeningPlan,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="invitations",
        db_index=False,  # found by listening_invited_once_per_event
    )
    occasion_id = models.BigIntegerField(null=True, blank=True)  # the row the event is about, by the plan's occasion
    happened_at = models.DateTimeField(null=True, blank=True)  # the event
    follows = models.OneToOneField(  # asked once more, after the remedy
        "listening.Loop", models.PROTECT, null=True, blank=True, related_name="after"
    )
    version = models.ForeignKey(  # what is asked; None: the shipped closing survey
        QuestionnaireVersion, models.PROTECT, null=True, blank=True, related_name="+"
    )
    stratum = models.ForeignKey(  # of the panel for which the customer was drawn
        "listening.PanelStratum", models.SET_NULL, null=True, blank=True, related_name="invitations", db_index=False
    )
    vehicle = models.ForeignKey(Vehicle, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False)
    customer = models.ForeignKey(  # found by listening_of_customer
        Customer, models.PROTECT, related_name="+", db_index=False
    )
    assignee = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")  # who had closed the case
    language = models.CharField(max_length=2, choices=Language)
    created_at = models.DateTimeField()
    send_after = models.DateTimeField()
    expires_at = models.DateTimeField()
    channel = models.CharField(max_length=10, choices=AskedBy, default=AskedBy.EMAIL, db_default="email")
    passed_over = models.CharField(max_length=200, blank=True, db_default="")  # "whatsapp=no_consent": why not by it
    sent_at = models.DateTimeField(null=True, blank=True)
    remind_at = models.DateTimeField(null=True, blank=True)  # the next reminder, while one is to come
    reminders_sent = models.PositiveSmallIntegerField(default=0, db_default=0)
    reminder_why = models.CharField(max_length=60, blank=True, db_default="")  # why the last one did not leave
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancel_reason = models.CharField(max_length=16, choices=CancelReason, blank=True)
    cancel_detail = models.CharField(max_length=200, blank=True)  # what the check said, in the words of that day

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case"], name="listening_invited_once_per_case", condition=Q(plan=None, follows=None)
            ),
            models.UniqueConstraint(
                fields=["plan", "occasion_id"], name="listening_invited_once_per_event", condition=Q(plan__isnull=False)
            ),
            models.CheckConstraint(
                name="listening_invited_about_something",
                condition=Q(case__isnull=False) | Q(plan__isnull=False) | Q(follows__isnull=False),
            ),
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
            models.Index(fields=["remind_at"], name="listening_remind", condition=Q(remind_at__isnull=False)),
            models.Index(fields=["customer", "-created_at"], name="listening_of_customer"),
            models.Index(fields=["-created_at", "-id"], name="listening_latest"),
            models.Index(fields=["stratum"], name="listening_of_stratum", condition=Q(stratum__isnull=False)),
            # Whole, so that those sent are counted without opening their rows; what is queued is not in it yet.
            models.Index(
                fields=["unit", "sent_at"],
                include=["version"],
                name="listening_sent",
                condition=Q(sent_at__isnull=False),
            ),
        ]
