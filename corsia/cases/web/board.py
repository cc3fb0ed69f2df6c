"""Cases by phase of a process, and by the day they are due."""

from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.formats import date_format
from django.utils.translation import get_language

from corsia.cases.permissions import WORK_CASES
from corsia.cases.queries import board as queries
from corsia.cases.queries.definitions import definition, startable
from corsia.cases.queries.desk import Filters, people_in_scope
from corsia.cases.vocabulary import PurchaseChannel
from corsia.cases.web.desk import unit_choices, visible_units
from corsia.kernel.access import access
from corsia.kernel.http import StaffRequest
from corsia.kernel.scope import current_scope
from corsia.organisation.queries import Tree, time_zone_of, tree


@access(WORK_CASES, personal=True)
def board(request: StaffRequest) -> HttpResponse:
    """Show the phases of one process with their cases."""
    organisation = tree()
    filters = Filters.of(request.GET)
    processes = startable(visible_units(organisation)[0].pk)
    chosen = next((one for one in processes if one.key == filters.process), processes[0] if processes else None)
    columns: list[queries.Column] = []
    if chosen is not None:
        filters = Filters.of({**request.GET.dict(), "process": chosen.key, "phase": ""})
        columns = queries.columns(
            definition(chosen.version_id),
            filters,
            actor_id=request.actor.id,
            mine=request.GET.get("mine") == "1",
            organisation=organisation,
            now=request.received_at,
        )
    context = {
        "filters": filters,
        "process": chosen,
        "processes": processes,
        "columns": columns,
        "is_mine": request.GET.get("mine") == "1",
        **_choices(organisation),
    }
    template = "cases/_board.html" if request.htmx and not request.htmx.history_restore_request else "cases/board.html"
    response = render(request, template, context)
    response.headers["Vary"] = "HX-Request"
    return response


@access(WORK_CASES, personal=True)
def calendar(request: StaffRequest) -> HttpResponse:
    """Show the days of a month or a week with the cases that fall due on each."""
    organisation = tree()
    filters = Filters.of(request.GET)
    units = visible_units(organisation)
    zone = time_zone_of(units[0].pk)
    today = request.received_at.astimezone(zone).date()
    on = _day(request.GET.get("on", ""), today)
    is_week = request.GET.get("by") == "week"
    first = on - timedelta(days=on.weekday()) if is_week else _monday_before(on.replace(day=1))
    days = 7 if is_week else 42
    shown = queries.calendar(
        filters,
        first=first,
        days=days,
        month=None if is_week else on.month,
        zone=zone,
        organisation=organisation,
        now=request.received_at,
    )
    if not is_week and all(day.is_other_month for day in shown[35:]):
        shown = shown[:35]
    earlier = first - timedelta(days=7) if is_week else (on.replace(day=1) - timedelta(days=1)).replace(day=1)
    later = first + timedelta(days=7) if is_week else (on.replace(day=28) + timedelta(days=4)).replace(day=1)
    context: dict[str, Any] = {
        "filters": filters,
        "days": shown,
        "weekdays": [_as_written(date_format(first + timedelta(days=offset), "D")) for offset in range(7)],
        "is_week": is_week,
        "on": on,
        "title": _week_title(first) if is_week else _as_written(date_format(on, "F Y")),
        "earlier": earlier,
        "later": later,
        "today": today,
        **_choices(organisation),
    }
    return render(request, "cases/calendar.html", context)


def _choices(organisation: Tree) -> dict[str, Any]:
    scope = current_scope()
    return {
        "units": unit_choices(organisation),
        "channels": PurchaseChannel.choices,
        "people": people_in_scope(None if scope.everything else scope.units),
        "time_zone": settings.TIME_ZONE,
    }


def _day(text: str, today: date) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return today
    return day if abs((day - today).days) < 36_500 else today


def _monday_before(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _week_title(first: date) -> str:
    last = first + timedelta(days=6)
    start = date_format(first, "j" if first.month == last.month else "j F")
    return _as_written(f"{start} – {date_format(last, 'j F Y')}")


def _as_written(text: str) -> str:
    """Return months and weekdays as the language writes them: small in Italian, where Django has capitals."""
    return text if (get_language() or "it").startswith("en") else text.lower()
