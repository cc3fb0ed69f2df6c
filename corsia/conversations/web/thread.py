"""One conversation: its page, its live parts, who else looks at it."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from corsia.cases.models import Case
from corsia.cases.permissions import MOVE_CASES
from corsia.cases.queries import open_cases_of
from corsia.cases.vocabulary import Holder
from corsia.conversations import queries, services
from corsia.conversations.permissions import USE_INBOX
from corsia.conversations.queries.elsewhere import elsewhere
from corsia.conversations.web.inbox import inbox_context, person_id
from corsia.customers.queries import customer_card, story_of
from corsia.kernel.access import access, may
from corsia.kernel.http import StaffRequest, row_id

STORY = 6  # events of the customer's story beside a conversation


def work_context(request: StaffRequest, case_id: int) -> dict[str, Any]:
    """Return what a conversation needs: head, thread, composer."""
    head = queries.conversation_head(case_id=case_id, now=request.received_at)
    answer, note = queries.drafts_of(case_id=case_id, person_id=person_id(request))
    return head_context(request, head) | {
        "thread": queries.thread_page(case=head.case, now=request.received_at),
        "draft_answer": answer,
        "draft_note": note,
        "macros": queries.macros() if head.is_open else [],
    }


def head_context(request: StaffRequest, head: queries.ConversationHead) -> dict[str, Any]:
    """Return what the head of a conversation needs."""
    may_move = may(request.actor, MOVE_CASES, head.case.unit_id)
    return {"head": head, "active": head.case.pk, "holders": Holder, "may_move": may_move}


def show_head(request: StaffRequest, case_id: int) -> HttpResponse:
    """Render the head as it is now: the answer to every action on a conversation."""
    head = queries.conversation_head(case_id=case_id, now=request.received_at)
    return render(request, "conversations/_head.html", head_context(request, head))


@require_safe
@access(USE_INBOX, personal=True)
def conversation(request: StaffRequest, case_id: int) -> HttpResponse:
    """Show a conversation: alone within the page, or with the whole inbox around it."""
    context = work_context(request, case_id)
    if request.htmx and not request.htmx.history_restore_request:
        answer = render(request, "conversations/_work.html", context)
    else:
        answer = render(request, "conversations/index.html", inbox_context(request) | context)
    answer.headers["Vary"] = "HX-Request, Cookie"
    return answer


@require_safe
@access(USE_INBOX, personal=True)
def case_panel(request: StaffRequest, case_id: int) -> HttpResponse:
    """Show the conversation on the page of its case."""
    return render(request, "conversations/_panel.html", work_context(request, case_id))


@require_safe
@access(USE_INBOX, personal=True)
def head(request: StaffRequest, case_id: int) -> HttpResponse:
    """Show the head as it is now."""
    return show_head(request, case_id)


@require_safe
@access(USE_INBOX, personal=True)
def before(request: StaffRequest, case_id: int, message_id: int) -> HttpResponse:
    """Show the messages before one."""
    case = Case.objects.find(case_id)
    page = queries.thread_page(case=case, now=request.received_at, before_id=message_id)
    return render(request, "conversations/_older.html", {"thread": page, "active": case_id})


@require_safe
@access(USE_INBOX, personal=True)
def after(request: StaffRequest, case_id: int, message_id: int) -> HttpResponse:
    """Show what an open page does not show yet, and what became of the messages it waits for."""
    case = Case.objects.find(case_id)
    pending = [found for word in request.GET.get("pending", "").split(",")[:20] if (found := row_id(word))]
    line = request.GET.get("line", "")
    items = queries.items_after(
        case=case,
        message_id=message_id,
        audit_id=row_id(line) or 0,
        pending=pending,
        now=request.received_at,
    )
    return render(request, "conversations/_items.html", {"items": items, "active": case_id, "is_fresh": True})


@require_safe
@access(USE_INBOX, personal=True)
def original(request: StaffRequest, case_id: int, message_id: int) -> HttpResponse:
    """Show a message as it came: the mail in its sandboxed frame, or the whole text with quotes and signature."""
    case = Case.objects.find(case_id)
    item = queries.message_item(case=case, message_id=message_id, now=request.received_at)
    text = queries.original_text(case=case, message_id=message_id)
    return render(request, "conversations/_original.html", {"item": item, "text": text, "active": case_id})


@require_safe
@access(USE_INBOX, personal=True)
def aside(request: StaffRequest, case_id: int) -> HttpResponse:
    """Show the customer beside the conversation."""
    case = Case.objects.select_related("vehicle", "customer").find(case_id)
    context: dict[str, Any] = {"case": case, "card": None}
    if case.customer_id:
        card = customer_card(case.customer_id)
        story = story_of(card.record_ids, limit=STORY).events
        others = elsewhere(case=case, record_ids=card.record_ids)
        context = {
            "case": case,
            "card": card,
            "story": story,
            "cases_open": open_cases_of(card.record_ids),
            "elsewhere": others,
            "joined_ids": {other.case_id for other in others},
        }
    return render(request, "conversations/_aside.html", context)


@require_POST
@access(USE_INBOX, personal=True)
def here(request: StaffRequest, case_id: int) -> HttpResponse:
    """Note that the person looks at the conversation, or types, and show who else does."""
    now, is_typing = request.received_at, request.POST.get("typing") == "1"
    services.be_here(case_id=case_id, is_typing=is_typing, by=request.actor, now=now)
    if request.POST.get("read") == "1":
        services.mark_read(case_id=case_id, by=request.actor, now=now)
    return _viewers(request, case_id)


@require_POST
@access(USE_INBOX)
def gone(request: StaffRequest, case_id: int) -> HttpResponse:
    """Note that the person no longer looks at the conversation."""
    services.leave(case_id=case_id, by=request.actor)
    return HttpResponse(status=204)


@require_safe
@access(USE_INBOX, personal=True)
def viewers(request: StaffRequest, case_id: int) -> HttpResponse:
    """Show who else looks at the conversation."""
    return _viewers(request, case_id)


def _viewers(request: StaffRequest, case_id: int) -> HttpResponse:
    found = queries.viewers_of(case_id=case_id, except_person_id=person_id(request), now=request.received_at)
    return render(request, "conversations/_viewers.html", {"viewers": found})
