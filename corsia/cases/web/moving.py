"""A case goes to another unit, from its page or from the inbox."""

import json

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from corsia.cases import services
from corsia.cases.models import Case
from corsia.cases.permissions import MOVE_CASES
from corsia.cases.queries import case_head
from corsia.cases.queries.moving import places_for
from corsia.cases.web.answers import ask, changed
from corsia.cases.web.forms import MoveForm
from corsia.kernel.access import access, may
from corsia.kernel.http import StaffRequest
from corsia.organisation.queries import tree


@require_http_methods(["GET", "POST"])
@access(MOVE_CASES)
def move(request: StaffRequest, case_id: int) -> HttpResponse:
    """Ask where the case goes and why, and move it."""
    case = case_head(case_id).case
    organisation = tree()
    places = [
        (place.name, [(unit.pk, unit.name, organisation.label(unit.pk)) for unit in place.units])
        for place in places_for(case, organisation=organisation)
    ]
    form = MoveForm(request.POST or None, places=places)
    if request.method == "POST" and form.is_valid():
        moved = services.move_case(
            case_id=case_id,
            unit_id=form.cleaned_data["unit"],
            reason=form.cleaned_data["reason"],
            by=request.actor,
            now=request.received_at,
        )
        return _moved(request, moved)
    is_inbox = request.GET.get("from") == "inbox"
    sees_all = may(request.actor, MOVE_CASES, organisation.group(case.unit_id).pk)
    context = {"case": case, "form": form, "has_places": bool(places), "is_inbox": is_inbox, "sees_all": sees_all}
    status = 422 if form.errors else 200
    if is_inbox and request.htmx:
        answer = render(request, "cases/_move.html", context, status=status)
        answer.headers["HX-Retarget"], answer.headers["HX-Reswap"] = "#dialog-body", "innerHTML"
        return answer
    return ask(request, "cases/_move.html", context, status=status)


@require_POST
@access(MOVE_CASES)
def move_back(request: StaffRequest, case_id: int) -> HttpResponse:
    """Take the last move back."""
    return _moved(request, services.move_back(case_id=case_id, by=request.actor, now=request.received_at))


def _moved(request: StaffRequest, case: Case) -> HttpResponse:
    """Say where the case is now; where that is out of the mover's sight, nothing of it is shown."""
    is_seen = may(request.actor, MOVE_CASES, case.unit_id)
    title = _("#%(number)s is at %(unit)s now") % {"number": case.pk, "unit": tree().label(case.unit_id)}
    undo_url = reverse("cases:move_back", args=[case.pk]) if is_seen else ""
    is_its_page = request.htmx and request.htmx.current_url_abs_path == reverse("cases:case", args=[case.pk])
    if is_seen and (is_its_page or not request.htmx):
        return changed(request, case.pk, title, undo_url=undo_url)
    if is_its_page or not request.htmx:
        # The page stands for a case that is out of sight: it is left.
        messages.success(request, title)
        desk = reverse("cases:desk")
        return HttpResponse(status=204, headers={"HX-Redirect": desk}) if request.htmx else redirect(desk)
    toast = {"title": title, **({"undo_url": undo_url} if undo_url else {})}
    events = {"toast": toast, "closeDialog": {}, "casesChanged": {"case": case.pk}}
    if request.GET.get("from") == "inbox":
        # The inbox goes on with the next one.
        events["conversationClosed" if is_seen else "conversationLeft"] = {"case": case.pk}
    return HttpResponse(status=204, headers={"HX-Trigger": json.dumps(events)})
