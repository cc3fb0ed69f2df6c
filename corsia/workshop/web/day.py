"""The day of a workshop: who comes when, in order, for reception, on a phone too."""

from datetime import timedelta

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_safe

from corsia.kernel.access import access, may
from corsia.kernel.http import StaffRequest, row_id
from corsia.organisation.queries import time_zone_of
from corsia.workshop.permissions import BOOK, SEE_WORKSHOP, SET_UP_WORKSHOP
from corsia.workshop.queries.fetches import fetches_of_day
from corsia.workshop.queries.visits import counts_by_day, day_of, loans_of_day, workshops
from corsia.workshop.web.asked import day_in

STRIP = 7


@require_safe
@access(SEE_WORKSHOP, personal=True)
def day(request: StaffRequest) -> HttpResponse:
    """Show the arrivals of a day."""
    places = workshops()
    asked = row_id(request.GET.get("unit"))
    context = {
        "places": [(one.unit_id, label) for one, label in places],
        "may_book": may(request.actor, BOOK),
        "may_set_up": may(request.actor, SET_UP_WORKSHOP),
        "plan_url": _plan(),
    }
    if places:
        home = next((one.unit_id for one, _label in places if one.unit_id == asked), places[0][0].unit_id)
        zone = time_zone_of(home)
        today = request.received_at.astimezone(zone).date()
        on = day_in(request.GET.get("day", ""), default=today)
        first = on - timedelta(days=on.weekday())
        ways = fetches_of_day([home], on)
        context |= {
            "unit_id": home,
            "zone": zone,
            "on": on,
            "today": today,
            "before": on - timedelta(days=1),
            "after": on + timedelta(days=1),
            "strip": counts_by_day([home], first, STRIP),
            "day": day_of([home], on),
            "loans": loans_of_day([home], on),
            "fetches": ways,
            "fetched": {one.fetch.visit_id for one in ways},
            "now": request.received_at,
        }
    template = "workshop/_day.html" if request.headers.get("HX-Target") == "wk-day" else "workshop/day.html"
    return render(request, template, context)


def _plan() -> str:
    try:
        return reverse("workshop:plan")
    except NoReverseMatch:
        return ""
