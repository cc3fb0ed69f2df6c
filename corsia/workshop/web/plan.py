"""The plan: technicians and their days, moved by mouse, by keys and by a form; the same on a phone and on the wall."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_POST, require_safe

from corsia.kernel.access import RIGHTS, access, may
from corsia.kernel.errors import Invalid, NotFound
from corsia.kernel.http import StaffRequest, row_id
from corsia.organisation.models import Skill
from corsia.organisation.queries import tree
from corsia.ui.templatetags.ui import local_name, small_names
from corsia.workshop.models import Workshop
from corsia.workshop.permissions import PLAN, SEE_WORKSHOP
from corsia.workshop.queries.plan import (
    Plan,
    PlannedStep,
    StepState,
    WaitingStep,
    bays_for,
    plan_of,
    step_of,
    steps_of_visit,
    technicians_for,
    waiting_step,
    workshops,
)
from corsia.workshop.services import planning as services
from corsia.workshop.services.planning import Moved, Seen

VIEWS = {"day": 1, "days": 2, "week": 7}
_WEEK = 7
_FIRST_YEAR, _LAST_YEAR = 2000, 2100


class HourMissing(Invalid):
    code = "workshop.hour_missing"
    message = gettext_lazy("Say who does it, on which day and at which hour.")


@require_safe
@access(SEE_WORKSHOP)
def index(request: StaffRequest) -> HttpResponse:
    """Show the plan of a workshop for a day, two, or a week."""
    places = workshops()
    workshop = _asked(request, places)
    if workshop is None:
        return render(request, "workshop/plan.html", {"plan": None})
    return render(request, "workshop/plan.html", _page(request, workshop, places))


@require_safe
@access(SEE_WORKSHOP)
def feed(request: StaffRequest) -> HttpResponse:
    """Hand out what the plan draws, for a page that is open."""
    workshop = _asked(request, workshops())
    if workshop is None:
        raise NotFound(kind=Workshop._meta.label)
    view, first = _range(request, workshop)
    plan = plan_of(workshop, first=first, days=VIEWS[view], now=request.received_at)
    return JsonResponse(_spec(request, plan, view=view, first=first))


@require_safe
@access(SEE_WORKSHOP)
def sheet(request: StaffRequest) -> HttpResponse:
    """Show the lists of a plan: for phones, and for the wall."""
    workshop = _asked(request, workshops())
    if workshop is None:
        raise NotFound(kind=Workshop._meta.label)
    return render(request, "workshop/_plan_sheet.html", _page(request, workshop, []))


@require_safe
@access(SEE_WORKSHOP)
def backlog(request: StaffRequest) -> HttpResponse:
    """Show what waits to be planned."""
    workshop = _asked(request, workshops())
    if workshop is None:
        raise NotFound(kind=Workshop._meta.label)
    return render(request, "workshop/_plan_backlog.html", _page(request, workshop, []))


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
        "when_text": _when(allocation.starts_at, zone, until=allocation.ends_at),
        "promised_text": _when(allocation.visit.promised_at, zone),
        "drop_off_text": _when(allocation.visit.drop_off_at, zone),
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
        "promised_text": _when(visit.promised_at, zone),
        "drop_off_text": _when(visit.drop_off_at, zone),
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
        raise services.TakenMeanwhile
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
    lines = [f"{allocation.technician.person.full_name} · {_hours(allocation.starts_at, allocation.ends_at, zone)}"]
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
    if wall is None or wall.tzinfo is not None or not _FIRST_YEAR <= wall.year <= _LAST_YEAR:
        raise HourMissing
    return wall.replace(tzinfo=tree().time_zone(unit_id), second=0, microsecond=0).astimezone(UTC)


def _asked(request: StaffRequest, places: list[Workshop]) -> Workshop | None:
    """Return the workshop that the address names, the first one where it names none.

    Raises:
        NotFound: it names one that is not there.
    """
    asked = request.GET.get("unit", "")
    if not asked:
        return places[0] if places else None
    found = next((one for one in places if one.unit_id == row_id(asked)), None)
    if found is None:
        raise NotFound(kind=Workshop._meta.label)
    return found


def _range(request: StaffRequest, workshop: Workshop) -> tuple[str, date]:
    view = request.GET.get("view", "")
    view = view if view in VIEWS else "day"
    first = _day(request, workshop)
    return view, first - timedelta(days=first.weekday()) if view == "week" else first


def _day(request: StaffRequest, workshop: Workshop) -> date:
    today = timezone.localdate(request.received_at, tree().time_zone(workshop.unit_id))
    try:
        asked = parse_date(request.GET.get("day", ""))
    except ValueError:
        return today
    return asked if asked is not None and _FIRST_YEAR <= asked.year <= _LAST_YEAR else today


def _page(request: StaffRequest, workshop: Workshop, places: list[Workshop]) -> dict[str, Any]:
    view, first = _range(request, workshop)
    plan = plan_of(workshop, first=first, days=VIEWS[view], now=request.received_at)
    step = timedelta(days=VIEWS[view])
    chosen = _day(request, workshop)
    shown = [day for day in plan.days if _is_shown(plan, day)]
    near = chosen if chosen in shown else next(iter(shown), chosen)
    listens = may(request.actor, RIGHTS["conversations.use_inbox"])
    return {
        "plan": plan,
        "view": view,
        "first": first,
        "chosen": near,
        "replan_day": max(near, timezone.localdate(request.received_at, plan.zone)),
        "today": timezone.localdate(request.received_at, plan.zone),
        "range_text": _range_text(shown or plan.days),
        "views": [("day", _("Day")), ("days", _("Two days")), ("week", _("Week"))],
        "day_links": [{"day": day, "text": small_names(formats.date_format(day, "D j"))} for day in shown],
        "previous": first - step,
        "next": first + step,
        "places": [(one.unit_id, tree().label(one.unit_id)) for one in places],
        "place": tree().label(workshop.unit_id),
        "may_plan": may(request.actor, PLAN, workshop.unit_id),
        "spec": _spec(request, plan, view=view, first=first),
        "lists": _lists(plan, shown),
        "shown_days": shown,
        "waiting": [_card(one, plan.zone) for one in plan.waiting],
        "states": [(state, words) for state, words in state_words().items() if state != StepState.HELD],
        "skills": [(skill, icon_of(skill)) for skill in plan.skills],
        "query": f"unit={workshop.unit_id}&view={view}&day={near.isoformat()}",
        "stream": reverse("conversations:stream") if listens else "",
        "hours_booked": round(plan.booked_minutes / 60),
        "hours_attended": round(plan.attended_minutes / 60),
        "count_late": sum(one.state == StepState.LATE for one in plan.steps),
    }


def state_words() -> dict[StepState, str]:
    """Return what the states of a step are called."""
    return {
        StepState.BOOKED: pgettext("step", "Booked"),
        StepState.HERE: pgettext("step", "Vehicle is here"),
        StepState.WORKING: pgettext("step", "In work"),
        StepState.WAITING: pgettext("step", "Waits"),
        StepState.LATE: pgettext("step", "Late"),
        StepState.DONE: pgettext("step", "Done"),
        StepState.HELD: pgettext("step", "Held"),
    }


TONES = {
    StepState.BOOKED: "t-blue",
    StepState.HERE: "t-teal",
    StepState.WORKING: "t-warn",
    StepState.WAITING: "t-violet",
    StepState.LATE: "t-bad",
    StepState.DONE: "",
    StepState.HELD: "",
}


_ICONS = {
    "volt": "bolt",
    "electr": "bolt",
    "elettr": "bolt",
    "diag": "stethoscope",
    "body": "spray",
    "carroz": "spray",
    "paint": "spray",
    "tyre": "wheel",
    "gomm": "wheel",
    "inspect": "clipboard-check",
    "revis": "clipboard-check",
    "clima": "snowflake",
    "air": "snowflake",
    "engine": "engine",
}


def icon_of(skill: Skill) -> str:
    """Return the icon by which a skill is known on the plan."""
    return next((icon for part, icon in _ICONS.items() if part in skill.key), "tool")


def _is_shown(plan: Plan, day: date) -> bool:
    """Tell whether a day has anything on it: days on which the workshop is always closed take no room."""
    if len(plan.days) < _WEEK or any(one.reason and _local(one.start, plan.zone).date() == day for one in plan.closed):
        return True
    if any(_local(one.allocation.starts_at, plan.zone).date() == day for one in plan.steps):
        return True
    whole = [one for one in plan.closed if _local(one.start, plan.zone).date() == day]
    return not any(
        _local(one.start, plan.zone).time() == plan.opens_at and _local(one.end, plan.zone).time() == plan.closes_at
        for one in whole
    )


def _lists(plan: Plan, shown: list[date]) -> list[dict[str, Any]]:
    """Return the plan as lists: for each technician each day with its steps and whether they are away."""
    found, words = [], state_words()
    for row in plan.rows:
        days = []
        for day in shown:
            steps = [
                {
                    "planned": one,
                    "state": words[one.state],
                    "start": f"{_local(one.allocation.starts_at, plan.zone):%H:%M}",
                    "end": f"{_local(one.allocation.ends_at, plan.zone):%H:%M}",
                    "promised": _hour_near(one.allocation.visit.promised_at, plan.zone, day),
                }
                for one in row.steps
                if _local(one.allocation.starts_at, plan.zone).date() == day
            ]
            away = [
                absence
                for absence in row.absences
                if _local(absence.starts_at, plan.zone).date() <= day
                and _local(absence.ends_at - timedelta(microseconds=1), plan.zone).date() >= day
            ]
            days.append({"day": day, "steps": steps, "is_away": bool(away)})
        found.append({"row": row, "days": days})
    return found


def _spec(request: StaffRequest, plan: Plan, *, view: str, first: date) -> dict[str, Any]:
    """Return what the timeline draws: wall-clock times, which is what people plan by."""
    everybody = [str(row.technician.pk) for row in plan.rows]
    background = [
        {
            "id": f"c{number}",
            "resourceIds": everybody,
            "start": _iso(one.start, plan.zone),
            "end": _iso(one.end, plan.zone),
            "title": one.reason,
            "display": "background",
            "extendedProps": {"kind": "off" if one.reason else "closed"},
        }
        for number, one in enumerate(plan.closed)
    ]
    background += [
        {
            "id": f"a{absence.pk}",
            "resourceIds": [str(row.technician.pk)],
            "start": _iso(absence.starts_at, plan.zone),
            "end": _iso(absence.ends_at, plan.zone),
            "title": _("Away"),
            "display": "background",
            "extendedProps": {"kind": "off"},
        }
        for row in plan.rows
        for absence in row.absences
    ]
    may_plan = may(request.actor, PLAN, plan.workshop.unit_id)
    words = state_words()
    return {
        "view": view,
        "first": first.isoformat(),
        "days": len(plan.days),
        "hidden": [day.isoweekday() % _WEEK for day in plan.days if not _is_shown(plan, day)],
        "opens": f"{plan.opens_at:%H:%M}",
        "closes": "24:00" if plan.closes_at.minute else f"{plan.closes_at:%H:%M}",
        "grain": plan.workshop.grain_minutes,
        "mayPlan": may_plan,
        "technicians": [
            {
                "id": str(row.technician.pk),
                "name": row.technician.person.full_name,
                "skills": {str(pk): level for pk, level in row.levels.items()},
                "load": row.load_pct,
            }
            for row in plan.rows
        ],
        "skills": {str(skill.pk): [local_name(skill), icon_of(skill)] for skill in plan.skills},
        "events": [_event(one, plan.zone, words, may_plan=may_plan) for one in plan.steps],
        "background": background,
        "figures": {
            "load": plan.load_pct,
            "booked": round(plan.booked_minutes / 60),
            "attended": round(plan.attended_minutes / 60),
            "works": len(plan.steps),
            "late": sum(one.state == StepState.LATE for one in plan.steps),
        },
    }


def _event(planned: PlannedStep, zone: ZoneInfo, words: dict[StepState, str], *, may_plan: bool) -> dict[str, Any]:
    allocation, visit = planned.allocation, planned.allocation.visit
    may_move = may_plan and planned.may_move
    return {
        "id": str(allocation.pk),
        "resourceIds": [str(allocation.technician_id)],
        "start": _iso(allocation.starts_at, zone),
        "end": _iso(allocation.ends_at, zone),
        "title": local_name(allocation.visit_job.job),
        "startEditable": may_move,
        "durationEditable": False,
        "extendedProps": {
            "visit": visit.pk,
            "customer": visit.whose,
            "car": str(visit.vehicle) if visit.vehicle else "",
            "plate": visit.vehicle.plate if visit.vehicle else "",
            "bay": allocation.bay.name,
            "skill": str(allocation.step.skill_id or ""),
            "level": allocation.step.level,
            "state": str(planned.state),
            "label": words[planned.state],
            "waits": visit.is_waiting,
            "promised": f"{visit.promised_at.astimezone(zone):%H:%M}" if planned.is_last else "",
            "mayMove": may_move,
        },
    }


def _card(waiting: WaitingStep, zone: ZoneInfo) -> dict[str, Any]:
    visit = waiting.visit
    return {
        "url": reverse("workshop:plan_step", args=[waiting.line.pk, waiting.step.pk]),
        "card": reverse("workshop:plan_waiting", args=[waiting.line.pk, waiting.step.pk]),
        "key": f"{waiting.line.pk}-{waiting.step.pk}",
        "title": local_name(waiting.line.job),
        "customer": visit.whose,
        "car": str(visit.vehicle) if visit.vehicle else "",
        "plate": visit.vehicle.plate if visit.vehicle else "",
        "skill": str(waiting.step.skill_id or ""),
        "skillName": local_name(waiting.step.skill) if waiting.step.skill else "",
        "level": waiting.step.level,
        "minutes": waiting.step.minutes,
        "waits": visit.is_waiting,
        "isHere": visit.state == "here",
        "promisedText": _when(visit.promised_at, zone),
    }


def _iso(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%dT%H:%M:%S}"


def _local(at: datetime, zone: ZoneInfo) -> datetime:
    return at.astimezone(zone)


def _others(steps: list[PlannedStep], zone: ZoneInfo, *, but: int | None = None) -> list[dict[str, str]]:
    return [
        {
            "name": local_name(one.allocation.visit_job.job),
            "when": _when(one.allocation.starts_at, zone, until=one.allocation.ends_at),
            "who": one.allocation.technician.person.full_name,
        }
        for one in steps
        if one.allocation.pk != but
    ]


def _when(at: datetime, zone: ZoneInfo, *, until: datetime | None = None) -> str:
    """Return a day and an hour in words: "wed 11 March, 09:00–10:15"."""
    day = small_names(formats.date_format(at.astimezone(zone), "D j F"))
    return f"{day}, {at.astimezone(zone):%H:%M}" + (f"–{until.astimezone(zone):%H:%M}" if until else "")


def _hour_near(at: datetime, zone: ZoneInfo, day: date) -> str:
    """Return an hour, with its day where that is another."""
    local = at.astimezone(zone)
    hour = f"{local:%H:%M}"
    return hour if local.date() == day else f"{small_names(formats.date_format(local, 'D j'))}, {hour}"


def _range_text(days: Sequence[date]) -> str:
    """Return the days of a plan in words: "9 – 13 March 2026"."""
    first, last = days[0], days[-1]
    if first == last:
        return small_names(formats.date_format(first, "l j F Y"))
    start = "j" if first.month == last.month else "j F"
    return small_names(f"{formats.date_format(first, start)} – {formats.date_format(last, 'j F Y')}")


def _hours(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    return f"{start.astimezone(zone):%H:%M}–{end.astimezone(zone):%H:%M}"
