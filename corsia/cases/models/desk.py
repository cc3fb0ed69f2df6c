"""What a desk needs around cases: queues, saved views, bulk actions that can be taken back."""

from django.db import models

from corsia.cases.models.case import Case
from corsia.kernel.models import ScopedModel
from corsia.organisation.models import Person, Skill, UnitModel


class Queue(UnitModel):
    """Where cases wait for somebody: the people with desk roles at its unit and below, narrowed by skill."""

    shared_with_descendants = True

    name = models.CharField(max_length=80)
    skill = models.ForeignKey(Skill, models.PROTECT, null=True, blank=True, related_name="+")
    language = models.CharField(max_length=2, blank=True)
    make = models.CharField(max_length=40, blank=True)
    process_key = models.SlugField(max_length=40, blank=True)
    assigns_itself = models.BooleanField(default=False)  # else people take cases by hand
    prefers_owner_advisor = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)


class SavedView(UnitModel):
    """A named filter of the desk's list; private, or shared with its unit and below."""

    shared_with_descendants = True

    name = models.CharField(max_length=60)
    query = models.CharField(max_length=500)  # the list's own query string, validated when saved and when used
    owner = models.ForeignKey(Person, models.CASCADE, related_name="+")
    is_shared = models.BooleanField(default=False)
    position = models.PositiveSmallIntegerField(default=0)


class BulkRun(ScopedModel):
    """One bulk action, so that it can be undone."""

    unit_path = "unit_id"

    unit_id = models.BigIntegerField()
    verb = models.CharField(max_length=30)
    made_by = models.ForeignKey(Person, models.CASCADE, related_name="+")
    made_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True, blank=True)


class BulkChange(ScopedModel):
    """What one case was like before a bulk action, field by field."""

    unit_path = "case__unit_id"

    run = models.ForeignKey(BulkRun, models.CASCADE, related_name="changes")
    case = models.ForeignKey(Case, models.CASCADE, related_name="+")
    field = models.CharField(max_length=30)
    old_value = models.CharField(max_length=200, blank=True)
    new_value = models.CharField(max_length=200, blank=True)
