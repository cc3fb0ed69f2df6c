"""The editor of a process version: a posted page read into a spec, and the little moves its buttons make."""

from dataclasses import replace
from typing import Any

from django.http import QueryDict

from corsia.cases.rules.process_spec import ActionSpec, LimitSpec, PhaseSpec, VersionSpec
from corsia.cases.vocabulary import ActionKind, ClockKind, EndKind, Holder, Priority, RequiredField
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
    return replace(phase, goes_to=tuple(target for target in phase.goes_to if target != key), on_answer=on_answer)


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
    return PhaseSpec(
        key=posted.get(f"{name}-key", "")[:40],
        name_it=posted.get(f"{name}-name_it", "").strip()[:80],
        name_en=posted.get(f"{name}-name_en", "").strip()[:80],
        limit_minutes=_number(posted.get(f"{name}-limit", "")),
        end_kind=_one_of(posted.get(f"{name}-end", ""), EndKind.values),
        holder=_one_of(posted.get(f"{name}-holder", ""), Holder.values),
        requires_tasks_done=posted.get(f"{name}-tasks_done") == "on",
        requires=tuple(field for field in posted.getlist(f"{name}-requires") if field in RequiredField.values),
        goes_to=tuple(posted.getlist(f"{name}-goes_to")),
        on_answer=posted.get(f"{name}-on_answer", "")[:40],
        actions=tuple(_action(posted, f"{name}-a{index}") for index in range(actions)),
    )


def _action(posted: QueryDict, name: str) -> ActionSpec:
    return ActionSpec(
        kind=_one_of(posted.get(f"{name}-kind", ""), ActionKind.values) or ActionKind.CREATE_TASK,
        title_it=posted.get(f"{name}-title_it", "").strip()[:120],
        title_en=posted.get(f"{name}-title_en", "").strip()[:120],
        due_minutes=_number(posted.get(f"{name}-due", "")),
        role=_one_of(posted.get(f"{name}-role", ""), Role.values),
        template_key=posted.get(f"{name}-template", "").strip()[:60],
        process_key=posted.get(f"{name}-process", "").strip()[:40],
    )


def _new_key(phases: list[PhaseSpec]) -> str:
    taken = {phase.key for phase in phases}
    return next(key for number in range(1, MAX_PHASES + 2) if (key := f"phase-{number}") not in taken)


def _number(text: str) -> int | None:
    text = text.strip()
    return min(int(text), MAX_MINUTES) if text.isdecimal() and len(text) < 12 else None


def _one_of(text: str, allowed: list[str]) -> str:
    return text if text in allowed else ""
