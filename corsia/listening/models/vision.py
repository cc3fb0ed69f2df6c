"""The vision: what we promise customers, what makes us unlike others, and what others do."""

from django.db import models

from corsia.listening.models.journey import Touchpoint
from corsia.listening.vocabulary import Factor, PointFormat, Service, Standing
from corsia.organisation.models import Person, UnitModel


class Promise(UnitModel):
    """What a unit, and everything below it that has none of its own, promises its customers."""

    shared_with_descendants = True

    text_it = models.CharField(max_length=300)
    text_en = models.CharField(max_length=300, blank=True)
    changed_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["unit"], name="listening_promise_once")]


class Guideline(UnitModel):
    """What a factor of distinctiveness means for a service and a kind of place, and how we ask about it."""

    shared_with_descendants = True

    factor = models.CharField(max_length=10, choices=Factor)
    service = models.CharField(max_length=10, choices=Service, blank=True)  # "": every service
    point_format = models.CharField(max_length=10, choices=PointFormat, blank=True)  # "": every place
    text = models.CharField(max_length=300)
    question = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [models.Index(fields=["unit", "factor"], name="listening_guidelines_of")]


class Benchmark(UnitModel):
    """What a competitor does at a touchpoint, and how far we are from it."""

    shared_with_descendants = True

    competitor = models.CharField(max_length=80)
    touchpoint = models.ForeignKey(Touchpoint, models.PROTECT, related_name="benchmarks")
    practice = models.CharField(max_length=300)
    standing = models.CharField(max_length=6, choices=Standing)
    gap = models.CharField(max_length=300, blank=True)  # what we would have to change
    source = models.CharField(max_length=160)
    noted_on = models.DateField()
    noted_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["unit", "-noted_on", "-id"], name="listening_benchmarks_latest")]
