"""Re-planning: what came in between is said here, a job works a proposal out, one click accepts it or takes it back."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.dateparse import parse_date, parse_time
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from corsia.kernel.access import RIGHTS, access, may
from corsia.kernel.errors import NotFound
from corsia.kernel.http import StaffRequest, row_id
from corsia.organisation.queries import tree
from corsia.ui.templatetags.ui import local_name, small_names
from corsia.workshop.models import Proposal, ProposalCall, Workshop
from corsia.workshop.permissions import PLAN
from corsia.workshop.queries.plan import workshops
from corsia.workshop.queries.proposals import proposal_shown, proposals_of, untold_calls
from corsia.workshop.queries.replanning import DiaryDay, diary_day
from corsia.workshop.services import accepting, proposals
from corsia.workshop.services.proposals import DayOver, Happened, NothingHappened
from corsia.workshop.vocabulary import Cause
from corsia.workshop.web.proposal_words import call_of, shown_words, title_of, visit_text

_MOST_MINUTES = 600


@require_safe
@access(PLAN)
def replan(request: StaffRequest) -> HttpResponse:
    """Ask what came in between, and show what was proposed for the day before."""
    workshop = _asked(request.GET)
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
        "proposals": [
            {"proposal": one, "title": title_of(one, zone), "at": f"{one.asked_at.astimezone(zone):%H:%M}"}
            for one in proposals_of(workshop.unit_id, on=on)
        ],
        "calls": [call_of(one, zone) for one in untold_calls(workshop.unit_id, now=request.received_at)],
    }
    if found is not None:
        context |= _choices(found, request.received_at)
    return render(request, "workshop/replan.html", context)


@require_POST
@access(PLAN)
def ask(request: StaffRequest) -> HttpResponse:
    """Have a way on worked out."""
    workshop = _asked(request.POST)
    on = _day(request.POST.get("day", ""))
    if on is None:
        raise DayOver
    happened = _happened(request.POST, on=on, unit_id=workshop.unit_id)
    asked = proposals.ask(unit_id=workshop.unit_id, on=on, happened=happened, by=request.actor, now=request.received_at)
    return redirect("workshop:proposal", asked.pk)


@require_safe
@access(PLAN)
def proposal(request: StaffRequest, proposal_id: int) -> HttpResponse:
    """Show a proposal, or how far it is."""
    shown = proposal_shown(proposal_id, now=request.received_at)
    context = shown_words(shown, tree().time_zone(shown.proposal.unit_id)) | {
        "stream": reverse("conversations:stream") if may(request.actor, RIGHTS["conversations.use_inbox"]) else "",
        "place": tree().label(shown.proposal.unit_id),
    }
    part = "workshop/_proposal.html" if request.headers.get("HX-Request") else "workshop/proposal.html"
    return render(request, part, context)


@require_POST
@access(PLAN)
def accept(request: StaffRequest, proposal_id: int) -> HttpResponse:
    """Carry a proposal out as it was shown."""
    is_noted = accepting.accept(proposal_id=proposal_id, by=request.actor, now=request.received_at)
    messages.success(request, _("The plan was changed as proposed"))
    if not is_noted:
        messages.warning(request, _("The absence itself is entered by whoever manages that person."))
    return redirect("workshop:proposal", proposal_id)


@require_POST
@access(PLAN)
def undo(request: StaffRequest, proposal_id: int) -> HttpResponse:
    """Put everything back where it was before a proposal was accepted."""
    accepting.undo(proposal_id=proposal_id, by=request.actor, now=request.received_at)
    messages.success(request, _("The plan is as it was before"))
    return redirect("workshop:proposal", proposal_id)


@require_POST
@access(PLAN)
def discard(request: StaffRequest, proposal_id: int) -> HttpResponse:
    """Say no to a proposal."""
    gone = proposals.discard(proposal_id=proposal_id, by=request.actor, now=request.received_at)
    return redirect(_plan_address(gone))


@require_POST
@access(PLAN)
def tick(request: StaffRequest, call_id: int) -> HttpResponse:
    """Write down that a customer was told, or that this was a slip."""
    call: ProposalCall = proposals.tick(
        call_id=call_id, is_told=request.POST.get("told") == "1", by=request.actor, now=request.received_at
    )
    return redirect("workshop:proposal", call.proposal_id)


def _plan_address(proposal: Proposal) -> str:
    return f"{reverse('workshop:plan')}?unit={proposal.unit_id}&view=day&day={proposal.on.isoformat()}"


def _choices(found: DiaryDay, now: datetime) -> dict[str, Any]:
    """Return what the three forms offer."""
    opens = found.grid.start_of(0)
    begins = now if found.midnight <= now and opens < now else opens
    return {
        "technicians": sorted(
            ((pk, one.person.full_name) for pk, one in found.technicians.items()), key=lambda pair: pair[1]
        ),
        "steps": [
            {
                "id": one.pk,
                "text": f"{one.starts_at.astimezone(found.zone):%H:%M} {local_name(one.visit_job.job)} · "
                f"{visit_text(one.visit)}",
            }
            for one in sorted(found.steps.values(), key=lambda one: (one.starts_at, one.pk))
        ],
        "visits": [
            {"id": pk, "text": visit_text(found.visits[pk])}
            for pk in sorted(found.visits, key=lambda pk: (found.visits[pk].drop_off_at, pk))
        ],
        "from_hour": f"{begins.astimezone(found.zone):%H:%M}",
    }


def _happened(asked: Mapping[str, str], *, on: date, unit_id: int) -> Happened:
    kind = asked.get("kind", "")
    if kind == Cause.AWAY:
        technician, since = row_id(asked.get("technician")), _instant(asked.get("from", ""), on, unit_id)
        if technician is not None and since is not None:
            return Happened(cause=Cause.AWAY, technician_id=technician, at=since)
    elif kind == Cause.OVER:
        step, minutes = row_id(asked.get("step")), row_id(asked.get("minutes"))
        if step is not None and minutes and minutes <= _MOST_MINUTES:
            return Happened(cause=Cause.OVER, allocation_id=step, minutes=minutes)
    elif kind == Cause.PART:
        visit, until = row_id(asked.get("visit")), _instant(asked.get("until", ""), on, unit_id)
        if visit is not None and until is not None:
            return Happened(cause=Cause.PART, visit_id=visit, at=until)
    raise NothingHappened


def _instant(text: str, on: date, unit_id: int) -> datetime | None:
    """Return the instant of that day that the clock on the workshop's wall shows so."""
    try:
        wall: time | None = parse_time(text)
    except ValueError:
        return None
    if wall is None or wall.tzinfo is not None:
        return None
    local = datetime.combine(on, wall.replace(second=0, microsecond=0), tree().time_zone(unit_id))
    return local.astimezone(UTC)


def _day(text: str) -> date | None:
    try:
        asked = parse_date(text)
    except ValueError:
        return None
    return asked if asked is not None and 2000 <= asked.year <= 2100 else None


def _asked(told: Mapping[str, str]) -> Workshop:
    places, asked = workshops(), told.get("unit", "")
    found = next((one for one in places if not asked or one.unit_id == row_id(asked)), None)
    if found is None:
        raise NotFound(kind=Workshop._meta.label)
    return found
