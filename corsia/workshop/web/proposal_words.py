"""A proposal in words: what came in between, where each piece of work goes and why, and whom to call."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from corsia.ui.templatetags.ui import local_name, small_names
from corsia.workshop.models import Proposal, ProposalCall, ProposalMove, Visit
from corsia.workshop.queries.proposals import Shown
from corsia.workshop.rules.day import Reason
from corsia.workshop.services.night import IT_IS_BETTER
from corsia.workshop.services.working_out import ITSELF
from corsia.workshop.vocabulary import UNSOLVED_STATES, Cause, ProposalState

TONES = {
    ProposalState.ASKED: "t-blue",
    ProposalState.WORKING: "t-blue",
    ProposalState.READY: "t-teal",
    ProposalState.NOTHING: "t-ok",
    ProposalState.FAILED: "t-bad",
    ProposalState.ACCEPTED: "t-ok",
    ProposalState.DISCARDED: "",
    ProposalState.UNDONE: "t-warn",
    ProposalState.LAPSED: "",
}


def reason_words() -> dict[str, str]:
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
        IT_IS_BETTER: pgettext("reason", "work ends earlier, or loads are more level"),
        ITSELF: pgettext("reason", "it takes longer itself"),
    }


def title_of(proposal: Proposal, zone: ZoneInfo) -> str:
    """Return what came in between, in a line."""
    hour = f"{proposal.at.astimezone(zone):%H:%M}" if proposal.at else ""
    if proposal.cause == Cause.AWAY and proposal.technician is not None:
        return _("%(name)s is away from %(hour)s") % {"name": proposal.technician.person.full_name, "hour": hour}
    if proposal.cause == Cause.OVER and proposal.allocation is not None:
        work = local_name(proposal.allocation.visit_job.job)
        return _("“%(work)s” takes %(minutes)s minutes longer") % {"work": work, "minutes": proposal.minutes}
    if proposal.cause == Cause.PART and proposal.visit is not None:
        return _("The part for %(visit)s comes at %(hour)s") % {"visit": visit_text(proposal.visit), "hour": hour}
    return str(proposal.get_cause_display())


def visit_text(visit: Visit) -> str:
    """Return whose visit it is, with the plate."""
    vehicle = f" · {visit.vehicle.plate or visit.vehicle}" if visit.vehicle else ""
    return f"{visit.whose}{vehicle}"


def shown_words(shown: Shown, zone: ZoneInfo) -> dict[str, Any]:
    """Return what the page of a proposal says."""
    proposal, words = shown.proposal, reason_words()
    postponed = {move.visit_id for move in shown.postponed}
    return {
        "proposal": proposal,
        "shown": shown,
        "title": title_of(proposal, zone),
        "tone": TONES[ProposalState(proposal.state)],
        "on": proposal.on,
        "unit_id": proposal.unit_id,
        "day_text": small_names(formats.date_format(proposal.on, "l j F Y")),
        "is_unsolved": proposal.state in UNSOLVED_STATES,
        "is_ready": proposal.state == ProposalState.READY,
        "is_accepted": proposal.state == ProposalState.ACCEPTED,
        "is_away": proposal.cause == Cause.AWAY,
        "is_night": proposal.cause == Cause.NIGHT,
        "moves": [_move(one, zone, words) for one in shown.moves if one.visit_id not in postponed],
        "postponed": [
            {
                "visit": visit_text(one.visit),
                "reason": words.get(one.reason, ""),
                "when": _day_hour(one.starts_at, zone) if one.starts_at else "",
            }
            for one in shown.postponed
        ],
        "calls": [call_of(one, zone) for one in shown.calls],
        "untold": sum(one.told_at is None for one in shown.calls),
        "gains": gain_words(proposal.gains) if proposal.cause == Cause.NIGHT else [],
        "asked_text": _day_hour(proposal.asked_at, zone),
        "decided_text": _day_hour(proposal.decided_at, zone) if proposal.decided_at else "",
    }


def gain_words(gains: dict[str, dict[str, int]]) -> list[dict[str, str]]:
    """Return what the figures of a day come to before and after a night, in words."""
    before, after = gains.get("before", {}), gains.get("after", {})
    labels = {
        "latest": _("Last work ends"),
        "room": _("Hours that can be booked"),
        "heaviest": _("Longest day of one person"),
        "known": _("In hands that know the vehicle"),
    }
    return [
        {"label": label, "before": _figure(key, before[key]), "after": _figure(key, after[key])}
        for key, label in labels.items()
        if key in before and key in after
    ]


def call_of(call: ProposalCall, zone: ZoneInfo) -> dict[str, Any]:
    """Return whom to call, what was promised to them, and what can be promised now."""
    return {
        "call": call,
        "visit": visit_text(call.visit),
        "customer_id": call.visit.customer_id,
        "promised": _day_hour(call.promised_before, zone),
        "ready": _day_hour(call.promised_at, zone) if call.promised_at else "",
        "told": _day_hour(call.told_at, zone) if call.told_at else "",
    }


def _figure(key: str, value: int) -> str:
    if key == "latest":
        return f"{value // 60:02d}:{value % 60:02d}"
    return str(value) if key == "known" else f"{value / 60:.1f} h"


def _move(move: ProposalMove, zone: ZoneInfo, words: dict[str, str]) -> dict[str, Any]:
    return {
        "work": local_name(move.visit_job.job),
        "visit": visit_text(move.visit),
        "before": {
            "who": move.technician_before.person.full_name,
            "bay": move.bay_before.name,
            "hours": _hours(move.starts_before, move.ends_before, zone),
        },
        "after": {
            "who": move.technician.person.full_name if move.technician else "–",
            "bay": move.bay.name if move.bay else "–",
            "hours": _hours(move.starts_at, move.ends_at, zone) if move.starts_at and move.ends_at else "–",
        },
        "reason": words.get(move.reason, ""),
    }


def _hours(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    return f"{start.astimezone(zone):%H:%M}–{end.astimezone(zone):%H:%M}"


def _day_hour(at: datetime, zone: ZoneInfo) -> str:
    local = at.astimezone(zone)
    return f"{small_names(formats.date_format(local, 'D j F'))}, {local:%H:%M}"
