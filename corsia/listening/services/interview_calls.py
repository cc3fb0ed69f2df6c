"""Who is called for an interview, and when: attempts go round the times of day, the gate is asked each time.

The system calls by itself (`call_due`); what one of us asks in person stands in services.operator_calls.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max

from corsia.customers import queries as customers
from corsia.customers.models import ContactPoint
from corsia.customers.vocabulary import ConsentChannel, ContactKind, ContactState, Purpose
from corsia.listening.models import Interview, Invitation, Response
from corsia.listening.ports import NotPlaced, dialler
from corsia.listening.queries.interviews import setup_of
from corsia.listening.queries.invitations import rules_in_force
from corsia.listening.rules.calling import Planned, plan_attempt, script_for, slot_at
from corsia.listening.services.inviting import is_sent, reason_not_to_ask
from corsia.listening.vocabulary import (
    CancelReason,
    Instrument,
    InterviewOutcome,
    InterviewWay,
)
from corsia.messaging import services as messaging
from corsia.messaging.vocabulary import Objection
from corsia.organisation.queries import tree

CALL_BATCH = 50
LOST_AFTER = timedelta(hours=1)  # a call of which nothing more was told
AGAIN = frozenset(
    {InterviewOutcome.NO_ANSWER, InterviewOutcome.MACHINE, InterviewOutcome.BUSY, InterviewOutcome.FAILED}
)
WAYS = {Instrument.IVR: InterviewWay.CALLBACK, Instrument.PHONE: InterviewWay.OPERATOR}


def call_due(*, now: datetime, limit: int = CALL_BATCH) -> int:
    """Plan the calls of invitations that are due, make those whose time has come; return how many were made."""
    invitations = Invitation.objects.filter(
        plan__instrument__in=WAYS, sent_at=None, cancelled_at=None, send_after__lte=now, interviews=None
    )
    for invitation_id in invitations.order_by("send_after").values_list("pk", flat=True)[:limit]:
        _plan_first(invitation_id, now=now)
    _end_lost(now=now, limit=limit)
    _end_expired(now=now, limit=limit)
    due = Interview.objects.filter(way=InterviewWay.CALLBACK, placed_at=None, outcome="", planned_at__lte=now).order_by(
        "planned_at"
    )
    return sum(_call(pk, now=now) for pk in due.values_list("pk", flat=True)[:limit])


@transaction.atomic
def _plan_first(invitation_id: int, *, now: datetime) -> None:
    rows = Invitation.objects.select_for_update(skip_locked=True, of=("self",)).select_related("plan", "case")
    invitation = rows.filter(pk=invitation_id, sent_at=None, cancelled_at=None, interviews=None).first()
    if invitation is not None and not plan_call(invitation, number=1, not_before=now):
        invitation.cancelled_at, invitation.cancel_reason = now, CancelReason.CANNOT_SEND
        invitation.cancel_detail = "no time left"
        invitation.save(update_fields=["cancelled_at", "cancel_reason", "cancel_detail"])


def plan_call(
    invitation: Invitation, *, number: int, not_before: datetime, but: str = "", at: datetime | None = None
) -> bool:
    """Write down one more attempt, unless as many were made as are allowed or the invitation ends before it.

    Args:
        but: the slot of the latest attempt, which the next one avoids where there is another.
        at: the time that the customer named: it holds whatever the slots, and however many attempts were made.
    """
    setup = setup_of(invitation.version_id)
    if (number > setup.most_attempts and at is None) or invitation.version_id is None or invitation.plan is None:
        return False
    zone = tree().time_zone(invitation.unit_id)
    if at is not None:
        planned = Planned(slot=slot_at(at, zone), at=at)
    else:
        slots = [slot for slot in setup.slots if slot != but] or setup.slots
        planned = plan_attempt(seed=invitation.pk, number=number, not_before=not_before, zone=zone, slots=slots)
    if planned.at >= invitation.expires_at:
        return False
    Interview.unscoped.bulk_create(
        [
            Interview(
                unit_id=invitation.unit_id,
                version_id=invitation.version_id,
                way=WAYS[Instrument(invitation.plan.instrument)],
                is_wished=at is not None,
                invitation=invitation,
                customer_id=invitation.customer_id,
                case_id=invitation.case_id,
                attempt=number,
                slot=planned.slot,
                script=script_for(invitation.pk, share_b_pct=setup.share_b_pct),
                language=invitation.language,
                planned_at=planned.at,
            )
        ],
        ignore_conflicts=True,
    )
    return True


@dataclass(frozen=True, kw_only=True)
class _Order:
    """A call that may be made now."""

    account_id: int
    phone: str
    ring_seconds: int


def _call(interview_id: int, *, now: datetime) -> bool:
    """Make one call. It is written down as made before the provider is asked: nobody is ever called twice for it."""
    order = _claim(interview_id, now=now)
    if order is None:
        return False
    try:
        placed = dialler().place(
            account_id=order.account_id,
            interview_id=interview_id,
            phone=order.phone,
            ring_seconds=order.ring_seconds,
        )
    except NotPlaced as failure:
        end_unanswered(interview_id, InterviewOutcome.FAILED, detail=failure.code, now=now)
        return False
    Interview.objects.filter(pk=interview_id, provider_id="").update(provider_id=placed.provider_id)
    return True


@transaction.atomic
def _claim(interview_id: int, *, now: datetime) -> _Order | None:
    """Return the call that is to be made now; None when somebody else makes it, or it is not to be made (now)."""
    rows = Interview.objects.select_for_update(skip_locked=True, of=("self",))
    interview = (
        rows.select_related("invitation__plan", "invitation__case")
        .filter(pk=interview_id, placed_at=None, outcome="")
        .first()
    )
    if interview is None or interview.invitation is None:
        return None
    invitation = interview.invitation
    is_first = invitation.sent_at is None
    is_answered = Response.objects.filter(invitation=invitation).exists()
    if is_answered or invitation.cancelled_at or invitation.expires_at <= now:
        do_not_call(interview, detail="", now=now)
        return None
    phone = next((point.value for point in phones_of(invitation.customer_id)), "")
    account_id = dialler().line_for(invitation.unit_id)
    refused = reason_not_to_ask(invitation, rules_in_force(invitation.unit_id), now)
    if refused is None and (not phone or account_id is None):
        refused = CancelReason.CANNOT_SEND, "no line" if phone else "no number"
    if refused is not None or account_id is None:
        cancel_call(interview, *(refused or ("", "")), now=now)
        return None
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
        return None
    if verdict.not_before is not None:
        put_off(interview, not_before=verdict.not_before)
        return None
    interview.placed_at, interview.account_id = now, account_id
    interview.save(update_fields=["placed_at", "account"])
    if is_first:
        is_sent(invitation, now)
    return _Order(account_id=account_id, phone=phone, ring_seconds=setup_of(interview.version_id).ring_seconds)


def put_off(interview: Interview, *, not_before: datetime) -> None:
    """Plan an attempt anew that must not be made yet."""
    setup = setup_of(interview.version_id)
    zone = tree().time_zone(interview.unit_id)
    seed = interview.invitation_id or interview.pk
    planned = plan_attempt(seed=seed, number=interview.attempt, not_before=not_before, zone=zone, slots=setup.slots)
    interview.planned_at, interview.slot = planned.at, planned.slot
    interview.save(update_fields=["planned_at", "slot"])


def cancel_call(interview: Interview, reason: str, detail: str, *, now: datetime) -> None:
    """Do not call, and say why: on the invitation while nobody was called for it."""
    invitation = interview.invitation
    if invitation is not None and invitation.sent_at is None:
        invitation.cancelled_at, invitation.cancel_reason, invitation.cancel_detail = now, reason, detail
        invitation.save(update_fields=["cancelled_at", "cancel_reason", "cancel_detail"])
    objection = detail if reason == CancelReason.NOT_ALLOWED and detail in Objection.values else ""
    if invitation is not None and objection:
        messaging.hold_back(
            customer_id=invitation.customer_id,
            unit_id=invitation.unit_id,
            channel=ConsentChannel.PHONE,
            purpose=Purpose.SURVEY,
            reason=objection,
            key=f"listening.invitation:{invitation.pk}",
            now=now,
        )
    do_not_call(interview, detail=reason, now=now)


def do_not_call(interview: Interview, *, detail: str, now: datetime) -> None:
    """End an attempt that is not made."""
    interview.outcome, interview.detail, interview.ended_at = InterviewOutcome.CANCELLED, detail, now
    interview.save(update_fields=["outcome", "detail", "ended_at"])


def phones_of(customer_id: int) -> list[ContactPoint]:
    """Return the numbers to call a customer at, the first one before the others."""
    points = ContactPoint.objects.filter(
        customer_id__in=list(customers.family_ids(customer_id)), kind=ContactKind.PHONE, value__startswith="+"
    ).exclude(state__in=(ContactState.REFUSED, ContactState.BOUNCING))
    return list(points.order_by("-is_primary", "pk"))


@transaction.atomic
def end_unanswered(interview_id: int, outcome: str, *, detail: str, now: datetime) -> None:
    """End an attempt in which nobody was reached, and plan the next one."""
    rows = Interview.unscoped.select_for_update(of=("self",)).select_related("invitation__plan")
    interview = rows.get(pk=interview_id)
    if interview.outcome or interview.answered_at is not None:
        return
    interview.outcome, interview.detail, interview.ended_at = outcome, detail, now
    interview.save(update_fields=["outcome", "detail", "ended_at"])
    if interview.invitation is not None and outcome in AGAIN:
        setup = setup_of(interview.version_id)
        plan_call(
            interview.invitation,
            number=attempts_of(interview.invitation) + 1,
            not_before=now + timedelta(hours=setup.hours_between),
        )


def attempts_of(invitation: Invitation) -> int:
    """Return the number of the latest attempt."""
    return Interview.unscoped.filter(invitation=invitation).aggregate(latest=Max("attempt"))["latest"] or 0


def hung_up(interview: Interview, *, now: datetime) -> None:
    """End an interview in which nothing more comes; what was answered counts and is told by `settle_left`."""
    if interview.outcome:
        return
    interview.outcome = InterviewOutcome.PARTIAL if interview.response_id else InterviewOutcome.LEFT
    interview.ended_at = now
    interview.save(update_fields=["outcome", "ended_at"])


def _end_expired(*, now: datetime, limit: int) -> None:
    """Take off the list whoever can be asked no more."""
    late = Interview.objects.filter(placed_at=None, outcome="", invitation__expires_at__lte=now).order_by("planned_at")
    for pk in late.values_list("pk", flat=True)[:limit]:
        with transaction.atomic():
            rows = Interview.objects.select_for_update(skip_locked=True, of=("self",))
            row = rows.filter(pk=pk, placed_at=None, outcome="").first()
            if row is not None:
                do_not_call(row, detail="expired", now=now)


def _end_lost(*, now: datetime, limit: int) -> None:
    """End the calls of which nothing was told any more."""
    lost = Interview.objects.filter(outcome="", ended_at=None, placed_at__lte=now - LOST_AFTER).order_by("placed_at")
    for pk, answered_at in lost.values_list("pk", "answered_at")[:limit]:
        if answered_at is None:
            end_unanswered(pk, InterviewOutcome.FAILED, detail="lost", now=now)
            continue
        with transaction.atomic():
            hung_up(Interview.objects.select_for_update(of=("self",)).get(pk=pk), now=now)
