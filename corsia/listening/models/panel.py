"""Panels: customers drawn by lot from the services that make four fifths of what was done."""

from django.db import models
from django.db.models import F, Q

from corsia.listening.models.plan import ListeningPlan
from corsia.listening.vocabulary import PanelSegment
from corsia.organisation.models import Person, UnitModel


class Panel(UnitModel):
    """Whom one plan asks: so many, drawn from the services of a period in proportion to what was done of each.

    The draw can be told again: the lot of an event is a digest of the seed and the event's number.
    """

    plan = models.OneToOneField(ListeningPlan, models.CASCADE, related_name="panel")
    since = models.DateField()
    until = models.DateField()  # the last day
    size = models.PositiveIntegerField()
    seed = models.PositiveIntegerField()
    services_done = models.PositiveIntegerField(default=0)  # in all, the untypical ones too
    drawn_at = models.DateTimeField(null=True, blank=True)  # None: the job has not come to it yet
    asked_for_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    asked_for_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="listening_panel_days", condition=Q(until__gte=F("since"))),
            models.CheckConstraint(name="listening_panel_size", condition=Q(size__gte=1)),
        ]
        indexes = [models.Index(fields=["-asked_for_at", "-id"], name="listening_panels_latest")]


class PanelStratum(UnitModel):
    """One typical service of one branch for one segment: how often it was done, and how many are to be asked."""

    panel = models.ForeignKey(Panel, models.CASCADE, related_name="strata")
    service = models.CharField(max_length=200)  # see queries.typical
    segment = models.CharField(max_length=10, choices=PanelSegment)
    volume = models.PositiveIntegerField()
    wanted = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["panel", "unit", "service", "segment"], name="listening_stratum_once")
        ]
