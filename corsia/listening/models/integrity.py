"""What is doubtful about answers, what a person decided about it, and the words that beg for a score."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from corsia.listening.models.response import Response
from corsia.listening.vocabulary import Decision, Doubt
from corsia.organisation.models import Person, UnitModel


class IntegrityFlag(UnitModel):
    """One reason to doubt some answers of a unit. They count like all others until a person sets them aside."""

    kind = models.CharField(max_length=10, choices=Doubt)
    key = models.CharField(max_length=80)  # what it is about; while it is open, more of the same joins it
    since = models.DateTimeField()
    until = models.DateTimeField()
    seen = models.PositiveIntegerField()  # what was counted; its meaning is that of the kind
    of = models.PositiveIntegerField(default=0)
    usual = models.FloatField(null=True, blank=True)  # what was to be expected of `seen`
    chance = models.FloatField(null=True, blank=True)  # how often so much comes about by itself
    detail = models.CharField(max_length=200, blank=True)
    found_at = models.DateTimeField()
    decision = models.CharField(max_length=5, choices=Decision, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    note = models.CharField(max_length=400, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "kind", "key"], name="listening_doubt_once", condition=Q(decided_at=None)
            ),
            models.CheckConstraint(
                name="listening_decided_iff_decision",
                condition=Q(decided_at__isnull=True, decision="") | (Q(decided_at__isnull=False) & ~Q(decision="")),
            ),
        ]
        indexes = [
            models.Index(fields=["-found_at", "-id"], name="listening_doubts_latest"),
            models.Index(fields=["unit"], name="listening_set_aside", condition=Q(decision="aside")),
        ]


class FlaggedAnswer(UnitModel):
    """An answer that a flag is about."""

    flag = models.ForeignKey(IntegrityFlag, models.CASCADE, related_name="answers")
    response = models.ForeignKey(Response, models.CASCADE, related_name="doubts")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["flag", "response"], name="listening_flagged_once")]


class BeggingWords(UnitModel):
    """Which words in a message beg for a score, for a unit and everything below it without its own."""

    shared_with_descendants = True

    words = ArrayField(models.CharField(max_length=80), default=list, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["unit"], name="listening_begging_once")]


class IntegrityRun(models.Model):
    """Up to which instant answers were looked at."""

    until = models.DateTimeField()
    flagged = models.PositiveIntegerField(default=0)
