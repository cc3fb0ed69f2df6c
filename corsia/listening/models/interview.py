"""Interviews on the phone, by keypad or by one of us: how a questionnaire is asked, every attempt, the keys pressed."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from corsia.cases.models import Case
from corsia.customers.models import Customer
from corsia.kernel.models import Blob, ScopedModel
from corsia.listening.models.invitation import Invitation
from corsia.listening.models.questionnaire import Questionnaire, QuestionnaireVersion
from corsia.listening.models.response import Response
from corsia.listening.vocabulary import CallPurpose, InterviewOutcome, InterviewWay, Slot
from corsia.messaging.models import ChannelAccount
from corsia.organisation.models import Person, UnitModel


class InterviewSetup(ScopedModel):
    """How a questionnaire is asked by telephone, wherever it is used."""

    unit_path = "questionnaire__unit_id"
    shared_with_descendants = True

    questionnaire = models.OneToOneField(Questionnaire, models.CASCADE, related_name="interview_setup")
    most_attempts = models.PositiveSmallIntegerField(default=3)
    slots = ArrayField(models.CharField(max_length=10, choices=Slot), default=list)  # in which somebody is called
    hours_between = models.PositiveSmallIntegerField(default=3)  # at least, from one attempt to the next
    ring_seconds = models.PositiveSmallIntegerField(default=25)
    share_b_pct = models.PositiveSmallIntegerField(default=0)  # of the calls hear script B

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="listening_setup_ranges",
                condition=Q(most_attempts__range=(1, 9), share_b_pct__lte=100, ring_seconds__range=(10, 60)),
            )
        ]


class InterviewWords(ScopedModel):
    """What script A or B says otherwise than usual, or in a recorded voice."""

    unit_path = "setup__questionnaire__unit_id"
    shared_with_descendants = True

    setup = models.ForeignKey(InterviewSetup, models.CASCADE, related_name="words")
    script = models.CharField(max_length=1)  # A or B
    language = models.CharField(max_length=2)
    prompt = models.CharField(max_length=90)  # key of rules.interviews.Prompt
    text = models.TextField(blank=True)  # "": as usual
    sound = models.ForeignKey(Blob, models.PROTECT, null=True, blank=True, related_name="+")  # said instead of the text
    media_type = models.CharField(max_length=40, blank=True)
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["setup", "script", "language", "prompt"], name="listening_words_once"),
            models.CheckConstraint(name="listening_words_script", condition=Q(script__in=("A", "B"))),
        ]


class Interview(UnitModel):
    """One attempt to interview one person by keypad or in person, or one caller whom somebody of ours transferred."""

    version = models.ForeignKey(QuestionnaireVersion, models.PROTECT, related_name="+")
    way = models.CharField(max_length=8, choices=InterviewWay)
    invitation = models.ForeignKey(Invitation, models.PROTECT, null=True, blank=True, related_name="interviews")
    customer = models.ForeignKey(Customer, models.SET_NULL, null=True, blank=True, related_name="+")
    case = models.ForeignKey(Case, models.SET_NULL, null=True, blank=True, related_name="+")
    attempt = models.PositiveSmallIntegerField(default=1)
    slot = models.CharField(max_length=10, choices=Slot, blank=True)  # "": outside all, only of transferred callers
    script = models.CharField(max_length=1, default="A")
    language = models.CharField(max_length=2, default="it")
    account = models.ForeignKey(ChannelAccount, models.PROTECT, null=True, blank=True, related_name="+")  # the line
    provider_id = models.CharField(max_length=64, blank=True)  # of the call
    planned_at = models.DateTimeField()
    placed_at = models.DateTimeField(null=True, blank=True)  # given to the line, whatever became of it
    answered_at = models.DateTimeField(null=True, blank=True)  # somebody heard the greeting
    ended_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=10, choices=InterviewOutcome, blank=True, default="")
    detail = models.CharField(max_length=200, blank=True)  # why it was not made or found no connection, as a code
    purpose = models.CharField(max_length=12, choices=CallPurpose, blank=True, default="")  # kept once they agreed
    response = models.OneToOneField(Response, models.SET_NULL, null=True, blank=True, related_name="interview")
    begun_by = models.ForeignKey(  # who transferred, or who asks
        Person, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    held_until = models.DateTimeField(null=True, blank=True)  # by `begun_by`: nobody else gets this call before
    is_wished = models.BooleanField(default=False, db_default=False)  # the customer named this time
    agreed_at = models.DateTimeField(null=True, blank=True)  # to what one of us read out; only then is anything kept
    note = models.CharField(max_length=300, blank=True, db_default="")  # of one of us, for the next attempt

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["invitation", "attempt"], name="listening_attempt_once", condition=Q(invitation__isnull=False)
            ),
            models.UniqueConstraint(
                fields=["account", "provider_id"],
                name="listening_interview_of_call",
                condition=Q(way=InterviewWay.TRANSFER) & ~Q(outcome=InterviewOutcome.FAILED),
            ),
            models.CheckConstraint(
                name="listening_called_when_invited",
                condition=Q(way=InterviewWay.TRANSFER) | Q(invitation__isnull=False),
            ),
            models.CheckConstraint(
                name="listening_kept_when_agreed", condition=Q(purpose="") | Q(answered_at__isnull=False)
            ),
        ]
        indexes = [
            models.Index(fields=["planned_at"], name="listening_attempt_due", condition=Q(placed_at=None, outcome="")),
            models.Index(fields=["placed_at"], name="listening_call_open", condition=Q(ended_at=None, outcome="")),
            models.Index(fields=["unit", "-planned_at"], name="listening_interview_latest"),
            models.Index(fields=["customer", "-planned_at"], name="listening_interview_of"),
        ]


class InterviewKey(ScopedModel):
    """A key of somebody who agreed, at its turn of the call. Turns are counted from 0, those before agreeing too."""

    unit_path = "interview__unit_id"

    interview = models.ForeignKey(Interview, models.CASCADE, related_name="keys", db_index=False)
    turn = models.PositiveSmallIntegerField()
    pressed = models.CharField(max_length=2)  # "-" for silence
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["interview", "turn"], name="listening_key_once")]
