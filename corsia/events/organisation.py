"""What the organisation tells."""

from dataclasses import dataclass

from corsia.events import Fact


@dataclass(frozen=True, kw_only=True)
class UnitMoved(Fact):
    old_parent_id: int | None
    new_parent_id: int | None


@dataclass(frozen=True, kw_only=True)
class PersonMoved(Fact):
    """`unit_id` is where the person is now."""

    person_id: int
    old_unit_id: int | None
    role: str
