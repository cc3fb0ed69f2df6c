"""The map of roles and the kinds of cause: who deals with what, and why things go wrong."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from corsia.cases.models import Cause
from corsia.cases.permissions import MANAGE_PROCESSES, WORK_CASES
from corsia.cases.queries.causes import all_causes
from corsia.cases.queries.definitions import processes_in_scope
from corsia.cases.queries.roles import LETTERS, roles_map
from corsia.cases.services.causes import save_cause
from corsia.cases.services.naming import local_name
from corsia.cases.vocabulary import Part
from corsia.cases.web.desk import unit_choices, visible_units
from corsia.cases.web.setup_forms import CauseForm
from corsia.kernel.access import access, may
from corsia.kernel.http import StaffRequest, row_id
from corsia.organisation.queries import tree


@access(WORK_CASES)
def roles(request: StaffRequest) -> HttpResponse:
    """Show for each process and phase who is responsible, does it, is consulted and informed, with names."""
    organisation = tree()
    units = visible_units(organisation)
    wanted = row_id(request.GET.get("unit"))
    unit_id = wanted if wanted in {unit.pk for unit in units} and wanted else units[0].pk
    context = {
        "map": roles_map(unit_id, organisation=organisation, now=request.received_at),
        "units": unit_choices(organisation),
        "unit_id": unit_id,
        "unit": organisation.unit(unit_id),
        "legend": [(LETTERS[part], part.label) for part in Part],
        "may_manage": may(request.actor, MANAGE_PROCESSES),
    }
    return render(request, "cases/roles.html", context)


@access(MANAGE_PROCESSES)
def causes(request: StaffRequest, cause_id: int | None = None) -> HttpResponse:
    """List the kinds of cause; add one, or change the one that is chosen."""
    chosen: Cause | None = None if cause_id is None else Cause.objects.find(cause_id)
    organisation = tree()
    processes = processes_in_scope()
    form = CauseForm(
        request.POST or None,
        units=unit_choices(organisation),
        processes=processes,
        initial=CauseForm.initial_of(chosen) if chosen else {"unit": visible_units(organisation)[0].pk},
    )
    if request.method == "POST" and form.is_valid():
        save_cause(cause_id=cause_id, details=form.details(), by=request.actor, now=request.received_at)
        messages.success(request, _("Saved"))
        return redirect("cases:causes")
    names = {process.key: local_name(process) for process in processes}
    rows = [
        {"cause": cause, "process": names.get(cause.process_key, cause.process_key) or _("Any")}
        for cause in all_causes()
    ]
    context = {"rows": rows, "form": form, "chosen": chosen, "here": "causes"}
    return render(request, "cases/causes.html", context, status=422 if form.errors else 200)
