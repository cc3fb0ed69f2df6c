"""Interviews that one of us asks in person: the next call for whoever has time, its answers, its end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from corsia.customers import services as customer_services
from corsia.customers.models import ContactPoint
from corsia.customers.vocabulary import ConsentChannel, ContactState, Flag, Purpose
from corsia.kernel import scope
from corsia.kernel.access import demand
from corsia.kernel.actors import Actor, ActorKind
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid, Refused
from corsia.listening.models import Interview, Invitation, Response
from corsia.listening.permissions import INTERVIEW
from corsia.listening.queries import answers_so_far
from corsia.listening.queries.interviews import setup_of
from corsia.listening.queries.invitations import rules_in_force
from corsia.listening.queries.questionnaires import definition_of
from corsia.listening.rules.calling import slot_at
from corsia.listening.rules.questionnaires import (
    LANGUAGES,
    Given,
    Problem,
    item_after,
    page_missing,
    read_answer,
    still_asked,
)
from corsia.listening.services.interview_calls import (
    AGAIN,
    attempts_of,
    cancel_call,
    do_not_call,
    phones_of,
    plan_call,
    put_off,
)
from corsia.listening.services.inviting import is_sent, reason_not_to_ask
from corsia.listening.services.keeping import complete, keep
from corsia.listening.vocabulary import AnswerChannel, CancelReason, InterviewOutcome, InterviewWay
from corsia.messaging import services as messaging
from corsia.organisation.queries import tree

HOLD = timedelta(minutes=20)  # a call that somebody took and did not make is free again
MOST_LOOKED_AT = 50
FARTHEST = timedelta(days=14)  # that a customer can ask to be called at
SOURCE = "telephone interview"
WHOLE = "listening.next_call"
# What one of us may say of a call before they agreed, and after.
UNREACHED = (InterviewOutcome.NO_ANSWER, InterviewOutcome.BUSY, InterviewOutcome.MACHINE, InterviewOutcome.WRONG)
REACHED = (
    InterviewOutcome.LATER,
    InterviewOutcome.DECLINED,
    InterviewOutcome.LANGUAGE,
    InterviewOutcome.GONE,
    InterviewOutcome.DECEASED,
)
BEGUN = (InterviewOutcome.DONE, InterviewOutcome.PARTIAL, InterviewOutcome.LATER, InterviewOutcome.DECLINED)


class CallNotYours(Refused):
    code = "listening.call_not_yours"
    message = _("Somebody else has this call now, or it is over. Take the next one.")


class NotCalledYet(Refused):
    code = "listening.not_called_yet"
    message = _("Nobody was called yet. Dial first, then say what became of it.")


class OutcomeCannot(Refused):
    code = "listening.outcome_cannot"
    message = _("A call at this point cannot end like this. Reload the page and choose one of the ends it offers.")


class QuestionsLeft(Refused):
    code = "listening.questions_left"
    message = _("A question that must be answered is still open. Ask it, or end the interview as left in the middle.")


class TimeNeeded(Invalid):
    code = "listening.time_needed"
    message = _("Say when the customer wants to be called: a day and an hour to come, within two weeks.")


class QuietThen(Invalid):
    code = "listening.quiet_then"
    message = _("At that hour customers may not be disturbed. The first one possible is %(when)s.")


@transaction.atomic
def next_call(*, by: Actor, now: datetime) -> Interview | None:
    """Return the call that somebody makes now: the one they have, else the first that is due and that nobody has.

    Whoever named a time comes first. The gate is asked about each; who may not be called is left out with the reason.
    """
    mine = _own(by).filter(Q(placed_at__isnull=False) | Q(held_until__gt=now)).order_by("pk").first()
    if mine is not None:
        return mine
    for _look in range(MOST_LOOKED_AT):
        rows = Interview.objects.select_for_update(skip_locked=True, of=("self",))
        free = rows.filter(way=InterviewWay.OPERATOR, placed_at=None, outcome="", planned_at__lte=now)
        free = free.filter(Q(held_until=None) | Q(held_until__lte=now))
        interview: Interview | None = (
            free.select_related("invitation__plan", "invitation__case").order_by("-is_wished", "planned_at", "pk")
        ).first()
        if interview is None:
            return None
        with scope.system(WHOLE):  # whoever was asked in another branch counts too
            may_be_called = _may_be_called(interview, now=now)
        if may_be_called:
            interview.begun_by_id, interview.held_until = by.id, now + HOLD
            interview.save(update_fields=["begun_by", "held_until"])
            return interview
    return None


def _own(by: Actor) -> QuerySet[Interview]:
    rows: QuerySet[Interview] = Interview.objects.filter(way=InterviewWay.OPERATOR, outcome="", begun_by_id=by.id)
    return rows


def _may_be_called(interview: Interview, *, now: datetime) -> bool:
    """Ask whether the customer may be called now; whoever may not is put off or left out, with the reason."""
    invitation = interview.invitation
    if invitation is None:
        return False
    response = Response.unscoped.filter(invitation=invitation).first()
    is_answered = response is not None and (response.completed_at is not None or not interview.is_wished)
    if is_answered or invitation.cancelled_at or invitation.expires_at <= now:
        do_not_call(interview, detail="", now=now)
        return False
    refused = reason_not_to_ask(invitation, rules_in_force(invitation.unit_id), now)
    if refused is None and not phones_of(invitation.customer_id):
        refused = CancelReason.CANNOT_SEND, "no number"
    if refused is not None:
        cancel_call(interview, *refused, now=now)
        return False
    verdict = messaging.may_contact(
        customer_id=invitation.customer_id,
        channel=ConsentChannel.PHONE,
        purpose=Purpose.SURVEY,
        now=now,
        unit_id=invitation.unit_id,
        counts=invitation.sent_at is None,
    )
    if verdict.not_before is not None:
        put_off(interview, not_before=verdict.not_before)
        return False
    return True


@transaction.atomic
def give_back(*, interview_id: int, by: Actor, now: datetime) -> None:
    """Let somebody else make a call that was taken and not made.

    Raises:
        CallNotYours: it was made already, or is somebody else's.
    """
    interview = _held(interview_id, by=by, now=now)
    if interview.placed_at is not None:
        raise CallNotYours
    interview.begun_by, interview.held_until = None, None
    interview.save(update_fields=["begun_by", "held_until"])


@transaction.atomic
def note_dialled(*, interview_id: int, by: Actor, now: datetime) -> Interview:
    """Write down that somebody is calling, before it rings; twice is once.

    Returns:
        The call; its outcome is "cancelled" where the gate said no in the last moment.

    Raises:
        CallNotYours: somebody else has it.
    """
    interview = _held(interview_id, by=by, now=now)
    invitation = interview.invitation
    if interview.placed_at is not None or invitation is None:
        return interview
    with scope.system(WHOLE):
        verdict = messaging.take_place(
            customer_id=invitation.customer_id,
            unit_id=invitation.unit_id,
            channel=ConsentChannel.PHONE,
            purpose=Purpose.SURVEY,
            key=f"listening.invitation:{invitation.pk}",
            now=now,
        )
        if not verdict.allowed:
            cancel_call(interview, CancelReason.NOT_ALLOWED, str(verdict.reason)[:200], now=now)
        elif verdict.not_before is not None:
            interview.begun_by, interview.held_until = None, None
            interview.save(update_fields=["begun_by", "held_until"])
            put_off(interview, not_before=verdict.not_before)
        else:
            interview.placed_at = now
            interview.slot = slot_at(now, tree().time_zone(interview.unit_id))
            interview.save(update_fields=["placed_at", "slot"])
            if invitation.sent_at is None:
                is_sent(invitation, now)
    return interview


@transaction.atomic
def agree(*, interview_id: int, by: Actor, now: datetime) -> Interview:
    """Write down that the customer heard the privacy statement and agreed: from now on answers are kept.

    Raises:
        CallNotYours, NotCalledYet: it is not being made by them.
    """
    interview = _placed(interview_id, by=by, now=now)
    interview.answered_at = interview.answered_at or now
    interview.agreed_at = interview.agreed_at or now
    interview.save(update_fields=["answered_at", "agreed_at"])
    return interview


@transaction.atomic
def speak(*, interview_id: int, language: str, by: Actor, now: datetime) -> Interview:
    """Go on in another language.

    Raises:
        CallNotYours: it is not theirs.
    """
    interview = _held(interview_id, by=by, now=now)
    if language in LANGUAGES:
        interview.language = language
        interview.save(update_fields=["language"])
    return interview


@dataclass(frozen=True, kw_only=True)
class Said:
    """What became of one answer: what is asked next ("" after the last), or why it was not taken."""

    following: str
    problem: Problem | None = None


@transaction.atomic
def take_answer(*, interview_id: int, item: str, values: Sequence[str], by: Actor, now: datetime) -> Said:
    """Keep the answer to one question at once; an empty one to a question that may be left out passes it over.

    Raises:
        CallNotYours, NotCalledYet: it is not being made by them.
        OutcomeCannot: they did not agree yet, or another way took the survey meanwhile.
    """
    interview = _placed(interview_id, by=by, now=now)
    if interview.agreed_at is None:
        raise OutcomeCannot
    definition = definition_of(interview.version_id)
    question = definition.question_of(item)
    if question is None or item not in question.items:
        raise OutcomeCannot
    read = read_answer(question, values)
    if isinstance(read, Problem):
        return Said(following=item, problem=read)
    response = _response_of(interview, now=now)
    answers: dict[str, Given] = {key: given for key, given in answers_so_far(response.pk).items() if key != item}
    if read.is_something:
        answers[item] = read
    answers = still_asked(definition, answers)
    if answers or response.pk is not None:
        keep(response, definition, answers, now=now)
        if interview.response_id != response.pk:
            Interview.unscoped.filter(response=response).update(response=None)  # an earlier call of theirs began it
            interview.response = response
            interview.save(update_fields=["response"])
    return Said(following=item_after(definition, answers, item))


def _response_of(interview: Interview, *, now: datetime) -> Response:
    """Return what the customer answered so far, or the response that their first answer begins."""
    invitation = interview.invitation
    found = Response.unscoped.select_for_update(of=("self",)).filter(invitation=invitation).first()
    if found is not None:
        if found.completed_at is not None:
            raise OutcomeCannot
        return found
    return Response(
        invitation=invitation,
        unit_id=interview.unit_id,
        plan_id=invitation.plan_id if invitation else None,
        version_id=interview.version_id,
        touchpoint_id=invitation.plan.touchpoint_id if invitation and invitation.plan else None,
        customer_id=interview.customer_id,
        case_id=interview.case_id,
        channel=AnswerChannel.PHONE,
        language=interview.language,
        started_at=interview.agreed_at or now,
    )


@transaction.atomic
def end_call(
    *,
    interview_id: int,
    outcome: str,
    by: Actor,
    now: datetime,
    note: str = "",
    call_at: datetime | None = None,
    contact_id: int | None = None,
) -> Interview:
    """Write down how a call ended, and do what follows from it.

    No answer: another attempt, at another time of day. Called back at: an attempt at the time they named. Wrong number:
    the number is not used any more. Declined: no more surveys, by any way. Deceased, or no customer any more: a flag.

    Raises:
        CallNotYours, NotCalledYet: it is not being made by them.
        OutcomeCannot: a call at this point cannot end like this.
        QuestionsLeft: it is said to be done and is not.
        TimeNeeded, QuietThen: the time they named is missing, over or quiet.
    """
    interview = _placed(interview_id, by=by, now=now)
    offered = BEGUN if interview.agreed_at else (*UNREACHED, *REACHED)
    if outcome not in offered:
        raise OutcomeCannot
    response = interview.response
    definition = definition_of(interview.version_id)
    if outcome == InterviewOutcome.DONE:
        if response is None or page_missing(definition, answers_so_far(response.pk)) is not None:
            raise QuestionsLeft
        complete(response, now=now)
    elif outcome == InterviewOutcome.PARTIAL and response is None:
        raise OutcomeCannot
    elif outcome == InterviewOutcome.LATER:
        _check_time(interview, call_at, now=now)
    interview.outcome, interview.ended_at, interview.note = outcome, now, " ".join(note.split())[:300]
    if outcome not in UNREACHED:
        interview.answered_at = interview.answered_at or now
    interview.held_until = None
    interview.save(update_fields=["outcome", "ended_at", "note", "answered_at", "held_until"])
    audit(interview, "interview_call_ended", by=by, now=now, outcome=outcome)
    with scope.system(WHOLE):
        _follow(interview, by=by, now=now, call_at=call_at, contact_id=contact_id)
    return interview


def _check_time(interview: Interview, at: datetime | None, *, now: datetime) -> None:
    """Refuse a time at which nobody may be called."""
    invitation = interview.invitation
    if invitation is None or at is None or not now < at <= min(now + FARTHEST, invitation.expires_at):
        raise TimeNeeded
    verdict = messaging.may_contact(
        customer_id=invitation.customer_id,
        channel=ConsentChannel.PHONE,
        purpose=Purpose.SURVEY,
        now=at,
        unit_id=invitation.unit_id,
        counts=False,
    )
    if verdict.not_before is not None:
        zone = tree().time_zone(invitation.unit_id)
        raise QuietThen(when=f"{verdict.not_before.astimezone(zone):%d/%m/%Y %H:%M}")


def _follow(
    interview: Interview, *, by: Actor, now: datetime, call_at: datetime | None, contact_id: int | None
) -> None:
    invitation, outcome = interview.invitation, InterviewOutcome(interview.outcome)
    if invitation is None:
        return
    # The right was asked for the call; what follows from it is the house's.
    house = Actor(kind=ActorKind.SYSTEM, id=by.id, name=by.name)
    if outcome == InterviewOutcome.WRONG:
        _mark_wrong(invitation, contact_id, by=house, now=now)
    if outcome in AGAIN or (outcome == InterviewOutcome.WRONG and phones_of(invitation.customer_id)):
        setup = setup_of(interview.version_id)
        plan_call(
            invitation,
            number=attempts_of(invitation) + 1,
            not_before=now + timedelta(hours=setup.hours_between),
            but=interview.slot,
        )
    elif outcome == InterviewOutcome.LATER:
        plan_call(invitation, number=attempts_of(invitation) + 1, not_before=now, at=call_at)
    elif outcome == InterviewOutcome.DECLINED:
        customer_services.record_consent(
            customer_id=invitation.customer_id,
            purpose=Purpose.SURVEY,
            channel=ConsentChannel.ANY,
            is_given=False,
            source=SOURCE,
            by=house,
            now=now,
        )
    elif outcome in _FLAGS:
        customer_services.set_flag(customer_id=invitation.customer_id, flag=_FLAGS[outcome], by=house, now=now)


_FLAGS = {InterviewOutcome.DECEASED: Flag.DECEASED, InterviewOutcome.GONE: Flag.CAR_SOLD}


def _mark_wrong(invitation: Invitation, contact_id: int | None, *, by: Actor, now: datetime) -> None:
    """Let nobody call a number again that is somebody else's: the one named, else the one called first."""
    points: list[ContactPoint] = phones_of(invitation.customer_id)
    point = next((one for one in points if one.pk == contact_id), points[0] if points else None)
    if point is not None:
        customer_services.set_contact_state(
            contact_id=point.pk, state=ContactState.REFUSED, reason=SOURCE, by=by, now=now
        )


def _held(interview_id: int, *, by: Actor, now: datetime) -> Interview:
    """Return a call that somebody has, locked; whoever works on it keeps it."""
    rows = Interview.objects.select_for_update(of=("self",)).select_related("invitation__plan", "response")
    interview: Interview = rows.find(interview_id)
    demand(by, INTERVIEW, interview.unit_id)
    is_free = interview.placed_at is None and (interview.held_until is None or interview.held_until <= now)
    if interview.way != InterviewWay.OPERATOR or interview.outcome or interview.begun_by_id != by.id or is_free:
        raise CallNotYours
    return interview


def _placed(interview_id: int, *, by: Actor, now: datetime) -> Interview:
    interview = _held(interview_id, by=by, now=now)
    if interview.placed_at is None:
        raise NotCalledYet
    return interview
