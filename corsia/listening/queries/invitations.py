"""The rules a unit surveys by, the invitation behind a link, and the list of those that went out or did not."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Prefetch, Q, QuerySet

from corsia.kernel.held import once
from corsia.listening.links import ANSWER, STOP, invitation_id_of, plan_token, response_of
from corsia.listening.models import Invitation, Response, ResponseItem, SurveySettings
from corsia.listening.queries.places import branch_name, place_name
from corsia.listening.rules.questionnaires import Given
from corsia.listening.vocabulary import AnswerChannel, AskedBy, CancelReason, Instrument, ReminderWhy, SurveyState
from corsia.messaging.vocabulary import Objection
from corsia.organisation.queries import Tree, tree


@dataclass(frozen=True, kw_only=True)
class SurveyRules:
    """How a unit surveys.

    Attributes:
        from_unit_id: the unit whose settings these are; None when nobody set any and the shipped ones hold.
    """

    is_on: bool = True
    pause_days: int = 60
    send_after_minutes: int = 60
    expires_after_days: int = 21
    detractor_at_most: int = 6
    brand_color: str = "#2450d8"
    channels: tuple[str, ...] = (AskedBy.EMAIL,)
    whatsapp_text: str = ""
    whatsapp_reminder: str = ""
    reminders: int = 0
    remind_after_days: int = 5
    from_unit_id: int | None = None

    @property
    def pause(self) -> timedelta:
        """How long a customer is left in peace after an invitation."""
        return timedelta(days=self.pause_days)


def rules_in_force(unit_id: int) -> SurveyRules:
    """Return the settings of the unit, else of the nearest unit above it that has any, else the shipped ones."""
    # Not through the scope: the settings of the group hold for a branch whoever asks, and say nothing about a customer.
    chain = [unit.pk for unit in tree().chain(unit_id)]
    found = once(
        "listening.settings", lambda: {row.unit_id: row for row in SurveySettings.unscoped.all()}
    )  # a row for each unit that has its own: few
    nearest = next((found[above] for above in chain if above in found), None)
    if nearest is None:
        return SurveyRules()
    return SurveyRules(
        is_on=nearest.is_on,
        pause_days=nearest.pause_days,
        send_after_minutes=nearest.send_after_minutes,
        expires_after_days=nearest.expires_after_days,
        detractor_at_most=nearest.detractor_at_most,
        brand_color=nearest.brand_color,
        channels=tuple(nearest.channels) or (AskedBy.EMAIL,),
        whatsapp_text=nearest.whatsapp_text,
        whatsapp_reminder=nearest.whatsapp_reminder,
        reminders=nearest.reminders,
        remind_after_days=nearest.remind_after_days,
        from_unit_id=nearest.unit_id,
    )


@dataclass(frozen=True, kw_only=True)
class SurveyPage:
    """What somebody who opens a link may see: enough to know what is asked about, nothing about the person."""

    state: SurveyState
    invitation_id: int | None = None
    place: str = ""  # the branch, as people call it
    group: str = ""
    vehicle: str = ""
    happened_on: datetime | None = None  # the visit, or the closing of the case
    version_id: int | None = None  # what is asked; None is the shipped closing survey
    response_id: int | None = None  # what was answered so far
    case_id: int | None = None
    language: str = "it"
    brand_color: str = "#2450d8"
    is_nameless: bool = False  # a colleague answers, and is promised that nobody learns who it was
    kiosk: str = ""  # token of the start, where it is answered on a device that many use


UNKNOWN = SurveyPage(state=SurveyState.UNKNOWN)


def survey_behind(token: str, *, now: datetime, purpose: str = ANSWER) -> SurveyPage:
    """Return what the token of a link opens; the token is the only authority, so no scope is needed.

    Args:
        purpose: links.ANSWER, or links.STOP for the link that ends all surveys, which never expires.
    """
    [page] = surveys_behind([token], now=now, purpose=purpose)
    return page


def surveys_behind(tokens: Sequence[str], *, now: datetime, purpose: str = ANSWER) -> list[SurveyPage]:
    """Return what each of several tokens opens, with one statement for all."""
    ids = [invitation_id_of(token, purpose) for token in tokens]
    rows = Invitation.unscoped.select_related("case__vehicle", "vehicle", "response")
    known = {row.pk: row for row in rows.filter(pk__in=[pk for pk in ids if pk is not None], sent_at__isnull=False)}
    return [_opened(known.get(pk) if pk is not None else None, now=now, purpose=purpose) for pk in ids]


def _opened(found: Invitation | None, *, now: datetime, purpose: str) -> SurveyPage:
    if found is None:
        return UNKNOWN
    places = tree()
    response = getattr(found, "response", None)
    if response is not None and response.completed_at is not None:
        state = SurveyState.ANSWERED
    elif now >= found.expires_at and purpose != STOP:
        state = SurveyState.EXPIRED
    else:
        state = SurveyState.OPEN
    return SurveyPage(
        state=state,
        invitation_id=found.pk,
        place=branch_name(places, found.unit_id),
        group=places.group(found.unit_id).name,
        vehicle=str(found.vehicle or (found.case.vehicle if found.case else None) or ""),
        happened_on=found.happened_at or (found.case.closed_at if found.case else None),
        version_id=found.version_id,
        response_id=response.pk if response else None,
        case_id=found.case_id,
        language=found.language,
        brand_color=rules_in_force(found.unit_id).brand_color,
    )


@dataclass(frozen=True, kw_only=True)
class InvitationRow:
    """One line of the list of invitations."""

    id: int
    case_id: int | None
    subject: str
    customer: str
    unit: str
    created_at: datetime
    send_after: datetime
    sent_at: datetime | None
    state: str  # waiting, cancelled, expired, answered, sent
    reason: str
    score: int | None
    channel: str  # by which they are asked, in words
    passed_over: Sequence[tuple[str, str]]  # the ways before it, with why not
    reminders_sent: int
    remind_at: datetime | None
    reminder_why: str  # why the last reminder did not leave

    @property
    def can_be_cancelled(self) -> bool:
        """Whether it is still to be sent."""
        return self.state == "waiting"


STATES = ("waiting", "sent", "answered", "expired", "cancelled")


def invitation_rows(
    *, now: datetime, state: str = "", unit_ids: Sequence[int] = (), before_id: int | None = None, limit: int = 50
) -> list[InvitationRow]:
    """Return invitations, newest first.

    Args:
        state: one of STATES, or "" for all.
        unit_ids: only of these units; empty means all within the scope.
        before_id: continue behind this one.
    """
    rows = _in_state(Invitation.objects.all(), state, now)
    if unit_ids:
        rows = rows.filter(unit_id__within=unit_ids)
    if before_id is not None:
        rows = rows.filter(pk__lt=before_id)
    rows = rows.select_related("case", "customer", "response", "plan__touchpoint").order_by("-pk")
    places = tree()
    return [invitation_row(invitation, places, now) for invitation in rows[:limit]]


def _in_state(rows: "QuerySet[Invitation]", state: str, now: datetime) -> "QuerySet[Invitation]":
    conditions = {
        "waiting": Q(sent_at=None, cancelled_at=None),
        "cancelled": Q(cancelled_at__isnull=False),
        "answered": Q(response__isnull=False),
        "expired": Q(sent_at__isnull=False, response=None, expires_at__lte=now),
        "sent": Q(sent_at__isnull=False, response=None, expires_at__gt=now),
    }
    return rows.filter(conditions[state]) if state in conditions else rows


def invitation_row(invitation: Invitation, places: Tree, now: datetime) -> InvitationRow:
    """Return an invitation as lists show it; its case, customer, response and plan were read with it."""
    answer = getattr(invitation, "response", None)
    if answer is not None:
        state = "answered"
    elif invitation.cancelled_at:
        state = "cancelled"
    elif invitation.sent_at is None:
        state = "waiting"
    else:
        state = "expired" if now >= invitation.expires_at else "sent"
    reason = str(CancelReason(invitation.cancel_reason).label) if invitation.cancel_reason else ""
    if detail := invitation.cancel_detail:
        # What messaging's gate said is kept as its code, so that it is read in the reader's language.
        reason = f"{reason}: {Objection(detail).label if detail in Objection.values else detail}"
    return InvitationRow(
        id=invitation.pk,
        case_id=invitation.case_id,
        subject=_subject(invitation),
        customer=invitation.customer.display_name,
        unit=place_name(places, invitation.unit_id),
        created_at=invitation.created_at,
        send_after=invitation.send_after,
        sent_at=invitation.sent_at,
        state=state,
        reason=reason,
        score=answer.score if answer else None,
        channel=_channel(invitation),
        passed_over=_passed_over(invitation),
        reminders_sent=invitation.reminders_sent,
        remind_at=invitation.remind_at,
        reminder_why=_said(invitation.reminder_why),
    )


def _channel(invitation: Invitation) -> str:
    plan = invitation.plan
    if plan is not None and plan.instrument in (Instrument.IVR, Instrument.PHONE):
        return str(Instrument(plan.instrument).label)
    return str(AskedBy(invitation.channel).label)


def _passed_over(invitation: Invitation) -> list[tuple[str, str]]:
    pairs = (one.partition("=") for one in invitation.passed_over.split(",") if one)
    return [(str(AskedBy(way).label), _said(why)) for way, _sign, why in pairs if way in AskedBy.values]


def _said(why: str) -> str:
    """Return a stored reason in the reader's language: ours, or what messaging's gate said."""
    if why in ReminderWhy.values:
        return str(ReminderWhy(why).label)
    return str(Objection(why).label) if why in Objection.values else why


def _subject(invitation: Invitation) -> str:
    if invitation.case is not None:
        return str(invitation.case.subject)
    return str(invitation.plan.name) if invitation.plan else ""


def answers_of_customer(family: Sequence[int], *, limit: int = 10) -> list[Response]:
    """Return the latest answers of a customer's family of records, newest first, with their invitations."""
    rows = Response.objects.filter(customer_id__in=list(family)).select_related("case", "touchpoint")
    return list(rows.prefetch_related(attached()).order_by("-answered_at", "-pk")[:limit])


