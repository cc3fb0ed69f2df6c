"""Invite after closing, send what is due, take the answer, stop on request."""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from corsia.cases.models import Case
from corsia.customers import queries as customers
from corsia.customers import services as customer_services
from corsia.customers.vocabulary import ConsentChannel, Purpose
from corsia.events import listening as facts
from corsia.kernel.access import demand
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid, NotFound, Refused
from corsia.kernel.facts import publish
from corsia.listening.links import ANSWER, STOP, invitation_id_of, survey_link, unsubscribe_link
from corsia.listening.models import Answer, Invitation, SurveySettings
from corsia.listening.permissions import MANAGE_SURVEYS
from corsia.listening.queries import rules_in_force
from corsia.listening.queries.invitations import SurveyRules
from corsia.listening.vocabulary import CancelReason
from corsia.messaging import services as messaging
from corsia.messaging.vocabulary import Objection, OutboxState, SentReason

LONGEST_TEXT = 4000
SEND_BATCH = 200
TEMPLATE = "survey"


class SurveyUnknown(NotFound):
    code = "listening.survey_unknown"
    message = _("This link is not complete. Copy the whole address from our message, or write to us.")


class SurveyExpired(Refused):
    code = "listening.survey_expired"
    message = _("The time to answer ended on %(date)s. If you still want to tell us something, please write to us.")


class AlreadyAnswered(Refused):
    code = "listening.already_answered"
    message = _("You have answered already. Thank you: each invitation counts once.")


class ScoreOutOfRange(Invalid):
    code = "listening.score_out_of_range"
    message = _("The score %(score)s is not on the scale. Choose a number from 0 to 10.")


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
    earlier = Invitation.objects.select_for_update().filter(case_id=case_id).first()
    if earlier is not None and earlier.cancel_reason != CancelReason.REOPENED:
        return None
    invitation = earlier or Invitation(case_id=case_id)
    invitation.unit_id, invitation.customer_id, invitation.assignee_id = unit_id, customer_id, assignee_id
    invitation.language = language
    invitation.cancelled_at, invitation.cancel_reason, invitation.cancel_detail = None, "", ""
    for field, instant in times.items():
        setattr(invitation, field, instant)
    if (reason := _reason_not_to_ask(invitation, rules, now)) is not None:
        invitation.cancelled_at, (invitation.cancel_reason, invitation.cancel_detail) = now, reason
    invitation.save()
    _explain(invitation, now)
    return invitation


def send_due_invitations(*, now: datetime, limit: int = SEND_BATCH) -> int:
    """Send what is due, each invitation in its own transaction; return how many were sent.

    Two workers never send the same one: each row is claimed with SKIP LOCKED and checked again.
    """
    due = Invitation.objects.filter(sent_at=None, cancelled_at=None, send_after__lte=now)
    return sum(_send(pk, now) for pk in due.order_by("send_after").values_list("pk", flat=True)[:limit])


@transaction.atomic
def _send(invitation_id: int, now: datetime) -> bool:
    rows = Invitation.objects.select_for_update(skip_locked=True, of=("self",)).select_related("case")
    invitation = rows.filter(pk=invitation_id, sent_at=None, cancelled_at=None).first()
    if invitation is None:
        return False
    refused = _reason_not_to_ask(invitation, rules_in_force(invitation.unit_id), now)
    reason = refused or _write(invitation, now)
    if reason is not None:
        invitation.cancelled_at, (invitation.cancel_reason, invitation.cancel_detail) = now, reason
        invitation.save(update_fields=["cancelled_at", "cancel_reason", "cancel_detail"])
        if refused:
            _explain(invitation, now)
        return False
    invitation.sent_at = now
    invitation.save(update_fields=["sent_at"])
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
    return True


def _reason_not_to_ask(invitation: Invitation, rules: SurveyRules, now: datetime) -> tuple[str, str] | None:
    """Return why this invitation must not go out, as code and detail; None when it may."""
    case: Case = invitation.case
    if not rules.is_on:
        return CancelReason.SWITCHED_OFF, ""
    if case.closed_at is None or case.merged_into_id is not None:
        return CancelReason.REOPENED, ""
    family = customers.family_ids(invitation.customer_id)
    asked = Invitation.objects.filter(customer_id__in=list(family), cancelled_at=None, created_at__gt=now - rules.pause)
    if invitation.pk is not None:
        # Among those waiting, the earliest one goes out.
        asked = asked.filter(pk__lt=invitation.pk)
    if latest := asked.order_by("-created_at").values_list("created_at", flat=True).first():
        return CancelReason.RECENTLY_ASKED, f"{latest:%d/%m/%Y}"
    verdict = messaging.may_contact(
        customer_id=invitation.customer_id,
        channel=ConsentChannel.EMAIL,
        purpose=Purpose.SURVEY,
        now=now,
        unit_id=invitation.unit_id,
    )
    if not verdict.allowed:
        return CancelReason.NOT_ALLOWED, str(verdict.reason)[:200]
    return None


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
            channel=ConsentChannel.EMAIL,
            purpose=Purpose.SURVEY,
            reason=objection,
            key=f"listening.invitation:{invitation.pk}",
            now=now,
        )


