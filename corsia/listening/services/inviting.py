"""Who is asked: planned after an event, checked again when it is due, sent once, cancelled while it waits."""

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from corsia.cases.models import Case
from corsia.customers import queries as customers
from corsia.customers import services as customer_services
from corsia.customers.models import Customer
from corsia.customers.vocabulary import ConsentChannel, Purpose
from corsia.events import Fact
from corsia.events import listening as facts
from corsia.kernel.access import demand
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import Refused
from corsia.kernel.facts import publish
from corsia.listening.links import survey_link
from corsia.listening.models import Invitation, ListeningPlan, Loop
from corsia.listening.permissions import MANAGE_SURVEYS
from corsia.listening.queries import rules_in_force
from corsia.listening.queries.invitations import SurveyRules
from corsia.listening.queries.plan_quota import is_full
from corsia.listening.queries.questionnaires import version_in_force
from corsia.listening.services.asking import ask, settle_way, ways_of
from corsia.listening.services.called import CALLED
from corsia.listening.services.reminding import plan_reminder
from corsia.listening.services.stress import asked_since, is_employee
from corsia.listening.vocabulary import AskedBy, CancelReason, Design, PlanState
from corsia.messaging import services as messaging
from corsia.messaging.occasions import OCCASIONS, Happened
from corsia.messaging.rules.planned import Delay, Filter, due_at, matches
from corsia.messaging.vocabulary import Objection, OutboxState
from corsia.organisation.queries import tree
from corsia.vehicles.models import Vehicle

SEND_BATCH = 200
AFTER_DAYS = 10  # from the end of a loop to the question whether it helped


class AlreadySent(Refused):
    code = "listening.already_sent"
    message = _("This invitation has been sent or cancelled already, so it cannot be cancelled now.")


@transaction.atomic
def plan_invitation(
    *, case_id: int, customer_id: int, unit_id: int, assignee_id: int | None, language: str, now: datetime
) -> Invitation | None:
    """Write down that a customer will be asked about a closed case, or why not.

    A case that was reopened before its invitation left, and is now closed again, gets its one invitation anew.

    Returns:
        None when surveys are off here, or the case has had its invitation.
    """
    rules = rules_in_force(unit_id)
    if not rules.is_on:
        return None
    times = {
        "created_at": now,
        "send_after": now + timedelta(minutes=rules.send_after_minutes),
        "expires_at": now + timedelta(minutes=rules.send_after_minutes, days=rules.expires_after_days),
    }
    earlier = Invitation.objects.select_for_update().filter(case_id=case_id, plan=None, follows=None).first()
    if earlier is not None and earlier.cancel_reason != CancelReason.REOPENED:
        return None
    invitation = earlier or Invitation(case_id=case_id)
    invitation.unit_id, invitation.customer_id, invitation.assignee_id = unit_id, customer_id, assignee_id
    invitation.language, invitation.happened_at = language, now
    invitation.version_id = version_in_force(unit_id, "case")
    invitation.cancelled_at, invitation.cancel_reason, invitation.cancel_detail = None, "", ""
    for field, instant in times.items():
        setattr(invitation, field, instant)
    if (reason := reason_not_to_ask(invitation, rules, now)) is not None:
        invitation.cancelled_at, (invitation.cancel_reason, invitation.cancel_detail) = now, reason
    invitation.save()
    _explain(invitation, now)
    return invitation


def invite_by_plans(fact: Fact, *, now: datetime) -> None:
    """Plan the invitations that the plans of its unit want after an event. A reaction: runs once for each fact."""
    for occasion in OCCASIONS.values():
        if not isinstance(fact, occasion.fact):
            continue
        happened = occasion.read(fact)
        if happened is not None:
            _invite(occasion.key, happened, now=now)


