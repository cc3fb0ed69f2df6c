"""One action: its card, place on the matrix, measures, evidence."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from corsia.improvement.models import Action, Evidence, MacroAction
from corsia.improvement.permissions import LEAD_IMPROVEMENT, SEE_IMPROVEMENT
from corsia.improvement.ports import touchpoints
from corsia.improvement.queries.actions import is_late, kpi_lines
from corsia.improvement.queries.authority import open_action, open_group, works_on
from corsia.improvement.queries.effects import measured, verdict_of
from corsia.improvement.queries.groups import card_dots, quadrant_of_action, segment_names
from corsia.improvement.queries.people import candidates
from corsia.improvement.services import actions as services
from corsia.improvement.vocabulary import ENDED_STATES, ActionState
from corsia.improvement.web.effect import effect_words
from corsia.improvement.web.forms import (
    CardForm,
    EvidenceForm,
    MeasureForm,
    PlaceForm,
    ReadingForm,
    people_choices,
)
from corsia.improvement.web.matrices import benefit
from corsia.improvement.web.places import led_units, nav, places_of_action, today_at
from corsia.kernel.access import access, demand
from corsia.kernel.blobs import content_of
from corsia.kernel.errors import NotAllowed, NotFound
from corsia.kernel.http import StaffRequest, row_id
from corsia.kernel.once import once
from corsia.organisation.queries import tree
from corsia.ui.forms import accepted, told_in
from corsia.ui.money import euros

_FILE_POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"


@require_safe
@access(SEE_IMPROVEMENT)
def show(request: StaffRequest, action_id: int) -> HttpResponse:
    """Show a card with its measures and evidence."""
    action = open_action(action_id, request.actor)
    places = tree()
    effect = verdict_of(action, now=request.received_at)
    context: dict[str, Any] = nav(request) | {
        "action": action,
        "place": places.label(action.unit_id),
        "quadrant": quadrant_of_action(action),
        "segments": segment_names(action.segments),
        "units": sorted(places.label(pk) for pk in action.units.values_list("unit_id", flat=True)),
        "kpis": kpi_lines(action),
        "evidence": list(action.evidence.select_related("added_by").order_by("-added_at", "-pk")),
        "states": [state for state in ActionState if state != action.state],
        "steps": _steps(action),
        "works": works_on(request.actor, action),
        "touchpoint": dict(touchpoints().names(action.unit_id)).get(action.touchpoint, action.touchpoint),
        "is_ended": action.state in ENDED_STATES,
        "is_late": is_late(action, today=today_at(request, action.unit_id)),
        "effect": effect,
        "effect_words": effect_words(effect),
        "has_effect": bool(measured(action)) and action.begins_on is not None,
        "culture": list(action.culture.order_by("planned_on", "pk")),
        "measure_form": MeasureForm(),
        "reading_form": ReadingForm(initial={"on": today_at(request, action.unit_id)}),
        "evidence_form": EvidenceForm(),
        "place_form": PlaceForm(initial={"x": action.constraint, "y": action.benefit}),
        "cost": euros(action.cost_cents) if action.cost_cents is not None else "",
        "worth": euros(action.cents_per_point) if action.cents_per_point is not None else "",
        "now": request.received_at,
    }
    return render(request, "improvement/action.html", context)


@require_http_methods(["GET", "POST"])
@access(SEE_IMPROVEMENT)
def new(request: StaffRequest) -> HttpResponse:
    """Write a card, of a group or of a unit."""
    asked = request.POST if request.method == "POST" else request.GET
    group_id, macro_id, unit_id = (row_id(asked.get(name)) for name in ("group", "macro", "unit"))
    macro: MacroAction | None = None
    if group_id is not None:
        group = open_group(group_id, request.actor)
        unit_id = group.unit_id
        macro = group.macros.filter(pk=macro_id).first() if macro_id else None
        if macro_id and macro is None:
            raise NotFound(kind=MacroAction._meta.label)
    else:
        group = None
        units = led_units(request)
        if not units:
            raise NotAllowed(right=LEAD_IMPROVEMENT.name)
        unit_id = unit_id or units[0][0]
        tree().unit(unit_id)
        demand(request.actor, LEAD_IMPROVEMENT, unit_id)
    form = _card_form(request, unit_id, initial={"title": macro.title if macro else ""})
    if request.method == "POST" and form.is_valid():
        with told_in(form):

            def make() -> int:
                return services.make_action(
                    unit_id=unit_id,
                    group_id=group_id,
                    macro_id=macro.pk if macro else None,
                    card=form.card(),
                    by=request.actor,
                    now=request.received_at,
                ).pk

            return redirect("improvement:action", once(request, door="improvement.action", act=make))
    context = nav(request) | {
        "form": form,
        "group": group,
        "macro": macro,
        "unit_id": unit_id,
        "units": [] if group else led_units(request),
    }
    return render(request, "improvement/action_form.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@access(SEE_IMPROVEMENT)
def edit(request: StaffRequest, action_id: int) -> HttpResponse:
    """Write a card anew."""
    action = open_action(action_id, request.actor)
    if not works_on(request.actor, action):
        raise NotAllowed(right=LEAD_IMPROVEMENT.name)
    form = _card_form(request, action.unit_id, initial=CardForm.initial_of(action), action=action)
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            services.edit_action(action_id=action_id, card=form.card(), by=request.actor, now=request.received_at)
            return redirect("improvement:action", action_id)
    context = nav(request) | {"form": form, "action": action, "group": action.group, "unit_id": action.unit_id}
    return render(request, "improvement/action_form.html", context, status=422 if form.errors else 200)


def _card_form(
    request: StaffRequest, unit_id: int, *, initial: dict[str, Any], action: Action | None = None
) -> CardForm:
    form = CardForm(request.POST if request.method == "POST" else None, initial=initial)
    owners = people_choices(candidates(unit_id, today=timezone.localdate(request.received_at)))
    if action is not None and action.owner is not None:
        owners.insert(0, (action.owner_id, action.owner.full_name))  # who left the unit keeps it until it is given on
    places = dict(places_of_action(unit_id))
    if action is not None:
        places |= {pk: tree().label(pk) for pk in action.units.values_list("unit_id", flat=True)}
    form.offer(
        owner=[("", _("Nobody yet")), *owners],
        units=places.items(),
        touchpoint=_points(unit_id, action.touchpoint if action else ""),
    )
    return form


def _points(unit_id: int, chosen: str) -> list[tuple[str, Any]]:
    """Return the points of the journey that an action may change; one that was chosen before stays to be chosen."""
    names = dict(touchpoints().names(unit_id))
    gone = {chosen: chosen} if chosen and chosen not in names else {}
    return [("", pgettext("touchpoint", "None in particular")), *(names | gone).items()]


@require_POST
@access(SEE_IMPROVEMENT)
def place(request: StaffRequest, action_id: int) -> HttpResponse:
    """Put a card on the matrix of benefits and constraints."""
    given = accepted(PlaceForm(request.POST))
    action = services.place_action(
        action_id=action_id, constraint=given["x"], benefit=given["y"], by=request.actor, now=request.received_at
    )
    if not request.htmx or action.group is None:
        return redirect("improvement:action", action_id)
    rows = action.group.actions.all()
    return render(request, "improvement/_matrix.html", {"matrix": benefit(card_dots(action.group), rows)})


@require_POST
@access(SEE_IMPROVEMENT)
def add_measure(request: StaffRequest, action_id: int) -> HttpResponse:
    """Add a KPI to an action."""
    given = accepted(MeasureForm(request.POST))
    services.add_measure(action_id=action_id, **given, by=request.actor, now=request.received_at)
    return redirect("improvement:action", action_id)


@require_POST
@access(SEE_IMPROVEMENT)
def read_measure(request: StaffRequest, kpi_id: int) -> HttpResponse:
    """Keep what was read of a KPI."""
    given = accepted(ReadingForm(request.POST))
    kpi = services.read_measure(kpi_id=kpi_id, **given, by=request.actor, now=request.received_at)
    return redirect("improvement:action", kpi.action_id)


@require_POST
@access(SEE_IMPROVEMENT)
def add_evidence(request: StaffRequest, action_id: int) -> HttpResponse:
    """Add what shows that something was done."""
    given = accepted(EvidenceForm(request.POST, request.FILES))
    file = given["file"]

    def add() -> int:
        return services.add_evidence(
            action_id=action_id,
            text=given["text"],
            file_name=file.name if file else "",
            content=file.read() if file else b"",
            by=request.actor,
            now=request.received_at,
        ).pk

    once(request, door="improvement.evidence", act=add)
    messages.success(request, _("Added"))
    return redirect("improvement:action", action_id)


@require_safe
@access(SEE_IMPROVEMENT)
def evidence_file(request: StaffRequest, evidence_id: int) -> HttpResponse:
    """Hand out a file, always to be saved."""
    row: Evidence = Evidence.objects.find(evidence_id)
    open_action(row.action_id, request.actor)
    if row.blob_id is None:
        raise NotFound(kind=Evidence._meta.label)
    response = HttpResponse(content_of(row.blob_id), content_type="application/octet-stream")
    response._csp_exempt = True  # type: ignore[attr-defined]  # django-csp would replace the policy by the pages' own
    response.headers["Content-Security-Policy"] = _FILE_POLICY
    response.headers["Content-Disposition"] = content_disposition_header(True, row.file_name) or "attachment"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _steps(action: Action) -> list[tuple[ActionState, bool, bool]]:
    """Return the states of the pipeline with whether they lie behind and whether the action is there."""
    order: list[ActionState] = [state for state in ActionState if state != ActionState.DROPPED]
    at = next((place for place, state in enumerate(order) if state == action.state), -1)
    return [(state, place < at, place == at) for place, state in enumerate(order)]
