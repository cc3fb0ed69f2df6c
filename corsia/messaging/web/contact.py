"""How often and when customers are contacted: the rules of units, what was held back, and one customer's own page."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from corsia.customers import queries as customers
from corsia.kernel.access import access, demand, may
from corsia.kernel.http import StaffRequest
from corsia.messaging import services
from corsia.messaging.permissions import MANAGE_CONTACT_RULES, READ_MESSAGES, SEE_OUTBOX, SEE_QUARANTINE
from corsia.messaging.queries.contact_page import CHANNELS, PURPOSES, contact_state
from corsia.messaging.queries.contact_preview import examples, stricter_above
from corsia.messaging.queries.contact_rules import rules_in_force, rules_of_units
from corsia.messaging.queries.held_back import HeldFilter, held_page
from corsia.messaging.vocabulary import Objection
from corsia.messaging.web.contact_forms import ContactRulesForm, TryForm
from corsia.messaging.web.outbox import page_start
from corsia.organisation.queries import tree
from corsia.organisation.vocabulary import UnitKind

PERIODS = {"7": 7, "30": 30, "90": 90}
_PARTS = (UnitKind.DEPARTMENT, UnitKind.TEAM)


@require_safe
@access(READ_MESSAGES, personal=True)
def customer_panel(request: StaffRequest, customer_id: int) -> HttpResponse:
    """Show on the customer page how often they were contacted, what was held back and why, and when next."""
    state = contact_state(customers.family_ids(customer_id), now=request.received_at)
    context = {"state": state, "channels": CHANNELS, "may_see_outbox": may(request.actor, SEE_OUTBOX)}
    return render(request, "messaging/_contact_panel.html", context)


@require_safe
@access(SEE_OUTBOX, personal=True)
def held_back(request: StaffRequest) -> HttpResponse:
    """List what was not sent, or not at once, and why."""
    asked = request.GET
    reason = asked.get("reason", "") if asked.get("reason") in Objection.values else ""
    purpose = asked.get("purpose", "") if asked.get("purpose") in [one.value for one in PURPOSES] else ""
    state = asked.get("state", "") if asked.get("state") in ("held", "later") else ""
    days = PERIODS.get(asked.get("days", ""))
    branches = _branches(request)
    branch = next((unit for unit in branches if str(unit.pk) == asked.get("branch")), None)
    before = page_start(asked.get("before", ""))
    page = held_page(
        HeldFilter(
            reason=reason,
            purpose=purpose,
            is_final={"held": True, "later": False}.get(state),
            unit_ids=[one.pk for one in tree().units.values() if one.path.startswith(branch.path)] if branch else (),
            since=request.received_at - timedelta(days=days) if days else None,
        ),
        before=before,
    )
    context = {
        "page": page,
        "is_paged": before is not None,
        "reason": reason,
        "purpose": purpose,
        "state": state,
        "days": asked.get("days", "") if days else "",
        "periods": list(PERIODS),
        "reasons": Objection.choices,
        "purposes": [(one.value, one.label) for one in PURPOSES],
        "branches": branches,
        "branch": branch,
        "may_see_journal": may(request.actor, SEE_QUARANTINE),
    }
    return render(request, "messaging/held_back.html", context)


@require_safe
@access(MANAGE_CONTACT_RULES)
def rules(request: StaffRequest) -> HttpResponse:
    """Show for each unit of the scope whose rules hold."""
    places = tree()
    mine = request.actor.units_with(MANAGE_CONTACT_RULES.roles)
    as_drawn = sorted(
        (places.units[unit_id] for unit_id in mine),
        key=lambda unit: [(above.position, above.name) for above in reversed(places.chain(unit.pk))],
    )
    held = rules_of_units(mine)
    lines = [
        {"unit": unit, "depth": min(4, len(unit.ancestor_ids)), "held": held[unit.pk]}
        for unit in as_drawn
        # Departments and teams follow their branch unless somebody gave them rules of their own.
        if unit.kind not in _PARTS or held[unit.pk].set_by == unit
    ]
    context = {"lines": lines, "may_see_journal": may(request.actor, SEE_QUARANTINE)}
    return render(request, "messaging/contact_rules.html", context)


@require_http_methods(["GET", "POST"])
@access(MANAGE_CONTACT_RULES)
def rules_of_unit(request: StaffRequest, unit_id: int) -> HttpResponse:
    """Edit how often and when the customers of a unit, and of everything below it, are contacted."""
    unit = tree().unit(unit_id)
    demand(request.actor, MANAGE_CONTACT_RULES, unit_id)
    held = rules_in_force(unit_id)
    form = ContactRulesForm(request.POST or None, initial=ContactRulesForm.initial_of(held.rules))
    if request.method == "POST" and form.is_valid():
        services.save_contact_rules(unit_id=unit_id, rules=form.rules, by=request.actor, now=request.received_at)
        messages.success(request, _("Saved. It holds for everything that leaves from now on."))
        return redirect("messaging:contact_rules")
    local = request.received_at.astimezone(tree().time_zone(unit_id))
    tried = TryForm(
        initial={"on": local.date(), "at": local.time().replace(second=0, microsecond=0), "had": 0, "channel": "sms"}
    )
    context = {
        "form": form,
        "try_form": tried,
        "unit": unit,
        "place": tree().label(unit_id),
        "held": held,
        "is_own": held.set_by == unit,
        "examples": examples(held.rules, unit_id=unit_id, now=request.received_at) if not form.is_bound else None,
        "stricter": stricter_above(held.rules, unit_id=unit_id),
        "zone": tree().time_zone(unit_id),
    }
    return render(request, "messaging/contact_rules_form.html", context, status=422 if form.errors else 200)


@require_POST
@access(MANAGE_CONTACT_RULES)
def preview(request: StaffRequest, unit_id: int) -> HttpResponse:
    """Return what the rules in the form would mean; nothing is saved."""
    demand(request.actor, MANAGE_CONTACT_RULES, tree().unit(unit_id).pk)
    form, tried = ContactRulesForm(request.POST), TryForm(request.POST)
    context: dict[str, Any] = {"zone": tree().time_zone(unit_id), "unit": tree().unit(unit_id)}
    if form.is_valid():
        situation = tried.situation(context["zone"]) if tried.is_valid() else None
        context["examples"] = examples(form.rules, unit_id=unit_id, now=request.received_at, tried=situation)
        context["stricter"] = stricter_above(form.rules, unit_id=unit_id)
    else:
        context["problems"] = [error for errors in form.errors.values() for error in errors]
    return render(request, "messaging/_contact_preview.html", context)


@require_POST
@access(MANAGE_CONTACT_RULES)
def remove_rules(request: StaffRequest, unit_id: int) -> HttpResponse:
    """Let a unit follow the one above it again."""
    services.remove_contact_rules(unit_id=unit_id, by=request.actor, now=request.received_at)
    messages.success(request, _("The unit follows the rules above it again."))
    return redirect("messaging:contact_rules")


def _branches(request: StaffRequest) -> list[Any]:
    mine = request.actor.units_with(SEE_OUTBOX.roles)
    return sorted(
        (unit for unit in tree().units.values() if unit.pk in mine and unit.kind not in _PARTS),
        key=lambda unit: unit.name,
    )