def _invite(occasion: str, happened: Happened, *, now: datetime) -> None:
    places = tree()
    unit = places.unit(happened.unit_id)
    today = now.astimezone(places.time_zone(unit.pk)).date()
    plans = ListeningPlan.objects.filter(
        occasion=occasion,
        state=PlanState.RUNNING,
        questionnaire__isnull=False,
        starts_on__lte=today,
        unit_id__in=[*unit.ancestor_ids, unit.pk],
    ).select_related("questionnaire")
    make = _make_of(happened.vehicle_id)
    for plan in plans.order_by("pk"):
        wanted = Filter(make=plan.make, words=plan.words)
        if (plan.ends_on is None or today <= plan.ends_on) and matches(
            wanted, make=make, told=(happened.reference, happened.detail)
        ):
            _invite_by(plan, happened, now=now)


@transaction.atomic
def _invite_by(plan: ListeningPlan, happened: Happened, *, now: datetime) -> None:
    """Write down the invitation of one plan for one event, or why nobody is asked; twice is once."""
    version_id = version_in_force(happened.unit_id, plan.questionnaire.key) if plan.questionnaire else None
    if version_id is None or Invitation.objects.filter(plan=plan, occasion_id=happened.row_id).exists():
        return
    places, rules = tree(), rules_in_force(happened.unit_id)
    send_after = due_at(
        max(happened.reached_at, now - timedelta(days=1)),
        Delay(kind=plan.delay_kind, minutes=plan.delay_minutes, send_hour=plan.send_hour),
        hours=places.hours(happened.unit_id),
        zone=places.time_zone(happened.unit_id),
    )
    invitation = Invitation(
        plan=plan,
        occasion_id=happened.row_id,
        happened_at=happened.reached_at,
        unit_id=happened.unit_id,
        customer_id=happened.customer_id,
        vehicle_id=happened.vehicle_id,
        version_id=version_id,
        language=Customer.objects.values_list("language", flat=True).get(pk=happened.customer_id),
        created_at=now,
        send_after=send_after,
        expires_at=send_after + timedelta(days=rules.expires_after_days),
    )
    if not _is_in_sample(plan, happened.row_id):
        reason: tuple[str, str] | None = (CancelReason.NOT_IN_SAMPLE, "")
    else:
        reason = reason_not_to_ask(invitation, rules, now)
    if reason is not None:
        invitation.cancelled_at, (invitation.cancel_reason, invitation.cancel_detail) = now, reason
    invitation.save()
    _explain(invitation, now)


def _excluded_case(plan: ListeningPlan, family: Iterable[int]) -> Case | None:
    """Return an open case of a reason that the plan leaves out: who waits for us about it is not asked meanwhile."""
    if not plan.excluded_processes:
        return None
    open_ones = Case.objects.filter(customer_id__in=list(family), closed_at=None, merged_into=None)
    found: Case | None = open_ones.filter(version__process__key__in=plan.excluded_processes).order_by("-pk").first()
    return found


def _is_in_sample(plan: ListeningPlan, row_id: int) -> bool:
    """Tell whether an event is drawn: by its number, so that nobody can choose whom to ask, and twice is the same."""
    if plan.design == Design.CENSUS or plan.sample_pct >= 100:
        return True
    drawn = hashlib.sha256(f"listening.plan:{plan.pk}:{row_id}".encode()).digest()
    return int.from_bytes(drawn[:8]) % 100 < plan.sample_pct


def _make_of(vehicle_id: int | None) -> str:
    if vehicle_id is None:
        return ""
    return Vehicle.objects.filter(pk=vehicle_id).values_list("make", flat=True).first() or ""


