"""How an action on a case answers: fragments for htmx, the case page for everybody else."""

import json
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render

from corsia.cases.permissions import MOVE_CASES
from corsia.cases.queries.case_page import CasePage, case_page
from corsia.cases.queries.desk import unit_label
from corsia.cases.queries.people import people_who_work_in
from corsia.cases.vocabulary import Priority
from corsia.cases.web.words import history_lines
from corsia.kernel.access import may
from corsia.kernel.held import held
from corsia.kernel.http import StaffRequest
from corsia.organisation.queries import tree


def case_context(request: StaffRequest, case_id: int) -> dict[str, Any]:
    """Return what the parts of the case page need."""
    with held():
        return _context(request, case_id)


def _context(request: StaffRequest, case_id: int) -> dict[str, Any]:
    now = request.received_at
    organisation = tree()
    page: CasePage = case_page(case_id, organisation=organisation, now=now)
    case = page.head.case
    people = list(people_who_work_in(case.unit_id, now=now))
    return {
        "page": page,
        "head": page.head,
        "case": case,
        "people": people,
        "unit_label": unit_label(organisation, case.unit_id),
        "priorities": Priority.choices,
        "history": history_lines(page.history, version=page.head.version),
        "is_watching": any(watcher.person_id == request.actor.id for watcher in page.watchers),
        "is_mine": case.assignee_id == request.actor.id,
        "may_move": may(request.actor, MOVE_CASES, case.unit_id),
    }


def changed(request: StaffRequest, case_id: int, title: str = "", *, undo_url: str = "") -> HttpResponse:
    """Answer an action that worked: the case's fragments, and a toast when there is something to say."""
    if not request.htmx:
        return redirect("cases:case", case_id)
    if request.POST.get("from") == "board":
        response = HttpResponse(status=204)
    else:
        response = render(request, "cases/_parts.html", case_context(request, case_id))
    events: dict[str, Any] = {"casesChanged": {"case": case_id}, "closeDialog": {}}
    if title:
        events["toast"] = {"title": title, **({"undo_url": undo_url} if undo_url else {})}
    response.headers["HX-Trigger-After-Settle" if response.status_code != 204 else "HX-Trigger"] = json.dumps(events)
    return response


def ask(request: StaffRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """Show a form in the dialog of the page; without htmx, on a page of its own."""
    if not request.htmx:
        return render(request, "cases/ask.html", {**context, "body": template}, status=status)
    response = render(request, template, context, status=status)
    response.headers["HX-Retarget"] = "#case-dialog"
    response.headers["HX-Reswap"] = "innerHTML"
    return response
