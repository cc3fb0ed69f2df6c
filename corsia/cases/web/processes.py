"""Processes: what there is, a version's history, the editor of a draft."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from corsia.cases.models import Case, Process, ProcessVersion
from corsia.cases.permissions import MANAGE_PROCESSES, READ_PROCESSES
from corsia.cases.queries.definitions import VersionDefinition, draft_definition, processes_in_scope
from corsia.cases.rules.process_changes import changes_between
from corsia.cases.rules.process_spec import VersionSpec, problems_of
from corsia.cases.services import processes as services
from corsia.cases.services.naming import local_name
from corsia.cases.vocabulary import ActionKind, EndKind, Holder, Part, PurchaseChannel, TaskKind, VersionState
from corsia.cases.web.desk import unit_choices, visible_units
from corsia.cases.web.process_editor import limit_table, moved, phase_rows, read_spec
from corsia.cases.web.setup_forms import NewProcessForm, ProcessForm
from corsia.cases.web.words import change_sentences, problem_sentences
from corsia.kernel.access import access, may
from corsia.kernel.http import StaffRequest
from corsia.organisation.models import Unit
from corsia.organisation.queries import tree
from corsia.organisation.vocabulary import Role


@access(READ_PROCESSES)
def index(request: StaffRequest) -> HttpResponse:
    """List the processes that the manager's units define or inherit."""
    organisation = tree()
    processes = processes_in_scope()
    numbers: dict[int, dict[str, int]] = {}
    for row in ProcessVersion.objects.filter(process__in=processes).exclude(state=VersionState.RETIRED):
        numbers.setdefault(row.process_id, {})[row.state] = row.number
    rows = [
        {
            "process": process,
            "unit": organisation.unit(process.unit_id),
            "in_use": numbers.get(process.pk, {}).get(VersionState.PUBLISHED),
            "draft": numbers.get(process.pk, {}).get(VersionState.DRAFT),
            "may_edit": may(request.actor, MANAGE_PROCESSES, process.unit_id),
            "has_update": services.shipped_update(process) is not None,
        }
        for process in processes
    ]
    missing = {spec.key for spec in services.shipped_processes()} - {process.key for process in processes}
    context = {"rows": rows, "missing": len(missing), "top": _top(), "here": "processes"}
    context["may_manage"] = may(request.actor, MANAGE_PROCESSES)
    return render(request, "cases/processes.html", context)


@require_POST
@access(MANAGE_PROCESSES)
def install(request: StaffRequest) -> HttpResponse:
    """Install the processes that come with the product at the manager's highest unit."""
    new = services.install_processes(unit_id=_top().pk, by=request.actor, now=request.received_at)
    count = len(new)
    messages.success(
        request, ngettext("%(count)s process installed", "%(count)s processes installed", count) % {"count": count}
    )
    return redirect("cases:processes")


@access(MANAGE_PROCESSES)
def add(request: StaffRequest) -> HttpResponse:
    """Add a process of one's own, like one that comes with the product."""
    specs = services.shipped_processes()
    form = NewProcessForm(request.POST or None, specs=specs, units=unit_choices(tree()))
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        like = next(spec for spec in specs if spec.key == given["like"])
        process = services.add_process(
            unit_id=given["unit"],
            spec=services.renamed(like, key=given["key"], name_it=given["name_it"], name_en=given["name_en"]),
            by=request.actor,
            now=request.received_at,
        )
        return redirect("cases:process", process.pk)
    return render(request, "cases/process_new.html", {"form": form}, status=422 if form.errors else 200)


@access(READ_PROCESSES)
def show(request: StaffRequest, process_id: int) -> HttpResponse:
    """Show a process: the version in use, its draft, its history, its names."""
    return _show(request, Process.objects.find(process_id), None)


@require_POST
@access(MANAGE_PROCESSES)
def change(request: StaffRequest, process_id: int) -> HttpResponse:
    """Change names and switches."""
    form = ProcessForm(request.POST)
    if not form.is_valid():
        return _show(request, Process.objects.find(process_id), form)
    services.change_process(process_id=process_id, details=form.details(), by=request.actor, now=request.received_at)
    messages.success(request, _("Saved"))
    return redirect("cases:process", process_id)


@require_POST
@access(MANAGE_PROCESSES)
def start_draft(request: StaffRequest, process_id: int) -> HttpResponse:
    """Open the draft of the process, or make one from the version in use."""
    draft = services.start_draft(process_id=process_id, by=request.actor, now=request.received_at)
    return redirect("cases:edit_version", draft.pk)


