"""What goes round: golden rules, good practices and who adopted them, change agents, the plan of the culture."""

from django.db import models
from django.db.models import F, Q

from corsia.improvement.models.action import Action
from corsia.improvement.models.group import Group
from corsia.improvement.vocabulary import CultureKind, Outcome
from corsia.kernel.scope import ScopedModel
from corsia.organisation.models import Person, Unit, UnitModel


class GoldenRule(UnitModel):
    """What every customer can count on, in one sentence. It holds for its unit and everything below."""

    shared_with_descendants = True

    group = models.ForeignKey(Group, models.SET_NULL, null=True, blank=True, related_name="golden_rules")
    text = models.CharField(max_length=200)
    reason = models.CharField(max_length=300, blank=True)
    process_key = models.SlugField(max_length=40, blank=True, db_index=False)  # shown in its playbook; "" in every one
    position = models.PositiveSmallIntegerField(default=0)
    published_at = models.DateTimeField(null=True, blank=True)
    published_by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="improvement_rule_retired_after",
                condition=Q(retired_at__isnull=True) | Q(published_at__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["unit", "position", "id"], name="improvement_rules_in_order")]


class Practice(UnitModel):
    """What works in one branch and others may take over. It is the dealer group's, so that all branches see it."""

    shared_with_descendants = True

    origin = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    action = models.ForeignKey(Action, models.SET_NULL, null=True, blank=True, related_name="practices")
    title = models.CharField(max_length=160)
    what = models.TextField()
    how = models.TextField(blank=True)  # steps, for whoever takes it over
    result = models.CharField(max_length=300, blank=True)  # what it brought where it began
    published_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    published_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["unit", "-published_at", "-id"], name="improvement_practices")]


class Adoption(ScopedModel):
    """A branch took a practice over; later it says what came of it."""

    unit_path = "practice__unit_id"
    shared_with_descendants = True

    practice = models.ForeignKey(Practice, models.CASCADE, related_name="adoptions")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    adopted_on = models.DateField()
    adopted_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    outcome = models.CharField(max_length=8, choices=Outcome, blank=True)
    note = models.CharField(max_length=300, blank=True)
    judged_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["practice", "unit"], name="improvement_adopted_once"),
            models.CheckConstraint(
                name="improvement_judged_iff",
                condition=Q(outcome="", judged_on__isnull=True) | (~Q(outcome="") & Q(judged_on__isnull=False)),
            ),
        ]


class ChangeAgent(UnitModel):
    """Somebody who carries change into a unit: publishes practices and has its unit adopt others'."""

    shared_with_descendants = True

    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    since = models.DateField()
    until = models.DateField(null=True, blank=True)  # first day on which they no longer are

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "person"], condition=Q(until__isnull=True), name="improvement_agent_once"
            ),
            models.CheckConstraint(
                name="improvement_agent_order", condition=Q(until__isnull=True) | Q(until__gte=F("since"))
            ),
        ]


class CultureItem(UnitModel):
    """One piece of communication or training, tied to the action it explains."""

    shared_with_descendants = True

    kind = models.CharField(max_length=15, choices=CultureKind)
    title = models.CharField(max_length=160)
    audience = models.CharField(max_length=160)
    action = models.ForeignKey(Action, models.SET_NULL, null=True, blank=True, related_name="culture")
    owner = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    planned_on = models.DateField()
    done_on = models.DateField(null=True, blank=True)
    people_reached = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="improvement_reached_when_done",
                condition=Q(people_reached__isnull=True) | Q(done_on__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["unit", "planned_on", "id"], name="improvement_culture_plan")]
