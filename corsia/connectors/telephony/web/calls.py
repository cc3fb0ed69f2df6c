"""The list of calls, one call with all that happened in it, and calls beside customers and cases."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from corsia.connectors.telephony.permissions import ANSWER_CALLS
from corsia.connectors.telephony.queries import cards
from corsia.kernel.access import access
from corsia.kernel.http import StaffRequest, row_id

_TABS = (
    ("all", _("All calls")),
    ("waiting", _("To call back")),
    ("missed", _("Missed calls")),
    ("answered", _("Answered calls")),
    ("served", _("Served by the robot")),
)


@require_safe
@access(ANSWER_CALLS, personal=True)
def index(request: StaffRequest) -> HttpResponse:
    """List the calls of one's units, the latest first."""
    tab = request.GET.get("tab", "all")
    tab = tab if tab in cards.TABS else "all"
    find = request.GET.get("find", "").strip()[:100]
    is_mine = request.GET.get("mine") == "1"
    before = row_id(request.GET.get("before"))
    page = cards.calls_page(tab=tab, find=find, person_id=request.actor.id if is_mine else None, before=before)
    context = {
        "page": page,
        "tabs": _TABS,
        "tab": tab,
        "find": find,
        "is_mine": is_mine,
        "is_paged": before is not None,
        "has_lines": cards.has_lines(),
    }
    return render(request, "telephony/calls.html", context)


@require_safe
@access(ANSWER_CALLS, personal=True)
def show(request: StaffRequest, call_id: int) -> HttpResponse:
    """Show one call: what happened, who it was, what was noted."""
    card = cards.card(call_id, person_id=request.actor.id)
    context = {
        "card": card,
        "events": cards.events_of(card.call),
        "row": cards.row_of(card.call),
        "texts": cards.texts_of(card.call),
    }
    return render(request, "telephony/call.html", context)


@require_safe
@access(ANSWER_CALLS, personal=True)
def customer_panel(request: StaffRequest, customer_id: int) -> HttpResponse:
    """Show a customer's latest calls on their page; nothing where there are none."""
    return _panel(request, cards.calls_of_customer(customer_id))


@require_safe
@access(ANSWER_CALLS, personal=True)
def case_panel(request: StaffRequest, case_id: int) -> HttpResponse:
    """Show the calls of a case; nothing where there are none."""
    return _panel(request, cards.calls_of_case(case_id))


def _panel(request: StaffRequest, rows: list[cards.Row]) -> HttpResponse:
    return render(request, "telephony/_panel.html", {"rows": rows}) if rows else HttpResponse()
