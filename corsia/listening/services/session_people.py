"""Who takes part in a session: listed, invited by mail where they may be, accepted, came."""

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import formats, translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from corsia.customers import queries as customers
from corsia.customers import services as customer_services
from corsia.customers.models import ContactPoint, Customer
from corsia.customers.vocabulary import ConsentChannel, ContactKind, Purpose
from corsia.kernel.access import demand
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid, NotAllowed, Refused
from corsia.listening.links import join_link, participant_id_of
from corsia.listening.models import Session, SessionParticipant
from corsia.listening.permissions import SEE_PARTICIPANTS
from corsia.listening.queries import rules_in_force
from corsia.listening.queries.sessions import sees_names
from corsia.listening.services.sessions import managed_session, open_session
from corsia.listening.services.stress import asked_since, is_employee
from corsia.listening.vocabulary import CancelReason, ParticipantState, SessionState
from corsia.messaging import services as messaging
from corsia.messaging.vocabulary import Objection, OutboxState, SentReason
from corsia.organisation.queries import tree
from corsia.organisation.vocabulary import Language

TEMPLATE = "session-invitation"
MOST = 500  # participants of one session


class ThereAlready(Refused):
    code = "listening.participant_there"
    message = _("This person is on the list already.")


class SessionFull(Refused):
    code = "listening.session_full"
    message = _("A session has 500 participants at most. Plan another one for the others.")


class GuestIsCustomer(Refused):
    code = "listening.guest_is_customer"
    message = _(
        "This address belongs to a customer. Choose them from the search of customers, so that what they wish about "
        "being contacted holds."
    )


class GuestIncomplete(Invalid):
    code = "listening.guest_incomplete"
    message = _("Write the guest's name. With an address, say that they agreed to be written to.")


class ParticipantUnknown(Refused):
    code = "listening.participant_unknown"
    message = _("We cannot find this invitation. Copy the whole address from our message, or write to us.")
    status = 404


class AnswerTooLate(Refused):
    code = "listening.answer_too_late"
    message = _("This invitation can no longer be answered: the meeting is over or was cancelled.")
    status = 410


class HasSpoken(Refused):
    code = "listening.participant_has_spoken"
    message = _("Their words are among the notes, so they stay on the list. Set them to “Did not come” if that is so.")


@dataclass(frozen=True, kw_only=True)
class GuestData:
    """Somebody who is no customer; `agreed` says that they want to be written to."""

    name: str
    email: str = ""
    language: str = Language.ITALIAN.value
    agreed: bool = False


@transaction.atomic
def add_customer(*, session_id: int, customer_id: int, by: Actor, now: datetime) -> SessionParticipant:
    """Put a customer on the list of a session; nobody is written to yet.

    Raises:
        NotFound: no such customer within the scope.
        ThereAlready: they, or a record of the same person, are on the list.
    """
    session = open_session(session_id, by=by)
    demand(by, SEE_PARTICIPANTS, session.unit_id)
    customer: Customer = Customer.objects.find(customer_id)
    if session.participants.filter(customer_id__in=customers.family_ids(customer.pk)).exists():
        raise ThereAlready
    return _add(session, by=by, now=now, customer=customer, language=customer.language)


@transaction.atomic
def add_guest(*, session_id: int, data: GuestData, by: Actor, now: datetime) -> SessionParticipant:
    """Put somebody on the list who is no customer.

    Raises:
        GuestIncomplete: no name, or an address without their word.
        GuestIsCustomer: the address is a customer's.
        ThereAlready: the address is on the list.
    """
    session = open_session(session_id, by=by)
    if not sees_names(by, session):
        raise NotAllowed(right=SEE_PARTICIPANTS.name)
    email = data.email.strip().lower()
    if not data.name.strip() or (email and not data.agreed):
        raise GuestIncomplete
    if email and ContactPoint.objects.filter(kind=ContactKind.EMAIL, value=email).exists():
        raise GuestIsCustomer
    return _add(session, by=by, now=now, name=data.name.strip(), email=email, language=data.language)


