"""Interviews by keypad: what became of the calls, how a questionnaire is asked, and the interview to try on screen."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from corsia.kernel.access import access, demand, may
from corsia.kernel.http import StaffRequest
from corsia.listening import queries
from corsia.listening.permissions import INTERVIEW, MANAGE_LISTENING, SEE_RESULTS
from corsia.listening.queries import interviews as found_in
from corsia.listening.queries.results import subtree
from corsia.listening.rules.interviews import (
    REPEAT,
    SILENCE,
    WORDED,
    Ending,
    Heard,
    Item,
    State,
    after,
    clean_key,
    heard,
    items_of,
    usual_words,
)
from corsia.listening.rules.questionnaires import LANGUAGES, Definition, Given
from corsia.listening.services import interview_setup as services
from corsia.listening.web.forms import CallingForm, WordsForm
from corsia.listening.web.parts import chosen_branch, number
from corsia.listening.web.views import PERIODS

HANG_UP, ERASE = "hangup", "erase"
MOST_KEYS = 90


@require_GET
@access(SEE_RESULTS)
def index(request: StaffRequest) -> HttpResponse:
    """Show what became of the calls: scripts, times of day and attempts beside each other."""
    asked_days = number(request.GET.get("days", ""))
    days = asked_days if asked_days in PERIODS else 90
    branches = queries.branches_in_scope()
    branch = chosen_branch(request, branches)
    within = subtree(branch.pk) if branch else ()
    is_in_person = request.GET.get("by") == "people"
    ways = found_in.IN_PERSON if is_in_person else found_in.KEYPAD
    context = {
        "found": found_in.interviewed(days=days, now=request.received_at, ways=ways, unit_ids=within),
        "latest": found_in.latest_interviews(ways=ways, unit_ids=within),
        "is_in_person": is_in_person,
        "may_call": may(request.actor, INTERVIEW),
        "askable": found_in.askable(),
        "days": days,
        "periods": PERIODS,
        "branches": branches,
        "branch": branch,
        "may_manage": may(request.actor, MANAGE_LISTENING),
    }
    return render(request, "listening/interviews.html", context)


# ---- how a questionnaire is asked ----


@require_http_methods(["GET", "POST"])
@access(MANAGE_LISTENING)
def setup(request: StaffRequest, questionnaire_id: int) -> HttpResponse:
    """Edit when and how often people are called for a questionnaire, and what is said."""
    found = found_in.askable_one(questionnaire_id)
    demand(request.actor, MANAGE_LISTENING, found.questionnaire.unit_id)
    form = CallingForm(request.POST if request.method == "POST" else None, initial=vars(found.setup))
    if request.method == "POST" and form.is_valid():
        services.save_setup(
            questionnaire_id=questionnaire_id, by=request.actor, now=request.received_at, **form.cleaned_data
        )
        messages.success(request, _("Saved. It holds for calls planned from now on."))
        return redirect("listening:interview_setup", questionnaire_id)
    return _setup_page(request, found, form)


@require_POST
@access(MANAGE_LISTENING)
def words(request: StaffRequest, questionnaire_id: int, script: str, language: str) -> HttpResponse:
    """Save what a script says."""
    form = WordsForm(request.POST)
    form.full_clean()
    services.save_words(
        questionnaire_id=questionnaire_id,
        script=script,
        language=language,
        texts={prompt: text for prompt, text in form.cleaned_data.items() if prompt in request.POST},
        by=request.actor,
        now=request.received_at,
    )
    messages.success(request, _("The words of script %(script)s are saved.") % {"script": script})
    return _back(questionnaire_id, script, language)


@require_POST
@access(MANAGE_LISTENING)
def sound(request: StaffRequest, questionnaire_id: int, script: str, language: str) -> HttpResponse:
    """Keep a recorded voice for a prompt."""
    found = found_in.askable_one(questionnaire_id)
    demand(request.actor, MANAGE_LISTENING, found.questionnaire.unit_id)
    upload = request.FILES.get("sound")
    if upload is None:
        messages.warning(request, _("Choose a file first."))
        return _back(questionnaire_id, script, language)
    services.save_sound(
        questionnaire_id=questionnaire_id,
        script=script,
        language=language,
        prompt=request.POST.get("prompt", "")[:90],
        content=upload.read(services.MAX_SOUND_BYTES + 1),
        by=request.actor,
        now=request.received_at,
    )
    messages.success(request, _("The recording is played from now on."))
    return _back(questionnaire_id, script, language)


@require_POST
@access(MANAGE_LISTENING)
def remove_sound(request: StaffRequest, words_id: int) -> HttpResponse:
    """Remove a recorded voice."""
    row = services.remove_sound(words_id=words_id, by=request.actor, now=request.received_at)
    messages.success(request, _("The recording is removed: the text is read out again."))
    return _back(row.setup.questionnaire_id, row.script, row.language)


def _back(questionnaire_id: int, script: str, language: str) -> HttpResponse:
    place = reverse("listening:interview_setup", args=[questionnaire_id])
    return redirect(f"{place}?{urlencode({'script': script, 'language': language})}")


def _setup_page(request: StaffRequest, found: found_in.Askable, form: CallingForm) -> HttpResponse:
    script, language = _chosen(request)
    rows = found_in.words_rows(found, script=script, language=language, worded=WORDED)
    context = {
        "found": found,
        "form": form,
        "script": script,
        "language": language,
        "languages": LANGUAGES,
        "scripts": found_in.SCRIPTS,
        "rows": rows,
        "worded": [row for row in rows if row.is_worded],
        "read_out": found_in.read_out(found, script=script, language=language),
        "usual": {prompt: usual_words(prompt, language) for prompt in WORDED},
        "names": ("group", "place"),
    }
    return render(request, "listening/interview_setup.html", context, status=422 if form.errors else 200)


def _chosen(request: StaffRequest) -> tuple[str, str]:
    script, language = request.GET.get("script", ""), request.GET.get("language", "")
    return (
        script if script in found_in.SCRIPTS else "A",
        language if language in LANGUAGES else (get_language() or "it")[:2],
    )


# ---- the interview on screen: nothing is counted, nothing is kept ----


@dataclass(frozen=True, kw_only=True)
class _Said:
    """One turn as the page shows it: what was said, and the key that answered; "" for the present one."""

    heard: Heard
    key: str
    label: str


@dataclass(frozen=True, kw_only=True)
class _Kept:
    """What would be kept of one answer."""

    item: Item
    words: str
    answer: str
    is_skipped: bool


@require_GET
@access(MANAGE_LISTENING)
def simulate(request: StaffRequest, questionnaire_id: int) -> HttpResponse:
    """Take the interview with a keypad on screen. All of it stands in the address of the page."""
    found = found_in.askable_one(questionnaire_id)
    script, language = _chosen(request)
    keys, typed, hung_up = _keys(request, found.definition)
    state = after(found.definition, keys)
    texts, _sounds = found_in.script_of(found.version_id, script, language)
    names = found_in.names_at(found.questionnaire.unit_id)
    turns = []
    for place in range(len(keys) + 1):
        told = heard(
            found.definition, after(found.definition, keys[:place]), language=language, script=texts, names=names
        )
        key = keys[place] if place < len(keys) else ""
        turns.append(_Said(heard=told, key=key, label=_key_label(key)))
    context = {
        "found": found,
        "script": script,
        "language": language,
        "languages": LANGUAGES,
        "scripts": found_in.SCRIPTS,
        "keys": ",".join(keys),
        "typed": typed,
        "turns": list(reversed(turns)),
        "state": state,
        "is_over": state.is_over or hung_up,
        "end": _end(state, hung_up=hung_up),
        "kept": _kept(found.definition, state, language),
        "answered": len(state.answers),
        "asked": found.asked,
        "pad": "123456789*0#",
        "silence": SILENCE,
    }
    template = "listening/_try.html" if request.headers.get("HX-Request") else "listening/try.html"
    response = render(request, template, context)
    response.headers["Vary"] = "HX-Request"
    return response


def _keys(request: StaffRequest, definition: Definition) -> tuple[list[str], str, bool]:
    """Return the keys so far, the first of two that are still being typed, and whether somebody hung up."""
    told = request.GET.get("keys", "")[: MOST_KEYS * 3]
    keys = [clean_key(one) for one in told.split(",") if one][:MOST_KEYS]
    key, typed = request.GET.get("key", ""), request.GET.get("typed", "")[:1]
    typed = typed if typed.isascii() and typed.isdecimal() else ""
    if key == HANG_UP:
        return keys, "", True
    if key == ERASE or not key or len(keys) >= MOST_KEYS:
        return keys, "", False
    state, pressed = after(definition, keys), clean_key(key)
    takes_two = state.item is not None and state.item.digits == 2
    if takes_two and not typed and pressed.isdecimal():
        return keys, pressed, False
    if not state.is_over:
        keys.append(typed if takes_two and typed and pressed == "#" else clean_key(typed + pressed))
    return keys, "", False


def _key_label(key: str) -> str:
    return {"": "", SILENCE: _("silence"), REPEAT: "✱"}.get(key, key)


def _end(state: State, *, hung_up: bool) -> str:
    """Return what would become of the interview."""
    if state.ending is Ending.DONE:
        return _("The interview is complete and would count.")
    if state.ending is Ending.DECLINED:
        return _("Declined: nothing would be kept.")
    if not state.is_over and not hung_up:
        return ""
    if state.answers:
        return _("Left in the middle: what was answered would count, as incomplete.")
    return _("Ended without an answer: nothing would be kept but that they were called.")


def _kept(definition: Definition, state: State, language: str) -> list[_Kept]:
    return [
        _Kept(
            item=item,
            words=" · ".join(
                one.said(language) for one in (item.question.words, *((item.row.words,) if item.row else ()))
            ),
            answer=_answer_words(item, state.answers[item.key], language) if item.key in state.answers else "",
            is_skipped=item.key in state.skipped,
        )
        for item in items_of(definition)
    ]


def _answer_words(item: Item, given: Given, language: str) -> str:
    if given.choices:
        return ", ".join(one.words.said(language) for one in item.question.choices if one.key in given.choices)
    if item.question.kind == "yes_no":
        return _("Yes") if given.number else _("No")
    return str(given.number)
