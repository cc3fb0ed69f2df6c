"""The page of a booked visit: when, where, what for; in the calendar, moved, cancelled. GET shows, only POST acts."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from corsia.kernel.access import public
from corsia.kernel.actors import customer
from corsia.kernel.errors import Invalid, Refused
from corsia.kernel.http import row_id
from corsia.kernel.limits import Limit
from corsia.listening.queries import rules_in_force
from corsia.organisation.queries import time_zone_of, tree
from corsia.organisation.vocabulary import UnitKind
from corsia.portal.web.booking_asked import BookingAsked, slot_of
from corsia.portal.web.booking_slots import slots
from corsia.portal.web.public import friendly, language_of, page
from corsia.ui.templatetags.ui import local_name
from corsia.workshop.models import Fetch, Loan, Visit, Workshop
from corsia.workshop.queries.booked import BookedPage, booked_page, event_of, visit_behind
from corsia.workshop.queries.offers import Wish
from corsia.workshop.rules.calendar_file import MEDIA_TYPE, calendar_file
from corsia.workshop.rules.online import earliest_start
from corsia.workshop.services.booking import bundle_of
from corsia.workshop.services.online_changes import Why, cancel_visit, is_changeable, move_visit
from corsia.workshop.vocabulary import VisitState

ACTED = Limit("portal.visit", times=30, seconds=600)


@require_safe
@friendly
@public(limit=ACTED)
def show(request: HttpRequest, token: str) -> HttpResponse:
    """Show a customer their visit."""
    now = request.received_at  # type: ignore[attr-defined]
    visit = visit_behind(token, now=now)
    language = _language(request, visit)
    with translation.override(language):
        context = _context(visit, token, now=now) | {
            "booked": "booked" in request.GET,
            "moved": "moved" in request.GET,
            "can_change": is_changeable(visit, now=now),
        }
        return _page(request, visit, "portal/book/visit.html", context, language=language)


@require_http_methods(["GET", "HEAD", "POST"])
@friendly
@public(limit=ACTED)
def move(request: HttpRequest, token: str) -> HttpResponse:
    """Show where else the visit fits, and move it there."""
    now = request.received_at  # type: ignore[attr-defined]
    visit = visit_behind(token, now=now)
    language = _language(request, visit)
    with translation.override(language):
        problem, status = "", 200
        if request.method == "POST":
            try:
                unit_id, starts_at = slot_of(request.POST.get("slot", ""))
                move_visit(visit_id=visit.pk, unit_id=unit_id, starts_at=starts_at, by=_customer(), now=now)
            except (Invalid, Refused) as refusal:  # what is free next stands below
                problem, status = str(refusal), refusal.status
                visit.refresh_from_db()
            else:
                return redirect(f"{reverse('portal:visit', args=[token])}?l={language}&moved=1")
        if not is_changeable(visit, now=now) and not problem:
            return redirect(f"{reverse('portal:visit', args=[token])}?l={language}")
        context = _context(visit, token, now=now) | _elsewhere(request, visit, now=now) | {"problem": problem}
        return _page(request, visit, "portal/book/move.html", context, language=language, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@friendly
@public(limit=ACTED)
def cancel(request: HttpRequest, token: str) -> HttpResponse:
    """Ask whether the visit is to be cancelled, and cancel it."""
    now = request.received_at  # type: ignore[attr-defined]
    visit = visit_behind(token, now=now)
    language = _language(request, visit)
    with translation.override(language):
        if request.method == "POST":
            cancel_visit(visit_id=visit.pk, why=request.POST.get("why", ""), by=_customer(), now=now)
            return redirect(f"{reverse('portal:visit', args=[token])}?l={language}")
        if not is_changeable(visit, now=now):
            return redirect(f"{reverse('portal:visit', args=[token])}?l={language}")
        context = _context(visit, token, now=now) | {"reasons": Why.choices}
        return _page(request, visit, "portal/book/cancel.html", context, language=language)


@require_safe
@friendly
@public(limit=ACTED)
def calendar(request: HttpRequest, token: str) -> HttpResponse:
    """Give the visit as a calendar file."""
    now = request.received_at  # type: ignore[attr-defined]
    visit = visit_behind(token, now=now)
    with translation.override(_language(request, visit)):
        shown = booked_page(visit, now=now)
        event = event_of(shown, name_of=[local_name(one) for one in _work(shown)], now=now)
    response = HttpResponse(calendar_file(event), content_type=MEDIA_TYPE)
    response.headers["Content-Disposition"] = 'attachment; filename="visit.ics"'
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _elsewhere(request: HttpRequest, visit: Visit, *, now: datetime) -> dict[str, Any]:
    """Return where else the visit fits, in the workshops of its branch."""
    asked = BookingAsked.of(request.GET)
    branch = next(one for one in tree().chain(visit.unit_id) if one.kind not in (UnitKind.DEPARTMENT, UnitKind.TEAM))
    below = frozenset(unit.pk for unit in tree().below(branch.pk))
    places = {
        one.unit_id: one for one in Workshop.objects.filter(unit_id__within=below, is_online=True, is_active=True)
    }
    unit_id = row_id(request.GET.get("unit")) or visit.unit_id
    if unit_id not in places:
        unit_id = visit.unit_id if visit.unit_id in places else next(iter(places), visit.unit_id)
    zone = time_zone_of(unit_id)
    notice = places[unit_id].notice_hours if unit_id in places else 0
    earliest = earliest_start(now=now, notice_hours=notice)
    work = bundle_of(visit)
    wish = Wish(
        unit_ids=(unit_id,),
        earliest=asked.start(zone, earliest=earliest),
        vehicle_id=visit.vehicle_id,
        is_waiting=visit.is_waiting,
        wants_car=Loan.objects.filter(visit=visit).exists(),
        is_fetched=Fetch.objects.filter(visit=visit).exists(),
        but=visit.pk,
    )
    return slots(bundle=work, wish=wish, now=now) | {
        "asked": asked,
        "unit_id": unit_id,
        "places": sorted(((pk, tree().label(pk)) for pk in places), key=lambda pair: pair[1]),
        "first_day": earliest.astimezone(zone).date(),
        "hidden": [],
        "filters": [],
        "action": "",
    }


def _context(visit: Visit, token: str, *, now: datetime) -> dict[str, Any]:
    shown = booked_page(visit, now=now)
    group = tree().group(visit.unit_id)
    work = _work(shown)
    packages = {line.package_id for line in shown.jobs if line.package_id}
    again: list[tuple[str, object]] = [("package", pk) for pk in packages]
    again += [("job", line.job_id) for line in shown.jobs if line.package_id is None]
    if shown.car_token:
        again.append(("car", shown.car_token))
    return {
        "page": shown,
        "visit": visit,
        "token": token,
        "work": work,
        "group": group.name,
        "zone": time_zone_of(visit.unit_id),
        "again": f"{reverse('portal:book_when', args=[group.code])}?{urlencode(again)}",
        "is_over": visit.state in (VisitState.CANCELLED, VisitState.MISSED),
    }


def _work(shown: BookedPage) -> list[Any]:
    """Return packages, then single jobs."""
    packages = {line.package_id: line.package for line in shown.jobs if line.package is not None}
    return [*packages.values(), *(line.job for line in shown.jobs if line.package_id is None)]


def _language(request: HttpRequest, visit: Visit) -> str:
    return language_of(request, visit.customer.language if visit.customer is not None else "")


def _page(
    request: HttpRequest, visit: Visit, template: str, context: dict[str, Any], *, language: str, status: int = 200
) -> HttpResponse:
    color = rules_in_force(visit.unit_id).brand_color
    return page(request, template, context, language=language, color=color, status=status)


def _customer() -> Any:
    return customer(_("Customer, booking link"))
