"""Read a process from its YAML text, strictly: an unknown or mistyped word is an error that says where it stands."""

from collections.abc import Iterable, Mapping
from typing import Any

import yaml
from django.utils.translation import gettext_lazy as _

from corsia.cases.rules.channels import OnlyFor
from corsia.cases.rules.process_spec import (
    ActionSpec,
    LimitSpec,
    PhaseSpec,
    ProcessSpec,
    RoleSpec,
    VersionSpec,
    problems_of,
)
from corsia.cases.vocabulary import (
    ActionKind,
    ClockKind,
    EndKind,
    Holder,
    Part,
    Priority,
    PurchaseChannel,
    RequiredField,
    TaskKind,
)
from corsia.kernel.errors import Invalid
from corsia.organisation.vocabulary import Role

_PRIORITIES = {priority.name.lower(): priority.value for priority in Priority}


class BadProcessFile(Invalid):
    code = "cases.bad_process_file"
    message = _("%(file)s, at %(where)s: %(what)s. %(next)s")


def read_process(text: str, *, file: str) -> ProcessSpec:
    """Return the process written in `text`.

    Args:
        file: its name, for the error.

    Raises:
        BadProcessFile: something is missing, unknown or of the wrong kind, or the process would leave cases stuck.
    """
    try:
        raw = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}" if mark else "the file"
        raise BadProcessFile(
            file=file, where=where, what="this is not YAML", next="Check indents and colons."
        ) from None
    top = _Reader(raw, file=file, where="the top")
    phases = [_phase(reader) for reader in top.each("phases")]
    spec = ProcessSpec(
        key=top.text("key"),
        name_it=top.text("name_it"),
        name_en=top.text("name_en"),
        icon=top.text("icon", default="ticket"),
        is_complaint=top.flag("is_complaint", default=False),
        is_internal=top.flag("is_internal", default=False),
        sends_survey=top.flag("sends_survey", default=True),
        position=top.number("position", default=0) or 0,
        revision=top.number("revision", default=1) or 1,
        version=VersionSpec(
            phases=tuple(phases),
            limits=tuple(_limits(top.part("limits"))),
            neglect_minutes=top.number("neglect_minutes", default=960) or 960,
            reopen_days=top.number("reopen_days", default=14) or 0,
        ),
    )
    top.finish()
    for problem in problems_of(spec.version):
        where = f"phase “{problem.phase}”" if problem.phase else "the process"
        what = f"{problem.code} {problem.detail}".strip().replace("_", " ")
        raise BadProcessFile(file=file, where=where, what=what, next="Correct the phases and try again.")
    return spec


def _limits(part: "_Reader") -> Iterable[LimitSpec]:
    for clock in part.names(ClockKind.values):
        rows = part.part(clock)
        for priority in rows.names([*_PRIORITIES, "any"]):
            minutes = rows.number(priority)
            if minutes is not None:
                yield LimitSpec(clock=clock, priority=_PRIORITIES.get(priority), minutes=minutes)
        rows.finish()
    part.finish()


def _phase(reader: "_Reader") -> PhaseSpec:
    goes_to, ways_only = reader.limited("goes_to", "to")
    requires, requires_only = reader.limited("requires", "field", RequiredField.values)
    phase = PhaseSpec(
        key=reader.text("key"),
        name_it=reader.text("name_it"),
        name_en=reader.text("name_en"),
        limit_minutes=reader.number("limit_minutes", default=None),
        end_kind=reader.choice("end", EndKind.values, default=""),
        holder=reader.choice("holder", Holder.values, default=""),
        requires_tasks_done=reader.flag("requires_tasks_done", default=False),
        requires=requires,
        goes_to=goes_to,
        on_answer=reader.text("on_answer", default=""),
        actions=tuple(_action(action) for action in reader.each("on_entry", optional=True)),
        ways_only=ways_only,
        requires_only=requires_only,
        requires_corrective=reader.flag("requires_corrective", default=False),
        check_after_days=reader.number("check_after_days", default=None),
        roles=tuple(_roles(reader.part("roles"))),
    )
    reader.finish()
    return phase


def _roles(part: "_Reader") -> Iterable[RoleSpec]:
    named = set(part.names(Part.values))
    for word in Part.values:
        if word in named:
            wanted = set(part.words(word, Role.values))
            yield from (RoleSpec(role=role, part=word) for role in Role.values if role in wanted)


def _action(reader: "_Reader") -> ActionSpec:
    action = ActionSpec(
        kind=reader.choice("do", ActionKind.values),
        title_it=reader.text("title_it", default=""),
        title_en=reader.text("title_en", default=""),
        due_minutes=reader.number("due_minutes", default=None),
        role=reader.choice("role", Role.values, default=""),
        template_key=reader.text("template", default=""),
        process_key=reader.text("process", default=""),
        task_kind=reader.choice("kind", TaskKind.values, default="") or TaskKind.TASK,
        only_for=in_order(reader.words("only_for", PurchaseChannel.values)),
    )
    reader.finish()
    return action


