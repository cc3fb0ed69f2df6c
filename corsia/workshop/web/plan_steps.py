"""One step of the plan: its card, and the form, the mouse or the keys that move it."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_POST, require_safe

from corsia.kernel.access import access, may
from corsia.kernel.errors import Invalid, NotFound
from corsia.kernel.http import StaffRequest, row_id
from corsia.organisation.queries import tree
from corsia.ui.templatetags.ui import local_name
from corsia.workshop.permissions import PLAN, SEE_WORKSHOP
from corsia.workshop.queries.plan import bays_for, step_of, steps_of_visit, technicians_for, waiting_step
from corsia.workshop.queries.plan_states import PlannedStep
from corsia.workshop.services import planning as services
from corsia.workshop.services.plan_refusals import TakenMeanwhile
from corsia.workshop.services.planning import Moved, Seen
from corsia.workshop.web.plan import FIRST_YEAR, LAST_YEAR
from corsia.workshop.web.plan_drawing import TONES, hours_words, state_words, when_words


class HourMissing(Invalid):
    code = "workshop.hour_missing"
    message = gettext_lazy("Say who does it, on which day and at which hour.")


@require_safe
@access(SEE_WORKSHOP)
def step(request: StaffRequest, allocation_id: int) -> HttpResponse:
    """Show a step with its visit, and the form that moves it."""
    planned = step_of(allocation_id, now=request.received_at)
    allocation = planned.allocation
    zone = tree().time_zone(allocation.unit_id)
    context = {
        "planned": planned,
        "visit": allocation.visit,
        "job": allocation.visit_job.job,
        "step": allocation.step,
        "state": state_words()[planned.state],
        "tone": TONES[planned.state],
        "others": _others(steps_of_visit(allocation.visit_id, now=request.received_at), zone, but=allocation.pk),
        "may_plan": planned.may_move and may(request.actor, PLAN, allocation.unit_id),
        "technicians": technicians_for(allocation.unit_id, allocation.step),
        "bays": bays_for(allocation.unit_id, allocation.step),
        "start": allocation.starts_at.astimezone(zone),
        "when_text": when_words(allocation.starts_at, zone, until=allocation.ends_at),
        "promised_text": when_words(allocation.visit.promised_at, zone),
        "drop_off_text": when_words(allocation.visit.drop_off_at, zone),
        "action": reverse("workshop:plan_move", args=[allocation.pk]),
        "seen_technician": allocation.technician_id,
        "bay_id": allocation.bay_id,
    }  # fmt: skip
    return render(request, "workshop/_plan_step.html", context)


@require_safe
@access(SEE_WORKSHOP)
def waiting(request: StaffRequest, visit_job_id: int, step_id: int) -> HttpResponse:
    """Show a step that nobody has in hand, and the form that plans it."""
    found = waiting_step(visit_job_id, step_id)
    if found is None:
        raise NotFound(kind="workshop.JobStep")
    visit = found.visit
    zone = tree().time_zone(visit.unit_id)
    begins = max(visit.drop_off_at, request.received_at).astimezone(zone)
    context = {
        "planned": None,
        "visit": visit,
        "job": found.line.job,
        "step": found.step,
        "state": pgettext("step", "To be planned"),
        "tone": "t-warn",
        "others": _others(steps_of_visit(visit.pk, now=request.received_at), zone),
        "may_plan": may(request.actor, PLAN, visit.unit_id),
        "technicians": technicians_for(visit.unit_id, found.step),
        "bays": bays_for(visit.unit_id, found.step),
        "start": begins,
        "promised_text": when_words(visit.promised_at, zone),
        "drop_off_text": when_words(visit.drop_off_at, zone),
        "action": reverse("workshop:plan_step", args=[found.line.pk, found.step.pk]),
        "seen_technician": None,
        "bay_id": None,
    }
    return render(request, "workshop/_plan_step.html", context)


@require_POST
@access(PLAN)
def move(request: StaffRequest, allocation_id: int) -> HttpResponse:
    """Move a step to other hands, another bay or another hour."""
    unit_id = step_of(allocation_id, now=request.received_at).allocation.unit_id
    seen_by, seen_at = row_id(request.POST.get("seen_technician")), request.POST.get("seen_start", "")
    seen = Seen(technician_id=seen_by, starts_at=_instant(seen_at, unit_id)) if seen_by and seen_at else None
    moved = services.move_allocation(
        allocation_id=allocation_id, seen=seen, **_wanted(request, unit_id), by=request.actor, now=request.received_at
    )
    return _told(moved)


@require_POST
@access(PLAN)
def plan_step(request: StaffRequest, visit_job_id: int, step_id: int) -> HttpResponse:
    """Plan a step that waits."""
    found = waiting_step(visit_job_id, step_id)
    if found is None:
        raise TakenMeanwhile
    moved = services.plan_step(
        visit_job_id=visit_job_id,
        step_id=step_id,
        **_wanted(request, found.visit.unit_id),
        by=request.actor,
        now=request.received_at,
    )
    return _told(moved)


@require_POST
@access(PLAN)
def undo(request: StaffRequest, allocation_id: int) -> HttpResponse:
    """Take the last move of a step back."""
    services.undo_move(allocation_id=allocation_id, by=request.actor, now=request.received_at)
    return JsonResponse({"title": pgettext("plan", "Taken back")})


def _told(moved: Moved) -> JsonResponse:
    """Say what came of a move, in the words of the toast."""
    allocation = moved.allocation
    zone = tree().time_zone(allocation.unit_id)
    lines = [
        f"{allocation.technician.person.full_name} · {hours_words(allocation.starts_at, allocation.ends_at, zone)}"
    ]
    if moved.bay_before is not None:
        busy = {"before": moved.bay_before.name, "after": allocation.bay.name}
        lines.append(_("“%(before)s” is busy: it is done in “%(after)s”.") % busy)
    if moved.promised_before is not None:
        promised = f"{allocation.visit.promised_at.astimezone(zone):%H:%M}"
        lines.append(_("The customer is told that the vehicle is ready at %(hour)s.") % {"hour": promised})
    return JsonResponse(
        {
            "id": allocation.pk,
            "title": local_name(allocation.visit_job.job),
            "text": " ".join(lines),
            "undo": reverse("workshop:plan_undo", args=[allocation.pk]),
        }
    )


def _wanted(request: StaffRequest, unit_id: int) -> dict[str, Any]:
    technician_id = row_id(request.POST.get("technician"))
    start = request.POST.get("start", "") or f"{request.POST.get('day', '')}T{request.POST.get('hour', '')}"
    if technician_id is None:
        raise HourMissing
    bay_id = row_id(request.POST.get("bay"))
    if request.POST.get("bay") and bay_id is None:
        raise NotFound(kind="workshop.Bay")
    return {
        "technician_id": technician_id,
        "bay_id": bay_id,
        "starts_at": _instant(start, unit_id),
        "accept_new_promise": request.POST.get("accept") == "1",
    }


def _instant(text: str, unit_id: int) -> datetime:
    """Return the instant that the clock on the workshop's wall shows so."""
    try:
        wall = parse_datetime(text)
    except ValueError as unreadable:
        raise HourMissing from unreadable
    if wall is None or wall.tzinfo is not None or not FIRST_YEAR <= wall.year <= LAST_YEAR:
        raise HourMissing
    return wall.replace(tzinfo=tree().time_zone(unit_id), second=0, microsecond=0).astimezone(UTC)


def _others(steps: list[PlannedStep], zone: ZoneInfo, *, but: int | None = None) -> list[dict[str, str]]:
    return [
        {
            "name": local_name(one.allocation.visit_job.job),
            "when": when_words(one.allocation.starts_at, zone, until=one.allocation.ends_at),
            "who": one.allocation.technician.person.full_name,
        }
        for one in steps
        if one.allocation.pk != but
    ]
