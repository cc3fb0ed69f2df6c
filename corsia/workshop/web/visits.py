"""One visit: what, when, who; confirm, move, cancel; and the panels on the pages of others."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from corsia.cases.models import Case
from corsia.customers.models import Customer
from corsia.customers.queries import family_ids
from corsia.kernel.access import access, may
from corsia.kernel.errors import NotFound
from corsia.kernel.http import StaffRequest, row_id
from corsia.organisation.queries import time_zone_of
from corsia.vehicles.models import Vehicle
from corsia.workshop.models import Fetch, Loan, Visit
from corsia.workshop.permissions import BOOK, RECEIVE, SEE_WORKSHOP
from corsia.workshop.queries.fetches import home_of
from corsia.workshop.queries.offers import Wish, offers
from corsia.workshop.queries.visits import visit_page, visits_of, workshops
from corsia.workshop.services import booking
from corsia.workshop.services.fetches import AddressMissing
from corsia.workshop.vocabulary import VisitState
from corsia.workshop.web.asked import Asked, instant_of, start_of

WORDS = {
    "slot_held": pgettext_lazy("visit trail", "Slot held"),
    "contact_asked": pgettext_lazy("visit trail", "Link to confirm sent"),
    "visit_booked": pgettext_lazy("visit trail", "Booked"),
    "visit_moved": pgettext_lazy("visit trail", "Moved"),
    "visit_cancelled": pgettext_lazy("visit trail", "Cancelled"),
    "visit_missed": pgettext_lazy("visit trail", "Did not come"),
}


@require_safe
@access(SEE_WORKSHOP, personal=True)
def visit(request: StaffRequest, visit_id: int) -> HttpResponse:
    """Show a visit."""
    page = visit_page(visit_id)
    row = page.visit
    may_book = may(request.actor, BOOK, row.unit_id)
    context = {
        "page": page,
        "visit": row,
        "zone": time_zone_of(row.unit_id),
        "now": request.received_at,
        "may_book": may_book,
        "may_change": may_book and row.state == VisitState.BOOKED,
        "may_receive": row.state == VisitState.BOOKED and may(request.actor, RECEIVE, row.unit_id),
        "may_miss": may_book and row.state == VisitState.BOOKED and row.drop_off_at <= request.received_at,
        "home": home_of(row.customer_id) if row.state == VisitState.HELD and page.fetches and row.customer_id else "",
        "is_held": row.state == VisitState.HELD,
        "lines": [(WORDS[entry.verb], entry) for entry in page.history if entry.verb in WORDS],
    }
    return render(request, "workshop/visit.html", context)


@require_POST
@access(BOOK)
def confirm(request: StaffRequest, visit_id: int) -> HttpResponse:
    """Book the slot that is held."""
    try:
        booking.confirm(
            visit_id=visit_id, address=request.POST.get("address", ""), by=request.actor, now=request.received_at
        )
    except AddressMissing as refusal:
        messages.error(request, str(refusal))
        return redirect("workshop:visit", visit_id)
    messages.success(request, _("The visit is booked."))
    return redirect("workshop:visit", visit_id)


@require_http_methods(["GET", "HEAD", "POST"])
@access(BOOK, personal=True)
def move(request: StaffRequest, visit_id: int) -> HttpResponse:
    """Show where else a visit fits, and move it there."""
    row: Visit = Visit.objects.select_related("customer", "vehicle").find(visit_id)
    if request.method == "POST":
        unit_id = row_id(request.POST.get("unit"))
        if unit_id is None:
            raise NotFound(kind="workshop.Workshop")
        booking.move(
            visit_id=visit_id,
            unit_id=unit_id,
            starts_at=instant_of(request.POST),
            technician_id=row_id(request.POST.get("technician")),
            by=request.actor,
            now=request.received_at,
        )
        messages.success(request, _("The visit is moved."))
        return redirect("workshop:visit", visit_id)
    asked = Asked.of(request.GET)
    places = workshops()
    wanted = asked.unit_ids or (row.unit_id,)
    chosen = [one.unit_id for one, _label in places if one.unit_id in wanted]
    work = booking.bundle_of(row)
    found = (
        offers(
            bundle=work,
            wish=Wish(
                unit_ids=tuple(chosen),
                earliest=start_of(asked.earliest, time_zone_of(row.unit_id), now=request.received_at),
                vehicle_id=row.vehicle_id,
                is_waiting=row.is_waiting,
                wants_car=Loan.objects.filter(visit=row).exists(),
                is_fetched=Fetch.objects.filter(visit=row).exists(),
                but=row.pk,
            ),
            now=request.received_at,
        )
        if chosen
        else []
    )
    context: dict[str, Any] = {
        "visit": row,
        "zone": time_zone_of(row.unit_id),
        "asked": asked,
        "places": [(one.unit_id, label, one.unit_id in chosen) for one, label in places],
        "offers": found,
        "price_cents": work.price_cents,
        "minutes": work.minutes,
        "has_work": True,
        "today": request.received_at.astimezone(time_zone_of(row.unit_id)).date(),
        "action": reverse("workshop:move", args=[visit_id]),
        "button": _("Move here"),
        "hidden": [],
    }
    template = "workshop/_offers.html" if request.headers.get("HX-Target") == "wk-offers" else "workshop/move.html"
    return render(request, template, context)


@require_POST
@access(BOOK)
def cancel(request: StaffRequest, visit_id: int) -> HttpResponse:
    """Call a visit off."""
    row = booking.cancel(
        visit_id=visit_id, reason=request.POST.get("reason", ""), by=request.actor, now=request.received_at
    )
    messages.success(request, _("The visit is called off, its hours are free again."))
    return redirect("workshop:visit", row.pk)


@require_POST
@access(BOOK)
def miss(request: StaffRequest, visit_id: int) -> HttpResponse:
    """Write down that nobody came."""
    booking.miss(visit_id=visit_id, by=request.actor, now=request.received_at)
    messages.success(request, _("Noted: the customer did not come. The hours are free again."))
    return redirect("workshop:visit", visit_id)


@require_safe
@access(SEE_WORKSHOP, personal=True)
def customer_panel(request: StaffRequest, customer_id: int) -> HttpResponse:
    """Show a customer's visits on the customer's page."""
    customer: Customer = Customer.objects.find(customer_id)
    visits = visits_of(customers=family_ids(customer.pk), now=request.received_at)
    return _panel(request, visits, query=f"customer={customer.pk}")


@require_safe
@access(SEE_WORKSHOP, personal=True)
def vehicle_panel(request: StaffRequest, vehicle_id: int) -> HttpResponse:
    """Show a vehicle's visits on the vehicle's page."""
    vehicle: Vehicle = Vehicle.objects.find(vehicle_id)
    visits = visits_of(vehicle=vehicle.pk, now=request.received_at)
    return _panel(request, visits, query="")


@require_safe
@access(SEE_WORKSHOP, personal=True)
def case_panel(request: StaffRequest, case_id: int) -> HttpResponse:
    """Show the visits of a case on its page."""
    case: Case = Case.objects.find(case_id)
    visits = visits_of(case=case.pk, now=request.received_at)
    query = f"customer={case.customer_id}&case={case.pk}" if case.customer_id else ""
    if query and case.vehicle_id:
        query += f"&vehicle={case.vehicle_id}"
    return _panel(request, visits, query=query)


def _panel(request: StaffRequest, visits: list[Visit], *, query: str) -> HttpResponse:
    context = {
        "visits": visits,
        "query": query,
        "may_book": may(request.actor, BOOK),
        "now": request.received_at,
        "zones": {one.unit_id: time_zone_of(one.unit_id) for one in visits},
    }
    return render(request, "workshop/_panel.html", context)
