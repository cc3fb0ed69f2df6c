"""Shelves, words that mean the same, and the help sites of units."""

from typing import Any

from django.conf import settings as project
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from corsia.kernel.access import access, demand
from corsia.kernel.http import StaffRequest
from corsia.knowledge import services
from corsia.knowledge.models import Category, HelpSite, SynonymGroup
from corsia.knowledge.permissions import APPROVE_ARTICLES, MANAGE_SITES
from corsia.knowledge.queries.articles import shelves_in_scope
from corsia.knowledge.queries.sites import sites_in_scope
from corsia.knowledge.rules.terms import shipped_groups
from corsia.knowledge.web.forms import ShelfForm, SiteForm, SynonymForm
from corsia.knowledge.web.places import branches, units_with
from corsia.organisation.queries import tree


@require_safe
@access(APPROVE_ARTICLES)
def shelves(request: StaffRequest) -> HttpResponse:
    """List the shelves."""
    mine = request.actor.units_with(APPROVE_ARTICLES.roles)
    rows = [(one, one.category.unit_id in mine, tree().label(one.category.unit_id)) for one in shelves_in_scope()]
    return render(request, "knowledge/shelves.html", {"rows": rows})


@require_http_methods(["GET", "POST"])
@access(APPROVE_ARTICLES)
def shelf(request: StaffRequest, category_id: int | None = None) -> HttpResponse:
    """Add a shelf or change one."""
    existing: Category | None = Category.objects.find(category_id) if category_id is not None else None
    unit_id = existing.unit_id if existing else units_with(request, APPROVE_ARTICLES)[0][0]
    demand(request.actor, APPROVE_ARTICLES, unit_id)
    start: dict[str, Any] = ShelfForm.values_of(existing) if existing else {"icon": "folder", "position": 50}
    form = ShelfForm(request.POST if request.method == "POST" else None, initial=start)
    if request.method == "POST" and form.is_valid():
        services.save_category(
            category_id=category_id, unit_id=unit_id, by=request.actor, now=request.received_at, **form.cleaned_data
        )
        messages.success(request, _("The shelf was saved."))
        return redirect("knowledge:shelves")
    return render(
        request, "knowledge/shelf.html", {"form": form, "existing": existing}, status=422 if form.errors else 200
    )


@require_POST
@access(APPROVE_ARTICLES)
def remove_shelf(request: StaffRequest, category_id: int) -> HttpResponse:
    """Remove an empty shelf."""
    services.remove_category(category_id=category_id, by=request.actor, now=request.received_at)
    messages.success(request, _("The shelf is gone."))
    return redirect("knowledge:shelves")


@require_http_methods(["GET", "POST"])
@access(APPROVE_ARTICLES)
def synonyms(request: StaffRequest) -> HttpResponse:
    """List the words that mean the same, and add some."""
    form = SynonymForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        services.save_synonyms(
            group_id=None,
            unit_id=units_with(request, APPROVE_ARTICLES)[0][0],
            by=request.actor,
            now=request.received_at,
            **form.cleaned_data,
        )
        messages.success(request, _("Search knows these words from now on."))
        return redirect("knowledge:synonyms")
    mine = request.actor.units_with(APPROVE_ARTICLES.roles)
    own = [(row, row.unit_id in mine) for row in SynonymGroup.objects.order_by("pk")]
    context = {"form": form, "own": own, "shipped": shipped_groups()}
    return render(request, "knowledge/synonyms.html", context, status=422 if form.errors else 200)


@require_POST
@access(APPROVE_ARTICLES)
def remove_synonyms(request: StaffRequest, group_id: int) -> HttpResponse:
    """Forget that some words mean the same."""
    services.remove_synonyms(group_id=group_id, by=request.actor, now=request.received_at)
    messages.success(request, _("Forgotten."))
    return redirect("knowledge:synonyms")


@require_safe
@access(MANAGE_SITES)
def sites(request: StaffRequest) -> HttpResponse:
    """List the help sites of the branches: open, closed, not made yet."""
    made = {site.unit_id: site for site in sites_in_scope()}
    rows = [
        (pk, tree().label(pk), made.get(pk), _link(made[pk]) if pk in made else "")
        for pk, _name in branches(request, MANAGE_SITES)
    ]
    return render(request, "knowledge/sites.html", {"rows": rows})


@require_http_methods(["GET", "POST"])
@access(MANAGE_SITES)
def site(request: StaffRequest, unit_id: int) -> HttpResponse:
    """Open, change or close the help site of a unit."""
    unit = tree().unit(unit_id)
    demand(request.actor, MANAGE_SITES, unit_id)
    existing: HelpSite | None = HelpSite.objects.filter(unit_id=unit_id).first()
    start = (
        SiteForm.values_of(existing)
        if existing
        else {
            "slug": unit.code,
            "title_it": _("Help from %(unit)s") % {"unit": unit.name},
            "title_en": "",
            "brand_color": "#2450d8",
            "is_on": True,
        }
    )
    form = SiteForm(request.POST if request.method == "POST" else None, initial=start)
    if request.method == "POST" and form.is_valid():
        services.save_site(unit_id=unit_id, by=request.actor, now=request.received_at, **form.cleaned_data)
        messages.success(request, _("The help site was saved."))
        return redirect("knowledge:sites")
    context = {"form": form, "unit": unit, "existing": existing, "link": _link(existing) if existing else ""}
    return render(request, "knowledge/site.html", context, status=422 if form.errors else 200)


def _link(site: HelpSite) -> str:
    return f"{project.PUBLIC_URL.rstrip('/')}{reverse('portal:help', args=[site.slug])}"
