"""The editor of a process version: a posted page read into a spec, and the little moves its buttons make."""

from dataclasses import dataclass, replace
from typing import Any

from django.http import QueryDict

from corsia.cases.rules.channels import OnlyFor
from corsia.cases.rules.process_file import in_order
from corsia.cases.rules.process_spec import ActionSpec, LimitSpec, PhaseSpec, RoleSpec, VersionSpec
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
from corsia.organisation.vocabulary import Role

MAX_PHASES = 30
MAX_ACTIONS = 10
MAX_MINUTES = 100_000  # more than a working year
ANY = "any"


def read_spec(posted: QueryDict) -> VersionSpec:
    """Return the version as the page says it; values that are not among the choices are left empty."""
    count = min(_number(posted.get("phases", "")) or 0, MAX_PHASES)
    phases = tuple(_phase(posted, f"p{index}") for index in range(count) if posted.get(f"p{index}-key"))
    limits = [
        LimitSpec(clock=clock, priority=priority, minutes=minutes)
        for clock in ClockKind.values
        for priority in (None, *Priority.values)
        if (minutes := _number(posted.get(f"limit-{clock}-{priority or ANY}", ""))) is not None
    ]
    return VersionSpec(
        phases=phases,
        limits=tuple(limits),
        neglect_minutes=_number(posted.get("neglect_minutes", "")) or 960,
        reopen_days=min(_number(posted.get("reopen_days", "")) or 0, 3650),
    )


def moved(spec: VersionSpec, button: str) -> VersionSpec:
    """Return the version after a button of the editor: "add", "up:2", "down:2", "remove:2", "action:2", "drop:2:0".

    A button that names something that is not there changes nothing.
    """
    verb, _colon, rest = button.partition(":")
    numbers = [int(part) for part in rest.split(":") if part.isdecimal()]
    phases = list(spec.phases)
    if verb == "add" and len(phases) < MAX_PHASES:
        ends = next((index for index, phase in enumerate(phases) if phase.end_kind), len(phases))
        phases.insert(ends, PhaseSpec(key=_new_key(phases), name_it="", name_en=""))
    if not numbers or numbers[0] >= len(phases):
        return replace(spec, phases=tuple(phases))
    at = numbers[0]
    phase = phases[at]
    if verb == "up" and at > 0:
        phases[at - 1], phases[at] = phases[at], phases[at - 1]
    elif verb == "down" and at + 1 < len(phases):
        phases[at + 1], phases[at] = phases[at], phases[at + 1]
    elif verb == "remove":
        del phases[at]
        phases = [_without(one, phase.key) for one in phases]
    elif verb == "action" and len(phase.actions) < MAX_ACTIONS:
        phases[at] = replace(phase, actions=(*phase.actions, ActionSpec(kind=ActionKind.CREATE_TASK)))
    elif verb == "drop" and len(numbers) > 1:
        kept = tuple(action for index, action in enumerate(phase.actions) if index != numbers[1])
        phases[at] = replace(phase, actions=kept)
    return replace(spec, phases=tuple(phases))


def _without(phase: PhaseSpec, key: str) -> PhaseSpec:
    on_answer = "" if phase.on_answer == key else phase.on_answer
    return replace(
        phase,
        goes_to=tuple(target for target in phase.goes_to if target != key),
        ways_only=tuple(only for only in phase.ways_only if only.what != key),
        on_answer=on_answer,
    )


@dataclass(frozen=True)
class Choice:
    """A box that may be ticked, and the purchase channels it is limited to."""

    key: str
    name: str
    is_on: bool
    channels: tuple[str, ...] = ()

    @property
    def only(self) -> str:
        """Those channels in words, "" for every channel."""
        return ", ".join(str(PurchaseChannel(channel).label) for channel in self.channels)


@dataclass(frozen=True)
class RoleRow:
    """A role and the boxes of its parts in a phase."""

    name: str
    parts: tuple[Choice, ...]


@dataclass(frozen=True)
class PhaseRow:
    """A phase as the editor shows it."""

    phase: PhaseSpec
    ways: tuple[Choice, ...]
    fields: tuple[Choice, ...]
    roles: tuple[RoleRow, ...]
    parts: str  # who has which part, in a few words
    is_bad: bool


