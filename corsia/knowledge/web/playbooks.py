"""Playbooks: the list, one to read and acknowledge, the editor of a draft."""

from dataclasses import replace
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from corsia.kernel.access import access, demand, may
from corsia.kernel.http import StaffRequest
from corsia.knowledge.models import Playbook, PlaybookVersion
from corsia.knowledge.permissions import APPROVE_ARTICLES, READ_ARTICLES
from corsia.knowledge.ports import processes
from corsia.knowledge.queries.playbooks import VersionText, playbook_version, playbooks_in_scope, who_knows
from corsia.knowledge.rules.playbook_spec import Flaw, PlaybookSpec, StepSpec, flaws_of
from corsia.knowledge.services import playbooks as services
from corsia.knowledge.vocabulary import Asks, Hint, PlaybookState
from corsia.knowledge.web.places import language, process_choices, units_with
from corsia.organisation.queries import tree
from corsia.organisation.vocabulary import Role

MAX_STEPS = 60

_FLAWS: dict[str, Any] = {
    "no_steps": gettext_lazy("There is no step yet. Add the first one."),
    "no_readers": gettext_lazy("Nobody must know it yet. Tick at least one role."),
    "no_title": gettext_lazy("Step %(step)s needs a title in Italian and in English."),
    "unknown_phase": gettext_lazy("Step %(step)s belongs to a phase that the process does not have. Choose another."),
    "no_hint": gettext_lazy("Step %(step)s has a help without its key. Write the key, or choose no help."),
}