@transaction.atomic
def invite_after_remedy(*, loop_id: int, now: datetime) -> Invitation | None:
    """Write down that a customer will be asked once more, some days after the loop about them was closed.

    Returns:
        None when nobody can be asked: the customer is not known, the loop has its invitation, or no questionnaire
        for the time after a remedy is in force (its answers would be counted among those at the closing).
    """
    loop: Loop = Loop.objects.select_related("response").get(pk=loop_id)
    response, version_id = loop.response, version_in_force(loop.unit_id, "after")
    if response.customer_id is None or loop.case_id is None or version_id is None:
        return None
    if Invitation.objects.filter(follows=loop).exists():
        return None
    rules = rules_in_force(loop.unit_id)
    invitation = Invitation(
        case_id=loop.case_id,
        follows=loop,
        happened_at=now,
        unit_id=loop.unit_id,
        customer_id=response.customer_id,
        version_id=version_id,
        language=response.language,
        created_at=now,
        send_after=now + timedelta(days=AFTER_DAYS),
        expires_at=now + timedelta(days=AFTER_DAYS + rules.expires_after_days),
    )
    invitation.save()
    return invitation


def send_due_invitations(*, now: datetime, limit: int = SEND_BATCH) -> int:
    """Send what is due, each invitation in its own transaction; return how many were sent.

    Two workers never send the same one: each row is claimed with SKIP LOCKED and checked again.
    """
    due = Invitation.objects.filter(sent_at=None, cancelled_at=None, send_after__lte=now)
    due = due.exclude(plan__instrument__in=CALLED)  # services.interview_calls
    return sum(_send(pk, now) for pk in due.order_by("send_after").values_list("pk", flat=True)[:limit])


@transaction.atomic
def _send(invitation_id: int, now: datetime) -> bool:
    rows = Invitation.objects.select_for_update(skip_locked=True, of=("self",)).select_related(
        "case", "plan", "follows", "customer"
    )
    invitation = rows.filter(pk=invitation_id, sent_at=None, cancelled_at=None).first()
    if invitation is None:
        return False
    rules = rules_in_force(invitation.unit_id)
    refused = reason_not_to_ask(invitation, rules, now)
    reason = refused or _write(invitation, rules, now)
    if reason is not None:
        invitation.cancelled_at, (invitation.cancel_reason, invitation.cancel_detail) = now, reason
        invitation.save(update_fields=["cancelled_at", "cancel_reason", "cancel_detail", "channel", "passed_over"])
        if refused:
            _explain(invitation, now)
        return False
    is_sent(invitation, now)
    return True


def is_sent(invitation: Invitation, now: datetime) -> None:
    """Write down that somebody was asked, and tell the others."""
    invitation.sent_at = now
    plan_reminder(invitation, rules_in_force(invitation.unit_id), now=now)
    invitation.save(update_fields=["sent_at", "remind_at", "channel", "passed_over"])
    customer_services.mark_surveyed(customer_id=invitation.customer_id, now=now)
    publish(
        facts.SurveySent(
            unit_id=invitation.unit_id,
            occurred_at=now,
            invitation_id=invitation.pk,
            case_id=invitation.case_id,
            customer_id=invitation.customer_id,
        )
    )


def reason_not_to_ask(invitation: Invitation, rules: SurveyRules, now: datetime) -> tuple[str, str] | None:
    """Return why this invitation must not go out, as code and detail; None when it may."""
    case: Case | None = invitation.case
    plan: ListeningPlan | None = invitation.plan
    if not rules.is_on:
        return CancelReason.SWITCHED_OFF, ""
    if plan is not None and (plan.state != PlanState.RUNNING or is_full(plan, invitation.unit_id)):
        return (CancelReason.PLAN_ENDED if plan.state != PlanState.RUNNING else CancelReason.QUOTA_FULL), ""
    if case is not None and (case.closed_at is None or case.merged_into_id is not None):
        return CancelReason.REOPENED, ""
    if invitation.follows_id is not None:
        return _reason_of_gate(invitation, rules, now)  # it was promised in the call: the pause does not hold it back
    family = customers.family_ids(invitation.customer_id)
    if is_employee(family):
        return CancelReason.EMPLOYEE, ""
    if plan is not None and (excluded := _excluded_case(plan, family)) is not None:
        return CancelReason.EXCLUDED_CASE, f"#{excluded.pk}"
    if latest := asked_since(family, now - rules.pause, before_id=invitation.pk):
        return CancelReason.RECENTLY_ASKED, f"{latest:%d/%m/%Y}"
    return _reason_of_gate(invitation, rules, now)