def _add(session: Session, *, by: Actor, now: datetime, **fields: object) -> SessionParticipant:
    last = session.participants.aggregate(last=Max("number"))["last"] or 0
    if session.participants.count() >= MOST:
        raise SessionFull
    try:
        with transaction.atomic():
            participant: SessionParticipant = SessionParticipant.objects.create(
                session=session, number=last + 1, added_at=now, **fields
            )
    except IntegrityError:
        raise ThereAlready from None
    audit(session, "participant_added", by=by, now=now, participant=participant.pk)
    return participant


@transaction.atomic
def remove_participant(*, participant_id: int, by: Actor, now: datetime) -> Session:
    """Take somebody off the list.

    Raises:
        HasSpoken: their words were written down.
    """
    participant: SessionParticipant = SessionParticipant.objects.find(participant_id)
    session = open_session(participant.session_id, by=by)
    if not sees_names(by, session):
        raise NotAllowed(right=SEE_PARTICIPANTS.name)
    if participant.notes.exists() or participant.posts.exists():
        raise HasSpoken
    participant.delete()
    audit(session, "participant_removed", by=by, now=now, participant=participant_id)
    return session


@transaction.atomic
def set_participant_state(*, participant_id: int, state: str, by: Actor, now: datetime) -> SessionParticipant:
    """Say that somebody accepted, declined, came or did not come."""
    participant: SessionParticipant = SessionParticipant.objects.lock(participant_id)
    session = managed_session(participant.session_id, by=by)
    if state not in ParticipantState.values:
        raise Invalid
    participant.state = ParticipantState(state)
    participant.answered_at = participant.answered_at or now
    participant.save(update_fields=["state", "answered_at"])
    audit(session, "participant_state_set", by=by, now=now, participant=participant.pk, state=state)
    return participant


@dataclass(frozen=True, kw_only=True)
class Invited:
    """What became of a round of invitations."""

    sent: int
    held_back: int


@transaction.atomic
def invite_participants(*, session_id: int, by: Actor, now: datetime) -> Invited:
    """Write to everybody on the list who was not written to yet, and who may be; the others keep the reason.

    Raises:
        SessionOver: it was held, or cancelled.
        TemplateUnknown: the unit has no text for it.
    """
    session = open_session(session_id, by=by)
    if not sees_names(by, session):
        raise NotAllowed(right=SEE_PARTICIPANTS.name)
    waiting = session.participants.select_for_update().filter(state=ParticipantState.LISTED, invited_at=None)
    sent = held_back = 0
    for participant in waiting.order_by("number"):
        reason = _reason_not_to_invite(session, participant, now) or _write(session, participant, now)
        if reason:
            participant.not_invited = reason[:40]
            participant.save(update_fields=["not_invited"])
            held_back += 1
            continue
        participant.state, participant.invited_at, participant.not_invited = ParticipantState.INVITED, now, ""
        participant.save(update_fields=["state", "invited_at", "not_invited"])
        if participant.customer_id is not None:
            customer_services.mark_surveyed(customer_id=participant.customer_id, now=now)
        sent += 1
    audit(session, "participants_invited", by=by, now=now, sent=sent, held_back=held_back)
    return Invited(sent=sent, held_back=held_back)


def _reason_not_to_invite(session: Session, participant: SessionParticipant, now: datetime) -> str:
    """Return why somebody is not written to, "" when they may be. The same rules as for surveys."""
    if participant.customer_id is None:
        return "" if participant.email else Objection.NO_ADDRESS
    rules = rules_in_force(session.unit_id)
    if not rules.is_on:
        return CancelReason.SWITCHED_OFF
    family = customers.family_ids(participant.customer_id)
    if is_employee(family):
        return CancelReason.EMPLOYEE
    if asked_since(family, now - rules.pause, participant_id=participant.pk) is not None:
        return CancelReason.RECENTLY_ASKED
    verdict = messaging.may_contact(
        customer_id=participant.customer_id,
        channel=ConsentChannel.EMAIL,
        purpose=Purpose.SURVEY,
        now=now,
        unit_id=session.unit_id,
    )
    return "" if verdict.allowed else str(verdict.reason)


