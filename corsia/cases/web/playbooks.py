"""The playbook beside a case and beside its conversation."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from corsia.cases import services
from corsia.cases.models import Task
from corsia.cases.permissions import WORK_CASES
from corsia.cases.queries import case_head
from corsia.cases.queries.playbooks import case_playbook
from corsia.kernel.access import access, may
from corsia.kernel.held import held
from corsia.kernel.http import StaffRequest
from corsia.knowledge.permissions import APPROVE_ARTICLES


@require_safe
@access(WORK_CASES, personal=True)
def panel(request: StaffRequest, case_id: int) -> HttpResponse:
    """Show where the case stands and the steps of its playbook."""
    return _panel(request, case_id)


@require_POST
@access(WORK_CASES)
def tick(request: StaffRequest, case_id: int, step_id: int) -> HttpResponse:
    """Tick a step, with the note it asks for."""
    services.tick_step(
        case_id=case_id, step_id=step_id, note=request.POST.get("note", ""), by=request.actor, now=request.received_at
    )
    return _changed(request, case_id)


@require_POST
@access(WORK_CASES)
def untick(request: StaffRequest, case_id: int, step_id: int) -> HttpResponse:
    """Take a tick back, saying why."""
    services.untick_step(
        case_id=case_id,
        step_id=step_id,
        reason=request.POST.get("reason", ""),
        by=request.actor,
        now=request.received_at,
    )
    return _changed(request, case_id)


def _changed(request: StaffRequest, case_id: int) -> HttpResponse:
    return _panel(request, case_id) if request.htmx else redirect("cases:case", case_id)


def _panel(request: StaffRequest, case_id: int) -> HttpResponse:
    with held():
        head = case_head(case_id)
        playbook = case_playbook(head.case)
        context = {
            "case": head.case,
            "phase": head.version.phase_of(head.case.phase_id),
            "playbook": playbook,
            "deadline": head.next_deadline,
            "callbacks": list(
                Task.objects.filter(case=head.case, is_callback=True, done_at=None).order_by("due_at", "pk")[:3]
            )
            if playbook
            else [],
            "may_write": may(request.actor, APPROVE_ARTICLES, head.case.unit_id),
        }
    return render(request, "cases/_playbook.html", context)
