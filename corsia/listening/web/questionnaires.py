"""Questionnaires: what is asked where, its history, and the editor of a draft."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from corsia.kernel.access import access, may
from corsia.kernel.errors import NotFound
from corsia.kernel.http import StaffRequest
from corsia.listening import services
from corsia.listening.models import Questionnaire, QuestionnaireVersion
from corsia.listening.permissions import MANAGE_LISTENING, SEE_RESULTS
from corsia.listening.queries.places import place_name
from corsia.listening.rules import editing
from corsia.listening.rules.questionnaires import (
    DefinitionInvalid,
    QuestionKind,
    Role,
    estimated_seconds,
    missing_translations,
    read_definition,
    series_after,
)
from corsia.listening.services.questionnaires import QuestionnaireBroken
from corsia.listening.vocabulary import VersionState
from corsia.organisation.queries import tree

KINDS = {
    QuestionKind.SCALE: gettext_lazy("Scale"),
    QuestionKind.CHOICE: gettext_lazy("One choice"),
    QuestionKind.SEVERAL: gettext_lazy("Several choices"),
    QuestionKind.MATRIX: gettext_lazy("Matrix of scales"),
    QuestionKind.TEXT: gettext_lazy("Text"),
    QuestionKind.YES_NO: gettext_lazy("Yes or no"),
    QuestionKind.DATE: gettext_lazy("Day"),
    QuestionKind.FILE: gettext_lazy("Photo or PDF"),
}
ROLES = {
    Role.NONE: gettext_lazy("Nothing more"),
    Role.RECOMMEND: gettext_lazy("The recommendation (0 to 10)"),
    Role.OVERALL: gettext_lazy("The overall satisfaction"),
    Role.SATISFACTION: gettext_lazy("Satisfaction with one thing"),
    Role.WORDS: gettext_lazy("The customer’s own words"),
    Role.CALLBACK: gettext_lazy("The wish to be called"),
    Role.CHOSE: gettext_lazy("Why they chose us"),
    Role.LEFT: gettext_lazy("Why they left us"),
}
NEW_PAGE = "+"


def _two_lines() -> forms.Textarea:
    return forms.Textarea(attrs={"rows": 2})


class QuestionForm(forms.Form):
    """One question of a draft. Choices and rows are written one a line: Italian | English."""

    page = forms.ChoiceField(label=gettext_lazy("Page"))
    kind = forms.ChoiceField(label=gettext_lazy("Kind of answer"), choices=list(KINDS.items()))
    text_it = forms.CharField(label=gettext_lazy("Question in Italian"), max_length=400, widget=_two_lines())
    text_en = forms.CharField(label=gettext_lazy("Question in English"), max_length=400, widget=_two_lines())
    role = forms.ChoiceField(
        label=gettext_lazy("What the answer is for us"),
        choices=[(role.value, label) for role, label in ROLES.items()],
        required=False,
    )
    required = forms.BooleanField(label=gettext_lazy("Must be answered"), required=False)
    low = forms.IntegerField(label=gettext_lazy("Scale from"), required=False, min_value=0, max_value=10)
    high = forms.IntegerField(label=gettext_lazy("Scale to"), required=False, min_value=1, max_value=20)
    low_at_most = forms.IntegerField(
        label=gettext_lazy("Bad up to"),
        help_text=gettext_lazy("Up to this answer the customer is called about it. Empty: never."),
        required=False,
        min_value=0,
        max_value=20,
    )
    bands = forms.CharField(
        label=gettext_lazy("Bands"),
        help_text=gettext_lazy("What is counted together, the best first: 9-10, 7-8, 0-6. Empty: no bands of its own."),
        required=False,
        max_length=100,
    )
    low_it = forms.CharField(label=gettext_lazy("Lower end in Italian"), required=False, max_length=60)
    low_en = forms.CharField(label=gettext_lazy("Lower end in English"), required=False, max_length=60)
    high_it = forms.CharField(label=gettext_lazy("Upper end in Italian"), required=False, max_length=60)
    high_en = forms.CharField(label=gettext_lazy("Upper end in English"), required=False, max_length=60)
    choices = forms.CharField(
        label=gettext_lazy("Choices, or rows of the matrix"),
        help_text=gettext_lazy("One a line: Italian | English."),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    show_question = forms.ChoiceField(label=gettext_lazy("Ask only if"), required=False)
    show_values = forms.CharField(
        label=gettext_lazy("was answered with"),
        help_text=gettext_lazy("Numbers or keys of choices, separated by commas: 0, 1, 2."),
        required=False,
        max_length=200,
    )

    def __init__(self, *args: Any, definition: Mapping[str, Any], key: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        pages = [(page["key"], _("Page %(number)s") % {"number": place}) for place, page in _numbered(definition)]
        self.fields["page"].choices = [*pages, (NEW_PAGE, _("A new page at the end"))]  # type: ignore[attr-defined]
        asked = [
            (row["key"], row["text"].get(_language()) or row["text"]["it"])
            for page in definition["pages"]
            for row in page["questions"]
            if row["key"] != key and row["kind"] in ("scale", "choice", "several", "yes_no")
        ]
        self.fields["show_question"].choices = [("", "–"), *asked]  # type: ignore[attr-defined]
        self._before = _row_of(definition, key) if key else None
        self._definition, self._key = definition, key

    def clean_bands(self) -> list[tuple[int, int]]:
        """Return the bands as they were written, the best first."""
        found = editing.written_bands(self.cleaned_data["bands"])
        if found is None:
            raise forms.ValidationError(_("Write bands as numbers with a dash, separated by commas: 9-10, 7-8, 0-6."))
        return found

    def question(self) -> dict[str, Any]:
        """Return the question as a definition holds it; what the form does not show stays as it was."""
        data = self.cleaned_data
        kind = data["kind"]
        row: dict[str, Any] = dict(self._before or {})
        row["key"] = self._key or editing.free_key(self._definition, data["text_en"])
        row |= {"kind": kind, "text": _two(data, "text"), "role": data["role"], "required": data["required"]}
        for name in ("low", "high", "from", "to", "low_at_most", "bands", "choices", "rows", "show_if"):
            row.pop(name, None)
        if kind in (QuestionKind.SCALE, QuestionKind.MATRIX):
            row |= {
                "from": data["low"] or 0,
                "to": 10 if data["high"] is None else data["high"],
                "low_at_most": data["low_at_most"],
                "low": _two(data, "low"),
                "high": _two(data, "high"),
            }
            if data["bands"]:
                before = [band["key"] for band in _best_first((self._before or {}).get("bands") or ())]
                row["bands"] = editing.banded(data["bands"], keys=before, role=data["role"])
        if kind in (QuestionKind.CHOICE, QuestionKind.SEVERAL):
            row["choices"] = self._lines("choices")
        if kind == QuestionKind.MATRIX:
            row["rows"] = self._lines("rows")
        if data["show_question"]:
            row["show_if"] = [{"question": data["show_question"], "in": _values(data["show_values"])}]
        return row

    def _lines(self, name: str) -> list[dict[str, Any]]:
        """Return the choices as they were written; those that keep their Italian words keep their key."""
        keys = {one["text"]["it"]: one["key"] for one in (self._before or {}).get(name, ())}
        found: list[dict[str, Any]] = []
        for line in self.cleaned_data["choices"].splitlines():
            it, _bar, en = (part.strip() for part in line.partition("|"))
            if it:
                key = keys.get(it) or f"c{len(found) + 1}"
                taken = {one["key"] for one in found} | (set(keys.values()) - {keys.get(it)})
                while key in taken:
                    key += "x"
                found.append({"key": key, "text": {"it": it, "en": en}})
        return found


def _language() -> str:
    return "en" if (get_language() or "it").startswith("en") else "it"


def _numbered(definition: Mapping[str, Any]) -> list[tuple[int, Any]]:
    return list(enumerate(definition["pages"], start=1))


def _two(data: Mapping[str, Any], name: str) -> dict[str, str]:
    return {"it": data[f"{name}_it"].strip(), "en": data[f"{name}_en"].strip()}


def _values(text: str) -> list[int | str]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    return [int(part) if part.isascii() and part.isdigit() and len(part) < 4 else part for part in parts]


def _best_first(bands: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return sorted(bands, key=lambda band: -int(band["from"]))


def _row_of(definition: Mapping[str, Any], key: str) -> dict[str, Any]:
    for page in definition["pages"]:
        for row in page["questions"]:
            if row["key"] == key:
                return dict(row)
    raise NotFound(kind="listening.Question")


def _initial(definition: Mapping[str, Any], key: str) -> dict[str, Any]:
    row = _row_of(definition, key)
    page = next(page["key"] for page in definition["pages"] if any(one["key"] == key for one in page["questions"]))
    condition = next(iter(row.get("show_if") or ()), None)
    lines = row.get("choices") or row.get("rows") or ()
    return {
        "page": page,
        "kind": row["kind"],
        "role": row.get("role", ""),
        "required": row.get("required", False),
        "low": row.get("from", 0),
        "high": row.get("to", 10),
        "low_at_most": row.get("low_at_most"),
        "bands": ", ".join(f"{band['from']}-{band['to']}" for band in _best_first(row.get("bands") or ())),
        **{f"{name}_{each}": (row.get(name) or {}).get(each, "") for name in ("text", "low", "high") for each in _BOTH},
        "choices": "\n".join(f"{one['text']['it']} | {one['text']['en']}" for one in lines),
        "show_question": condition["question"] if condition else "",
        "show_values": ", ".join(map(str, condition["in"])) if condition else "",
    }


_BOTH = ("it", "en")


@require_safe
@access(SEE_RESULTS)
def questionnaires(request: StaffRequest) -> HttpResponse:
    """List the questionnaires of the scope."""
    versions: dict[int, dict[str, QuestionnaireVersion]] = {}
    for version in QuestionnaireVersion.objects.exclude(state=VersionState.RETIRED):
        versions.setdefault(version.questionnaire_id, {})[version.state] = version
    rows = []
    for row in Questionnaire.objects.order_by("key"):
        mine = versions.get(row.pk, {})
        shown = mine.get(VersionState.IN_FORCE) or mine.get(VersionState.DRAFT)
        if shown is not None:
            definition = read_definition(shown.definition)
            rows.append(
                {
                    "row": row,
                    "place": place_name(tree(), row.unit_id),
                    "in_force": mine.get(VersionState.IN_FORCE),
                    "draft": mine.get(VersionState.DRAFT),
                    "questions": sum(1 for _question in definition.questions),
                    "pages": len(definition.pages),
                    "seconds": max(60, estimated_seconds(definition, _language())),
                }
            )
    context = {
        "rows": rows,
        "may_manage": may(request.actor, MANAGE_LISTENING),
        "missing": not rows,
        "here": "questionnaires",
    }
    return render(request, "listening/questionnaires.html", context)


@require_POST
@access(MANAGE_LISTENING)
def install(request: StaffRequest) -> HttpResponse:
    """Install the shipped questionnaires at the highest unit of whoever asks."""
    places = tree()
    mine = [places.units[unit] for unit in request.actor.units_with(MANAGE_LISTENING.roles) if unit in places.units]
    top = min(mine, key=lambda unit: (len(unit.ancestor_ids), unit.pk))
    added = services.install_questionnaires(unit_id=top.pk, by=request.actor, now=request.received_at)
    messages.success(request, _("%(count)s questionnaires were installed.") % {"count": len(added)})
    return redirect("listening:questionnaires")


@require_safe
@access(SEE_RESULTS)
def questionnaire(request: StaffRequest, questionnaire_id: int) -> HttpResponse:
    """Show a questionnaire: its draft where somebody works on one, else what is in force, and its history."""
    row = Questionnaire.objects.find(questionnaire_id)
    versions = list(
        QuestionnaireVersion.objects.filter(questionnaire=row).select_related("published_by").order_by("-number")
    )
    shown = next((one for one in versions if str(one.number) == request.GET.get("version")), None)
    shown = shown or next((one for one in versions if one.state == VersionState.DRAFT), None)
    shown = shown or next((one for one in versions if one.state == VersionState.IN_FORCE), versions[0])
    definition = read_definition(shown.definition)
    may_edit = may(request.actor, MANAGE_LISTENING, row.unit_id)
    context = {
        "row": row,
        "place": place_name(tree(), row.unit_id),
        "version": shown,
        "versions": versions,
        "definition": definition,
        "seconds": {language: max(60, estimated_seconds(definition, language)) for language in _BOTH},
        "untranslated": missing_translations(question.words for question in definition.questions),
        "kinds": KINDS,
        "is_draft": shown.state == VersionState.DRAFT,
        "may_edit": may_edit,
        "new_series": _new_series(shown, versions) if shown.state == VersionState.DRAFT else [],
        "here": "questionnaires",
    }
    return render(request, "listening/questionnaire.html", context)


def _new_series(draft: QuestionnaireVersion, versions: Sequence[QuestionnaireVersion]) -> list[str]:
    """Return the questions whose figures begin anew once the draft is in force."""
    before = next((one for one in versions if one.state == VersionState.IN_FORCE), None)
    if before is None:
        return []
    new = read_definition(draft.definition)
    series = series_after(new, read_definition(before.definition), before.series)
    return [
        question.words.said(_language())
        for question in new.questions
        if any(item in before.series and series[item] != before.series[item] for item in question.items)
    ]


@require_POST
@access(MANAGE_LISTENING)
def start_draft(request: StaffRequest, questionnaire_id: int) -> HttpResponse:
    """Begin a new wording."""
    services.start_draft(questionnaire_id=questionnaire_id, by=request.actor, now=request.received_at)
    return redirect("listening:questionnaire", questionnaire_id)


@require_POST
@access(MANAGE_LISTENING)
def publish(request: StaffRequest, version_id: int) -> HttpResponse:
    """Put a draft in force, with a word about what is new."""
    version = QuestionnaireVersion.objects.find(version_id)
    note = request.POST.get("note", "")
    services.save_draft(
        version_id=version_id, definition=version.definition, note=note, by=request.actor, now=request.received_at
    )
    version = services.publish_draft(version_id=version_id, by=request.actor, now=request.received_at)
    messages.success(request, _("In force: it is asked from the next invitation on."))
    return redirect("listening:questionnaire", version.questionnaire_id)


@require_POST
@access(MANAGE_LISTENING)
def discard(request: StaffRequest, version_id: int) -> HttpResponse:
    """Throw a draft away."""
    version = QuestionnaireVersion.objects.find(version_id)
    services.discard_draft(version_id=version_id, by=request.actor, now=request.received_at)
    messages.success(request, _("The draft was thrown away."))
    return redirect("listening:questionnaire", version.questionnaire_id)


@require_http_methods(["GET", "POST"])
@access(MANAGE_LISTENING)
def question(request: StaffRequest, version_id: int, key: str = "") -> HttpResponse:
    """Edit a question of a draft, or add one."""
    version = QuestionnaireVersion.objects.select_related("questionnaire").find(version_id)
    definition = version.definition
    if request.method == "POST":
        form = QuestionForm(request.POST, definition=definition, key=key)
        if form.is_valid():
            try:
                _save(request, version, form, key)
            except (DefinitionInvalid, QuestionnaireBroken) as fault:
                form.add_error(None, str(fault))
            else:
                return redirect("listening:questionnaire", version.questionnaire_id)
    else:
        page = request.GET.get("page", definition["pages"][-1]["key"])
        begin = {"page": page, "kind": "scale", "low": 0, "high": 10, "low_at_most": 6}
        form = QuestionForm(initial=_initial(definition, key) if key else begin, definition=definition, key=key)
    context = {"form": form, "version": version, "row": version.questionnaire, "key": key, "here": "questionnaires"}
    return render(request, "listening/question.html", context, status=422 if form.errors else 200)


def _save(request: StaffRequest, version: QuestionnaireVersion, form: QuestionForm, key: str) -> None:
    data, page = version.definition, form.cleaned_data["page"]
    asked = form.question()
    if key and page == _initial(data, key)["page"]:
        changed = editing.put_question(data, page=page, question=asked, instead_of=key)
    else:
        rest = editing.drop_question(data, key=key) if key else data
        changed = (
            editing.new_page(rest, question=asked)
            if page == NEW_PAGE
            else editing.put_question(rest, page=page, question=asked)
        )
    services.save_draft(version_id=version.pk, definition=changed, by=request.actor, now=request.received_at)


@require_POST
@access(MANAGE_LISTENING)
def change(request: StaffRequest, version_id: int, key: str) -> HttpResponse:
    """Move a question of a draft up or down, or take it out."""
    version = QuestionnaireVersion.objects.find(version_id)
    wanted = request.POST.get("what", "")
    try:
        if wanted == "remove":
            changed = editing.drop_question(version.definition, key=key)
        else:
            changed = editing.move_question(version.definition, key=key, by=-1 if wanted == "up" else 1)
    except DefinitionInvalid as fault:
        raise QuestionnaireBroken(where=fault.where, what=fault.what) from fault
    services.save_draft(version_id=version_id, definition=changed, by=request.actor, now=request.received_at)
    return redirect("listening:questionnaire", version.questionnaire_id)
