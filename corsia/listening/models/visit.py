"""Mystery visits: somebody comes as a customer and fills in a grid, with photos."""

from django.db import models
from django.db.models import Q

from corsia.kernel.models import Blob, ScopedModel
from corsia.listening.models.journey import Touchpoint
from corsia.organisation.models import Person, UnitModel


class MysteryVisit(UnitModel):
    """One visit to a unit. It comes once, however often a telephone sends it: `key` is made where it is filled in."""

    touchpoint = models.ForeignKey(Touchpoint, models.PROTECT, related_name="+")
    grid = models.SlugField(max_length=40)  # key of a shipped grid
    key = models.CharField(max_length=64)
    visited_on = models.DateField()
    visitor = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    summary = models.TextField(blank=True)
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["unit", "key"], name="listening_visit_once")]
        indexes = [models.Index(fields=["unit", "-visited_on", "-id"], name="listening_visits_latest")]


class VisitItem(ScopedModel):
    """What was seen on one line of the grid."""

    unit_path = "visit__unit_id"

    visit = models.ForeignKey(MysteryVisit, models.CASCADE, related_name="items")
    item = models.SlugField(max_length=40)
    yes = models.BooleanField(null=True, blank=True)
    score = models.PositiveSmallIntegerField(null=True, blank=True)  # 1 to 5
    note = models.TextField(blank=True)
    photo = models.ForeignKey(Blob, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["visit", "item"], name="listening_visit_item_once"),
            models.CheckConstraint(
                name="listening_visit_score", condition=Q(score__isnull=True) | Q(score__gte=1, score__lte=5)
            ),
        ]
