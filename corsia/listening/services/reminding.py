"""Reminders: some days after an invitation, to whoever did not answer to the end, by the same way, once or twice."""

from datetime import datetime, timedelta

from django.db import transaction

from corsia.customers.vocabulary import Purpose
from corsia.listening.models import Invitation, Response
from corsia.listening.queries import answers_so_far, rules_in_force
from corsia.listening.queries.invitations import SurveyRules
from corsia.listening.queries.plan_quota import is_full
from corsia.listening.queries.questionnaires import definition_of
from corsia.listening.rules.questionnaires import item_after, items_shown
from corsia.listening.services.asking import remind
from corsia.listening.services.called import CALLED
from corsia.listening.vocabulary import PlanState, ReminderWhy
from corsia.messaging import services as messaging
from corsia.messaging.vocabulary import OutboxState

BATCH = 200


def plan_reminder(invitation: Invitation, rules: SurveyRules, *, now: datetime) -> None:
    """Write down when somebody who was asked is reminded; the caller saves the invitation."""
    plan = invitation.plan
    if plan is not None and plan.instrument in CALLED:
        return
    wanted, days = (plan.reminders, plan.remind_after_days) if plan else (rules.reminders, rules.remind_after_days)
    at = now + timedelta(days=days)
    is_wanted = invitation.reminders_sent < wanted and at < invitation.expires_at and invitation.follows_id is None
    invitation.remind_at = at if is_wanted else None


def send_due_reminders(*, now: datetime, limit: int = BATCH) -> int:
    """Send the reminders that are due, each in its own transaction; return how many were handed over."""
    due = Invitation.objects.filter(remind_at__lte=now).order_by("remind_at")
    return sum(_remind(pk, now=now) for pk in due.values_list("pk", flat=True)[:limit])


@transaction.atomic
def _remind(invitation_id: int, *, now: datetime) -> bool:
    rows = Invitation.objects.select_for_update(skip_locked=True, of=("self",)).select_related(
        "plan", "case", "customer"
    )
    invitation: Invitation | None = rows.filter(pk=invitation_id, remind_at__lte=now).first()
    if invitation is None:
        return False
    rules = rules_in_force(invitation.unit_id)
    response = Response.objects.filter(invitation=invitation).first()
    why = _why_not(invitation, response, rules, now=now)
    if not why:
        verdict = messaging.may_contact(
            customer_id=invitation.customer_id,
            channel=invitation.channel,
            purpose=Purpose.SURVEY,
            now=now,
            unit_id=invitation.unit_id,
        )
        if verdict.is_later and verdict.not_before is not None and verdict.not_before < invitation.expires_at:
            invitation.remind_at = verdict.not_before
            invitation.save(update_fields=["remind_at"])
            return False
        why = "" if verdict.allowed else verdict.reason
    is_sent = False
    if not why:
        why = _send(invitation, response, rules, now=now)
        is_sent = not why
    invitation.reminders_sent += is_sent
    invitation.reminder_why, invitation.remind_at = why[:60], None
    if is_sent:
        plan_reminder(invitation, rules, now=now)
    invitation.save(update_fields=["reminders_sent", "reminder_why", "remind_at"])
    return is_sent


def _why_not(invitation: Invitation, response: Response | None, rules: SurveyRules, *, now: datetime) -> str:
    """Return why nobody is to be reminded any more, "" when they are."""
    plan = invitation.plan
    if response is not None and response.completed_at is not None:
        return ReminderWhy.ANSWERED
    if invitation.expires_at <= now or invitation.cancelled_at is not None or invitation.sent_at is None:
        return ReminderWhy.EXPIRED
    if not rules.is_on or (plan is not None and (plan.state != PlanState.RUNNING or is_full(plan, invitation.unit_id))):
        return ReminderWhy.PLAN_OVER
    if invitation.case is not None and (invitation.case.closed_at is None or invitation.case.merged_into_id):
        return ReminderWhy.REOPENED
    return ""


def _send(invitation: Invitation, response: Response | None, rules: SurveyRules, *, now: datetime) -> str:
    """Hand the reminder over; return why it will not leave, or ""."""
    number = invitation.reminders_sent + 1
    try:
        sent = remind(invitation, rules, number=number, question=question_of(invitation, response), now=now)
    except messaging.TemplateUnknown:
        return ReminderWhy.NO_TEXT
    return sent.last_error if sent.state == OutboxState.BLOCKED else ""


def question_of(invitation: Invitation, response: Response | None) -> int:
    """Return the number of the question at which somebody stopped; 0 where they never began."""
    if response is None:
        return 0
    definition, answers = definition_of(invitation.version_id), answers_so_far(response.pk)
    if not answers:
        return 0
    keys = [key for _question, key in items_shown(definition, answers)]
    following = item_after(definition, answers)
    return keys.index(following) + 1 if following else len(keys)
