"""How people call a unit: the branch first, for every branch has an Officina."""

from corsia.organisation.queries import Tree
from corsia.organisation.vocabulary import UnitKind


def place_name(places: Tree, unit_id: int) -> str:
    """Return the names from the branch down to the unit, such as "Brescia · Officina"; above a branch its own name."""
    chain = places.chain(unit_id)
    below_group = [unit.name for unit in chain if unit.kind in (UnitKind.BRANCH, UnitKind.DEPARTMENT, UnitKind.TEAM)]
    return " · ".join(reversed(below_group)) or chain[0].name
