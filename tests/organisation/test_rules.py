"""What may stand where, and who may give which role."""

import pytest

from corsia.organisation.rules import may_give, may_stand_under
from corsia.organisation.vocabulary import Role, UnitKind


@pytest.mark.parametrize(
    ("kind", "parent", "allowed"),
    [
        (UnitKind.BRANCH, UnitKind.GROUP, True),
        (UnitKind.TEAM, UnitKind.GROUP, True),  # levels may be skipped
        (UnitKind.GROUP, UnitKind.BRANCH, False),
        (UnitKind.BRANCH, UnitKind.BRANCH, False),
        (UnitKind.AGENCY, UnitKind.GROUP, True),
        (UnitKind.AGENCY, UnitKind.TEAM, False),
        (UnitKind.TEAM, UnitKind.AGENCY, True),
        (UnitKind.BRANCH, UnitKind.AGENCY, False),
        (UnitKind.AGENCY, UnitKind.AGENCY, False),
    ],
)
def test_levels_may_be_skipped_but_not_reversed(kind: UnitKind, parent: UnitKind, allowed: bool) -> None:
    assert may_stand_under(kind, parent) is allowed


@pytest.mark.parametrize(
    ("role", "own", "allowed"),
    [
        (Role.AGENT, {Role.BRANCH_MANAGER}, True),
        (Role.AGENT, {Role.AGENT}, False),
        (Role.BRANCH_MANAGER, {Role.BRANCH_MANAGER}, False),
        (Role.BRANCH_MANAGER, {Role.CARE_MANAGER}, True),
        (Role.ADMINISTRATOR, {Role.CARE_MANAGER}, False),
        (Role.ADMINISTRATOR, {Role.ADMINISTRATOR}, True),
        (Role.AGENT, set(), False),
    ],
)
def test_nobody_raises_themselves(role: Role, own: set[str], allowed: bool) -> None:
    assert may_give(role, own_roles=own) is allowed
