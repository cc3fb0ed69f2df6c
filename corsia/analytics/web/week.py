"""The numbers of a week, as managers get them on Monday morning."""

from datetime import date, timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from corsia.analytics import queries
from corsia.analytics.models import WeeklyPack
from corsia.analytics.permissions import SEE_NUMBERS
from corsia.analytics.queries.week import monday_after, week_of
from corsia.analytics.web import drawing
from corsia.analytics.web.asked import Asked, bar
from corsia.kernel.access import access
from corsia.kernel.errors import NotFound
from corsia.kernel.http import StaffRequest
from corsia.organisation.models import Unit
from corsia.organisation.queries import tree

WEEK = timedelta(days=7)


@require_safe
@access(SEE_NUMBERS)
def show(request: StaffRequest) -> HttpResponse:
    """Show a week of a unit: the last whole one, unless another is asked for."""
    units = bar(Asked.of(request))["units"]
    unit_id = _unit(request, [pk for pk, _name in units])
    today = request.received_at.astimezone(tree().time_zone(unit_id)).date()
    latest = monday_after(today) - WEEK
    monday = min(_monday(request) or latest, latest)
    context: dict[str, Any] = {
        "units": units,
        "unit_id": unit_id,
        "place": tree().label(unit_id),
        "monday": monday,
        "earlier": monday - WEEK,
        "later": monday + WEEK if monday < latest else None,
        "refreshed_at": queries.refreshed_at(),
        "pack": WeeklyPack.objects.filter(unit_id=unit_id, monday=monday).first(),
    }
    if context["refreshed_at"] is not None:
        week = week_of(unit_id=unit_id, monday=monday, actor=request.actor)
        context |= {"week": week, "lines": [_line(metric, figure) for metric, figure in week.figures]}
        context["reasons"] = [
            {"row": row, "words": drawing.spoken(row.figure), "bar": length}
            for row, length in zip(week.reasons.rows, drawing.bars(week.reasons.rows), strict=True)
        ]
    return render(request, "analytics/week.html", context)


def _line(metric: queries.Metric, figure: queries.Figure) -> dict[str, Any]:
    return {
        "metric": metric,
        "words": drawing.spoken(figure),
        "why": drawing.reason(figure),
        "n": figure.n,
        "before": drawing.spoken(figure.previous) if figure.previous else "–",
        "change": drawing.change_of(figure, metric.better),
    }


def _unit(request: StaffRequest, mine: list[int]) -> int:
    asked = request.GET.get("unit", "")
    if not asked:
        return mine[0]  # the highest one: the list goes down the tree
    found = next((pk for pk in mine if str(pk) == asked), None)
    if found is None:
        raise NotFound(kind=Unit._meta.label)
    return found


def _monday(request: StaffRequest) -> date | None:
    try:
        day = date.fromisoformat(request.GET.get("monday", ""))
    except ValueError:
        return None
    return monday_after(day) - WEEK if day.year > 2000 else None
