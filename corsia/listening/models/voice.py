"""What answers are about: the topics read in their words, and the words they are read by."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from corsia.customers.models import Customer
from corsia.listening.models.plan import ListeningPlan
from corsia.listening.models.response import Response
from corsia.listening.vocabulary import Band, Sign
from corsia.organisation.models import Person, UnitModel
from corsia.organisation.vocabulary import Language


class TopicWords(UnitModel):
    """The stems by which a unit and all below it recognise a topic in one language, where they wrote any."""

    shared_with_descendants = True

    topic = models.SlugField(max_length=40)
    language = models.CharField(max_length=2, choices=Language)
    about = ArrayField(models.CharField(max_length=80), default=list, blank=True)  # says nothing about good or bad
    plus = ArrayField(models.CharField(max_length=80), default=list, blank=True)
    minus = ArrayField(models.CharField(max_length=80), default=list, blank=True)
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["unit", "topic", "language"], name="listening_topic_words")]


class Reading(UnitModel):
    """That an answer's words were read, and by which words; also where nothing was recognised in them."""

    response = models.OneToOneField(Response, models.CASCADE, related_name="reading")
    edition = models.CharField(max_length=16)  # of the topics; another one is read anew
    read_at = models.DateTimeField()  # whoever goes on answering later is read anew
    corrected_at = models.DateTimeField(null=True, blank=True)  # somebody knows better: never read anew
    corrected_by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        indexes = [
            models.Index(fields=["edition"], name="listening_read_by", condition=Q(corrected_at=None)),
        ]


class ResponseTopic(UnitModel):
    """One topic of one answer. Its unit is its response's, as with ResponseItem."""

    response = models.ForeignKey(Response, models.CASCADE, related_name="topics")
    topic = models.SlugField(max_length=40)
    sign = models.CharField(max_length=5, choices=Sign, blank=True)  # "": spoken of, neither praised nor blamed
    words = models.CharField(max_length=200, blank=True)  # of the customer, by which it was recognised

    class Meta:
        constraints = [models.UniqueConstraint(fields=["response", "topic"], name="listening_topic_once")]
        indexes = [models.Index(fields=["topic", "response"], name="listening_topic_of")]


class WaveSegment(UnitModel):
    """What a wave told of a customer: their band in a plan that is over. The newest answer of each counts."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="+", db_index=False)
    plan = models.ForeignKey(ListeningPlan, models.CASCADE, related_name="segments")
    response = models.ForeignKey(Response, models.CASCADE, related_name="+")
    band = models.CharField(max_length=10, choices=Band)
    score = models.PositiveSmallIntegerField()
    answered_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["plan", "customer"], name="listening_segment_once")]
        indexes = [
            models.Index(fields=["customer", "-answered_at"], name="listening_segment_of"),
            models.Index(fields=["plan", "band", "customer"], name="listening_segment_in"),
        ]
