"""What people do with a conversation: take, assign, snooze, move, hand, close, reopen."""

import json
from datetime import timedelta

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from corsia.cases import services as cases
from corsia.cases.queries import people_who_work_in
from corsia.cases.queries.missing import phases_asked
from corsia.cases.queries.recovery import is_being_recovered
from corsia.cases.vocabulary import Priority, RequiredField
from corsia.conversations import queries, services
from corsia.conversations.permissions import USE_INBOX
from corsia.conversations.web.compose import with_events
from corsia.conversations.web.forms import CloseForm, SnoozeForm, presets
from corsia.conversations.web.thread import show_head
from corsia.kernel.access import access
from corsia.kernel.errors import Invalid
from corsia.kernel.http import StaffRequest, row_id
from corsia.organisation.queries import time_zone_of
from corsia.ui.templatetags.ui import local_name


def _done(request: StaffRequest, case_id: int, title: str, *, undo: str = "", **events: object) -> HttpResponse:
    toast = {"title": title} | ({"undo_url": undo} if undo else {})
    return with_events(show_head(request, case_id), toast=toast, closeDialog=True, **events)


@require_POST
@access(USE_INBOX, personal=True)
def take(request: StaffRequest, case_id: int) -> HttpResponse:
    """Put the case on the own desk."""
    cases.take(case_id=case_id, by=request.actor, now=request.received_at)
    return _done(request, case_id, _("The case is yours"))


@require_http_methods(["GET", "HEAD", "POST"])
@access(USE_INBOX, personal=True)
def assign(request: StaffRequest, case_id: int) -> HttpResponse:
    """Choose who works on the case."""
    head = queries.conversation_head(case_id=case_id, now=request.received_at)
    if request.method != "POST":
        people = people_who_work_in(head.case.unit_id, now=request.received_at)
        return render(request, "conversations/_assign.html", {"head": head, "people": people})
    asked = request.POST.get("person", "")
    person_id = row_id(asked)
    case = cases.assign(case_id=case_id, person_id=person_id, by=request.actor, now=request.received_at)
    title = _("Assigned to %(name)s") % {"name": case.assignee} if case.assignee else _("Back in the queue")
    return _done(request, case_id, title)


@require_http_methods(["GET", "HEAD", "POST"])
@access(USE_INBOX, personal=True)
def snooze(request: StaffRequest, case_id: int) -> HttpResponse:
    """Put the conversation to sleep until a moment, or wake it."""
    head = queries.conversation_head(case_id=case_id, now=request.received_at)
    zone = time_zone_of(head.case.unit_id)
    offered = presets(request.received_at, zone)
    if request.method != "POST":
        form = SnoozeForm(initial={"day": request.received_at.astimezone(zone).date() + timedelta(days=1)})
        return render(request, "conversations/_snooze.html", {"head": head, "form": form, "presets": offered})
    if request.POST.get("wake"):
        cases.snooze(case_id=case_id, until=None, by=request.actor, now=request.received_at)
        return _done(request, case_id, _("Awake again"))
    asked = request.POST.get("preset", "")
    form = SnoozeForm(request.POST)
    if asked.isdecimal() and len(asked) < 3 and int(asked) < len(offered):
        until = offered[int(asked)][0]
    elif form.is_valid() and (chosen := form.until(zone)):
        until = chosen
    else:
        raise Invalid(_("Choose a day and a time for the snooze."))
    cases.snooze(case_id=case_id, until=until, by=request.actor, now=request.received_at)
    undo = reverse("conversations:wake", args=[case_id])
    return _done(request, case_id, _("Snoozed"), undo=undo)


@require_POST
@access(USE_INBOX, personal=True)
def wake(request: StaffRequest, case_id: int) -> HttpResponse:
    """Wake a sleeping conversation."""
    cases.snooze(case_id=case_id, until=None, by=request.actor, now=request.received_at)
    return _done(request, case_id, _("Awake again"))


