"""What changed in the organisation chart lately, in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from corsia.kernel.models import AuditEntry
from corsia.organisation.models import Person
from corsia.organisation.queries.tree import Tree, tree
from corsia.organisation.vocabulary import Role


@dataclass(frozen=True)
class Change:
    """One entry of the history, already in words."""

    at: datetime
    by: str
    text: str
    icon: str


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
