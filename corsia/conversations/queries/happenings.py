"""What happened to a case between its messages, told from its audit trail in the reader's language."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from corsia.cases.models import Case
from corsia.cases.queries.definitions import VersionDefinition, definition
from corsia.cases.vocabulary import EndKind, Holder, Origin, Priority
from corsia.kernel.actors import ActorKind
from corsia.kernel.models import AuditEntry
from corsia.organisation.models import Person
from corsia.ui.channels import channel_look
from corsia.ui.money import euros
from corsia.ui.templatetags.ui import local_name

SHOWN = 200  # lines of one page of a thread


@dataclass(frozen=True)
class Happening:
    """One line between two messages."""

    id: int
    at: datetime
    sentence: str
    icon: str


@dataclass(frozen=True)
class _Known:
    """What sentences need to name things."""

    version: VersionDefinition
    people: Mapping[int, str]

    def phase(self, key: object) -> str:
        found = next((phase for phase in self.version.phases if phase.key == key), None)
        return local_name(found) if found else str(key)

    def person(self, pk: object) -> str:
        return self.people.get(pk, "") if isinstance(pk, int) else ""


_Sentence = Callable[[str, Mapping[str, Any], _Known], str]


def happenings(
    *, case_id: int, version_id: int, since: datetime | None = None, until: datetime | None = None, after_id: int = 0
) -> list[Happening]:
    """Return the lines of a case that the caller already found within the scope, oldest first.

    Args:
        since, until: the span of the messages shown, None for no limit on that side.
        after_id: only those after this line.
    """
    of_case = AuditEntry.objects.filter(object_kind=Case._meta.label_lower, object_id=case_id)
    entries = of_case.filter(verb__in=tellable())
    entries = entries.filter(pk__gt=after_id) if after_id else entries
    entries = entries.filter(at__gte=since) if since else entries
    entries = entries.filter(at__lt=until) if until else entries
    return told(list(entries.order_by("-pk")[:SHOWN])[::-1], version_id=version_id)


def told(entries: Sequence[AuditEntry], *, version_id: int) -> list[Happening]:
    """Return lines for entries of a case's trail whose verbs are known here (`tellable`), in the order given."""
    values = (entry.data.get(name) for entry in entries for name in ("new", "old"))
    named = {value for value in values if isinstance(value, int)}
    people = {person.pk: person.full_name for person in Person.objects.filter(pk__in=named)} if named else {}
    known = _Known(version=definition(version_id), people=people)
    return [_told(entry, known) for entry in entries]


def tellable() -> list[str]:
    """Return the verbs that have a sentence."""
    return [*_PLAIN, *_SENTENCES]


def _told(entry: AuditEntry, known: _Known) -> Happening:
    who = entry.actor_name if entry.actor_kind == ActorKind.PERSON else "Corsia"
    if entry.verb in _PLAIN:
        icon, words = _PLAIN[entry.verb]
        sentence = str(words) % defaultdict(str, entry.data, who=who)
    else:
        icon, tell = _SENTENCES[entry.verb]
        sentence = tell(who, entry.data, known)
    return Happening(id=entry.pk, at=entry.at, sentence=sentence, icon=icon)


def _opened(who: str, data: Mapping[str, Any], known: _Known) -> str:
    origin = data.get("origin", "")
    look = channel_look(origin)
    label = str(Origin(origin).label) if origin in Origin.values else str(look.label) if look else ""
    return _("Case opened · %(origin)s") % {"origin": label} if label else _("Case opened")


def _assigned(who: str, data: Mapping[str, Any], known: _Known) -> str:
    if to := known.person(data.get("new")):
        return _("%(who)s assigned the case to %(to)s") % {"who": who, "to": to}
    return _("%(who)s put the case back into the queue") % {"who": who}


def _handed_over(who: str, data: Mapping[str, Any], known: _Known) -> str:
    values = {"who": who, "to": known.person(data.get("new")), "reason": data.get("reason", "")}
    if values["reason"]:
        return _("%(who)s handed the case over to %(to)s: %(reason)s") % values
    return _("%(who)s handed the case over to %(to)s") % values


