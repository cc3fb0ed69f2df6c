"""The pipeline of actions: a board to drag on, with a menu and keys that do the same; and the matrix of all cards."""

import json

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from corsia.improvement.permissions import SEE_IMPROVEMENT
from corsia.improvement.queries.actions import board as columns_of
from corsia.improvement.queries.authority import actions_of
from corsia.improvement.services import actions as services
from corsia.improvement.vocabulary import ActionState
from corsia.improvement.web.places import nav
from corsia.kernel.access import access
from corsia.kernel.errors import NotFound
from corsia.kernel.http import StaffRequest
from corsia.organisation.queries import tree
from corsia.organisation.vocabulary import UnitKind


@require_safe
@access(SEE_IMPROVEMENT)
def board(request: StaffRequest) -> HttpResponse:
    """Show the pipeline of every action that one leads, owns or works on."""
    actions = actions_of(request.actor)
    places = tree()
    asked = request.GET.get("unit", "")
    branches = sorted(
        {
            branch.pk: branch
            for unit_id in set(actions.values_list("units__unit_id", flat=True)) - {None}
            for branch in places.chain(unit_id)
            if branch.kind == UnitKind.BRANCH
        }.values(),
        key=lambda unit: unit.name,
    )
    branch = next((unit for unit in branches if str(unit.pk) == asked), None)
    if branch is not None:
        below = [unit.pk for unit in places.units.values() if unit.path.startswith(branch.path)]
        actions = actions.filter(pk__in=actions.filter(units__unit_id__in=below).values("pk"))
    context = nav(request) | {
        "columns": columns_of(actions, today=timezone.localdate(request.received_at)),
        "branches": branches,
        "branch": branch,
        "now": request.received_at,
    }
    template = "improvement/_board.html" if request.htmx else "improvement/board.html"
    return render(request, template, context)


@require_POST
@access(SEE_IMPROVEMENT)
def move(request: StaffRequest, action_id: int) -> HttpResponse:
    """Move a card to another state."""
    state = request.POST.get("state", "")
    if state not in ActionState.values:
        raise NotFound(kind="improvement.ActionState")
    action = services.move_action(action_id=action_id, state=state, by=request.actor, now=request.received_at)
    if not request.htmx:
        return redirect("improvement:action", action.pk)
    told = _("“%(title)s”: %(state)s") % {"title": action.title, "state": action.get_state_display()}
    triggers = {"toast": {"title": told}, "actionsChanged": True}
    return HttpResponse(status=204, headers={"HX-Trigger": json.dumps(triggers)})
