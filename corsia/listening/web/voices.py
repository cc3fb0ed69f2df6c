"""What customers said of us, for the people whose work it is; what it is about, put right by hand."""

from dataclasses import fields
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from corsia.kernel.access import access, demand, may
from corsia.kernel.errors import Invalid, NotFound
from corsia.kernel.http import StaffRequest
from corsia.listening import queries, services
from corsia.listening.models import Response
from corsia.listening.permissions import HEAR_VOICES, MANAGE_LISTENING, SEE_RESULTS
from corsia.listening.queries.surveys import surveys_in_scope
from corsia.listening.queries.topics import LANGUAGES, edition_of, own_words_of, shipped_topics, stems_above
from corsia.listening.queries.voices import BANDS, COLUMN, Narrowed, columns
from corsia.listening.rules.topics import Stems, problem_of
from corsia.listening.vocabulary import Band, Sign
from corsia.listening.web.pages import edits, units_of
from corsia.listening.web.parts import chosen_branch, number
from corsia.organisation.queries import tree

PERIODS = (7, 30, 90, 365)
PAGE = 40
LONGEST_STEM = 80
TITLES = {
    Band.DETRACTOR: (gettext_lazy("Blame"), "mood-sad", "d"),
    Band.PASSIVE: (gettext_lazy("In between"), "mood-empty", "a"),
    Band.PROMOTER: (gettext_lazy("Praise"), "mood-smile", "p"),
}

KINDS = ("plus", "minus", "about")


def _lines(typed: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(" ".join(line.split()).lower() for line in typed.splitlines() if line.strip()))


class StemsField(forms.CharField):
    """Patterns, one on a line."""

    widget = forms.Textarea(attrs={"rows": 9, "spellcheck": "false", "autocapitalize": "off"})

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, max_length=10_000, **kwargs)

    def clean(self, value: Any) -> str:
        typed = str(super().clean(value))
        lines = _lines(typed)
        if len(lines) > services.MOST_STEMS:
            raise forms.ValidationError(
                services.TooManyStems.message % {"count": len(lines), "most": services.MOST_STEMS}
            )
        broken = next((line for line in lines if len(line) > LONGEST_STEM or problem_of(line)), None)
        if broken is not None:
            raise forms.ValidationError(services.StemUnusable.message % {"stem": broken})
        return typed


class TopicForm(forms.Form):
    """By what a topic is recognised."""

    plus_it = StemsField(
        label=gettext_lazy("Praise, in Italian"), help_text=gettext_lazy("Good by themselves: “puntual”")
    )
    minus_it = StemsField(
        label=gettext_lazy("Blame, in Italian"),
        help_text=gettext_lazy("Bad by themselves: “ritard”. A “non” or “nessun” before them turns them."),
    )
    about_it = StemsField(
        label=gettext_lazy("Neither, in Italian"),
        help_text=gettext_lazy("What stands beside them and the score tell which: “preventiv”"),
    )
    plus_en = StemsField(label=gettext_lazy("Praise, in English"))
    minus_en = StemsField(label=gettext_lazy("Blame, in English"))
    about_en = StemsField(label=gettext_lazy("Neither, in English"))

    def stems(self) -> dict[str, Stems]:
        """Return what was typed, by language."""
        return {
            lang: Stems(**{kind: _lines(self.cleaned_data[f"{kind}_{lang}"]) for kind in KINDS}) for lang in LANGUAGES
        }