def _moved(who: str, data: Mapping[str, Any], known: _Known) -> str:
    values = {"who": who, "to": data.get("to_unit", ""), "reason": data.get("reason", "")}
    if values["reason"]:
        return _("%(who)s moved the case to %(to)s: %(reason)s") % values
    return _("%(who)s moved the case to %(to)s") % values


def _phase_entered(who: str, data: Mapping[str, Any], known: _Known) -> str:
    return _("%(who)s moved the case to “%(phase)s”") % {"who": who, "phase": known.phase(data.get("new"))}


def _held_by(who: str, data: Mapping[str, Any], known: _Known) -> str:
    holder = data.get("holder")
    if holder == Holder.US:
        return _("%(who)s took the case back into our hands") % {"who": who}
    label = str(Holder(holder).label) if holder in Holder.values else ""
    return _("%(who)s noted that the case waits for: %(holder)s") % {"who": who, "holder": label.lower()}


def _closed(who: str, data: Mapping[str, Any], known: _Known) -> str:
    kind = data.get("end_kind")
    label = str(EndKind(kind).label) if kind in EndKind.values else ""
    return _("%(who)s closed the case: %(end)s") % {"who": who, "end": label.lower()}


def _snoozed(who: str, data: Mapping[str, Any], known: _Known) -> str:
    until = timezone.localtime(datetime.fromisoformat(data["until"]))
    when = formats.date_format(until, "j M, H:i").lower()
    return _("%(who)s snoozed the case until %(when)s") % {"who": who, "when": when}


def _priority_set(who: str, data: Mapping[str, Any], known: _Known) -> str:
    value = data.get("new")
    label = str(Priority(value).label) if value in Priority.values else ""
    return _("%(who)s set the priority to %(priority)s") % {"who": who, "priority": label.lower()}


def _goodwill(words: Any) -> _Sentence:
    def told(who: str, data: Mapping[str, Any], known: _Known) -> str:
        return str(words) % {"who": who, "amount": euros(int(data.get("cents", 0)))}

    return told


# Sentences that need only who did it and the values of the entry itself.
_PLAIN: Mapping[str, tuple[str, Any]] = {
    "taken": ("hand-grab", gettext_lazy("%(who)s took the case")),
    "reopened": ("rotate", gettext_lazy("%(who)s reopened the case")),
    "woken": ("alarm", gettext_lazy("%(who)s woke the case")),
    "sale_stated": ("certificate", gettext_lazy("%(who)s stated the delivery of the vehicle")),
    "tagged": ("tag", gettext_lazy("%(who)s added the tag “%(label)s”")),
    "task_added": ("checkbox", gettext_lazy("%(who)s added the task “%(title)s”")),
    "task_done": ("circle-check", gettext_lazy("%(who)s finished the task “%(title)s”")),
    "absorbed": ("git-merge", gettext_lazy("%(who)s merged case #%(absorbed)s into this one")),
    "split": ("git-branch", gettext_lazy("%(who)s split off case #%(new)s")),
}
_SENTENCES: Mapping[str, tuple[str, _Sentence]] = {
    "moved": ("transfer", _moved),
    "opened": ("ticket", _opened),
    "assigned": ("user-plus", _assigned),
    "handed_over": ("arrow-forward-up", _handed_over),
    "phase_entered": ("arrow-right", _phase_entered),
    "held_by": ("hourglass", _held_by),
    "closed": ("circle-check", _closed),
    "snoozed": ("clock-pause", _snoozed),
    "priority_set": ("flag", _priority_set),
    "goodwill_asked": ("gift", _goodwill(gettext_lazy("%(who)s asked for goodwill of %(amount)s"))),
    "goodwill_approved": ("gift", _goodwill(gettext_lazy("%(who)s approved goodwill of %(amount)s"))),
    "goodwill_refused": ("gift", _goodwill(gettext_lazy("%(who)s refused goodwill of %(amount)s"))),
    "goodwill_withdrawn": ("gift", _goodwill(gettext_lazy("%(who)s took back the goodwill of %(amount)s"))),
}
