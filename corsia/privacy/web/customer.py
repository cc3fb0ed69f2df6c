"""On one customer: the copy of their data, and their erasure."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from corsia.customers import queries as customers
from corsia.kernel import scope
from corsia.kernel.access import access
from corsia.kernel.http import StaffRequest, row_id
from corsia.kernel.limits import Limit
from corsia.privacy import services
from corsia.privacy.models import Erasure, Export
from corsia.privacy.permissions import MANAGE_PRIVACY
from corsia.privacy.queries.preview import preview
from corsia.privacy.queries.reach import covers_everything, open_cases, readings_of
from corsia.privacy.web.forms import EraseForm

PAGE = 100
COPIES = Limit(name="privacy.copy", times=30, seconds=3600)


@require_GET
@access(MANAGE_PRIVACY, personal=True)
def panel(request: StaffRequest, customer_id: int) -> HttpResponse:
    """Show on the customer page what can be done, and what was."""
    family = customers.family_of(customer_id)
    root = family[0]
    context = {
        "customer": root,
        "may": covers_everything([record.pk for record in family], by=request.actor),
        "erasure": Erasure.objects.filter(customer=root).order_by("-pk").first(),
    }
    return render(request, "privacy/_customer_panel.html", context)


@require_http_methods(["GET", "POST"])
@access(MANAGE_PRIVACY, personal=True, limit=COPIES)
def copies(request: StaffRequest, customer_id: int) -> HttpResponse:
    """List the copies made of a customer's data; have another one made."""
    family = customers.family_of(customer_id)
    root = family[0]
    if not covers_everything([record.pk for record in family], by=request.actor):
        raise services.CasesElsewhere
    if request.method == "POST":
        services.ask_export(customer_id=root.pk, by=request.actor, now=request.received_at)
        messages.success(request, _("The copy is being made. You can download it here in a few moments."))
        return redirect("privacy:copies", customer_id=root.pk)
    rows = list(Export.objects.filter(customer=root).select_related("asked_by").order_by("-pk")[:50])
    context = {"customer": root, "copies": rows, "me": request.actor.id, "waits": any(not row.ready_at for row in rows)}
    template = "privacy/_copies.html" if request.htmx else "privacy/copies.html"
    return render(request, template, context)


@require_GET
@access(MANAGE_PRIVACY, personal=True)
def readings(request: StaffRequest, customer_id: int) -> HttpResponse:
    """Show who of ours looked at the customer or at their cases, newest first."""
    family = customers.family_of(customer_id)
    ids = [record.pk for record in family]
    if not covers_everything(ids, by=request.actor):
        raise services.CasesElsewhere
    before = row_id(request.GET.get("before"))
    rows = readings_of(ids, before=before, limit=PAGE + 1)
    older = rows[PAGE - 1].pk if len(rows) > PAGE else None
    context = {"customer": family[0], "readings": rows[:PAGE], "older": older, "is_paged": before is not None}
    return render(request, "privacy/readings.html", context)


@require_POST
@access(MANAGE_PRIVACY, personal=True, limit=COPIES)
def download(request: StaffRequest, export_id: int) -> HttpResponse:
    """Hand a copy to whoever asked for it, once."""
    content = services.take_export(export_id=export_id, by=request.actor, now=request.received_at)
    response = HttpResponse(content, content_type="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="corsia-{export_id}.zip"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@require_http_methods(["GET", "POST"])
@access(MANAGE_PRIVACY, personal=True)
def erase(request: StaffRequest, customer_id: int) -> HttpResponse:
    """Show exactly what an erasure takes and what it leaves; then have it done."""
    family = customers.family_of(customer_id)
    root, ids = family[0], [record.pk for record in family]
    if not covers_everything(ids, by=request.actor):
        raise services.CasesElsewhere
    form = EraseForm(request.POST or None, number=root.pk)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        services.ask_erasure(customer_id=root.pk, reason=reason, by=request.actor, now=request.received_at)
        messages.success(request, _("The customer is being erased. It takes a few moments."))
        return redirect("customers:index")
    with scope.system("what an erasure would take, for somebody who may do it everywhere"):
        shown = preview(ids)
    context = {
        "customer": root,
        "merged": family[1:],
        "preview": shown,
        "open_cases": open_cases(ids),
        "form": form,
    }
    return render(request, "privacy/erase.html", context, status=422 if request.method == "POST" else 200)
