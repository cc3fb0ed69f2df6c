"""Turn a signed-in person into the actor whose roles and units the rest obeys."""

from collections import defaultdict
from datetime import date

from django.db import connection

from corsia.kernel.actors import Actor, ActorKind
from corsia.organisation.models import Person

# One statement on purpose: it runs on every request.
_GRANTS = """
    SELECT m.role, top.id, top.path, below.id
    FROM organisation_membership m
    JOIN organisation_unit top ON top.id = m.unit_id
    JOIN organisation_unit below ON below.path LIKE top.path || '%%'
    WHERE m.person_id = %s AND m.since <= %s AND (m.until IS NULL OR m.until > %s)
"""


def actor_of(person: Person, *, today: date) -> Actor:
    """Return the actor with the roles that hold today. A change of role works from the next request."""
    roles: dict[str, set[int]] = defaultdict(set)
    lineage: dict[int, frozenset[int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_GRANTS, [person.pk, today, today])
        for role, top_id, path, below_id in cursor.fetchall():
            roles[role].add(below_id)
            lineage[top_id] = frozenset(int(part) for part in path.strip("/").split("/")) - {top_id}
    return Actor(
        kind=ActorKind.PERSON,
        id=person.pk,
        name=person.full_name,
        roles={role: frozenset(units) for role, units in roles.items()},
        lineage=lineage,
    )
