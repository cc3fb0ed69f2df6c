"""The same change on many cases: preview, do, undo."""

import json
from datetime import datetime, time
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from corsia.cases.models import BulkChange
from corsia.cases.permissions import WORK_CASES
from corsia.cases.queries.people import visible_name
from corsia.cases.services import bulk as services
from corsia.cases.services.care import MAX_LABEL, NoSuchPriority, NotATag, SnoozeInThePast
from corsia.cases.vocabulary import BulkVerb, Priority
from corsia.kernel.access import access
from corsia.kernel.errors import Invalid
from corsia.kernel.http import StaffRequest
from corsia.organisation.queries import time_zone_of
from corsia.organisation.queries import tree as organisation_tree

MORNING = time(9)


@require_POST
@access(WORK_CASES)
def plan(request: StaffRequest) -> HttpResponse:
    """Show what the action would do to each selected case; nothing changes."""
    verb, value = _asked(request)
    planned = services.plan(verb=verb, value=value, case_ids=_ids(request), now=request.received_at)
    context = {
        "verb": verb,
        "value": value,
        "planned": planned,
        "changing": sum(1 for one in planned if not one.why_not),
        "shown_value": _shown(verb, value),
    }
    if not request.htmx:
        return render(request, "cases/ask.html", {**context, "body": "cases/_bulk.html"})
    return render(request, "cases/_bulk.html", context)


@require_POST
@access(WORK_CASES)
def run(request: StaffRequest) -> HttpResponse:
    """Do it."""
    verb, value = _asked(request)
    row = services.run(verb=verb, value=value, case_ids=_ids(request), by=request.actor, now=request.received_at)
    count = BulkChange.objects.filter(run=row).count()
    title = ngettext("%(count)s case changed", "%(count)s cases changed", count) % {"count": count}
    return _answer(request, title, undo_url=reverse("cases:bulk_undo", args=[row.pk]))


@require_POST
@access(WORK_CASES)
def undo(request: StaffRequest, run_id: int) -> HttpResponse:
    """Take it back."""
    undone = services.undo(run_id=run_id, by=request.actor, now=request.received_at)
    title = ngettext("%(count)s case as before", "%(count)s cases as before", undone.restored) % {
        "count": undone.restored
    }
    text = ""
    if undone.left_alone:
        numbers = ", ".join(f"#{number}" for number in undone.left_alone)
        text = _("Changed again meanwhile and left alone: %(numbers)s") % {"numbers": numbers}
    return _answer(request, title, text=text)


def _answer(request: StaffRequest, title: str, *, text: str = "", undo_url: str = "") -> HttpResponse:
    if not request.htmx:
        return redirect("cases:desk")
    toast = {"title": title, "text": text, **({"undo_url": undo_url} if undo_url else {})}
    events = {"toast": toast, "casesChanged": {}, "closeDialog": {}}
    return HttpResponse(status=204, headers={"HX-Trigger": json.dumps(events)})


def _ids(request: StaffRequest) -> list[int]:
    return [int(text) for text in request.POST.getlist("case") if text.isdecimal() and len(text) < 18]


def _asked(request: StaffRequest) -> tuple[BulkVerb, str]:
    """Return the action and its value, checked as the single action would check it."""
    asked = request.POST.get("verb", "")
    if asked not in BulkVerb.values:
        raise Invalid
    verb = BulkVerb(asked)
    value = request.POST.get("value", request.POST.get(f"value_{verb.value}", "")).strip()
    if verb is BulkVerb.PRIORITY and (not value.isdecimal() or int(value) not in Priority.values):
        raise NoSuchPriority
    if verb is BulkVerb.ASSIGN and value and not (value.isdecimal() and len(value) < 18):
        raise Invalid
    if verb is BulkVerb.TAG:
        value = " ".join(value.lower().split())
        if not 0 < len(value) <= MAX_LABEL:
            raise NotATag(most=MAX_LABEL)
    if verb is BulkVerb.SNOOZE and value:
        value = _instant(request, value)
    return verb, value


def _instant(request: StaffRequest, text: str) -> str:
    """Return the morning of a day as an instant, or an instant as it was shown in the preview."""
    try:
        day = parse_date(text)
        until = datetime.combine(day, MORNING, tzinfo=_zone(request)) if day else datetime.fromisoformat(text)
    except ValueError:
        raise SnoozeInThePast from None
    if until.tzinfo is None or until <= request.received_at:
        raise SnoozeInThePast
    return until.astimezone(ZoneInfo("UTC")).isoformat()


def _zone(request: StaffRequest) -> ZoneInfo:
    units = request.actor.units_with(WORK_CASES.roles) & set(organisation_tree().units)
    return time_zone_of(min(units))


def _shown(verb: BulkVerb, value: str) -> str:
    if verb is BulkVerb.ASSIGN:
        return visible_name(int(value)) if value else str(_("nobody"))
    if verb is BulkVerb.PRIORITY:
        return str(Priority(int(value)).label)
    return value
