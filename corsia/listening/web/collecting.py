"""Answers of other methods: their sources, the files they come in, and how they compare with ours."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from corsia.kernel.access import access, may
from corsia.kernel.http import StaffRequest
from corsia.kernel.once import once
from corsia.kernel.sheets import cells_of, filled_up
from corsia.kernel.tables import as_download, form_of
from corsia.listening import services
from corsia.listening.models import AnswerFile, AnswerSource, LeftOutLine
from corsia.listening.permissions import MANAGE_SURVEYS, SEE_RESULTS
from corsia.listening.queries.collecting import (
    MAX_BYTES,
    MAX_LINES,
    SHOWN,
    columns_of,
    parallel,
    plan,
    sheet_of,
    sources,
)
from corsia.listening.queries.places import place_name
from corsia.listening.queries.questionnaires import definition_of, version_in_force
from corsia.listening.queries.surveys import surveys_in_scope
from corsia.listening.rules import collecting as rules
from corsia.listening.rules.collecting import Line
from corsia.listening.rules.nps import SHOWN_FROM, Score
from corsia.listening.rules.questionnaires import Definition, QuestionKind, in_short
from corsia.listening.rules.questionnaires.wording import without_placeholders
from corsia.listening.web.pages import Chosen, unit_choices, units_of
from corsia.organisation.queries import time_zone_of, tree
from corsia.ui.templatetags.ui import local_name

LATEST = 20  # files in the list
SHOWN_LEFT_OUT = 30

_FIELDS = {
    rules.DATE: gettext_lazy("Date of the answer"),
    rules.UNIT: gettext_lazy("Branch or department"),
    rules.WAY: gettext_lazy("How they were asked"),
    rules.LANGUAGE: gettext_lazy("Language"),
    rules.EMAIL: gettext_lazy("E-mail of the customer"),
    rules.PHONE: gettext_lazy("Telephone of the customer"),
    rules.PLATE: gettext_lazy("Plate"),
    rules.NUMBER: gettext_lazy("Number of the answer there"),
    rules.WORDS: gettext_lazy("Words of the customer"),
}


class FileForm(Chosen):
    """A file, and where it comes from."""

    source = forms.TypedChoiceField(label=gettext_lazy("Source"), coerce=int, required=False, empty_value=None)
    name = forms.CharField(
        label=gettext_lazy("Name of a new source"),
        max_length=80,
        required=False,
        help_text=gettext_lazy("For instance the institute that telephones, or the survey of before."),
    )
    questionnaire = forms.ChoiceField(label=gettext_lazy("What was asked"), required=False)
    unit = forms.TypedChoiceField(label=gettext_lazy("For the unit and everything below it"), coerce=int)
    file = forms.FileField(
        label=gettext_lazy("File, CSV or XLSX"),
        max_length=200,
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.xlsx,text/csv"}),
    )


@require_safe
@access(SEE_RESULTS)
def index(request: StaffRequest) -> HttpResponse:
    """List the sources and the latest files."""
    files = AnswerFile.objects.select_related("source", "uploaded_by").order_by("-pk")
    names = {one.key: local_name(one) for one in surveys_in_scope()}
    context = {
        "sources": [(row, names.get(row.source.questionnaire, row.source.questionnaire)) for row in sources()],
        "files": list(files[:LATEST]),
        "may_manage": may(request.actor, MANAGE_SURVEYS),
    }
    return render(request, "listening/collected.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@access(MANAGE_SURVEYS, personal=True)
def add(request: StaffRequest) -> HttpResponse:
    """Keep a file and show what it would do."""
    units = units_of(request, MANAGE_SURVEYS)
    known = AnswerSource.objects.filter(unit_id__in=[unit.pk for unit in units]).order_by("name", "pk")
    form = FileForm(
        *((request.POST, request.FILES) if request.method == "POST" else ()),
        choices={
            "source": [("", _("A new one")), *((row.pk, row.name) for row in known)],
            "questionnaire": [(one.key, local_name(one)) for one in surveys_in_scope()],
            "unit": unit_choices(units),
        },
        initial={"source": request.GET.get("source"), "unit": units[0].pk if units else None},
    )
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data

        def act() -> int:
            kept = services.keep_file(
                unit_id=data["unit"],
                source_id=data["source"],
                source_name=data["name"],
                questionnaire=data["questionnaire"],
                file_name=data["file"].name or "risposte.csv",
                content=data["file"].read(),
                by=request.actor,
                now=request.received_at,
            )
            return int(kept.pk)

        return redirect("listening:answer_file", once(request, door="listening.answers", act=act))
    context = {"form": form, "most_lines": MAX_LINES, "most_mb": MAX_BYTES // 1024 // 1024}
    return render(request, "listening/collected_add.html", context, status=422 if form.errors else 200)


@require_safe
@access(MANAGE_SURVEYS, personal=True)
def show(request: StaffRequest, file_id: int) -> HttpResponse:
    """Show a file: what its columns hold, what would happen, or what became of it."""
    kept: AnswerFile = AnswerFile.objects.select_related("source", "uploaded_by").find(file_id)
    definition = definition_of(version_in_force(kept.unit_id, kept.source.questionnaire))
    header = cells_of(kept.header, separator=kept.separator)
    is_open = kept.confirmed_at is None and kept.discarded_at is None
    context: dict[str, Any] = {
        "kept": kept,
        "is_open": is_open,
        "is_running": kept.confirmed_at is not None and kept.finished_at is None,
        "left_out": list(LeftOutLine.objects.filter(file=kept).order_by("number")[:SHOWN_LEFT_OUT]),
        "place": place_name(tree(), kept.unit_id),
    }
    if is_open:
        columns, lines = columns_of(kept), sheet_of(kept).lines
        context |= {
            "columns": [
                {"name": name, "holds": held, "samples": _samples(lines, at)}
                for at, (name, held) in enumerate(zip(header, columns, strict=True))
            ],
            "choices": _choices(definition),
            "has_date": rules.DATE in columns,
            "preview": [_previewed(one, definition) for one in plan(kept, lines[:SHOWN], now=request.received_at)],
        }
    return render(request, "listening/collected_file.html", context)


@require_POST
@access(MANAGE_SURVEYS, personal=True)
def set_columns(request: StaffRequest, file_id: int) -> HttpResponse:
    """Say what the columns hold, and look again."""
    kept: AnswerFile = AnswerFile.objects.select_related("source").find(file_id)
    definition = definition_of(version_in_force(kept.unit_id, kept.source.questionnaire))
    services.set_columns(
        file_id=file_id,
        columns=_told(request.POST, len(cells_of(kept.header, separator=kept.separator)), definition),
        month_first=request.POST.get("month_first") == "1",
        by=request.actor,
        now=request.received_at,
    )
    return redirect("listening:answer_file", file_id)


@require_POST
@access(MANAGE_SURVEYS, personal=True)
def confirm(request: StaffRequest, file_id: int) -> HttpResponse:
    """Have a file taken in."""
    services.confirm_file(file_id=file_id, by=request.actor, now=request.received_at)
    return redirect("listening:answer_file", file_id)


@require_POST
@access(MANAGE_SURVEYS, personal=True)
def discard(request: StaffRequest, file_id: int) -> HttpResponse:
    """Put a file aside."""
    services.discard_file(file_id=file_id, by=request.actor, now=request.received_at)
    messages.info(request, _("The file was put aside. Nothing was changed."))
    return redirect("listening:collected")


@require_POST
@access(MANAGE_SURVEYS, personal=True)
def take_back(request: StaffRequest, file_id: int) -> HttpResponse:
    """Remove again what a file brought."""
    count = services.take_back(file_id=file_id, by=request.actor, now=request.received_at)
    sentence = ngettext("%(count)s answer was taken back.", "%(count)s answers were taken back.", count)
    messages.success(request, sentence % {"count": count})
    return redirect("listening:collected")


@require_safe
@access(MANAGE_SURVEYS, personal=True)
def left_out(request: StaffRequest, file_id: int) -> HttpResponse:
    """Hand out the lines that were left out, each with its reason, to be put right and loaded again."""
    kept: AnswerFile = AnswerFile.objects.select_related("source").find(file_id)
    header = cells_of(kept.header, separator=kept.separator)
    lines = LeftOutLine.objects.filter(file=kept).order_by("number")
    rows = (
        [*filled_up(cells_of(line.text, separator=kept.separator), len(header)), line.number, reason_of(line)]
        for line in lines
    )
    return as_download(
        form_of(request.GET.get("form")),
        name=_("To put right %(name)s") % {"name": kept.source.name},
        header=[*header, _("Line"), _("Why it was left out")],
        rows=rows,
        on=request.received_at.astimezone(time_zone_of(kept.unit_id)).date(),
    )


@require_safe
@access(SEE_RESULTS)
def compare(request: StaffRequest, source_id: int) -> HttpResponse:
    """Show a source beside our own way of asking."""
    source: AnswerSource = AnswerSource.objects.select_related("unit").find(source_id)
    found = parallel(source)
    names = {one.key: local_name(one) for one in surveys_in_scope()}
    months = list(reversed(found.months)) if found else []
    context = {
        "source": source,
        "survey": names.get(source.questionnaire, source.questionnaire),
        "place": place_name(tree(), source.unit_id),
        "found": found,
        "months": [(row, _bar(row.our_score), _bar(row.their_score)) for row in months],
        "least": SHOWN_FROM,
        "may_manage": may(request.actor, MANAGE_SURVEYS),
        "files": list(AnswerFile.objects.filter(source=source).select_related("uploaded_by").order_by("-pk")[:LATEST]),
    }
    return render(request, "listening/collected_source.html", context)


def reason_of(line: LeftOutLine) -> str:
    """Return in words why a line was left out, with the cell that is to blame."""
    why = str(line.get_reason_display())
    if not line.column and not line.cell:
        return why
    if not line.cell:
        return _("%(why)s: the column “%(column)s” is empty.") % {"why": why, "column": line.column}
    return _("%(why)s: “%(cell)s” in the column “%(column)s”.") % {
        "why": why,
        "cell": line.cell,
        "column": line.column,
    }


def _samples(lines: Sequence[tuple[int, Sequence[str]]], at: int) -> str:
    found = dict.fromkeys(cells[at].strip() for _number, cells in lines[:SHOWN] if at < len(cells))
    return " · ".join([value[:40] for value in found if value][:3])


def _choices(definition: Definition) -> list[tuple[str, list[tuple[str, str]]]]:
    language = "en" if (get_language() or "it").startswith("en") else "it"
    named: list[tuple[str, str]] = []
    for question in definition.questions:
        if question.kind == QuestionKind.FILE:
            continue
        rows = {f"{question.key}.{row.key}": row.words for row in question.rows}
        for item in question.items:
            words = rows.get(item, question.words)
            named.append((rules.ITEM + item, without_placeholders(words.said(language))[:90]))
    return [
        (_("About the answer"), [(key, str(label)) for key, label in _FIELDS.items()]),
        (_("Questions"), named),
    ]


def _told(data: QueryDict, count: int, definition: Definition) -> list[str]:
    """Return what the form says each column holds; of two that hold the same the first counts."""
    known = {*rules.FIELDS, *(rules.ITEM + item for item in rules.items_of(definition))}
    told: list[str] = []
    for at in range(count):
        value = data.get(f"column{at}", "")
        told.append(value if value in known and value not in told else "")
    return told


def _previewed(one: Any, definition: Definition) -> dict[str, Any]:
    shown: dict[str, Any] = {"number": one.number, "one": one, "place": place_name(tree(), one.unit_id)}
    if isinstance(one.line, Line):
        short = in_short(definition, one.line.answers)
        shown |= {"line": one.line, "score": short.score, "words": short.text or one.line.words}
        shown["answers"] = len(one.line.answers)
    else:
        why = LeftOutLine(reason=one.line.reason, column=one.line.column, cell=one.line.cell)
        shown["why"] = reason_of(why)
    return shown


def _bar(score: Score | None) -> dict[str, int] | None:
    """Return where a score and its range lie on a bar of 1,000 parts."""
    if score is None:
        return None
    low, high = round(5 * (score.low + 100)), round(5 * (score.high + 100))
    return {"low": low, "width": max(4, high - low), "at": round(5 * (score.points + 100)) - 4}
