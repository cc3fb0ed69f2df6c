"""A way on for a day is asked for, discarded, ticked off, and forgotten; who works it out is a job."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from corsia.kernel.access import demand
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid, NotFound, Refused
from corsia.kernel.jobs import PLAN as QUEUE
from corsia.kernel.jobs import app
from corsia.kernel.live import tell
from corsia.organisation.queries import day_in
from corsia.workshop.models import Proposal, ProposalCall, Workshop
from corsia.workshop.permissions import PLAN
from corsia.workshop.queries.proposals import disturbance_of
from corsia.workshop.queries.replanning import diary_day
from corsia.workshop.services.diary import lock_diaries
from corsia.workshop.vocabulary import UNSOLVED_STATES, Cause, ProposalState

SOLVE = "workshop.solve_proposal"
SOON = 10  # before the nights that wait in the same queue
UNTAKEN = timedelta(minutes=15)  # seconds by day; by night the plan of a workshop comes first
HANGING = timedelta(minutes=3)  # a day is worked out in seconds
KEPT = timedelta(days=60)


class NothingHappened(Invalid):
    code = "workshop.nothing_happened"
    message = _("Say what came in between: who is away from when, what takes longer, or which part is late.")


class DayOver(Refused):
    code = "workshop.day_over"
    message = _("That day has passed or the workshop is closed on it. Choose another day.")


class AlreadyDecided(Refused):
    code = "workshop.already_decided"
    message = _("This proposal is “%(state)s”: nothing more can be done with it. Ask for a new one.")


@dataclass(frozen=True, kw_only=True)
class Happened:
    """What came in between.

    Attributes:
        at: since when somebody is away, or when the part comes.
        minutes: how much longer the work takes.
    """

    cause: Cause
    technician_id: int | None = None
    allocation_id: int | None = None
    visit_id: int | None = None
    at: datetime | None = None
    minutes: int | None = None


@transaction.atomic
def ask(*, unit_id: int, on: date, happened: Happened, by: Actor, now: datetime) -> Proposal:
    """Have a way on worked out. Who asks the same while it is being worked out, gets the same one.

    Raises:
        DayOver: the day has passed, or the workshop is closed.
        NothingHappened: what is said does not concern that day.
    """
    demand(by, PLAN, unit_id)
    lock_diaries([unit_id])
    workshop = Workshop.objects.filter(unit_id=unit_id).first()
    if workshop is None:
        raise NotFound(kind=Workshop._meta.label)
    found = diary_day(workshop, on=on, now=now) if on >= day_in(unit_id, now) else None
    if found is None:
        raise DayOver
    told = {
        "cause": happened.cause, "technician_id": happened.technician_id, "allocation_id": happened.allocation_id,
        "visit_id": happened.visit_id, "at": happened.at, "minutes": happened.minutes,
    }  # fmt: skip
    if disturbance_of(Proposal(unit_id=unit_id, on=on, **told), found) is None:
        raise NothingHappened
    same: Proposal | None = Proposal.objects.filter(unit_id=unit_id, on=on, state__in=UNSOLVED_STATES, **told).first()
    if same is not None:
        return same
    proposal: Proposal = Proposal.objects.create(unit_id=unit_id, on=on, asked_by_id=by.id, asked_at=now, **told)
    audit(proposal, "replan_asked", by=by, now=now, cause=happened.cause, on=on.isoformat())
    app.configure_task(SOLVE, queue=QUEUE, priority=SOON).defer(proposal_id=proposal.pk)
    return proposal


@transaction.atomic
def discard(*, proposal_id: int, by: Actor, now: datetime) -> Proposal:
    """Say no to a proposal.

    Raises:
        AlreadyDecided: it was accepted or is over.
    """
    proposal = locked(proposal_id, by)
    if proposal.state not in (*UNSOLVED_STATES, ProposalState.READY):
        raise AlreadyDecided(state=proposal.get_state_display())
    proposal.state, proposal.decided_by_id, proposal.decided_at = ProposalState.DISCARDED, by.id, now
    proposal.save(update_fields=["state", "decided_by", "decided_at"])
    audit(proposal, "proposal_discarded", by=by, now=now)
    tell_proposal(proposal)
    return proposal


@transaction.atomic
def tick(*, call_id: int, is_told: bool, by: Actor, now: datetime) -> ProposalCall:
    """Write down that a customer was told of the other hour, or that this was a slip."""
    unit_id = ProposalCall.objects.select_related("proposal").find(call_id).proposal.unit_id
    demand(by, PLAN, unit_id)
    call: ProposalCall = ProposalCall.objects.select_related("proposal").lock(call_id)
    if call.proposal.state != ProposalState.ACCEPTED:
        raise AlreadyDecided(state=call.proposal.get_state_display())
    if (call.told_at is not None) == is_told:
        return call
    call.told_at, call.told_by_id = (now, by.id) if is_told else (None, None)
    call.save(update_fields=["told_at", "told_by"])
    audit(call, "customer_told" if is_told else "customer_not_told", by=by, now=now, visit=call.visit_id)
    tell_proposal(call.proposal)
    return call


@transaction.atomic
def settle_proposals(*, now: datetime) -> int:
    """Give up what no worker finished, let lapse what is over, forget what is old; return how many were given up."""
    hanging = Proposal.objects.filter(
        Q(state=ProposalState.ASKED, asked_at__lt=now - UNTAKEN)
        | Q(state=ProposalState.WORKING, begun_at__lt=now - HANGING)
    )
    given_up = list(hanging.select_for_update(of=("self",), skip_locked=True))
    for proposal in given_up:
        proposal.state = ProposalState.FAILED
        proposal.save(update_fields=["state"])
        tell_proposal(proposal)
    waiting = Proposal.objects.filter(state=ProposalState.READY, on__lt=(now + timedelta(days=1)).date())
    for proposal in waiting.select_for_update(of=("self",), skip_locked=True):
        if proposal.on < day_in(proposal.unit_id, now):
            proposal.state = ProposalState.LAPSED
            proposal.save(update_fields=["state"])
    Proposal.objects.filter(asked_at__lt=now - KEPT).delete()
    return len(given_up)


def locked(proposal_id: int, by: Actor) -> Proposal:
    """Return a proposal that nobody else decides on until the transaction ends."""
    unit_id = Proposal.objects.find(proposal_id).unit_id
    demand(by, PLAN, unit_id)
    lock_diaries([unit_id])
    proposal: Proposal = Proposal.objects.lock(proposal_id)
    return proposal


def tell_proposal(proposal: Proposal) -> None:
    """Let open pages look at a proposal again."""
    tell("workshop.plan", unit_id=proposal.unit_id, proposal=proposal.pk)
