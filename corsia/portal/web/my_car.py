"""My car: what a customer sees of their vehicle by a personal link, and books in two taps."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import translation
from django.views.decorators.http import require_safe

from corsia.kernel import scope
from corsia.kernel.access import public
from corsia.kernel.errors import NotFound
from corsia.kernel.limits import Limit
from corsia.listening.queries import rules_in_force
from corsia.organisation.queries import day_in, time_zone_of, tree
from corsia.portal.web.booking import names_of
from corsia.portal.web.booking_asked import BookingAsked
from corsia.portal.web.booking_slots import slots
from corsia.portal.web.public import friendly, language_of, page
from corsia.vehicles.vocabulary import DueKind
from corsia.workshop.links import booking_token, car_token, expiry_of
from corsia.workshop.models import Package
from corsia.workshop.queries.car import CarPage, car_page, holding_behind, place_of
from corsia.workshop.queries.offers import Wish
from corsia.workshop.queries.online import (
    BookingPage,
    booking_page,
    groups_of,
    online_bundle,
    online_choices,
    phone_of,
    proposals,
)
from corsia.workshop.rules.online import Car, earliest_start

OPENED = Limit("portal.car", times=60, seconds=600)
NEAR_DAYS = 90  # dues nearer than this are proposed together


@require_safe
@friendly
@public(limit=OPENED)
def show(request: HttpRequest, token: str) -> HttpResponse:
    """Show a customer their vehicle: dues, the first slots for them, visits to come and past ones."""
    now = request.received_at  # type: ignore[attr-defined]
    holding = holding_behind(token, now=now)
    group = tree().group(holding.customer.unit_id)
    with scope.entered(tree().scope_below(group.pk, reason="portal.car")):
        survivor = holding.customer.merged_into or holding.customer
        language = language_of(request, survivor.language)
        with translation.override(language):
            shown, until = car_page(holding, now=now), expiry_of(token)
            context: dict[str, Any] = {
                "page": shown,
                "token": token,
                "group": group.name,
                "phone": phone_of(group.pk),
                "coming": [
                    (visit, booking_token(visit.pk), time_zone_of(visit.unit_id), tree().label(visit.unit_id))
                    for visit in shown.coming
                ],
                "others": [(one.vehicle, car_token(one.pk, until=until)) for one in shown.others],
                "today": day_in(group.pk, now),
            }
            context |= _booking(shown, token, group.code, now=now)
            color = rules_in_force(group.pk).brand_color
            return page(request, "portal/book/car.html", context, language=language, color=color)


def _booking(shown: CarPage, token: str, code: str, *, now: Any) -> dict[str, Any]:
    """Return what to book, and the first slots for it; nothing where no workshop takes bookings on the web."""
    place = _page_or_none(code)
    if place is None:
        return {"can_book": False}
    vehicle = shown.vehicle
    among = online_choices(Car(make=vehicle.make, model=vehicle.model, fuel=vehicle.fuel))
    found = proposals([row.due for row in shown.dues], among)
    booked = {line.job.group for visit in shown.coming for line in visit.jobs.all()}
    near = [
        row
        for row in shown.dues
        if row.due.pk in found
        and (row.kind == DueKind.RECALL or row.days <= NEAR_DAYS)
        and not booked & groups_of(found[row.due.pk])
    ]
    rows = list(
        {(type(found[row.due.pk].row), found[row.due.pk].row.pk): found[row.due.pk].row for row in near}.values()
    )
    packages = [row.pk for row in rows if isinstance(row, Package)][:1]
    jobs = [row.pk for row in rows if not isinstance(row, Package)]
    asked = BookingAsked(car=token).with_work(job_ids=jobs, package_ids=packages)
    context: dict[str, Any] = {
        "can_book": True,
        "answers": {row.due.pk: found[row.due.pk] for row in shown.dues if row.due.pk in found},
        "book_url": f"{reverse('portal:book', args=[code])}?{asked.query}",
        "action": reverse("portal:book_when", args=[code]),
        "hidden": asked.pairs,
    }
    if not asked.has_work:
        return context
    work = online_bundle(job_ids=jobs, package_ids=packages)
    last = place_of(vehicle.pk, [shown.customer.pk])
    unit_ids = (last,) if last in place.unit_ids else place.unit_ids
    notice = min(one.notice_hours for one, _label in place.workshops if one.unit_id in unit_ids)
    wish = Wish(unit_ids=tuple(unit_ids), earliest=earliest_start(now=now, notice_hours=notice), vehicle_id=vehicle.pk)
    return context | slots(bundle=work, wish=wish, now=now) | {"names": names_of(work), "price_cents": work.price_cents}


def _page_or_none(code: str) -> BookingPage | None:
    try:
        return booking_page(code)
    except NotFound:
        return None
