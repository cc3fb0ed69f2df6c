"""The action: its card, the units it is done in, its KPI set with readings, and the evidence."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from corsia.improvement.models.group import Group, MacroAction
from corsia.improvement.vocabulary import AXIS, ENDED_STATES, ActionState, CustomerSegment, Direction
from corsia.kernel.models import Blob
from corsia.kernel.scope import ScopedModel
from corsia.organisation.models import Person, Unit, UnitModel


class Action(UnitModel):
    """Something that is done so that customers suffer less, with an owner, a day and a measure."""

    shared_with_descendants = True

    group = models.ForeignKey(Group, models.PROTECT, null=True, blank=True, related_name="actions")
    macro = models.ForeignKey(MacroAction, models.SET_NULL, null=True, blank=True, related_name="actions")
    title = models.CharField(max_length=160)
    description = models.TextField(blank=True)
    owner = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    segments = ArrayField(models.CharField(max_length=20, choices=CustomerSegment), default=list, blank=True)
    benefit = models.PositiveSmallIntegerField(null=True, blank=True)  # 0 to 10
    constraint = models.PositiveSmallIntegerField(null=True, blank=True)  # 0 none to 10: cost, time, dependence
    state = models.CharField(max_length=10, choices=ActionState, default=ActionState.IDEA)
    begins_on = models.DateField(null=True, blank=True)  # what was measured before that day is "before"
    due_on = models.DateField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    touchpoint = models.CharField(max_length=80, blank=True)  # key of the point of the journey it changes
    cents_per_point = models.PositiveBigIntegerField(null=True, blank=True)  # what a point of its first KPI is worth
    worth_because = models.CharField(max_length=300, blank=True)  # where that figure comes from
    cost_cents = models.PositiveBigIntegerField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="improvement_action_on_the_axes",
                condition=Q(benefit__isnull=True, constraint__isnull=True) | Q(benefit__lte=AXIS, constraint__lte=AXIS),
            ),
            models.CheckConstraint(
                name="improvement_action_ended_iff",
                condition=Q(state__in=ENDED_STATES, ended_at__isnull=False)
                | (~Q(state__in=ENDED_STATES) & Q(ended_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="improvement_action_order",
                condition=Q(due_on__isnull=True) | Q(begins_on__isnull=True) | Q(due_on__gte=F("begins_on")),
            ),
            models.CheckConstraint(
                name="improvement_worth_says_why", condition=Q(cents_per_point__isnull=True) | ~Q(worth_because="")
            ),
        ]
        indexes = [
            models.Index(fields=["unit", "state", "due_on", "id"], name="improvement_board"),
            models.Index(fields=["unit", "-ended_at", "-id"], name="improvement_ended"),
        ]

    def __str__(self) -> str:
        return self.title


class ActionUnit(ScopedModel):
    """A unit in which the action is done; the others are what it is compared with."""

    unit_path = "action__unit_id"
    shared_with_descendants = True

    action = models.ForeignKey(Action, models.CASCADE, related_name="units")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["action", "unit"], name="improvement_actionunit_once")]


class ActionKpi(ScopedModel):
    """A measure of an action, with where it stood and where it shall go."""

    unit_path = "action__unit_id"
    shared_with_descendants = True

    action = models.ForeignKey(Action, models.CASCADE, related_name="kpis")
    key = models.CharField(max_length=40, blank=True)  # of what is measured in every unit; "" where people read it
    name = models.CharField(max_length=120)
    measure = models.CharField(max_length=20, blank=True)  # "points", "days"
    better = models.CharField(max_length=6, choices=Direction, default=Direction.HIGHER)
    baseline = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    target = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["action", "name"], name="improvement_kpi_once")]


class KpiReading(ScopedModel):
    """What somebody read of a KPI on a day."""

    unit_path = "kpi__action__unit_id"
    shared_with_descendants = True

    kpi = models.ForeignKey(ActionKpi, models.CASCADE, related_name="readings")
    on = models.DateField()
    value = models.DecimalField(max_digits=12, decimal_places=2)
    read_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kpi", "on"], name="improvement_reading_once")]


class Evidence(ScopedModel):
    """What shows that something was done: words, a file, or both. Never changed."""

    unit_path = "action__unit_id"
    shared_with_descendants = True

    action = models.ForeignKey(Action, models.CASCADE, related_name="evidence")
    text = models.TextField(blank=True)
    blob = models.ForeignKey(Blob, models.PROTECT, null=True, blank=True, related_name="+")
    file_name = models.CharField(max_length=200, blank=True)
    size = models.PositiveIntegerField(default=0)
    added_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    added_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="improvement_evidence_some", condition=~Q(text="") | Q(blob__isnull=False)),
        ]
