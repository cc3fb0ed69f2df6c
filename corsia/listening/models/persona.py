"""Personas: the kinds of customer we think of when a touchpoint is drawn, and what they expect there."""

from django.db import models

from corsia.kernel.models import ScopedModel
from corsia.listening.models.journey import Touchpoint
from corsia.listening.vocabulary import Population
from corsia.organisation.models import UnitModel


class Persona(UnitModel):
    """An invented customer who stands for many; never a real one."""

    shared_with_descendants = True

    name = models.CharField(max_length=60)
    portrait = models.CharField(max_length=200, blank=True)  # who this is, in a line
    population = models.CharField(max_length=16, choices=Population, default=Population.RETAIL)
    goals = models.TextField(blank=True)  # one a line
    frustrations = models.TextField(blank=True)  # one a line
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["unit", "name"], name="listening_persona_once")]


class PersonaMoment(ScopedModel):
    """A touchpoint that matters to a persona, and what they expect there."""

    unit_path = "persona__unit_id"
    shared_with_descendants = True

    persona = models.ForeignKey(Persona, models.CASCADE, related_name="moments")
    touchpoint = models.ForeignKey(Touchpoint, models.PROTECT, related_name="moments")
    expects = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["persona", "touchpoint"], name="listening_moment_once")]
