"""The cards of calls: they pop up on every page of the desk while somebody calls."""

import json

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from corsia.connectors.telephony.permissions import ANSWER_CALLS
from corsia.connectors.telephony.queries import cards
from corsia.connectors.telephony.services import desk as services
from corsia.connectors.telephony.services.interviews import transfer
from corsia.conversations.permissions import USE_INBOX
from corsia.kernel.access import access, may
from corsia.kernel.errors import NotFound
from corsia.kernel.http import StaffRequest, row_id
from corsia.kernel.once import once


@require_safe
@access(ANSWER_CALLS, personal=True)
def desk(request: StaffRequest) -> HttpResponse:
    """Show the calls that go on, in the corner of a page that then listens for more; nothing where no line is on."""
    if not cards.has_lines():
        return HttpResponse()
    shown = cards.cards_now(person_id=request.actor.id, now=request.received_at)
    context = {"cards": shown, "listens": may(request.actor, USE_INBOX)}
    return render(request, "telephony/_desk.html", context)


@require_safe
@access(ANSWER_CALLS, personal=True)
def card(request: StaffRequest, call_id: int) -> HttpResponse:
    """Show the card of one call as it is now."""
    return _card(request, call_id)


@require_POST
@access(ANSWER_CALLS, personal=True)
def take(request: StaffRequest, call_id: int) -> HttpResponse:
    """Say that one has the caller on the phone."""
    services.take_call(call_id=call_id, by=request.actor, now=request.received_at)
    return _card(request, call_id)


@require_POST
@access(ANSWER_CALLS, personal=True)
def interview(request: StaffRequest, call_id: int) -> HttpResponse:
    """Transfer the caller to the interview."""
    transfer(call_id=call_id, by=request.actor, now=request.received_at)
    response = _card(request, call_id)
    response.headers["HX-Trigger"] = json.dumps({"toast": {"title": _("The caller is in the interview")}})
    return response


@require_POST
@access(ANSWER_CALLS, personal=True)
def say_who(request: StaffRequest, call_id: int) -> HttpResponse:
    """Say who calls."""
    customer_id = row_id(request.POST.get("customer_id"))
    if customer_id is None:
        raise NotFound(kind="customers.Customer")
    services.say_who(call_id=call_id, customer_id=customer_id, by=request.actor, now=request.received_at)
    return _card(request, call_id)


@require_POST
@access(ANSWER_CALLS, personal=True)
def note(request: StaffRequest, call_id: int) -> HttpResponse:
    """Write down what was said."""
    target = request.POST.get("target", "")
    if target != services.NEW_CASE and row_id(target) is None:
        target = ""

    def act() -> int:
        call = services.note(
            call_id=call_id,
            text=request.POST.get("text", ""),
            target=target,
            process_key=request.POST.get("process", "")[:40],
            by=request.actor,
            now=request.received_at,
        )
        return call.case_id or 0

    case_id = once(request, door="telephony.note", act=act)
    words = _("Noted on case #%(number)s") % {"number": case_id} if target and case_id else _("Noted on the call")
    response = _card(request, call_id)
    response.headers["HX-Trigger"] = json.dumps({"toast": {"title": words}, "casesChanged": {}, "callNoted": call_id})
    return response


def _card(request: StaffRequest, call_id: int) -> HttpResponse:
    return render(
        request, "telephony/_card.html", {"card": cards.card(call_id, person_id=request.actor.id), "is_answer": True}
    )
