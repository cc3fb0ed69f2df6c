"""The matrix of benefits and constraints, for the pages that draw it."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from corsia.improvement.models import Action
from corsia.improvement.queries.groups import quadrant_of_action
from corsia.improvement.rules.matrices import Dot
from corsia.improvement.vocabulary import ENDED_STATES, Quadrant

BENEFIT: dict[str, Any] = {
    "kind": "action",
    "title": _("Benefit and constraint matrix"),
    "x_axis": _("Constraint: cost, time, dependence"),
    "y_axis": _("Benefit for customers"),
    "corners": {
        "top_left": Quadrant.QUICK_WIN.label,
        "top_right": Quadrant.INVESTMENT.label,
        "bottom_left": Quadrant.FILL_IN.label,
        "bottom_right": Quadrant.LEAVE.label,
    },
    "best": "top_left",
}


def benefit(dots: Sequence[Dot], actions: Iterable[Action]) -> dict[str, Any]:
    """Return the matrix for the page; ended cards stay where they are."""
    known = {action.pk: action for action in actions}
    shown = [(dot, quadrant.label if (quadrant := quadrant_of_action(known[dot.id])) else "") for dot in dots]
    is_closed = bool(shown) and all(known[dot.id].state in ENDED_STATES for dot, _name in shown)
    return BENEFIT | {"dots": shown, "is_closed": is_closed}
