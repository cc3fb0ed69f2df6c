"""Sentences of the pages: the history in people's words, problems of a process, alarms."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from corsia.cases.queries.definitions import VersionDefinition, channel_words
from corsia.cases.rules.process_changes import Change
from corsia.cases.rules.process_spec import Problem, VersionSpec
from corsia.cases.services.naming import local_name
from corsia.cases.vocabulary import (
    AttemptResult,
    ClockKind,
    Holder,
    Priority,
    PurchaseChannel,
    RecoveryOutcome,
    RequiredField,
)
from corsia.kernel.models import AuditEntry
from corsia.organisation.models import Person

_VERBS: dict[str, tuple[str, Any]] = {
    "opened": ("plus", gettext_lazy("opened the case")),
    "taken": ("hand-grab", gettext_lazy("took the case")),
    "assigned": ("user-check", gettext_lazy("assigned it to %(new)s")),
    "handed_over": ("user-share", gettext_lazy("handed it over to %(new)s")),
    "phase_entered": ("arrow-right", gettext_lazy("moved it from “%(old)s” to “%(new)s”")),
    "closed": ("circle-check", gettext_lazy("closed the case")),
    "reopened": ("rotate", gettext_lazy("reopened the case")),
    "held_by": ("hourglass", gettext_lazy("put it in the hands of: %(holder)s")),
    "snoozed": ("clock-pause", gettext_lazy("snoozed it until %(until)s")),
    "woken": ("bell", gettext_lazy("woke it up")),
    "priority_set": ("flag", gettext_lazy("changed the priority from %(old)s to %(new)s")),
    "described": ("pencil", gettext_lazy("changed the details")),
    "tagged": ("tag", gettext_lazy("added the tag “%(label)s”")),
    "untagged": ("tag-off", gettext_lazy("removed the tag “%(label)s”")),
    "watched": ("eye", gettext_lazy("watches the case")),
    "unwatched": ("eye-off", gettext_lazy("no longer watches the case")),
    "task_added": ("checkbox", gettext_lazy("added the task “%(title)s”")),
    "callback_asked": ("phone-calling", gettext_lazy("asked %(new)s to call the customer back by %(due)s")),
    "task_done": ("checks", gettext_lazy("finished the task “%(title)s”")),
    "task_taken_up": ("rotate", gettext_lazy("took up the task “%(title)s” again")),
    "task_removed": ("trash", gettext_lazy("removed the task “%(title)s”")),
    "step_ticked": ("list-check", gettext_lazy("did the step “%(title)s” of the playbook")),
    "step_unticked": ("rotate", gettext_lazy("took the step “%(title)s” of the playbook back")),
    "merged": ("git-merge", gettext_lazy("merged it into #%(survivor)s")),
    "unmerged": ("git-branch", gettext_lazy("took it out of #%(survivor)s again")),
    "absorbed": ("git-merge", gettext_lazy("merged #%(absorbed)s into it")),
    "gave_back": ("git-branch", gettext_lazy("took #%(absorbed)s out of it again")),
    "moved": ("transfer", gettext_lazy("moved it from %(from_unit)s to %(to_unit)s")),
    "split": ("git-fork", gettext_lazy("split off #%(new)s")),
    "linked": ("link", gettext_lazy("linked it with #%(other)s")),
    "unlinked": ("unlink", gettext_lazy("removed the link with #%(other)s")),
    "discussion_begun": ("messages", gettext_lazy("began a discussion")),
    "discussion_resolved": ("circle-check", gettext_lazy("closed the discussion: “%(summary)s”")),
    "discussion_joined": ("users", gettext_lazy("let colleagues into the discussion")),
    "recovery_joined": ("lifebuoy", gettext_lazy("put it into the recovery “%(name)s”")),
    "recovery_tried": (
        "phone-calling",
        gettext_lazy("tried to reach the customer, attempt %(attempt)s: %(result)s"),
    ),
    "recovery_item_ended": ("heart-handshake", gettext_lazy("ended the recovery: %(outcome)s")),
    "parent_set": ("subtask", gettext_lazy("put it under #%(new)s")),
}
_CALL_BY_ANYBODY = gettext_lazy("asked for the customer to be called back by %(due)s")
_TO_NOBODY = gettext_lazy("put it back without an assignee")
_UNDER_NONE = gettext_lazy("took it out from under #%(old)s")

_PROBLEMS: dict[str, Any] = {
    "no_phases": gettext_lazy("There is no phase yet. Add the first one: cases start there."),
    "starts_at_the_end": gettext_lazy(
        "“%(phase)s” is the first phase and closes cases. Put a working phase before it."
    ),
    "no_end": gettext_lazy("No phase closes a case. Give one of them an end, for example “Solved”."),
    "twice": gettext_lazy("Two phases have the key “%(phase)s”. Give one of them another key."),
    "no_name": gettext_lazy("“%(phase)s” needs a name in Italian and in English."),
    "unknown_end": gettext_lazy("“%(phase)s” has an end that does not exist: %(detail)s."),
    "unknown_target": gettext_lazy("“%(phase)s” leads to “%(detail)s”, which does not exist. Remove that way."),
    "leads_to_itself": gettext_lazy("“%(phase)s” leads to itself. Remove that way."),
    "limit_of_nothing": gettext_lazy(
        "A limit of zero minutes cannot be kept (%(phase)s%(detail)s). Leave it empty or raise it."
    ),
    "end_with_limit": gettext_lazy("“%(phase)s” closes cases: a time limit there has no meaning. Remove it."),
    "no_way_out": gettext_lazy("From “%(phase)s” there is no way out. Tick at least one phase it leads to."),
    "never_ends": gettext_lazy("From “%(phase)s” a case never reaches an end. Open a way towards a closing phase."),
    "answer_without_way": gettext_lazy(
        "When we answer, “%(phase)s” should go on to “%(detail)s”, but does not lead there. Tick it under “Leads to”."
    ),
    "answer_closes": gettext_lazy(
        "When we answer, “%(phase)s” would close the case with “%(detail)s”, before the customer can write back. "
        "Choose a phase that does not close it."
    ),
    "stuck_for_channel": gettext_lazy(
        "A case bought through “%(detail)s” gets stuck in “%(phase)s”. Open a way for that channel towards an end."
    ),
    "stuck_without_channel": gettext_lazy(
        "A case whose purchase channel is unknown gets stuck in “%(phase)s”. Ask for the channel before, or open a way "
        "for every channel."
    ),
    "check_of_nothing": gettext_lazy(
        "“%(phase)s” closes cases or waits for no day: a check there has no meaning. Leave the days empty."
    ),
    "unreachable": gettext_lazy("No way leads to “%(phase)s”. Let another phase lead there, or remove it."),
    "task_without_title": gettext_lazy("A task of “%(phase)s” needs a title in Italian and in English."),
    "no_template": gettext_lazy("An action of “%(phase)s” sends a template: say which one."),
    "no_process": gettext_lazy("An action of “%(phase)s” starts another case: say with which process."),
}

_CHANGES: dict[str, Any] = {
    "phase_added": gettext_lazy("A new phase, “%(phase)s”."),
    "phase_removed": gettext_lazy("The phase “%(phase)s” goes away."),
    "renamed": gettext_lazy("“%(phase)s” gets another name."),
    "limit": gettext_lazy("The limit of “%(phase)s” becomes %(now)s working minutes (now %(what)s)."),
    "behaviour": gettext_lazy("“%(phase)s” ends, waits or goes on by itself in another way."),
    "way_added": gettext_lazy("“%(phase)s” leads to “%(what)s” too."),
    "way_removed": gettext_lazy("“%(phase)s” no longer leads to “%(what)s”."),
    "asks_added": gettext_lazy("“%(phase)s” asks for: %(what)s."),
    "asks_removed": gettext_lazy("“%(phase)s” no longer asks for: %(what)s."),
    "only_for": gettext_lazy("In “%(phase)s”, “%(what)s” holds for: %(now)s."),
    "requires_tasks_done": gettext_lazy("“%(phase)s” asks otherwise than now whether all tasks are done."),
    "requires_corrective": gettext_lazy("“%(phase)s” asks for a corrective action with an owner and a day."),
    "check_after_days": gettext_lazy("“%(phase)s” may end after days of waiting: %(now)s."),
    "does_added": gettext_lazy("Entering “%(phase)s” also does: %(what)s."),
    "does_removed": gettext_lazy("Entering “%(phase)s” no longer does: %(what)s."),
    "roles": gettext_lazy("Who does what in “%(phase)s” is said anew."),
    "limits": gettext_lazy("The limits of the clock “%(what)s” change."),
    "patience": gettext_lazy("When a case is neglected, and how long an answer reopens it, change."),
}

_TO_SOMEBODY = {"assigned", "handed_over", "callback_asked"}


@dataclass(frozen=True)
class Line:
    """One line of the history."""

    icon: str
    who: str
    what: str
    why: str
    at: datetime


def history_lines(entries: Iterable[AuditEntry], *, version: VersionDefinition) -> list[Line]:
    """Return the history in words, names looked up in one statement."""
    entries = list(entries)
    names = _names({entry.data.get("new") for entry in entries if entry.verb in _TO_SOMEBODY})
    return [_line(entry, version, names) for entry in entries]


def problem_sentences(problems: Iterable[Problem], *, names: dict[str, str]) -> list[str]:
    """Return what is wrong with a draft in plain words; `names` are those of its phases by key."""
    names = {**{channel.value: str(channel.label) for channel in PurchaseChannel}, **names}
    return [
        str(_PROBLEMS[problem.code])
        % {"phase": names.get(problem.phase, problem.phase), "detail": names.get(problem.detail, problem.detail)}
        for problem in problems
    ]


def change_sentences(changes: Iterable[Change], *, old: VersionSpec, new: VersionSpec) -> list[tuple[str, bool]]:
    """Return what an update changes in plain words, each with whether something of the present goes away."""
    names = {phase.key: local_name(phase) for phase in (*old.phases, *new.phases)}
    words = {
        **{field.value: str(field.label) for field in RequiredField},
        **{clock.value: str(clock.label) for clock in ClockKind},
        **names,
    }
    is_english = (get_language() or "it").startswith("en")
    sentences = []
    for change in changes:
        what = words.get(change.what, change.what) or str(_("none"))
        if "\n" in what:
            what = what.split("\n")[1 if is_english else 0]
        now = change.now
        if change.code == "only_for":
            now = channel_words(now.split(",")) if now else str(_("every channel"))
        data = {"phase": names.get(change.phase, change.phase), "what": what, "now": now or str(_("none"))}
        sentences.append((str(_CHANGES[change.code]) % data, change.is_loss))
    return sentences


def _line(entry: AuditEntry, version: VersionDefinition, names: dict[int, str]) -> Line:
    icon, sentence = _VERBS.get(entry.verb, ("point", entry.verb))
    data: dict[str, Any] = dict(entry.data)
    if entry.verb in ("assigned", "handed_over"):
        sentence = sentence if data.get("new") else _TO_NOBODY
        data["new"] = names.get(data.get("new") or 0, "–")
    elif entry.verb == "callback_asked":
        sentence = sentence if data.get("new") else _CALL_BY_ANYBODY
        data["new"], data["due"] = names.get(data.get("new") or 0, "–"), _moment(data.get("due"))
    elif entry.verb == "phase_entered":
        phases = {phase.key: local_name(phase) for phase in version.phases}
        data["old"], data["new"] = (phases.get(data.get(name, ""), data.get(name, "")) for name in ("old", "new"))
    elif entry.verb == "priority_set":
        data["old"], data["new"] = (Priority(data[name]).label for name in ("old", "new"))
    elif entry.verb == "recovery_tried":
        data["result"] = AttemptResult(data["result"]).label
    elif entry.verb == "recovery_item_ended":
        data["outcome"] = RecoveryOutcome(data["outcome"]).label
    elif entry.verb == "held_by":
        data["holder"] = Holder(data["holder"]).label
    elif entry.verb == "parent_set" and data.get("new") is None:
        sentence = _UNDER_NONE
    elif entry.verb == "snoozed":
        data["until"] = _moment(data.get("until"))
    who = entry.actor_name or str(_("The system"))
    return Line(
        icon=icon, who=_actor(entry, who), what=str(sentence) % data, why=str(data.get("reason", "")), at=entry.at
    )


def _moment(text: Any) -> str:
    at = parse_datetime(str(text or ""))
    return date_format(localtime(at), "j M, H:i").lower() if at else str(text or "")


def _actor(entry: AuditEntry, name: str) -> str:
    return name if entry.actor_kind == "person" else str(_("Corsia (%(name)s)") % {"name": name})


def _names(ids: set[Any]) -> dict[int, str]:
    wanted = [pk for pk in ids if pk]
    if not wanted:
        return {}
    return {person.pk: person.full_name for person in Person.objects.filter(pk__in=wanted)}
