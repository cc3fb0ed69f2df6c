"""Work that no process describes yet: what people proposed, who takes care of it, what became of it."""

from django.db import models
from django.db.models import Q

from corsia.cases.models.case import Case
from corsia.cases.models.process import Process
from corsia.cases.vocabulary import HowOften, ProposalState
from corsia.kernel.models import ScopedModel
from corsia.organisation.models import Person, Unit, UnitModel


class ProcessProposal(UnitModel):
    """“This work has no process.” Its unit is the dealer group: everybody there sees it and can say “me too”."""

    shared_with_descendants = True

    from_unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")  # where it was noticed
    case = models.ForeignKey(Case, models.SET_NULL, null=True, blank=True, related_name="+")
    title = models.CharField(max_length=120)
    what = models.TextField()  # what is done today, step by step
    often = models.CharField(max_length=8, choices=HowOften)
    who = models.CharField(max_length=160, blank=True)  # who does it: roles and departments
    pain = models.PositiveSmallIntegerField(default=3)  # 1 a nuisance ... 5 customers or money are lost
    proposed_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    proposed_at = models.DateTimeField()
    owner = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    state = models.CharField(max_length=10, choices=ProposalState, default=ProposalState.PROPOSED)
    process = models.ForeignKey(Process, models.SET_NULL, null=True, blank=True, related_name="+")  # once mapped
    reason = models.CharField(max_length=300, blank=True)  # why it was declined
    joined_into = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="joined")
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="cases_proposal_pain", condition=Q(pain__range=(1, 5))),
            models.CheckConstraint(
                name="cases_proposal_declined_with_reason", condition=~Q(state="declined") | ~Q(reason="")
            ),
            models.CheckConstraint(
                name="cases_proposal_joined", condition=Q(joined_into__isnull=True) | Q(state="joined")
            ),
            models.CheckConstraint(name="cases_proposal_not_own_twin", condition=~Q(joined_into=models.F("id"))),
        ]
        indexes = [models.Index(fields=["unit", "state", "-id"], name="cases_proposal_by_state")]

    def __str__(self) -> str:
        return self.title


class ProposalVote(ScopedModel):
    """“It happens to me too.”"""

    unit_path = "proposal__unit_id"
    shared_with_descendants = True

    proposal = models.ForeignKey(ProcessProposal, models.CASCADE, related_name="votes")
    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["proposal", "person"], name="cases_vote_once")]
