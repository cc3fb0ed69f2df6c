"""Who is put into a recovery: lists of customers, looked at line by line first, and aged cases."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from corsia.cases import services
from corsia.cases.models import Recovery, RecoveryLine, RecoveryList
from corsia.cases.permissions import RUN_RECOVERY
from corsia.cases.queries import recovery as queries
from corsia.cases.queries.definitions import processes_in_scope
from corsia.cases.vocabulary import LineReason, LineState
from corsia.cases.web.desk import unit_choices
from corsia.cases.web.recovery_forms import AgedForm, ListForm
from corsia.kernel.access import access
from corsia.kernel.http import StaffRequest
from corsia.kernel.once import once
from corsia.kernel.sheets import cells_of, filled_up
from corsia.kernel.tables import as_download, form_of
from corsia.organisation.queries import time_zone_of, tree

MAX_CELLS = 12  # columns of a line that the preview shows


@require_POST
@access(RUN_RECOVERY, personal=True)
def upload(request: StaffRequest, recovery_id: int) -> HttpResponse:
    """Keep a list and show what it would do."""
    recovery: Recovery = Recovery.objects.find(recovery_id)
    form = ListForm(request.POST, request.FILES)
    if not form.is_valid():
        context = {"recovery": recovery, "list_form": form}
        return render(request, "cases/recovery_upload.html", context, status=422)
    file = form.cleaned_data["file"]

    def act() -> int:
        kept = services.keep_list(
            recovery_id=recovery_id,
            file_name=file.name or "lista.csv",
            content=file.read(),
            by=request.actor,
            now=request.received_at,
        )
        return kept.pk

    return redirect("cases:recovery_list", once(request, door="cases.recovery_list", act=act))


@require_safe
@access(RUN_RECOVERY, personal=True)
def show(request: StaffRequest, list_id: int) -> HttpResponse:
    """Show a list line by line: what would happen, or what became of it."""
    kept: RecoveryList = RecoveryList.objects.select_related("recovery", "uploaded_by").find(list_id)
    counts = queries.counts_of_list(kept)
    to_take = counts[LineState.KNOWN] + counts[LineState.KNOWN_NEW] + counts[LineState.NEW]
    context = {
        "kept": kept,
        "recovery": kept.recovery,
        "counts": counts,
        "to_take": to_take,
        "is_running": kept.confirmed_at is not None and counts["taken"] < to_take,
        "header": cells_of(kept.header, separator=kept.separator)[:MAX_CELLS],
        "rows": [_row(line, kept.separator) for line in queries.lines_of(kept)],
        "has_more": counts["all"] > queries.SHOWN_OF_LIST,
        "states": LineState,
    }
    return render(request, "cases/recovery_list.html", context)


@require_POST
@access(RUN_RECOVERY, personal=True)
def confirm(request: StaffRequest, list_id: int) -> HttpResponse:
    """Take a list in."""
    services.confirm_list(list_id=list_id, by=request.actor, now=request.received_at)
    return redirect("cases:recovery_list", list_id)


@require_POST
@access(RUN_RECOVERY, personal=True)
def discard(request: StaffRequest, list_id: int) -> HttpResponse:
    """Put a list aside."""
    kept = services.discard_list(list_id=list_id, by=request.actor, now=request.received_at)
    messages.info(request, _("The list was put aside. Nothing was changed."))
    return redirect("cases:recovery", kept.recovery_id)


@require_safe
@access(RUN_RECOVERY, personal=True)
def rest(request: StaffRequest, list_id: int) -> HttpResponse:
    """Hand out the lines that could not be read, each with its reason, to be put right and loaded again."""
    kept: RecoveryList = RecoveryList.objects.select_related("recovery").find(list_id)
    header = cells_of(kept.header, separator=kept.separator)
    lines = RecoveryLine.objects.filter(list=kept, state=LineState.UNREADABLE).order_by("number")
    rows = (
        [*filled_up(cells_of(line.text, separator=kept.separator), len(header)), str(LineReason(line.reason).label)]
        for line in lines
    )
    return as_download(
        form_of(request.GET.get("form")),
        name=_("To put right %(name)s") % {"name": kept.recovery.name},
        header=[*header, _("Why it could not be read")],
        rows=rows,
        on=request.received_at.astimezone(time_zone_of(kept.unit_id)).date(),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@access(RUN_RECOVERY, personal=True)
def pick(request: StaffRequest, recovery_id: int) -> HttpResponse:
    """Choose aged cases by filter, look at them, and put them into the recovery."""
    recovery: Recovery = Recovery.objects.find(recovery_id)
    organisation = tree()
    below = organisation.unit(recovery.unit_id).path
    units = [(pk, label) for pk, label in unit_choices(organisation) if organisation.unit(pk).path.startswith(below)]
    initial = {"unit": recovery.unit_id, "opened_days": 30, "quiet_days": 7}
    given = request.POST if request.method == "POST" else request.GET
    data = {**initial, **given.dict()} if units else None
    form = AgedForm(data, units=units, processes=processes_in_scope())
    picked = queries.pick(form.aged(), organisation=organisation, now=request.received_at) if form.is_valid() else None
    if request.method == "POST" and picked is not None:
        chosen = {int(pk) for pk in request.POST.getlist("seen") if pk.isdecimal() and len(pk) < 18}
        ids = [pk for pk in picked.ids if not chosen or pk in chosen]

        def act() -> int:
            return services.add_cases(
                recovery_id=recovery_id,
                case_ids=ids,
                tempers=picked.tempers,
                by=request.actor,
                now=request.received_at,
            )

        count = once(request, door="cases.recovery_pick", act=act)
        sentence = ngettext("%(count)s case goes first from now on.", "%(count)s cases go first from now on.", count)
        messages.success(request, sentence % {"count": count})
        return redirect("cases:recovery", recovery_id)
    context = {"recovery": recovery, "form": form, "picked": picked, "most": queries.PICK_UP_TO}
    return render(request, "cases/recovery_pick.html", context, status=422 if form.errors else 200)


def _row(line: RecoveryLine, separator: str) -> dict[str, object]:
    return {
        "line": line,
        "cells": cells_of(line.text, separator=separator)[:MAX_CELLS],
        "state": LineState(line.state),
        "reason": LineReason(line.reason).label if line.reason else "",
    }
