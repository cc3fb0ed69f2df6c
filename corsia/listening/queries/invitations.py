"""The rules a unit surveys by, the invitation behind a link, and the list of those that went out or did not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from corsia.listening.links import ANSWER, STOP, invitation_id_of
from corsia.listening.models import Answer, Invitation, SurveySettings
from corsia.listening.queries.places import place_name
from corsia.listening.vocabulary import CancelReason, SurveyState
from corsia.messaging.vocabulary import Objection
from corsia.organisation.queries import Tree, tree
from corsia.organisation.vocabulary import UnitKind


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
    from_unit_id: int | None = None

    @property
    def pause(self) -> timedelta:
        """How long a customer is left in peace after an invitation."""
        return timedelta(days=self.pause_days)


def rules_in_force(unit_id: int) -> SurveyRules:
    """Return the settings of the unit, else of the nearest unit above it that has any, else the shipped ones."""
    nearest_first = [unit.pk for unit in tree().chain(unit_id)]
    # Not through the scope: the settings of the group hold for a branch whoever asks, and say nothing about a customer.
    found = {row.unit_id: row for row in SurveySettings.unscoped.filter(unit_id__in=nearest_first)}
    for above in nearest_first:
        if row := found.get(above):
            return SurveyRules(
                is_on=row.is_on,
                pause_days=row.pause_days,
                send_after_minutes=row.send_after_minutes,
                expires_after_days=row.expires_after_days,
                detractor_at_most=row.detractor_at_most,
                brand_color=row.brand_color,
                from_unit_id=row.unit_id,
            )
    return SurveyRules()


@dataclass(frozen=True, kw_only=True)
class SurveyPage:
    """What somebody who opens a link may see: enough to know what is asked about, nothing about the person."""

    state: SurveyState
    invitation_id: int | None = None
    place: str = ""  # the branch, as people call it
    group: str = ""
    vehicle: str = ""
    closed_on: datetime | None = None
    case_id: int | None = None
    language: str = "it"
    brand_color: str = "#2450d8"


UNKNOWN = SurveyPage(state=SurveyState.UNKNOWN)


def survey_behind(token: str, *, now: datetime, purpose: str = ANSWER) -> SurveyPage:
    """Return what the token of a link opens; the token is the only authority, so no scope is needed.

    Args:
        purpose: links.ANSWER, or links.STOP for the link that ends all surveys, which never expires.
    """
    invitation_id = invitation_id_of(token, purpose)
    if invitation_id is None:
        return UNKNOWN
    rows = Invitation.unscoped.select_related("case__vehicle", "answer")
    found = rows.filter(pk=invitation_id, sent_at__isnull=False).first()
    if found is None:
        return UNKNOWN
    branch = next((unit for unit in tree().chain(found.unit_id) if unit.kind == UnitKind.BRANCH), None)
    group = tree().group(found.unit_id)
    if hasattr(found, "answer"):
        state = SurveyState.ANSWERED
    elif now >= found.expires_at and purpose != STOP:
        state = SurveyState.EXPIRED
    else:
        state = SurveyState.OPEN
    return SurveyPage(
        state=state,
        invitation_id=found.pk,
        place=branch.name if branch else group.name,
        group=group.name,
        vehicle=str(found.case.vehicle or ""),
        closed_on=found.case.closed_at,
        case_id=found.case_id,
        language=found.language,
        brand_color=rules_in_force(found.unit_id).brand_color,
    )


@dataclass(frozen=True, kw_only=True)
class InvitationRow:
    """One line of the list of invitations."""

    id: int
    case_id: int
    subject: str
    customer: str
    unit: str
    created_at: datetime
    send_after: datetime
    sent_at: datetime | None
    state: str  # waiting, cancelled, expired, answered, sent
    reason: str
    score: int | None

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
    rows = rows.select_related("case", "customer", "answer").order_by("-pk")
    places = tree()
    return [_row(invitation, places, now) for invitation in rows[:limit]]


def _in_state(rows: "QuerySet[Invitation]", state: str, now: datetime) -> "QuerySet[Invitation]":
    conditions = {
        "waiting": Q(sent_at=None, cancelled_at=None),
        "cancelled": Q(cancelled_at__isnull=False),
        "answered": Q(answer__isnull=False),
        "expired": Q(sent_at__isnull=False, answer=None, expires_at__lte=now),
        "sent": Q(sent_at__isnull=False, answer=None, expires_at__gt=now),
    }
    return rows.filter(conditions[state]) if state in conditions else rows


def _row(invitation: Invitation, places: Tree, now: datetime) -> InvitationRow:
    answer = getattr(invitation, "answer", None)
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
        subject=invitation.case.subject,
        customer=invitation.customer.display_name,
        unit=place_name(places, invitation.unit_id),
        created_at=invitation.created_at,
        send_after=invitation.send_after,
        sent_at=invitation.sent_at,
        state=state,
        reason=reason,
        score=answer.score if answer else None,
    )


def answers_of_customer(family: Sequence[int], *, limit: int = 10) -> list[Answer]:
    """Return the latest answers of a customer's family of records, newest first, with their invitations."""
    rows = Answer.objects.filter(invitation__customer_id__in=list(family)).select_related("invitation__case")
    return list(rows.order_by("-answered_at", "-pk")[:limit])
