"""Whether the events that surveys follow arrive."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from corsia.kernel.access import access
from corsia.kernel.http import StaffRequest
from corsia.listening.permissions import SEE_RESULTS
from corsia.listening.queries.feeds import feeds


@require_safe
@access(SEE_RESULTS)
def show(request: StaffRequest) -> HttpResponse:
    """Show what arrived and left lately, by survey, and what is unusual about it."""
    return render(request, "listening/feeds.html", {"found": feeds(now=request.received_at)})
