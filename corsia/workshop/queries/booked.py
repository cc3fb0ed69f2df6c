"""What a customer sees of a booked visit behind its link, and the same as a calendar file."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext as _

from corsia.customers.models import Holding
from corsia.customers.queries import family_ids
from corsia.kernel.errors import NotFound
from corsia.kernel.models import FactRecord
from corsia.organisation.models import Unit
from corsia.organisation.queries import day_in, tree
from corsia.workshop.links import CAR_LINK_DAYS, booking_link, car_token, visit_id_of, visit_token
from corsia.workshop.models import Fetch, Visit, VisitJob
from corsia.workshop.queries.online import phone_of
from corsia.workshop.rules.calendar_file import Event
from corsia.workshop.vocabulary import VisitState

KEPT_FOR = timedelta(days=60)  # after the visit was to end
COMES_FOR = timedelta(minutes=15)  # to hand the keys over; who waits stays until the vehicle is ready
_SHOWN = (VisitState.BOOKED, VisitState.HERE, VisitState.DONE, VisitState.CANCELLED, VisitState.MISSED)


@dataclass(frozen=True, kw_only=True)
class BookedPage:
    """The page of one booked visit."""

    visit: Visit
    unit: Unit
    label: str  # of the workshop
    address: str
    phone: str
    jobs: Sequence[VisitJob]
    total_cents: int
    courtesy_car: str
    fetches: Sequence[Fetch]  # the way to fetch the vehicle, then the one that brings it back
    order_token: str  # where the work is followed, once the vehicle is here
    car_token: str  # of the vehicle's own page, where the customer holds it


def visit_behind(token: str, *, now: datetime) -> Visit:
    """Return the visit that a booking link is about.

    Raises:
        NotFound: the link was not made here, the slot was only held, or all is long over.
    """
    visit_id = visit_id_of(token)
    found: Visit | None = (
        Visit.objects.select_related("customer", "vehicle").filter(pk=visit_id, state__in=_SHOWN).first()
        if visit_id
        else None
    )
    if found is None or found.customer is None or found.promised_at + KEPT_FOR < now:
        raise NotFound(kind=Visit._meta.label)
    return found


def booked_page(visit: Visit, *, now: datetime) -> BookedPage:
    """Return what the customer sees of a visit."""
    places = tree()
    jobs = list(visit.jobs.select_related("job", "package").order_by("position"))
    loan = getattr(visit, "loan", None)
    order = getattr(visit, "order", None)
    return BookedPage(
        visit=visit,
        unit=places.unit(visit.unit_id),
        label=places.label(visit.unit_id),
        address=address_of(visit.unit_id),
        phone=phone_of(visit.unit_id),
        jobs=jobs,
        total_cents=sum(row.price_cents for row in jobs),
        courtesy_car=loan.car.name if loan is not None else "",
        fetches=list(visit.fetches.order_by("starts_at")),
        order_token=visit_token(order.pk) if order is not None else "",
        car_token=_car_token(visit, now=now),
    )


def address_of(unit_id: int) -> str:
    """Return where a workshop is: the address of the unit or of the nearest above it that has one."""
    unit = next((one for one in tree().chain(unit_id) if one.street or one.city), None)
    if unit is None:
        return ""
    town = " ".join(filter(None, [unit.postcode, unit.city, f"({unit.province})" if unit.province else ""]))
    return ", ".join(filter(None, [unit.street, town]))


def event_of(page: BookedPage, *, name_of: Sequence[str], now: datetime) -> Event:
    """Return a visit for a calendar, in the language that is active.

    Args:
        name_of: what it is for, in words.
    """
    visit = page.visit
    link = booking_link(visit.pk)
    comes_at = page.fetches[0].at_door if page.fetches else visit.drop_off_at  # when keys change hands
    return Event(
        uid=f"visit-{visit.pk}@{settings.MAIL_DOMAIN}",
        sequence=changes_of(visit),
        stamp=now,
        starts_at=comes_at,
        ends_at=visit.promised_at if visit.is_waiting else comes_at + COMES_FOR,
        title=_("Workshop: %(what)s") % {"what": ", ".join(name_of)},
        place=page.fetches[0].address if page.fetches else ", ".join(filter(None, [page.label, page.address])),
        text="\n".join(
            filter(
                None,
                [
                    str(visit.vehicle or ""),
                    _("To move or cancel it: %(link)s") % {"link": link},
                    _("Phone: %(phone)s") % {"phone": page.phone} if page.phone else "",
                ],
            )
        ),
        url=link,
        is_cancelled=visit.state in (VisitState.CANCELLED, VisitState.MISSED),
    )


def changes_of(visit: Visit) -> int:
    """Return how often a visit was moved or called off, as it was told."""
    told = FactRecord.objects.filter(
        kind__in=("workshop.VisitMoved", "workshop.VisitCancelled"),
        subject_id=visit.customer_id,
        payload__visit_id=visit.pk,
    )
    return told.count()


def _car_token(visit: Visit, *, now: datetime) -> str:
    if visit.vehicle_id is None or visit.customer_id is None:
        return ""
    held = Holding.objects.filter(
        vehicle_id=visit.vehicle_id, until=None, customer_id__in=family_ids(visit.customer_id)
    )
    holding_id = held.order_by("role", "pk").values_list("pk", flat=True).first()
    if holding_id is None:
        return ""
    return car_token(holding_id, until=day_in(visit.unit_id, now) + timedelta(days=CAR_LINK_DAYS))
