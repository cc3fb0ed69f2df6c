"""The inbox page and its list."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from corsia.cases.queries.definitions import startable
from corsia.conversations import queries
from corsia.conversations.permissions import MANAGE_MACROS, USE_INBOX
from corsia.conversations.vocabulary import Tab
from corsia.kernel.access import access, may
from corsia.kernel.http import StaffRequest, row_id


def tab_of(request: StaffRequest) -> Tab:
    """Return the tab the page shows."""
    asked = request.GET.get("tab", "")
    return Tab(asked) if asked in Tab.values else Tab.ALL


def person_id(request: StaffRequest) -> int:
    """Return the id of the person who asks; @access let only people in."""
    return int(request.actor.id or 0)


def list_context(request: StaffRequest) -> dict[str, Any]:
    """Return what the list needs."""
    now, tab, search = request.received_at, tab_of(request), request.GET.get("q", "").strip()[:80]
    page = queries.inbox_rows(
        tab=tab, person_id=person_id(request), now=now, search=search, after=request.GET.get("after", "")
    )
    return {"page_rows": page, "tab": tab, "q": search, "tabs": Tab}


@require_safe
@access(USE_INBOX, personal=True)
def index(request: StaffRequest) -> HttpResponse:
    """Show the list, and no conversation yet."""
    return render(request, "conversations/index.html", inbox_context(request))


def inbox_context(request: StaffRequest) -> dict[str, Any]:
    """Return what the whole page needs, without a conversation."""
    counts = queries.tab_counts(person_id=person_id(request), now=request.received_at)
    return list_context(request) | {"counts": counts, "may_edit_macros": may(request.actor, MANAGE_MACROS)}


@require_safe
@access(USE_INBOX, personal=True)
def rows(request: StaffRequest) -> HttpResponse:
    """Show a page of the list, the numbers on the tabs beside it."""
    context = list_context(request)
    if not request.GET.get("after"):
        context["counts"] = queries.tab_counts(person_id=person_id(request), now=request.received_at)
    return render(request, "conversations/_rows.html", context)


@require_safe
@access(USE_INBOX, personal=True)
def row(request: StaffRequest, case_id: int) -> HttpResponse:
    """Show one row as it is now; 204 when the case has left the tab or was never in it."""
    found = queries.inbox_row(
        case_id=case_id, tab=tab_of(request), person_id=person_id(request), now=request.received_at
    )
    if found is None:
        return HttpResponse(status=204)
    page = queries.InboxPage(rows=(found,), after="")
    return render(request, "conversations/_list.html", {"page_rows": page, "is_fresh": True})


@require_safe
@access(USE_INBOX, personal=True)
def counts(request: StaffRequest) -> HttpResponse:
    """Show the numbers on the tabs."""
    found = queries.tab_counts(person_id=person_id(request), now=request.received_at)
    return render(request, "conversations/_tabs.html", list_names(request) | {"counts": found})


def list_names(request: StaffRequest) -> dict[str, Any]:
    """Return what the tabs need besides their numbers."""
    return {"tab": tab_of(request), "q": request.GET.get("q", "").strip()[:80], "tabs": Tab}


@require_safe
@access(USE_INBOX, personal=True)
def unread(request: StaffRequest) -> HttpResponse:
    """Show how many of the person's own conversations have something unread."""
    number = queries.unread_count(person_id=person_id(request), now=request.received_at)
    return render(request, "conversations/_badge.html", {"number": number})


@require_safe
@access(USE_INBOX)
def processes(request: StaffRequest) -> HttpResponse:
    """Show the processes that may be started in a unit, as options."""
    asked = request.GET.get("unit", "")
    unit_id = row_id(asked) or 0
    known = unit_id in request.actor.units_with(USE_INBOX.roles)
    found = [process for process in startable(unit_id) if not process.is_internal] if known else []
    return render(request, "conversations/_processes.html", {"processes": found})
