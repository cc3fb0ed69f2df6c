"""Proposals to plan a day anew: what was asked, what would move where, and which customers must be called."""

from django.db import models
from django.db.models import F, Q

from corsia.kernel.models import ScopedModel
from corsia.organisation.models import Absence, Person, UnitModel
from corsia.workshop.models.capacity import Bay, Technician
from corsia.workshop.models.catalogue import JobStep
from corsia.workshop.models.visit import Allocation, Visit, VisitJob
from corsia.workshop.vocabulary import Cause, ProposalState


class Proposal(UnitModel):
    """One way on for one day of a workshop, worked out by a job, accepted by somebody as a whole or not at all."""

    on = models.DateField()
    cause = models.CharField(max_length=10, choices=Cause)
    technician = models.ForeignKey(Technician, models.PROTECT, null=True, blank=True, related_name="+")  # who is away
    allocation = models.ForeignKey(Allocation, models.SET_NULL, null=True, blank=True, related_name="+")  # what is long
    visit = models.ForeignKey(Visit, models.CASCADE, null=True, blank=True, related_name="+")  # whose part is late
    at = models.DateTimeField(null=True, blank=True)  # away since, or the part comes
    minutes = models.PositiveSmallIntegerField(null=True, blank=True)  # more than planned
    state = models.CharField(max_length=10, choices=ProposalState, default=ProposalState.ASKED)
    asked_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")  # None: the night
    asked_at = models.DateTimeField()
    begun_at = models.DateTimeField(null=True, blank=True)
    ready_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    digest = models.CharField(max_length=64, blank=True)  # of the diary that it was made for
    is_proven = models.BooleanField(default=False)
    promises = models.PositiveSmallIntegerField(default=0)
    kept = models.PositiveSmallIntegerField(default=0)
    gains = models.JSONField(default=dict)  # of a night: figures of the day before and after
    absence = models.ForeignKey(Absence, models.SET_NULL, null=True, blank=True, related_name="+")  # noted with it

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="workshop_proposal_cause",
                condition=Q(cause=Cause.AWAY, technician__isnull=False, at__isnull=False)
                | Q(cause=Cause.OVER, minutes__isnull=False)
                | Q(cause=Cause.PART, visit__isnull=False, at__isnull=False)
                | Q(cause=Cause.NIGHT),
            ),
            models.CheckConstraint(
                name="workshop_proposal_decided_iff_at",
                condition=Q(
                    state__in=(ProposalState.ACCEPTED, ProposalState.DISCARDED, ProposalState.UNDONE),
                    decided_at__isnull=False,
                )
                | (
                    ~Q(state__in=(ProposalState.ACCEPTED, ProposalState.DISCARDED, ProposalState.UNDONE))
                    & Q(decided_at__isnull=True)
                ),
            ),
        ]
        indexes = [
            models.Index(fields=["unit", "on", "-asked_at"], name="workshop_proposals_of_day"),
            models.Index(
                fields=["asked_at"],
                name="workshop_proposals_open",
                condition=Q(state__in=(ProposalState.ASKED, ProposalState.WORKING, ProposalState.READY)),
            ),
        ]


class ProposalMove(ScopedModel):
    """A step that would go elsewhere, or wait to be planned again where it goes nowhere."""

    unit_path = "proposal__unit_id"

    proposal = models.ForeignKey(Proposal, models.CASCADE, related_name="moves")
    allocation = models.ForeignKey(Allocation, models.SET_NULL, null=True, related_name="+")
    visit = models.ForeignKey(Visit, models.CASCADE, related_name="+")
    visit_job = models.ForeignKey(VisitJob, models.CASCADE, related_name="+")
    step = models.ForeignKey(JobStep, models.PROTECT, related_name="+")
    reason = models.CharField(max_length=20)
    technician_before = models.ForeignKey(Technician, models.PROTECT, related_name="+")
    bay_before = models.ForeignKey(Bay, models.PROTECT, related_name="+")
    starts_before = models.DateTimeField()
    ends_before = models.DateTimeField()
    technician = models.ForeignKey(Technician, models.PROTECT, null=True, related_name="+")
    bay = models.ForeignKey(Bay, models.PROTECT, null=True, related_name="+")
    starts_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["proposal", "visit_job", "step"], name="workshop_proposal_moves_once"),
            models.CheckConstraint(
                name="workshop_proposal_move_whole",
                condition=Q(
                    technician__isnull=False, bay__isnull=False, starts_at__isnull=False, ends_at__gt=F("starts_at")
                )
                | Q(technician__isnull=True, bay__isnull=True, starts_at__isnull=True, ends_at__isnull=True),
            ),
        ]


class ProposalCall(ScopedModel):
    """A customer whose promise a proposal changes: to be told, and ticked when that was done."""

    unit_path = "proposal__unit_id"

    proposal = models.ForeignKey(Proposal, models.CASCADE, related_name="calls")
    visit = models.ForeignKey(Visit, models.CASCADE, related_name="+")
    promised_before = models.DateTimeField()
    promised_at = models.DateTimeField(null=True)  # None: nothing was found, an hour is still to be agreed
    told_at = models.DateTimeField(null=True, blank=True)
    told_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["proposal", "visit"], name="workshop_proposal_call_once")]
