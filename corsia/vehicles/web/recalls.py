"""Recall campaigns: written down, given their VINs, followed until every vehicle is done."""

from datetime import date

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from corsia.kernel.access import access
from corsia.kernel.http import StaffRequest, row_id
from corsia.kernel.once import once
from corsia.ui.forms import accepted, told_in
from corsia.vehicles import queries, services
from corsia.vehicles.models import Recall
from corsia.vehicles.permissions import MANAGE_DUES
from corsia.vehicles.rules.plates import display_plate
from corsia.vehicles.web.forms import RecallForm, VinsForm

PAGE = 50
NAMED = 5  # cells of a list that a message names


@require_safe
@access(MANAGE_DUES)
def index(request: StaffRequest) -> HttpResponse:
    """List the campaigns, the latest first."""
    rows = queries.recalls_with_progress(before=_place_in_list(request.GET.get("before", "")), limit=PAGE + 1)
    last = rows[PAGE - 1].recall if len(rows) > PAGE else None
    context = {
        "rows": [(row, _title(row.recall)) for row in rows[:PAGE]],
        "older": f"{last.opened_on.isoformat()}_{last.pk}" if last else "",
        "today": timezone.localdate(request.received_at),
        "may_manage": True,
    }
    return render(request, "vehicles/recalls.html", context)


@require_safe
@access(MANAGE_DUES, personal=True)
def show(request: StaffRequest, recall_id: int) -> HttpResponse:
    """Show a campaign: how far it is, which vehicles are open, which VINs nobody here knows."""
    is_closed = request.GET.get("state") == "done"
    page = queries.recall_page(
        recall_id=recall_id, after_id=row_id(request.GET.get("after")), is_closed=is_closed, limit=PAGE + 1
    )
    recall = page.row.recall
    context = {
        "row": page.row,
        "recall": recall,
        "title": _title(recall),
        "text": recall.text_it if get_language() == "it" else recall.text_en or recall.text_it,
        "vins": [(one, display_plate(one.vehicle.plate)) for one in page.vins[:PAGE] if one.vehicle],
        "next": page.vins[PAGE - 1].pk if len(page.vins) > PAGE else None,
        "is_paged": bool(request.GET.get("after")),
        "is_closed": is_closed,
        "unknown": page.unknown,
        "form": VinsForm(),
        "today": timezone.localdate(request.received_at),
    }
    return render(request, "vehicles/recall.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@access(MANAGE_DUES)
def edit(request: StaffRequest, recall_id: int | None = None) -> HttpResponse:
    """Write a campaign down, or correct it."""
    recall: Recall | None = Recall.objects.find(recall_id) if recall_id else None
    initial = {name: getattr(recall, name) for name in services.RecallData.__dataclass_fields__} if recall else {}
    form = RecallForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():

        def act() -> int:
            saved = services.save_recall(
                recall_id=recall_id,
                unit_id=recall.unit_id if recall else min(request.actor.units_with(MANAGE_DUES.roles)),
                data=form.data_for_service(),
                by=request.actor,
                now=request.received_at,
            )
            return int(saved.pk)

        saved_id = None
        with told_in(form):
            saved_id = once(request, door="vehicles.recall", act=act)
        if saved_id is not None:
            return redirect("vehicles:recall", saved_id)
    return render(
        request, "vehicles/recall_edit.html", {"form": form, "recall": recall}, status=422 if form.errors else 200
    )


@require_POST
@access(MANAGE_DUES)
def add_vins(request: StaffRequest, recall_id: int) -> HttpResponse:
    """Add the VINs of a list, and say what became of each."""
    form = VinsForm(request.POST, request.FILES)
    accepted(form)
    done: list[services.Imported] = []

    def act() -> int:
        done.append(
            services.add_vins(recall_id=recall_id, text=form.lines(), by=request.actor, now=request.received_at)
        )
        return recall_id

    once(request, door="vehicles.vins", act=act)
    for imported in done:
        messages.success(request, _in_words(imported))
        if imported.unreadable:
            named = ", ".join(imported.unreadable[:NAMED])
            more = _("and others") if len(imported.unreadable) > NAMED else ""
            messages.warning(request, _("These are no VINs: %(cells)s %(more)s") % {"cells": named, "more": more})
    return redirect("vehicles:recall", recall_id)


def _in_words(imported: services.Imported) -> str:
    parts = [ngettext("%(count)s new VIN", "%(count)s new VINs", imported.new) % {"count": imported.new}]
    if imported.unknown:
        unknown = len(imported.unknown)
        words = ngettext("%(count)s of a vehicle we do not know", "%(count)s of vehicles we do not know", unknown)
        parts.append(words % {"count": unknown})
    if imported.known_before:
        before = imported.known_before
        parts.append(ngettext("%(count)s was there before", "%(count)s were there before", before) % {"count": before})
    return f"{', '.join(parts)}."


def _title(recall: Recall) -> str:
    return recall.title_it if get_language() == "it" else recall.title_en or recall.title_it


def _place_in_list(text: str) -> tuple[date, int] | None:
    day, _sep, pk = text.partition("_")
    number = row_id(pk)
    try:
        return (date.fromisoformat(day), number) if number else None
    except ValueError:
        return None
