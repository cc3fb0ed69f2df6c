"""A unit's page and its forms."""

import datetime as dt

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from corsia.kernel.access import access, may
from corsia.kernel.http import StaffRequest, row_id
from corsia.kernel.scope import current_scope
from corsia.organisation import services
from corsia.organisation.models import WorkingCalendar
from corsia.organisation.permissions import MANAGE_PEOPLE, MANAGE_UNITS, SEE_ORGANISATION
from corsia.organisation.public_holidays import italian_holidays
from corsia.organisation.queries.chart_history import history_of_unit
from corsia.organisation.queries.directory import listed_people
from corsia.organisation.queries.tree import Tree, tree
from corsia.organisation.vocabulary import UnitKind
from corsia.organisation.web.calendar_form import WEEKDAYS, end_text
from corsia.organisation.web.forms import ClosureForm, MoveForm, UnitForm, provinces, time_zones
from corsia.organisation.web.views import places, today_of, visible_unit
from corsia.organisation.working_time import is_open, next_opening


@access(SEE_ORGANISATION)
def show(request: StaffRequest, unit_id: int) -> HttpResponse:
    """Show a unit: hours, closures, holidays, people, address, units below, history."""
    return _page(request, unit_id, ClosureForm())


@access(MANAGE_UNITS)
def add(request: StaffRequest) -> HttpResponse:
    """Found a unit below `parent`."""
    under, wanted = places(request, MANAGE_UNITS), request.GET.get("parent", "")
    parent = visible_unit(row_id(wanted) or under[0][0])
    initial = {"language": parent.language, "kind": UnitKind.BRANCH}
    form = UnitForm(request.POST or None, calendars=calendars_to_choose(), is_new=True, initial=initial)
    parent_form = MoveForm(request.POST or None, units=under, label=_("Belongs to"), initial={"to": parent.pk})
    if request.method == "POST" and form.is_valid() and parent_form.is_valid():
        unit = services.add_unit(
            parent_id=parent_form.cleaned_data["to"],
            kind=form.cleaned_data["kind"],
            details=form.details(),
            by=request.actor,
            now=request.received_at,
        )
        return redirect("organisation:unit", unit.pk)
    return _form(request, form, title=_("New unit"), parent_form=parent_form)


@access(MANAGE_UNITS)
def edit(request: StaffRequest, unit_id: int) -> HttpResponse:
    """Change the details of a unit."""
    unit = visible_unit(unit_id)
    form = UnitForm(
        request.POST or None, calendars=calendars_to_choose(), is_new=False, initial=UnitForm.initial_of(unit)
    )
    if request.method == "POST" and form.is_valid():
        services.change_unit(unit_id=unit.pk, details=form.details(), by=request.actor, now=request.received_at)
        return redirect("organisation:unit", unit.pk)
    return _form(request, form, title=unit.name, unit=unit)


@require_POST
@access(MANAGE_UNITS)
def add_closure(request: StaffRequest, unit_id: int) -> HttpResponse:
    """Close a unit for some days."""
    unit = visible_unit(unit_id)
    form = ClosureForm(request.POST)
    if form.is_valid():
        services.add_closure(unit_id=unit.pk, by=request.actor, now=request.received_at, **form.cleaned_data)
        return redirect("organisation:unit", unit.pk)
    return _page(request, unit_id, form, status=422)


@require_POST
@access(MANAGE_UNITS)
def remove_closure(request: StaffRequest, closure_id: int) -> HttpResponse:
    """Take a closure back."""
    unit_id = services.remove_closure(closure_id=closure_id, by=request.actor, now=request.received_at)
    return redirect("organisation:unit", unit_id)


def _page(request: StaffRequest, unit_id: int, form: ClosureForm, *, status: int = 200) -> HttpResponse:
    unit, whole, today = visible_unit(unit_id), tree(), today_of(request, unit_id)
    hours = whole.hours(unit_id)
    open_now = is_open(hours, request.received_at)
    people = listed_people(visible=frozenset({unit_id}), today=today, now=request.received_at)
    closures = [row for row in whole.closures_in_force(unit_id) if row.last_on >= today]
    context = {
        "unit": unit,
        "above": list(reversed(whole.chain(unit_id)[1:])),
        "below": [child for child in whole.units.values() if child.parent_id == unit_id],
        "calendar": whole.calendar(unit_id),
        "zone": whole.time_zone_name(unit_id),
        "local_now": request.received_at.astimezone(whole.time_zone(unit_id)),
        "week": _week(whole, unit_id),
        "is_open": open_now,
        "opens_at": None if open_now else next_opening(hours, request.received_at).astimezone(whole.time_zone(unit_id)),
        "closures": closures,
        "holidays": coming_holidays(whole, unit_id, today=today, language=request.LANGUAGE_CODE),
        "people": people.rows,
        "history": history_of_unit(unit_id),
        "closure_form": form,
        "may_manage": may(request.actor, MANAGE_UNITS, unit_id),
        "may_manage_people": may(request.actor, MANAGE_PEOPLE, unit_id),
    }
    return render(request, "organisation/unit.html", context, status=status)


def calendars_to_choose() -> list[WorkingCalendar]:
    """Return the calendars kept by the visible units or by those above them: other groups' are nobody's business."""
    whole, scope = tree(), current_scope()
    return [row for row in whole.calendars.values() if scope.everything or row.owner_id in scope.shared]


def coming_holidays(whole: Tree, unit_id: int, *, today: dt.date, language: str) -> list[tuple[dt.date, str]]:
    """Return the next public holidays where the unit is, a year ahead."""
    place = whole.place(unit_id)
    named = italian_holidays(
        [today.year, today.year + 1],
        country=place.country,
        subdivision=place.subdivision or None,
        patron_day=place.patron_day,
        language=language[:2],
    )
    return [(day, name) for day, name in named.items() if today <= day < today + dt.timedelta(days=365)]


def _week(whole: Tree, unit_id: int) -> list[tuple[object, list[str]]]:
    return [
        (name, [f"{opens:%H:%M}–{end_text(closes)}" for opens, closes in shifts])
        for name, shifts in zip(WEEKDAYS, whole.hours(unit_id).week, strict=True)
    ]


def _form(request: StaffRequest, form: UnitForm, **context: object) -> HttpResponse:
    context |= {"form": form, "zones": time_zones(), "provinces": provinces()}
    return render(request, "organisation/unit_form.html", context, status=422 if form.is_bound else 200)
