"""What pages of knowledge share: the units somebody may write for, addresses of files, the language of the desk."""

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language

from corsia.kernel.access import Right
from corsia.kernel.http import StaffRequest
from corsia.knowledge.ports import processes
from corsia.organisation.models import Person
from corsia.organisation.queries import people_with_roles, tree
from corsia.organisation.vocabulary import UnitKind

_INDENT = "\u2007\u2007"


def language() -> str:
    """Return the language of the page, "it" or "en"."""
    return "en" if (get_language() or "it").startswith("en") else "it"


def desk_address(kind: str, name: str) -> str | None:
    """Return where our own files and articles are on the desk."""
    if kind == "file":
        return reverse("knowledge:file", args=[int(name)]) if name.isdecimal() and len(name) < 19 else None
    return reverse("knowledge:by_key", args=[name])


def units_with(request: StaffRequest, right: Right) -> list[tuple[int, str]]:
    """Return the active units in which the person holds a right, as drawn in the chart."""
    places = tree()
    mine = request.actor.units_with(right.roles)
    units = [unit for unit in places.units.values() if unit.pk in mine and unit.is_active]
    top = min((unit.path.count("/") for unit in units), default=0)
    return [
        (unit.pk, _INDENT * (unit.path.count("/") - top) + unit.name)
        for unit in sorted(units, key=lambda unit: unit.path)
    ]


def branches(request: StaffRequest, right: Right) -> list[tuple[int, str]]:
    """Return the branches and groups among the units in which the person holds a right."""
    places = tree()
    wanted = (UnitKind.BRANCH, UnitKind.GROUP)
    return [(pk, places.unit(pk).name) for pk, _label in units_with(request, right) if places.unit(pk).kind in wanted]


def process_choices(unit_id: int) -> list[tuple[str, str]]:
    """Return the processes in use at a unit, in the language of the page."""
    is_english = language() == "en"
    return [(key, en if is_english and en else it) for key, it, en in processes().names(unit_id)]


def writers(unit_id: int, right: Right, request: StaffRequest) -> list[Person]:
    """Return who may keep an article of a unit true: whoever writes there or below."""
    return people_with_roles(unit_id, right.roles, today=timezone.localdate(request.received_at))


def home_of(request: StaffRequest) -> int:
    """Return the unit under which reads of this person count: the first in which they have a role."""
    return min(request.actor.lineage, default=0) or min(request.actor.units_with(frozenset(request.actor.roles)))
