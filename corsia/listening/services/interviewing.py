"""What somebody in an interview hears, and what is kept of it.

An interview is the keys of somebody who agreed; what it says is worked out anew from all of them. Before they agree
their keys travel in the addresses of the call and are kept nowhere.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from corsia.listening.models import Interview, InterviewKey, Response
from corsia.listening.queries.interviews import names_at, script_of
from corsia.listening.queries.questionnaires import definition_of
from corsia.listening.rules.interviews import (
    MOST_TURNS,
    Ending,
    Heard,
    Phase,
    State,
    after,
    heard,
    items_of,
)
from corsia.listening.services.interview_calls import end_unanswered, hung_up
from corsia.listening.services.keeping import complete, keep
from corsia.listening.vocabulary import (
    AnswerChannel,
    CallPurpose,
    InterviewOutcome,
    InterviewWay,
)

_ENDS = {"busy": InterviewOutcome.BUSY, "no-answer": InterviewOutcome.NO_ANSWER}


@dataclass(frozen=True, kw_only=True)
class Turn:
    """What somebody hears, and where the call goes on.

    Attributes:
        turn: the number of the key that is waited for.
        before: the keys before it, while nothing may be kept; "" afterwards.
        sounds: recordings by prompt, said in place of their texts.
    """

    heard: Heard
    language: str
    turn: int
    before: str
    sounds: Mapping[str, int]


@transaction.atomic
def hear(
    *,
    interview_id: int,
    account_id: int,
    provider_id: str,
    turn: int | None,
    before: str,
    pressed: str,
    now: datetime,
) -> Turn | None:
    """Take a key and return what is heard next. The same key at the same turn always hears the same.

    Args:
        turn: that the key answers; None where the call just begins.
        before: the keys pressed before agreeing, one letter each, as the address of the call carries them.
        pressed: as rules.interviews.clean_key returns it.

    Returns:
        None where no such interview goes on in this call.
    """
    rows = Interview.unscoped.select_for_update(of=("self",)).select_related("version", "invitation__plan")
    interview = rows.filter(pk=interview_id, account_id=account_id, placed_at__isnull=False).first()
    if interview is None or interview.provider_id not in ("", provider_id):
        return None
    definition = definition_of(interview.version_id)
    if interview.answered_at is None:
        interview.answered_at, interview.provider_id = now, provider_id
        interview.save(update_fields=["answered_at", "provider_id"])
    kept = _kept_keys(interview)
    if interview.outcome == InterviewOutcome.DECLINED:
        return _turn(interview, [], State(phase=Phase.OVER, ending=Ending.DECLINED))
    if turn is None:
        keys = kept
    elif kept or (turn > 0 and not before):  # only whoever agreed is at an address without the keys before
        keys = _with_key(interview, turn=turn, pressed=pressed, now=now)
    else:
        keys = [*before, pressed[:1]]
    state = after(definition, keys)
    if state.has_consent and not kept:
        _agree(interview, keys, state, now=now)
    if state.has_consent:
        _keep_answers(interview, after(definition, _kept_keys(interview)), now=now)
    elif state.is_over:
        _end_without_answers(interview, state, now=now)
    return _turn(interview, keys, state)


def _turn(interview: Interview, keys: Sequence[str], state: State) -> Turn:
    script, sounds = script_of(interview.version_id, interview.script, interview.language)
    said = heard(
        definition_of(interview.version_id),
        state,
        language=interview.language,
        script=script,
        names=names_at(interview.unit_id),
    )
    return Turn(
        heard=said,
        language=interview.language,
        turn=len(keys),
        before="" if state.has_consent else "".join(keys),
        sounds=sounds,
    )


def _kept_keys(interview: Interview) -> list[str]:
    """Return the keys without a gap from the first: one that overtook another waits for it."""
    rows = dict(InterviewKey.unscoped.filter(interview=interview).values_list("turn", "pressed"))
    keys: list[str] = []
    while len(keys) in rows:
        keys.append(rows[len(keys)])
    return keys


def _with_key(interview: Interview, *, turn: int, pressed: str, now: datetime) -> list[str]:
    """Keep a key at its turn, the first time, and return the keys up to it; those known where some are missing."""
    if turn <= MOST_TURNS:
        InterviewKey.unscoped.bulk_create(
            [InterviewKey(interview=interview, turn=turn, pressed=pressed, at=now)], ignore_conflicts=True
        )
    known = _kept_keys(interview)
    return known[: turn + 1] if turn < len(known) else known


def _agree(interview: Interview, keys: Sequence[str], state: State, *, now: datetime) -> None:
    InterviewKey.unscoped.bulk_create(
        [InterviewKey(interview=interview, turn=place, pressed=key, at=now) for place, key in enumerate(keys)],
        ignore_conflicts=True,
    )
    interview.purpose = CallPurpose(state.reason.value)
    interview.save(update_fields=["purpose"])


def _keep_answers(interview: Interview, state: State, *, now: datetime) -> None:
    """Bring the response up to what the keys say. Complete, it changes no more."""
    response = interview.response
    if response is not None and response.completed_at is not None:
        return
    if state.answers and (response is None or _says(response) != _told(state)):
        if response is None and _has_answered(interview):
            return  # by another way, meanwhile: each invitation counts once
        response = response or _begun(interview, now=now)
        keep(response, definition_of(interview.version_id), state.answers, now=now)
        if interview.response_id is None:
            interview.response = response
            interview.save(update_fields=["response"])
    if response is not None:
        _finish(interview, response, state, now=now)
    elif state.is_over:
        _end_without_answers(interview, state, now=now)


def _has_answered(interview: Interview) -> bool:
    if interview.invitation_id is None:
        return False
    return bool(Response.unscoped.filter(invitation_id=interview.invitation_id).exists())


def _says(response: Response) -> dict[str, tuple[int | None, list[str]]]:
    return {row.question: (row.number, list(row.choices)) for row in response.items.all()}


def _told(state: State) -> dict[str, tuple[int | None, list[str]]]:
    return {key: (given.number, list(given.choices)) for key, given in state.answers.items()}


def _finish(interview: Interview, response: Response, state: State, *, now: datetime) -> None:
    """Close a response whose interview came to its end with everything answered that must be."""
    if not state.is_over:
        if interview.outcome in (InterviewOutcome.LEFT, InterviewOutcome.FAILED):  # told before its first answer was
            interview.outcome = InterviewOutcome.PARTIAL
            interview.save(update_fields=["outcome"])
        return
    required = {item.key for item in items_of(definition_of(interview.version_id)) if item.question.is_required}
    is_whole = state.ending is Ending.DONE and not required & state.skipped
    if is_whole:
        complete(response, now=now)
    interview.outcome = InterviewOutcome.DONE if is_whole else InterviewOutcome.PARTIAL
    interview.ended_at = interview.ended_at or now
    interview.save(update_fields=["outcome", "ended_at"])


def _begun(interview: Interview, *, now: datetime) -> Response:
    invitation = interview.invitation
    return Response(
        invitation=invitation,
        unit_id=interview.unit_id,
        plan_id=invitation.plan_id if invitation else None,
        version_id=interview.version_id,
        touchpoint_id=invitation.plan.touchpoint_id if invitation and invitation.plan else None,
        customer_id=interview.customer_id,
        case_id=interview.case_id,
        channel=AnswerChannel.IVR,
        language=interview.language,
        started_at=interview.answered_at or now,
    )


def _end_without_answers(interview: Interview, state: State, *, now: datetime) -> None:
    outcome = InterviewOutcome.DECLINED if state.ending is Ending.DECLINED else InterviewOutcome.LEFT
    if interview.outcome in ("", InterviewOutcome.LEFT, InterviewOutcome.FAILED):
        interview.outcome, interview.ended_at = outcome, interview.ended_at or now
        interview.save(update_fields=["outcome", "ended_at"])


# ---- the end of a call ----


@transaction.atomic
def note_end(*, interview_id: int, account_id: int, provider_id: str, status: str, now: datetime) -> None:
    """Write down how a call ended, as the line says: it may say so twice, and before the last key is told.

    Args:
        status: "completed", "busy", "no-answer", "machine", or anything else for no connection.
    """
    rows = Interview.unscoped.select_for_update(of=("self",))
    interview = rows.filter(pk=interview_id, account_id=account_id, placed_at__isnull=False).first()
    if interview is None or interview.provider_id not in ("", provider_id):
        return
    if status == "machine" or (interview.answered_at is None and status != "completed"):
        outcome = InterviewOutcome.MACHINE if status == "machine" else _ENDS.get(status, InterviewOutcome.FAILED)
        end_unanswered(interview_id, outcome, detail="" if outcome != InterviewOutcome.FAILED else status[:40], now=now)
        return
    hung_up(interview, now=now)


@transaction.atomic
def note_call_ended(*, account_id: int, provider_id: str, now: datetime) -> None:
    """End the interview of a caller whom somebody transferred, when their call has ended."""
    rows = Interview.unscoped.select_for_update(of=("self",))
    found = rows.filter(account_id=account_id, provider_id=provider_id, way=InterviewWay.TRANSFER, outcome="").first()
    if found is not None:
        hung_up(found, now=now)
