"""Reads of the organisation that every other context may use."""

from corsia.organisation.queries.people import (
    absences_of,
    is_absent,
    managed_units,
    managers_above,
    managers_at,
    people_with_roles,
    wanting_mail,
    working_hours_of_person,
)
from corsia.organisation.queries.tree import (
    Tree,
    day_in,
    group_of,
    holidays_at,
    time_zone_of,
    tree,
    unit_of,
    working_hours_of,
)

__all__ = [
    "Tree",
    "absences_of",
    "day_in",
    "group_of",
    "holidays_at",
    "is_absent",
    "managed_units",
    "managers_above",
    "managers_at",
    "people_with_roles",
    "time_zone_of",
    "tree",
    "unit_of",
    "wanting_mail",
    "working_hours_of",
    "working_hours_of_person",
]
