"""A proposal is worked out in a worker: read, searched, written down; a worker that died leaves it to the next one."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from corsia.workshop.models import Allocation, Proposal, ProposalCall, ProposalMove, Workshop
from corsia.workshop.queries.postponing import Later, hour_to_promise, later_places, may_stay
from corsia.workshop.queries.proposals import disturbance_of
from corsia.workshop.queries.replanning import DiaryDay, diary_day
from corsia.workshop.rules.day import Placed, Reason
from corsia.workshop.rules.day import Proposal as Found
from corsia.workshop.rules.replanning import replan
from corsia.workshop.services.proposals import tell_proposal
from corsia.workshop.vocabulary import UNSOLVED_STATES, Cause, ProposalState

ITSELF = "itself"  # why a step that takes longer is in the list: nothing else moved it


@dataclass(frozen=True, kw_only=True)
class Change:
    """Where a step that is planned goes; nowhere where `technician_id` is None."""

    allocation: Allocation
    reason: str
    technician_id: int | None = None
    bay_id: int | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None


def work_out(*, proposal_id: int, now: datetime) -> None:
    """Find the least harmful way on for a proposal that was asked for. Done already, or given up: nothing happens."""
    proposal = _begin(proposal_id, now)
    if proposal is None:
        return
    workshop = Workshop.objects.get(unit_id=proposal.unit_id)
    found = diary_day(workshop, on=proposal.on, now=now)
    disturbance = disturbance_of(proposal, found) if found is not None else None
    if found is None or disturbance is None:
        _end(proposal_id, ProposalState.LAPSED)
        return
    result = replan(found.day, [disturbance])
    later = later_places(found, _left_out(found, result))
    _write(proposal_id, found, result, later, now=now)


@transaction.atomic
def _begin(proposal_id: int, now: datetime) -> Proposal | None:
    proposal: Proposal | None = Proposal.objects.select_for_update(of=("self",)).filter(pk=proposal_id).first()
    if proposal is None or proposal.state not in UNSOLVED_STATES:
        return None
    proposal.state, proposal.begun_at = ProposalState.WORKING, now
    proposal.save(update_fields=["state", "begun_at"])
    tell_proposal(proposal)
    return proposal


@transaction.atomic
def _end(proposal_id: int, state: ProposalState) -> None:
    proposal: Proposal = Proposal.objects.lock(proposal_id)
    if proposal.state == ProposalState.WORKING:
        proposal.state = state
        proposal.save(update_fields=["state"])
        tell_proposal(proposal)


@transaction.atomic
def _write(proposal_id: int, found: DiaryDay, result: Found, later: Mapping[int, Later], *, now: datetime) -> None:
    proposal: Proposal = Proposal.objects.lock(proposal_id)
    if proposal.state != ProposalState.WORKING:
        return
    changes = [*changes_of(found, result), *_postponements(found, result, later)]
    write_moves(proposal, changes)
    ProposalCall.objects.bulk_create(
        ProposalCall(proposal=proposal, visit_id=pk, promised_before=found.visits[pk].promised_at, promised_at=until)
        for pk, until in sorted(_new_promises(found, result, later).items())
    )
    promises = sum(one.promised_at is not None for one in found.day.visits)
    is_nothing = not changes and proposal.cause != Cause.AWAY
    proposal.state = ProposalState.NOTHING if is_nothing else ProposalState.READY
    proposal.ready_at = now + timedelta(seconds=result.seconds)
    proposal.digest, proposal.is_proven = found.digest, result.is_proven
    proposal.promises, proposal.kept = promises, promises - len(result.broken)
    proposal.save(update_fields=["state", "ready_at", "digest", "is_proven", "promises", "kept"])
    tell_proposal(proposal)


def write_moves(proposal: Proposal, changes: Sequence[Change]) -> None:
    """Keep what a proposal moves, with where it was."""
    ProposalMove.objects.bulk_create(
        ProposalMove(
            proposal=proposal,
            allocation=one.allocation,
            visit_id=one.allocation.visit_id,
            visit_job_id=one.allocation.visit_job_id,
            step_id=one.allocation.step_id,
            reason=one.reason,
            technician_before_id=one.allocation.technician_id,
            bay_before_id=one.allocation.bay_id,
            starts_before=one.allocation.starts_at,
            ends_before=one.allocation.ends_at,
            technician_id=one.technician_id,
            bay_id=one.bay_id,
            starts_at=one.starts_at,
            ends_at=one.ends_at,
        )
        for one in changes
    )


def changes_of(found: DiaryDay, result: Found) -> list[Change]:
    """Return where a proposal puts something else on the day than the diary has it."""
    reasons = {(move.after.visit, move.after.order): str(move.reason) for move in result.moves}
    changes = []
    for one in result.placed:
        allocation = found.steps[one.visit, one.order]
        is_there = (
            not one.is_rest
            and (one.technician, one.bay) == (allocation.technician_id, allocation.bay_id)
            and one.start == found.minute_of(allocation.starts_at)
            and one.end == found.minute_of(allocation.ends_at)
        )
        if not is_there and not _is_cut(result.placed, one):
            start, end = found.bounds_of(one)
            changes.append(
                Change(
                    allocation=allocation,
                    reason=reasons.get((one.visit, one.order), ITSELF),
                    technician_id=one.technician,
                    bay_id=one.bay,
                    starts_at=start,
                    ends_at=end,
                )
            )
    return changes


def _is_cut(placed: Sequence[Placed], one: Placed) -> bool:
    """Tell whether this is what somebody did before they left: the rest of it takes its place in the diary."""
    return not one.is_rest and any(
        other.is_rest and (other.visit, other.order) == (one.visit, one.order) for other in placed
    )


def _left_out(found: DiaryDay, result: Found) -> dict[int, list[Allocation]]:
    """Return the work that finds no place on the day, by visit and in its order."""
    there = {(one.visit, one.order) for one in result.placed}
    left: dict[int, list[Allocation]] = defaultdict(list)
    for (visit, order), allocation in sorted(found.steps.items(), key=lambda pair: pair[0]):
        if (visit, order) not in there:
            left[visit].append(allocation)
    return left


def _postponements(found: DiaryDay, result: Found, later: Mapping[int, Later]) -> list[Change]:
    reasons = {one.visit: str(one.reason) for one in result.postponed}
    changes = []
    for visit, steps in _left_out(found, result).items():
        reason = reasons.get(visit, str(Reason.NO_ROOM))
        if visit in later:
            changes += [
                Change(
                    allocation=one.allocation,
                    reason=reason,
                    technician_id=one.technician_id,
                    bay_id=one.bay_id,
                    starts_at=one.starts_at,
                    ends_at=one.ends_at,
                )
                for one in later[visit].places
            ]
        else:
            changes += [Change(allocation=one, reason=reason) for one in steps]
    return changes


def _new_promises(found: DiaryDay, result: Found, later: Mapping[int, Later]) -> dict[int, datetime | None]:
    """Return whom to call, each with what can be promised now; None where that has to be agreed."""
    calls: dict[int, datetime | None] = {}
    postponed = _left_out(found, result).keys()
    for pk in {*result.calls, *result.broken, *postponed}:
        visit = found.visits[pk]
        if pk in postponed:
            until = later[pk].promised_at if pk in later else None
        else:
            last = max((one for one in result.placed if one.visit == pk), key=lambda one: one.end)
            until = hour_to_promise(found, visit, found.bounds_of(last)[1])
            until = until if may_stay(visit, until) else None
        if until != visit.promised_at:
            calls[pk] = until
    return calls
