"""By which way somebody is asked or reminded: what they have and agreed to, in the order that plan or unit say."""

from collections.abc import Sequence
from datetime import datetime

from corsia.customers import queries as customers
from corsia.customers.models import ContactPoint
from corsia.customers.vocabulary import ContactKind, Purpose
from corsia.listening.links import short_survey_link, survey_link, unsubscribe_link
from corsia.listening.models import Invitation
from corsia.listening.queries.invitations import SurveyRules
from corsia.listening.queries.places import branch_name
from corsia.listening.vocabulary import AskedBy
from corsia.messaging import services as messaging
from corsia.messaging.models import Outgoing, Thread
from corsia.messaging.vocabulary import Objection, SentReason
from corsia.organisation.queries import tree

TEMPLATE, VISIT_TEMPLATE, AFTER_TEMPLATE, TEXT = "survey", "survey-visit", "survey-after", "survey-text"
REMINDER, GO_ON = "survey-reminder", "survey-go-on"
TEXT_REMINDER, TEXT_GO_ON = "survey-text-reminder", "survey-text-go-on"


def ways_of(invitation: Invitation, rules: SurveyRules) -> Sequence[str]:
    """Return the ways to try, in their order: those of the plan, else those of the unit."""
    plan = invitation.plan
    return plan.channels if plan is not None and plan.channels else rules.channels


def objection_by(invitation: Invitation, channel: str, rules: SurveyRules, *, now: datetime) -> str:
    """Return why the customer cannot be asked by a way, an Objection; "" when they can."""
    if channel != AskedBy.EMAIL:
        return messaging.objection_to_text(
            customer_id=invitation.customer_id,
            unit_id=invitation.unit_id,
            channel=channel,
            purpose=Purpose.SURVEY,
            approved=rules.whatsapp_text,
            language=invitation.language,
            now=now,
        )
    if not _has_mail(invitation):
        return Objection.NO_ADDRESS
    verdict = messaging.may_contact(
        customer_id=invitation.customer_id,
        channel=channel,
        purpose=Purpose.SURVEY,
        now=now,
        unit_id=invitation.unit_id,
    )
    return "" if verdict.allowed else verdict.reason


def _has_mail(invitation: Invitation) -> bool:
    if invitation.case_id is not None:
        known = Thread.objects.filter(pk=invitation.case_id).values_list("reply_address", flat=True).first()
        if known and "@" in known:
            return True
    family = customers.family_ids(invitation.customer_id)
    return bool(ContactPoint.objects.filter(customer_id__in=family, kind=ContactKind.EMAIL).exists())


def settle_way(invitation: Invitation, rules: SurveyRules, *, now: datetime) -> str:
    """Write on an invitation by which way it goes, and why not by those before it; return why by none, or ""."""
    objections: list[tuple[str, str]] = []
    for channel in ways_of(invitation, rules):
        objection = objection_by(invitation, channel, rules, now=now)
        if not objection:
            invitation.channel = channel
            break
        objections.append((channel, objection))
    else:
        invitation.channel = objections[0][0]
    invitation.passed_over = ",".join(f"{channel}={objection}" for channel, objection in objections)[:200]
    if len(objections) < len(ways_of(invitation, rules)):
        return ""
    # A "no" of theirs says more than a number that is missing.
    missing = (Objection.NO_ADDRESS, Objection.NO_NUMBER, Objection.NO_ACCOUNT, Objection.TEXT_UNUSABLE)
    return next((why for _channel, why in objections if why not in missing), objections[-1][1])


def ask(invitation: Invitation, rules: SurveyRules, *, now: datetime) -> Outgoing:
    """Hand the invitation to the outbox, by its way.

    Raises:
        TemplateUnknown: the unit has no such text.
    """
    key = f"listening.invitation:{invitation.pk}"
    if invitation.channel != AskedBy.EMAIL:
        return _text(invitation, key, template=TEXT, approved=rules.whatsapp_text, now=now)
    if invitation.case_id is not None:
        template = AFTER_TEMPLATE if invitation.follows_id else TEMPLATE
        return _mail_of_case(invitation, key, template=template, now=now)
    return _mail(invitation, key, template=VISIT_TEMPLATE, now=now)


def remind(invitation: Invitation, rules: SurveyRules, *, number: int, question: int, now: datetime) -> Outgoing:
    """Hand a reminder to the outbox, by the way of the invitation.

    Args:
        question: the number of the question at which they stopped; 0 where they never began.

    Raises:
        TemplateUnknown: the unit has no such text.
    """
    key = f"listening.invitation:{invitation.pk}:reminder:{number}"
    if invitation.channel != AskedBy.EMAIL:
        template = TEXT_GO_ON if question else TEXT_REMINDER
        return _text(invitation, key, template=template, approved=rules.whatsapp_reminder, question=question, now=now)
    template = GO_ON if question else REMINDER
    if invitation.case_id is not None:
        return _mail_of_case(invitation, key, template=template, question=question, now=now)
    return _mail(invitation, key, template=template, question=question, now=now)


def _mail_of_case(invitation: Invitation, key: str, *, template: str, now: datetime, question: int = 0) -> Outgoing:
    return messaging.send_template(
        case_id=invitation.case_id or 0,
        template_key=template,
        reason=SentReason.SURVEY,
        idempotency_key=key,
        now=now,
        extra={"survey_link": survey_link(invitation.pk), **_stopped(question)},
        unsubscribe_url=unsubscribe_link(invitation.pk),
    )


def _mail(invitation: Invitation, key: str, *, template: str, now: datetime, question: int = 0) -> Outgoing:
    zone = tree().time_zone(invitation.unit_id)
    happened_at = invitation.happened_at or invitation.created_at
    return messaging.send_to_customer(
        customer_id=invitation.customer_id,
        unit_id=invitation.unit_id,
        vehicle_id=invitation.vehicle_id,
        language=invitation.language,
        template_key=template,
        reason=SentReason.SURVEY,
        idempotency_key=key,
        now=now,
        extra={
            "survey_link": survey_link(invitation.pk),
            "milestone_day": f"{happened_at.astimezone(zone):%d/%m/%Y}",
            **_stopped(question),
        },
        unsubscribe_url=unsubscribe_link(invitation.pk),
    )


def _text(
    invitation: Invitation, key: str, *, template: str, approved: str, now: datetime, question: int = 0
) -> Outgoing:
    link, places = short_survey_link(invitation.pk), tree()
    return messaging.text_to_customer(
        customer_id=invitation.customer_id,
        unit_id=invitation.unit_id,
        vehicle_id=invitation.vehicle_id,
        language=invitation.language,
        channel=invitation.channel,
        template_key=template,
        approved=approved,
        values=(
            invitation.customer.display_name,
            branch_name(places, invitation.unit_id) or places.group(invitation.unit_id).name,
            link,
        ),
        reason=SentReason.SURVEY,
        idempotency_key=key,
        now=now,
        extra={"survey_link": link, **_stopped(question)},
    )


def _stopped(question: int) -> dict[str, str]:
    return {"survey_question": str(question)} if question else {}
