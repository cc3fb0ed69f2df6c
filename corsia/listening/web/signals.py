"""Signals: what in the numbers is no coincidence, in words, with n, period and formula."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import formats
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from corsia.kernel.access import access
from corsia.kernel.http import StaffRequest, row_id
from corsia.kernel.tables import Form, as_download, copied_download, form_of
from corsia.listening import queries
from corsia.listening.permissions import SEE_RESULTS
from corsia.listening.queries.exporting import Export, exported_items
from corsia.listening.queries.integrity import both_numbers, count_doubts
from corsia.listening.queries.items import LATEST as LATEST_WHOLE
from corsia.listening.queries.items import Item, items
from corsia.listening.queries.redemption import STEPS, redemption
from corsia.listening.queries.signals import FEWEST_PEOPLE, PAST_WEEKS, may_show_people, signals
from corsia.listening.queries.surveys import CLOSING, Survey, surveys_in_scope
from corsia.listening.rules import comparing, control_charts, shrinking
from corsia.listening.rules.drivers import FEWEST
from corsia.listening.rules.nps import SHOWN_FROM, Tally, shown_score
from corsia.listening.rules.questionnaires.wording import without_placeholders
from corsia.listening.rules.signal_chart import ewma_chart, reaches, share_chart
from corsia.listening.vocabulary import AnswerChannel
from corsia.organisation.models import Unit
from corsia.ui.templatetags.ui import channel_name, small_names

PERIODS = (30, 90, 365)
LATEST = 14  # days in the table below the chart


@require_safe
@access(SEE_RESULTS)
def show(request: StaffRequest) -> HttpResponse:
    """Show whether today is a coincidence, which teams differ, and branches ranked with care."""
    chosen = chosen_filters(request)
    may_people = may_show_people(now=request.received_at)
    found = signals(
        days=chosen.days,
        now=request.received_at,
        survey=chosen.survey,
        unit_id=chosen.unit_id,
        with_people=may_people and request.GET.get("by") == "person",
    )
    context: dict[str, Any] = {
        "found": found,
        "both": both_numbers(
            since=chosen.since,
            until=request.received_at,
            survey=chosen.survey,
            unit_id=chosen.unit_id,
            everything=found.answers,
        ),
        "open_doubts": count_doubts(unit_id=chosen.unit_id).get("", 0),
        "today": found.today,
        "week": _week(found.today.days),
        "latest": list(reversed(list(zip(found.today.days, found.today.bad_days, strict=False))))[:LATEST],
        "days": chosen.days,
        "periods": PERIODS,
        "branches": chosen.branches,
        "branch": chosen.branch,
        "surveys": chosen.surveys,
        "survey": chosen.survey,
        "may_people": may_people,
        "by_person": found.people is not None,
        "numbers": {
            "past_weeks": PAST_WEEKS,
            "past_from": control_charts.PAST_FROM,
            "false_alarm_days": control_charts.FALSE_ALARM_DAYS,
            "shown_from": SHOWN_FROM,
            "fewest_people": FEWEST_PEOPLE,
            "fewest_branches": shrinking.FEWEST,
            "false_pct": round(100 * comparing.FALSE_SHARE),
        },
        "here": "signals",
    }
    if found.today.past is not None:
        usual = found.today.past.answers.detractors / found.today.past.answers.answers
        for name, width, height, ticks in (("wide", 760, 190, 8), ("narrow", 360, 170, 4)):
            labels = _labels([day.on for day in found.today.days], ticks)
            context[f"{name}_ewma"] = ewma_chart(found.today.steps, labels, width=width, height=height)
            context[f"{name}_shares"] = share_chart(found.today.bad_days, usual, labels, width=width, height=height)
        context["usual_detractors"] = round(100 * usual)
    if found.ranking.mean is not None:
        lines = found.ranking.lines
        places, mean_at, ends = reaches([(line.score.points, line.shrunk) for line in lines], found.ranking.mean)
        context |= {"ranked": list(zip(lines, places, strict=True)), "mean_at": mean_at, "ends": ends}
    return render(request, "listening/signals.html", context)


@require_safe
@access(SEE_RESULTS)
def show_funnel(request: StaffRequest) -> HttpResponse:
    """Show the way of invitations by channel, for the page of signals."""
    chosen = chosen_filters(request)
    ways = redemption(since=chosen.since, until=request.received_at, survey=chosen.survey, unit_id=chosen.unit_id)
    labels = {
        "eligible": _("To ask"),
        "invited": _("Invited"),
        "arrived": _("Arrived"),
        "opened": pgettext("surveys", "Opened"),
        "answered": _("Answered"),
        "complete": _("To the end"),
    }
    shown = [key for key in STEPS if any(step.key == key for way in ways for step in way.steps)]
    channels = []
    for way in ways:
        steps = {step.key: step for step in way.steps}
        channels.append((_channel(way.channel), [steps.get(key) for key in shown]))
    context = {
        "channels": channels,
        "labels": [(key, labels[key]) for key in shown],
        "since": chosen.first,
        "until": chosen.last,
    }
    return render(request, "listening/_signal_funnel.html", context)


@require_safe
@access(SEE_RESULTS)
def show_items(request: StaffRequest) -> HttpResponse:
    """Show what was said about each item and what the recommendation hangs on, for the page of signals."""
    chosen = chosen_filters(request)
    found = items(survey=chosen.survey, since=chosen.since, until=request.received_at, unit_id=chosen.unit_id)
    lines = [
        {
            "item": line,
            "words": without_placeholders(line.words.said(_language())),
            "bar": _bar(line),
            "reach": _driver_bar(line),
        }
        for line in found.lines
    ]
    context = {
        "lines": lines,
        "target": without_placeholders(found.target.said(_language())) if found.target else "",
        "together": found.together,
        "least": SHOWN_FROM,
        "least_whole": FEWEST,
        "latest": LATEST_WHOLE,
        "since": chosen.first,
        "until": chosen.last,
    }
    return render(request, "listening/_signal_items.html", context)


@require_safe
@access(SEE_RESULTS, personal=True)
def export(request: StaffRequest, form: str) -> HttpResponse:
    """Hand out all answers of the period as a table."""
    chosen = chosen_filters(request)
    columns, asked = exported_items(chosen.survey), form_of(form)
    header = [
        _("Answer"), _("Answered"), _("Completed"), _("Channel"), _("Unit"), _("Case"), _("Language"), _("Score"),
        _("Wants a call"), _("Words"), *(without_placeholders(column.words.said(_language())) for column in columns),
    ]  # fmt: skip
    wanted = Export(
        survey=chosen.survey,
        items=columns,
        since=chosen.since,
        until=request.received_at,
        unit_id=chosen.unit_id,
    )
    if asked is Form.CSV:
        return copied_download(name=_("Answers"), header=header, pieces=wanted.copied(), on=chosen.last)
    return as_download(asked, name=_("Answers"), header=header, rows=wanted.rows(), on=chosen.last)


@dataclass(frozen=True, kw_only=True)
class Filters:
    """The filters of a page: a period that ends today, a branch, a survey."""

    days: int
    first: date
    last: date
    since: datetime
    branches: list[Unit]
    branch: Unit | None
    surveys: list[Survey]
    survey: str

    @property
    def unit_id(self) -> int | None:
        return self.branch.pk if self.branch else None


def chosen_filters(request: StaffRequest) -> Filters:
    """Return what an address asks for; a branch that is not visible counts as none."""
    asked_days, wanted = row_id(request.GET.get("days")), row_id(request.GET.get("branch"))
    days = asked_days if asked_days in PERIODS else 90
    zone = ZoneInfo(settings.TIME_ZONE)
    last = request.received_at.astimezone(zone).date()
    first = last - timedelta(days=days - 1)
    branches, surveys = queries.branches_in_scope(), surveys_in_scope()
    asked_survey = request.GET.get("survey", "")
    return Filters(
        days=days,
        first=first,
        last=last,
        since=datetime.combine(first, time(), tzinfo=zone),
        branches=branches,
        branch=next((one for one in branches if one.pk == wanted), None),
        surveys=surveys,
        survey=asked_survey if any(one.key == asked_survey for one in surveys) else CLOSING,
    )


def _channel(key: str) -> str:
    return str(AnswerChannel(key).label) if key in AnswerChannel.values else channel_name(key)


def _language() -> str:
    return "en" if (get_language() or "it").startswith("en") else "it"


def _bar(line: Item) -> list[tuple[int, int]]:
    """Return where each band begins on a bar of 100, and how wide it is."""
    starts = [sum(line.bands_pct[:place]) for place in range(len(line.bands_pct))]
    return list(zip(starts, line.bands_pct, strict=True))


def _driver_bar(line: Item) -> dict[str, int] | None:
    if line.driver is None:
        return None
    low, high = round(10 * line.driver.low), round(10 * line.driver.high)
    return {"low": low, "width": max(1, high - low), "at": round(10 * line.driver.share)}


def _week(days: Sequence[control_charts.Day]) -> dict[str, Any]:
    answers = sum((day.answers for day in days[-7:]), Tally())
    return {"answers": answers, "score": shown_score(answers)}


def _labels(days: Sequence[date], count: int) -> list[tuple[date, str]]:
    """Return some days, evenly apart and ending with the last, as they are called on an axis."""
    stride = max(1, (len(days) - 1) // count)
    chosen = [days[-1] - timedelta(days=stride * place) for place in range(count)]
    return [(on, small_names(formats.date_format(on, "j M"))) for on in chosen if on > days[0]]
