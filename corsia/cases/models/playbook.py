"""How a case follows its playbook: the version it keeps, and who ticked which step."""

from django.db import models
from django.db.models import Q

from corsia.cases.models.case import Case
from corsia.kernel.models import ScopedModel
from corsia.knowledge.models import PlaybookStep, PlaybookVersion
from corsia.organisation.models import Person


class PlaybookRun(ScopedModel):
    """The version of a playbook that a case follows: fixed at its first tick, whatever is published later."""

    unit_path = "case__unit_id"

    case = models.OneToOneField(Case, models.CASCADE, related_name="playbook_run")
    version = models.ForeignKey(PlaybookVersion, models.PROTECT, related_name="+")
    fixed_at = models.DateTimeField()


class StepTick(ScopedModel):
    """A step done: by whom, when, with what they wrote. Taken back it stays, with the reason."""

    unit_path = "case__unit_id"

    case = models.ForeignKey(Case, models.CASCADE, related_name="ticks")
    step = models.ForeignKey(PlaybookStep, models.PROTECT, related_name="+")
    ticked_at = models.DateTimeField()
    ticked_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    note = models.CharField(max_length=400, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    undone_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case", "step"], condition=Q(undone_at=None), name="cases_step_ticked_once"
            ),
        ]
