"""Recoveries: all of them, one with its queue, and what is done with one customer beside the case."""

import json
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from corsia.cases import services
from corsia.cases.models import Case, Recovery, RecoveryItem
from corsia.cases.permissions import RUN_RECOVERY, WORK_CASES
from corsia.cases.queries import recovery as queries
from corsia.cases.queries import startable
from corsia.cases.queries.desk import unit_label
from corsia.cases.rules import recovery as rules
from corsia.cases.rules.melting_chart import Column, melting_chart
from corsia.cases.rules.script import filled
from corsia.cases.vocabulary import RecoveryOutcome
from corsia.cases.web.desk import unit_choices
from corsia.cases.web.recovery_forms import AttemptForm, ListForm, RecoveryForm
from corsia.kernel.access import access, may
from corsia.kernel.http import StaffRequest, row_id
from corsia.kernel.once import once
from corsia.kernel.tables import as_download, form_of
from corsia.organisation.queries import time_zone_of, tree, unit_of


@require_safe
@access(WORK_CASES)
def index(request: StaffRequest) -> HttpResponse:
    """List the recoveries, running ones first."""
    context = {
        "rows": queries.recoveries(organisation=tree()),
        "may_run": may(request.actor, RUN_RECOVERY),
        "here": "recovery",
    }
    return render(request, "cases/recoveries.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@access(RUN_RECOVERY)
def new(request: StaffRequest) -> HttpResponse:
    """Start a recovery."""
    form = _form(request, row_id(request.POST.get("unit") or request.GET.get("unit")), initial=_first_words())
    if request.method == "POST" and form.is_valid():

        def act() -> int:
            recovery = services.start_recovery(
                unit_id=form.cleaned_data["unit"], details=form.details(), by=request.actor, now=request.received_at
            )
            return recovery.pk

        return redirect("cases:recovery", once(request, door="cases.recovery", act=act))
    context = {"form": form, "recovery": None}
    return render(request, "cases/recovery_edit.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@access(RUN_RECOVERY)
def change(request: StaffRequest, recovery_id: int) -> HttpResponse:
    """Change what describes a recovery."""
    recovery: Recovery = Recovery.objects.find(recovery_id)
    initial = {
        "name": recovery.name,
        "process": recovery.process_key,
        "max_attempts": recovery.max_attempts,
        "retry_after_days": recovery.retry_after_days,
        "script_it": recovery.script_it,
        "script_en": recovery.script_en,
    }
    form = _form(request, recovery.unit_id, initial=initial)
    del form.fields["unit"]  # who is in it belongs there
    if request.method == "POST" and form.is_valid():
        services.change_recovery(
            recovery_id=recovery_id, details=form.details(), by=request.actor, now=request.received_at
        )
        messages.success(request, _("Recovery saved"))
        return redirect("cases:recovery", recovery_id)
    context = {"form": form, "recovery": recovery}
    return render(request, "cases/recovery_edit.html", context, status=422 if form.errors else 200)


@require_safe
@access(WORK_CASES, personal=True)
def show(request: StaffRequest, recovery_id: int) -> HttpResponse:
    """Show a recovery: how its queue melts, who is next, and how it is going by unit; htmx gets more of the queue."""
    recovery: Recovery = Recovery.objects.find(recovery_id)
    now, organisation = request.received_at, tree()
    page = queries.turns(recovery, organisation=organisation, now=now, after=request.GET.get("after", ""))
    context: dict[str, Any] = {"recovery": recovery, "turns": page}
    if request.htmx and request.GET.get("after"):
        return render(request, "cases/_turns.html", context)
    melting = queries.melting(recovery, zone=time_zone_of(recovery.unit_id), now=now)
    columns = [
        Column(on=day.on, waiting=day.waiting, recovered=day.recovered, lost=day.lost, unreachable=day.unreachable)
        for day in melting.days
    ]
    may_run = may(request.actor, RUN_RECOVERY, recovery.unit_id)
    context |= {
        "totals": queries.totals_of(recovery),
        "melting": melting,
        "table": list(reversed(melting.days)),
        "wide": melting_chart(columns, width=760, height=240, labels=10),
        "narrow": melting_chart(columns, width=360, height=210, labels=5),
        "units": queries.by_unit(recovery, organisation=organisation),
        "own": queries.own_part(recovery, person_id=request.actor.id),
        "unit_label": unit_label(organisation, recovery.unit_id),
        "may_run": may_run,
        "lists": queries.lists_of(recovery) if may_run else [],
        "list_form": ListForm(),
        "formula": rules,
        "here": "recovery",
    }
    return render(request, "cases/recovery.html", context)


@require_POST
@access(RUN_RECOVERY)
def end(request: StaffRequest, recovery_id: int) -> HttpResponse:
    """End a recovery in which nobody waits any more."""
    services.end_recovery(recovery_id=recovery_id, by=request.actor, now=request.received_at)
    messages.success(request, _("The recovery is over"))
    return redirect("cases:recovery", recovery_id)


@require_safe
@access(WORK_CASES)
def next_one(request: StaffRequest, recovery_id: int) -> HttpResponse:
    """Lead to the case of whoever is next."""
    recovery: Recovery = Recovery.objects.find(recovery_id)
    page = queries.turns(recovery, organisation=tree(), now=request.received_at)
    nobodys = (None, request.actor.id)
    turn = next((turn for turn in page.rows if not turn.is_asleep and turn.item.case.assignee_id in nobodys), None)
    if turn is None:
        messages.info(request, _("Nobody is waiting for you right now."))
        return redirect("cases:recovery", recovery_id)
    return redirect("cases:case", turn.item.case_id)


@require_safe
@access(RUN_RECOVERY, personal=True)
def export(request: StaffRequest, recovery_id: int) -> HttpResponse:
    """Hand out all items of a recovery as a table."""
    recovery: Recovery = Recovery.objects.find(recovery_id)
    organisation = tree()
    header = [
        _("Case"), _("Customer"), _("Plate"), _("Subject"), _("Unit"), _("Waiting since"),
        _("Contacts without an answer"), _("Complaint"), _("Score of the last survey"), _("Attempts"),
        _("Last attempt"), _("Next attempt"), _("Outcome"), _("Ended"), _("Urgency (days)"),
    ]  # fmt: skip

    def row(found: Any) -> list[Any]:
        number, customer, plate, subject, unit_id, since, contacts, complaint, *rest = found
        score, attempts, last_at, next_at, outcome, ended_at, rank = rest
        return [
            number, customer, plate, subject, unit_label(organisation, unit_id), since, contacts,
            pgettext("complaint", "yes") if complaint else "", score, attempts, last_at, next_at,
            str(RecoveryOutcome(outcome).label) if outcome else _("Waiting"), ended_at,
            None if ended_at else rules.urgency_days(rank, now=request.received_at),
        ]  # fmt: skip

    return as_download(
        form_of(request.GET.get("form")),
        name=recovery.name,
        header=header,
        rows=map(row, queries.exported(recovery)),
        on=request.received_at.astimezone(time_zone_of(recovery.unit_id)).date(),
    )


@require_safe
@access(WORK_CASES, personal=True)
def panel(request: StaffRequest, case_id: int) -> HttpResponse:
    """Show beside a case what there is to say to its customer, the attempts so far, and how it may end."""
    Case.objects.find(case_id)
    return _panel(request, queries.latest_item_of(case_id))


@require_POST
@access(WORK_CASES, personal=True)
def attempt(request: StaffRequest, item_id: int) -> HttpResponse:
    """Note an attempt to reach the customer."""
    item: RecoveryItem = RecoveryItem.objects.find(item_id)
    form = AttemptForm(request.POST)
    if not form.is_valid():
        return _panel(request, queries.latest_item_of(item.case_id), form=form, status=422)
    given = form.cleaned_data

    def act() -> int:
        done = services.note_attempt(
            item_id=item_id,
            way=given["way"],
            result=given["result"],
            note=given["note"],
            next_try_at=form.next_try_at(time_zone_of(item.unit_id)),
            by=request.actor,
            now=request.received_at,
        )
        return done.pk

    once(request, door="cases.attempt", act=act)
    return _done(request, item, _("Attempt noted"))


@require_POST
@access(WORK_CASES, personal=True)
def end_item(request: StaffRequest, item_id: int) -> HttpResponse:
    """Say how it ended with a customer."""
    item: RecoveryItem = RecoveryItem.objects.find(item_id)
    outcome = request.POST.get("outcome", "")
    services.end_item(item_id=item_id, outcome=outcome, by=request.actor, now=request.received_at)
    return _done(request, item, str(RecoveryOutcome(outcome).label))


def _done(request: StaffRequest, item: RecoveryItem, title: str) -> HttpResponse:
    if not request.htmx:
        return redirect("cases:case", item.case_id)
    response = _panel(request, queries.latest_item_of(item.case_id))
    response.headers["HX-Trigger"] = json.dumps({"toast": {"title": title}, "casesChanged": {"case": item.case_id}})
    return response


def _panel(
    request: StaffRequest, item: RecoveryItem | None, *, form: AttemptForm | None = None, status: int = 200
) -> HttpResponse:
    if item is None:
        return HttpResponse(status=200)
    context = {
        "item": item,
        "attempts": queries.attempts_of(item),
        "urgency": rules.urgency_days(item.rank_at, now=request.received_at),
        "script": _script(request, item),
        "form": form or AttemptForm(),
        "may_be_unreachable": item.attempts >= item.recovery.max_attempts,
        "outcomes": RecoveryOutcome,
    }
    return render(request, "cases/_recovery_panel.html", context, status=status)


def _script(request: StaffRequest, item: RecoveryItem) -> str:
    case, recovery, unit = item.case, item.recovery, unit_of(item.unit_id)
    texts = {"it": recovery.script_it or recovery.script_en, "en": recovery.script_en or recovery.script_it}
    vehicle = case.vehicle
    since = item.waiting_since.astimezone(time_zone_of(item.unit_id)).date()
    values = {
        "customer_name": case.customer.display_name if case.customer else "",
        "vehicle": str(vehicle) if vehicle else "",
        "plate": vehicle.plate if vehicle else "",
        "case_number": f"#{case.pk}",
        "subject": case.subject,
        "waiting_since": f"{since:%d/%m/%Y}",
        "waiting_days": str(max(0, (request.received_at - item.waiting_since).days)),
        "agent_name": request.actor.name,
        "unit_name": unit_label(tree(), item.unit_id),
        "unit_phone": unit.phone,
    }
    return filled(texts.get(case.language, texts["it"]), values)


def _form(request: StaffRequest, unit_id: int | None, *, initial: dict[str, Any]) -> RecoveryForm:
    units = unit_choices(tree())
    chosen = unit_id if unit_id in dict(units) else units[0][0]
    return RecoveryForm(
        request.POST or None, units=units, processes=startable(chosen), initial={"unit": chosen, **initial}
    )


def _first_words() -> dict[str, str]:
    """Return a script to begin with: nobody writes on an empty sheet."""
    return {
        "process": "complaint",
        "script_it": (
            "Buongiorno {{customer_name}}, sono {{agent_name}} di {{unit_name}}.\n"
            "La chiamo per la Sua richiesta “{{subject}}” del {{waiting_since}}: Le dovevamo una risposta e non "
            "gliel'abbiamo data. Me ne scuso, senza giustificazioni.\n"
            "Mi racconta com'è la situazione oggi? (ascoltare, non interrompere)\n"
            "Me ne occupo io di persona. Ecco che cosa faccio adesso, ed entro quando.\n"
            "Il mio numero diretto è {{unit_phone}}."
        ),
        "script_en": (
            "Good morning {{customer_name}}, this is {{agent_name}} from {{unit_name}}.\n"
            "I am calling about your request “{{subject}}” of {{waiting_since}}: we owed you an answer and did not "
            "give it. I apologise, without excuses.\n"
            "Would you tell me how things stand today? (listen, do not interrupt)\n"
            "I will see to it myself. This is what I do now, and by when.\n"
            "You can reach me directly at {{unit_phone}}."
        ),
    }
