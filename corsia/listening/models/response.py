"""Responses: what somebody answered, page by page, and each answer by itself."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from corsia.cases.models import Case
from corsia.customers.models import Customer
from corsia.listening.models.invitation import Invitation
from corsia.listening.models.journey import Touchpoint
from corsia.listening.models.plan import ListeningPlan
from corsia.listening.models.questionnaire import QuestionnaireVersion
from corsia.listening.vocabulary import AnswerChannel
from corsia.organisation.models import UnitModel


class Response(UnitModel):
    """What one person answered to one questionnaire. It counts from its first answer on, complete or not.

    `score`, `text` and `wants_callback` are what it says in short, taken from its items by their roles.
    """

    invitation = models.OneToOneField(Invitation, models.PROTECT, null=True, blank=True, related_name="response")
    version = models.ForeignKey(  # None: the shipped closing survey
        QuestionnaireVersion, models.PROTECT, null=True, blank=True, related_name="+"
    )
    plan = models.ForeignKey(  # None: asked by no plan, at the closing of a case or after a remedy
        ListeningPlan, models.PROTECT, null=True, blank=True, related_name="responses"
    )
    touchpoint = models.ForeignKey(Touchpoint, models.PROTECT, null=True, blank=True, related_name="+")
    customer = models.ForeignKey(Customer, models.SET_NULL, null=True, blank=True, related_name="+")
    case = models.ForeignKey(Case, models.SET_NULL, null=True, blank=True, related_name="+")
    # When the invitation left, said again: who answered of all who were invited is then counted without joining them.
    invited_at = models.DateTimeField(null=True, blank=True)
    channel = models.CharField(max_length=10, choices=AnswerChannel, default=AnswerChannel.EMAIL)
    language = models.CharField(max_length=2, default="it")
    score = models.PositiveSmallIntegerField(null=True, blank=True)  # recommendation, 0 to 10
    text = models.TextField(blank=True)
    wants_callback = models.BooleanField(default=False)
    started_at = models.DateTimeField()
    answered_at = models.DateTimeField()  # the latest answer
    completed_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)  # told to the others: complete, or left for good
    device = models.CharField(max_length=64, blank=True)  # a hash: tells many answers of one device apart from many

    class Meta:
        constraints = [
            models.CheckConstraint(name="listening_score_range", condition=Q(score__isnull=True) | Q(score__lte=10)),
            models.CheckConstraint(
                name="listening_complete_is_settled", condition=Q(completed_at=None) | Q(settled_at__isnull=False)
            ),
        ]
        indexes = [
            models.Index(fields=["-answered_at", "-id"], name="listening_answer_latest"),
            # Whole, so that a hundred thousand answers are counted without opening their rows.
            models.Index(
                fields=["unit", "answered_at"],
                include=["score", "version", "channel", "invitation", "invited_at"],
                name="listening_answer_at",
            ),
            models.Index(
                fields=["unit", "answered_at"],
                include=["version", "channel"],
                name="listening_answer_words",
                condition=~Q(text=""),
            ),
            models.Index(fields=["answered_at"], name="listening_unsettled", condition=Q(settled_at=None)),
            models.Index(fields=["customer", "-answered_at"], name="listening_answer_of"),
        ]


class ResponseItem(UnitModel):
    """The answer to one question, or to one row of a matrix ("question.row").

    Its unit is its response's, said again: millions of them are read behind the second wall, each by itself.
    """

    response = models.ForeignKey(Response, models.CASCADE, related_name="items")
    question = models.CharField(max_length=81)
    series = models.PositiveSmallIntegerField(default=1)
    number = models.SmallIntegerField(null=True, blank=True)  # on the scale of the question; 1 and 0 for yes and no
    text = models.TextField(blank=True)
    choices = ArrayField(models.SlugField(max_length=40), default=list, blank=True)
    is_low = models.BooleanField(default=False)  # so bad that the customer is asked what happened
    answered_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["response", "question"], name="listening_answered_once")]
        indexes = [
            models.Index(fields=["question", "answered_at"], name="listening_item_question"),
            models.Index(fields=["answered_at"], name="listening_low_items", condition=Q(is_low=True)),
        ]
