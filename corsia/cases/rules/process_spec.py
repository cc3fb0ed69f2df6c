"""A process as it is written down: in a shipped file, in the editor, and when a new version starts from an old one."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from corsia.cases.vocabulary import ActionKind, EndKind


@dataclass(frozen=True)
class LimitSpec:
    """Working minutes a clock allows; `priority` None: every priority without its own."""

    clock: str
    priority: int | None
    minutes: int


@dataclass(frozen=True)
class ActionSpec:
    """Something that entering a phase does by itself; which fields count depends on `kind`."""

    kind: str
    title_it: str = ""
    title_en: str = ""
    due_minutes: int | None = None  # working time
    role: str = ""
    template_key: str = ""
    process_key: str = ""


@dataclass(frozen=True)
class PhaseSpec:
    """One phase. The first of a process is where cases start."""

    key: str
    name_it: str
    name_en: str
    limit_minutes: int | None = None  # working time in this phase
    end_kind: str = ""
    holder: str = ""
    requires_tasks_done: bool = False
    requires: tuple[str, ...] = ()
    goes_to: tuple[str, ...] = ()
    on_answer: str = ""  # where a case goes by itself when we answer the customer
    actions: tuple[ActionSpec, ...] = ()


@dataclass(frozen=True)
class VersionSpec:
    """What a version says: phases in order, limits, patience."""

    phases: tuple[PhaseSpec, ...]
    limits: tuple[LimitSpec, ...] = ()
    neglect_minutes: int = 960
    reopen_days: int = 14


@dataclass(frozen=True)
class ProcessSpec:
    """A whole process."""

    key: str
    name_it: str
    name_en: str
    version: VersionSpec
    icon: str = "ticket"
    is_complaint: bool = False
    is_internal: bool = False
    sends_survey: bool = True
    position: int = 0


@dataclass(frozen=True)
class Problem:
    """What keeps a version from being used: a code for the sentence, the phase it is about ("" for the whole)."""

    code: str
    phase: str = ""
    detail: str = field(default="")


def problems_of(version: VersionSpec) -> list[Problem]:
    """Return what would leave cases stuck or unclear, in the order of the phases; empty when it may be used."""
    return list(_problems(version))


def _problems(version: VersionSpec) -> Iterator[Problem]:
    if not version.phases:
        yield Problem("no_phases")
        return
    keys = [phase.key for phase in version.phases]
    ends = {phase.key for phase in version.phases if phase.end_kind}
    if version.phases[0].end_kind:
        yield Problem("starts_at_the_end", keys[0])
    if not any(phase.end_kind for phase in version.phases):
        yield Problem("no_end")
    reachable, closing = _reached_from(version, keys[0]), _leads_to_an_end(version)
    for position, phase in enumerate(version.phases):
        if phase.key in keys[:position]:
            yield Problem("twice", phase.key)
        yield from _problems_of_ways(phase, known=set(keys), is_closing=phase.key in closing)
        if phase.on_answer and phase.on_answer not in phase.goes_to:
            yield Problem("answer_without_way", phase.key, phase.on_answer)
        elif phase.on_answer in ends:
            yield Problem("answer_closes", phase.key, phase.on_answer)
        if phase.key not in reachable:
            yield Problem("unreachable", phase.key)
        yield from _problems_of_wording(phase)
        yield from _problems_of_actions(phase)
    for limit in version.limits:
        if limit.minutes <= 0:
            yield Problem("limit_of_nothing", "", limit.clock)


def _problems_of_ways(phase: PhaseSpec, *, known: set[str], is_closing: bool) -> Iterator[Problem]:
    for target in phase.goes_to:
        if target not in known:
            yield Problem("unknown_target", phase.key, target)
        elif target == phase.key:
            yield Problem("leads_to_itself", phase.key)
    if not phase.end_kind and not phase.goes_to:
        yield Problem("no_way_out", phase.key)
    elif not phase.end_kind and not is_closing:
        yield Problem("never_ends", phase.key)


def _problems_of_wording(phase: PhaseSpec) -> Iterator[Problem]:
    if not phase.name_it or not phase.name_en:
        yield Problem("no_name", phase.key)
    if phase.end_kind and phase.end_kind not in EndKind.values:
        yield Problem("unknown_end", phase.key, phase.end_kind)
    if phase.limit_minutes == 0:
        yield Problem("limit_of_nothing", phase.key)
    if phase.end_kind and phase.limit_minutes:
        yield Problem("end_with_limit", phase.key)


def _problems_of_actions(phase: PhaseSpec) -> Iterator[Problem]:
    for action in phase.actions:
        if action.kind == ActionKind.CREATE_TASK and not (action.title_it and action.title_en):
            yield Problem("task_without_title", phase.key)
        if action.kind == ActionKind.SEND_TEMPLATE and not action.template_key:
            yield Problem("no_template", phase.key)
        if action.kind == ActionKind.START_CASE and not action.process_key:
            yield Problem("no_process", phase.key)


def _reached_from(version: VersionSpec, start: str) -> set[str]:
    ways = {phase.key: phase.goes_to for phase in version.phases}
    reached, ahead = {start}, [start]
    while ahead:
        for target in ways.get(ahead.pop(), ()):
            if target not in reached:
                reached.add(target)
                ahead.append(target)
    return reached


def _leads_to_an_end(version: VersionSpec) -> set[str]:
    closing = {phase.key for phase in version.phases if phase.end_kind}
    while True:
        more = {
            phase.key for phase in version.phases if phase.key not in closing and closing.intersection(phase.goes_to)
        }
        if not more:
            return closing
        closing |= more
