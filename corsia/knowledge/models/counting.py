"""How often articles were read and helped, and what was searched in vain. Counts by day; nobody is remembered."""

from django.db import models
from django.db.models import Q

from corsia.knowledge.models.article import Article
from corsia.knowledge.vocabulary import Complaint, Source
from corsia.organisation.models import UnitModel
from corsia.organisation.vocabulary import Language


class ArticleDay(UnitModel):
    """What one article did on one day, in one language, at one place. The unit is where it was read."""

    article = models.ForeignKey(Article, models.CASCADE, related_name="+")
    day = models.DateField()
    language = models.CharField(max_length=2, choices=Language)
    source = models.CharField(max_length=4, choices=Source)
    views = models.PositiveIntegerField(default=0)
    useful = models.PositiveIntegerField(default=0)
    not_useful = models.PositiveIntegerField(default=0)
    used_in_reply = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["article", "unit", "day", "language", "source"], name="knowledge_day_once")
        ]
        indexes = [models.Index(fields=["day"], name="knowledge_day_day")]


class ComplaintDay(UnitModel):
    """How often on one day people said why an article had not helped."""

    article = models.ForeignKey(Article, models.CASCADE, related_name="+")
    day = models.DateField()
    reason = models.CharField(max_length=12, choices=Complaint)
    answers = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["article", "unit", "day", "reason"], name="knowledge_complaint_once")
        ]
        indexes = [models.Index(fields=["day"], name="knowledge_complaint_day")]


class SeenToday(models.Model):
    """That somebody read or judged an article today, as a keyed hash that means nothing tomorrow and is deleted."""

    day = models.DateField()
    digest = models.BinaryField(max_length=32)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["day", "digest"], name="knowledge_seen_once")]


class MissedSearch(UnitModel):
    """Words that found nothing: the article that is missing. Words only, nobody's."""

    language = models.CharField(max_length=2, choices=Language)
    words = models.CharField(max_length=80)  # folded, without numbers and addresses
    times = models.PositiveIntegerField(default=1)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    article = models.ForeignKey(Article, models.SET_NULL, null=True, blank=True, related_name="+")  # written from it
    dismissed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["unit", "language", "words"], name="knowledge_missed_once")]
        indexes = [
            models.Index(
                fields=["unit", "-times", "-id"],
                name="knowledge_missed_open",
                condition=Q(article=None, dismissed_at=None),
            ),
            models.Index(fields=["last_at"], name="knowledge_missed_old"),
        ]
