"""Sources: who hands over files, what they call things, and a look at what a mapping reads."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from corsia.connectors.dms.examples import EXAMPLES, example
from corsia.connectors.dms.field_words import word_of
from corsia.connectors.dms.models import Delivery, Source
from corsia.connectors.dms.permissions import MANAGE_DMS
from corsia.connectors.dms.queries import deliveries as queries
from corsia.connectors.dms.rules.mapping import MappingUnusable, Problem, read_mapping
from corsia.connectors.dms.services import sources as services
from corsia.connectors.dms.web.forms import FileForm, MappingForm, SourceForm
from corsia.kernel.access import access
from corsia.kernel.http import StaffRequest, row_id
from corsia.kernel.once import once
from corsia.organisation.queries import time_zone_of, tree
from corsia.ui.forms import told_in

LATEST = 20
LARGEST_LOOK = 30 * 1024 * 1024  # bytes of a file that is looked at while a mapping is written


@require_safe
@access(MANAGE_DMS)
def index(request: StaffRequest) -> HttpResponse:
    """List the sources and the latest files."""
    rows = queries.sources()
    files = queries.deliveries(
        source_id=row_id(request.GET.get("source")), before=row_id(request.GET.get("before")), limit=LATEST + 1
    )
    context = {
        "sources": [(row, tree().label(row.source.unit_id)) for row in rows],
        "files": files[:LATEST],
        "older": files[LATEST - 1].pk if len(files) > LATEST else None,
    }
    return render(request, "dms/index.html", context)


@require_safe
@access(MANAGE_DMS)
def show(request: StaffRequest, source_id: int) -> HttpResponse:
    """Show a source: its ways, its mapping, its files."""
    source: Source = Source.objects.select_related("unit").find(source_id)
    files = queries.deliveries(source_id=source_id, before=row_id(request.GET.get("before")), limit=LATEST + 1)
    version = source.mappings.select_related("saved_by").order_by("-number").first()
    context = {
        "source": source,
        "place": tree().label(source.unit_id),
        "version": version,
        "tables": _tables(version.toml) if version else [],
        "known": queries.known_rows(source),
        "files": files[:LATEST],
        "older": files[LATEST - 1].pk if len(files) > LATEST else None,
        "form": FileForm(),
    }
    return render(request, "dms/source.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@access(MANAGE_DMS)
def edit(request: StaffRequest, source_id: int | None = None) -> HttpResponse:
    """Add a source, or change one."""
    source: Source | None = Source.objects.find(source_id) if source_id else None
    mine = request.actor.units_with(MANAGE_DMS.roles)
    units = [
        (pk, tree().label(pk)) for pk in sorted(mine, key=lambda pk: tree().unit(pk).path) if tree().unit(pk).is_active
    ]
    if source is not None:
        units = [(source.unit_id, tree().label(source.unit_id))]
    initial: dict[str, Any] = {"unit": units[0][0] if units else None, "facts_since": request.received_at.date()}
    if source is not None:
        names = set(services.SourceData.__dataclass_fields__) - {"sftp_secret", "sftp_key"}
        initial = {name: getattr(source, name) for name in names}
        initial["facts_since"] = source.facts_since.astimezone(time_zone_of(source.unit_id)).date()
    form = SourceForm(request.POST or None, initial=initial, units=units)
    if request.method == "POST" and form.is_valid():
        unit_id = source.unit_id if source else form.cleaned_data["unit"]

        def act() -> int:
            saved = services.save_source(
                source_id=source_id,
                unit_id=unit_id,
                data=form.data_for_service(unit_id),
                by=request.actor,
                now=request.received_at,
            )
            return int(saved.pk)

        with told_in(form):
            return redirect("dms:source", once(request, door="dms.source", act=act))
    context = {"form": form, "source": source}
    return render(request, "dms/source_form.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@access(MANAGE_DMS, personal=True)
def mapping(request: StaffRequest, source_id: int) -> HttpResponse:
    """Write what a source calls things, and see the first rows of its latest file as they would be read."""
    source: Source = Source.objects.find(source_id)
    version = source.mappings.order_by("-number").first()
    start = version.toml if version else example(request.GET.get("key", ""))
    form = MappingForm(request.POST or None, initial={"text": start})
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            services.save_mapping(
                source_id=source_id, text=form.cleaned_data["text"], by=request.actor, now=request.received_at
            )
            return redirect("dms:source", source_id)
    text = form.cleaned_data.get("text", start) if form.is_bound else start
    return _mapping_page(request, source, form, text, status=422 if form.errors else 200)


@require_POST
@access(MANAGE_DMS, personal=True)
def look(request: StaffRequest, source_id: int) -> HttpResponse:
    """Show what a mapping that is being written would read; nothing is kept."""
    source: Source = Source.objects.find(source_id)
    form = MappingForm(request.POST)
    text = form.cleaned_data["text"] if form.is_valid() else ""
    return _mapping_page(request, source, form, text)


def _mapping_page(
    request: StaffRequest, source: Source, form: MappingForm, text: str, *, status: int = 200
) -> HttpResponse:
    problems = _problems(text) if text else []
    sample = source.deliveries.filter(content__isnull=False, size__lte=LARGEST_LOOK).order_by("-pk").first()
    previews: list[dict[str, Any]] = []
    if sample is not None and text and not problems:
        found, problems = queries.preview(text=text, file_name=sample.file_name, content=queries.content_of(sample))
        previews = [_shown(one) for one in found]
    context = {
        "source": source,
        "form": form,
        "problems": problems,
        "sample": sample,
        "previews": previews,
        "examples": [] if source.mappings.exists() else EXAMPLES,
        "columns": _columns(sample, text) if sample and text and not previews else [],
    }
    return render(request, "dms/mapping.html", context, status=status)


def _problems(text: str) -> list[Problem]:
    try:
        read_mapping(text)
    except MappingUnusable as wrong:
        return wrong.problems
    return []


def _columns(sample: Delivery, text: str) -> list[str]:
    return list(queries.columns_of(text=text, content=queries.content_of(sample)))


def _shown(one: queries.Preview) -> dict[str, Any]:
    rows = [
        (number, key, values, f"{fault.why.label}: {fault.column} “{fault.cell}”" if fault else "")
        for number, key, values, fault in one.rows
    ]
    return {"target": one.target.label, "columns": [word_of(name) for name in one.columns], "rows": rows}


def _tables(text: str) -> list[dict[str, Any]]:
    """Return what a mapping reads, table by table, in words."""
    try:
        read = read_mapping(text)
    except MappingUnusable:
        return []
    return [
        {
            "target": one.target.label,
            "files": one.files,
            "key": " + ".join(one.key),
            "fields": ", ".join(dict.fromkeys(word_of(name) for name in one.fields)),
            "master": _("its own words win") if set(one.master.values()) <= {"dms"} else _("by field, see the mapping"),
        }
        for one in read.tables
    ]