def _write(invitation: Invitation, now: datetime) -> tuple[str, str] | None:
    """Hand the mail to the outbox; return why nothing will leave, or None."""
    try:
        mail = messaging.send_template(
            case_id=invitation.case_id,
            template_key=TEMPLATE,
            reason=SentReason.SURVEY,
            idempotency_key=f"listening.invitation:{invitation.pk}",
            now=now,
            extra={"survey_link": survey_link(invitation.pk)},
            unsubscribe_url=unsubscribe_link(invitation.pk),
        )
    except messaging.TemplateUnknown as refusal:  # shown on the list: somebody switched the text off
        return CancelReason.CANNOT_SEND, str(refusal)[:200]
    if mail.state == OutboxState.BLOCKED:
        return CancelReason.NOT_ALLOWED, mail.last_error[:200]
    return None


@transaction.atomic
def hand_out(*, case_id: int, now: datetime) -> str:
    """Return the link of a closed case's survey for somebody who is looking at our page; no mail follows it then.

    Returns:
        "" where there is none to give: surveys are off, it may not be asked, or it was answered.
    """
    rows = Invitation.objects.select_for_update(of=("self",)).select_related("case")
    invitation = rows.filter(case_id=case_id, cancelled_at=None, expires_at__gt=now, answer=None).first()
    if invitation is None:
        return ""
    if invitation.sent_at is None:
        if _reason_not_to_ask(invitation, rules_in_force(invitation.unit_id), now) is not None:
            return ""
        invitation.sent_at = now
        invitation.save(update_fields=["sent_at"])
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


@transaction.atomic
def answer_survey(*, token: str, score: int, text: str, wants_callback: bool, now: datetime) -> Answer:
    """Take the answer of whoever holds the link. The token is the only authority; it works once.

    Args:
        score: 0 to 10; 0 is an answer.

    Raises:
        SurveyUnknown: the token was not made here, or its invitation was never sent.
        SurveyExpired: too late.
        AlreadyAnswered: the invitation has its answer.
        ScoreOutOfRange: not on the scale.
    """
    if not 0 <= score <= 10:
        raise ScoreOutOfRange(score=score)
    invitation = _invitation_of(token, ANSWER)
    if Answer.unscoped.filter(invitation=invitation).exists():
        raise AlreadyAnswered
    if now >= invitation.expires_at:
        raise SurveyExpired(date=f"{invitation.expires_at:%d/%m/%Y}")
    answer = Answer(
        invitation=invitation,
        score=score,
        text=text.strip()[:LONGEST_TEXT],
        wants_callback=wants_callback,
        answered_at=now,
    )
    try:
        with transaction.atomic():
            answer.save(force_insert=True)
    except IntegrityError as twice:
        raise AlreadyAnswered from twice
    rules = rules_in_force(invitation.unit_id)
    publish(
        facts.SurveyAnswered(
            unit_id=invitation.unit_id,
            occurred_at=now,
            invitation_id=invitation.pk,
            case_id=invitation.case_id,
            customer_id=invitation.customer_id,
            score=score,
            is_detractor=score <= rules.detractor_at_most,
            wants_callback=wants_callback,
            text=answer.text,
        )
    )
    return answer


def _invitation_of(token: str, purpose: str) -> Invitation:
    """Return the invitation of a token, locked so that two submits wait for each other."""
    invitation_id = invitation_id_of(token, purpose)
    if invitation_id is None:
        raise SurveyUnknown
    rows = Invitation.unscoped.select_for_update(of=("self",)).filter(sent_at__isnull=False)
    invitation: Invitation | None = rows.filter(pk=invitation_id).first()
    if invitation is None:
        raise SurveyUnknown
    return invitation


@transaction.atomic
def stop_surveys(*, token: str, by: Actor, now: datetime) -> int:
    """Record that the customer of an invitation wants no more surveys; doing it twice changes nothing more.

    Returns:
        The customer's id.

    Raises:
        SurveyUnknown: the token was not made here for this purpose.
    """
    customer_id = _invitation_of(token, STOP).customer_id
    if customers.consent_of(customer_id, Purpose.SURVEY).is_given is not False:
        customer_services.record_consent(
            customer_id=customer_id,
            purpose=Purpose.SURVEY,
            channel=ConsentChannel.ANY,
            is_given=False,
            source="unsubscribe link",
            by=by,
            now=now,
        )
    return customer_id


@transaction.atomic
def save_settings(
    *,
    unit_id: int,
    is_on: bool,
    pause_days: int,
    send_after_minutes: int,
    expires_after_days: int,
    detractor_at_most: int,
    brand_color: str,
    by: Actor,
    now: datetime,
) -> SurveySettings:
    """Set how a unit and everything below it surveys, from now on; invitations on their way keep their times."""
    demand(by, MANAGE_SURVEYS, unit_id)
    values = {
        "is_on": is_on,
        "pause_days": pause_days,
        "send_after_minutes": send_after_minutes,
        "expires_after_days": expires_after_days,
        "detractor_at_most": detractor_at_most,
        "brand_color": brand_color.lower(),
    }
    row: SurveySettings = SurveySettings.objects.update_or_create(unit_id=unit_id, defaults=values)[0]
    audit(row, "settings_saved", by=by, now=now, **values)
    return row


@transaction.atomic
def remove_settings(*, unit_id: int, by: Actor, now: datetime) -> None:
    """Let a unit follow the one above it again."""
    demand(by, MANAGE_SURVEYS, unit_id)
    for row in SurveySettings.objects.select_for_update().filter(unit_id=unit_id):
        audit(row, "settings_removed", by=by, now=now)
        row.delete()
