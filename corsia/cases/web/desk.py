"""The desk: the list of cases, its views, the palette, a customer's cases."""

import json
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from corsia.cases import services
from corsia.cases.permissions import MANAGE_PROCESSES, WORK_CASES
from corsia.cases.queries import cases_of, open_cases_of
from corsia.cases.queries import desk as queries
from corsia.cases.queries.definitions import definition, processes_in_scope, startable
from corsia.cases.queries.desk import Filters
from corsia.cases.queries.discussions import cases_talked_about
from corsia.cases.rules.search import parse
from corsia.cases.vocabulary import BulkVerb, Priority, PurchaseChannel, Tab
from corsia.customers.queries import family_ids
from corsia.kernel.access import access, may
from corsia.kernel.http import StaffRequest
from corsia.kernel.scope import current_scope
from corsia.organisation.models import Unit
from corsia.organisation.queries import Tree, tree
from corsia.ui.channels import channel_choices


@access(WORK_CASES, personal=True)
def index(request: StaffRequest) -> HttpResponse:
    """Show a page of the list; htmx gets the list alone."""
    filters = Filters.of(request.GET)
    organisation = tree()
    page = queries.page(
        filters,
        actor_id=request.actor.id,
        organisation=organisation,
        now=request.received_at,
        after=request.GET.get("after", ""),
        talked=_talked(request, filters.q),
    )
    context: dict[str, Any] = {
        "filters": filters,
        "page": page,
        "is_first": not request.GET.get("after"),
        "tabs": _tabs(request, filters),
        "chips": _chips(filters, organisation),
    }
    if request.htmx and not request.htmx.history_restore_request:
        response = render(request, "cases/_list.html", context)
    else:
        response = render(request, "cases/desk.html", context | choices(filters, organisation, request))
    response.headers["Vary"] = "HX-Request"
    return response


def choices(filters: Filters, organisation: Tree, request: StaffRequest) -> dict[str, Any]:
    """Return what the filters and the bulk bar let people choose from."""
    units = visible_units(organisation)
    processes = processes_in_scope()
    chosen = next((process for process in processes if process.key == filters.process), None)
    phases = []
    if chosen is not None:
        started = next((one for one in startable(units[0].pk) if one.key == chosen.key), None) if units else None
        phases = list(definition(started.version_id).phases) if started else []
    return {
        "processes": processes,
        "phases": phases,
        "units": unit_choices(organisation),
        "people": queries.people_in_scope(_unit_ids()),
        "priorities": Priority.choices,
        "origins": channel_choices(),
        "channels": PurchaseChannel.choices,
        "verbs": BulkVerb,
        "views": queries.saved_views(actor_id=request.actor.id),
        "may_manage": may(request.actor, MANAGE_PROCESSES),
    }


def unit_choices(organisation: Tree) -> list[tuple[int, str]]:
    """Return the units of the scope for a select, in the order of the tree."""
    return [(unit.pk, queries.unit_label(organisation, unit.pk)) for unit in visible_units(organisation)]


def visible_units(organisation: Tree) -> list[Unit]:
    """Return the units of the scope, in the order of the tree."""
    ids = _unit_ids()
    units = sorted(organisation.units.values(), key=lambda unit: unit.path)
    return [unit for unit in units if (ids is None or unit.pk in ids) and unit.is_active]


@access(WORK_CASES)
def badge(request: StaffRequest) -> HttpResponse:
    """Show how many of one's own cases are overdue, on the rail."""
    rows = queries.tab_rows(Tab.OVERDUE, actor_id=request.actor.id, now=request.received_at)
    count = rows.filter(assignee_id=request.actor.id)[:100].count()
    return render(request, "cases/_badge.html", {"count": count, "is_capped": count >= queries.COUNT_UP_TO})


@access(WORK_CASES, personal=True)
def palette(request: StaffRequest) -> HttpResponse:
    """List the cases that a search in the palette means."""
    text = request.GET.get("q", "").strip()[:100]
    return render(request, "cases/_palette.html", {"cases": queries.palette(text, talked=_talked(request, text))})


@access(WORK_CASES, personal=True)
def customer_panel(request: StaffRequest, customer_id: int) -> HttpResponse:
    """Show a customer's cases on the customer's page, over all their records."""
    cases = cases_of(family_ids(customer_id), limit=21)
    context = {"cases": cases[:20], "has_more": len(cases) > 20, "customer_id": customer_id}
    return render(request, "cases/_customer_panel.html", context)


@access(WORK_CASES, personal=True)
def open_panel(request: StaffRequest, customer_id: int) -> HttpResponse:
    """Show a customer's open cases beside one of them; nothing when there is no other."""
    cases = open_cases_of(family_ids(customer_id), limit=6)
    return render(request, "cases/_open_panel.html", {"cases": cases})


@require_POST
@access(WORK_CASES)
def save_view(request: StaffRequest) -> HttpResponse:
    """Keep the list's filters under a name."""
    organisation = tree()
    filters = Filters.of(request.POST)
    unit_id = filters.unit if filters.unit in organisation.units else None
    view = services.save_view(
        unit_id=unit_id or visible_units(organisation)[0].pk,
        name=request.POST.get("name", ""),
        query=filters.query,
        is_shared=request.POST.get("is_shared") == "on",
        by=request.actor,
        now=request.received_at,
    )
    return _views(request, _("View saved"), view.query)


@require_POST
@access(WORK_CASES)
def delete_view(request: StaffRequest, view_id: int) -> HttpResponse:
    """Delete one's own view."""
    services.delete_view(view_id=view_id, by=request.actor, now=request.received_at)
    return _views(request, _("View deleted"), "")


def _views(request: StaffRequest, title: str, query: str) -> HttpResponse:
    if not request.htmx:
        return redirect(f"{reverse('cases:desk')}?{query}")
    context = {"views": queries.saved_views(actor_id=request.actor.id), "filters": Filters()}
    response = render(request, "cases/_views.html", context)
    response.headers["HX-Trigger-After-Settle"] = json.dumps({"toast": {"title": title}, "closeDialog": {}})
    return response


def _tabs(request: StaffRequest, filters: Filters) -> list[dict[str, Any]]:
    counts = queries.tab_counts(actor_id=request.actor.id, now=request.received_at)
    return [
        {
            "key": tab.value,
            "label": tab.label,
            "count": counts.get(tab),
            "is_capped": counts.get(tab, 0) >= queries.COUNT_UP_TO,
            "is_current": tab == filters.tab,
            "is_alarm": tab in (Tab.OVERDUE, Tab.NEGLECTED) and counts.get(tab, 0) > 0,
        }
        for tab in Tab
    ]


def _chips(filters: Filters, organisation: Tree) -> list[tuple[str, str]]:
    """Return the filters that narrow the list, each with the query string that takes it away."""
    shown: list[tuple[str, str]] = []
    if filters.unit in {unit.pk for unit in visible_units(organisation)} and filters.unit is not None:
        shown.append((queries.unit_label(organisation, filters.unit), queries.without(filters, "unit").query))
    if filters.tag:
        shown.append((f"# {filters.tag}", queries.without(filters, "tag").query))
    if filters.q:
        shown.append((f"“{filters.q}”", queries.without(filters, "q").query))
    return shown


def _talked(request: StaffRequest, text: str) -> list[int]:
    """Return the cases in whose discussions the words of a search were said, as far as the person hears them."""
    words = parse(text).words if text else ()
    return cases_talked_about(words, actor=request.actor) if words else []


def _unit_ids() -> frozenset[int] | None:
    scope = current_scope()
    return None if scope.everything else scope.units
