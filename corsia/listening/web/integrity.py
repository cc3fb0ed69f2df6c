"""Doubts about answers: listed with their reasons, decided by a person, with the score with and without them."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from corsia.kernel.access import access, may
from corsia.kernel.http import StaffRequest, row_id
from corsia.listening import services
from corsia.listening.models import IntegrityFlag
from corsia.listening.permissions import MANAGE_SURVEYS, SEE_RESULTS
from corsia.listening.queries.integrity import begging_words, both_numbers, count_doubts, doubts
from corsia.listening.rules import integrity as rules
from corsia.listening.vocabulary import Decision, Doubt
from corsia.listening.web.pages import Chosen, form_page, unit_choices, units_of
from corsia.listening.web.signals import PERIODS, chosen_filters
from corsia.ui.templatetags.ui import small_names

_ICONS = {
    Doubt.FROZEN: "snowflake",
    Doubt.CONTACT: "at",
    Doubt.DEVICE: "device-mobile",
    Doubt.STAFF: "id-badge-2",
    Doubt.BEGGING: "message-dollar",
    Doubt.BURST: "chart-histogram",
}


class WordsForm(Chosen):
    """Which words beg for a score."""

    unit = forms.TypedChoiceField(label=gettext_lazy("For the unit and everything below it"), coerce=int)
    words = forms.CharField(
        label=gettext_lazy("Words, one phrase a line"),
        required=False,
        max_length=8000,
        help_text=gettext_lazy(
            "In any language; capitals make no difference. A message written to the customer by one of us before the "
            "survey that holds one of them is listed for a decision."
        ),
        widget=forms.Textarea(attrs={"rows": 16, "spellcheck": "false"}),
    )


@require_safe
@access(SEE_RESULTS, personal=True)
def page(request: StaffRequest) -> HttpResponse:
    """Show the doubts, and the score with and without what was set aside."""
    chosen = chosen_filters(request)
    asked_decision, asked_kind = request.GET.get("decision", ""), request.GET.get("kind", "")
    decision = asked_decision if asked_decision in Decision.values else ""
    kind = asked_kind if asked_kind in Doubt.values else ""
    counts = count_doubts(unit_id=chosen.unit_id)
    rows = doubts(decision=decision, kind=kind, unit_id=chosen.unit_id)
    context: dict[str, Any] = {
        "rows": [
            {
                "row": row,
                "reason": reason_of(row.flag),
                "icon": _ICONS[Doubt(row.flag.kind)],
                "mean": float(row.flag.detail) if row.flag.kind == Doubt.BURST and row.flag.detail else None,
            }
            for row in rows
        ],
        "both": both_numbers(
            since=chosen.since, until=request.received_at, survey=chosen.survey, unit_id=chosen.unit_id
        ),
        "tabs": [(key, label, counts.get(key, 0)) for key, label in _decisions()],
        "decision": decision,
        "kind": kind,
        "kinds": Doubt.choices,
        "days": chosen.days,
        "periods": PERIODS,
        "branches": chosen.branches,
        "branch": chosen.branch,
        "surveys": chosen.surveys,
        "survey": chosen.survey,
        "rules": rules,
        "may_decide": may(request.actor, MANAGE_SURVEYS),
        "here": "integrity",
    }
    return render(request, "listening/integrity.html", context)


@require_POST
@access(MANAGE_SURVEYS)
def decide(request: StaffRequest, flag_id: int) -> HttpResponse:
    """Say that doubtful answers are valid, or set them aside."""
    flag = services.decide(
        flag_id=flag_id,
        decision=request.POST.get("decision", ""),
        note=request.POST.get("note", ""),
        by=request.actor,
        now=request.received_at,
    )
    done = {
        Decision.VALID: _("Noted: the answers are valid."),
        Decision.ASIDE: _("Set aside: the score is shown with and without these answers."),
    }
    messages.success(request, done[Decision(flag.decision)])
    return redirect("listening:integrity")


@require_http_methods(["GET", "HEAD", "POST"])
@access(MANAGE_SURVEYS)
def words(request: StaffRequest) -> HttpResponse:
    """Say which words beg for a score."""
    units = units_of(request, MANAGE_SURVEYS)
    asked = row_id(request.GET.get("unit"))
    unit = next((one for one in units if one.pk == asked), units[0])
    form = WordsForm(
        request.POST if request.method == "POST" else None,
        choices={"unit": unit_choices(units)},
        initial={"unit": unit.pk, "words": "\n".join(begging_words(unit.pk)[0])},
    )

    def act() -> int:
        row = services.save_begging_words(
            unit_id=form.cleaned_data["unit"],
            words=form.cleaned_data["words"].splitlines(),
            by=request.actor,
            now=request.received_at,
        )
        return int(row.pk)

    back = reverse("listening:integrity")
    return form_page(
        request,
        form,
        act=act,
        done=_("The words hold for messages from now on."),
        back=back,
        title=_("Words that beg for a score"),
        trail=[(back, _("Integrity"))],
    )


def reason_of(flag: IntegrityFlag) -> str:
    """Return why answers are doubtful, in words and with the numbers."""
    since, until = (small_names(formats.date_format(at, "j F")) for at in (flag.since, flag.until))
    match Doubt(flag.kind):
        case Doubt.DEVICE:
            return ngettext(
                "%(seen)s answers of %(of)s customer came from one device between %(since)s and %(until)s.",
                "%(seen)s answers of %(of)s customers came from one device between %(since)s and %(until)s.",
                flag.of,
            ) % {"seen": flag.seen, "of": flag.of, "since": since, "until": until}
        case Doubt.STAFF if flag.detail:
            return _("The customer's address is at our own domain %(domain)s.") % {"domain": flag.detail}
        case Doubt.STAFF:
            return _("The customer's address is that of somebody who works here.")
        case Doubt.CONTACT:
            return ngettext(
                "One of us changed the customer's address %(hours)s hour before the survey left.",
                "One of us changed the customer's address %(hours)s hours before the survey left.",
                flag.seen,
            ) % {"hours": flag.seen}
        case Doubt.BEGGING:
            return _("On %(since)s one of us wrote to the customer “%(words)s”, before they answered on %(until)s.") % {
                "since": since,
                "words": flag.detail,
                "until": until,
            }
        case Doubt.BURST:
            return _(
                "%(seen)s answers within half an hour on %(since)s at %(hour)s; at this hour %(usual)s are usual. By "
                "chance so many come %(chance)s."
            ) % {
                "seen": flag.seen,
                "since": since,
                "hour": formats.time_format(flag.since.astimezone(), "H:i"),
                "usual": _usual(flag.usual or 0.0),
                "chance": _rarely(flag.chance or 0.0),
            }
        case Doubt.FROZEN:
            return _(
                "Between %(since)s and %(until)s only %(seen)s of %(of)s customers who could be asked were asked; "
                "usually it is %(usual)s %%. By chance so few are asked %(chance)s."
            ) % {
                "since": since,
                "until": until,
                "seen": flag.seen,
                "of": flag.of,
                "usual": round(flag.usual or 0.0),
                "chance": _rarely(flag.chance or 0.0),
            }


def _usual(count: float) -> str:
    """Return a mean count in words; what rounds to nothing is said so, not as 0.0."""
    return formats.number_format(round(count, 1), 1) if count >= 0.05 else _("hardly any")


def _rarely(chance: float) -> str:
    if chance < 1e-6:
        return _("less than once in a million times")
    return _("once in %(times)s times") % {"times": formats.number_format(round(1 / chance), 0, force_grouping=True)}


def _decisions() -> list[tuple[str, str]]:
    return [(str(one), str(one.label)) for one in Decision]