@require_safe
@access(HEAR_VOICES, personal=True)
def voices(request: StaffRequest) -> HttpResponse:
    """Show what was said, praise and blame side by side; one band as a list of pages."""
    days = number(request.GET.get("days", ""))
    days = days if days in PERIODS else 30
    branches, surveys = queries.branches_in_scope(), surveys_in_scope()
    branch = chosen_branch(request, branches)
    topics = shipped_topics()
    chosen = {
        "band": Band.values,
        "topic": list(topics),
        "sign": Sign.values,
        "survey": [one.key for one in surveys],
    }
    asked = {name: request.GET.get(name, "") if request.GET.get(name) in of else "" for name, of in chosen.items()}
    is_mine = request.GET.get("mine") == "1"
    now, band = request.received_at, asked.pop("band")
    found = columns(
        Narrowed(
            since=now - timedelta(days=days),
            until=now,
            unit_id=branch.pk if branch else None,
            with_words=request.GET.get("words") == "1",
            person_id=request.actor.id if is_mine else None,
            **asked,
        ),
        bands=[Band(band)] if band else BANDS,
        me=request.actor.id,
        limit=PAGE if band else COLUMN,
        before_id=number(request.GET.get("before", "")) if band else None,
    )
    context = {
        "columns": [(one, *TITLES[one.band]) for one in found],
        "n": sum(one.n for one in found),
        "band": band,
        "bands": [(key, TITLES[key][0]) for key in BANDS],
        "before": found[0].voices[-1].answer.pk if band and found[0].is_more and found[0].voices else None,
        **asked,
        "topics": topics.values(),
        "days": days,
        "periods": PERIODS,
        "is_mine": is_mine,
        "with_words": request.GET.get("words") == "1",
        "surveys": surveys,
        "branches": branches,
        "branch": branch,
        "may_results": may(request.actor, SEE_RESULTS),
        "edits": edits(request),
        "here": "voices",
    }
    return render(request, "listening/voices.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@access(MANAGE_LISTENING, personal=True)
def correct(request: StaffRequest, response_id: int) -> HttpResponse:
    """Say by hand what an answer is about."""
    response = Response.objects.select_related("customer", "case").find(response_id)
    demand(request.actor, MANAGE_LISTENING, response.unit_id)
    if request.method == "POST":
        given = {key: request.POST.get(f"topic.{key}", "none") for key in shipped_topics()}
        if any(sign not in ("none", "said", *Sign.values) for sign in given.values()):
            raise Invalid
        services.correct_topics(
            response_id=response_id,
            topics={key: "" if sign == "said" else sign for key, sign in given.items() if sign != "none"},
            by=request.actor,
            now=request.received_at,
        )
        messages.success(request, _("Put right. It stays so, also when the stems change."))
        return redirect("listening:voices")
    held = {row.topic: row for row in response.topics.all()}
    lines = [
        (topic, (held[key].sign or "said") if key in held else "none", held[key].words if key in held else "")
        for key, topic in shipped_topics().items()
    ]
    choices = [("none", _("Not about it")), ("plus", _("Praise")), ("minus", _("Blame")), ("said", _("Spoken of"))]
    return render(
        request, "listening/correct.html", {"answer": response, "lines": lines, "choices": choices, "here": "voices"}
    )


@require_safe
@access(MANAGE_LISTENING)
def topic_list(request: StaffRequest) -> HttpResponse:
    """List the topics, and by how many stems each is recognised."""
    unit_id = _house(request)
    edition, own = edition_of(unit_id), own_words_of(unit_id)
    lines = [
        (
            topic,
            sum(len(getattr(edition.stems[key][lang], kind.name)) for lang in LANGUAGES for kind in fields(Stems)),
            key in own,
        )
        for key, topic in shipped_topics().items()
    ]
    context = {"lines": lines, "house": tree().unit(unit_id), "here": "voices"}
    return render(request, "listening/topics.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@access(MANAGE_LISTENING)
def topic_words(request: StaffRequest, topic: str) -> HttpResponse:
    """Edit the stems by which a unit recognises a topic."""
    unit_id = _house(request)
    if topic not in shipped_topics():
        raise NotFound(kind="listening.Topic")
    shipped, stems = shipped_topics()[topic], edition_of(unit_id).stems[topic]
    initial = {f"{kind}_{lang}": "\n".join(getattr(stems[lang], kind)) for lang in LANGUAGES for kind in KINDS}
    form = TopicForm(
        request.POST if request.method == "POST" and "above" not in request.POST else None, initial=initial
    )
    if request.method == "POST" and (not form.is_bound or form.is_valid()):
        words = form.stems() if form.is_bound else stems_above(unit_id, topic)
        services.save_topic_words(unit_id=unit_id, topic=topic, words=words, by=request.actor, now=request.received_at)
        messages.success(request, _("Saved. All answers are being read anew, those put right by hand excepted."))
        return redirect("listening:topics")
    context = {
        "topic": shipped,
        "form": form,
        "is_own": topic in own_words_of(unit_id),
        "house": tree().unit(unit_id),
        "here": "voices",
    }
    return render(request, "listening/topic_words.html", context, status=422 if form.errors else 200)


def _house(request: StaffRequest) -> int:
    """Return the highest unit that somebody manages: its stems hold for all below it."""
    return int(units_of(request)[0].pk)
