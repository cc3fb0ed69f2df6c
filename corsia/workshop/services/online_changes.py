"""Customers move and cancel their own visits by the link they were sent, as long as the workshop's notice allows."""

from datetime import datetime

from django.db import models, transaction
from django.utils.translation import gettext, override, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from corsia.kernel.actors import Actor
from corsia.kernel.errors import NotFound, Refused
from corsia.organisation.queries import tree
from corsia.workshop.models import Visit, Workshop
from corsia.workshop.queries.online import phone_of
from corsia.workshop.rules.online import earliest_start, may_change
from corsia.workshop.services import booking
from corsia.workshop.services.for_customers import said_to_customers
from corsia.workshop.services.online import TooSoon
from corsia.workshop.vocabulary import VisitState


class CallUs(Refused):
    code = "workshop.call_us"
    message = _("It is too near to be changed here. Please call us, we find a way together: %(phone)s.")


class Why(models.TextChoices):
    """Why a customer cancels; they need not say."""

    PLANS = "plans", pgettext_lazy("why cancelled", "Something came up")
    SOLVED = "solved", pgettext_lazy("why cancelled", "The problem is gone")
    ELSEWHERE = "elsewhere", pgettext_lazy("why cancelled", "I go somewhere else")
    PRICE = "price", pgettext_lazy("why cancelled", "It costs too much")
    SOLD = "sold", pgettext_lazy("why cancelled", "I no longer have the car")


@said_to_customers()
@transaction.atomic
def move_visit(*, visit_id: int, unit_id: int, starts_at: datetime, by: Actor, now: datetime) -> Visit:
    """Let a visit begin at another instant, as the customer asks.

    Raises:
        CallUs: the workshop's notice is over.
        TooSoon: the new instant is too near.
        TakenMeanwhile, CarIsBooked, NothingToChange: the visit stays where it was.
    """
    _check_time(visit_id, now=now)
    workshop = Workshop.objects.filter(unit_id=unit_id, is_online=True, is_active=True).first()
    if workshop is None:
        raise NotFound(kind=Workshop._meta.label)
    if starts_at < earliest_start(now=now, notice_hours=workshop.notice_hours):
        raise TooSoon(phone=phone_of(unit_id))
    return booking.move(visit_id=visit_id, unit_id=unit_id, starts_at=starts_at, by=by, now=now)


@said_to_customers()
@transaction.atomic
def cancel_visit(*, visit_id: int, why: str, by: Actor, now: datetime) -> Visit:
    """Call a visit off, as the customer asks. Asked again, nothing happens.

    Args:
        why: a value of Why; anything else means that they did not say.

    Raises:
        CallUs: the workshop's notice is over.
    """
    visit = _check_time(visit_id, now=now)
    if visit.state == VisitState.CANCELLED:
        return visit
    with override(tree().unit(visit.unit_id).language):
        said = Why(why).label if why in Why.values else ""
        reason = gettext("By the customer on the web") + (f": {said}" if said else "")
    return booking.cancel(visit_id=visit_id, reason=reason, by=by, now=now)


def is_changeable(visit: Visit, *, now: datetime) -> bool:
    """Tell whether the customer may still move or cancel a visit by themselves."""
    workshop = Workshop.objects.filter(unit_id=visit.unit_id).first()
    notice = workshop.notice_hours if workshop is not None else 0
    return visit.state == VisitState.BOOKED and may_change(drop_off_at=visit.drop_off_at, now=now, notice_hours=notice)


def _check_time(visit_id: int, *, now: datetime) -> Visit:
    visit: Visit = Visit.objects.lock(visit_id)
    if visit.state == VisitState.BOOKED and not is_changeable(visit, now=now):
        raise CallUs(phone=phone_of(visit.unit_id))
    return visit
