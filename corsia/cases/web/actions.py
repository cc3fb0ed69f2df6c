"""What people do with one case: each view is one call."""

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from corsia.cases import services
from corsia.cases.models import Case, Task
from corsia.cases.permissions import WORK_CASES
from corsia.cases.queries import case_head, definition, people_who_work_in
from corsia.cases.queries.case_page import vehicles_of
from corsia.cases.queries.causes import causes_for
from corsia.cases.queries.definitions import closing_kinds
from corsia.cases.queries.heads import CaseHead
from corsia.cases.queries.missing import missing_before, phases_asked
from corsia.cases.queries.recovery import is_being_recovered
from corsia.cases.services.care import SnoozeInThePast
from corsia.cases.services.tasks import NoOwnerOrDay
from corsia.cases.vocabulary import EndKind, Holder, RequiredField, TaskKind
from corsia.cases.web.answers import ask, changed
from corsia.cases.web.forms import CloseForm, FillingForm, HoldForm, ReasonForm, SnoozeForm, TaskForm, tomorrow
from corsia.kernel.access import access
from corsia.kernel.http import StaffRequest
from corsia.organisation.queries import time_zone_of


@require_POST
@access(WORK_CASES)
def take(request: StaffRequest, case_id: int) -> HttpResponse:
    """Take the case."""
    services.take(case_id=case_id, by=request.actor, now=request.received_at)
    return changed(request, case_id, _("The case is yours"))


@require_POST
@access(WORK_CASES)
def assign(request: StaffRequest, case_id: int) -> HttpResponse:
    """Give the case to somebody, or to nobody."""
    person = _number(request.POST.get("person", ""))
    services.assign(case_id=case_id, person_id=person, by=request.actor, now=request.received_at)
    return changed(request, case_id, _("Assigned") if person else _("No longer assigned"))


@require_http_methods(["GET", "POST"])
@access(WORK_CASES)
def hand_over(request: StaffRequest, case_id: int) -> HttpResponse:
    """Give the case to a colleague, with the reason."""
    case = case_head(case_id).case
    form = ReasonForm(request.POST or None)
    person = _number(request.POST.get("person", ""))
    if request.method == "POST" and form.is_valid() and person:
        services.hand_over(
            case_id=case_id,
            person_id=person,
            reason=form.cleaned_data["reason"],
            by=request.actor,
            now=request.received_at,
        )
        return changed(request, case_id, _("Handed over: you go on watching it"))
    people = people_who_work_in(case.unit_id, now=request.received_at).exclude(pk=case.assignee_id or 0)
    context = {"case": case, "form": form, "people": people, "person": person, "is_late": request.method == "POST"}
    return ask(request, "cases/_hand_over.html", context, status=422 if request.method == "POST" else 200)


@require_POST
@access(WORK_CASES)
def priority(request: StaffRequest, case_id: int) -> HttpResponse:
    """Change the priority."""
    wanted = _number(request.POST.get("priority", "")) or 0
    services.set_priority(case_id=case_id, priority=wanted, by=request.actor, now=request.received_at)
    return changed(request, case_id)


