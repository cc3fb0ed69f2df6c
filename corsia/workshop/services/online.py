"""Customers book on the web: a slot is held for a browser, a contact is asked for and confirmed, then it is booked."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, connection, transaction
from django.utils.formats import date_format
from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _

from corsia.customers.models import Customer, Holding
from corsia.customers.queries import family_ids
from corsia.customers.services import find_or_add_by_email, find_or_add_by_phone
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid, NotFound, Refused
from corsia.kernel.limits import Limit, spend
from corsia.kernel.tokens import digest, new_token
from corsia.messaging.queries.texting import texting_account
from corsia.messaging.services.automatic import send_to_guest
from corsia.messaging.services.texting import text_number
from corsia.messaging.services.texts import TemplateUnknown
from corsia.messaging.vocabulary import OutboxState
from corsia.organisation.queries import group_of, time_zone_of
from corsia.vehicles.rules.plates import normalise_plate
from corsia.workshop.links import confirm_link
from corsia.workshop.models import OnlineRequest, Visit
from corsia.workshop.queries.catalogue import Bundle
from corsia.workshop.queries.fetches import comes_at
from corsia.workshop.queries.online import BookingPage, phone_of
from corsia.workshop.rules.online import earliest_start
from corsia.workshop.services import booking, slots
from corsia.workshop.services.diary import tell_plan
from corsia.workshop.services.fetches import cleaned
from corsia.workshop.services.for_customers import said_to_customers
from corsia.workshop.vocabulary import LAPSED, Source, VisitState

TEMPLATE = "booking-confirm"
SOURCE = "workshop"  # where a customer whom nobody knew came from
TIME_TO_CONFIRM = timedelta(minutes=30)
MOST_OF_ADDRESS = 6  # open holds: behind one address of a mobile network there are many people
MOST_OF_WORKSHOP = 12  # whoever commands many addresses fills no more of a diary than this
MOST_MESSAGES = 3  # of one request
MESSAGES = Limit("workshop.booking_message", times=4, seconds=3600)  # to one address or number
FORGOTTEN_AFTER = timedelta(days=1)
_TYPED = ("name", "email", "phone", "plate", "address", "wish")


class TooSoon(Refused):
    code = "workshop.too_soon"
    message = _("The workshop needs notice for what is booked on the web. Choose a later hour, or call us: %(phone)s.")


class TooManyHolds(Refused):
    code = "workshop.too_many_holds"
    message = _("Several slots are being held from your connection. Confirm one of them, or try again in some minutes.")


class ManyBooking(Refused):
    code = "workshop.many_booking"
    message = _("Many people are booking at this workshop right now. Try again in some minutes, or call us: %(phone)s.")


class NoWayToConfirm(Invalid):
    code = "workshop.no_way_to_confirm"
    message = _("Write an e-mail address: we send you a link with which you confirm.")


class CannotWrite(Refused):
    code = "workshop.cannot_write"
    message = _("We cannot send you the link at the moment. Please call us and we book it for you: %(phone)s.")


class EnoughSent(Refused):
    code = "workshop.enough_sent"
    message = _("We have sent the link several times. Look among unwanted mail too, or call us: %(phone)s.")


@dataclass(frozen=True, kw_only=True)
class Slot:
    """What somebody wants to hold."""

    unit_id: int
    starts_at: datetime
    bundle: Bundle
    is_waiting: bool = False
    wants_car: bool = False
    is_fetched: bool = False


@dataclass(frozen=True, kw_only=True)
class Who:
    """What somebody typed about themselves; `phone` in E.164."""

    name: str
    email: str = ""
    phone: str = ""
    plate: str = ""
    address: str = ""  # where the vehicle is fetched, where it is
    wish: str = ""


@said_to_customers()
@transaction.atomic
def hold_slot(
    *,
    page: BookingPage,
    slot: Slot,
    origin: bytes,
    before: str,
    known: Holding | None,
    language: str,
    by: Actor,
    now: datetime,
) -> tuple[str, OnlineRequest]:
    """Keep a slot for a browser and return the token that is its authority, with the request.

    What the browser held before is let go, and what was typed for it is taken along: one browser holds one slot.

    Args:
        origin: a keyed hash of the network address.
        before: the token the browser has, "" for none.
        known: who holds which vehicle, where a personal link says so.

    Raises:
        TooSoon: the workshop wants more notice.
        TooManyHolds, ManyBooking: too much is held and not confirmed.
        TakenMeanwhile, CarIsBooked: it does not fit any more.
    """
    workshop = page.workshop(slot.unit_id)
    if slot.starts_at < earliest_start(now=now, notice_hours=workshop.notice_hours):
        raise TooSoon(phone=page.phone)
    with connection.cursor() as cursor:  # two requests of one address count each other
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(encode(%s, 'hex'), 5))", [origin])
    earlier = OnlineRequest.objects.filter(holder=digest(before), confirmed_at=None).first() if before else None
    if earlier is not None:
        slots.let_go(Visit.objects.filter(pk=earlier.visit_id, state=VisitState.HELD), now=now)
    if known is None:
        _check_room(slot.unit_id, origin, page)
    visit = booking.hold(
        customer_id=known.customer.merged_into_id or known.customer_id if known else None,
        vehicle_id=known.vehicle_id if known else None,
        unit_id=slot.unit_id,
        starts_at=slot.starts_at,
        bundle=slot.bundle,
        is_waiting=slot.is_waiting,
        wants_car=slot.wants_car,
        is_fetched=slot.is_fetched,
        source=Source.WEB,
        by=by,
        now=now,
    )
    token, holder = new_token()
    request = OnlineRequest.objects.create(
        visit=visit,
        page_code=page.unit.code,
        language=language,
        holder=holder,
        origin=origin,
        made_at=now,
        **{name: getattr(earlier, name) for name in _TYPED if earlier is not None},
    )
    return token, request


def request_of(token: str) -> OnlineRequest:
    """Return the request of a browser's token.

    Raises:
        NotFound: the token was not made here, or the request is long forgotten.
    """
    found: OnlineRequest | None = (
        OnlineRequest.objects.select_related("visit__customer", "visit__vehicle").filter(holder=digest(token)).first()
    )
    if found is None:
        raise NotFound(kind=OnlineRequest._meta.label)
    return found


def request_to_confirm(proof: str) -> OnlineRequest:
    """Return the request whose contact a link proves.

    Raises:
        NotFound: no such link was sent, or the request is long forgotten.
    """
    found: OnlineRequest | None = (
        OnlineRequest.objects.select_related("visit__customer", "visit__vehicle").filter(proof=digest(proof)).first()
    )
    if found is None:
        raise NotFound(kind=OnlineRequest._meta.label)
    return found


def say_who(*, token: str, who: Who, by: Actor, now: datetime) -> OnlineRequest:
    """Keep what somebody typed, also where the slot is no longer theirs, and send them the link that confirms.

    Raises:
        TimeLapsed: the slot was let go meanwhile.
        NoWayToConfirm: there is no address to write to, or only a number that nobody of ours can text.
        AddressMissing: the vehicle is to be fetched, and nobody can tell from what was written where.
        CannotWrite, EnoughSent: nothing more is sent.
        TooMany: the address or number was written to often enough.
    """
    request = request_of(token)
    with transaction.atomic():
        for name in _TYPED:
            setattr(request, name, getattr(who, name))
        request.save(update_fields=_TYPED)
    return _ask(request.pk, by=by, now=now)


@said_to_customers()
@transaction.atomic
def _ask(request_id: int, *, by: Actor, now: datetime) -> OnlineRequest:
    request: OnlineRequest = OnlineRequest.objects.select_related("visit").get(pk=request_id)
    visit = _held(request)
    if visit.state == VisitState.BOOKED:
        return request
    if visit.fetches.exists():
        cleaned(request.address)
    if not request.email and (not request.phone or texting_account(visit.unit_id, phone=request.phone) is None):
        raise NoWayToConfirm
    if request.messages_sent >= MOST_MESSAGES:
        raise EnoughSent(phone=phone_of(visit.unit_id))
    spend(MESSAGES, key=request.email or request.phone, now=now)
    token, request.proof = new_token()
    request.messages_sent += 1
    request.asked_at = now
    request.save(update_fields=["proof", "messages_sent", "asked_at"])
    visit.held_until = now + TIME_TO_CONFIRM
    visit.save(update_fields=["held_until"])
    _send(request, visit, token, by=by, now=now)
    audit(visit, "contact_asked", by=by, now=now)
    tell_plan(visit)
    return request


@said_to_customers()
@transaction.atomic
def confirm_contact(*, proof: str, by: Actor, now: datetime) -> Visit:
    """Book the visit whose link came back: the address or number it was sent to is theirs who confirms.

    It finds the customer as a mail from that address would, and links a vehicle only where that customer holds it now.

    Raises:
        TimeLapsed: it comes too late, the slot was let go.
        CarIsBooked: their vehicle is already booked at that time.
    """
    request = request_to_confirm(proof)
    visit = _held(request)
    if visit.state == VisitState.BOOKED or request.confirmed_at is not None:
        return visit
    visit.customer = _customer_of(request, visit, now=now)
    vehicle_id = _vehicle_held(visit.customer, request.plate)
    visit.wish = request.wish
    try:
        with transaction.atomic():
            visit.vehicle_id = vehicle_id
            visit.save(update_fields=["customer", "vehicle", "wish"])
    except IntegrityError as clash:
        raise slots.VehicleElsewhere from clash
    return _book(request, visit, by=by, now=now)


@said_to_customers()
@transaction.atomic
def confirm_known(*, token: str, wish: str, address: str = "", by: Actor, now: datetime) -> Visit:
    """Book what somebody holds whom a personal link made known: their contact is proven already.

    Raises:
        TimeLapsed: the slot was let go meanwhile.
        NotFound: it is held by somebody who has not said who they are.
        AddressMissing: the vehicle is to be fetched, and nobody can tell from what was written where.
    """
    request = request_of(token)
    visit = _held(request)
    if visit.customer_id is None:
        raise NotFound(kind=Customer._meta.label)
    if visit.state == VisitState.BOOKED:
        return visit
    visit.wish = wish.strip()
    visit.save(update_fields=["wish"])
    request.address = address
    return _book(request, visit, by=by, now=now)


@transaction.atomic
def forget_requests(*, now: datetime) -> int:
    """Delete what was typed for visits that nobody confirmed, with the slots that lapsed; return how many."""
    old = OnlineRequest.objects.filter(confirmed_at=None, made_at__lte=now - FORGOTTEN_AFTER)
    gone = old.exclude(visit__state=VisitState.HELD)
    visits = Visit.objects.filter(pk__in=gone.values("visit_id"), customer=None, state=VisitState.CANCELLED)
    ids = list(visits.values_list("pk", flat=True))
    count: int = gone.delete()[0]
    Visit.objects.filter(pk__in=ids).delete()
    return count


def _held(request: OnlineRequest) -> Visit:
    """Return the visit of a request, locked.

    Raises:
        HoldLapsed: it was let go.
    """
    visit: Visit = Visit.objects.lock(request.visit_id)
    if visit.state == VisitState.CANCELLED and visit.end_reason == LAPSED:
        raise booking.HoldLapsed
    return visit


def _check_room(unit_id: int, origin: bytes, page: BookingPage) -> None:
    open_ones = OnlineRequest.objects.filter(confirmed_at=None, visit__state=VisitState.HELD)
    if open_ones.filter(origin=origin).count() >= MOST_OF_ADDRESS:
        raise TooManyHolds
    if open_ones.filter(visit__unit_id=unit_id, visit__customer=None).count() >= MOST_OF_WORKSHOP:
        raise ManyBooking(phone=page.phone)


def _book(request: OnlineRequest, visit: Visit, *, by: Actor, now: datetime) -> Visit:
    request.confirmed_at = now
    request.save(update_fields=["confirmed_at"])
    return booking.confirm(visit_id=visit.pk, address=request.address, by=by, now=now)


def _customer_of(request: OnlineRequest, visit: Visit, *, now: datetime) -> Customer:
    group_id = group_of(visit.unit_id).pk
    if request.email:
        return find_or_add_by_email(group_id=group_id, email=request.email, name=request.name, source=SOURCE, now=now)
    return find_or_add_by_phone(group_id=group_id, phone=request.phone, name=request.name, source=SOURCE, now=now)


def _vehicle_held(customer: Customer, plate: str) -> int | None:
    """Return the vehicle with a plate where the customer has it now. A plate alone says nothing about who books."""
    normal = normalise_plate(plate)
    if not normal:
        return None
    held = Holding.objects.filter(vehicle__plate=normal, until=None, customer_id__in=family_ids(customer.pk))
    vehicle_id: int | None = held.order_by("role", "pk").values_list("vehicle_id", flat=True).first()
    return vehicle_id


def _send(request: OnlineRequest, visit: Visit, token: str, *, by: Actor, now: datetime) -> None:
    """Send the link. Nothing that was typed stands in the message: it may go to somebody who never asked for it."""
    key = f"booking:{request.pk}:{request.messages_sent}"
    link = confirm_link(token)
    with override(request.language):
        when = date_format(comes_at(visit).astimezone(time_zone_of(visit.unit_id)), "l j F, H:i")
        when = when.lower() if request.language == "it" else when
    if not request.email:
        with override(request.language):
            text = gettext("%(when)s: confirm your workshop visit within 30 minutes: %(link)s")
            text %= {"when": when, "link": link}
        sent = text_number(
            unit_id=visit.unit_id, phone=request.phone, text=text, idempotency_key=key, customer_id=None, by=by, now=now
        )
        if sent is None:
            raise CannotWrite(phone=phone_of(visit.unit_id))
        return
    try:
        mail = send_to_guest(
            unit_id=visit.unit_id,
            address=request.email,
            name="",
            language=request.language,
            template_key=TEMPLATE,
            idempotency_key=key,
            now=now,
            extra={"confirm_link": link, "milestone_detail": when},
        )
    except TemplateUnknown as missing:
        raise CannotWrite(phone=phone_of(visit.unit_id)) from missing
    if mail.state == OutboxState.BLOCKED:
        raise CannotWrite(phone=phone_of(visit.unit_id))
