"""What the plan draws: events of the timeline, lists for a phone and the wall, cards of what waits."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from corsia.kernel.access import may
from corsia.kernel.http import StaffRequest
from corsia.organisation.models import Skill
from corsia.ui.templatetags.ui import local_name, small_names
from corsia.workshop.permissions import PLAN
from corsia.workshop.queries.plan import Plan
from corsia.workshop.queries.plan_states import PlannedStep, StepState, WaitingStep

_WEEK = 7


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


def is_shown(plan: Plan, day: date) -> bool:
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


def lists_of(plan: Plan, shown: list[date]) -> list[dict[str, Any]]:
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


def spec_of(request: StaffRequest, plan: Plan, *, view: str, first: date) -> dict[str, Any]:
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
        "hidden": [day.isoweekday() % _WEEK for day in plan.days if not is_shown(plan, day)],
        "opens": f"{plan.opens_at:%H:%M}",
        "closes": "24:00" if plan.closes_at.minute else f"{plan.closes_at:%H:%M}",
        "zone": str(plan.zone),
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


def card_of(waiting: WaitingStep, zone: ZoneInfo) -> dict[str, Any]:
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
        "promisedText": when_words(visit.promised_at, zone),
    }


def _iso(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%dT%H:%M:%S}"


def _local(at: datetime, zone: ZoneInfo) -> datetime:
    return at.astimezone(zone)


def when_words(at: datetime, zone: ZoneInfo, *, until: datetime | None = None) -> str:
    """Return a day and an hour in words: "wed 11 March, 09:00–10:15"."""
    day = small_names(formats.date_format(at.astimezone(zone), "D j F"))
    return f"{day}, {at.astimezone(zone):%H:%M}" + (f"–{until.astimezone(zone):%H:%M}" if until else "")


def _hour_near(at: datetime, zone: ZoneInfo, day: date) -> str:
    """Return an hour, with its day where that is another."""
    local = at.astimezone(zone)
    hour = f"{local:%H:%M}"
    return hour if local.date() == day else f"{small_names(formats.date_format(local, 'D j'))}, {hour}"


def range_words(days: Sequence[date]) -> str:
    """Return the days of a plan in words: "9 – 13 March 2026"."""
    first, last = days[0], days[-1]
    if first == last:
        return small_names(formats.date_format(first, "l j F Y"))
    start = "j" if first.month == last.month else "j F"
    return small_names(f"{formats.date_format(first, start)} – {formats.date_format(last, 'j F Y')}")


def hours_words(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    return f"{start.astimezone(zone):%H:%M}–{end.astimezone(zone):%H:%M}"
