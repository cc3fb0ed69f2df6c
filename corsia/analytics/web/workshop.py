"""The workshop's numbers on one page, each with its n, its formula and the orders behind it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from corsia.analytics import queries
from corsia.analytics.permissions import SEE_NUMBERS
from corsia.analytics.queries import METRICS, Breakdown, Metric, Period
from corsia.analytics.queries.link_effect import link_effect
from corsia.analytics.queries.narrowing import NONE
from corsia.analytics.vocabulary import Dimension, Step, Withheld
from corsia.analytics.web import drawing
from corsia.analytics.web.asked import Asked, bar
from corsia.analytics.web.asker import Asker
from corsia.kernel.access import access
from corsia.kernel.actors import Actor
from corsia.kernel.held import held
from corsia.kernel.http import StaffRequest
from corsia.organisation.queries import tree
from corsia.organisation.queries.agreements import units_under_agreement
from corsia.ui.numbers import number
from corsia.workshop.models import Technician, Workshop
from corsia.workshop.vocabulary import JobGroup

CARDS = (
    *("workshop_efficiency", "workshop_productivity", "workshop_utilisation", "workshop_promise_share"),
    *("workshop_first_fix_share", "workshop_shop_working_median", "workshop_lead_median", "workshop_orders"),
)
HOURS = ("workshop_hours_sold", "workshop_hours_worked", "workshop_hours_attended")
OF_WORKSHOPS = (
    *("workshop_orders", "workshop_efficiency", "workshop_productivity", "workshop_utilisation"),
    *("workshop_promise_share", "workshop_first_fix_share", "workshop_shop_working_median"),
    *("workshop_bay_occupancy", "workshop_car_use"),
)
OF_KINDS = (
    *("workshop_hours_sold", "workshop_efficiency", "workshop_estimate_share"),
    *("workshop_promise_share", "workshop_first_fix_share"),
)
OF_PEOPLE = ("workshop_hours_sold", "workshop_efficiency", "workshop_productivity", "workshop_utilisation")
ESTIMATES = (
    *("workshop_estimate_share", "workshop_estimate_off", "workshop_estimate_time_share", "workshop_estimate_time_off"),
    *("workshop_extra_share", "workshop_extra_amount"),
)
WAITING = (
    *("workshop_lead_p90", "workshop_shop_median", "workshop_shop_p90", "workshop_pick_up_median"),
    *("workshop_no_show_share", "workshop_late_cancel_share", "workshop_comebacks"),
)
CAPACITY = ("workshop_booked_load", "workshop_bay_occupancy", "workshop_bay_turns", "workshop_car_use")
MONTHS = 12
MOST = 40  # workshops, or technicians, in a table


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One number of a table; `why` says why it is not there."""

    words: str
    n: int | None
    why: str


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """Several metrics told apart by the same.

    Attributes:
        rows: the value's key and name, then a cell for each metric.
        is_folded: groups of fewer than five people were left out of a column.
        withheld: other people's lines were left out: no agreement.
    """

    by: Dimension
    metrics: Sequence[Metric]
    rows: Sequence[tuple[str, str, Sequence[Cell]]]
    total: Sequence[Cell]
    is_folded: bool
    withheld: bool


@require_safe
@access(SEE_NUMBERS)
def index(request: StaffRequest) -> HttpResponse:
    """Show the workshop's numbers of a period; htmx gets the body alone."""
    asked = Asked.of(request)
    context = bar(asked) | {
        "refreshed_at": queries.refreshed_at(),
        "units": _units(bar(asked)["units"]),
        "job_groups": JobGroup.choices,
        "technicians": _technicians(asked.today),
    }
    if context["refreshed_at"] is not None:
        with held():  # the tree and the agreements, once for some fifty questions
            context |= body(request.actor, asked)
    is_part = request.htmx and not request.htmx.history_restore_request
    response = render(request, "analytics/_workshop.html" if is_part else "analytics/workshop.html", context)
    response.headers["Vary"] = "HX-Request, Cookie"
    return response


