"""Sessions and communities, made by listening's own services."""

from datetime import datetime, timedelta

from corsia.listening import services
from corsia.listening.models import Session, SessionBlock, SessionParticipant, Touchpoint
from corsia.listening.services import GuestData, SessionData
from corsia.organisation.models import Unit
from corsia.organisation.queries import time_zone_of
from tests.factories.cases import ROBOT

TITLES = {
    "focus": "La Sua auto e noi",
    "workshop": "Ridisegniamo la consegna",
    "interview": "Un gestore di flotta",
    "community": "Una settimana con Lei",
}


def a_session(
    unit: Unit, instrument: str = "focus", *, now: datetime, outline: str = "agents-focus", **fields
) -> Session:
    """Plan a session for two days later; a community begins today and lasts a week."""
    is_community = instrument == "community"
    local = now.astimezone(time_zone_of(unit.pk))  # its days are those of the unit
    values = {
        "instrument": instrument,
        "title": TITLES[instrument],
        "touchpoint_id": Touchpoint.objects.get(key="quotation").pk,
        "population": "retail",
        "starts_at": local.replace(hour=0) if is_community else now + timedelta(days=2),
        "ends_on": local.date() + timedelta(days=6) if is_community else None,
        "quota": 5,
    } | fields
    return services.save_session(
        session_id=None,
        unit_id=unit.pk,
        data=SessionData(**values),
        outline="week-community" if is_community else outline,
        by=ROBOT,
        now=now,
    )


def a_guest(session: Session, name: str = "Anna Prova", *, now: datetime, email: str = "") -> SessionParticipant:
    """Put a guest on the list."""
    data = GuestData(name=name, email=email, agreed=bool(email))
    return services.add_guest(session_id=session.pk, data=data, by=ROBOT, now=now)


def a_member(session: Session, name: str = "Anna Prova", *, now: datetime, email: str = "") -> SessionParticipant:
    """Put a guest on the list who has accepted."""
    guest = a_guest(session, name, now=now, email=email)
    return services.set_participant_state(participant_id=guest.pk, state="accepted", by=ROBOT, now=now)


def first_block(session: Session) -> SessionBlock:
    """Return the part that comes first."""
    return SessionBlock.objects.filter(session=session).order_by("position").first()