@require_http_methods(["GET", "POST"])
@access(WORK_CASES)
def snooze(request: StaffRequest, case_id: int) -> HttpResponse:
    """Put the case out of sight until a moment, or wake it."""
    case = case_head(case_id).case
    zone = time_zone_of(case.unit_id)
    if request.POST.get("wake"):
        services.snooze(case_id=case_id, until=None, by=request.actor, now=request.received_at)
        return changed(request, case_id)
    form = SnoozeForm(request.POST or None, initial={"on": tomorrow(request.received_at, zone)})
    if request.method == "POST" and form.is_valid():
        if form.until(zone) > request.received_at:
            services.snooze(case_id=case_id, until=form.until(zone), by=request.actor, now=request.received_at)
            return changed(request, case_id, _("Snoozed"))
        form.add_error("on", str(SnoozeInThePast()))
    return ask(request, "cases/_snooze.html", {"case": case, "form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@access(WORK_CASES)
def hand_to(request: StaffRequest, case_id: int) -> HttpResponse:
    """Say who has the case in hand."""
    case = case_head(case_id).case
    form = HoldForm(request.POST or None, initial={"holder": _usual_holder(case)})
    if request.method == "POST" and form.is_valid():
        services.hand_to(case_id=case_id, **form.cleaned_data, by=request.actor, now=request.received_at)
        return changed(request, case_id)
    return ask(request, "cases/_hold.html", {"case": case, "form": form}, status=422 if form.errors else 200)


@require_POST
@access(WORK_CASES)
def enter_phase(request: StaffRequest, case_id: int, phase_key: str) -> HttpResponse:
    """Move the case to a phase; what the phase it leaves asks for is asked in place."""
    head = case_head(case_id)
    target = head.version.phase(phase_key)
    form = _filling(request, head, is_end=bool(target.end_kind))
    if form is not None and (not request.POST.get("filling") or not form.is_valid()):
        return _ask_filling(request, head, form, target_name=target, action="phase")
    services.enter_phase(
        case_id=case_id,
        phase_key=phase_key,
        filling=form.details() if form else None,
        by=request.actor,
        now=request.received_at,
    )
    return changed(request, case_id, _("Case closed") if target.end_kind else "")


@require_http_methods(["GET", "POST"])
@access(WORK_CASES)
def close(request: StaffRequest, case_id: int) -> HttpResponse:
    """Close the case with one of the ends its process has."""
    head = case_head(case_id)
    kinds = closing_kinds(head.version)
    chosen = CloseForm(request.POST or None, initial={"end_kind": kinds[0] if kinds else ""})
    chosen.fields["end_kind"].choices = [(kind, EndKind(kind).label) for kind in kinds]  # type: ignore[attr-defined]
    if request.method != "POST" or not chosen.is_valid():
        context = {"case": head.case, "form": chosen}
        return ask(request, "cases/_close.html", context, status=422 if chosen.errors else 200)
    end_kind = chosen.cleaned_data["end_kind"]
    form = _filling(request, head, end_kind=end_kind)
    if form is not None and (not request.POST.get("filling") or not form.is_valid()):
        return _ask_filling(request, head, form, target_name=None, action="close", end_kind=end_kind)
    services.close_case(
        case_id=case_id,
        end_kind=end_kind,
        filling=form.details() if form else None,
        by=request.actor,
        now=request.received_at,
    )
    return changed(request, case_id, _("Case closed"))


@require_http_methods(["GET", "POST"])
@access(WORK_CASES)
def reopen(request: StaffRequest, case_id: int) -> HttpResponse:
    """Open a closed case again, saying why."""
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        services.reopen_case(
            case_id=case_id, reason=form.cleaned_data["reason"], by=request.actor, now=request.received_at
        )
        return changed(request, case_id, _("Case reopened"))
    context = {"case": case_head(case_id).case, "form": form}
    return ask(request, "cases/_reopen.html", context, status=422 if form.errors else 200)


@require_POST
@access(WORK_CASES)
def watch(request: StaffRequest, case_id: int) -> HttpResponse:
    """Be told about the case."""
    services.watch(case_id=case_id, by=request.actor, now=request.received_at)
    return changed(request, case_id)


@require_POST
@access(WORK_CASES)
def unwatch(request: StaffRequest, case_id: int) -> HttpResponse:
    """Be told about the case no longer."""
    services.unwatch(case_id=case_id, by=request.actor, now=request.received_at)
    return changed(request, case_id)


@require_POST
@access(WORK_CASES)
def add_tag(request: StaffRequest, case_id: int) -> HttpResponse:
    """Put a tag on the case."""
    services.add_tag(case_id=case_id, label=request.POST.get("label", ""), by=request.actor, now=request.received_at)
    return changed(request, case_id)


@require_POST
@access(WORK_CASES)
def remove_tag(request: StaffRequest, case_id: int) -> HttpResponse:
    """Take a tag off the case."""
    services.remove_tag(case_id=case_id, label=request.POST.get("label", ""), by=request.actor, now=request.received_at)
    return changed(request, case_id)


@require_http_methods(["GET", "POST"])
@access(WORK_CASES)
def add_task(request: StaffRequest, case_id: int) -> HttpResponse:
    """Add a task."""
    case = case_head(case_id).case
    typed = request.POST if request.method == "POST" else None
    form = TaskForm(typed, people=people_who_work_in(case.unit_id, now=request.received_at))
    if form.is_valid() and form.cleaned_data["kind"] == TaskKind.CORRECTIVE:
        for name in ("assignee", "on"):
            if not form.cleaned_data[name]:
                form.add_error(name, str(NoOwnerOrDay()))
    if not form.is_valid():
        return ask(request, "cases/_task.html", {"case": case, "form": form}, status=422 if form.errors else 200)
    services.add_task(
        case_id=case_id,
        title=form.cleaned_data["title"],
        kind=form.cleaned_data["kind"] or TaskKind.TASK,
        assignee_id=form.cleaned_data["assignee"],
        due_at=form.due_at(time_zone_of(case.unit_id)),
        by=request.actor,
        now=request.received_at,
    )
    return changed(request, case_id)


@require_POST
@access(WORK_CASES)
def finish_task(request: StaffRequest, task_id: int) -> HttpResponse:
    """Note that a task is done."""
    task = services.finish_task(task_id=task_id, by=request.actor, now=request.received_at)
    return changed(request, task.case_id)


@require_POST
@access(WORK_CASES)
def take_up_task(request: StaffRequest, task_id: int) -> HttpResponse:
    """Note that a task is not done after all."""
    task = services.take_up_task(task_id=task_id, by=request.actor, now=request.received_at)
    return changed(request, task.case_id)


@require_POST
@access(WORK_CASES)
def remove_task(request: StaffRequest, task_id: int) -> HttpResponse:
    """Remove a task."""
    case_id = Task.objects.find(task_id).case_id
    services.remove_task(task_id=task_id, by=request.actor, now=request.received_at)
    return changed(request, case_id)


def _filling(request: StaffRequest, head: CaseHead, *, end_kind: str = "", is_end: bool = False) -> FillingForm | None:
    """Return the form for what the phases on the way ask for and the case does not have; None when nothing.

    Args:
        is_end: the case is about to close: one that wins somebody back asks how that ended.
    """
    missing = missing_before(head.case, phases_asked(head.case, head.version, end_kind=end_kind))
    asks_outcome = (is_end or bool(end_kind)) and is_being_recovered(head.case.pk)
    if not missing and not asks_outcome:
        return None
    return FillingForm(
        request.POST if request.POST.get("filling") else None,
        fields=missing,
        vehicles=vehicles_of(head.case.customer_id),
        people=people_who_work_in(head.case.unit_id, now=request.received_at),
        causes=causes_for(head.version.process_key) if RequiredField.CAUSE in missing else (),
        asks_outcome=asks_outcome,
    )


def _ask_filling(
    request: StaffRequest, head: CaseHead, form: FillingForm, *, target_name: Any, action: str, end_kind: str = ""
) -> HttpResponse:
    current = definition(head.case.version_id).phase_of(head.case.phase_id)
    context = {
        "case": head.case,
        "form": form,
        "current": current,
        "target": target_name,
        "action": action,
        "end_kind": end_kind,
        "origin": request.POST.get("from", ""),
    }
    return ask(request, "cases/_filling.html", context, status=422)


def _usual_holder(case: Case) -> str:
    return Holder.CUSTOMER if case.holder == Holder.US else Holder.US


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 18 else None
