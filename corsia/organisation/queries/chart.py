"""The organisation chart as a page shows it, and what changed in it lately."""

import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from corsia.kernel.models import AuditEntry
from corsia.organisation.models import Absence, Membership, Person, Unit
from corsia.organisation.ports import workload
from corsia.organisation.queries.people import current
from corsia.organisation.queries.tree import Tree, tree
from corsia.organisation.vocabulary import Role


@dataclass(frozen=True)
class Seat:
    """Somebody in a unit, with all roles they have there."""

    person: Person
    unit_id: int
    roles: Sequence[str]  # labels
    open_cases: int
    is_absent: bool

    @property
    def id(self) -> str:
        """The person's id as attributes and addresses need it, never with a thousands separator."""
        return str(self.person.pk)


@dataclass(frozen=True)
class Node:
    """A unit in the chart. `open_cases` and `people_below` include everything under it that is shown."""

    unit: Unit
    seats: Sequence[Seat]
    children: Sequence["Node"]
    is_own: bool  # False for units above the own part, shown as the way down to it
    is_found: bool
    open_cases: int
    people_below: int

    @property
    def id(self) -> str:
        """The unit's id as attributes and addresses need it, never with a thousands separator."""
        return str(self.unit.pk)


@dataclass(frozen=True)
class Change:
    """One entry of the history, already in words."""

    at: datetime
    by: str
    text: str
    icon: str


def chart(*, visible: frozenset[int], query: str, today: date, now: datetime) -> list[Node]:
    """Return the tops of the visible part of the tree; with a query, what it finds and the way down to it.

    Args:
        visible: ids of the units the actor may see.
        query: part of a unit's name, code or town, or of a person's name, job title or role; accents do not matter.
    """
    whole = tree()
    seats = _seats(visible, today=today, now=now)
    shown = {above.pk for unit_id in visible if unit_id in whole.units for above in whole.chain(unit_id)}
    children: dict[int | None, list[Unit]] = defaultdict(list)
    for unit in sorted(whole.units.values(), key=lambda unit: (unit.position, unit.name, unit.pk)):
        if unit.pk in shown:
            children[unit.parent_id].append(unit)
    cases = workload().by_unit()
    words = folded(query).split()
    nodes = (_node(unit, children, seats, visible, cases, words, keep_all=not words) for unit in children[None])
    return [node for node in nodes if node is not None]


def history(*, visible: frozenset[int], limit: int = 20) -> list[Change]:
    """Return the latest changes of the visible part of the chart, newest first."""
    units = Q(object_kind="organisation.unit", object_id__in=visible, verb__in=["added", "moved", "closed", "reopened"])
    roles = Q(object_kind="organisation.membership", unit_id__in=visible, verb__in=["given", "ended", "moved"])
    return _in_words(list(AuditEntry.objects.filter(units | roles).order_by("-pk")[:limit]))


def history_of_unit(unit_id: int, *, limit: int = 20) -> list[Change]:
    """Return the latest changes of one unit and of its people."""
    of_unit = Q(object_kind="organisation.unit", object_id=unit_id)
    of_roles = Q(object_kind="organisation.membership", unit_id=unit_id)
    entries = AuditEntry.objects.filter(of_unit | of_roles).order_by("-pk")[:limit]
    return _in_words(list(entries))


