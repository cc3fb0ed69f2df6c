"""Accepting a proposal, and taking it back: every move in one transaction, and none where the diary has changed."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import Refused
from corsia.organisation.models import Absence
from corsia.organisation.queries.people import absences_of
from corsia.organisation.services.people import manages
from corsia.organisation.services.skills_and_absences import add_absence, remove_absence
from corsia.organisation.vocabulary import AbsenceKind
from corsia.workshop.models import Allocation, Proposal, ProposalMove, Technician, Visit, Workshop
from corsia.workshop.queries.postponing import closing_of
from corsia.workshop.queries.proposals import is_of_today
from corsia.workshop.queries.replanning import DiaryDay, diary_day
from corsia.workshop.services.planning import allocation_values, demand_movable
from corsia.workshop.services.promises import give_promise
from corsia.workshop.services.proposals import AlreadyDecided, locked, tell_proposal
from corsia.workshop.vocabulary import Cause, ProposalState

REPLANNED, POSTPONED, RESTORED = "replanned", "step_postponed", "replan_undone"
_OUT_OF_THE_WAY = timedelta(days=36_500)  # so that two pieces of work can change places


class ProposalStale(Refused):
    code = "workshop.proposal_stale"
    message = _("The diary has changed since this was proposed. Nothing was moved: ask for a new proposal.")


class NoWayBack(Refused):
    code = "workshop.no_way_back"
    message = _("What was moved has been begun, moved or filled since, or another day has come: move it by hand.")


@transaction.atomic
def accept(*, proposal_id: int, by: Actor, now: datetime) -> bool:
    """Carry a proposal out as it was shown.

    Returns:
        Whether the absence was noted, or none had to be: only who manages somebody notes that they are away.

    Raises:
        AlreadyDecided: somebody decided before.
        ProposalStale: the diary has changed since.
    """
    proposal = locked(proposal_id, by)
    if proposal.state != ProposalState.READY:
        raise AlreadyDecided(state=proposal.get_state_display())
    moves = list(proposal.moves.order_by("pk"))
    rows = _rows(moves)
    found = diary_day(Workshop.objects.get(unit_id=proposal.unit_id), on=proposal.on, now=now)
    if found is None or found.digest != proposal.digest or len(rows) != len(moves) or _is_away(moves):
        raise ProposalStale
    try:
        with transaction.atomic():
            _carry_out(rows, moves, by=by, now=now)
            _promise_anew(proposal, rows, now=now)
    except IntegrityError as taken:
        raise ProposalStale from taken
    is_noted = proposal.cause != Cause.AWAY or _note(proposal, found, by=by, now=now)
    proposal.state, proposal.decided_by_id, proposal.decided_at = ProposalState.ACCEPTED, by.id, now
    proposal.save(update_fields=["state", "decided_by", "decided_at", "absence"])
    audit(proposal, "proposal_accepted", by=by, now=now, moves=len(moves))
    tell_proposal(proposal)
    return is_noted


@transaction.atomic
def undo(*, proposal_id: int, by: Actor, now: datetime) -> Proposal:
    """Put everything that a proposal moved back where it was, promises too, on the day on which it was accepted.

    Raises:
        NoWayBack: another day has come; or something of it was begun or moved, or an old place is taken.
    """
    proposal = locked(proposal_id, by)
    if not is_of_today(proposal, now):
        raise NoWayBack
    if proposal.absence_id is not None and manages(by, _technician(proposal).person_id):
        remove_absence(absence_id=proposal.absence_id, by=by, now=now)
    moves = list(proposal.moves.order_by("pk"))
    rows = _rows(moves)
    _demand_as_left(proposal, moves, rows)
    if _is_away(moves, before=True):
        raise NoWayBack
    try:
        with transaction.atomic():
            _put_back(moves, rows, by=by, now=now)
            for call in proposal.calls.select_related("visit").order_by("pk"):
                if call.promised_at is not None:
                    give_promise(call.visit, call.promised_before, now=now)
    except IntegrityError as taken:
        raise NoWayBack from taken
    proposal.state, proposal.decided_by_id, proposal.decided_at = ProposalState.UNDONE, by.id, now
    proposal.save(update_fields=["state", "decided_by", "decided_at"])
    audit(proposal, "proposal_undone", by=by, now=now, moves=len(moves))
    tell_proposal(proposal)
    return proposal


def _rows(moves: Sequence[ProposalMove]) -> dict[int, Allocation]:
    """Return what is planned of what a proposal moves, by its id, with its visits locked first."""
    ids = [move.allocation_id for move in moves]
    list(Visit.objects.select_for_update().filter(pk__in={move.visit_id for move in moves}).order_by("pk"))
    rows = Allocation.objects.select_for_update(of=("self",)).filter(pk__in=ids).select_related(
        "visit__customer", "visit_job__job"
    )  # fmt: skip
    return {row.pk: row for row in rows.order_by("pk")}


def _carry_out(rows: dict[int, Allocation], moves: Sequence[ProposalMove], *, by: Actor, now: datetime) -> None:
    going = [move for move in moves if move.technician_id is not None]
    for move in moves:
        row = rows[move.allocation_id or 0]
        if move.technician_id is None:
            audit(row, POSTPONED, by=by, now=now, before=allocation_values(row, row.visit))
            row.delete()
    _make_room(rows[move.allocation_id or 0] for move in going)
    for move in going:
        row = rows[move.allocation_id or 0]
        before = allocation_values(row, row.visit)
        for name in ("technician_id", "bay_id", "starts_at", "ends_at"):
            setattr(row, name, getattr(move, name))
        row.save(update_fields=["technician", "bay", "starts_at", "ends_at"])
        audit(row, REPLANNED, by=by, now=now, before=before, after=allocation_values(row, row.visit))


def _promise_anew(proposal: Proposal, rows: dict[int, Allocation], *, now: datetime) -> None:
    for call in proposal.calls.select_related("visit").order_by("pk"):
        if call.promised_at is not None:
            give_promise(call.visit, call.promised_at, now=now)


def _demand_as_left(proposal: Proposal, moves: Sequence[ProposalMove], rows: dict[int, Allocation]) -> None:
    """Raise unless everything still stands where the proposal put it, and nobody has begun it."""
    promised = {call.visit_id: call.promised_at for call in proposal.calls.all()}
    for move in moves:
        if move.technician_id is None:
            if Allocation.objects.filter(visit_job_id=move.visit_job_id, step_id=move.step_id).exists():
                raise NoWayBack
            continue
        row = rows.get(move.allocation_id or 0)
        if row is None or (row.technician_id, row.bay_id, row.starts_at, row.ends_at) != (
            move.technician_id, move.bay_id, move.starts_at, move.ends_at,
        ):  # fmt: skip
            raise NoWayBack
        if promised.get(row.visit_id) not in (None, row.visit.promised_at):
            raise NoWayBack
        demand_movable(row.visit, row)


def _put_back(moves: Sequence[ProposalMove], rows: dict[int, Allocation], *, by: Actor, now: datetime) -> None:
    _make_room(rows.values())
    for move in moves:
        row = rows.get(move.allocation_id or 0) or Allocation(
            unit_id=move.proposal.unit_id, visit=move.visit, visit_job_id=move.visit_job_id, step_id=move.step_id
        )
        before = allocation_values(row, row.visit) if row.pk else None
        row.technician_id, row.bay_id = move.technician_before_id, move.bay_before_id
        row.starts_at, row.ends_at = move.starts_before, move.ends_before
        row.save()
        audit(row, RESTORED, by=by, now=now, before=before, after=allocation_values(row, row.visit))


def _make_room(rows: Iterable[Allocation]) -> None:
    """Take work far out of the way for a moment."""
    Allocation.objects.filter(pk__in=[row.pk for row in rows]).update(
        starts_at=F("starts_at") + _OUT_OF_THE_WAY, ends_at=F("ends_at") + _OUT_OF_THE_WAY
    )


def _is_away(moves: Collection[ProposalMove], *, before: bool = False) -> bool:
    """Tell whether somebody is away while they would have the work."""
    spans = []
    for move in moves:
        if before:
            spans.append((move.technician_before_id, move.starts_before, move.ends_before))
        elif move.technician_id is not None and move.starts_at is not None and move.ends_at is not None:
            spans.append((move.technician_id, move.starts_at, move.ends_at))
    if not spans:
        return False
    people = dict(Technician.objects.filter(pk__in={one for one, _s, _e in spans}).values_list("pk", "person_id"))
    away = absences_of(people.values(), start=min(s for _o, s, _e in spans), end=max(e for _o, _s, e in spans))
    return any(
        absence.person_id == people.get(one) and absence.starts_at < end and absence.ends_at > start
        for absence in away
        for one, start, end in spans
    )


def _technician(proposal: Proposal) -> Technician:
    technician: Technician = Technician.objects.find(proposal.technician_id)
    return technician


def _note(proposal: Proposal, found: DiaryDay, *, by: Actor, now: datetime) -> bool:
    technician = _technician(proposal)
    if not manages(by, technician.person_id) or proposal.at is None:
        return False
    absence: Absence = add_absence(
        person_id=technician.person_id,
        kind=AbsenceKind.SICKNESS,
        starts_at=proposal.at,
        ends_at=closing_of(found),
        by=by,
        now=now,
    )
    proposal.absence = absence
    return True
