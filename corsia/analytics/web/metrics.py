"""One metric: its formula, its number with n and period, its trend and what it is made of."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import formats
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from corsia.analytics import queries
from corsia.analytics.permissions import BUILD_METRICS, SEE_NUMBERS
from corsia.analytics.queries import METRICS, Metric
from corsia.analytics.queries.built import built_rows, metric_named, metric_of
from corsia.analytics.rules.metrics import NotAMetric
from corsia.analytics.vocabulary import Dimension
from corsia.analytics.web import drawing
from corsia.analytics.web.asked import Asked, bar
from corsia.cases.models import Process
from corsia.kernel.access import access, may
from corsia.kernel.errors import CorsiaError
from corsia.kernel.http import StaffRequest
from corsia.kernel.limits import Limit
from corsia.kernel.tables import as_download, form_of
from corsia.ui.paper import set_paper
from corsia.ui.templatetags.ui import local_name

GROUPS = (  # of the register of metrics
    (gettext_lazy("Answers"), ("first_answer", "answer", "answered", "messages_sent")),
    (gettext_lazy("Cases"), ("cases", "closing", "our_time", "reopened")),
    (gettext_lazy("Backlog"), ("backlog", "recover")),
    (pgettext_lazy("numbers", "Promises"), ("over_limit", "broken")),
    (gettext_lazy("Contacts and reasons"), ("contacts", "complaint")),
    (gettext_lazy("Quality and knowledge"), ("nps", "survey", "plan", "article")),
    (gettext_lazy("Workshop"), ("workshop",)),
)


@require_safe
@access(SEE_NUMBERS)
def index(request: StaffRequest) -> HttpResponse:
    """List every number there is, with its formula."""
    groups = []
    for title, starts in GROUPS:
        groups.append((title, [metric for metric in METRICS.values() if metric.key.startswith(starts)]))
    context = {"groups": groups, "built": _built(), "may_build": may(request.actor, BUILD_METRICS)}
    return render(request, "analytics/metrics.html", context)


def _built() -> list[dict[str, Any]]:
    found = []
    for row in built_rows():
        try:
            found.append({"row": row, "metric": metric_of(row)})
        except NotAMetric:
            found.append({"row": row, "metric": None})  # a part of it is gone: shown, to be retired
    return found


@require_safe
@access(SEE_NUMBERS)
def metric(request: StaffRequest, key: str) -> HttpResponse:
    """Show one metric."""
    shown, row = metric_named(key)
    asked = Asked.of(request)
    by = _dimension(request, shown)
    context: dict[str, Any] = bar(asked) | {
        "metric": shown,
        "row": row,
        "by": by,
        "dimensions": sorted(shown.dimensions, key=lambda one: str(one.label)),
        "ignored": asked.ignored_by(shown),
        "refreshed_at": queries.refreshed_at(),
        "family": _family(shown),
        "may_build": may(request.actor, BUILD_METRICS),
        "processes": sorted((one.key, local_name(one)) for one in Process.objects.filter(is_active=True)),
    }
    if context["refreshed_at"] is not None:
        context |= _numbers(request, shown, asked, by)
    return render(request, "analytics/metric.html", context)


def _numbers(request: StaffRequest, shown: Metric, asked: Asked, by: Dimension) -> dict[str, Any]:
    ask: dict[str, Any] = {
        "period": asked.period,
        "filters": asked.filters(shown),
        "actor": request.actor,
        "today": asked.today,
    }
    asked_once = queries.trend(shown, **ask)
    figure, trend = asked_once.figure, asked_once.points
    context: dict[str, Any] = {
        "figure": figure,
        "words": drawing.spoken(figure),
        "why": drawing.reason(figure),
        "change": drawing.change_of(figure, shown.better),
        "before": drawing.spoken(figure.previous) if figure.previous else "",
        "trend": drawing.chart_of(trend),
        "trend_points": [(point, drawing.spoken(point.figure)) for point in trend],
    }
    try:
        found = queries.breakdown(shown, by=by, **ask)
    except CorsiaError as refused:  # no agreement for single persons: the rest of the page stands
        return context | {"refusal": str(refused)}
    lines = [
        {"row": row, "words": drawing.spoken(row.figure), "why": drawing.reason(row.figure), "bar": length}
        for row, length in zip(found.rows, drawing.bars(found.rows), strict=True)
    ]
    return context | {"found": found, "lines": lines}


@require_safe
@access(SEE_NUMBERS, personal=True, limit=Limit("analytics.export", times=60, seconds=3600))
def export(request: StaffRequest, key: str) -> HttpResponse:
    """Hand out what a metric's page shows as CSV, XLSX or a page of PDF."""
    shown, _row = metric_named(key)
    asked = Asked.of(request)
    by = _dimension(request, shown)
    ask: dict[str, Any] = {
        "period": asked.period,
        "filters": asked.filters(shown),
        "actor": request.actor,
        "today": asked.today,
    }
    figure = queries.figure(shown, **ask)
    found = queries.breakdown(shown, by=by, limit=500, **ask)
    form = request.GET.get("form", "")
    if form == "pdf":
        return _paper(request, shown, asked, figure, found)
    header = [str(by.label), str(shown.name), _("Measure"), "n", _("Share of all"), _("Why not shown")]
    rows = [
        (
            one.label,
            one.figure.value,
            str(shown.measure.label),
            one.figure.n,
            one.share,
            drawing.reason(one.figure),
        )
        for one in found.rows
    ]
    total = (_("All"), figure.value, str(shown.measure.label), figure.n, 1, drawing.reason(figure))
    return as_download(form_of(form), name=str(shown.name), header=header, rows=[total, *rows], on=asked.period.last)


