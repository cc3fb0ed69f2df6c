"""Re-planning: what came in between, the proposal that harms least, and its acceptance in one click."""

from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.contrib import messages
from django.core import signing
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.dateparse import parse_date, parse_time
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_POST, require_safe

from corsia.kernel.access import access
from corsia.kernel.errors import Invalid, NotFound, Refused
from corsia.kernel.http import StaffRequest, row_id
from corsia.organisation.queries import tree
from corsia.ui.templatetags.ui import local_name, small_names
from corsia.workshop.models import Workshop
from corsia.workshop.permissions import PLAN
from corsia.workshop.queries.plan import workshops
from corsia.workshop.queries.replanning import DiaryDay, diary_day
from corsia.workshop.rules.day import (
    Disturbance,
    Overrun,
    PartLate,
    Placed,
    Proposal,
    Reason,
    TechnicianAbsent,
)
from corsia.workshop.rules.replanning import replan as proposal_for
from corsia.workshop.services.replanning import Change, ProposalStale, Sickness, accept_proposal

_SALT = "corsia.workshop.proposal"
_GOOD_FOR = timedelta(minutes=15)
_MOST_MINUTES = 600


class NothingHappened(Invalid):
    code = "workshop.nothing_happened"
    message = gettext_lazy("Say what came in between: who is away from when, what takes longer, or which part is late.")


class DayOver(Refused):
    code = "workshop.day_over"
    message = gettext_lazy("That day has passed or the workshop is closed on it. Choose another day.")


def reason_words() -> dict[Reason, str]:
    """Return why something is proposed."""
    return {
        Reason.TECHNICIAN_ABSENT: pgettext("reason", "its technician is away"),
        Reason.OVERRUN: pgettext("reason", "work before it takes longer"),
        Reason.PART_LATE: pgettext("reason", "its part comes later"),
        Reason.RUNNING_LATE: pgettext("reason", "it should have begun by now"),
        Reason.FOLLOWS: pgettext("reason", "what comes before it on the vehicle ends later"),
        Reason.MAKES_ROOM: pgettext("reason", "it makes room for other work"),
        Reason.NOBODY_ABLE: pgettext("reason", "nobody who can do it is there long enough"),
        Reason.NO_ROOM: pgettext("reason", "there is not enough time left on that day"),
    }


@require_safe
@access(PLAN)
def replan(request: StaffRequest) -> HttpResponse:
    """Ask what came in between and, once that is said, show what to do about it."""
    workshop = _asked(request)
    zone = tree().time_zone(workshop.unit_id)
    today = timezone.localdate(request.received_at, zone)
    on = _day(request.GET.get("day", "")) or today
    found = diary_day(workshop, on=on, now=request.received_at) if on >= today else None
    context: dict[str, Any] = {
        "unit_id": workshop.unit_id,
        "place": tree().label(workshop.unit_id),
        "on": on,
        "day_text": small_names(formats.date_format(on, "l j F Y")),
        "is_open": found is not None,
        "kind": request.GET.get("kind", ""),
    }
    if found is not None:
        now = request.received_at.astimezone(zone)
        context |= {
            "technicians": sorted(
                ((pk, one.person.full_name) for pk, one in found.technicians.items()), key=lambda pair: pair[1]
            ),
            "steps": [
                {"id": one.pk, "text": _step_text(found, one.pk)}
                for one in sorted(found.steps.values(), key=lambda one: (one.starts_at, one.pk))
            ],
            "visits": [
                {"id": pk, "text": _visit_text(found, pk)}
                for pk in sorted(found.visits, key=lambda pk: found.visits[pk].drop_off_at)
            ],
            "from_hour": f"{now:%H:%M}" if on == today else f"{_opens(found):%H:%M}",
            "asked": {name: request.GET.get(name, "") for name in ("technician", "from", "step", "minutes", "visit")}
            | {"to": request.GET.get("until", "")},
        }
        if context["kind"]:
            context |= _proposed(request, found)
    elif context["kind"]:
        raise DayOver
    return render(request, "workshop/replan.html", context)


