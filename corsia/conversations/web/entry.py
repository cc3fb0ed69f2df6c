"""A conversation begun by hand: somebody called, or stands at the counter."""

from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from corsia.cases.queries.definitions import startable
from corsia.conversations.permissions import USE_INBOX
from corsia.conversations.web.forms import EntryForm
from corsia.customers.queries import customer_card
from corsia.customers.queries import search as search_customers
from corsia.customers.services import add_customer
from corsia.kernel.access import access
from corsia.kernel.http import StaffRequest, row_id
from corsia.kernel.once import SentAlready, once
from corsia.messaging.services import record_entry_by_hand
from corsia.organisation.queries import tree
from corsia.organisation.vocabulary import UnitKind

# Nobody stands at the counter of a whole group.
_ABOVE_WORK = frozenset({UnitKind.GROUP, UnitKind.MANUFACTURER, UnitKind.MARKET})


def units_of(request: StaffRequest) -> list[tuple[int, str]]:
    """Return the units in which the person may open conversations, in the order of the tree."""
    mine, known = request.actor.units_with(USE_INBOX.roles), tree().units
    chosen = [unit for pk, unit in known.items() if pk in mine and unit.is_active]
    work = [unit for unit in chosen if unit.kind not in _ABOVE_WORK] or chosen
    return [(unit.pk, " · ".join(_names(unit.pk))) for unit in work]


def _names(unit_id: int) -> list[str]:
    chain = [unit for unit in tree().chain(unit_id) if unit.kind not in _ABOVE_WORK]
    return [unit.name for unit in reversed(chain)] or [tree().unit(unit_id).name]


@require_http_methods(["GET", "HEAD", "POST"])
@access(USE_INBOX, personal=True)
def new(request: StaffRequest) -> HttpResponse:
    """Write down what a customer said, and open its conversation."""
    units = units_of(request)
    form = EntryForm(request.POST or None, units=units, initial=_given(request))
    if request.method == "POST" and form.is_valid():
        try:
            case_id = once(request, door="conversations.new", act=lambda: _record(request, form.cleaned_data))
        except SentAlready as refused:  # shown on the form, so that what was typed stays on the page
            form.add_error(None, str(refused))
        else:
            return redirect("conversations:conversation", case_id=case_id)
    asked_unit = str(form["unit"].value() or "")
    chosen_unit = next((pk for pk, _name in units if str(pk) == asked_unit), units[0][0] if units else 0)
    customer_id = form["customer"].value()
    card = customer_card(int(customer_id)) if row_id(customer_id) else None
    context = {
        "form": form,
        "processes": [p for p in startable(chosen_unit) if not p.is_internal] if chosen_unit else [],
        "card": card,
    }
    return render(request, "conversations/new.html", context, status=422 if request.method == "POST" else 200)


def _given(request: StaffRequest) -> dict[str, Any]:
    return {name: request.GET[name] for name in ("customer", "vehicle", "phone") if request.GET.get(name)}


@transaction.atomic
def _record(request: StaffRequest, given: dict[str, Any]) -> int:
    unit_id, by, now = int(given["unit"]), request.actor, request.received_at
    customer_id = given["customer"]
    if not customer_id:
        customer_id = add_customer(
            unit_id=unit_id,
            first_name=given["first_name"],
            last_name=given["last_name"],
            emails=[given["email"]] if given["email"] else [],
            phones=[given["phone"]] if given["phone"] else [],
            source=given["channel"],
            by=by,
            now=now,
        ).pk
    filed = record_entry_by_hand(
        channel=given["channel"],
        unit_id=unit_id,
        process_key=given["process"],
        subject=given["subject"],
        text="\n\n".join(part for part in (given["text"], given["link"]) if part),
        customer_id=customer_id,
        vehicle_id=given["vehicle"],
        assignee_id=by.id if given["takes_it"] else None,
        by=by,
        now=now,
    )
    return int(filed.case_id or 0)


@require_safe
@access(USE_INBOX, personal=True)
def find_customer(request: StaffRequest) -> HttpResponse:
    """Show the customers that a name, plate, telephone number or address finds."""
    words = request.GET.get("q", "").strip()[:80]
    hits = search_customers(words, limit=8) if len(words) >= 2 else []
    return render(request, "conversations/_customers.html", {"hits": hits, "words": words})


@require_safe
@access(USE_INBOX, personal=True)
def chosen_customer(request: StaffRequest, customer_id: int) -> HttpResponse:
    """Show a chosen customer with their vehicles, to choose one."""
    return render(request, "conversations/_chosen.html", {"card": customer_card(customer_id)})
