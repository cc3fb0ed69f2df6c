"""Fragments that customers hang on the pages of vehicles and cases."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from corsia.customers import queries
from corsia.customers.permissions import SEE_CUSTOMERS
from corsia.kernel.access import access
from corsia.kernel.http import StaffRequest
from corsia.vehicles.models import Vehicle
from corsia.vehicles.queries import dues_of_vehicles


@require_GET
@access(SEE_CUSTOMERS, personal=True)
def brief(request: StaffRequest, customer_id: int) -> HttpResponse:
    """Return who a customer is, how to reach them and what they drive, for pages about something they asked."""
    return render(request, "customers/_brief.html", {"card": queries.customer_card(customer_id)})


@require_GET
@access(SEE_CUSTOMERS, personal=True)
def holders(request: StaffRequest, vehicle_id: int) -> HttpResponse:
    """Return who has and had a vehicle."""
    vehicle = Vehicle.objects.find(vehicle_id)
    return render(request, "customers/_holders.html", {"holders": queries.holders_of(vehicle_id=vehicle.pk)})


@require_GET
@access(SEE_CUSTOMERS, personal=True)
def dues(request: StaffRequest, customer_id: int) -> HttpResponse:
    """Return what a customer's vehicles are due for: a panel of their page."""
    card = queries.customer_card(customer_id)
    ids = {vehicle.vehicle_id for vehicle in card.vehicles}
    rows = dues_of_vehicles(vehicle_ids=ids, on=timezone.localdate(request.received_at)) if ids else []
    return render(request, "customers/_dues.html", {"dues": rows, "has_vehicles": bool(ids)})
