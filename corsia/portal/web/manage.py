"""Where managers make and edit the web forms of their units."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from corsia.kernel.access import access
from corsia.kernel.http import StaffRequest
from corsia.listening.queries import place_name
from corsia.organisation.models import Unit
from corsia.organisation.queries import tree
from corsia.organisation.vocabulary import UnitKind
from corsia.portal import queries, services
from corsia.portal.models import WebForm
from corsia.portal.permissions import MANAGE_FORMS
from corsia.portal.web.forms import WebFormForm


def _link(form: WebForm) -> str:
    return settings.PUBLIC_URL.rstrip("/") + reverse("portal:form", args=[form.slug])


@require_GET
@access(MANAGE_FORMS)
def forms(request: StaffRequest) -> HttpResponse:
    """List the forms with their links."""
    places = tree()
    rows = [(form, _link(form), place_name(places, form.unit_id)) for form in queries.forms_in_scope()]
    return render(request, "portal/manage/forms.html", {"rows": rows})


@require_http_methods(["GET", "POST"])
@access(MANAGE_FORMS)
def edit(request: StaffRequest, form_id: int | None = None) -> HttpResponse:
    """Make a form or change one."""
    existing: WebForm | None = WebForm.objects.find(form_id) if form_id is not None else None
    units = Unit.objects.filter(pk__within=request.actor.units_with(MANAGE_FORMS.roles), is_active=True).order_by(
        "path"
    )
    unit_id = existing.unit_id if existing else _first_branch(units)
    options: dict[str, Any] = {
        "units": units,
        "processes": queries.processes_to_choose(unit_id) if unit_id else [],
        "language": get_language() or "it",
        "existing": existing,
    }
    if request.method == "POST":
        form = WebFormForm(request.POST, **options)
        if form.is_valid():
            values = {**form.cleaned_data, "unit_id": form.cleaned_data["unit"].pk}
            del values["unit"]
            services.save_form(form_id=form_id, by=request.actor, now=request.received_at, **values)
            messages.success(request, _("The form was saved."))
            return redirect("portal:forms")
    else:
        start = (
            WebFormForm.values_of(existing)
            if existing
            else {"is_active": True, "brand_color": "#2450d8", "unit": unit_id}
        )
        form = WebFormForm(initial=start, **options)
    context = {"form": form, "existing": existing, "link": _link(existing) if existing else ""}
    return render(request, "portal/manage/form.html", context, status=422 if form.errors else 200)


def _first_branch(units: Any) -> int | None:
    """Return a unit to begin with: the first branch, or whatever there is."""
    rows = list(units.values_list("pk", "kind"))
    return next((pk for pk, kind in rows if kind == UnitKind.BRANCH), rows[0][0] if rows else None)
