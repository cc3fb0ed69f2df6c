"""The organisation chart and the own profile."""

from django.http import HttpResponse
from django.shortcuts import render

from corsia.kernel.access import access
from corsia.kernel.http import StaffRequest
from corsia.organisation.permissions import SEE_ORGANISATION


@access(SEE_ORGANISATION)
def chart(request: StaffRequest) -> HttpResponse:
    """Show the organisation tree."""
    return render(request, "organisation/chart.html")


@access(None, personal=True)
def me(request: StaffRequest) -> HttpResponse:
    """Show the own profile."""
    return render(request, "organisation/me.html")
