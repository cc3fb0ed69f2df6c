"""Who can sit in a group of a unit, and with which function."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from corsia.organisation.models import Membership, Person
from corsia.organisation.queries import tree
from corsia.organisation.queries.people import current


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """Somebody who can be asked to take part."""

    person: Person
    function: str  # label of their role
    place: str


def candidates(unit_id: int, *, today: date) -> list[Candidate]:
    """Return the people of a unit, of those below and of those above it, by function and name; each once."""
    places = tree()
    found: dict[int, Candidate] = {}
    rows = _memberships(unit_id, today=today).select_related("person")
    for row in rows.order_by("role", "person__last_name", "person__first_name", "pk"):
        label = str(row.get_role_display())
        if row.person_id not in found:
            found[row.person_id] = Candidate(person=row.person, function=label, place=places.label(row.unit_id))
    return sorted(found.values(), key=lambda one: (one.function, one.person.last_name, one.person.first_name))


def functions_in(unit_id: int, person_ids: Collection[int], *, today: date) -> dict[int, str]:
    """Return the role that each of these people has around a unit; who has none there is missing."""
    rows = _memberships(unit_id, today=today).filter(person_id__in=list(person_ids))
    found: dict[int, str] = {}
    for person, role in rows.order_by("role", "pk").values_list("person_id", "role"):
        found.setdefault(person, role)
    return found


def _memberships(unit_id: int, *, today: date) -> "QuerySet[Membership]":
    unit = tree().unit(unit_id)
    near = Q(unit__path__startswith=unit.path) | Q(unit_id__in=unit.ancestor_ids)
    return Membership.objects.filter(current(today), near, person__is_active=True)
