"""What the pages of improvement share: units and processes to choose among, days of the house, parts of a page."""

from datetime import date
from typing import Any

from corsia.cases.queries import startable
from corsia.improvement.permissions import LEAD_IMPROVEMENT
from corsia.kernel.access import may
from corsia.kernel.http import StaffRequest
from corsia.organisation.models import Unit
from corsia.organisation.queries import time_zone_of, tree
from corsia.organisation.vocabulary import UnitKind
from corsia.ui.templatetags.ui import local_name

_PARTS = (UnitKind.DEPARTMENT, UnitKind.TEAM)
_INDENT = "\u2007\u2007"


def led_units(request: StaffRequest) -> list[tuple[int, str]]:
    """Return the active units in which the person leads, as drawn in the chart."""
    places = tree()
    mine = request.actor.units_with(LEAD_IMPROVEMENT.roles)
    units = sorted((unit for unit in places.units.values() if unit.pk in mine and unit.is_active), key=lambda u: u.path)
    top = min((unit.path.count("/") for unit in units), default=0)
    return [(unit.pk, _INDENT * (unit.path.count("/") - top) + unit.name) for unit in units]


def places_of_action(unit_id: int) -> list[tuple[int, str]]:
    """Return where an action of a unit can be done: its branches, or, of a branch, itself and what is below it."""
    places = tree()
    home = places.unit(unit_id)
    below = [unit for unit in places.units.values() if _is_place(unit) and unit.path.startswith(home.path)]
    branches = [unit for unit in below if unit.kind == UnitKind.BRANCH and unit.pk != home.pk]
    return [(unit.pk, places.label(unit.pk)) for unit in sorted(branches or below, key=_as_listed)]


def process_choices(unit_id: int, *, empty: Any) -> list[tuple[str, Any]]:
    """Return the processes in use at a unit, none first."""
    return [("", empty), *((process.key, local_name(process)) for process in startable(unit_id))]


def today_at(request: StaffRequest, unit_id: int) -> date:
    """Return which day it is at a unit."""
    return request.received_at.astimezone(time_zone_of(unit_id)).date()


def nav(request: StaffRequest) -> dict[str, Any]:
    """Return what the bar between the pages needs."""
    return {"may_lead": may(request.actor, LEAD_IMPROVEMENT)}


def _is_place(unit: Unit) -> bool:
    return unit.is_active and unit.kind not in (UnitKind.AGENCY, UnitKind.TEAM)


def _as_listed(unit: Unit) -> tuple[bool, str]:
    return unit.kind in _PARTS, unit.name
