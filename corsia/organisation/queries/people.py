"""Who works where, as what, and when not."""

import dataclasses
from collections.abc import Iterable
from datetime import date, datetime

from django.db.models import Q, QuerySet

from corsia.organisation.models import Absence, Membership, NoticeChoice, Person
from corsia.organisation.queries.tree import tree
from corsia.organisation.vocabulary import MANAGER_ROLES
from corsia.organisation.working_time import WorkingHours


def current(today: date, *, prefix: str = "") -> Q:
    """Return the condition under which a membership holds on a day."""
    return Q(**{f"{prefix}since__lte": today}) & (
        Q(**{f"{prefix}until__isnull": True}) | Q(**{f"{prefix}until__gt": today})
    )


def people_with_roles(unit_id: int, roles: Iterable[str], *, today: date) -> list[Person]:
    """Return the active people who have one of `roles` in the unit or below it, by name."""
    unit = tree().unit(unit_id)
    members = Membership.objects.filter(current(today), unit__path__startswith=unit.path, role__in=list(roles))
    return list(_by_name(Person.objects.filter(is_active=True, pk__in=members.values("person_id"))))


def managers_above(unit_id: int, *, level: int, today: date) -> list[Person]:
    """Return the managers to whom something of the unit escalates.

    Args:
        level: 1 for the managers of the nearest unit, from this one upwards, that has any; 2 for the next such unit.

    Returns:
        Active people, by name; empty when there is no such level.
    """
    chain = [unit.pk for unit in tree().chain(unit_id)]
    rows = Membership.objects.filter(
        current(today), unit_id__in=chain, role__in=MANAGER_ROLES, person__is_active=True
    ).select_related("person")
    by_unit: dict[int, dict[int, Person]] = {}
    for row in rows.order_by("person__last_name", "person__first_name", "person_id"):
        by_unit.setdefault(row.unit_id, {})[row.person_id] = row.person
    levels = [by_unit[unit] for unit in chain if unit in by_unit]
    return list(levels[level - 1].values()) if 0 < level <= len(levels) else []


def managers_at(unit_id: int, *, today: date) -> list[Person]:
    """Return the active people who are managers of this very unit, by name."""
    held = Membership.objects.filter(current(today), unit_id=unit_id, role__in=MANAGER_ROLES)
    return list(_by_name(Person.objects.filter(is_active=True, pk__in=held.values("person_id"))))


def managed_units(*, today: date) -> list[int]:
    """Return the ids of the units that have managers of their own, in order."""
    held = Membership.objects.filter(current(today), role__in=MANAGER_ROLES, person__is_active=True)
    return sorted(set(held.values_list("unit_id", flat=True)))


def wanting_mail(people: Iterable[Person], *, kind: str) -> list[Person]:
    """Return those who want mails of a kind that has a mail of its own: all who did not decline it."""
    declined = NoticeChoice.objects.filter(person__in=list(people), kind=kind, by_mail=False)
    without = set(declined.values_list("person_id", flat=True))
    return [person for person in people if person.pk not in without]


def is_absent(person_id: int, at: datetime) -> bool:
    """Tell whether the person is away at an instant."""
    return Absence.objects.filter(person_id=person_id, starts_at__lte=at, ends_at__gt=at).exists()


def absences_of(person_ids: Iterable[int], *, start: datetime, end: datetime) -> list[Absence]:
    """Return the absences of these people that touch the period, in order. The kind is not for everybody's eyes."""
    return list(
        Absence.objects.filter(person_id__in=list(person_ids), starts_at__lt=end, ends_at__gt=start).order_by(
            "starts_at", "pk"
        )
    )


def working_hours_of_person(person_id: int, unit_id: int) -> WorkingHours:
    """Return the hours of the unit without the person's absences."""
    absences = Absence.objects.filter(person_id=person_id).values_list("starts_at", "ends_at")
    return dataclasses.replace(tree().hours(unit_id), absences=tuple(absences))


def _by_name(people: "QuerySet[Person]") -> "QuerySet[Person]":
    return people.order_by("last_name", "first_name", "pk")
