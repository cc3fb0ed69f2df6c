"""Booking on the web, the first two steps: what for, then where and when. Nothing is kept before a slot is."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from corsia.customers.models import Holding
from corsia.kernel import scope
from corsia.kernel.access import public
from corsia.kernel.actors import customer
from corsia.kernel.client_address import address_key
from corsia.kernel.errors import Invalid, Refused
from corsia.kernel.limits import Limit
from corsia.kernel.tokens import sign
from corsia.listening.queries import rules_in_force
from corsia.organisation.queries import time_zone_of, tree
from corsia.portal.web.booking_asked import BookingAsked, slot_of
from corsia.portal.web.booking_slots import slots
from corsia.portal.web.public import friendly, language_of, page
from corsia.vehicles.vocabulary import Fuel
from corsia.workshop.models import Package
from corsia.workshop.queries.car import holding_behind
from corsia.workshop.queries.catalogue import Bundle
from corsia.workshop.queries.offers import Wish
from corsia.workshop.queries.online import (
    BookingPage,
    booking_page,
    fuels_that_matter,
    makes_that_matter,
    online_bundle,
    online_choices,
)
from corsia.workshop.rules.online import Car, earliest_start
from corsia.workshop.services.online import Slot, hold_slot

LOOKED = Limit("portal.book", times=600, seconds=600)
HELD = Limit("portal.book_hold", times=40, seconds=3600)
COOKIE, SALT = "corsia_booking", "portal.booking"
COOKIE_AGE = 24 * 3600


@require_safe
@friendly
@public(limit=LOOKED)
def what(request: HttpRequest, code: str) -> HttpResponse:
    """Show what can be booked."""
    now = request.received_at  # type: ignore[attr-defined]
    shown, asked = booking_page(code), BookingAsked.of(request.GET)
    with scope.entered(tree().scope_below(shown.unit.pk, reason="portal.book")):
        known = _known(asked, now=now)
        language = language_of(request, known.customer.language if known else "")
        vehicle = known.vehicle if known else None
        car = Car(make=vehicle.make, model=vehicle.model, fuel=vehicle.fuel) if vehicle else asked.known_car
        with translation.override(language):
            context = {
                "asked": asked,
                "vehicle": vehicle,
                "choices": online_choices(car),
                "makes": [] if known else makes_that_matter(),
                "fuels": [] if known else _fuels(),
                "hidden": asked.pairs_without("job", "package"),
                "step": 1,
            }
        return _shown(request, shown, "portal/book/what.html", context, asked=asked, language=language)


@require_http_methods(["GET", "HEAD", "POST"])
@friendly
@public(limit=HELD)
def when(request: HttpRequest, code: str) -> HttpResponse:
    """Show the slots that fit, and keep the one that is chosen."""
    now = request.received_at  # type: ignore[attr-defined]
    shown = booking_page(code)
    asked = BookingAsked.of(request.POST if request.method == "POST" else request.GET)
    with scope.entered(tree().scope_below(shown.unit.pk, reason="portal.book")):
        known = _known(asked, now=now)
        language = language_of(request, known.customer.language if known else "")
        with translation.override(language):
            try:
                work = online_bundle(job_ids=asked.job_ids, package_ids=asked.package_ids)
            except Invalid as refusal:
                again = f"{reverse('portal:book', args=[code])}?{asked.query}&l={language}&problem={refusal.code}"
                return redirect(again)
            problem, status = "", 200
            if request.method == "POST":
                try:
                    return _hold(request, shown, asked, work, known, language)
                except (Invalid, Refused) as refusal:  # what is free next stands below
                    problem, status = str(refusal), refusal.status
            context = _when(shown, asked, work, known, now=now) | {"problem": problem, "step": 2}
            answer = _shown(request, shown, "portal/book/when.html", context, asked=asked, language=language)
            answer.status_code = status
            return answer


def _when(
    shown: BookingPage, asked: BookingAsked, work: Bundle, known: Holding | None, *, now: datetime
) -> dict[str, Any]:
    chosen = tuple(pk for pk in shown.unit_ids if asked.unit_id in (None, pk)) or shown.unit_ids
    zone = time_zone_of(chosen[0])
    notice = min(one.notice_hours for one, _label in shown.workshops if one.unit_id in chosen)
    earliest = earliest_start(now=now, notice_hours=notice)
    wish = Wish(
        unit_ids=chosen,
        earliest=asked.start(zone, earliest=earliest),
        vehicle_id=known.vehicle_id if known else None,
        is_waiting=asked.stay == "wait",
        wants_car=asked.stay == "car",
        is_fetched=asked.stay == "fetch",
    )
    return slots(bundle=work, wish=wish, now=now) | {
        "asked": asked,
        "vehicle": known.vehicle if known else None,
        "names": names_of(work),
        "minutes": work.minutes,
        "price_cents": work.price_cents,
        "places": [(workshop.unit_id, label) for workshop, label in shown.workshops],
        "fetches": any(one.drivers for one, _label in shown.workshops if one.unit_id in chosen),
        "first_day": earliest.astimezone(zone).date(),
        "hidden": asked.pairs,
        "filters": asked.pairs_without("unit", "from", "stay"),
        "action": "",
    }


def _hold(
    request: HttpRequest, shown: BookingPage, asked: BookingAsked, work: Bundle, known: Holding | None, language: str
) -> HttpResponse:
    now = request.received_at  # type: ignore[attr-defined]
    unit_id, starts_at = slot_of(request.POST.get("slot", ""))
    token, _request = hold_slot(
        page=shown,
        slot=Slot(
            unit_id=unit_id,
            starts_at=starts_at,
            bundle=work,
            is_waiting=asked.stay == "wait",
            wants_car=asked.stay == "car",
            is_fetched=asked.stay == "fetch",
        ),
        origin=bytes.fromhex(sign("portal.booking_origin", address_key(request), length=64)),
        before=request.get_signed_cookie(COOKIE, default="", salt=SALT, max_age=COOKIE_AGE) or "",
        known=known,
        language=language,
        by=customer(_("Customer, on the web")),
        now=now,
    )
    answer = redirect(f"{reverse('portal:book_who', args=[shown.unit.code, token])}?l={language}")
    answer.set_signed_cookie(
        COOKIE,
        token,
        salt=SALT,
        max_age=COOKIE_AGE,
        path=reverse("portal:book", args=[shown.unit.code]),
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )
    return answer


def names_of(work: Bundle) -> list[str]:
    """Return what a visit is for in the active language: a package by its name, then the single jobs."""
    is_english = translation.get_language() == "en"
    packages = Package.objects.filter(pk__in={line.package_id for line in work.lines} - {None})
    named = [*packages, *(line.job for line in work.lines if line.package_id is None)]
    return [(one.name_en if is_english else one.name_it) or one.name_it for one in named]


def _known(asked: BookingAsked, *, now: datetime) -> Holding | None:
    """Return whose vehicle a personal link names."""
    return holding_behind(asked.car, now=now) if asked.car else None


def _fuels() -> list[tuple[str, str]]:
    used = fuels_that_matter()
    return [(fuel.value, str(fuel.label)) for fuel in Fuel if fuel.value in used]


def _shown(
    request: HttpRequest,
    shown: BookingPage,
    template: str,
    context: dict[str, Any],
    *,
    asked: BookingAsked,
    language: str,
) -> HttpResponse:
    known = {
        "shown": shown,
        "group": shown.group.name,
        "place": "" if shown.unit.pk == shown.group.pk else shown.unit.name,
        "keep": f"{asked.query}&" if asked.query else "",
        "told": request.GET.get("problem", ""),
    }
    return page(request, template, context | known, language=language, color=rules_in_force(shown.unit.pk).brand_color)
