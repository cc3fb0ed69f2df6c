"""Agreements with the staff: everybody may read which holds, administrators record and end them."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from corsia.kernel.access import access, may
from corsia.kernel.blobs import content_of
from corsia.kernel.http import StaffRequest
from corsia.kernel.once import once
from corsia.organisation import services
from corsia.organisation.models import StaffAgreement
from corsia.organisation.permissions import MANAGE_AGREEMENTS, MANAGE_PEOPLE, SEE_ORGANISATION
from corsia.organisation.queries import agreements as queries
from corsia.organisation.queries.tree import tree
from corsia.organisation.web.forms import AgreementForm
from corsia.organisation.web.views import places, today_of


@require_safe
@access(SEE_ORGANISATION)
def listing(request: StaffRequest) -> HttpResponse:
    """Say which agreements hold, which did, and what follows from it for numbers."""
    today = today_of(request)
    context = {
        "rows": [
            {
                "agreement": row,
                "place": tree().label(row.unit_id),
                "holds": queries.holds(row, today=today),
                "is_ahead": row.starts_on > today,
                "last_on": queries.last_day(row),
                "may_end": may(request.actor, MANAGE_AGREEMENTS, row.unit_id)
                and (row.ends_on is None or row.ends_on > today),
            }
            for row in queries.agreements(today=today)
        ],
        "may_add": may(request.actor, MANAGE_AGREEMENTS),
        "may_people": may(request.actor, MANAGE_PEOPLE),
    }
    return render(request, "organisation/agreements.html", context)


@access(MANAGE_AGREEMENTS)
def add(request: StaffRequest) -> HttpResponse:
    """Record a signed agreement."""
    units = places(request, MANAGE_AGREEMENTS)
    form = AgreementForm(request.POST or None, request.FILES or None, units=units)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        file = values.pop("file")

        def record() -> int:
            agreement = services.record_agreement(
                unit_id=values.pop("to"),
                file_name=file.name,
                content=file.read(),
                by=request.actor,
                now=request.received_at,
                **values,
            )
            return agreement.pk

        once(request, door="organisation.record_agreement", act=record)
        messages.success(request, _("The agreement is recorded."))
        return redirect("organisation:agreements")
    return render(request, "organisation/agreement_form.html", {"form": form}, status=422 if form.is_bound else 200)


@require_POST
@access(MANAGE_AGREEMENTS)
def end(request: StaffRequest, agreement_id: int) -> HttpResponse:
    """Let an agreement hold no longer."""
    row: StaffAgreement = StaffAgreement.objects.find(agreement_id)
    services.end_agreement(
        agreement_id=row.pk, today=today_of(request, row.unit_id), by=request.actor, now=request.received_at
    )
    messages.success(request, _("The agreement has ended. Figures of single persons are hidden from now on."))
    if request.htmx:
        return HttpResponse(status=204, headers={"HX-Redirect": reverse("organisation:agreements")})
    return redirect("organisation:agreements")


@require_safe
@access(SEE_ORGANISATION)
def file(request: StaffRequest, agreement_id: int) -> HttpResponse:
    """Hand out the signed document."""
    row: StaffAgreement = StaffAgreement.objects.find(agreement_id)
    response = HttpResponse(content_of(row.file_id), content_type="application/octet-stream")
    response.headers["Content-Disposition"] = content_disposition_header(True, row.file_name) or "attachment"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox; frame-ancestors 'none'"
    return response
