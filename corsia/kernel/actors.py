"""Who acts: a person at a desk, a customer at a public page, or the system itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class ActorKind(StrEnum):
    PERSON = "person"
    CUSTOMER = "customer"
    SYSTEM = "system"


@dataclass(frozen=True)
class Actor:
    """Whoever causes a change, with what the organisation lets them do.

    Attributes:
        id: primary key of the person; None for customers and the system.
        name: shown in the audit trail and on the case.
        roles: role name to the ids of the units where it is held, subtrees included.
        lineage: each unit where a role was given, to its ancestors: what those share downwards is visible below.
    """

    kind: ActorKind
    name: str
    id: int | None = None
    roles: Mapping[str, frozenset[int]] = field(default_factory=dict)
    lineage: Mapping[int, frozenset[int]] = field(default_factory=dict)

    def units_with(self, roles: frozenset[str]) -> frozenset[int]:
        """Return the units, subtrees included, in which this actor holds one of `roles`."""
        return frozenset().union(*(units for role, units in self.roles.items() if role in roles))

    def shared_with(self, units: frozenset[int]) -> frozenset[int]:
        """Return `units` and the ancestors of those among them where this actor was given a role."""
        return units.union(*(above for unit, above in self.lineage.items() if unit in units))


def system(name: str) -> Actor:
    """Return the actor for a job or reaction; `name` is what the audit trail shows."""
    return Actor(kind=ActorKind.SYSTEM, name=name)


def customer(name: str) -> Actor:
    """Return the actor for somebody at a public page, who has no rights but those of the page."""
    return Actor(kind=ActorKind.CUSTOMER, name=name)
