"""The plan: technicians and their days, moved by mouse, by keys and by a form; the same on a phone and on the wall."""

from datetime import date, timedelta
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from corsia.kernel.access import RIGHTS, access, may
from corsia.kernel.errors import NotFound
from corsia.kernel.http import StaffRequest, row_id
from corsia.organisation.queries import day_in, tree
from corsia.ui.templatetags.ui import small_names
from corsia.workshop.models import Workshop
from corsia.workshop.permissions import BOOK, PLAN, SEE_WORKSHOP
from corsia.workshop.queries.near_dues import dues_near
from corsia.workshop.queries.plan import plan_of, workshops
from corsia.workshop.queries.plan_states import StepState
from corsia.workshop.queries.proposals import nights_of
from corsia.workshop.web.plan_drawing import card_of, icon_of, is_shown, lists_of, range_words, spec_of, state_words

VIEWS = {"day": 1, "days": 2, "week": 7}
FIRST_YEAR, LAST_YEAR = 2000, 2100


@require_safe
@access(SEE_WORKSHOP)
def index(request: StaffRequest) -> HttpResponse:
    """Show the plan of a workshop for a day, two, or a week."""
    places = workshops()
    workshop = _asked(request, places)
    if workshop is None:
        return render(request, "workshop/plan.html", {"plan": None})
    return render(request, "workshop/plan.html", _page(request, workshop, places))


@require_safe
@access(SEE_WORKSHOP)
def feed(request: StaffRequest) -> HttpResponse:
    """Hand out what the plan draws, for a page that is open."""
    workshop = _asked(request, workshops())
    if workshop is None:
        raise NotFound(kind=Workshop._meta.label)
    view, first = _range(request, workshop)
    plan = plan_of(workshop, first=first, days=VIEWS[view], now=request.received_at)
    return JsonResponse(spec_of(request, plan, view=view, first=first))


@require_safe
@access(SEE_WORKSHOP)
def sheet(request: StaffRequest) -> HttpResponse:
    """Show the lists of a plan: for phones, and for the wall."""
    workshop = _asked(request, workshops())
    if workshop is None:
        raise NotFound(kind=Workshop._meta.label)
    return render(request, "workshop/_plan_sheet.html", _page(request, workshop, []))


@require_safe
@access(SEE_WORKSHOP)
def backlog(request: StaffRequest) -> HttpResponse:
    """Show what waits to be planned."""
    workshop = _asked(request, workshops())
    if workshop is None:
        raise NotFound(kind=Workshop._meta.label)
    return render(request, "workshop/_plan_backlog.html", _page(request, workshop, []))


@require_safe
@access(SEE_WORKSHOP)
def dues(request: StaffRequest) -> HttpResponse:
    """Show vehicles near a workshop that are due soon and not booked."""
    workshop = _asked(request, workshops())
    if workshop is None:
        raise NotFound(kind=Workshop._meta.label)
    found = dues_near(workshop.unit_id, on=day_in(workshop.unit_id, request.received_at))
    context = {
        "dues": found,
        "unit_id": workshop.unit_id,
        "may_book": may(request.actor, BOOK, workshop.unit_id),
    }
    return render(request, "workshop/_plan_dues.html", context)


def _asked(request: StaffRequest, places: list[Workshop]) -> Workshop | None:
    """Return the workshop that the address names, the first one where it names none.

    Raises:
        NotFound: it names one that is not there.
    """
    asked = request.GET.get("unit", "")
    if not asked:
        return places[0] if places else None
    found = next((one for one in places if one.unit_id == row_id(asked)), None)
    if found is None:
        raise NotFound(kind=Workshop._meta.label)
    return found


def _range(request: StaffRequest, workshop: Workshop) -> tuple[str, date]:
    view = request.GET.get("view", "")
    view = view if view in VIEWS else "day"
    first = _day(request, workshop)
    return view, first - timedelta(days=first.weekday()) if view == "week" else first


def _day(request: StaffRequest, workshop: Workshop) -> date:
    today = timezone.localdate(request.received_at, tree().time_zone(workshop.unit_id))
    try:
        asked = parse_date(request.GET.get("day", ""))
    except ValueError:
        return today
    return asked if asked is not None and FIRST_YEAR <= asked.year <= LAST_YEAR else today


def _page(request: StaffRequest, workshop: Workshop, places: list[Workshop]) -> dict[str, Any]:
    view, first = _range(request, workshop)
    plan = plan_of(workshop, first=first, days=VIEWS[view], now=request.received_at)
    step = timedelta(days=VIEWS[view])
    chosen = _day(request, workshop)
    shown = [day for day in plan.days if is_shown(plan, day)]
    near = chosen if chosen in shown else next(iter(shown), chosen)
    listens = may(request.actor, RIGHTS["conversations.use_inbox"])
    return {
        "plan": plan,
        "view": view,
        "first": first,
        "chosen": near,
        "replan_day": max(near, timezone.localdate(request.received_at, plan.zone)),
        "today": timezone.localdate(request.received_at, plan.zone),
        "range_text": range_words(shown or plan.days),
        "views": [("day", _("Day")), ("days", _("Two days")), ("week", _("Week"))],
        "day_links": [{"day": day, "text": small_names(formats.date_format(day, "D j"))} for day in shown],
        "previous": first - step,
        "next": first + step,
        "places": [(one.unit_id, tree().label(one.unit_id)) for one in places],
        "place": tree().label(workshop.unit_id),
        "may_plan": may(request.actor, PLAN, workshop.unit_id),
        "nights": nights_of(workshop.unit_id, today=timezone.localdate(request.received_at, plan.zone)),
        "spec": spec_of(request, plan, view=view, first=first),
        "lists": lists_of(plan, shown),
        "shown_days": shown,
        "waiting": [card_of(one, plan.zone) for one in plan.waiting],
        "states": [(state, words) for state, words in state_words().items() if state != StepState.HELD],
        "skills": [(skill, icon_of(skill)) for skill in plan.skills],
        "query": f"unit={workshop.unit_id}&view={view}&day={near.isoformat()}",
        "stream": reverse("conversations:stream") if listens else "",
        "hours_booked": round(plan.booked_minutes / 60),
        "hours_attended": round(plan.attended_minutes / 60),
        "count_late": sum(one.state == StepState.LATE for one in plan.steps),
    }
