"""One of the four meetings: its agenda, instruments and outputs, who was there, and its minutes on paper."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import formats, timezone
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from corsia.improvement.agenda import PLANS
from corsia.improvement.models import GoldenRule, Group, Meeting
from corsia.improvement.permissions import SEE_IMPROVEMENT
from corsia.improvement.queries.actions import card_lines, kpi_lines
from corsia.improvement.queries.authority import leads, open_group
from corsia.improvement.queries.groups import (
    MacroLine,
    card_dots,
    macro_lines,
    meeting_lines,
    members_of,
    pain_lines,
    quadrant_of_action,
    segment_names,
)
from corsia.improvement.rules.hours import hours_of
from corsia.improvement.services import groups as services
from corsia.improvement.vocabulary import MEETINGS, ActionState, CustomerSegment, Letter
from corsia.improvement.web.forms import MacroForm, MinutesForm, MomentForm, PainForm
from corsia.improvement.web.groups import materiality
from corsia.improvement.web.matrices import benefit
from corsia.improvement.web.places import nav, today_at
from corsia.kernel.access import access
from corsia.kernel.errors import NotFound
from corsia.kernel.http import StaffRequest, row_id
from corsia.organisation.queries import time_zone_of, tree
from corsia.ui.forms import accepted
from corsia.ui.numbers import number
from corsia.ui.paper import set_paper


@require_safe
@access(SEE_IMPROVEMENT, personal=True)
def show(request: StaffRequest, group_id: int, number: int) -> HttpResponse:
    """Show a meeting with what its agenda works on."""
    group = open_group(group_id, request.actor)
    lines = meeting_lines(group)
    line = next((one for one in lines if one.meeting.number == number), None)
    if line is None:
        raise NotFound(kind=Meeting._meta.label)
    meeting, zone = line.meeting, time_zone_of(group.unit_id)
    held = (meeting.held_at or meeting.planned_at).astimezone(zone)
    moment = {"on": held.date(), "at": f"{held:%H}:{'00' if held.minute < 30 else '30'}"}
    there = dict(meeting.attendances.values_list("participant_id", "minutes"))
    context: dict[str, Any] = nav(request) | {
        "group": group,
        "place": tree().label(group.unit_id),
        "lines": lines,
        "line": line,
        "meeting": meeting,
        "plan": line.plan,
        "members": [
            (member.participant, there.get(member.participant.pk, 0 if meeting.held_at else line.plan.minutes))
            for member in members_of(group)
        ],
        "minutes_form": MinutesForm(initial=moment | {"notes": meeting.notes, "bridge": meeting.bridge}),
        "plan_form": MomentForm(initial=moment, prefix=None),
        "hours": hours_of(there.values()),
        "leads": leads(request.actor, group.unit_id),
        "before": number - 1 if number > min(MEETINGS) else None,
        "after": number + 1 if number < max(MEETINGS) else None,
        "now": request.received_at,
    }
    context |= _works_on(request, group, number)
    return render(request, "improvement/meeting.html", context)


def _works_on(request: StaffRequest, group: Group, number: int) -> dict[str, Any]:
    if number == 1:
        return {
            "pains": pain_lines(group),
            "pain_form": PainForm(),
            "macro_form": MacroForm(),
            "macros": macro_lines(group),
            "segments": CustomerSegment.choices,
        }
    if number == 2:
        members = [member.participant for member in members_of(group)]
        macros = macro_lines(group)
        return {
            "macros": macros,
            "matrix": materiality(group),
            "people": members,
            "grid": [(macro, [(one, macro.letters.get(one.pk, "")) for one in members]) for macro in macros],
            "letters": Letter.choices,
            "rated": sum(1 for one in members if one.rated_at),
        }
    today = today_at(request, group.unit_id)
    rows = group.actions.exclude(state=ActionState.DROPPED).select_related("owner", "group").order_by("pk")
    cards = [
        {"line": line, "segments": segment_names(line.action.segments), "kpis": kpi_lines(line.action)}
        for line in card_lines(rows, today=today)
    ]
    if number == 3:
        return {"cards": cards, "matrix": benefit(card_dots(group), group.actions.all()), "macros": macro_lines(group)}
    rules = GoldenRule.objects.filter(group=group, retired_at=None).order_by("position", "pk")
    return {"cards": cards, "rules": list(rules)}


@require_POST
@access(SEE_IMPROVEMENT)
def plan(request: StaffRequest, group_id: int, number: int) -> HttpResponse:
    """Move a meeting."""
    group = open_group(group_id, request.actor)
    form = MomentForm(request.POST)
    accepted(form)
    at = form.moment(time_zone_of(group.unit_id))
    services.plan_meeting(group_id=group_id, number=number, planned_at=at, by=request.actor, now=request.received_at)
    return redirect("improvement:meeting", group_id, number)


@require_POST
@access(SEE_IMPROVEMENT)
def minutes(request: StaffRequest, group_id: int, number: int) -> HttpResponse:
    """Write down who was there, what was said, and who does what."""
    group = open_group(group_id, request.actor)
    form = MinutesForm(request.POST)
    given = accepted(form)
    people = group.participants.values_list("pk", flat=True)
    services.write_minutes(
        group_id=group_id,
        number=number,
        held_at=form.moment(time_zone_of(group.unit_id)),
        notes=given["notes"],
        bridge=given["bridge"],
        minutes={pk: min(row_id(request.POST.get(f"p{pk}")) or 0, services.MOST_MINUTES + 1) for pk in people},
        by=request.actor,
        now=request.received_at,
    )
    return redirect("improvement:meeting", group_id, number)


@require_safe
@access(SEE_IMPROVEMENT)
def paper(request: StaffRequest, group_id: int, number: int) -> HttpResponse:
    """Hand out the minutes of a meeting as PDF."""
    group = open_group(group_id, request.actor)
    if number not in PLANS:
        raise NotFound(kind=Meeting._meta.label)
    meeting = group.meetings.get(number=number)
    content = set_paper("improvement/minutes.typ", _paper_of(request, group, meeting), at=request.received_at)
    answer = HttpResponse(content, content_type="application/pdf")
    answer.headers["Content-Disposition"] = f'attachment; filename="verbale-{group.pk}-{number}.pdf"'
    return answer


def _paper_of(request: StaffRequest, group: Group, meeting: Meeting) -> dict[str, Any]:
    held = timezone.localtime(meeting.held_at or meeting.planned_at, time_zone_of(group.unit_id))
    there = dict(meeting.attendances.values_list("participant_id", "minutes"))
    plan_of = PLANS[meeting.number]
    now = formats.date_format(timezone.localtime(request.received_at), "SHORT_DATETIME_FORMAT")
    return {
        "title": _("Minutes of meeting %(number)s: %(title)s") % {"number": meeting.number, "title": plan_of.title},
        "language": get_language() or "it",
        "footer": f"Corsia · {group.name} · {now}",
        "page": _("Page {n} of {all}"),
        "mark": "" if meeting.held_at else _("Not held yet"),
        "group": group.name,
        "facts": [
            [_("Unit"), tree().label(group.unit_id)],
            [_("Held on") if meeting.held_at else _("Planned on"), formats.date_format(held, "DATETIME_FORMAT")],
            [_("Aim"), str(plan_of.goal)],
            [_("Hours given"), number(hours_of(there.values()), 1)],
        ],
        "people_title": _("Who was there"),
        "people_head": [_("Name"), _("Function"), pgettext("time", "Minutes")],
        "people": [
            [one.participant.person.full_name, one.participant.get_function_display(), _there(there, one)]
            for one in members_of(group)
        ],
        "agenda_title": _("Agenda"),
        "agenda": [[str(item), f"{length} min"] for item, length in plan_of.agenda],
        "sections": [*_sections(group, meeting.number), *_said(meeting)],
    }


def _there(there: dict[int, int], member: Any) -> str:
    minutes_there = there.get(member.participant.pk)
    return str(minutes_there) if minutes_there else _("absent")


def _said(meeting: Meeting) -> list[dict[str, Any]]:
    said = ((_("What was said and decided"), meeting.notes), (_("Bridge work"), meeting.bridge))
    return [{"title": title, "lines": text.splitlines()} for title, text in said if text]


def _sections(group: Group, number: int) -> list[dict[str, Any]]:
    if number == 1:
        pains = [
            f"{line.pain.label}: {', '.join(line.segments)}" if line.segments else line.pain.label
            for line in pain_lines(group)
            if line.pain.is_inside
        ]
        macros = [line.macro.title for line in macro_lines(group)]
        return _listed((_("Pains within the perimeter"), pains), (_("Candidate macro-actions"), macros))
    if number == 2:
        rows = macro_lines(group)
        return _listed(
            (_("Materiality matrix"), [_placed(line) for line in rows if line.weight]),
            (_("RACI light"), _letters(group, rows)),
        )
    cards = list(group.actions.exclude(state=ActionState.DROPPED).select_related("owner").order_by("pk"))
    if number == 3:
        lines = []
        for card in cards:
            quadrant = quadrant_of_action(card)
            parts = [str(quadrant.label) if quadrant else _("not placed yet"), *segment_names(card.segments)]
            lines.append(f"{card.title}: {', '.join(parts)}")
        return _listed((_("Action cards"), lines))
    pipeline = []
    for card in cards:
        parts = [str(card.get_state_display())]
        if card.owner:
            parts.append(card.owner.full_name)
        if card.due_on:
            parts.append(_("due on %(day)s") % {"day": formats.date_format(card.due_on, "SHORT_DATE_FORMAT")})
        pipeline.append(f"{card.title}: {', '.join(parts)}")
    kpis = [
        f"{card.title}: {row.name}, {_number(row.baseline)} → {_number(row.target)} {row.measure}".strip()
        for card in cards
        for row in card.kpis.order_by("pk")
    ]
    rules = GoldenRule.objects.filter(group=group, retired_at=None).order_by("position", "pk")
    return _listed(
        (_("Pipeline of actions"), pipeline),
        (_("KPI set"), kpis),
        (_("Golden rules"), [rule.text for rule in rules]),
    )


def _listed(*parts: tuple[str, list[str]]) -> list[dict[str, Any]]:
    return [{"title": title, "lines": lines} for title, lines in parts if lines]


def _placed(line: MacroLine) -> str:
    return _("%(title)s: customers %(customer)s, company %(company)s. %(weight)s") % {
        "title": line.macro.title,
        "customer": line.macro.customer_importance,
        "company": line.macro.company_importance,
        "weight": line.weight.label if line.weight else "",
    }


def _letters(group: Group, rows: list[MacroLine]) -> list[str]:
    names = {one.participant.pk: one.participant.person.full_name for one in members_of(group)}
    found = []
    for line in rows:
        given = [f"{letter} {names[pk]}" for pk, letter in line.letters.items() if pk in names]
        if given:
            found.append(f"{line.macro.title}: {', '.join(sorted(given))}")
    return found


def _number(value: Any) -> str:
    return "–" if value is None else formats.number_format(value.normalize(), force_grouping=True)
