"""The page of one case."""

from django.http import HttpResponse
from django.shortcuts import redirect, render

from corsia.cases import services
from corsia.cases.permissions import WORK_CASES
from corsia.cases.queries import case_head
from corsia.cases.queries.case_page import vehicles_of
from corsia.cases.queries.causes import causes_for
from corsia.cases.web.answers import ask, case_context, changed
from corsia.cases.web.forms import DetailsForm
from corsia.kernel.access import access
from corsia.kernel.http import StaffRequest


@access(WORK_CASES, personal=True)
def show(request: StaffRequest, case_id: int) -> HttpResponse:
    """Show a case with its clocks, phases, tasks, relations and history; the messages are another context's panel."""
    return render(request, "cases/case.html", case_context(request, case_id))


@access(WORK_CASES, personal=True)
def parts(request: StaffRequest, case_id: int) -> HttpResponse:
    """Show again what may have changed on an open page, without touching what somebody is typing."""
    return render(request, "cases/_parts.html", case_context(request, case_id))


@access(WORK_CASES, personal=True)
def edit(request: StaffRequest, case_id: int) -> HttpResponse:
    """Change what describes the case."""
    head = case_head(case_id)
    case = head.case
    initial = {
        "subject": case.subject,
        "reference": case.reference,
        "purchase_channel": case.purchase_channel,
        "cause": case.cause_id,
        "root_cause": case.root_cause,
        "remedy": case.remedy,
        "customer_id": case.customer_id,
        "vehicle_id": case.vehicle_id,
    }
    form = DetailsForm(
        request.POST or None,
        initial=initial,
        causes=causes_for(head.version.process_key, chosen_id=case.cause_id),
    )
    if request.method == "POST" and form.is_valid():
        services.describe(case_id=case_id, details=form.details(), by=request.actor, now=request.received_at)
        return changed(request, case_id) if request.htmx else redirect("cases:case", case_id)
    context = {"case": case, "form": form, "vehicles": vehicles_of(case.customer_id)}
    return ask(request, "cases/_edit.html", context, status=422 if form.errors else 200)
