"""The cases, or the work orders, that a metric's figure was counted from."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from corsia.analytics import queries
from corsia.analytics.permissions import SEE_NUMBERS
from corsia.analytics.queries import Behind, Metric, OrderBehind
from corsia.analytics.queries.built import metric_named
from corsia.analytics.rules.parts import AMOUNTS
from corsia.analytics.rules.spoken import spoken_value
from corsia.analytics.vocabulary import Statistic
from corsia.analytics.web.asked import Asked
from corsia.cases.models import Case
from corsia.kernel.access import access, may
from corsia.kernel.errors import NotFound
from corsia.kernel.http import StaffRequest, row_id
from corsia.workshop.models import Order
from corsia.workshop.permissions import SEE_WORKSHOP
from corsia.workshop.queries.numbers import number_of

PAGE = 50


@require_safe
@access(SEE_NUMBERS, personal=True)
def cases(request: StaffRequest, key: str) -> HttpResponse:
    """List the cases a figure was counted from, the largest amounts first."""
    shown, _row = metric_named(key)
    if not shown.source.case:
        raise NotFound(kind="analytics.Metric")
    asked = Asked.of(request)
    if queries.refreshed_at() is None:
        return render(request, "analytics/cases.html", {"metric": shown, "asked": asked, "is_prepared": True})
    amount, _dot, case_id = request.GET.get("after", "").partition(".")
    after = Behind(case_id=row_id(case_id) or 0, amount=row_id(amount) or 0) if row_id(case_id) else None
    found = queries.cases_behind(
        shown,
        period=asked.period,
        filters=asked.filters(shown),
        actor=request.actor,
        today=asked.today,
        after=after,
        limit=PAGE + 1,
    )
    rows = found[:PAGE]
    known = {
        case.pk: case
        for case in Case.objects.filter(pk__in=[one.case_id for one in rows]).select_related("customer", "phase")
    }
    has_amount = bool(shown.amount) and shown.statistic is not Statistic.SCORE
    lines = [
        {
            "case": known.get(one.case_id),
            "case_id": one.case_id,
            "words": spoken_value(one.amount, shown.measure) if has_amount else "",
        }
        for one in rows
    ]
    following = f"{rows[-1].amount}.{rows[-1].case_id}" if len(found) > PAGE else ""
    context = {"metric": shown, "asked": asked, "lines": lines, "following": following, "is_paged": after is not None}
    return render(request, "analytics/cases.html", context)


@require_safe
@access(SEE_NUMBERS, personal=True)
def orders(request: StaffRequest, key: str) -> HttpResponse:
    """List the work orders a figure was counted from, the largest amounts first."""
    shown, _row = metric_named(key)
    if not shown.source.order:
        raise NotFound(kind="analytics.Metric")
    asked = Asked.of(request)
    context: dict[str, Any] = {"metric": shown, "asked": asked, "is_prepared": queries.refreshed_at() is None}
    if context["is_prepared"]:
        return render(request, "analytics/orders.html", context)
    amount, _dot, order_id = request.GET.get("after", "").partition(".")
    after = OrderBehind(row_id(order_id) or 0, row_id(amount) or 0) if row_id(order_id) else None
    found = queries.orders_behind(
        shown,
        period=asked.period,
        filters=asked.filters(shown),
        actor=request.actor,
        today=asked.today,
        after=after,
        limit=PAGE + 1,
    )
    rows = found[:PAGE]
    known = Order.objects.select_related("vehicle").in_bulk([one.order_id for one in rows])
    context["lines"] = [
        {
            "order": known.get(one.order_id),
            "number": number_of(known[one.order_id]) if one.order_id in known else "",
            "words": _amounts(shown, one),
        }
        for one in rows
    ]
    context |= {
        "following": f"{rows[-1].amount}.{rows[-1].order_id}" if len(found) > PAGE else "",
        "is_paged": after is not None,
        "may_open": may(request.actor, SEE_WORKSHOP),
    }
    return render(request, "analytics/orders.html", context)


def _amounts(shown: Metric, one: OrderBehind) -> str:
    """Return an order's part of a figure, in the measure of what was added up; both parts of a ratio."""
    if not shown.amount:
        return ""
    said = spoken_value(one.amount, AMOUNTS[shown.amount].measure)
    return f"{said} / {spoken_value(one.under, AMOUNTS[shown.under].measure)}" if shown.under else said