def folded(text: str) -> str:
    """Return text without accents and capitals, for comparing."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def _seats(visible: frozenset[int], *, today: date, now: datetime) -> dict[int, list[Seat]]:
    rows = (
        Membership.objects.filter(current(today), unit_id__in=visible, person__is_active=True)
        .select_related("person")
        .order_by("person__last_name", "person__first_name", "person_id", "role")
    )
    roles: dict[tuple[int, int], list[str]] = defaultdict(list)
    people: dict[int, Person] = {}
    for row in rows:
        roles[row.unit_id, row.person_id].append(str(Role(row.role).label))
        people[row.person_id] = row.person
    away = set(
        Absence.objects.filter(person_id__in=people, starts_at__lte=now, ends_at__gt=now).values_list(
            "person_id", flat=True
        )
    )
    cases = workload().by_person()
    seats: dict[int, list[Seat]] = defaultdict(list)
    for (unit_id, person_id), labels in roles.items():
        seats[unit_id].append(
            Seat(people[person_id], unit_id, labels, cases.get(person_id, 0), is_absent=person_id in away)
        )
    return seats


def _node(
    unit: Unit,
    children: Mapping[int | None, Sequence[Unit]],
    seats: Mapping[int, Sequence[Seat]],
    visible: frozenset[int],
    cases: Mapping[int, int],
    words: Sequence[str],
    *,
    keep_all: bool,
) -> Node | None:
    is_found = bool(words) and says(words, unit.name, unit.code, unit.city, unit.get_kind_display())
    keep = keep_all or is_found
    below = [
        node
        for child in children.get(unit.pk, ())
        if (node := _node(child, children, seats, visible, cases, words, keep_all=keep)) is not None
    ]
    here = [
        seat
        for seat in seats.get(unit.pk, ())
        if keep or says(words, seat.person.full_name, seat.person.job_title, *seat.roles)
    ]
    if not keep and not below and not here:
        return None
    return Node(
        unit=unit,
        seats=here,
        children=below,
        is_own=unit.pk in visible,
        is_found=is_found,
        open_cases=cases.get(unit.pk, 0) + sum(node.open_cases for node in below),
        people_below=len(here) + sum(node.people_below for node in below),
    )


def says(words: Sequence[str], *texts: str) -> bool:
    """Tell whether the texts contain all of `words`, which are folded already."""
    said = folded(" ".join(texts))
    return all(word in said for word in words)


def _in_words(entries: Sequence[AuditEntry]) -> list[Change]:
    whole = tree()
    people = Person.objects.in_bulk({entry.data["person"] for entry in entries if "person" in entry.data})
    return [
        Change(
            at=entry.at,
            by=entry.actor_name,
            text=_sentence(entry, whole, people),
            icon=_ICONS.get(entry.verb, "pencil"),
        )
        for entry in entries
    ]


_ICONS = {
    "added": "plus",
    "moved": "arrows-move",
    "closed": "archive",
    "reopened": "archive-off",
    "given": "user-plus",
    "ended": "user-minus",
}


def _sentence(entry: AuditEntry, whole: Tree, people: Mapping[int, Person]) -> str:
    data: dict[str, Any] = entry.data

    def unit(unit_id: int | None) -> str:
        return whole.label(unit_id) if unit_id is not None and unit_id in whole.units else "–"

    if entry.object_kind == "organisation.unit":
        sentences = {
            "added": _("%(unit)s was founded under %(new)s"),
            "moved": _("%(unit)s moved from %(old)s to %(new)s"),
            "closed": _("%(unit)s was closed"),
            "reopened": _("%(unit)s was opened again"),
            "changed": _("The details of %(unit)s were changed"),
        }
        values = {
            "unit": found.name if (found := whole.units.get(entry.object_id or 0)) else "–",
            "old": unit(data.get("old_parent")),
            "new": unit(data.get("new_parent", data.get("parent"))),
        }
        return sentences.get(entry.verb, "%(unit)s") % values
    person = people.get(data.get("person", 0))
    sentences = {
        "given": _("%(person)s became %(role)s in %(new)s"),
        "ended": _("%(person)s is no longer %(role)s in %(new)s"),
        "moved": _("%(person)s moved from %(old)s to %(new)s"),
    }
    role = data.get("role", "")
    return sentences.get(entry.verb, "%(person)s") % {
        "person": person.full_name if person else "–",
        "role": Role(role).label if role in Role.values else role,
        "old": unit(data.get("old_unit")),
        "new": unit(data.get("new_unit", entry.unit_id)),
    }
