"""Who sees and works on the cases of a unit."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils import timezone

from corsia.cases.permissions import WORK_CASES
from corsia.kernel.scope import visible_ids
from corsia.organisation.models import Membership, Person
from corsia.organisation.queries import Tree, tree


def people_who_work_in(unit_id: int, *, now: datetime) -> "QuerySet[Person]":
    """Return the active people who see and work on the cases of a unit, by name: theirs is a role there or above."""
    organisation = tree()
    chain = [unit.pk for unit in organisation.chain(unit_id)]
    working = members(chain, sorted(WORK_CASES.roles), organisation=organisation, unit_id=unit_id, now=now)
    return Person.objects.filter(is_active=True, pk__in=working).order_by("last_name", "first_name", "pk")


def visible_name(person_id: int) -> str:
    """Return the name of somebody with a role in the visible units, "#17" of anybody else: ids can be tried out."""
    held = Membership.objects.filter(person_id=person_id).values_list("unit_id", flat=True)
    person = Person.objects.filter(pk=person_id).first() if visible_ids(held) else None
    return person.full_name if person else f"#{person_id}"


def members(
    units: Iterable[int], roles: Iterable[str], *, organisation: Tree, unit_id: int, now: datetime
) -> "QuerySet[Membership, int]":
    """Return the ids of people with one of these roles in these very units, on the day it is now at `unit_id`."""
    today = timezone.localtime(now, organisation.time_zone(unit_id)).date()
    return Membership.objects.filter(
        Q(until=None) | Q(until__gt=today), unit_id__in=list(units), role__in=list(roles), since__lte=today
    ).values_list("person_id", flat=True)
