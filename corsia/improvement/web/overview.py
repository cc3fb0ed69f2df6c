"""The governance page: groups, what is late, effects; and the list of criticalities from which a group begins."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from corsia.improvement.permissions import LEAD_IMPROVEMENT, SEE_IMPROVEMENT
from corsia.improvement.ports import Criticality
from corsia.improvement.ports import criticalities as heard
from corsia.improvement.queries.actions import late
from corsia.improvement.queries.authority import actions_of, groups_of
from corsia.improvement.queries.effects import verdict_of
from corsia.improvement.queries.groups import HEARD_BEFORE, group_lines
from corsia.improvement.queries.spreading import culture_lines, practice_lines, published_rules
from corsia.improvement.rules.effect import Verdict
from corsia.improvement.vocabulary import OPEN_STATES, ActionState, Sign
from corsia.improvement.web.effect import effect_words
from corsia.improvement.web.places import led_units, nav
from corsia.kernel.access import access
from corsia.kernel.http import StaffRequest, row_id
from corsia.organisation.queries import tree

GROUPS = 40
EFFECTS = 6
PERIODS = (90, 180, 365)


@require_safe
@access(SEE_IMPROVEMENT)
def index(request: StaffRequest) -> HttpResponse:
    """Show every group one leads or takes part in, what is late, what worked, and what goes round."""
    today = timezone.localdate(request.received_at)
    groups = group_lines(
        list(groups_of(request.actor).order_by(F("closed_at").desc(nulls_first=True), "-begun_at", "-pk")[:GROUPS])
    )
    actions = actions_of(request.actor)
    done = list(actions.filter(state=ActionState.DONE).order_by("-ended_at", "-pk")[:EFFECTS])
    pages = [(action, verdict_of(action, now=request.received_at)) for action in done]
    effects = [(action, page, effect_words(page)) for action, page in pages]
    overdue = late(actions, today=today)
    context: dict[str, Any] = nav(request) | {
        "groups": groups,
        "running": sum(1 for line in groups if line.group.closed_at is None),
        "hours": sum(line.hours for line in groups),
        "late": overdue,
        "open_actions": actions.filter(state__in=OPEN_STATES).count(),
        "done_actions": actions.filter(state=ActionState.DONE).count(),
        "effects": effects,
        "better": sum(1 for _action, page in pages if page and page.verdict == Verdict.BETTER),
        "rules": published_rules()[:5],
        "practices": practice_lines()[:4],
        "culture": [line for line in culture_lines(today=today) if line.item.done_on is None][:4],
        "now": request.received_at,
        "today": today,
    }
    return render(request, "improvement/index.html", context)


@require_safe
@access(LEAD_IMPROVEMENT, personal=True)
def criticalities(request: StaffRequest) -> HttpResponse:
    """List what customers suffer from and what they praise, the heaviest first."""
    units = led_units(request)
    asked = row_id(request.GET.get("unit"))
    unit_id = next((pk for pk, _name in units if pk == asked), units[0][0])
    days = row_id(request.GET.get("days"))
    days = days if days in PERIODS else HEARD_BEFORE.days
    places = tree()
    path = places.unit(unit_id).path
    within = [unit.pk for unit in places.units.values() if unit.path.startswith(path)]
    rows = heard().ranked(within, request.received_at - timedelta(days=days), request.received_at)
    context = nav(request) | {
        "minus": _weighed([row for row in rows if row.plus_minus == Sign.MINUS]),
        "plus": _weighed([row for row in rows if row.plus_minus == Sign.PLUS]),
        "units": units,
        "unit_id": unit_id,
        "place": places.label(unit_id),
        "days": days,
        "periods": PERIODS,
    }
    return render(request, "improvement/criticalities.html", context)


def _weighed(rows: Sequence[Criticality]) -> list[dict[str, Any]]:
    heaviest = max((row.weight for row in rows), default=1) or 1
    return [{"row": row, "bar": round(100 * row.weight / heaviest)} for row in rows]
