"""How long things are kept, unit by unit, and what a night would erase."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from corsia.kernel import scope
from corsia.kernel.access import access, demand
from corsia.kernel.http import StaffRequest
from corsia.organisation.queries import tree
from corsia.organisation.vocabulary import UnitKind
from corsia.privacy import services
from corsia.privacy.permissions import MANAGE_PRIVACY
from corsia.privacy.queries.retention import due, last_run_at, rules
from corsia.privacy.web.forms import TermsForm


@require_GET
@access(MANAGE_PRIVACY)
def overview(request: StaffRequest) -> HttpResponse:
    """Show for each unit whose terms hold and whether they are enforced."""
    places, holding = tree(), rules()
    mine = request.actor.units_with(MANAGE_PRIVACY.roles)
    as_drawn = sorted(
        (unit for unit in places.units.values() if unit.pk in mine),
        key=lambda unit: [(above.position, above.name) for above in reversed(places.chain(unit.pk))],
    )
    lines = [
        {"unit": unit, "depth": min(4, len(unit.ancestor_ids)), "rules": holding[unit.pk]}
        for unit in as_drawn
        if unit.kind not in (UnitKind.DEPARTMENT, UnitKind.TEAM) or holding[unit.pk].source == unit
    ]
    return render(request, "privacy/terms.html", {"lines": lines, "last_run": last_run_at()})


@require_http_methods(["GET", "POST"])
@access(MANAGE_PRIVACY)
def of_unit(request: StaffRequest, unit_id: int) -> HttpResponse:
    """Edit the terms of a unit and everything below it."""
    unit = tree().unit(unit_id)
    demand(request.actor, MANAGE_PRIVACY, unit_id)
    held = rules()[unit_id]
    form = TermsForm(request.POST or None, days=held.days, initial={"is_on": held.is_on})
    if request.method == "POST" and form.is_valid():
        services.save_terms(
            unit_id=unit_id,
            is_on=form.cleaned_data["is_on"],
            days=form.days,
            by=request.actor,
            now=request.received_at,
        )
        messages.success(request, _("Saved. It holds from the coming night."))
        return redirect("privacy:terms")
    return render(
        request,
        "privacy/terms_form.html",
        {"form": form, "unit": unit, "rules": held},
        status=422 if form.errors else 200,
    )


@require_GET
@access(MANAGE_PRIVACY)
def due_rows(request: StaffRequest, unit_id: int) -> HttpResponse:
    """Return how many rows the coming night would take from a unit and everything below it."""
    demand(request.actor, MANAGE_PRIVACY, unit_id)
    below = frozenset(one.pk for one in tree().units.values() if unit_id == one.pk or unit_id in one.ancestor_ids)
    with scope.system("what a night would erase in units whose terms the person sets"):
        found = due(now=request.received_at, units=below)
    return render(request, "privacy/_due.html", {"due": found, "unit": tree().unit(unit_id)})
