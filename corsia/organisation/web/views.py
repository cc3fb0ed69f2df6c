"""What the organisation's views share: the visible units, today's date, the ways to choose a place."""

import json
from datetime import date
from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from corsia.kernel.access import Right, may
from corsia.kernel.errors import NotFound
from corsia.kernel.http import StaffRequest
from corsia.kernel.scope import current_scope
from corsia.organisation.models import Unit
from corsia.organisation.queries.tree import tree

EM_SPACE = "\u2003"  # indents the names in a list of choices


def visible_units() -> frozenset[int]:
    """Return the ids of the units that the active scope shows."""
    scope = current_scope()
    return frozenset(tree().units) if scope.everything else scope.units


def visible_unit(unit_id: int) -> Unit:
    """Return the unit, or raise NotFound when it is not in the visible part of the tree."""
    unit = tree().unit(unit_id)
    if unit_id not in visible_units():
        raise NotFound(kind=Unit._meta.label)
    return unit


def today_of(request: StaffRequest, unit_id: int | None = None) -> date:
    """Return the date on which the request arrived, where the unit is, or in the zone of the installation."""
    zone = tree().time_zone(unit_id) if unit_id is not None else timezone.get_default_timezone()
    return timezone.localtime(request.received_at, zone).date()


def places(request: StaffRequest, right: Right, *, without: str = "-") -> list[tuple[int, str]]:
    """Return id and indented name of the open units in which the actor holds the right, in the order of the chart.

    Args:
        without: path of a unit to leave out with everything below it.
    """
    whole = tree()
    children: dict[int | None, list[Unit]] = {}
    for unit in sorted(whole.units.values(), key=lambda unit: (unit.position, unit.name, unit.pk)):
        children.setdefault(unit.parent_id, []).append(unit)
    found: list[tuple[int, str]] = []

    def walk(parent_id: int | None, depth: int) -> None:
        for unit in children.get(parent_id, ()):
            if unit.path.startswith(without):
                continue
            if unit.is_active and may(request.actor, right, unit.pk):
                found.append((unit.pk, EM_SPACE * depth + unit.name))
            walk(unit.pk, depth + 1)

    walk(None, 0)
    return found


def typed(request: StaffRequest, name: str, *, most: int = 80) -> str:
    """Return a value of the address as text that the database can take: no NUL, no edges, at most `most` characters."""
    return request.GET.get(name, "").replace("\x00", "").strip()[:most]


def with_event(response: HttpResponse, name: str, detail: dict[str, Any]) -> HttpResponse:
    """Let the page hear an event after htmx has swapped the response in."""
    response.headers["HX-Trigger-After-Swap"] = json.dumps({name: detail})
    return response
