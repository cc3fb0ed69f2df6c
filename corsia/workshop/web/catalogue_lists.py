"""Lists that are loaded from a file and handed out as one: jobs, packages, parts in stock."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from corsia.kernel.access import access, demand, may, scope_of
from corsia.kernel.http import StaffRequest, row_id
from corsia.kernel.once import once
from corsia.kernel.sheets import cells_of, filled_up
from corsia.kernel.tables import as_download, form_of
from corsia.organisation.queries import day_in, tree
from corsia.workshop.models import ListFile, RefusedLine, Workshop
from corsia.workshop.permissions import KEEP_PARTS, SET_UP_WORKSHOP
from corsia.workshop.queries.keeping import owners
from corsia.workshop.queries.list_rows import header_of, rows_of
from corsia.workshop.queries.lists import (
    MAX_BYTES,
    MAX_LINES,
    SAME,
    columns_told,
    plan,
    sheet_of,
)
from corsia.workshop.rules.lists import FIELDS
from corsia.workshop.services import lists as services
from corsia.workshop.vocabulary import ListKind

LATEST = 15
SHOWN = 200  # lines that the page shows: those that change something first
SAMPLES = 30


class ListForm(forms.Form):
    """A file, and what it is a list of."""

    kind = forms.ChoiceField(label=gettext_lazy("What it is a list of"))
    unit = forms.TypedChoiceField(label=gettext_lazy("For"), coerce=int)
    file = forms.FileField(
        label=gettext_lazy("File, CSV or XLSX"),
        max_length=200,
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.xlsx,text/csv"}),
    )

    def __init__(self, *args: Any, kinds: list[tuple[str, str]], units: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = kinds  # type: ignore[attr-defined]
        self.fields["unit"].choices = units  # type: ignore[attr-defined]


@require_http_methods(["GET", "HEAD", "POST"])
@access(KEEP_PARTS, personal=True)
def index(request: StaffRequest) -> HttpResponse:
    """Show what was loaded, and take a file to look at."""
    kinds = [
        (str(kind.value), str(kind.label))
        for kind in ListKind
        if may(request.actor, SET_UP_WORKSHOP) or kind == ListKind.STOCK
    ]
    units = _units(request)
    asked, unit = request.GET.get("kind", ""), row_id(request.GET.get("unit"))
    form = ListForm(
        *((request.POST, request.FILES) if request.method == "POST" else ()),
        kinds=kinds,
        units=units,
        initial={"kind": asked if asked in dict(kinds) else kinds[0][0], "unit": unit},
    )
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        pk = once(
            request,
            door="workshop.list",
            act=lambda: int(
                services.keep_list(
                    kind=said["kind"],
                    unit_id=said["unit"],
                    file_name=said["file"].name or "lista.csv",
                    content=said["file"].read(),
                    by=request.actor,
                    now=request.received_at,
                ).pk
            ),
        )
        return redirect("workshop:catalogue_list", pk)
    context = {
        "form": form,
        "kinds": kinds,
        "units": units,
        "files": list(ListFile.objects.select_related("uploaded_by").order_by("-pk")[:LATEST]),
        "most_lines": MAX_LINES,
        "most_mb": MAX_BYTES // 1024 // 1024,
        "may_set_up": may(request.actor, SET_UP_WORKSHOP),
    }
    return render(request, "workshop/catalogue_lists.html", context, status=422 if form.errors else 200)


@require_safe
@access(KEEP_PARTS, personal=True)
def show(request: StaffRequest, file_id: int) -> HttpResponse:
    """Show what a file would do, or what became of it."""
    kept: ListFile = ListFile.objects.select_related("uploaded_by").find(file_id)
    demand(request.actor, services.right_for(kept.kind), kept.unit_id)
    is_open = kept.taken_at is None and kept.discarded_at is None
    context: dict[str, Any] = {
        "kept": kept,
        "is_open": is_open,
        "place": tree().label(kept.unit_id),
        "refused": list(RefusedLine.objects.filter(file=kept).order_by("number")[:SHOWN]),
    }
    if is_open:
        columns, lines = columns_told(kept), sheet_of(kept).lines
        planned = plan(kept, lines)
        told = [one for one in planned if one.state != SAME]
        header = cells_of(kept.header, separator=kept.separator)
        context |= {
            "planned": told[:SHOWN],
            "more": max(0, len(told) - SHOWN),
            "has_code": "code" in columns,
            "fields": [(field.key, field.label) for field in FIELDS[kept.kind]],
            "columns": [
                {"name": name, "holds": columns[at], "samples": _samples(lines, at)} for at, name in enumerate(header)
            ],
        }
    return render(request, "workshop/catalogue_list.html", context)


@require_POST
@access(KEEP_PARTS)
def columns(request: StaffRequest, file_id: int) -> HttpResponse:
    """Say what the columns hold, and look again."""
    kept: ListFile = ListFile.objects.find(file_id)
    count = len(cells_of(kept.header, separator=kept.separator))
    told = [request.POST.get(f"column{at}", "") for at in range(count)]
    services.tell_columns(file_id=file_id, columns=told, by=request.actor, now=request.received_at)
    return redirect("workshop:catalogue_list", file_id)


@require_POST
@access(KEEP_PARTS)
def take_in(request: StaffRequest, file_id: int) -> HttpResponse:
    """Write down what a file says."""
    kept = services.take_in(file_id=file_id, by=request.actor, now=request.received_at)
    sentence = _("Taken in: %(added)s new, %(changed)s changed.") % {"added": kept.added, "changed": kept.changed}
    messages.success(request, sentence)
    return redirect("workshop:catalogue_list", file_id)


@require_POST
@access(KEEP_PARTS)
def put_aside(request: StaffRequest, file_id: int) -> HttpResponse:
    """Put a file aside."""
    services.put_aside(file_id=file_id, by=request.actor, now=request.received_at)
    messages.info(request, _("The file was put aside. Nothing was changed."))
    return redirect("workshop:catalogue_lists")


@require_safe
@access(KEEP_PARTS)
def refused(request: StaffRequest, file_id: int) -> HttpResponse:
    """Hand out the lines that were refused, each with its reason, to be put right and loaded again."""
    kept: ListFile = ListFile.objects.find(file_id)
    demand(request.actor, services.right_for(kept.kind), kept.unit_id)
    header = cells_of(kept.header, separator=kept.separator)
    rows = (
        [*filled_up(cells_of(line.text, separator=kept.separator), len(header)), line.number, line.reason]
        for line in RefusedLine.objects.filter(file=kept).order_by("number")
    )
    return as_download(
        form_of(request.GET.get("form")),
        name=_("To put right %(name)s") % {"name": kept.file_name},
        header=[*header, _("Line"), _("Why it was refused")],
        rows=rows,
        on=day_in(kept.unit_id, request.received_at),
    )


@require_safe
@access(KEEP_PARTS)
def export(request: StaffRequest) -> HttpResponse:
    """Hand out a list in the form in which it is loaded; `empty=1`: only its first line, to be filled in."""
    asked = request.GET.get("kind", "")
    kind = ListKind(asked) if asked in ListKind.values else ListKind.STOCK
    units = _units(request)
    wanted = row_id(request.GET.get("unit"))
    unit_id = next((pk for pk, _label in units if pk == wanted), units[0][0] if units else 0)
    demand(request.actor, services.right_for(kind), tree().unit(unit_id).pk)
    language = get_language() or "it"
    rows = [] if request.GET.get("empty") == "1" else rows_of(kind, unit_id, language=language)
    return as_download(
        form_of(request.GET.get("form")),
        name=f"{kind.label} {tree().label(unit_id)}",
        header=header_of(kind, language=language),
        rows=rows,
        on=day_in(unit_id, request.received_at),
    )


def _units(request: StaffRequest) -> list[tuple[int, str]]:
    mine = scope_of(request.actor, KEEP_PARTS)
    units = [pk for pk, unit in tree().units.items() if unit.is_active and (mine.everything or pk in mine.units)]
    return owners(units, list(Workshop.objects.values_list("unit_id", flat=True)))


def _samples(lines: Any, at: int) -> str:
    found = dict.fromkeys(cells[at].strip() for _number, cells in lines[:SAMPLES] if at < len(cells))
    return " · ".join([value[:40] for value in found if value][:3])
