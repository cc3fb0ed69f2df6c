"""Writing: answers, notes, drafts, ready-made texts, taking back and trying again."""

import json
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from corsia.cases.models import Case
from corsia.cases.queries import people_who_work_in, phases_in_use
from corsia.conversations import queries, services
from corsia.conversations.permissions import USE_INBOX
from corsia.conversations.web.forms import ComposerForm
from corsia.conversations.web.inbox import person_id
from corsia.conversations.web.thread import show_head
from corsia.kernel.access import access
from corsia.kernel.errors import Invalid
from corsia.kernel.http import StaffRequest
from corsia.kernel.once import once
from corsia.messaging import services as messaging
from corsia.messaging.queries.ways import ready_made_of, ways_to
from corsia.messaging.services.texts import values_of
from corsia.messaging.vocabulary import Objection
from corsia.organisation.queries import group_of, time_zone_of, unit_of
from corsia.ui.templatetags.ui import local_name


def with_events(answer: HttpResponse, **events: Any) -> HttpResponse:
    """Tell the page's script what happened."""
    answer.headers["HX-Trigger"] = json.dumps(events)
    return answer


@require_POST
@access(USE_INBOX, personal=True)
def write(request: StaffRequest, case_id: int) -> HttpResponse:
    """Send an answer or keep a note, and show it in the thread."""
    case = Case.objects.find(case_id)
    form = ComposerForm(request.POST, {"attached": request.FILES.getlist("files")})  # type: ignore[arg-type]
    if not form.is_valid():
        first = next(iter(form.errors.values()))[0]
        raise Invalid(first)
    message_id = once(request, door="conversations.write", act=lambda: _written(request, case, form))
    return _one(request, case, message_id)


def _written(request: StaffRequest, case: Case, form: ComposerForm) -> int:
    given = form.cleaned_data
    if given["kind"] == "note":
        message = services.add_note(
            case_id=case.pk,
            text=given["text"],
            mentioned_ids=form.mentioned_ids(),
            by=request.actor,
            now=request.received_at,
        )
    else:
        message = services.send_reply(
            case_id=case.pk,
            text=given["text"],
            send_after=form.send_after(time_zone_of(case.unit_id)),
            cc=form.copies(),
            files=given["attached"],
            way=given["way"],
            ready_made=given["ready_made"],
            values=form.values(),
            by=request.actor,
            now=request.received_at,
        )
    return message.pk


@require_POST
@access(USE_INBOX, personal=True)
def undo(request: StaffRequest, case_id: int, message_id: int) -> HttpResponse:
    """Take an answer back before it leaves; its text goes into the composer again."""
    case = Case.objects.find(case_id)
    queries.message_item(case=case, message_id=message_id, now=request.received_at)  # it is on this case
    message = messaging.undo_send(message_id=message_id, by=request.actor, now=request.received_at)
    answer = _one(request, case, message_id)
    return with_events(answer, restoreText={"text": message.text})


@require_POST
@access(USE_INBOX, personal=True)
def retry(request: StaffRequest, case_id: int, message_id: int) -> HttpResponse:
    """Send an answer again that failed."""
    case = Case.objects.find(case_id)
    item = queries.message_item(case=case, message_id=message_id, now=request.received_at)
    if item.message is None or item.message.sending is None:
        raise messaging.CannotRetry
    messaging.try_again(outgoing_id=item.message.sending.id, by=request.actor, now=request.received_at)
    return _one(request, case, message_id)


def _one(request: StaffRequest, case: Case, message_id: int) -> HttpResponse:
    item = queries.message_item(case=case, message_id=message_id, now=request.received_at)
    return render(request, "conversations/_items.html", {"items": [item], "active": case.pk, "is_fresh": True})


@require_POST
@access(USE_INBOX, personal=True)
def draft(request: StaffRequest, case_id: int) -> HttpResponse:
    """Keep what was typed so far."""
    services.keep_draft(
        case_id=case_id,
        is_note=request.POST.get("kind") == "note",
        text=request.POST.get("text", ""),
        by=request.actor,
        now=request.received_at,
    )
    return HttpResponse(status=204)


@require_safe
@access(USE_INBOX, personal=True)
def texts(request: StaffRequest, case_id: int) -> HttpResponse:
    """Show the ready-made texts that fit, filled in for the case."""
    case = Case.objects.select_related("customer", "vehicle").find(case_id)
    unit, group = unit_of(case.unit_id), group_of(case.unit_id)
    values = values_of(case, unit=unit, group=group, agent_name=request.actor.name)
    found = queries.ready_texts(case=case, values=values, search=request.GET.get("q", ""))
    return render(request, "conversations/_texts.html", {"texts": found})


@require_safe
@access(USE_INBOX)
def colleagues(request: StaffRequest, case_id: int) -> HttpResponse:
    """Show the colleagues who can be called by name in a note: those who see the case."""
    case = Case.objects.find(case_id)
    people = people_who_work_in(case.unit_id, now=request.received_at).exclude(pk=person_id(request))
    words = request.GET.get("q", "").strip().casefold()
    found = [person for person in people if words in person.full_name.casefold()][:8]
    return render(request, "conversations/_colleagues.html", {"people": found})


@require_POST
@access(USE_INBOX, personal=True)
def macro(request: StaffRequest, case_id: int, macro_id: int) -> HttpResponse:
    """Do what a macro says; its text goes into the composer."""
    done = services.apply_macro(case_id=case_id, macro_id=macro_id, by=request.actor, now=request.received_at)
    answer = show_head(request, case_id)
    events: dict[str, dict[str, Any]] = {}
    if done.text:
        events["restoreText"] = {"text": done.text}
    if done.phase_left_out:
        names = {phase.key: local_name(phase) for phase in phases_in_use()}
        words = _("The process of this case has no phase “%(phase)s”: the case was not moved. The rest is done.")
        phase = names.get(done.phase_left_out, done.phase_left_out)
        events["toast"] = {"title": _("Done in part"), "text": words % {"phase": phase}, "ms": 10_000}
    elif not done.text:
        events["toast"] = {"title": _("Done")}
    return with_events(answer, **events)


@require_safe
@access(USE_INBOX, personal=True)
def ways(request: StaffRequest, case_id: int) -> HttpResponse:
    """Show by which ways the customer can be answered, and what the chosen one allows now."""
    case = Case.objects.select_related("thread").find(case_id)
    found = ways_to(case, now=request.received_at)
    asked = request.GET.get("way", "")
    chosen = next((way for way in found if way.key == asked), found[0] if found else None)
    texts_ = ready_made_of(chosen, language=case.language) if chosen and chosen.needs_ready_made else []
    text = next((one for one in texts_ if one.key == request.GET.get("ready_made")), None)
    context = {
        "case_id": case_id,
        "ways": found,
        "chosen": chosen,
        "sentence": Objection(chosen.objection).label if chosen and chosen.objection else "",
        "texts": texts_,
        "text": text,
        "holes": range(1, text.holes + 1) if text else (),
    }
    return render(request, "conversations/_ways.html", context)
