"""The register of processes: who answers for each, and what becomes of work that has none yet."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from corsia.cases.models import Case, Process, ProcessProposal, ProposalVote
from corsia.cases.permissions import MANAGE_PROCESSES, WORK_CASES
from corsia.cases.services.telling import later
from corsia.cases.vocabulary import HowOften, ProposalState
from corsia.kernel.access import demand, may
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid, NotAllowed, Refused
from corsia.organisation.models import Person
from corsia.organisation.queries import group_of
from corsia.organisation.services import notify

_TOLD = {
    ProposalState.MAPPING: _("“%(title)s” is being mapped"),
    ProposalState.MAPPED: _("“%(title)s” has a process now"),
    ProposalState.DECLINED: _("“%(title)s” stays without a process"),
    ProposalState.JOINED: _("“%(title)s” was joined with another proposal"),
    ProposalState.PROPOSED: _("“%(title)s” is open again"),
}


class ProposalIncomplete(Invalid):
    code = "cases.proposal_incomplete"
    message = _("Write what the work is called and what is done. How often and how bad it is are choices.")


class ReasonMissing(Invalid):
    code = "cases.proposal_reason_missing"
    message = _("Say why it stays without a process: whoever proposed it will read it.")


class ProcessMissing(Invalid):
    code = "cases.proposal_process_missing"
    message = _("Choose the process that covers this work now.")


class OwnTwin(Invalid):
    code = "cases.proposal_own_twin"
    message = _("A proposal cannot be joined with itself or with one that was joined already. Choose another one.")


class AlreadyJoined(Refused):
    code = "cases.proposal_already_joined"
    message = _("This proposal was joined with another one. Go on with that.")


@dataclass(frozen=True, kw_only=True)
class ProposalDetails:
    """What somebody says of work without a process."""

    title: str
    what: str
    often: str = HowOften.WEEKLY
    who: str = ""
    pain: int = 3  # 1 to 5


@transaction.atomic
def propose_process(
    *, unit_id: int, details: ProposalDetails, case_id: int | None = None, by: Actor, now: datetime
) -> ProcessProposal:
    """Put work that has no process into the register, seen by the whole dealer group.

    Args:
        unit_id: where it was noticed; the case's unit where there is a case.

    Raises:
        ProposalIncomplete: something is missing.
        NotFound: no such case within the scope.
    """
    case: Case | None = Case.objects.find(case_id) if case_id is not None else None
    where = case.unit_id if case else unit_id
    demand(by, WORK_CASES, where)
    title, what = " ".join(details.title.split())[:120], details.what.strip()[:4000]
    if not title or not what or details.often not in HowOften.values or not 1 <= details.pain <= 5:
        raise ProposalIncomplete
    proposal: ProcessProposal = ProcessProposal.objects.create(
        unit_id=group_of(where).pk,
        from_unit_id=where,
        case=case,
        title=title,
        what=what,
        often=details.often,
        who=" ".join(details.who.split())[:160],
        pain=details.pain,
        proposed_by_id=by.id,
        proposed_at=now,
        changed_at=now,
    )
    if by.id is not None:
        ProposalVote.objects.create(proposal=proposal, person_id=by.id, at=now)
    audit(proposal, "proposed", by=by, now=now, title=title, **({"case": case.pk} if case else {}))
    return proposal


@transaction.atomic
def vote(*, proposal_id: int, is_on: bool, by: Actor, now: datetime) -> None:
    """Say "it happens to me too", or take it back; once for each person."""
    proposal: ProcessProposal = ProcessProposal.objects.lock(proposal_id)
    if by.id is None:
        return
    if is_on:
        ProposalVote.objects.get_or_create(proposal=proposal, person_id=by.id, defaults={"at": now})
    else:
        ProposalVote.objects.filter(proposal=proposal, person_id=by.id).delete()


@transaction.atomic
def steer_proposal(
    *,
    proposal_id: int,
    state: str,
    owner_id: int | None = None,
    process_id: int | None = None,
    reason: str = "",
    by: Actor,
    now: datetime,
) -> ProcessProposal:
    """Say where a proposal stands and who takes care of it; whoever proposed it and everybody it happens to are told.

    Raises:
        NotAllowed: the actor manages processes neither in the group nor where it was noticed.
        AlreadyJoined: it lives on as another one.
        ReasonMissing, ProcessMissing: declined without a reason, mapped without a process.
    """
    proposal = _locked(proposal_id, by=by)
    if state not in (ProposalState.PROPOSED, ProposalState.MAPPING, ProposalState.MAPPED, ProposalState.DECLINED):
        raise ProposalIncomplete
    reason = " ".join(reason.split())[:300] if state == ProposalState.DECLINED else ""
    if state == ProposalState.DECLINED and not reason:
        raise ReasonMissing
    if state == ProposalState.MAPPED and process_id is None:
        raise ProcessMissing
    if owner_id is not None:
        Person.objects.get(pk=owner_id, is_active=True)
    process: Process | None = Process.objects.find(process_id) if state == ProposalState.MAPPED and process_id else None
    old, proposal.state = proposal.state, state
    is_new_owner = owner_id is not None and owner_id != proposal.owner_id
    proposal.owner_id, proposal.process, proposal.reason, proposal.changed_at = owner_id, process, reason, now
    proposal.save()
    audit(proposal, "proposal_steered", by=by, now=now, old=old, new=state, owner=owner_id)
    if old != state:
        _tell(proposal, _TOLD[ProposalState(state)], text=reason, key=f"{state}:{now.isoformat()}", by=by, now=now)
    if is_new_owner and owner_id != by.id:
        sentence = later(_("%(name)s gave you “%(title)s” to map"), name=by.name, title=proposal.title)
        _notify([owner_id], proposal, sentence, text=proposal.what, key=f"owner:{now.isoformat()}", now=now)
    return proposal


@transaction.atomic
def join_proposals(*, proposal_id: int, into_id: int, by: Actor, now: datetime) -> ProcessProposal:
    """Let one proposal go on for two that mean the same; votes go along, each person counts once.

    Raises:
        OwnTwin: they are one, or the other was joined itself.
    """
    if proposal_id == into_id:
        raise OwnTwin
    first, second = (_locked(pk, by=by) for pk in sorted((proposal_id, into_id)))
    joined, survivor = (first, second) if first.pk == proposal_id else (second, first)
    if survivor.unit_id != joined.unit_id:
        raise OwnTwin
    joined.state, joined.joined_into, joined.changed_at = ProposalState.JOINED, survivor, now
    joined.process, joined.reason = None, ""
    joined.save()
    ProcessProposal.objects.filter(joined_into=joined).update(joined_into=survivor)
    votes = ProposalVote.objects.filter(proposal=joined).values_list("person_id", "at")
    ProposalVote.objects.bulk_create(
        [ProposalVote(proposal=survivor, person_id=person_id, at=at) for person_id, at in votes],
        ignore_conflicts=True,
    )
    audit(joined, "proposal_joined", by=by, now=now, into=survivor.pk)
    _tell(joined, _TOLD[ProposalState.JOINED], text=survivor.title, key="joined", by=by, now=now)
    return survivor


@transaction.atomic
def give_process_owner(*, process_id: int, person_id: int | None, by: Actor, now: datetime) -> Process:
    """Say who answers for a process."""
    process: Process = Process.objects.lock(process_id)
    demand(by, MANAGE_PROCESSES, process.unit_id)
    if person_id is not None:
        Person.objects.get(pk=person_id, is_active=True)
    if process.owner_id != person_id:
        process.owner_id = person_id
        process.save(update_fields=["owner"])
        audit(process, "owner_given", by=by, now=now, new=person_id)
    return process


def may_steer(actor: Actor, proposal: ProcessProposal) -> bool:
    """Tell whether somebody manages processes in the group, or where the work was noticed."""
    return any(may(actor, MANAGE_PROCESSES, unit_id) for unit_id in (proposal.unit_id, proposal.from_unit_id))


def _locked(proposal_id: int, *, by: Actor) -> ProcessProposal:
    proposal: ProcessProposal = ProcessProposal.objects.lock(proposal_id)
    if by.kind == "person" and not may_steer(by, proposal):
        raise NotAllowed(right=MANAGE_PROCESSES.name)
    if proposal.state == ProposalState.JOINED:
        raise AlreadyJoined
    return proposal


def _tell(proposal: ProcessProposal, sentence: Any, *, text: str, key: str, by: Actor, now: datetime) -> None:
    people = {
        proposal.proposed_by_id,
        *ProposalVote.objects.filter(proposal=proposal).values_list("person_id", flat=True),
    }
    told = [pk for pk in people if pk is not None and pk != by.id]
    _notify(told, proposal, later(sentence, title=proposal.title), text=text, key=key, now=now)


def _notify(people: list[Any], proposal: ProcessProposal, title: Any, *, text: str, key: str, now: datetime) -> None:
    notify(
        people,
        kind="cases.proposal",
        title=title,
        text=text,
        url=reverse("cases:proposal", args=[proposal.pk]),
        dedupe_key=f"proposal:{proposal.pk}:{key}",
        now=now,
    )
