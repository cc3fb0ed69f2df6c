"""What customers answered, what was sent or why not, and how a unit surveys."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from corsia.customers import queries as customers
from corsia.kernel.access import access, demand, may
from corsia.kernel.http import StaffRequest
from corsia.listening import queries, services
from corsia.listening.models import SurveySettings
from corsia.listening.permissions import MANAGE_SURVEYS, SEE_ANSWERS, SEE_RESULTS
from corsia.listening.queries.invitations import STATES
from corsia.listening.queries.results import subtree
from corsia.listening.rules.nps import shown_score
from corsia.listening.rules.trend_chart import trend_chart
from corsia.listening.web.forms import SettingsForm
from corsia.organisation.queries import tree
from corsia.organisation.vocabulary import UnitKind

PERIODS = (30, 90, 365)
PAGE = 50


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _chosen_branch(request: HttpRequest, branches: list[Any]) -> Any:
    """Return the branch of the filter; one that is not visible counts as none."""
    wanted = _number(request.GET.get("branch", ""))
    return next((branch for branch in branches if branch.pk == wanted), None)


@require_GET
@access(SEE_RESULTS)
def results(request: StaffRequest) -> HttpResponse:
    """Show scores, their trend, branches and words."""
    asked_days = _number(request.GET.get("days", ""))
    days = asked_days if asked_days in PERIODS else 90
    branches = queries.branches_in_scope()
    branch = _chosen_branch(request, branches)
    found = queries.results(days=days, now=request.received_at, unit_id=branch.pk if branch else None)
    months = [(formats.date_format(timezone.localtime(start), "M").lower(), answers) for start, answers in found.months]
    context = {
        "results": found,
        "wide": trend_chart(months, width=760, height=250),
        "narrow": trend_chart(months, width=360, height=220, label_every=2),
        "table": [(label, answers.answers, shown_score(answers)) for label, answers in months],
        "days": days,
        "periods": PERIODS,
        "branches": branches,
        "branch": branch,
        "may_manage": may(request.actor, MANAGE_SURVEYS),
    }
    return render(request, "listening/results.html", context)


@require_GET
@access(SEE_RESULTS)
def invitations(request: StaffRequest) -> HttpResponse:
    """List what was sent, what waits, and what was not sent and why."""
    state = request.GET.get("state", "")
    state = state if state in STATES else ""
    branches = queries.branches_in_scope()
    branch = _chosen_branch(request, branches)
    rows = queries.invitation_rows(
        now=request.received_at,
        state=state,
        unit_ids=subtree(branch.pk) if branch else (),
        before_id=_number(request.GET.get("before", "")),
        limit=PAGE + 1,
    )
    labels = {
        "waiting": _("To be sent"),
        "sent": _("Sent, no answer yet"),
        "answered": _("Answered"),
        "expired": _("Expired"),
        "cancelled": _("Not sent"),
    }
    context = {
        "rows": rows[:PAGE],
        "before": rows[PAGE - 1].id if len(rows) > PAGE else None,
        "is_first": "before" not in request.GET,
        "state": state,
        "states": [(key, labels[key]) for key in STATES],
        "branches": branches,
        "branch": branch,
        "may_manage": may(request.actor, MANAGE_SURVEYS),
    }
    return render(request, "listening/invitations.html", context)


@require_POST
@access(MANAGE_SURVEYS)
def cancel(request: StaffRequest, invitation_id: int) -> HttpResponse:
    """Take back one invitation before it leaves."""
    services.cancel_invitation(invitation_id=invitation_id, by=request.actor, now=request.received_at)
    messages.success(request, _("The invitation will not be sent."))
    return redirect("listening:invitations")


@require_GET
@access(MANAGE_SURVEYS)
def settings_list(request: StaffRequest) -> HttpResponse:
    """Show for each unit of the scope whose settings hold."""
    places = tree()
    mine = request.actor.units_with(MANAGE_SURVEYS.roles)
    own = {row.unit_id: row for row in SurveySettings.objects.all()}
    lines = []
    as_drawn = sorted(
        places.units.values(),
        key=lambda unit: [(above.position, above.name) for above in reversed(places.chain(unit.pk))],
    )
    for unit in as_drawn:
        # Departments and teams follow their branch unless somebody gave them settings of their own.
        if unit.pk not in mine or (unit.kind in (UnitKind.DEPARTMENT, UnitKind.TEAM) and unit.pk not in own):
            continue
        source = next((above for above in places.chain(unit.pk) if above.pk in own), None)
        rules = own[source.pk] if source else queries.SurveyRules()
        lines.append({"unit": unit, "depth": min(4, len(unit.ancestor_ids)), "source": source, "rules": rules})
    return render(request, "listening/settings.html", {"lines": lines})


@require_http_methods(["GET", "POST"])
@access(MANAGE_SURVEYS)
def settings_of_unit(request: StaffRequest, unit_id: int) -> HttpResponse:
    """Edit how a unit and everything below it surveys."""
    unit = tree().unit(unit_id)
    demand(request.actor, MANAGE_SURVEYS, unit_id)
    rules = queries.rules_in_force(unit_id)
    if request.method == "POST":
        form = SettingsForm(request.POST)
        if form.is_valid():
            services.save_settings(unit_id=unit_id, by=request.actor, now=request.received_at, **form.cleaned_data)
            messages.success(request, _("Saved. It holds for cases closed from now on."))
            return redirect("listening:settings")
    else:
        form = SettingsForm(initial={name: getattr(rules, name) for name in SettingsForm.base_fields})
    context = {
        "form": form,
        "unit": unit,
        "place": queries.place_name(tree(), unit_id),
        "is_own": rules.from_unit_id == unit_id,
        "rules": rules,
    }
    return render(request, "listening/settings_form.html", context, status=422 if form.errors else 200)


@require_POST
@access(MANAGE_SURVEYS)
def remove_settings(request: StaffRequest, unit_id: int) -> HttpResponse:
    """Let a unit follow the one above it again."""
    services.remove_settings(unit_id=unit_id, by=request.actor, now=request.received_at)
    messages.success(request, _("The unit follows the settings above it again."))
    return redirect("listening:settings")


@require_GET
@access(SEE_ANSWERS, personal=True)
def customer_panel(request: StaffRequest, customer_id: int) -> HttpResponse:
    """Show what one customer answered, for the customer page."""
    answers = queries.answers_of_customer(list(customers.family_ids(customer_id)))
    return render(request, "listening/_customer_panel.html", {"answers": answers})