@require_http_methods(["GET", "HEAD", "POST"])
@access(USE_INBOX, personal=True)
def close(request: StaffRequest, case_id: int) -> HttpResponse:
    """Ask how the case ends and for what its process wants to know, and close it."""
    head = queries.conversation_head(case_id=case_id, now=request.received_at)
    ends = [(kind.value, kind.label) for kind in head.ends]
    asking = [phase for kind in head.ends for phase in phases_asked(head.case, head.version, end_kind=kind)]
    wanted = frozenset(field for phase in asking for field in phase.requires)
    known = {
        "end_kind": ends[0][0] if ends else "",
        "root_cause": head.case.root_cause,
        "remedy": head.case.remedy,
        "reference": head.case.reference,
    }
    asks_outcome = is_being_recovered(head.case.pk)
    form = CloseForm(request.POST or None, initial=known, ends=ends, asked=wanted, asks_outcome=asks_outcome)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        services.close_conversation(
            case_id=case_id,
            end_kind=given["end_kind"],
            details=cases.Details(
                root_cause=given.get("root_cause"),
                remedy=given.get("remedy"),
                reference=given.get("reference"),
                recovery_outcome=given.get("recovery_outcome"),
            ),
            by=request.actor,
            now=request.received_at,
        )
        undo = reverse("conversations:reopen", args=[case_id])
        return _done(request, case_id, _("Case closed"), undo=undo, conversationClosed=case_id)
    elsewhere = [
        RequiredField(name).label
        for name, value in (
            (RequiredField.CUSTOMER, head.case.customer_id),
            (RequiredField.VEHICLE, head.case.vehicle_id),
            (RequiredField.ASSIGNEE, head.case.assignee_id),
        )
        if name in wanted and value is None
    ]
    context = {"head": head, "form": form, "elsewhere": elsewhere}
    answer = render(request, "conversations/_close.html", context, status=422 if request.method == "POST" else 200)
    if request.method == "POST":
        answer.headers["HX-Retarget"], answer.headers["HX-Reswap"] = "#dialog-body", "innerHTML"
    return answer


@require_POST
@access(USE_INBOX, personal=True)
def reopen(request: StaffRequest, case_id: int) -> HttpResponse:
    """Open a closed case again."""
    cases.reopen_case(case_id=case_id, reason=_("From the inbox"), by=request.actor, now=request.received_at)
    return _done(request, case_id, _("Case open again"))


@require_POST
@access(USE_INBOX, personal=True)
def join(request: StaffRequest, case_id: int, other_id: int) -> HttpResponse:
    """Let another case of the same customer go on in this one."""
    cases.merge_cases(survivor_id=case_id, absorbed_id=other_id, by=request.actor, now=request.received_at)
    undo = reverse("conversations:part", args=[case_id, other_id])
    return _read_again(case_id, _("#%(other)s goes on here") % {"other": other_id}, undo_url=undo)


@require_POST
@access(USE_INBOX, personal=True)
def part(request: StaffRequest, case_id: int, other_id: int) -> HttpResponse:
    """Take back that another case went on in this one."""
    cases.unmerge_case(case_id=other_id, survivor_id=case_id, by=request.actor, now=request.received_at)
    return _read_again(case_id, _("#%(other)s is on its own again") % {"other": other_id})


def _read_again(case_id: int, title: str, **toast: str) -> HttpResponse:
    """Have the page read the whole conversation again: other messages belong to it now."""
    answer = HttpResponse(status=204)
    conversation = reverse("conversations:conversation", args=[case_id])
    answer.headers["HX-Location"] = json.dumps({"path": conversation, "target": "#work"})
    return with_events(answer, toast={"title": title, **toast})


@require_POST
@access(USE_INBOX, personal=True)
def phase(request: StaffRequest, case_id: int) -> HttpResponse:
    """Move the case to another phase."""
    key = request.POST.get("phase", "")
    cases.enter_phase(case_id=case_id, phase_key=key, by=request.actor, now=request.received_at)
    head = queries.conversation_head(case_id=case_id, now=request.received_at)
    return _done(request, case_id, _("Moved to “%(phase)s”") % {"phase": local_name(head.phase)})


@require_POST
@access(USE_INBOX, personal=True)
def holder(request: StaffRequest, case_id: int) -> HttpResponse:
    """Say who has the case in hand: our clocks stand still while it is not us."""
    asked = request.POST.get("holder", "")
    head = queries.conversation_head(case_id=case_id, now=request.received_at)
    if asked not in type(head.holder).values:
        raise Invalid(_("Choose who has the case in hand from the list."))
    cases.hand_to(case_id=case_id, holder=asked, by=request.actor, now=request.received_at)
    return _done(request, case_id, _("Noted"))


@require_POST
@access(USE_INBOX, personal=True)
def priority(request: StaffRequest, case_id: int) -> HttpResponse:
    """Set how urgent the case is."""
    asked = request.POST.get("priority", "")
    if not asked.isdecimal() or len(asked) > 2 or int(asked) not in Priority.values:
        raise Invalid(_("Choose a priority from the list."))
    cases.set_priority(case_id=case_id, priority=int(asked), by=request.actor, now=request.received_at)
    return _done(request, case_id, _("Noted"))
