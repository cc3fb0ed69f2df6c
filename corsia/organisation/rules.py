"""What may stand where in the tree, and who may give which role."""

from collections.abc import Collection

from corsia.organisation.vocabulary import MANAGER_ROLES, Role, UnitKind

_LEVELS = {
    UnitKind.MANUFACTURER: 0,
    UnitKind.MARKET: 1,
    UnitKind.GROUP: 2,
    UnitKind.BRANCH: 3,
    UnitKind.DEPARTMENT: 4,
    UnitKind.TEAM: 5,
}
# An outsourced agency works for any of these, and may have departments and teams of its own.
_AGENCY_STANDS_UNDER = {UnitKind.MANUFACTURER, UnitKind.MARKET, UnitKind.GROUP, UnitKind.BRANCH, UnitKind.DEPARTMENT}
_STANDS_UNDER_AGENCY = {UnitKind.DEPARTMENT, UnitKind.TEAM}

_SENIOR = {Role.ADMINISTRATOR, Role.CARE_MANAGER}


def may_stand_under(kind: str, parent_kind: str) -> bool:
    """Tell whether a unit of `kind` can stand right under one of `parent_kind`: levels may be skipped, not reversed."""
    if kind == UnitKind.AGENCY:
        return parent_kind in _AGENCY_STANDS_UNDER
    if parent_kind == UnitKind.AGENCY:
        return kind in _STANDS_UNDER_AGENCY
    return _LEVELS[UnitKind(parent_kind)] < _LEVELS[UnitKind(kind)]


def may_give(role: str, *, own_roles: Collection[str]) -> bool:
    """Tell whether somebody who holds `own_roles` in a unit may give or end `role` there: nobody raises themselves."""
    if role == Role.ADMINISTRATOR:
        return Role.ADMINISTRATOR in own_roles
    if role in MANAGER_ROLES:
        return not _SENIOR.isdisjoint(own_roles)
    return not set(MANAGER_ROLES).isdisjoint(own_roles)
