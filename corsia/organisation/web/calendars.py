"""The working calendars: list and editor."""

from collections import Counter
from collections.abc import Iterable

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from corsia.kernel.access import access, may
from corsia.kernel.errors import NotFound
from corsia.kernel.http import StaffRequest
from corsia.organisation import services
from corsia.organisation.models import OpenHours, Unit, WorkingCalendar
from corsia.organisation.permissions import MANAGE_PEOPLE, MANAGE_UNITS, SEE_ORGANISATION
from corsia.organisation.queries.tree import tree
from corsia.organisation.web.calendar_form import WEEKDAYS, CalendarForm, end_text
from corsia.organisation.web.forms import MoveForm
from corsia.organisation.web.units import coming_holidays
from corsia.organisation.web.views import places, today_of, visible_unit, visible_units


@access(SEE_ORGANISATION)
def listing(request: StaffRequest) -> HttpResponse:
    """List the calendars that the visible units use or own, with their week, and the closures ahead."""
    whole, visible, today = tree(), visible_units(), today_of(request)
    shown = []
    for calendar in sorted(whole.calendars.values(), key=lambda calendar: (calendar.name, calendar.pk)):
        users = [unit for unit in whole.units.values() if unit.calendar_id == calendar.pk]
        in_sight = [unit for unit in users if unit.pk in visible or set(unit.path.split("/")) & set(map(str, visible))]
        inherited = any(
            found and found[0].pk == calendar.pk for found in map(whole.calendar, visible & set(whole.units))
        )
        if in_sight or inherited or calendar.owner_id in visible:
            shown.append(
                {
                    "calendar": calendar,
                    "users": _names_counted(users),
                    "week": _week(whole.openings.get(calendar.pk, ())),
                    "may_edit": may(request.actor, MANAGE_UNITS, calendar.owner_id),
                }
            )
    closures = [row for unit_id in visible for row in whole.closures.get(unit_id, ()) if row.last_on >= today]
    context = {
        "calendars": shown,
        "closures": [
            (row, row.unit_id, whole.label(row.unit_id)) for row in sorted(closures, key=lambda row: row.first_on)
        ],
        "may_manage": may(request.actor, MANAGE_UNITS),
        "may_people": may(request.actor, MANAGE_PEOPLE),
    }
    return render(request, "organisation/calendars.html", context)


@access(MANAGE_UNITS)
def edit(request: StaffRequest, calendar_id: int | None = None) -> HttpResponse:
    """Make a calendar or change its week; the holidays of its owner's place stand beside it."""
    whole = tree()
    calendar = whole.calendars.get(calendar_id) if calendar_id is not None else None
    if calendar_id is not None and (calendar is None or not may(request.actor, MANAGE_UNITS, calendar.owner_id)):
        raise NotFound(kind=WorkingCalendar._meta.label)
    form = CalendarForm(request.POST or None, calendar=calendar)
    owners = places(request, MANAGE_UNITS)
    owner_form = (
        MoveForm(request.POST or None, units=owners, label=_("Kept by"), initial={"to": owners[0][0]})
        if calendar is None
        else None
    )
    if request.method == "POST" and form.is_valid() and (owner_form is None or owner_form.is_valid()):
        saved = services.save_calendar(
            calendar_id=calendar_id,
            owner_id=owner_form.cleaned_data["to"] if owner_form else None,
            name=form.cleaned_data["name"],
            is_always_open=form.cleaned_data["is_always_open"],
            openings=form.openings(),
            by=request.actor,
            now=request.received_at,
        )
        return redirect("organisation:calendar", saved.pk)
    owner = visible_unit(calendar.owner_id if calendar else owners[0][0])
    context = {
        "form": form,
        "owner_form": owner_form,
        "calendar": calendar,
        "owner": owner,
        "users": [
            (unit.pk, whole.label(unit.pk))
            for unit in whole.units.values()
            if unit.calendar_id == calendar_id and calendar_id
        ],
        "holidays": coming_holidays(whole, owner.pk, today=today_of(request), language=request.LANGUAGE_CODE),
    }
    return render(request, "organisation/calendar.html", context, status=422 if form.is_bound else 200)


@require_POST
@access(MANAGE_UNITS)
def delete(request: StaffRequest, calendar_id: int) -> HttpResponse:
    """Delete a calendar that nobody uses."""
    services.delete_calendar(calendar_id=calendar_id, by=request.actor, now=request.received_at)
    return redirect("organisation:calendars")


def _names_counted(units: Iterable[Unit]) -> list[str]:
    """Return each name once, with how many units bear it: eleven branches have a workshop."""
    return [f"{name} ({count})" if count > 1 else name for name, count in Counter(unit.name for unit in units).items()]


def _week(openings: Iterable[OpenHours]) -> list[tuple[object, list[str]]]:
    week: list[tuple[object, list[str]]] = [(name, []) for name in WEEKDAYS]
    for row in openings:
        week[row.weekday][1].append(f"{row.opens_at:%H:%M}–{end_text(row.closes_at)}")
    return week