@access(MANAGE_PROCESSES)
def update(request: StaffRequest, process_id: int) -> HttpResponse:
    """Show what the newer wording of a shipped process would change, and take it over when asked to."""
    process: Process = Process.objects.find(process_id)
    if request.method == "POST":
        as_draft = request.POST.get("do") == "draft"
        version = services.update_process(
            process_id=process_id, as_draft=as_draft, by=request.actor, now=request.received_at
        )
        if as_draft:
            return redirect("cases:edit_version", version.pk)
        messages.success(request, _("Version %(number)s is in use") % {"number": version.number})
        return redirect("cases:process", process_id)
    spec = services.shipped_update(process)
    if spec is None:
        return redirect("cases:process", process_id)
    versions = ProcessVersion.objects.filter(process=process)
    in_use = versions.filter(state=VersionState.PUBLISHED).first() or versions.order_by("-number")[0]
    old = draft_definition(in_use.pk).spec
    context = {
        "process": process,
        "in_use": in_use,
        "changes": change_sentences(changes_between(old, spec.version), old=old, new=spec.version),
        "draft": versions.filter(state=VersionState.DRAFT).first(),
        "may_edit": may(request.actor, MANAGE_PROCESSES, process.unit_id),
    }
    return render(request, "cases/process_update.html", context)


@access(MANAGE_PROCESSES)
def edit(request: StaffRequest, version_id: int) -> HttpResponse:
    """Edit a draft; every button keeps what was typed. A version in use is shown and cannot be changed."""
    version: ProcessVersion = ProcessVersion.objects.select_related("process").find(version_id)
    if request.method == "POST":
        spec = moved(read_spec(request.POST), request.POST.get("do", ""))
        services.save_draft(version_id=version_id, spec=spec, by=request.actor, now=request.received_at)
        if request.POST.get("do") == "publish":
            return _publish(request, version)
        if request.POST.get("do") == "save":
            messages.success(request, _("Draft saved"))
        return redirect("cases:edit_version", version_id)
    shown = draft_definition(version_id)
    return render(request, "cases/process_edit.html", _editor(version, shown, shown.spec))


@require_POST
@access(MANAGE_PROCESSES)
def publish(request: StaffRequest, version_id: int) -> HttpResponse:
    """Put a draft in use as it was last saved."""
    return _publish(request, ProcessVersion.objects.select_related("process").find(version_id))


@require_POST
@access(MANAGE_PROCESSES)
def discard(request: StaffRequest, version_id: int) -> HttpResponse:
    """Throw a draft away."""
    process_id = ProcessVersion.objects.find(version_id).process_id
    services.discard_draft(version_id=version_id, by=request.actor, now=request.received_at)
    messages.success(request, _("Draft discarded"))
    return redirect("cases:process", process_id)


def _publish(request: StaffRequest, version: ProcessVersion) -> HttpResponse:
    definition = draft_definition(version.pk)
    if problems_of(definition.spec):
        # The page lists them beside what is to be corrected, instead of a toast that goes away.
        return render(request, "cases/process_edit.html", _editor(version, definition, definition.spec), status=422)
    services.publish_draft(version_id=version.pk, by=request.actor, now=request.received_at)
    running = Case.objects.filter(version__process_id=version.process_id, closed_at=None)[:100].count()
    messages.success(
        request,
        _("Version %(number)s is in use. %(count)s running cases keep the version they have.")
        % {"number": version.number, "count": "99+" if running >= 100 else running},
    )
    return redirect("cases:process", version.process_id)


def _show(request: StaffRequest, process: Process, form: ProcessForm | None) -> HttpResponse:
    versions = list(ProcessVersion.objects.filter(process=process).select_related("published_by").order_by("-number"))
    in_use = next((version for version in versions if version.state == VersionState.PUBLISHED), versions[0])
    initial = {name: getattr(process, name) for name in ProcessForm.base_fields}
    context: dict[str, Any] = {
        "process": process,
        "versions": versions,
        "definition": draft_definition(in_use.pk),
        "in_use": in_use,
        "form": form or ProcessForm(initial=initial),
        "may_edit": may(request.actor, MANAGE_PROCESSES, process.unit_id),
        "has_update": services.shipped_update(process) is not None,
        "running": Case.objects.filter(version__process=process, closed_at=None)[:100].count(),
        "unit": tree().unit(process.unit_id),
    }
    return render(request, "cases/process.html", context, status=422 if form is not None else 200)


def _editor(version: ProcessVersion, definition: VersionDefinition, spec: VersionSpec) -> dict[str, Any]:
    names = {
        phase.key: local_name(phase) or f"{_('New phase')} {position}"
        for position, phase in enumerate(spec.phases, start=1)
    }
    problems = problems_of(spec)
    return {
        "version": version,
        "process": version.process,
        "definition": definition,
        "spec": spec,
        "is_draft": version.state == VersionState.DRAFT,
        "limits": limit_table(spec),
        "problems": problem_sentences(problems, names=names),
        "rows": phase_rows(spec, names=names, bad={problem.phase for problem in problems}),
        "names": list(names.items()),
        "end_kinds": EndKind.choices,
        "holders": [(value, label) for value, label in Holder.choices if value != Holder.US],
        "channels": PurchaseChannel.choices,
        "parts": Part.choices,
        "task_kinds": TaskKind.choices,
        "action_kinds": ActionKind.choices,
        "roles": Role.choices,
    }


def _top() -> Unit:
    """Return the highest unit of the scope: what is installed there, everybody below has."""
    return min(visible_units(tree()), key=lambda unit: (unit.path.count("/"), unit.path))