def body(actor: Actor, asked: Asked) -> dict[str, Any]:
    """Return every number of the page."""
    ask = Asker(actor, asked)
    efficiency = METRICS["workshop_efficiency"]
    months = queries.series(efficiency, **(ask.of(efficiency) | {"period": _year(asked), "step": Step.MONTH}))
    return {
        "cards": [ask.card(METRICS[key]) for key in CARDS],
        "trend": drawing.chart_of(months),
        "trend_points": [(point, drawing.spoken(point.figure)) for point in months],
        "hours": _hours(ask),
        "workshops": _sheet(ask, Dimension.TEAM, OF_WORKSHOPS),
        "kinds": _sheet(ask, Dimension.JOB_GROUP, OF_KINDS),
        "people": _sheet(ask, Dimension.AGENT, OF_PEOPLE),
        "estimates": [_line(ask, METRICS[key]) for key in ESTIMATES],
        "waiting": [_line(ask, METRICS[key]) for key in WAITING],
        "capacity": [_line(ask, METRICS[key]) for key in CAPACITY],
        "link": _link(actor, asked),
    }


def _year(asked: Asked) -> Period:
    """Return the twelve months that end with the month of the period's last day."""
    last = asked.period.last
    month = last.year * 12 + last.month - MONTHS
    return Period(date(month // 12, month % 12 + 1, 1), asked.period.end)


def _hours(ask: Asker) -> list[dict[str, Any]]:
    """Return hours sold, worked and attended, with bars on one scale."""
    found = [(METRICS[key], queries.figure(METRICS[key], **ask.of(METRICS[key]), compare=False)) for key in HOURS]
    most = max((figure.value or 0 for _metric, figure in found), default=0) or 1
    return [
        {"metric": metric, **_said(metric, figure), "bar": round((figure.value or 0) / most * 100, 1)}
        for metric, figure in found
    ]


def _line(ask: Asker, metric: Metric) -> dict[str, Any]:
    figure = queries.figure(metric, **ask.of(metric))
    return {"metric": metric, **_said(metric, figure), "change": drawing.change_of(figure, metric.better)}


def _said(metric: Metric, figure: queries.Figure) -> dict[str, Any]:
    return {"words": drawing.spoken(figure), "n": figure.n, "why": drawing.reason(figure)}


def _sheet(ask: Asker, by: Dimension, keys: Sequence[str]) -> Sheet:
    metrics = [METRICS[key] for key in keys if by in METRICS[key].dimensions]
    found = [queries.breakdown(metric, by=by, limit=MOST, **ask.of(metric)) for metric in metrics]
    names = {row.key: row.label for one in found for row in one.rows if row.key is not None}
    if by is Dimension.TEAM:
        names = dict(sorted(names.items(), key=lambda one: one[1]))
    if by is Dimension.AGENT:
        names.pop(NONE, None)  # work that nobody clocked on
    return Sheet(
        by=by,
        metrics=metrics,
        rows=[(key, name, [_cell(one, key) for one in found]) for key, name in names.items()],
        total=[_shown(one.total) for one in found],
        is_folded=any(row.key is None for one in found for row in one.rows),
        withheld=any(one.withheld for one in found),
    )


def _cell(found: Breakdown, key: str) -> Cell:
    row = next((row for row in found.rows if row.key == key), None)
    if row is not None:
        return _shown(row.figure)
    is_folded = any(row.key is None for row in found.rows)
    return Cell(words="–", n=None, why=str(Withheld.SMALL_GROUP.label) if is_folded else "")


def _shown(figure: queries.Figure) -> Cell:
    return Cell(words=drawing.spoken(figure), n=figure.n, why=drawing.reason(figure) if figure.why else "")


def _link(actor: Actor, asked: Asked) -> dict[str, Any]:
    """Return the comparison of before and after, in words."""
    found = link_effect(filters=queries.Filters(unit_id=asked.unit_id), actor=actor, today=asked.today)
    words = {name: number(getattr(found, name).value * 100, 1) for name in ("before", "after")}
    said: dict[str, Any] = {"found": found, "words": words}
    if found.difference is not None:
        ends = (found.difference.value, found.difference.low, found.difference.high)
        said["difference"] = [f"{'+' if one > 0 else ''}{number(one * 100, 1)}" for one in ends]
    return said


def _units(mine: Sequence[tuple[int, str]]) -> list[tuple[int, str]]:
    """Return the units that are a workshop, or above one."""
    shops = Workshop.objects.filter(is_active=True).values_list("unit_id", flat=True)
    organisation = tree()
    wanted = {one for shop in shops for one in (*organisation.unit(shop).ancestor_ids, shop)}
    return [(pk, name) for pk, name in mine if pk in wanted]


def _technicians(today: date) -> list[tuple[int, str]]:
    """Return those whose figures may be asked for, by name."""
    covered = units_under_agreement(today=today)
    rows = Technician.objects.filter(unit_id__within=covered, is_active=True).select_related("person")
    return sorted(((row.person_id, row.person.full_name) for row in rows), key=lambda one: one[1])
