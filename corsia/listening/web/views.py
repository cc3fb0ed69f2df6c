"""What customers answered, what was sent or why not, and how a unit surveys."""

import re
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import formats, timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from corsia.customers import queries as customers
from corsia.kernel.access import access, demand, may
from corsia.kernel.http import StaffRequest
from corsia.listening import queries, services
from corsia.listening.models import SurveySettings
from corsia.listening.permissions import MANAGE_SURVEYS, SEE_ANSWERS, SEE_RESULTS
from corsia.listening.queries.invitations import STATES
from corsia.listening.queries.plans import invitations_of_customer
from corsia.listening.queries.reasons import reasons
from corsia.listening.queries.results import subtree
from corsia.listening.queries.segments import segments_of
from corsia.listening.queries.surveys import CLOSING, surveys_in_scope
from corsia.listening.queries.topics import abouts
from corsia.listening.queries.voices import few_without_name, is_withheld
from corsia.listening.rules.nps import shown_score
from corsia.listening.rules.trend_chart import trend_chart
from corsia.listening.web.forms import SettingsForm, ways_initial
from corsia.listening.web.parts import chosen_branch, number
from corsia.messaging.queries.texting import approved_names
from corsia.organisation.queries import tree
from corsia.organisation.vocabulary import UnitKind
from corsia.ui.templatetags.ui import small_names

PERIODS = (30, 90, 365)
PAGE = 50


@require_GET
@access(SEE_RESULTS)
def results(request: StaffRequest) -> HttpResponse:
    """Show scores, their trend, branches and words."""
    asked_days = number(request.GET.get("days", ""))
    days = asked_days if asked_days in PERIODS else 90
    branches = queries.branches_in_scope()
    branch = chosen_branch(request, branches)
    surveys = surveys_in_scope()
    survey = next((one.key for one in surveys if one.key == request.GET.get("survey")), CLOSING)
    found = queries.results(days=days, now=request.received_at, unit_id=branch.pk if branch else None, survey=survey)
    months = [
        (small_names(formats.date_format(timezone.localtime(start), "M")), answers) for start, answers in found.months
    ]
    period: dict[str, Any] = {"since": found.since, "until": found.until, "unit_id": branch.pk if branch else None}
    few = few_without_name(since=found.since, until=found.until)
    language = (get_language() or "it")[:2]
    context = {
        "results": found,
        "wide": trend_chart(months, width=760, height=250),
        "narrow": trend_chart(months, width=360, height=220, label_every=2),
        "table": [(label, answers.answers, shown_score(answers)) for label, answers in months],
        "days": days,
        "periods": PERIODS,
        "branches": branches,
        "branch": branch,
        "surveys": surveys,
        "survey": survey,
        "about": abouts(survey=survey, **period),
        "reasons": [
            (_plain(one.words.said(language)), [(line, line.words.said(language)) for line in one.lines], one)
            for one in reasons(survey=survey, **period)
        ],
        "withheld": {one.answer.pk for one in found.comments if is_withheld(one.answer, few)},
        "may_manage": may(request.actor, MANAGE_SURVEYS),
        "here": "results",
    }
    return render(request, "listening/results.html", context)


def _plain(words: str) -> str:
    return re.sub(r"\{\w+\}", "…", words)


@require_GET
@access(SEE_RESULTS)
def invitations(request: StaffRequest) -> HttpResponse:
    """List what was sent, what waits, and what was not sent and why."""
    state = request.GET.get("state", "")
    state = state if state in STATES else ""
    branches = queries.branches_in_scope()
    branch = chosen_branch(request, branches)
    rows = queries.invitation_rows(
        now=request.received_at,
        state=state,
        unit_ids=subtree(branch.pk) if branch else (),
        before_id=number(request.GET.get("before", "")),
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
        "here": "invitations",
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
    approved = approved_names([above.pk for above in tree().chain(unit_id)])
    initial = {name: getattr(rules, name, None) for name in SettingsForm.base_fields} | ways_initial(rules.channels)
    if request.method == "POST":
        form = SettingsForm(request.POST, initial=initial, approved=approved)
        if form.is_valid():
            values = {name: value for name, value in form.cleaned_data.items() if not name.startswith("way_")}
            services.save_settings(
                unit_id=unit_id, by=request.actor, now=request.received_at, channels=form.channels, **values
            )
            messages.success(request, _("Saved. It holds for cases closed from now on."))
            return redirect("listening:settings")
    else:
        form = SettingsForm(initial=initial, approved=approved)
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
    """Show what one customer was asked, or was not and why, and what they answered."""
    family = list(customers.family_ids(customer_id))
    context = {
        "answers": queries.answers_of_customer(family),
        "segments": segments_of(family),
        "asked": invitations_of_customer(family, now=request.received_at),
        "standing": services.standing_of(customer_id, now=request.received_at),
    }
    return render(request, "listening/_customer_panel.html", context)
