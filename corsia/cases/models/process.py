"""Processes as data: versions, phases, limits, transitions and what entering a phase does."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from corsia.cases.vocabulary import (
    ActionKind,
    ClockKind,
    EndKind,
    Part,
    Priority,
    PurchaseChannel,
    RequiredField,
    TaskKind,
    VersionState,
)
from corsia.kernel.models import ScopedModel
from corsia.organisation.models import Person, UnitModel
from corsia.organisation.vocabulary import Role


def _only_for() -> "ArrayField[list[str], list[str]]":
    """Purchase channels to which something of a version is limited; empty: it holds for every case."""
    return ArrayField(models.CharField(max_length=12, choices=PurchaseChannel), default=list, blank=True)


class Process(UnitModel):
    """A way of working on a kind of request, shared by its unit with everything below it."""

    shared_with_descendants = True

    key = models.SlugField(max_length=40)  # "complaint"; shipped processes keep theirs
    name_it = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80)
    icon = models.CharField(max_length=40, default="ticket")
    is_complaint = models.BooleanField(default=False)  # splits contacts into information and complaint
    is_internal = models.BooleanField(default=False)  # needs no customer
    sends_survey = models.BooleanField(default=True)
    is_active = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(default=0)
    owner = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")  # answers for it
    shipped_revision = models.PositiveSmallIntegerField(default=1)  # of the product's wording it follows; 0: its own

    class Meta:
        constraints = [models.UniqueConstraint(fields=["unit", "key"], name="cases_process_key_per_unit")]


class ProcessVersion(ScopedModel):
    """One wording of a process. Published it never changes: an edit makes the next one, running cases keep theirs."""

    unit_path = "process__unit_id"
    shared_with_descendants = True

    process = models.ForeignKey(Process, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=VersionState, default=VersionState.DRAFT)
    neglect_minutes = models.PositiveIntegerField(default=960)  # working minutes without a touch until it is neglected
    reopen_days = models.PositiveSmallIntegerField(default=14)  # an answer after more days opens a linked new case
    published_at = models.DateTimeField(null=True, blank=True)
    published_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["process", "number"], name="cases_version_number"),
            models.UniqueConstraint(
                fields=["process"], condition=Q(state=VersionState.PUBLISHED), name="cases_one_published_version"
            ),
        ]


class Phase(ScopedModel):
    """A step of a process version."""

    unit_path = "version__process__unit_id"
    shared_with_descendants = True

    version = models.ForeignKey(ProcessVersion, models.CASCADE, related_name="phases")
    key = models.SlugField(max_length=40)
    name_it = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80)
    position = models.PositiveSmallIntegerField()  # the lowest is where cases start
    limit_minutes = models.PositiveIntegerField(null=True, blank=True)  # working time in this phase
    end_kind = models.CharField(max_length=10, choices=EndKind, blank=True)
    holder = models.CharField(max_length=12, blank=True)  # entering the phase hands the case to this holder
    requires_tasks_done = models.BooleanField(default=False)
    on_answer = models.SlugField(max_length=40, blank=True, db_index=False)  # phase entered when we answer; "" for none
    requires_corrective = models.BooleanField(default=False)  # a corrective action with an owner and a day
    check_after_days = models.PositiveSmallIntegerField(null=True, blank=True)  # calendar days until it may end

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "key"], name="cases_phase_key"),
            models.UniqueConstraint(
                fields=["version", "position"], name="cases_phase_position", deferrable=models.Deferrable.DEFERRED
            ),
        ]


class PhaseRequirement(ScopedModel):
    """A field that must be filled in before the phase may be left."""

    unit_path = "phase__version__process__unit_id"
    shared_with_descendants = True

    phase = models.ForeignKey(Phase, models.CASCADE, related_name="requirements")
    field = models.CharField(max_length=20, choices=RequiredField)
    only_for = _only_for()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["phase", "field"], name="cases_requirement_once")]


class Transition(ScopedModel):
    """From which phase to which a case may go."""

    unit_path = "source__version__process__unit_id"
    shared_with_descendants = True

    source = models.ForeignKey(Phase, models.CASCADE, related_name="ways_out")
    target = models.ForeignKey(Phase, models.CASCADE, related_name="ways_in")
    only_for = _only_for()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "target"], name="cases_transition_once")]


class PhaseAction(ScopedModel):
    """Something that entering a phase does by itself."""

    unit_path = "phase__version__process__unit_id"
    shared_with_descendants = True

    phase = models.ForeignKey(Phase, models.CASCADE, related_name="actions")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=14, choices=ActionKind)
    title_it = models.CharField(max_length=120, blank=True)  # of the task
    title_en = models.CharField(max_length=120, blank=True)
    due_minutes = models.PositiveIntegerField(null=True, blank=True)  # working time until the task is due
    role = models.CharField(max_length=20, choices=Role, blank=True)  # who gets the task
    template_key = models.SlugField(max_length=60, blank=True)
    process_key = models.SlugField(max_length=40, blank=True)
    task_kind = models.CharField(max_length=12, choices=TaskKind, default=TaskKind.TASK)
    only_for = _only_for()


class PhaseRole(ScopedModel):
    """What a role has to do with a phase: a cell of the map of roles."""

    unit_path = "phase__version__process__unit_id"
    shared_with_descendants = True

    phase = models.ForeignKey(Phase, models.CASCADE, related_name="roles")
    role = models.CharField(max_length=20, choices=Role)
    part = models.CharField(max_length=12, choices=Part)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["phase", "role", "part"], name="cases_phase_role_once")]


class Cause(UnitModel):
    """A kind of root cause that a group tells apart, so that its non-conformities can be counted by it."""

    shared_with_descendants = True

    name_it = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80)
    process_key = models.SlugField(max_length=40, blank=True, db_index=False)  # "" for any process
    key = models.SlugField(max_length=40, blank=True, db_index=False)  # of one that numbers look for by it
    is_active = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["unit", "process_key", "name_it"], name="cases_cause_once")]


class Limit(ScopedModel):
    """How much working time a clock allows. No priority means: any priority without a row of its own."""

    unit_path = "version__process__unit_id"
    shared_with_descendants = True

    version = models.ForeignKey(ProcessVersion, models.CASCADE, related_name="limits")
    clock = models.CharField(max_length=12, choices=ClockKind)
    priority = models.PositiveSmallIntegerField(choices=Priority, null=True, blank=True)
    minutes = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["version", "clock", "priority"], nulls_distinct=False, name="cases_limit_once"
            ),
        ]