def _reason_of_gate(invitation: Invitation, rules: SurveyRules, now: datetime) -> tuple[str, str] | None:
    """Settle by which way the invitation goes; return why by none, or None."""
    is_called = invitation.plan is not None and invitation.plan.instrument in CALLED
    if not is_called and list(ways_of(invitation, rules)) != [AskedBy.EMAIL]:
        objection = settle_way(invitation, rules, now=now)
        return (CancelReason.NOT_ALLOWED, objection[:200]) if objection else None
    verdict = messaging.may_contact(
        customer_id=invitation.customer_id,
        channel=_channel_of(invitation),
        purpose=Purpose.SURVEY,
        now=now,
        unit_id=invitation.unit_id,
    )
    if not verdict.allowed:
        return CancelReason.NOT_ALLOWED, str(verdict.reason)[:200]
    return None


def _channel_of(invitation: Invitation) -> ConsentChannel:
    is_called = invitation.plan is not None and invitation.plan.instrument in CALLED
    return ConsentChannel.PHONE if is_called else ConsentChannel(invitation.channel)


def _explain(invitation: Invitation, now: datetime) -> None:
    """Put a survey that the customer does not get among what is held back, where somebody looks for the reason."""
    objections: dict[str, str] = {
        CancelReason.NOT_ALLOWED: invitation.cancel_detail,
        CancelReason.RECENTLY_ASKED: Objection.BUDGET,
    }
    if objection := objections.get(invitation.cancel_reason):
        messaging.hold_back(
            customer_id=invitation.customer_id,
            unit_id=invitation.unit_id,
            channel=_channel_of(invitation),
            purpose=Purpose.SURVEY,
            reason=objection,
            key=f"listening.invitation:{invitation.pk}",
            now=now,
        )


def _write(invitation: Invitation, rules: SurveyRules, now: datetime) -> tuple[str, str] | None:
    """Hand the invitation to the outbox; return why nothing will leave, or None."""
    try:
        sent = ask(invitation, rules, now=now)
    except messaging.TemplateUnknown as refusal:  # shown on the list: somebody switched the text off
        return CancelReason.CANNOT_SEND, str(refusal)[:200]
    if sent.state == OutboxState.BLOCKED:
        return CancelReason.NOT_ALLOWED, sent.last_error[:200]
    return None


@transaction.atomic
def hand_out(*, case_id: int, now: datetime) -> str:
    """Return the link of a closed case's survey for somebody who is looking at our page; no mail follows it then.

    Returns:
        "" where there is none to give: surveys are off, it may not be asked, or it was answered.
    """
    rows = Invitation.objects.select_for_update(of=("self",)).select_related("case")
    invitation = rows.filter(
        case_id=case_id, plan=None, follows=None, cancelled_at=None, expires_at__gt=now, response=None
    ).first()
    if invitation is None:
        return ""
    if invitation.sent_at is None:
        if reason_not_to_ask(invitation, rules_in_force(invitation.unit_id), now) is not None:
            return ""
        is_sent(invitation, now)
    return survey_link(invitation.pk)


@transaction.atomic
def cancel_invitation(*, invitation_id: int, by: Actor, now: datetime) -> Invitation:
    """Take back an invitation that was not sent yet.

    Raises:
        AlreadySent: it left, or was cancelled before.
    """
    invitation: Invitation = Invitation.objects.lock(invitation_id)
    demand(by, MANAGE_SURVEYS, invitation.unit_id)
    if invitation.sent_at is not None or invitation.cancelled_at is not None:
        raise AlreadySent
    invitation.cancelled_at, invitation.cancel_reason, invitation.cancel_detail = now, CancelReason.BY_HAND, by.name
    invitation.save(update_fields=["cancelled_at", "cancel_reason", "cancel_detail"])
    audit(invitation, "cancelled", by=by, now=now)
    return invitation
