"""A group: begun, its page, its pains, candidates, quick survey, RACI and materiality matrix."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from corsia.improvement.models import Group, Pain
from corsia.improvement.permissions import LEAD_IMPROVEMENT, SEE_IMPROVEMENT
from corsia.improvement.ports import criticalities
from corsia.improvement.queries.actions import card_lines
from corsia.improvement.queries.authority import leads, open_group
from corsia.improvement.queries.groups import (
    HEARD_BEFORE,
    macro_lines,
    materiality_dots,
    meeting_lines,
    members_of,
    recipients_missing,
)
from corsia.improvement.queries.people import candidates
from corsia.improvement.services import groups as services
from corsia.improvement.vocabulary import Letter, Weight
from corsia.improvement.web.forms import GroupForm, MacroForm, PainForm, PerimeterForm, PlaceForm
from corsia.improvement.web.places import led_units, nav, process_choices, today_at
from corsia.kernel.access import access
from corsia.kernel.errors import NotFound
from corsia.kernel.http import StaffRequest, row_id
from corsia.kernel.once import once
from corsia.organisation.queries import day_in, time_zone_of, tree
from corsia.ui.forms import accepted, told_in

MATERIALITY: dict[str, Any] = {
    "kind": "macro",
    "title": gettext_lazy("Materiality matrix"),
    "x_axis": gettext_lazy("Importance for the company"),
    "y_axis": gettext_lazy("Importance for customers"),
    "corners": {
        "top_left": Weight.CUSTOMER.label,
        "top_right": Weight.MATERIAL.label,
        "bottom_left": Weight.MINOR.label,
        "bottom_right": Weight.COMPANY.label,
    },
    "best": "top_right",
}


@require_http_methods(["GET", "POST"])
@access(LEAD_IMPROVEMENT)
def new(request: StaffRequest) -> HttpResponse:
    """Begin a group on some criticalities."""
    units = led_units(request)
    asked = row_id(request.POST.get("unit") or request.GET.get("unit"))
    unit_id = next((pk for pk, _name in units if pk == asked), None)
    if unit_id is None:
        if request.method == "POST":
            raise NotFound(kind="organisation.Unit")
        unit_id = units[0][0]
    keys = set(request.POST.getlist("key") or request.GET.getlist("key"))
    places = tree()
    path = places.unit(unit_id).path
    within = [unit.pk for unit in places.units.values() if unit.path.startswith(path)]
    now = request.received_at
    heard = [one for one in criticalities().ranked(within, now - HEARD_BEFORE, now) if one.key in keys] if keys else []
    first = today_at(request, unit_id) + timedelta(days=7)
    form = GroupForm(request.POST if request.method == "POST" else None, initial={"on": first, "at": "14:30"})
    people = candidates(unit_id, today=day_in(unit_id, now))
    functions: dict[str, list[tuple[int, str]]] = {}
    for one in people:
        functions.setdefault(one.function, []).append((one.person.pk, f"{one.person.full_name} · {one.place}"))
    form.offer(people=functions.items(), process_key=process_choices(unit_id, empty=_("No flow")))
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        with told_in(form):

            def begin() -> int:
                return services.begin_group(
                    unit_id=unit_id,
                    name=given["name"],
                    goal=given["goal"],
                    person_ids=[int(person) for person in given["people"]],
                    first_meeting_at=form.moment(time_zone_of(unit_id)),
                    heard=heard,
                    process_key=given["process_key"],
                    by=request.actor,
                    now=now,
                ).pk

            return redirect("improvement:group", once(request, door="improvement.group", act=begin))
    context = nav(request) | {
        "form": form,
        "units": units,
        "unit_id": unit_id,
        "place": places.label(unit_id),
        "heard": heard,
        "keys": sorted(keys)[:60],
    }
    return render(request, "improvement/group_new.html", context, status=422 if form.errors else 200)


@require_safe
@access(SEE_IMPROVEMENT)
def show(request: StaffRequest, group_id: int) -> HttpResponse:
    """Show a group: how far it is, who is in it, its candidates and actions."""
    group = open_group(group_id, request.actor)
    members = members_of(group)
    today = today_at(request, group.unit_id)
    context = nav(request) | {
        "group": group,
        "place": tree().label(group.unit_id),
        "members": members,
        "hours": sum(member.hours for member in members),
        "meetings": meeting_lines(group),
        "macros": macro_lines(group),
        "actions": card_lines(group.actions.select_related("owner", "group").order_by("state", "pk"), today=today),
        "missing": recipients_missing(group),
        "leads": leads(request.actor, group.unit_id),
        "is_in": group.participants.filter(person_id=request.actor.id or 0).exists(),
        "rated": group.participants.filter(rated_at__isnull=False).count(),
        "now": request.received_at,
    }
    return render(request, "improvement/group.html", context)


@require_POST
@access(LEAD_IMPROVEMENT)
def close(request: StaffRequest, group_id: int) -> HttpResponse:
    """Close a group; its actions go on."""
    services.close_group(group_id=group_id, by=request.actor, now=request.received_at)
    messages.success(request, _("The group is closed; its actions go on."))
    return redirect("improvement:group", group_id)


@require_POST
@access(SEE_IMPROVEMENT)
def add_pain(request: StaffRequest, group_id: int) -> HttpResponse:
    """Add a pain that no count shows."""
    given = accepted(PainForm(request.POST))

    def add() -> int:
        return services.add_pain(group_id=group_id, **given, by=request.actor, now=request.received_at).pk

    once(request, door="improvement.pain", act=add)
    return redirect("improvement:meeting", group_id, 1)


@require_POST
@access(SEE_IMPROVEMENT)
def perimeter(request: StaffRequest, pain_id: int) -> HttpResponse:
    """Say whether a pain is within the perimeter, and whom it hits."""
    given = accepted(PerimeterForm(request.POST))
    pain: Pain = services.set_perimeter(pain_id=pain_id, **given, by=request.actor, now=request.received_at)
    return redirect("improvement:meeting", pain.group_id, 1)


@require_POST
@access(SEE_IMPROVEMENT)
def add_macro(request: StaffRequest, group_id: int) -> HttpResponse:
    """Add a candidate macro-action."""
    given = accepted(MacroForm(request.POST))

    def add() -> int:
        return services.add_macro(group_id=group_id, **given, by=request.actor, now=request.received_at).pk

    once(request, door="improvement.macro", act=add)
    return redirect("improvement:meeting", group_id, 1)


@require_POST
@access(SEE_IMPROVEMENT)
def remove_macro(request: StaffRequest, macro_id: int) -> HttpResponse:
    """Take a candidate away."""
    group = services.remove_macro(macro_id=macro_id, by=request.actor, now=request.received_at)
    return redirect("improvement:meeting", group.pk, 1)


@require_http_methods(["GET", "POST"])
@access(SEE_IMPROVEMENT)
def survey(request: StaffRequest, group_id: int) -> HttpResponse:
    """Rate every candidate, as one of the group."""
    group = open_group(group_id, request.actor)
    if request.method == "POST":
        ratings = {pk: row_id(request.POST.get(f"m{pk}")) or 0 for pk in group.macros.values_list("pk", flat=True)}
        services.rate(group_id=group_id, ratings=ratings, by=request.actor, now=request.received_at)
        messages.success(request, _("Thank you: your priorities are counted."))
        return redirect("improvement:group", group_id)
    mine = group.participants.filter(person_id=request.actor.id or 0).first()
    given = dict(mine.ratings.values_list("macro_id", "value")) if mine else {}
    context = nav(request) | {
        "group": group,
        "lines": [(macro, given.get(macro.pk)) for macro in group.macros.order_by("pk")],
        "mine": mine,
        "is_open": group.survey_opened_at is not None and group.survey_closed_at is None,
        "values": range(1, 6),
    }
    return render(request, "improvement/survey.html", context)


@require_POST
@access(SEE_IMPROVEMENT)
def open_survey(request: StaffRequest, group_id: int) -> HttpResponse:
    """Ask the people of the group for their priorities."""
    services.open_survey(group_id=group_id, by=request.actor, now=request.received_at)
    messages.success(request, _("The quick survey is open: everybody in the group was told."))
    return redirect("improvement:group", group_id)


@require_POST
@access(SEE_IMPROVEMENT)
def close_survey(request: StaffRequest, group_id: int) -> HttpResponse:
    """Take no more ratings."""
    services.close_survey(group_id=group_id, by=request.actor, now=request.received_at)
    return redirect("improvement:meeting", group_id, 2)


@require_POST
@access(SEE_IMPROVEMENT)
def raci(request: StaffRequest, group_id: int) -> HttpResponse:
    """Keep the whole grid of letters."""
    letters = {}
    for name, value in request.POST.items():
        macro, _dash, person = name.removeprefix("r").partition("-")
        pair = (row_id(macro), row_id(person))
        if name.startswith("r") and value in Letter.values and pair[0] and pair[1]:
            letters[pair[0], pair[1]] = value
    services.set_letters(group_id=group_id, letters=letters, by=request.actor, now=request.received_at)
    messages.success(request, _("Saved"))
    return redirect("improvement:meeting", group_id, 2)


@require_POST
@access(SEE_IMPROVEMENT)
def place(request: StaffRequest, macro_id: int) -> HttpResponse:
    """Put a candidate on the materiality matrix."""
    given = accepted(PlaceForm(request.POST))
    macro = services.place_macro(
        macro_id=macro_id, company=given["x"], customer=given["y"], by=request.actor, now=request.received_at
    )
    if not request.htmx:
        return redirect("improvement:meeting", macro.group_id, 2)
    return render(request, "improvement/_matrix.html", {"matrix": materiality(macro.group)})


def materiality(group: Group) -> dict[str, Any]:
    """Return the materiality matrix for the page."""
    names = {line.macro.pk: line.weight.label if line.weight else "" for line in macro_lines(group)}
    dots = [(dot, names.get(dot.id, "")) for dot in materiality_dots(group)]
    return MATERIALITY | {"dots": dots, "is_closed": group.closed_at is not None}
