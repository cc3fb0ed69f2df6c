"""Reception: a vehicle is walked around on a tablet, with or without a visit."""

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from corsia.customers.models import Holding
from corsia.kernel.access import access
from corsia.kernel.errors import NotFound
from corsia.kernel.http import StaffRequest, row_id
from corsia.kernel.once import once
from corsia.organisation.queries import time_zone_of
from corsia.ui.forms import told_in
from corsia.vehicles.models import Vehicle
from corsia.vehicles.queries import find_vehicle
from corsia.workshop.models import Visit, Workshop
from corsia.workshop.permissions import RECEIVE
from corsia.workshop.queries.orders import visit_to_receive, workshops
from corsia.workshop.services import reception as services
from corsia.workshop.services.reception import Reception
from corsia.workshop.web.forms import ReceptionForm, moment_of


@require_http_methods(["GET", "HEAD", "POST"])
@access(RECEIVE, personal=True)
def receive(request: StaffRequest, visit_id: int) -> HttpResponse:
    """Take in the vehicle of a visit."""
    visit = visit_to_receive(visit_id)
    vehicle = visit.vehicle or _vehicle_named(request)
    return _take_in(
        request,
        unit_id=visit.unit_id,
        promised_at=visit.promised_at,
        visit=visit,
        vehicle=vehicle,
        customer=visit.customer,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@access(RECEIVE, personal=True)
def walk_in(request: StaffRequest) -> HttpResponse:
    """Take in the vehicle of somebody who comes without a visit: its plate first."""
    units = workshops()
    if not units:
        raise NotFound(kind=Workshop._meta.label)
    asked = request.POST if request.method == "POST" else request.GET
    unit_id = row_id(asked.get("unit"))
    vehicle = _vehicle_named(request)
    holdings = Holding.objects.filter(vehicle=vehicle, until=None).select_related("customer") if vehicle else None
    holding = holdings.order_by("pk").first() if holdings is not None else None
    if unit_id not in dict(units):
        unit_id = units[0][0]
    if vehicle is None or holding is None:
        context = {
            "units": units,
            "unit_id": unit_id,
            "plate": asked.get("plate", "")[:20],
            "vehicle": vehicle,
            "is_unknown": bool(asked.get("plate")),
        }
        return render(request, "workshop/walk_in.html", context, status=422 if request.method == "POST" else 200)
    return _take_in(
        request,
        unit_id=unit_id,
        promised_at=request.received_at + timedelta(hours=4),
        visit=None,
        vehicle=vehicle,
        customer=holding.customer,
    )


def _take_in(
    request: StaffRequest, *, unit_id: int, promised_at: datetime, visit: Visit | None, vehicle: Any, customer: Any
) -> HttpResponse:
    zone = time_zone_of(unit_id)
    promised = timezone.localtime(promised_at, zone)
    form = ReceptionForm(
        request.POST if request.method == "POST" else None,
        request.FILES if request.method == "POST" else None,
        initial={
            "on": promised.date(),
            "at": f"{min(20, max(7, promised.hour)):02d}:{promised.minute // 15 * 15:02d}",
            "wish": visit.wish if visit else "",
            "signed_name": customer.display_name,
        },
    )
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        with told_in(form):

            def act() -> int:
                return services.receive(
                    visit_id=visit.pk if visit else None,
                    unit_id=unit_id,
                    customer_id=customer.pk,
                    vehicle_id=vehicle.pk if vehicle else None,
                    data=Reception(
                        promised_at=moment_of(given["on"], given["at"], zone),
                        wish=given["wish"],
                        km=given["km"],
                        fuel_pct=given["fuel"],
                        signed_name=given["signed_name"],
                        signature=given["signature"],
                        damages=form.damages(),
                        pictures=form.pictures(),
                    ),
                    by=request.actor,
                    now=request.received_at,
                ).pk

            return redirect("workshop:order", once(request, door="workshop.reception", act=act))
    damages = form.damages() if request.method == "POST" else []
    context = {
        "form": form,
        "visit": visit,
        "vehicle": vehicle,
        "customer": customer,
        "unit_id": unit_id,
        "damages": damages,
        "jobs": list(visit.jobs.all()) if visit else [],
    }
    return render(request, "workshop/reception.html", context, status=422 if form.errors else 200)


def _vehicle_named(request: StaffRequest) -> Vehicle | None:
    plate = request.POST.get("plate") or request.GET.get("plate", "")
    return find_vehicle(plate=plate[:20]) if plate else None