def _write(session: Session, participant: SessionParticipant, now: datetime) -> str:
    key = f"listening.session:{participant.pk}"
    extra = {"survey_link": join_link(participant.pk), **_when_and_where(session, participant.language)}
    if participant.customer_id is None:
        mail = messaging.send_to_guest(
            unit_id=session.unit_id,
            address=participant.email,
            name=participant.name,
            language=participant.language,
            template_key=TEMPLATE,
            idempotency_key=key,
            now=now,
            extra=extra,
        )
    else:
        mail = messaging.send_to_customer(
            customer_id=participant.customer_id,
            unit_id=session.unit_id,
            vehicle_id=None,
            language=participant.language,
            template_key=TEMPLATE,
            reason=SentReason.SURVEY,
            idempotency_key=key,
            now=now,
            extra=extra,
        )
    return mail.last_error.partition(":")[0] if mail.state == OutboxState.BLOCKED else ""


def _when_and_where(session: Session, language: str) -> dict[str, str]:
    zone = tree().time_zone(session.unit_id)
    starts = session.starts_at.astimezone(zone)
    with translation.override(language):
        if session.ends_on is not None:
            when = gettext("from %(first)s to %(last)s") % {
                "first": formats.date_format(starts, "j F Y").lower(),
                "last": formats.date_format(session.ends_on, "j F Y").lower(),
            }
            place = session.place or gettext("on the web, when you like")
        else:
            when = f"{formats.date_format(starts, 'j F Y').lower()}, {starts:%H:%M}"
            place = session.place or gettext("we will tell you")
    return {"session_title": session.title, "session_when": when, "session_place": place}


@transaction.atomic
def answer_invitation(*, token: str, comes: bool, stop: bool = False, by: Actor, now: datetime) -> SessionParticipant:
    """Take what somebody answers on the page of their invitation; the token is the only authority.

    Args:
        stop: they want no more invitations or surveys.

    Raises:
        ParticipantUnknown: the token was not made here, or they were taken off the list.
        AnswerTooLate: it is over, or was cancelled.
    """
    participant = participant_behind(token, lock=True)
    session = participant.session
    if session.state != SessionState.PLANNED or is_past(session, now):
        raise AnswerTooLate
    if participant.state in (ParticipantState.CAME, ParticipantState.ABSENT):
        raise AnswerTooLate
    participant.state = ParticipantState.ACCEPTED if comes else ParticipantState.DECLINED
    participant.answered_at = now
    participant.save(update_fields=["state", "answered_at"])
    if stop and not comes and participant.customer_id is not None:
        customer_services.record_consent(
            customer_id=participant.customer_id,
            purpose=Purpose.SURVEY,
            channel=ConsentChannel.ANY,
            is_given=False,
            source="session invitation",
            by=by,
            now=now,
        )
    audit(session, "participant_answered", by=by, now=now, participant=participant.pk, comes=comes)
    return participant


def participant_behind(token: str, *, lock: bool = False) -> SessionParticipant:
    """Return whom a personal link is for.

    Raises:
        ParticipantUnknown: the token was not made here, or they were taken off the list.
    """
    pk = participant_id_of(token)
    rows = SessionParticipant.objects.select_related("session")
    if lock:
        rows = rows.select_for_update(of=("self",))
    found: SessionParticipant | None = rows.filter(pk=pk).first() if pk is not None else None
    if found is None:
        raise ParticipantUnknown
    return found


def is_past(session: Session, now: datetime) -> bool:
    """Tell whether a session has ended by the clock: a community after its last day, the others after their own."""
    zone = tree().time_zone(session.unit_id)
    last = session.ends_on or session.starts_at.astimezone(zone).date()
    return now.astimezone(zone).date() > last
