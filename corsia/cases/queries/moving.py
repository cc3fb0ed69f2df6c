"""Where a case may move, and where it came from."""

from collections.abc import Sequence
from dataclasses import dataclass

from corsia.cases.models import Case
from corsia.kernel.models import AuditEntry
from corsia.organisation.models import Unit
from corsia.organisation.queries import Tree
from corsia.organisation.vocabulary import UnitKind

_HOLD_CASES = (UnitKind.BRANCH, UnitKind.DEPARTMENT, UnitKind.TEAM, UnitKind.AGENCY)
_PARTS = (UnitKind.DEPARTMENT, UnitKind.TEAM)


@dataclass(frozen=True)
class Place:
    """A branch or agency with those of its units to which a case may move, itself included."""

    name: str
    units: Sequence[Unit]


@dataclass(frozen=True)
class Move:
    """The move by which a case came to its unit."""

    from_unit_id: int
    assignee_id: int | None  # who had it there


def targets_of(unit_id: int, *, organisation: Tree) -> list[Unit]:
    """Return the units of the same dealer group to which a case of this unit may move, in the order of the tree.

    Nothing but their names is shown: whoever moves a case there need not see what they hold.
    """
    group = organisation.group(unit_id)
    return [
        unit
        for unit in sorted(organisation.units.values(), key=lambda unit: unit.path)
        if unit.pk != unit_id
        and unit.kind in _HOLD_CASES
        and all(above.is_active for above in organisation.chain(unit.pk))
        and organisation.group(unit.pk).pk == group.pk
    ]


def may_receive(unit_id: int, owner_id: int, *, organisation: Tree) -> bool:
    """Tell whether what belongs to `owner_id` (a process, a recovery) is used at the unit."""
    return owner_id in {above.pk for above in organisation.chain(unit_id)}


def places_for(case: Case, *, organisation: Tree) -> list[Place]:
    """Return where a case may move, by branch: only units that use its process."""
    owner_id = case.version.process.unit_id
    places: dict[int, list[Unit]] = {}
    for unit in targets_of(case.unit_id, organisation=organisation):
        if may_receive(unit.pk, owner_id, organisation=organisation):
            head = next((one for one in organisation.chain(unit.pk) if one.kind not in _PARTS), unit)
            places.setdefault(head.pk, []).append(unit)
    return [Place(name=organisation.unit(pk).name, units=units) for pk, units in places.items()]


def last_move(case: Case) -> Move | None:
    """Return the move by which a case came to where it is; None if none did, or the tree changed around it."""
    moves = AuditEntry.objects.filter(object_kind=Case._meta.label_lower, object_id=case.pk, verb="moved")
    entry = moves.order_by("-pk").first()
    if entry is None or entry.data.get("new") != case.unit_id:
        return None
    return Move(from_unit_id=int(entry.data["old"]), assignee_id=entry.data.get("assignee"))