def phase_rows(spec: VersionSpec, *, names: dict[str, str], bad: set[str]) -> list[PhaseRow]:
    """Return the phases of a version with everything that may be ticked about them."""
    return [
        PhaseRow(
            phase=phase,
            ways=tuple(
                Choice(key, name, key in phase.goes_to, _channels(phase.ways_only, key))
                for key, name in names.items()
                if key != phase.key
            ),
            fields=tuple(
                Choice(field.value, str(field.label), field in phase.requires, _channels(phase.requires_only, field))
                for field in RequiredField
            ),
            roles=tuple(
                RoleRow(
                    name=str(role.label),
                    parts=tuple(
                        Choice(f"{role.value}:{part.value}", str(part.label), RoleSpec(role, part) in phase.roles)
                        for part in Part
                    ),
                )
                for role in Role
            ),
            parts="; ".join(
                f"{part.label}: {', '.join(str(Role(row.role).label) for row in phase.roles if row.part == part)}"
                for part in Part
                if any(row.part == part for row in phase.roles)
            ),
            is_bad=phase.key in bad,
        )
        for phase in spec.phases
    ]


def _channels(limits: tuple[OnlyFor, ...], what: str) -> tuple[str, ...]:
    return next((only.channels for only in limits if only.what == what), ())


def limit_table(spec: VersionSpec) -> list[dict[str, Any]]:
    """Return the limits as the page's table: a row for each clock, a cell for each priority, "any" first."""
    minutes = {(limit.clock, limit.priority): limit.minutes for limit in spec.limits}
    return [
        {
            "clock": ClockKind(clock),
            "cells": [
                {
                    "name": f"limit-{clock}-{priority or ANY}",
                    "minutes": minutes.get((clock, priority), ""),
                    "priority": Priority(priority).label if priority else "",
                }
                for priority in (None, *Priority.values)
            ],
        }
        for clock in ClockKind.values
    ]


def _phase(posted: QueryDict, name: str) -> PhaseSpec:
    actions = min(_number(posted.get(f"{name}-actions", "")) or 0, MAX_ACTIONS)
    requires = tuple(field for field in posted.getlist(f"{name}-requires") if field in RequiredField.values)
    goes_to = tuple(posted.getlist(f"{name}-goes_to"))
    return PhaseSpec(
        key=posted.get(f"{name}-key", "")[:40],
        name_it=posted.get(f"{name}-name_it", "").strip()[:80],
        name_en=posted.get(f"{name}-name_en", "").strip()[:80],
        limit_minutes=_number(posted.get(f"{name}-limit", "")),
        end_kind=_one_of(posted.get(f"{name}-end", ""), EndKind.values),
        holder=_one_of(posted.get(f"{name}-holder", ""), Holder.values),
        requires_tasks_done=posted.get(f"{name}-tasks_done") == "on",
        requires=requires,
        goes_to=goes_to,
        on_answer=posted.get(f"{name}-on_answer", "")[:40],
        actions=tuple(_action(posted, f"{name}-a{index}") for index in range(actions)),
        ways_only=_limits(posted, f"{name}-way", goes_to),
        requires_only=_limits(posted, f"{name}-ask", requires),
        requires_corrective=posted.get(f"{name}-corrective") == "on",
        check_after_days=_days(posted.get(f"{name}-check", "")),
        roles=tuple(
            RoleSpec(role=role, part=part)
            for part in Part.values
            for role in Role.values
            if f"{role}:{part}" in posted.getlist(f"{name}-roles")
        ),
    )


def _limits(posted: QueryDict, name: str, keys: tuple[str, ...]) -> tuple[OnlyFor, ...]:
    limits = (OnlyFor(key, in_order(posted.getlist(f"{name}-{key}-only"))) for key in sorted(set(keys)))
    return tuple(limit for limit in limits if limit.channels)


def _days(text: str) -> int | None:
    days = _number(text)
    return None if days is None else min(days, 3650)


def _action(posted: QueryDict, name: str) -> ActionSpec:
    return ActionSpec(
        kind=_one_of(posted.get(f"{name}-kind", ""), ActionKind.values) or ActionKind.CREATE_TASK,
        title_it=posted.get(f"{name}-title_it", "").strip()[:120],
        title_en=posted.get(f"{name}-title_en", "").strip()[:120],
        due_minutes=_number(posted.get(f"{name}-due", "")),
        role=_one_of(posted.get(f"{name}-role", ""), Role.values),
        template_key=posted.get(f"{name}-template", "").strip()[:60],
        process_key=posted.get(f"{name}-process", "").strip()[:40],
        task_kind=_one_of(posted.get(f"{name}-task_kind", ""), TaskKind.values) or TaskKind.TASK,
        only_for=in_order(posted.getlist(f"{name}-only")),
    )


def _new_key(phases: list[PhaseSpec]) -> str:
    taken = {phase.key for phase in phases}
    return next(key for number in range(1, MAX_PHASES + 2) if (key := f"phase-{number}") not in taken)


def _number(text: str) -> int | None:
    text = text.strip()
    return min(int(text), MAX_MINUTES) if text.isdecimal() and len(text) < 12 else None


def _one_of(text: str, allowed: list[str]) -> str:
    return text if text in allowed else ""