class NewPlaybookForm(forms.Form):
    """What a new playbook is about."""

    process_key = forms.ChoiceField(label=gettext_lazy("Process"))
    title_it = forms.CharField(label=gettext_lazy("Title in Italian"), max_length=120)
    title_en = forms.CharField(label=gettext_lazy("Title in English"), max_length=120)
    unit = forms.TypedChoiceField(label=gettext_lazy("For the unit and everything below it"), coerce=int)

    def __init__(self, *args: Any, units: list[tuple[int, str]], names: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        self.fields["unit"].choices = units  # type: ignore[attr-defined]
        self.fields["process_key"].choices = names  # type: ignore[attr-defined]


@require_safe
@access(READ_ARTICLES)
def index(request: StaffRequest) -> HttpResponse:
    """List the playbooks that one's units follow, those to be read first."""
    lines = playbooks_in_scope(reader_id=request.actor.id, roles=frozenset(request.actor.roles))
    places = tree()
    rows = [
        {
            "line": line,
            "unit": places.unit(line.playbook.unit_id).name,
            "title": _title(line.playbook),
            "may_edit": may(request.actor, APPROVE_ARTICLES, line.playbook.unit_id),
        }
        for line in sorted(lines, key=lambda line: not line.to_know)
    ]
    may_write = may(request.actor, APPROVE_ARTICLES)
    missing = 0
    if may_write:
        there = {line.playbook.process_key for line in lines}
        in_use = {key for key, _name in process_choices(units_with(request, APPROVE_ARTICLES)[0][0])}
        missing = sum(1 for key, *_rest in services.shipped_playbooks() if key in in_use - there)
    context = {"rows": rows, "may_write": may_write, "missing": missing, "to_know": sum(line.to_know for line in lines)}
    return render(request, "knowledge/playbooks.html", context)


@require_POST
@access(APPROVE_ARTICLES)
def install(request: StaffRequest) -> HttpResponse:
    """Put the playbooks that ship with the product in force at the manager's highest unit."""
    unit_id = units_with(request, APPROVE_ARTICLES)[0][0]
    count = len(services.install_playbooks(unit_id=unit_id, by=request.actor, now=request.received_at))
    messages.success(
        request, ngettext("%(count)s playbook added", "%(count)s playbooks added", count) % {"count": count}
    )
    return redirect("knowledge:playbooks")


@require_http_methods(["GET", "POST"])
@access(APPROVE_ARTICLES)
def new(request: StaffRequest) -> HttpResponse:
    """Begin a playbook for a process."""
    units = units_with(request, APPROVE_ARTICLES)
    form = NewPlaybookForm(
        request.POST if request.method == "POST" else None,
        units=units,
        names=process_choices(units[0][0]),
        initial={"process_key": request.GET.get("process", ""), "unit": units[0][0]},
    )
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        version = services.add_playbook(
            unit_id=given["unit"],
            process_key=given["process_key"],
            title_it=given["title_it"],
            title_en=given["title_en"],
            spec=PlaybookSpec(steps=(StepSpec(title_it="", title_en=""),)),
            by=request.actor,
            now=request.received_at,
        )
        return redirect("knowledge:edit_playbook", version.pk)
    return render(request, "knowledge/playbook_new.html", {"form": form}, status=422 if form.errors else 200)


@require_safe
@access(READ_ARTICLES)
def show(request: StaffRequest, playbook_id: int, number: int | None = None) -> HttpResponse:
    """Read a playbook: the version in force, or an older one; managers see who knows it."""
    playbook: Playbook = Playbook.objects.find(playbook_id)
    versions = list(
        PlaybookVersion.objects.filter(playbook=playbook).select_related("published_by").order_by("-number")
    )
    in_force = next((row for row in versions if row.state == PlaybookState.PUBLISHED), None)
    shown = next((row for row in versions if row.number == number), None) or in_force or versions[0]
    text = playbook_version(shown.pk)
    may_edit = may(request.actor, APPROVE_ARTICLES, playbook.unit_id)
    people = who_knows(text, now=request.received_at) if shown.state != PlaybookState.DRAFT else []
    mine = next((one for one in people if one.person.pk == request.actor.id), None)
    must_know = bool(set(text.readers) & set(request.actor.roles))
    context = {
        "playbook": playbook,
        "title": _title(playbook),
        "unit": tree().unit(playbook.unit_id),
        "text": text,
        "shown": shown,
        "is_in_force": in_force is not None and shown.pk == in_force.pk,
        "groups": _groups(text, playbook),
        "versions": versions,
        "readers": [Role(role).label for role in text.readers],
        "people": people,
        "known": sum(1 for one in people if one.at),
        "mine": mine,
        "may_acknowledge": must_know and shown.state == PlaybookState.PUBLISHED and (mine is None or mine.at is None),
        "may_edit": may_edit,
    }
    return render(request, "knowledge/playbook.html", context)


@require_POST
@access(READ_ARTICLES)
def acknowledge(request: StaffRequest, version_id: int) -> HttpResponse:
    """Say by name that one knows a version."""
    row = services.acknowledge(version_id=version_id, by=request.actor, now=request.received_at)
    messages.success(request, _("Noted: you know this version"))
    return redirect("knowledge:playbook", row.version.playbook_id)


@require_POST
@access(APPROVE_ARTICLES)
def start_draft(request: StaffRequest, playbook_id: int) -> HttpResponse:
    """Open the draft, or make one from the version in force."""
    draft = services.start_playbook_draft(playbook_id=playbook_id, by=request.actor, now=request.received_at)
    return redirect("knowledge:edit_playbook", draft.pk)


@require_POST
@access(APPROVE_ARTICLES)
def retire(request: StaffRequest, playbook_id: int) -> HttpResponse:
    """Follow a playbook no longer."""
    services.retire_playbook(playbook_id=playbook_id, by=request.actor, now=request.received_at)
    messages.success(request, _("The playbook is no longer followed by new cases"))
    return redirect("knowledge:playbooks")


@require_http_methods(["GET", "POST"])
@access(APPROVE_ARTICLES)
def edit(request: StaffRequest, version_id: int) -> HttpResponse:
    """Edit a draft; every button keeps what was typed."""
    version: PlaybookVersion = PlaybookVersion.objects.select_related("playbook").find(version_id)
    demand(request.actor, APPROVE_ARTICLES, version.playbook.unit_id)
    if request.method == "POST":
        button = request.POST.get("do", "save")
        spec = _moved(_read(request.POST), button)
        services.save_playbook_draft(version_id=version_id, spec=spec, by=request.actor, now=request.received_at)
        if button == "publish" and not _flaws(version, spec):
            services.publish_playbook(version_id=version_id, by=request.actor, now=request.received_at)
            messages.success(request, _("In force: those who must know it were told"))
            return redirect("knowledge:playbook", version.playbook_id)
        if button == "publish":
            return render(request, "knowledge/playbook_edit.html", _editor(version, spec), status=422)
        if button == "save":
            messages.success(request, _("Draft saved"))
        return redirect("knowledge:edit_playbook", version_id)
    if version.state != PlaybookState.DRAFT:
        return redirect("knowledge:playbook_version", version.playbook_id, version.number)
    return render(request, "knowledge/playbook_edit.html", _editor(version, playbook_version(version_id).spec))


@require_POST
@access(APPROVE_ARTICLES)
def discard(request: StaffRequest, version_id: int) -> HttpResponse:
    """Throw a draft away."""
    services.discard_playbook_draft(version_id=version_id, by=request.actor, now=request.received_at)
    messages.success(request, _("Draft discarded"))
    return redirect("knowledge:playbooks")


def _editor(version: PlaybookVersion, spec: PlaybookSpec) -> dict[str, Any]:
    phases = _phases(version.playbook)
    known = {key for key, _name in phases}
    return {
        "version": version,
        "playbook": version.playbook,
        "title": _title(version.playbook),
        "spec": spec,
        "flaws": [str(_FLAWS[flaw.code]) % {"step": flaw.step} for flaw in _flaws(version, spec)],
        "phases": phases,
        "strange": {step.phase_key for step in spec.steps if step.phase_key and step.phase_key not in known},
        "hints": Hint.choices,
        "asks": Asks.choices,
        "roles": Role.choices,
    }


def _flaws(version: PlaybookVersion, spec: PlaybookSpec) -> list[Flaw]:
    return flaws_of(spec, phases={key for key, _name in _phases(version.playbook)})


def _phases(playbook: Playbook) -> list[tuple[str, str]]:
    is_english = language() == "en"
    rows = processes().phases(playbook.unit_id, playbook.process_key)
    return [(key, en if is_english else it) for key, it, en in rows]


def _groups(text: VersionText, playbook: Playbook) -> list[tuple[str, list[Any]]]:
    """Return the steps by phase, those of any time last."""
    names = dict(_phases(playbook))
    keys = [*names, *dict.fromkeys(step.phase_key for step in text.steps if step.phase_key not in names)]
    groups = []
    for key in sorted(keys, key=lambda key: key == ""):
        steps = [step for step in text.steps if step.phase_key == key]
        if steps:
            groups.append((names.get(key) or (key or _("At any time")), steps))
    return groups


def _read(posted: QueryDict) -> PlaybookSpec:
    """Return the version as the page says it; values that are not among the choices are left empty."""
    text = posted.get("steps", "")
    count = min(int(text), MAX_STEPS) if text.isdecimal() and len(text) < 4 else 0
    return PlaybookSpec(
        steps=tuple(_step(posted, f"s{number}") for number in range(count)),
        readers=tuple(role for role in Role.values if role in posted.getlist("readers")),
        change_note=posted.get("change_note", "").strip()[:200],
    )


def _step(posted: QueryDict, name: str) -> StepSpec:
    def given(what: str, most: int) -> str:
        return posted.get(f"{name}-{what}", "").strip()[:most]

    def one_of(what: str, allowed: list[str]) -> str:
        value = posted.get(f"{name}-{what}", "")
        return value if value in allowed else ""

    return StepSpec(
        title_it=given("title_it", 160),
        title_en=given("title_en", 160),
        text_it=given("text_it", 2000),
        text_en=given("text_en", 2000),
        phase_key=given("phase", 40),
        hint=one_of("hint", Hint.values),
        hint_key=given("hint_key", 80) if one_of("hint", Hint.values) else "",
        is_required=posted.get(f"{name}-required") == "on",
        asks=one_of("asks", Asks.values),
        role=one_of("role", Role.values),
    )


def _moved(spec: PlaybookSpec, button: str) -> PlaybookSpec:
    """Return the version after a button: "add", "up:2", "down:2", "remove:2"; what is not there changes nothing."""
    verb, _colon, rest = button.partition(":")
    steps = list(spec.steps)
    at = int(rest) if rest.isdecimal() and len(rest) < 4 else len(steps)
    if verb == "add" and len(steps) < MAX_STEPS:
        steps.append(StepSpec(title_it="", title_en="", phase_key=steps[-1].phase_key if steps else ""))
    elif verb == "up" and 0 < at < len(steps):
        steps[at - 1], steps[at] = steps[at], steps[at - 1]
    elif verb == "down" and at + 1 < len(steps):
        steps[at + 1], steps[at] = steps[at], steps[at + 1]
    elif verb == "remove" and at < len(steps):
        del steps[at]
    return replace(spec, steps=tuple(steps))


def _title(playbook: Playbook) -> str:
    return str(playbook.title_en if language() == "en" else playbook.title_it)
