"""A case and other cases."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from corsia.cases import services
from corsia.cases.permissions import WORK_CASES
from corsia.cases.queries import case_head, startable
from corsia.cases.web.answers import ask, changed
from corsia.cases.web.forms import OtherCaseForm, SplitForm
from corsia.kernel.access import access
from corsia.kernel.http import StaffRequest


@require_http_methods(["GET", "POST"])
@access(WORK_CASES)
def merge(request: StaffRequest, case_id: int) -> HttpResponse:
    """Merge the case into another one."""
    form = OtherCaseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        survivor = services.merge_cases(
            survivor_id=form.cleaned_data["other"], absorbed_id=case_id, by=request.actor, now=request.received_at
        )
        return _go_to(request, survivor.pk)
    context = {"case": case_head(case_id).case, "form": form, "what": "merge"}
    return ask(request, "cases/_other.html", context, status=422 if form.errors else 200)


@require_POST
@access(WORK_CASES)
def unmerge(request: StaffRequest, case_id: int) -> HttpResponse:
    """Take a merge back."""
    services.unmerge_case(case_id=case_id, by=request.actor, now=request.received_at)
    return _go_to(request, case_id)


@require_http_methods(["GET", "POST"])
@access(WORK_CASES)
def split(request: StaffRequest, case_id: int) -> HttpResponse:
    """Split another matter off into a case of its own."""
    case = case_head(case_id).case
    processes = startable(case.unit_id)
    initial = {"subject": case.subject, "process": case.version.process.key}
    form = SplitForm(request.POST or None, processes=processes, initial=initial)
    if request.method == "POST" and form.is_valid():
        new = services.split_case(
            case_id=case_id,
            subject=form.cleaned_data["subject"],
            process_key=form.cleaned_data["process"],
            by=request.actor,
            now=request.received_at,
        )
        return _go_to(request, new.pk)
    return ask(request, "cases/_split.html", {"case": case, "form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@access(WORK_CASES)
def link(request: StaffRequest, case_id: int) -> HttpResponse:
    """Link the case with another one."""
    form = OtherCaseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        services.link_cases(
            case_id=case_id, other_id=form.cleaned_data["other"], by=request.actor, now=request.received_at
        )
        return changed(request, case_id, _("Linked"))
    context = {"case": case_head(case_id).case, "form": form, "what": "link"}
    return ask(request, "cases/_other.html", context, status=422 if form.errors else 200)


@require_POST
@access(WORK_CASES)
def unlink(request: StaffRequest, case_id: int, other_id: int) -> HttpResponse:
    """Take a link away."""
    services.unlink_cases(case_id=case_id, other_id=other_id, by=request.actor, now=request.received_at)
    return changed(request, case_id)


@require_http_methods(["GET", "POST"])
@access(WORK_CASES)
def set_parent(request: StaffRequest, case_id: int) -> HttpResponse:
    """Put the case under another one, or under none."""
    if request.POST.get("none"):
        services.set_parent(case_id=case_id, parent_id=None, by=request.actor, now=request.received_at)
        return changed(request, case_id)
    form = OtherCaseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        services.set_parent(
            case_id=case_id, parent_id=form.cleaned_data["other"], by=request.actor, now=request.received_at
        )
        return changed(request, case_id)
    context = {"case": case_head(case_id).case, "form": form, "what": "parent"}
    return ask(request, "cases/_other.html", context, status=422 if form.errors else 200)


def _go_to(request: StaffRequest, case_id: int) -> HttpResponse:
    answer = redirect("cases:case", case_id)
    if request.htmx:
        return HttpResponse(status=204, headers={"HX-Redirect": answer["Location"]})
    return answer
