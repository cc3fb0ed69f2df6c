"""The dashboard: what a manager looks at first, each number with its n and a way to its formula and its cases."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from corsia.analytics import queries
from corsia.analytics.permissions import SEE_NUMBERS, SEE_OWN_NUMBERS
from corsia.analytics.queries import METRICS
from corsia.analytics.vocabulary import Dimension
from corsia.analytics.web import drawing
from corsia.analytics.web.asked import Asked, bar
from corsia.analytics.web.asker import Asker
from corsia.cases.models import Process
from corsia.kernel.access import access, may
from corsia.kernel.actors import Actor
from corsia.kernel.http import StaffRequest
from corsia.ui.templatetags.ui import local_name
from corsia.workshop.models import Technician, Workshop

CARDS = (
    *("contacts", "first_answer_working_median", "closing_median", "backlog"),
    *("answered_share", "reopened_share", "over_limit_share", "nps"),
)
OWN = ("cases_per_agent", "first_answer_working_median", "answer_working_median", "closing_median", "messages_sent")
OWN_AT_WORK = (
    *("workshop_efficiency", "workshop_productivity", "workshop_utilisation"),
    *("workshop_hours_sold", "workshop_hours_worked", "workshop_hours_attended"),
)
MOST_REASONS, MOST_CHANNELS = 8, 6


@require_safe
@access(SEE_NUMBERS)
def index(request: StaffRequest) -> HttpResponse:
    """Show the numbers of a period; htmx gets the body alone."""
    asked = Asked.of(request)
    context = bar(asked) | {
        "processes": sorted((row.key, local_name(row)) for row in Process.objects.filter(is_active=True)),
        "refreshed_at": queries.refreshed_at(),
        "has_workshops": Workshop.objects.filter(is_active=True).exists(),
    }
    if context["refreshed_at"] is not None:
        context |= body(request.actor, asked)
    is_part = request.htmx and not request.htmx.history_restore_request
    response = render(request, "analytics/_dashboard.html" if is_part else "analytics/index.html", context)
    response.headers["Vary"] = "HX-Request, Cookie"
    return response


def body(actor: Actor, asked: Asked) -> dict[str, Any]:
    """Return every number of the dashboard."""
    ask = _Ask(actor, asked)
    trend = queries.trend(METRICS["contacts"], **ask.of(METRICS["contacts"])).points
    return {
        "cards": [ask.card(METRICS[key]) for key in CARDS],
        "trend": drawing.chart_of(trend),
        "trend_points": [(point, drawing.spoken(point.figure)) for point in trend],
        "reasons": ask.pareto(),
        "channels": ask.table(METRICS["answer_working_median"], Dimension.CHANNEL),
        "culprits": ask.table(METRICS["over_limit"], Dimension.HOLDER),
        "processes_opened": ask.table(METRICS["cases_opened"], Dimension.PROCESS),
        "heat": ask.heat(),
    }


@require_safe
@access(SEE_OWN_NUMBERS)
def mine(request: StaffRequest) -> HttpResponse:
    """Show people their own numbers: they are always theirs to see."""
    asked = Asked.of(request)
    context: dict[str, Any] = bar(asked) | {"refreshed_at": queries.refreshed_at(), "is_own": True}
    if context["refreshed_at"] is not None:
        ask = _Ask(request.actor, asked, agent_id=request.actor.id)
        is_technician = Technician.objects.filter(person_id=request.actor.id, is_active=True).exists()
        context["cards"] = [ask.card(METRICS[key]) for key in (OWN_AT_WORK if is_technician else OWN)]
    context["may_see_all"] = may(request.actor, SEE_NUMBERS)
    return render(request, "analytics/mine.html", context)


class _Ask(Asker):
    """Asks for the tables of the dashboard."""

    def pareto(self) -> dict[str, Any]:
        """Return the reasons of contacts, the most frequent first, with how much they make up together."""
        table = self.table(METRICS["contacts"], Dimension.REASON, limit=MOST_REASONS)
        together = 0.0
        for line in table["lines"]:
            together += line["row"].share or 0.0
            line["together"] = round(together * 100)
        return table

    def heat(self) -> dict[str, Any]:
        """Return contacts by reason and channel, of the most frequent ones."""
        metric = METRICS["contacts"]
        channels = queries.breakdown(metric, by=Dimension.CHANNEL, limit=MOST_CHANNELS, **self.of(metric)).rows
        reasons = queries.breakdown(metric, by=Dimension.PROCESS, limit=MOST_REASONS, **self.of(metric)).rows
        cells = queries.crossed(metric, by=Dimension.PROCESS, other=Dimension.CHANNEL, **self.of(metric))
        highest = max(cells.values(), default=0) or 1
        rows = []
        for one in reasons:
            counts = [cells.get((one.key or "", channel.key or ""), 0) for channel in channels]
            rows.append({"label": one.label, "cells": [(n, min(5, -(-n * 5 // highest))) for n in counts]})
        return {"columns": [channel.label for channel in channels], "rows": rows}
