"""Proposals to plan a day anew, as pages show them, and what each says in the words of re-planning."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import QuerySet

from corsia.organisation.queries import day_in
from corsia.workshop.models import Proposal, ProposalCall, ProposalMove, Workshop
from corsia.workshop.queries.replanning import DiaryDay, diary_day
from corsia.workshop.rules.day import Disturbance, Overrun, PartLate, TechnicianAbsent
from corsia.workshop.vocabulary import Cause, ProposalState

_SHOWN = 8
_CALLS_OF = timedelta(days=7)


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A proposal with all of its rows.

    Attributes:
        is_stale: the diary has changed since it was worked out.
        can_undo: it was accepted today.
    """

    proposal: Proposal
    moves: Sequence[ProposalMove]
    calls: Sequence[ProposalCall]
    is_stale: bool
    can_undo: bool

    @property
    def postponed(self) -> list[ProposalMove]:
        """What waits to be planned again, or goes to another day; the first step of each visit."""
        first: dict[int, ProposalMove] = {}
        for move in self.moves:
            if move.starts_at is None or move.starts_at - move.starts_before > timedelta(hours=12):
                first.setdefault(move.visit_id, move)
        return list(first.values())


def disturbance_of(proposal: Proposal, found: DiaryDay) -> Disturbance | None:
    """Return what came in between; None where it does not concern that day."""
    technician, at = proposal.technician_id, proposal.at
    if proposal.cause == Cause.AWAY and technician is not None and technician in found.technicians and at is not None:
        since = found.minute_of(at)
        ends = found.grid.end_of(found.day.closes - 1)
        is_that_day = found.midnight <= at < ends
        return TechnicianAbsent(technician=technician, since=since) if is_that_day else None
    if proposal.cause == Cause.OVER and proposal.minutes:
        key = next((key for key, one in found.steps.items() if one.pk == proposal.allocation_id), None)
        return Overrun(visit=key[0], order=key[1], minutes=proposal.minutes) if key is not None else None
    visit = proposal.visit_id
    if proposal.cause == Cause.PART and visit is not None and visit in found.visits and at is not None:
        return PartLate(visit=visit, until=found.minute_of(at))
    return None


def proposal_shown(proposal_id: int, *, now: datetime) -> Shown:
    """Return a proposal with its moves and calls.

    Raises:
        NotFound: no such proposal within the scope.
    """
    proposal: Proposal = Proposal.objects.select_related(
        "technician__person",
        "allocation__visit_job__job",
        "visit__customer",
        "visit__vehicle",
        "asked_by",
        "decided_by",
    ).find(proposal_id)
    moves = list(
        proposal.moves.select_related("visit__customer", "visit__vehicle", "visit_job__job")
        # Whose hands and where, apart: a dozen joins in one statement may be planned as if the tables were empty.
        .prefetch_related("technician_before__person", "technician__person", "bay_before", "bay")
        .order_by("starts_before", "pk")
    )
    is_stale = False
    if proposal.state == ProposalState.READY:
        workshop = Workshop.objects.get(unit_id=proposal.unit_id)
        found = diary_day(workshop, on=proposal.on, now=now)
        is_stale = found is None or found.digest != proposal.digest
    return Shown(
        proposal=proposal,
        moves=moves,
        calls=list(_calls().filter(proposal=proposal)),
        is_stale=is_stale,
        can_undo=is_of_today(proposal, now),
    )


def is_of_today(proposal: Proposal, now: datetime) -> bool:
    """Tell whether a proposal was accepted today."""
    if proposal.state != ProposalState.ACCEPTED or proposal.decided_at is None:
        return False
    return day_in(proposal.unit_id, proposal.decided_at) == day_in(proposal.unit_id, now)


def proposals_of(unit_id: int, *, on: date) -> list[Proposal]:
    """Return the latest proposals for a day of a workshop."""
    rows = Proposal.objects.filter(unit_id=unit_id, on=on).select_related(
        "technician__person", "allocation__visit_job__job", "visit__customer", "visit__vehicle", "asked_by"
    )
    return list(rows.order_by("-asked_at", "-pk")[:_SHOWN])


def nights_of(unit_id: int, *, today: date) -> list[Proposal]:
    """Return what the night found for the days from today on and nobody has decided yet, the next day first."""
    rows = Proposal.objects.filter(unit_id=unit_id, on__gte=today, cause=Cause.NIGHT, state=ProposalState.READY)
    return list(rows.order_by("on", "pk"))


def untold_calls(unit_id: int, *, now: datetime) -> list[ProposalCall]:
    """Return the customers of the last days who were not told yet that another hour holds, the soonest first."""
    rows = _calls().filter(
        proposal__unit_id=unit_id,
        proposal__state=ProposalState.ACCEPTED,
        proposal__decided_at__gt=now - _CALLS_OF,
        told_at=None,
    )
    return list(rows)


def _calls() -> "QuerySet[ProposalCall]":
    rows: QuerySet[ProposalCall] = ProposalCall.objects.select_related(
        "visit__customer", "visit__vehicle", "told_by", "proposal"
    ).order_by("promised_before", "pk")
    return rows
