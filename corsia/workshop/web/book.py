"""Booking at the desk: what for, when, where; slots as cards; two clicks."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from corsia.customers.models import Customer
from corsia.customers.queries import family_ids, search
from corsia.customers.queries.card import vehicles_of
from corsia.kernel.access import access
from corsia.kernel.errors import Invalid, NotFound
from corsia.kernel.http import StaffRequest, row_id
from corsia.kernel.once import once
from corsia.organisation.queries import time_zone_of
from corsia.vehicles.models import Vehicle
from corsia.workshop.permissions import BOOK
from corsia.workshop.queries.catalogue import Bundle, bundle, choices
from corsia.workshop.queries.estimates import agreed_bundle
from corsia.workshop.queries.offers import Wish, offers
from corsia.workshop.queries.parts import supplies
from corsia.workshop.queries.visits import workshops
from corsia.workshop.services import booking, estimates, slots
from corsia.workshop.services.fetches import NotFetched
from corsia.workshop.vocabulary import JobGroup
from corsia.workshop.web.asked import Asked, instant_of, start_of

FOUND = 8


@require_safe
@access(BOOK, personal=True)
def book(request: StaffRequest) -> HttpResponse:
    """Show what a customer can come for and the slots that fit."""
    asked = Asked.of(request.GET)
    target = request.headers.get("HX-Target", "") if request.htmx else ""
    if asked.customer_id is None:
        text = request.GET.get("find", "").strip()[:80]
        hits = search(text, limit=FOUND) if len(text) > 1 else []
        template = "workshop/_customers.html" if target == "wk-found" else "workshop/book_whom.html"
        return render(request, template, {"hits": hits, "text": text})
    context = _context(request, asked)
    parts = {"wk-jobs": "workshop/_jobs.html", "wk-offers": "workshop/_offers.html"}
    return render(request, parts.get(target, "workshop/book.html"), context)


@require_POST
@access(BOOK)
def hold(request: StaffRequest) -> HttpResponse:
    """Keep a slot for some minutes."""
    asked = Asked.of(request.POST)
    unit_id = row_id(request.POST.get("unit"))
    if asked.customer_id is None or unit_id is None:
        raise NotFound(kind=Customer._meta.label)
    customer_id, place = asked.customer_id, unit_id

    def act() -> int:
        visit = booking.hold(
            customer_id=customer_id,
            vehicle_id=asked.vehicle_id,
            case_id=asked.case_id,
            unit_id=place,
            starts_at=instant_of(request.POST),
            technician_id=row_id(request.POST.get("technician")),
            bundle=_work(asked),
            wish=asked.wish,
            is_waiting=asked.is_waiting,
            wants_car=asked.wants_car,
            is_fetched=asked.is_fetched,
            by=request.actor,
            now=request.received_at,
        )
        if asked.estimate_id is not None:
            estimates.tie_to_visit(
                estimate_id=asked.estimate_id, visit_id=visit.pk, by=request.actor, now=request.received_at
            )
        return visit.pk

    try:
        visit_id = once(request, door="workshop.hold", act=act)
    except (slots.SlotTaken, slots.NothingFree, slots.VehicleElsewhere, booking.InThePast, NotFetched) as refusal:
        messages.error(request, str(refusal))
        return redirect(f"{reverse('workshop:book')}?{asked.query}")
    return redirect("workshop:visit", visit_id)


def _context(request: StaffRequest, asked: Asked) -> dict[str, Any]:
    customer: Customer = Customer.objects.find(asked.customer_id or 0)
    held = [one for one in vehicles_of(family_ids(customer.pk)) if one.is_current]
    vehicle_id = asked.vehicle_id
    if vehicle_id is None and "vehicle" not in request.GET and held:
        vehicle_id = held[0].vehicle_id
    vehicle = None if vehicle_id is None else Vehicle.objects.find(vehicle_id)
    places = workshops()
    chosen = [one.unit_id for one, _name in places if not asked.unit_ids or one.unit_id in asked.unit_ids]
    text, group = request.GET.get("q", "").strip()[:60], request.GET.get("group", "")
    group = group if group in JobGroup.values else ""
    packages, jobs = choices(text=text, group=group, vehicle=vehicle)
    found, problem, price, minutes = [], "", 0, 0
    if not places:
        problem = _(
            "None of your units takes vehicles in. Ask who manages your people for the role “Workshop bookings” in"
            " the branch."
        )
    elif asked.has_work and chosen:
        try:
            work = _work(asked)
            price, minutes = work.price_cents, work.minutes
            found = offers(
                bundle=work,
                wish=Wish(
                    unit_ids=tuple(chosen),
                    earliest=start_of(asked.earliest, time_zone_of(chosen[0]), now=request.received_at),
                    vehicle_id=vehicle_id,
                    is_waiting=asked.is_waiting,
                    wants_car=asked.wants_car,
                    is_fetched=asked.is_fetched,
                ),
                now=request.received_at,
            )
            if not found:
                problem = _lacking(work, chosen, request)
        except Invalid as refusal:
            problem = str(refusal)
    picked = set(asked.job_ids)
    return {
        "asked": asked,
        "customer": customer,
        "vehicles": held,
        "vehicle": vehicle,
        "places": [(one.unit_id, label, one.unit_id in chosen) for one, label in places],
        "packages": sorted(packages, key=lambda one: one.row.pk != asked.package_id),
        "jobs": sorted(jobs, key=lambda one: one.row.pk not in picked),
        "picked": picked,
        "fetches": any(one.drivers for one, _label in places if one.unit_id in chosen),
        "groups": JobGroup.choices,
        "group": group,
        "text": text,
        "offers": found,
        "problem": problem,
        "price_cents": price,
        "minutes": minutes,
        "today": request.received_at.astimezone(time_zone_of(places[0][0].unit_id)).date() if places else None,
        "hidden": [*asked.pairs, *([] if asked.vehicle_id or not vehicle_id else [("vehicle", vehicle_id)])],
        "may_estimate": asked.estimate_id is None,
        "action": reverse("workshop:hold"),
        "button": _("Hold this slot"),
    }


def _work(asked: Asked) -> Bundle:
    """Return what was chosen; where it is what an estimate said and the customer accepted, at those prices."""
    chosen = bundle(job_ids=asked.job_ids, package_id=asked.package_id)
    if asked.estimate_id is None:
        return chosen
    agreed = agreed_bundle(asked.estimate_id, customer_id=asked.customer_id or 0)
    is_the_same = [line.job.pk for line in agreed.lines] == [line.job.pk for line in chosen.lines]
    return agreed if is_the_same else chosen


def _lacking(work: Bundle, unit_ids: list[int], request: StaffRequest) -> str:
    """Return the sentence about parts that nobody knows the day of, "" where they are not what is wrong."""
    found = supplies(work.parts, unit_ids=unit_ids, now=request.received_at)
    if len(found) < len(unit_ids) or not all(one.is_missing for one in found.values()):
        return ""
    names = ", ".join(dict.fromkeys(name for one in found.values() for name in one.lacking))
    return _("Parts are missing and nobody knows when they come: %(parts)s. Order them, then book.") % {"parts": names}
