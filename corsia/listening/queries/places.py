"""How people call a unit: the branch first, for every branch has an Officina."""

from corsia.organisation.queries import Tree
from corsia.organisation.vocabulary import UnitKind


def branch_name(places: Tree, unit_id: int) -> str:
    """Return the name of the branch that a unit belongs to, as customers call it; the group's where it has none."""
    branch = next((unit for unit in places.chain(unit_id) if unit.kind == UnitKind.BRANCH), None)
    return branch.name if branch else places.group(unit_id).name


def place_name(places: Tree, unit_id: int) -> str:
    """Return the names from the branch down to the unit, such as "Brescia · Officina"; above a branch its own name."""
    chain = places.chain(unit_id)
    below_group = [unit.name for unit in chain if unit.kind in (UnitKind.BRANCH, UnitKind.DEPARTMENT, UnitKind.TEAM)]
    return " · ".join(reversed(below_group)) or chain[0].name