@require_POST
@access(PLAN)
def accept(request: StaffRequest) -> HttpResponse:
    """Carry out the proposal that was shown."""
    try:
        told: dict[str, Any] = signing.loads(request.POST.get("proposal", ""), salt=_SALT, max_age=_GOOD_FOR)
    except signing.BadSignature as unknown:
        raise ProposalStale from unknown
    on = date.fromisoformat(told["on"])
    sick = told["sickness"]
    is_noted = accept_proposal(
        unit_id=told["unit"],
        on=on,
        digest=told["digest"],
        changes=[Change(**one | _instants(one)) for one in told["changes"]],
        postponed=told["postponed"],
        sickness=Sickness(**sick | _instants(sick)) if sick else None,
        by=request.actor,
        now=request.received_at,
    )
    messages.success(request, _("The plan was changed as proposed"))
    if not is_noted:
        messages.warning(request, _("The absence itself is entered by whoever manages that person."))
    return redirect(f"{reverse('workshop:plan')}?unit={told['unit']}&view=day&day={on.isoformat()}")


def sign(found: DiaryDay, changes: list[Change], postponed: list[int], sickness: Sickness | None = None) -> str:
    """Return a proposal as it travels through the page: nobody can change it on its way."""
    told = {
        "unit": found.workshop.unit_id,
        "on": found.on.isoformat(),
        "digest": found.digest,
        "changes": [_plain(one) for one in changes],
        "postponed": postponed,
        "sickness": _plain(sickness) if sickness else None,
    }
    return signing.dumps(told, salt=_SALT, compress=True)


def changes_of(found: DiaryDay, placed: tuple[Placed, ...]) -> list[tuple[Change, Placed]]:
    """Return where a proposal puts something else than the diary has it."""
    changes = []
    for one in placed:
        allocation = found.steps[one.visit, one.order]
        start, end = found.bounds_of(one)
        if one.is_rest or (one.technician, one.bay) != (allocation.technician_id, allocation.bay_id):
            is_changed = True
        else:
            is_changed = one.start != found.minute_of(allocation.starts_at) or one.end != found.minute_of(
                allocation.ends_at
            )
        if is_changed and not _is_cut(placed, one):
            changes.append(
                (
                    Change(
                        allocation_id=allocation.pk,
                        technician_id=one.technician,
                        bay_id=one.bay,
                        starts_at=start,
                        ends_at=end,
                    ),
                    one,
                )
            )
    return changes


def _is_cut(placed: tuple[Placed, ...], one: Placed) -> bool:
    """Tell whether this is what somebody did before they left: the rest of it takes its place in the diary."""
    return not one.is_rest and any(
        other.is_rest and (other.visit, other.order) == (one.visit, one.order) for other in placed
    )


def _proposed(request: StaffRequest, found: DiaryDay) -> dict[str, Any]:
    disturbance, sickness = _disturbance(request, found)
    proposal = proposal_for(found.day, [disturbance])
    changes = changes_of(found, proposal.placed)
    there = {(one.visit, one.order) for one in proposal.placed}
    postponed = [allocation.pk for key, allocation in found.steps.items() if key not in there]
    reasons = {(move.after.visit, move.after.order): move.reason for move in proposal.moves}
    words = reason_words()
    return {
        "proposal": proposal,
        "moves": [
            {
                "work": local_name(found.steps[one.visit, one.order].visit_job.job),
                "visit": _visit_text(found, one.visit),
                "before": _place_text(
                    found,
                    found.steps[one.visit, one.order].technician_id,
                    found.steps[one.visit, one.order].bay_id,
                    found.steps[one.visit, one.order].starts_at,
                    found.steps[one.visit, one.order].ends_at,
                ),
                "after": _place_text(found, change.technician_id, change.bay_id, change.starts_at, change.ends_at),
                "reason": words[reasons.get((one.visit, one.order), Reason.OVERRUN)]
                if (one.visit, one.order) in reasons
                else pgettext("reason", "it takes longer itself"),
            }
            for change, one in sorted(changes, key=lambda pair: (pair[0].starts_at, pair[0].allocation_id))
        ],
        "postponed": [
            {"visit": _visit_text(found, one.visit), "reason": words[one.reason]} for one in proposal.postponed
        ],
        "broken": [_call(found, pk, proposal) for pk in proposal.broken],
        "calls": [_call(found, pk, proposal) for pk in proposal.calls],
        "promises": sum(one.promised_at is not None for one in found.day.visits),
        "kept": sum(one.promised_at is not None for one in found.day.visits) - len(proposal.broken),
        "token": sign(found, [change for change, _one in changes], postponed, sickness),
        "is_nothing": not changes and not postponed,
    }


