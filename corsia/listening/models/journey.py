"""The customer's journey with us: its touchpoints, and what was found out about them."""

from django.db import models
from django.db.models import Q

from corsia.kernel.models import ScopedModel
from corsia.listening.vocabulary import Instrument, LifeState, Sign, Stage
from corsia.organisation.models import Person, UnitModel


class Touchpoint(UnitModel):
    """A point at which customers meet us, in person or not."""

    shared_with_descendants = True

    key = models.SlugField(max_length=40)  # shipped touchpoints keep theirs
    name_it = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80)
    stage = models.CharField(max_length=10, choices=Stage)
    is_digital = models.BooleanField(default=False)
    is_moment_of_truth = models.BooleanField(default=False)  # here a customer is won or lost
    owner = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    state = models.CharField(max_length=10, choices=LifeState, default=LifeState.ACTIVE)
    review_months = models.PositiveSmallIntegerField(default=12)  # how often it is looked at anew
    reviewed_on = models.DateField(null=True, blank=True)
    position = models.PositiveSmallIntegerField(default=0)  # within its stage

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["unit", "key"], name="listening_touchpoint_key"),
            models.CheckConstraint(
                name="listening_touchpoint_rhythm", condition=Q(review_months__gte=1, review_months__lte=36)
            ),
        ]


class Finding(ScopedModel):
    """Something found out about a touchpoint, by whatever instrument: all rank together."""

    unit_path = "unit_id"

    unit = models.ForeignKey("organisation.Unit", models.PROTECT, related_name="+")
    touchpoint = models.ForeignKey(Touchpoint, models.PROTECT, related_name="findings")
    instrument = models.CharField(max_length=10, choices=Instrument)
    source_id = models.BigIntegerField(null=True, blank=True)  # of the visit, interview or session it comes from
    sign = models.CharField(max_length=5, choices=Sign)
    severity = models.PositiveSmallIntegerField()  # 1 to 5: how much it matters to customers
    title = models.CharField(max_length=160)
    quote = models.TextField(blank=True)  # in the words of whoever said it
    found_on = models.DateField()
    settled_on = models.DateField(null=True, blank=True)  # since when what was found no longer holds
    noted_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    noted_at = models.DateTimeField()
    # Bad answers to one question of a survey at a unit in a month are one finding, counted by a job.
    item = models.CharField(max_length=81, blank=True, default="", db_default="")
    month = models.DateField(null=True, blank=True)  # its first day
    times = models.PositiveIntegerField(default=1, db_default=1)  # how often it was found

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "touchpoint", "item", "month"],
                name="listening_low_item_once",
                condition=Q(settled_on=None, month__isnull=False),
            ),
            models.CheckConstraint(
                name="listening_low_item_of_month",
                condition=Q(month__isnull=True) | ~Q(item=""),
            ),
            models.CheckConstraint(name="listening_finding_severity", condition=Q(severity__gte=1, severity__lte=5)),
            models.CheckConstraint(
                name="listening_finding_settled_after",
                condition=Q(settled_on__isnull=True) | Q(settled_on__gte=models.F("found_on")),
            ),
        ]
        indexes = [
            models.Index(fields=["touchpoint", "-found_on"], name="listening_findings_of"),
            models.Index(fields=["unit", "-found_on", "-id"], name="listening_findings_latest"),
        ]
