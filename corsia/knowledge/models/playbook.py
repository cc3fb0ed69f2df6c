"""Playbooks: how a piece of work is done step by step, in versions that those who do it acknowledge by name."""

from django.db import models
from django.db.models import Q

from corsia.kernel.models import ScopedModel
from corsia.knowledge.vocabulary import Asks, Hint, PlaybookState
from corsia.organisation.models import Person, UnitModel
from corsia.organisation.vocabulary import Role


class Playbook(UnitModel):
    """The way a unit works on one process; where a lower unit has one of its own, that one is followed there."""

    shared_with_descendants = True

    process_key = models.SlugField(max_length=40, db_index=False)
    title_it = models.CharField(max_length=120)
    title_en = models.CharField(max_length=120)
    created_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True, blank=True)  # no longer followed; cases that follow it go on

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "process_key"], condition=Q(retired_at=None), name="knowledge_playbook_of_process"
            ),
        ]


class PlaybookVersion(ScopedModel):
    """One wording of a playbook. Published it never changes."""

    unit_path = "playbook__unit_id"
    shared_with_descendants = True

    playbook = models.ForeignKey(Playbook, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=PlaybookState, default=PlaybookState.DRAFT)
    change_note = models.CharField(max_length=200, blank=True)  # what is new, for those who must know it
    published_at = models.DateTimeField(null=True, blank=True)
    published_by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["playbook", "number"], name="knowledge_playbook_number"),
            models.UniqueConstraint(
                fields=["playbook"], condition=Q(state=PlaybookState.PUBLISHED), name="knowledge_playbook_one_in_force"
            ),
            models.UniqueConstraint(
                fields=["playbook"], condition=Q(state=PlaybookState.DRAFT), name="knowledge_playbook_one_draft"
            ),
        ]


class PlaybookReader(ScopedModel):
    """A role whose people must know a version."""

    unit_path = "version__playbook__unit_id"
    shared_with_descendants = True

    version = models.ForeignKey(PlaybookVersion, models.CASCADE, related_name="readers")
    role = models.CharField(max_length=20, choices=Role)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "role"], name="knowledge_playbook_reader_once")]


class PlaybookStep(ScopedModel):
    """One step: what to do, how, with which help, and whether the phase may be left without it."""

    unit_path = "version__playbook__unit_id"
    shared_with_descendants = True

    version = models.ForeignKey(PlaybookVersion, models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField()
    phase_key = models.SlugField(max_length=40, blank=True, db_index=False)  # of the process; "": at any time
    title_it = models.CharField(max_length=160)
    title_en = models.CharField(max_length=160)
    text_it = models.TextField(blank=True)
    text_en = models.TextField(blank=True)
    hint = models.CharField(max_length=10, choices=Hint, blank=True)
    hint_key = models.SlugField(max_length=80, blank=True, db_index=False)  # of the article or template
    is_required = models.BooleanField(default=True)
    asks = models.CharField(max_length=10, choices=Asks, blank=True)  # what whoever ticks it must write
    role = models.CharField(max_length=20, choices=Role, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["version", "position"],
                name="knowledge_playbook_step_place",
                deferrable=models.Deferrable.DEFERRED,
            ),
        ]


class Acknowledgement(ScopedModel):
    """Somebody says by name that they know a version."""

    unit_path = "version__playbook__unit_id"
    shared_with_descendants = True

    version = models.ForeignKey(PlaybookVersion, models.CASCADE, related_name="acknowledgements")
    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "person"], name="knowledge_acknowledged_once")]