def _paper(request: StaffRequest, shown: Metric, asked: Asked, figure: Any, found: Any) -> HttpResponse:
    now = formats.date_format(request.received_at, "SHORT_DATETIME_FORMAT")
    data = {
        "title": str(shown.name),
        "language": get_language() or "it",
        "footer": f"Corsia · {now}",
        "page": _("Page {n} of {all}"),
        "mark": "",
        "value": drawing.spoken(figure) if not figure.is_hidden else drawing.reason(figure),
        "facts": [
            [_("Period"), f"{formats.date_format(asked.period.first)} – {formats.date_format(asked.period.last)}"],
            ["n", "–" if figure.n is None else formats.number_format(figure.n, 0, force_grouping=True)],
            [_("Formula"), str(shown.formula)],
            [_("Better"), str(shown.better.label)],
            [_("Shown from"), f"n ≥ {shown.minimum_n}" if shown.minimum_n else _("any n")],
        ],
        "head": [str(found.by.label), str(shown.name), "n"],
        "rows": [
            [
                one.label,
                drawing.reason(one.figure) or drawing.spoken(one.figure),
                "–" if one.figure.n is None else formats.number_format(one.figure.n, 0, force_grouping=True),
            ]
            for one in found.rows
        ],
    }
    content = set_paper("analytics/metric.typ", data, at=request.received_at)
    answer = HttpResponse(content, content_type="application/pdf")
    answer.headers["Content-Disposition"] = f'attachment; filename="{shown.key}-{asked.period.last:%Y%m%d}.pdf"'
    return answer


def _dimension(request: StaffRequest, shown: Metric) -> Dimension:
    asked = request.GET.get("by", "")
    if asked in Dimension.values and Dimension(asked) in shown.dimensions:
        return Dimension(asked)
    preferred = (Dimension.UNIT, Dimension.PROCESS, Dimension.CHANNEL, Dimension.ARTICLE)
    return next(one for one in (*preferred, *shown.dimensions) if one in shown.dimensions)


def _family(shown: Metric) -> list[tuple[Metric, str]]:
    """Return average, median and nine out of ten of the same time, elapsed and working, if it is one of them.

    With each the part of its name that tells it from the others.
    """
    stem = shown.key.removesuffix("_mean").removesuffix("_median").removesuffix("_p90").removesuffix("_working")
    found = [one for one in METRICS.values() if one.key.startswith(f"{stem}_") and one.dataset == shown.dataset]
    kin = [
        one for one in found if one.key.removeprefix(f"{stem}_").removeprefix("working_") in ("mean", "median", "p90")
    ]
    if len(kin) < 2 or shown not in kin:
        return []
    return [(one, str(one.name).partition(", ")[2].capitalize()) for one in kin]
