"""The technician's terminal: today's work, and one door for what was done, with or without a network meanwhile."""

from typing import Any

from django.conf import settings
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from corsia.kernel.access import access, may
from corsia.kernel.errors import CorsiaError, NotFound
from corsia.kernel.http import StaffRequest, row_id
from corsia.kernel.once import once
from corsia.ui.forms import accepted
from corsia.workshop.models import Order, OrderLine, Technician
from corsia.workshop.permissions import RECEIVE, WORK_ON_VEHICLES
from corsia.workshop.queries.orders import technicians_of, workshops
from corsia.workshop.queries.terminal import board_of, technician_of
from corsia.workshop.services import approvals, reception, work
from corsia.workshop.services.approvals import Proposal
from corsia.workshop.services.reception import PictureData
from corsia.workshop.services.work import ClockOff
from corsia.workshop.vocabulary import Verdict
from corsia.workshop.web.forms import DoneForm, TerminalExtraForm


@require_safe
@access(WORK_ON_VEHICLES, personal=True)
def show(request: StaffRequest) -> HttpResponse:
    """Show today's work of a technician: the person's own, or, at the desk, anybody's of its workshops."""
    own = technician_of(request.actor.id)
    units = [unit_id for unit_id, _name in workshops() if may(request.actor, RECEIVE, unit_id)]
    colleagues = [one for unit_id in units for one in technicians_of(unit_id)]
    chosen_id = row_id(request.GET.get("technician"))
    technician = next((one for one in colleagues if one.pk == chosen_id), None) or own
    if technician is None and colleagues:
        technician = colleagues[0]
    context: dict[str, Any] = {
        "board": board_of(technician, now=request.received_at) if technician else None,
        "colleagues": colleagues,
        "technician": technician,
        "verdicts": Verdict.choices,
        "now": request.received_at,
    }
    return render(request, "workshop/terminal.html", context)


@require_POST
@access(WORK_ON_VEHICLES)
def send(request: StaffRequest) -> HttpResponse:
    """Take what was done. Sent again with its key it counts once; a script that asks is answered in JSON."""
    wants_json = request.headers.get("Accept") == "application/json"
    try:
        given = accepted(DoneForm(request.POST, request.FILES))
        once(request, door="workshop.terminal", act=lambda: _do(request, given))
    except CorsiaError as refusal:
        if not wants_json:
            raise
        return JsonResponse({"refused": str(refusal)}, status=refusal.status)
    if wants_json:
        return JsonResponse({"done": str(given["key"])})
    technician = given["technician"]
    return redirect(reverse("workshop:terminal") + (f"?technician={technician}" if technician else ""))


def _do(request: StaffRequest, given: dict[str, Any]) -> int:
    kind, by, now = given["kind"], request.actor, request.received_at
    order: Order = Order.objects.find(given["order"])
    if given["line"] is not None and not OrderLine.objects.filter(pk=given["line"], order=order).exists():
        raise NotFound(kind=OrderLine._meta.label)
    if given["technician"] is not None:
        Technician.objects.find(given["technician"])
    at: dict[str, Any] = {"at": given["at"] or now, "by": by, "now": now}
    match kind:
        case "on":
            work.clock_on(line_id=given["line"], technician_id=given["technician"], key=given["key"], **at)
        case "off":
            end = ClockOff(
                key=given["key"],
                start_key=given["start_key"],
                line_id=given["line"],
                technician_id=given["technician"],
                started_at=given["started_at"],
                at=given["at"] or now,
            )
            work.clock_off(data=end, by=by, now=now)
        case "finish":
            work.finish_line(line_id=given["line"], **at)
        case "check":
            work.record_finding(
                order_id=order.pk,
                item=given["item"],
                verdict=given["verdict"],
                note=given["note"],
                key=given["key"],
                **at,
            )
            _keep_photo(order, given, at)
        case "photo":
            _keep_photo(order, given, at)
        case "extra":
            form = TerminalExtraForm(request.POST, request.FILES)
            said = accepted(form)
            data = Proposal(line=form.line(), reason=said["reason"], picture=form.picture(given["key"]))
            approvals.propose_extra(order_id=order.pk, data=data, by=by, now=now)
    return int(order.pk)


def _keep_photo(order: Order, given: dict[str, Any], at: dict[str, Any]) -> None:
    if given["photo"]:
        data = PictureData(content=given["photo"].read(), note=given["note"], key=given["key"])
        reception.add_picture(order_id=order.pk, data=data, **at)


@require_safe
@access(None)
def worker(request: StaffRequest) -> HttpResponse:
    """Give the script that keeps the terminal for when there is no network."""
    response = render(
        request,
        "workshop/terminal_worker.js",
        {"base": settings.STATIC_URL},
        content_type="text/javascript; charset=utf-8",
    )
    response.headers["Cache-Control"] = "no-store"
    return response