def attached() -> "Prefetch[Any]":
    """Return how to read, with responses, the items that came with a file."""
    return Prefetch("items", ResponseItem.objects.filter(attachment__isnull=False).select_related("attachment"))


def survey_at(unit_id: int, *, version_id: int) -> SurveyPage:
    """Return what a plan's own link shows at a unit."""
    return SurveyPage(
        state=SurveyState.OPEN,
        place=branch_name(tree(), unit_id),
        group=tree().group(unit_id).name,
        version_id=version_id,
        brand_color=rules_in_force(unit_id).brand_color,
    )


def survey_of_response(token: str) -> SurveyPage:
    """Return what somebody sees who goes on with a response that was begun by a plan's own link."""
    response_id = response_of(token)
    rows = Response.unscoped.filter(invitation=None)
    found = rows.filter(pk=response_id).first() if response_id is not None else None
    if found is None:
        return UNKNOWN
    page = survey_at(found.unit_id, version_id=found.version_id or 0)
    state = SurveyState.ANSWERED if found.completed_at is not None else SurveyState.OPEN
    kiosk = ""
    if found.channel == AnswerChannel.KIOSK and found.plan_id is not None:
        kiosk = plan_token(found.plan_id, found.unit_id, is_kiosk=True)
    is_nameless = found.channel == AnswerChannel.STAFF
    return replace(
        page, state=state, response_id=found.pk, language=found.language, kiosk=kiosk, is_nameless=is_nameless
    )


def answers_so_far(response_id: int | None) -> dict[str, Given]:
    """Return what was answered so far, by item; nothing where nobody began."""
    return answers_of([response_id]).get(response_id, {}) if response_id is not None else {}


def answers_of(response_ids: Sequence[int]) -> dict[int, dict[str, Given]]:
    """Return what was answered so far in several responses, by item."""
    found: dict[int, dict[str, Given]] = defaultdict(dict)
    if response_ids:
        for row in ResponseItem.unscoped.filter(response_id__in=response_ids).order_by("pk"):
            found[row.response_id][row.question] = Given(number=row.number, text=row.text, choices=tuple(row.choices))
    return found
