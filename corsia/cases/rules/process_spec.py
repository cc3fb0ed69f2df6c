"""A process as it is written down: in a shipped file, in the editor, and when a new version starts from an old one."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from corsia.cases.rules.channels import OnlyFor, open_to
from corsia.cases.vocabulary import ActionKind, EndKind, PurchaseChannel, RequiredField, TaskKind


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
    task_kind: str = TaskKind.TASK
    only_for: tuple[str, ...] = ()  # purchase channels; empty: for every case


@dataclass(frozen=True)
class RoleSpec:
    """What a role has to do with a phase."""

    role: str
    part: str


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
    ways_only: tuple[OnlyFor, ...] = ()  # ways out that only some purchase channels have, by key
    requires_only: tuple[OnlyFor, ...] = ()  # fields that only some purchase channels ask for, by name
    requires_corrective: bool = False  # a corrective action with an owner and a day
    check_after_days: int | None = None  # calendar days after entering it until the case may end
    roles: tuple[RoleSpec, ...] = ()


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
    revision: int = 1  # grows with the wording of a shipped process


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
    reachable, closing = _reached_from(version.phases, keys[0]), _leads_to_an_end(version.phases)
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
    yield from _problems_of_channels(version)
    for limit in version.limits:
        if limit.minutes <= 0:
            yield Problem("limit_of_nothing", "", limit.clock)


def _problems_of_channels(version: VersionSpec) -> Iterator[Problem]:
    """Yield the phases in which cases of a purchase channel, or of none that is known, would be stuck."""
    named = {channel for phase in version.phases for only in phase.ways_only for channel in only.channels}
    if not named:
        return
    sound = _leads_to_an_end(version.phases)  # what leads nowhere for anybody is said already
    for channel in ("", *PurchaseChannel.values):
        phases = [_as_seen_from(phase, channel) for phase in version.phases]
        if not channel:
            # Whoever leaves a phase that asks for the channel has one from there on.
            asking = {phase.key for phase in phases if RequiredField.PURCHASE_CHANNEL in phase.requires}
            phases = [_asked(phase) if phase.key in asking else phase for phase in phases]
        closing = _leads_to_an_end(phases)
        for key in _reached_from(phases, phases[0].key):
            if key in sound and key not in closing:
                yield Problem("stuck_for_channel" if channel else "stuck_without_channel", key, channel)


def _as_seen_from(phase: PhaseSpec, channel: str) -> PhaseSpec:
    return replace(phase, goes_to=open_to(phase.goes_to, phase.ways_only, channel))


def _asked(phase: PhaseSpec) -> PhaseSpec:
    return replace(phase, goes_to=(), end_kind=EndKind.SOLVED) if phase.goes_to else phase


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
    if phase.check_after_days == 0 or (phase.check_after_days and phase.end_kind):
        yield Problem("check_of_nothing", phase.key)


def _problems_of_actions(phase: PhaseSpec) -> Iterator[Problem]:
    for action in phase.actions:
        if action.kind == ActionKind.CREATE_TASK and not (action.title_it and action.title_en):
            yield Problem("task_without_title", phase.key)
        if action.kind == ActionKind.SEND_TEMPLATE and not action.template_key:
            yield Problem("no_template", phase.key)
        if action.kind == ActionKind.START_CASE and not action.process_key:
            yield Problem("no_process", phase.key)


def _reached_from(phases: Iterable[PhaseSpec], start: str) -> list[str]:
    ways = {phase.key: phase.goes_to for phase in phases}
    reached, ahead = {start}, [start]
    while ahead:
        for target in ways.get(ahead.pop(), ()):
            if target not in reached:
                reached.add(target)
                ahead.append(target)
    return [key for key in ways if key in reached]


def _leads_to_an_end(phases: Iterable[PhaseSpec]) -> set[str]:
    phases = list(phases)
    closing = {phase.key for phase in phases if phase.end_kind}
    while True:
        more = {phase.key for phase in phases if phase.key not in closing and closing.intersection(phase.goes_to)}
        if not more:
            return closing
        closing |= more