def in_order(channels: Iterable[str]) -> tuple[str, ...]:
    """Return purchase channels once each, in the order in which they are always shown."""
    wanted = set(channels)
    return tuple(channel for channel in PurchaseChannel.values if channel in wanted)


_REQUIRED: Any = object()


class _Reader:
    """One mapping of the file: every word asked for once, what was never asked for is unknown."""

    def __init__(self, raw: Any, *, file: str, where: str) -> None:
        self.file, self.where = file, where
        if not isinstance(raw, Mapping):
            raise self.bad("", "a list of “word: value” lines is expected here")
        self.raw, self.asked = raw, set[str]()

    def bad(self, word: str, what: str, following: str = "Correct it and try again.") -> BadProcessFile:
        where = f"{self.where} › {word}" if word else self.where
        return BadProcessFile(file=self.file, where=where, what=what, next=following)

    def value(self, word: str, default: Any) -> Any:
        self.asked.add(word)
        if word in self.raw:
            return self.raw[word]
        if default is _REQUIRED:
            raise self.bad(word, "this is missing", f"Add a line “{word}: …”.")
        return default

    def text(self, word: str, default: Any = _REQUIRED) -> str:
        value = self.value(word, default)
        if not isinstance(value, str) or (default is _REQUIRED and not value.strip()):
            raise self.bad(word, "text is expected here")
        return value.strip()

    def flag(self, word: str, default: bool) -> bool:
        value = self.value(word, default)
        if not isinstance(value, bool):
            raise self.bad(word, "true or false is expected here")
        return value

    def number(self, word: str, default: Any = _REQUIRED) -> int | None:
        value = self.value(word, default)
        if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 0):
            raise self.bad(word, "a whole number of minutes or days is expected here")
        return value

    def choice(self, word: str, allowed: Iterable[str], default: Any = _REQUIRED) -> str:
        value = self.text(word, default)
        if value and value not in list(allowed):
            raise self.bad(word, f"“{value}” is unknown", f"Choose one of: {', '.join(allowed)}.")
        return value

    def words(self, word: str, allowed: Iterable[str] | None = None) -> list[str]:
        values = self.value(word, [])
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise self.bad(word, "a list of words in [brackets] is expected here")
        for value in values:
            if allowed is not None and value not in list(allowed):
                raise self.bad(word, f"“{value}” is unknown", f"Choose one of: {', '.join(allowed)}.")
        return values

    def limited(
        self, word: str, name: str, allowed: Iterable[str] | None = None
    ) -> tuple[tuple[str, ...], tuple[OnlyFor, ...]]:
        """Return a list of words, some of them written as {name: word, only_for: [channels]}, and those limits."""
        values = self.value(word, [])
        if not isinstance(values, list) or not all(isinstance(value, str | Mapping) for value in values):
            raise self.bad(word, "a list of words in [brackets] is expected here")
        words, limits = [], []
        for value in values:
            if isinstance(value, str):
                words.append(value)
                continue
            entry = _Reader(value, file=self.file, where=f"{self.where} › {word}")
            words.append(entry.text(name))
            limits.append(OnlyFor(words[-1], in_order(entry.words("only_for", PurchaseChannel.values))))
            entry.finish()
        for value in words:
            if allowed is not None and value not in list(allowed):
                raise self.bad(word, f"“{value}” is unknown", f"Choose one of: {', '.join(allowed)}.")
        return tuple(words), tuple(sorted((limit for limit in limits if limit.channels), key=lambda one: one.what))

    def names(self, allowed: Iterable[str]) -> list[str]:
        for name in self.raw:
            if name not in list(allowed):
                raise self.bad(str(name), "this is unknown", f"Choose one of: {', '.join(allowed)}.")
        return [str(name) for name in self.raw]

    def part(self, word: str) -> "_Reader":
        return _Reader(self.value(word, {}), file=self.file, where=f"{self.where} › {word}")

    def each(self, word: str, *, optional: bool = False) -> list["_Reader"]:
        values = self.value(word, [] if optional else _REQUIRED)
        if not isinstance(values, list):
            raise self.bad(word, "a list of “- ” entries is expected here")
        readers = []
        for position, value in enumerate(values, start=1):
            key = value.get("key", position) if isinstance(value, Mapping) else position
            readers.append(_Reader(value, file=self.file, where=f"{self.where} › {word} › {key}"))
        return readers

    def finish(self) -> None:
        for word in self.raw:
            if word not in self.asked:
                raise self.bad(str(word), "this word is unknown", "Check its spelling, or remove it.")
