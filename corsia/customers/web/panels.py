"""Fragments that customers hang on the pages of vehicles and cases."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from corsia.customers import queries
from corsia.customers.permissions import SEE_CUSTOMERS
from corsia.kernel.access import access
from corsia.kernel.http import StaffRequest
from corsia.vehicles.models import Vehicle


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
