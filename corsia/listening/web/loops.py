"""Unhappy customers: the panel on their case, with the call about just what went wrong; and the page of all loops."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

from django import forms
from django.core.validators import MaxValueValidator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_POST, require_safe

from corsia.cases.models import Case
from corsia.cases.queries.causes import causes_for
from corsia.kernel.access import access, may
from corsia.kernel.http import StaffRequest
from corsia.listening import queries, services
from corsia.listening.models import Loop
from corsia.listening.permissions import CLOSE_LOOPS, SEE_LOOPS, SEE_RESULTS
from corsia.listening.queries.loops import loop_cards, loop_sums, loops_of_case
from corsia.listening.queries.results import subtree
from corsia.listening.vocabulary import LoopOutcome
from corsia.listening.web.parts import chosen_branch, number
from corsia.ui.forms import accepted

PAGE = 50
PERIODS = (30, 90, 365)


class EndForm(forms.Form):
    """How it ended with an unhappy customer."""

    cause = forms.IntegerField(label=_("Kind of cause"), required=False, min_value=1, max_value=2**31 - 1)
    root_cause = forms.CharField(label=_("What caused it"), max_length=200)
    remedy = forms.CharField(label=_("What was done about it"), max_length=300)
    outcome = forms.ChoiceField(label=pgettext_lazy("loops", "How it ended"), choices=LoopOutcome)
    money = forms.DecimalField(
        label=_("Money kept, in euro"),
        required=False,
        max_digits=11,
        decimal_places=2,
        min_value=Decimal(0),
        localize=True,
        validators=[MaxValueValidator(Decimal(100_000_000))],
    )


@require_safe
@access(SEE_LOOPS, personal=True)
def loops(request: StaffRequest) -> HttpResponse:
    """Show the loops that are open, those due first, and to whoever reads results how those of a period ended."""
    days = number(request.GET.get("days", ""))
    days = days if days in PERIODS else 90
    branches = queries.branches_in_scope()
    branch = chosen_branch(request, branches)
    within = subtree(branch.pk) if branch else ()
    now = request.received_at
    is_closed = request.GET.get("state") == "closed"
    is_mine = request.GET.get("whose") == "mine"
    rows = loop_cards(
        is_open=not is_closed,
        unit_ids=within,
        caller_id=request.actor.id if is_mine else None,
        before_id=number(request.GET.get("before", "")),
        limit=PAGE + 1,
    )
    counted = _counted(request, within)
    since = now - timedelta(days=days)
    context = {
        "rows": rows[:PAGE],
        "before": rows[PAGE - 1].loop.pk if is_closed and len(rows) > PAGE else None,
        "is_more": len(rows) > PAGE,
        "is_closed": is_closed,
        "is_mine": is_mine,
        "sees_results": may(request.actor, SEE_RESULTS),
        "sums": loop_sums(since=since, until=now, unit_ids=counted) if counted else None,
        "since": since,
        "until": now,
        "days": days,
        "periods": PERIODS,
        "branches": branches,
        "branch": branch,
        "here": "loops",
    }
    return render(request, "listening/loops.html", context)


def _counted(request: StaffRequest, within: Sequence[int]) -> list[int]:
    """Return the units whose figures the person reads: calling customers back somewhere shows no sums of that place."""
    readable = request.actor.units_with(SEE_RESULTS.roles)
    return sorted(readable.intersection(within) if within else readable)


@require_safe
@access(CLOSE_LOOPS, personal=True)
def case_panel(request: StaffRequest, case_id: int) -> HttpResponse:
    """Show what a customer was unhappy about, on the page of the case; nothing where nobody was."""
    return _panel(request, Case.objects.select_related("version__process").find(case_id))


@require_POST
@access(CLOSE_LOOPS, personal=True)
def call(request: StaffRequest, loop_id: int) -> HttpResponse:
    """Keep what the customer said in the call."""
    said = {name.removeprefix("said."): str(text) for name, text in request.POST.items() if name.startswith("said.")}
    loop = services.note_call(loop_id=loop_id, said=said, by=request.actor, now=request.received_at)
    return _answer(request, loop)


@require_POST
@access(CLOSE_LOOPS, personal=True)
def end(request: StaffRequest, loop_id: int) -> HttpResponse:
    """Close a loop with its cause, remedy and outcome."""
    data = accepted(EndForm(request.POST))
    money = data["money"]
    loop = services.end_loop(
        loop_id=loop_id,
        root_cause=data["root_cause"],
        cause_id=data["cause"],
        remedy=data["remedy"],
        outcome=data["outcome"],
        money_kept_cents=None if money is None else int(money * 100),
        by=request.actor,
        now=request.received_at,
    )
    return _answer(request, loop)


def _answer(request: StaffRequest, loop: Loop) -> HttpResponse:
    if loop.case_id is None:
        return redirect("listening:loops")
    if not request.headers.get("HX-Request"):
        return redirect("cases:case", loop.case_id)
    return _panel(request, Case.objects.select_related("version__process").get(pk=loop.case_id))


def _panel(request: StaffRequest, case: Case) -> HttpResponse:
    cards = loops_of_case(case.pk)
    is_open = any(card.loop.closed_at is None for card in cards)
    context = {
        "case": case,
        "cards": cards,
        "causes": causes_for(case.version.process.key) if is_open else [],
        "outcomes": LoopOutcome.choices,
    }
    return render(request, "listening/_loop_panel.html", context)