def _disturbance(request: StaffRequest, found: DiaryDay) -> tuple[Disturbance, Sickness | None]:
    asked, kind = request.GET, request.GET.get("kind", "")
    if kind == "away":
        technician, since = row_id(asked.get("technician")), _instant(asked.get("from", ""), found)
        if technician is not None and technician in found.technicians and since is not None:
            end = found.grid.end_of(found.day.closes - 1)
            if since >= end:
                raise NothingHappened
            absent = TechnicianAbsent(technician=technician, since=found.minute_of(since))
            return absent, Sickness(technician_id=technician, starts_at=since, ends_at=end)
    elif kind == "over":
        step, minutes = row_id(asked.get("step")), row_id(asked.get("minutes"))
        key = next((key for key, one in found.steps.items() if one.pk == step), None)
        if key is not None and minutes and minutes <= _MOST_MINUTES:
            return Overrun(visit=key[0], order=key[1], minutes=minutes), None
    elif kind == "part":
        visit, until = row_id(asked.get("visit")), _instant(asked.get("until", ""), found)
        if visit is not None and visit in found.visits and until is not None:
            return PartLate(visit=visit, until=found.minute_of(until)), None
    raise NothingHappened


def _instant(text: str, found: DiaryDay) -> datetime | None:
    """Return the instant of that day that the clock on the workshop's wall shows so."""
    try:
        wall = parse_time(text)
    except ValueError:
        return None
    if wall is None or wall.tzinfo is not None:
        return None
    return datetime.combine(found.on, wall.replace(second=0, microsecond=0), found.zone).astimezone(UTC)


def _day(text: str) -> date | None:
    try:
        asked = parse_date(text)
    except ValueError:
        return None
    return asked if asked is not None and 2000 <= asked.year <= 2100 else None


def _asked(request: StaffRequest) -> Workshop:
    places, asked = workshops(), request.GET.get("unit", "")
    found = next((one for one in places if not asked or one.unit_id == row_id(asked)), None)
    if found is None:
        raise NotFound(kind=Workshop._meta.label)
    return found


def _opens(found: DiaryDay) -> datetime:
    return found.grid.start_of(0).astimezone(found.zone)


def _step_text(found: DiaryDay, allocation_id: int) -> str:
    one = next(step for step in found.steps.values() if step.pk == allocation_id)
    return f"{_clock(found, one.starts_at)} {local_name(one.visit_job.job)} · {_visit_text(found, one.visit_id)}"


def _visit_text(found: DiaryDay, visit_id: int) -> str:
    visit = found.visits[visit_id]
    vehicle = f" · {visit.vehicle.plate or visit.vehicle}" if visit.vehicle else ""
    return f"{visit.whose}{vehicle}"


def _place_text(found: DiaryDay, technician_id: int, bay_id: int, start: datetime, end: datetime) -> dict[str, str]:
    technician, bay = found.technicians.get(technician_id), found.bays.get(bay_id)
    return {
        "who": technician.person.full_name if technician else "–",
        "bay": bay.name if bay else "–",
        "hours": f"{_clock(found, start)}–{_clock(found, end)}",
    }


def _call(found: DiaryDay, visit_id: int, proposal: Proposal) -> dict[str, str]:
    """Return whom to call, what was promised to them, and when the vehicle would be ready."""
    ends = [one.end for one in proposal.placed if one.visit == visit_id]
    is_postponed = any(one.visit == visit_id for one in proposal.postponed)
    ready = "" if is_postponed or not ends else _clock(found, found.grid.end_of(min(max(ends), found.day.closes) - 1))
    return {
        "visit": _visit_text(found, visit_id),
        "customer_id": str(found.visits[visit_id].customer_id),
        "promised": _clock(found, found.visits[visit_id].promised_at),
        "ready": ready,
    }


def _clock(found: DiaryDay, at: datetime) -> str:
    return f"{at.astimezone(found.zone):%H:%M}"


def _plain(row: Change | Sickness) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in asdict(row).items()}


def _instants(told: dict[str, Any]) -> dict[str, datetime]:
    return {name: datetime.fromisoformat(told[name]) for name in ("starts_at", "ends_at")}
