"""The load ahead: what the next two weeks will probably hold, what to do about it, and who should be called before."""

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from corsia.kernel.access import access, may
from corsia.kernel.errors import NotFound
from corsia.kernel.http import StaffRequest, row_id
from corsia.organisation.queries import tree
from corsia.ui.numbers import number
from corsia.ui.templatetags.ui import local_name, small_names
from corsia.workshop.models import Workshop
from corsia.workshop.permissions import PLAN, SEE_WORKSHOP
from corsia.workshop.queries.load import DayLoad, Load, load_of
from corsia.workshop.queries.plan import workshops
from corsia.workshop.rules.load import State
from corsia.workshop.web.proposal_words import visit_text

_HEIGHT = 140  # of the chart, in its own units
_WIDTH = 24


def state_words() -> dict[State, str]:
    """Return what the states of a day are called."""
    return {
        State.CLOSED: pgettext("load", "Closed"),
        State.QUIET: pgettext("load", "Quiet"),
        State.GOOD: pgettext("load", "Good"),
        State.FULL: pgettext("load", "Full"),
        State.OVER: pgettext("load", "Too much"),
    }


def advice_words() -> dict[State, str]:
    """Return what to do about a day."""
    return {
        State.QUIET: _("Call who is due soon, or bring work forward."),
        State.FULL: _("Offer later slots; keep an hour for what walks in."),
        State.OVER: _("Move what is not promised yet, open overtime, or offer later slots."),
    }


def reason_words() -> dict[str, str]:
    """Return what makes it more likely that somebody does not come."""
    return {
        "web": pgettext("no-show", "booked on the web"),
        "lead_week": pgettext("no-show", "booked days ahead"),
        "lead_weeks": pgettext("no-show", "booked one to three weeks ahead"),
        "lead_month": pgettext("no-show", "booked more than three weeks ahead"),
        "monday": pgettext("no-show", "on a Monday"),
        "friday": pgettext("no-show", "on a Friday"),
        "saturday": pgettext("no-show", "on a Saturday"),
        "missed_once": pgettext("no-show", "missed a visit before"),
        "missed_often": pgettext("no-show", "missed visits before"),
        "first_visit": pgettext("no-show", "here for the first time"),
        "not_reminded": pgettext("no-show", "not reminded"),
    }


TONES = {State.CLOSED: "", State.QUIET: "t-blue", State.GOOD: "t-ok", State.FULL: "t-warn", State.OVER: "t-bad"}


@require_safe
@access(SEE_WORKSHOP)
def load(request: StaffRequest) -> HttpResponse:
    """Show the load of the next two weeks."""
    places, asked = workshops(), request.GET.get("unit", "")
    workshop = next((one for one in places if not asked or one.unit_id == row_id(asked)), None)
    if workshop is None and asked:
        raise NotFound(kind=Workshop._meta.label)
    context: dict[str, Any] = {"places": [(one.unit_id, tree().label(one.unit_id)) for one in places]}
    if workshop is not None:
        context |= _page(load_of(workshop, now=request.received_at)) | {
            "unit_id": workshop.unit_id,
            "place": tree().label(workshop.unit_id),
            "may_plan": may(request.actor, PLAN, workshop.unit_id),
        }
    return render(request, "workshop/load.html", context)


def _page(found: Load) -> dict[str, Any]:
    most = max([60.0, *(max(one.expected.high, float(one.expected.capacity)) for one in found.days)])
    zone, words, why = tree().time_zone(found.workshop.unit_id), reason_words(), state_words()
    return {
        "days": [_day(one, number, most=most, words=why) for number, one in enumerate(found.days)],
        "width": len(found.days) * _WIDTH,
        "height": _HEIGHT,
        "skills": [
            {"name": local_name(skill), "cells": [_skill(one, skill.pk) for one in found.days]}
            for skill in found.skills
        ],
        "may_miss": [
            {
                "visit": one.visit,
                "text": visit_text(one.visit),
                "when": _when(one.visit.drop_off_at.astimezone(zone)),
                "reasons": ", ".join(words[reason] for reason in one.reasons),
            }
            for one in found.may_miss
        ],
        "model": found.model,
        "rate_pct": number(100 * found.model.rate, 1),
        "walked_days": found.walked_days,
        "tested": found.tested,
        "inside_pct": round(100 * found.tested.inside / found.tested.days) if found.tested else None,
        "off_hours": number(found.tested.off_minutes / 60, 1) if found.tested else "",
        "ours": number(found.tested.ours, 4) if found.tested else "",
        "alone": number(found.tested.alone, 4) if found.tested else "",
    }


def _day(one: DayLoad, number: int, *, most: float, words: dict[State, str]) -> dict[str, Any]:
    found, scale = one.expected, _HEIGHT / most
    booked, walked = (found.booked - found.missed) * scale, found.walk_ins * scale
    state = found.state
    return {
        "on": one.on,
        "label": small_names(formats.date_format(one.on, "D j")),
        "name": small_names(formats.date_format(one.on, "l j F")),
        "x": number * _WIDTH,
        "booked_y": round(_HEIGHT - booked, 1),
        "booked_h": round(booked, 1),
        "walked_y": round(_HEIGHT - booked - walked, 1),
        "walked_h": round(walked, 1),
        "low_y": round(_HEIGHT - found.low * scale, 1),
        "high_y": round(_HEIGHT - found.high * scale, 1),
        "capacity_y": round(_HEIGHT - found.capacity * scale, 1),
        "state": state,
        "state_text": words[state],
        "tone": TONES[state],
        "advice": advice_words().get(state, ""),
        "visits": one.visits,
        "booked": _hours(found.booked),
        "missed": _hours(found.missed),
        "walk_ins": _hours(found.walk_ins),
        "load": _hours(found.load),
        "band": f"{_hours(found.low)}–{_hours(found.high)}",
        "capacity": _hours(found.capacity),
        "over_pct": round(100 * found.over),
        "overbooking": one.overbooking,
    }


def _skill(one: DayLoad, skill_id: int) -> dict[str, Any]:
    worked, there = one.skills.get(skill_id, (0, 0))
    if not worked:
        return {"text": "–", "tone": ""}
    if not there:
        return {"text": _("nobody"), "tone": "t-bad"}
    share = round(100 * worked / there)
    return {"text": f"{share} %", "tone": "t-bad" if share > 100 else "t-warn" if share >= 90 else ""}


def _hours(minutes: float) -> str:
    return number(minutes / 60, 1)


def _when(local: datetime) -> str:
    return f"{small_names(formats.date_format(local, 'D j M'))}, {local:%H:%M}"
