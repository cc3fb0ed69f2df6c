"""What another wording of a process would change, so that a manager sees it before taking it over."""

from collections.abc import Iterator
from dataclasses import dataclass

from corsia.cases.rules.channels import OnlyFor
from corsia.cases.rules.process_spec import ActionSpec, PhaseSpec, VersionSpec
from corsia.cases.vocabulary import ActionKind


@dataclass(frozen=True)
class Change:
    """One difference: a code for the sentence, the key of the phase it is about ("" for the whole), what, and now.

    `is_loss` marks what the present version has and the other one would take away.
    """

    code: str
    phase: str = ""
    what: str = ""
    now: str = ""
    is_loss: bool = False


def changes_between(old: VersionSpec, new: VersionSpec) -> list[Change]:
    """Return what `new` says otherwise than `old`, phase by phase in the order of `new`, what goes away last."""
    return list(_changes(old, new))


def _changes(old: VersionSpec, new: VersionSpec) -> Iterator[Change]:
    before = {phase.key: phase for phase in old.phases}
    after = {phase.key: phase for phase in new.phases}
    for key, phase in after.items():
        if key not in before:
            yield Change("phase_added", key)
        else:
            yield from _of_phase(before[key], phase)
    for key in before:
        if key not in after:
            yield Change("phase_removed", key, is_loss=True)
    was, becomes = ({(row.clock, row.priority): row.minutes for row in spec.limits} for spec in (old, new))
    for clock in dict.fromkeys(clock for clock, _priority in (*becomes, *was)):
        if {key: value for key, value in was.items() if key[0] == clock} != {
            key: value for key, value in becomes.items() if key[0] == clock
        }:
            yield Change("limits", what=clock)
    if (old.neglect_minutes, old.reopen_days) != (new.neglect_minutes, new.reopen_days):
        yield Change("patience")


def _of_phase(old: PhaseSpec, new: PhaseSpec) -> Iterator[Change]:
    key = new.key
    if (old.name_it, old.name_en) != (new.name_it, new.name_en):
        yield Change("renamed", key)
    if old.limit_minutes != new.limit_minutes:
        yield Change("limit", key, _number(old.limit_minutes), _number(new.limit_minutes))
    if (old.end_kind, old.holder, old.on_answer) != (new.end_kind, new.holder, new.on_answer):
        yield Change("behaviour", key)
    yield from _lists("way", key, old.goes_to, new.goes_to)
    yield from _lists("asks", key, old.requires, new.requires)
    for what in sorted({*new.goes_to, *new.requires} & {*old.goes_to, *old.requires}):
        if _only(new, what) != _only(old, what):
            yield Change("only_for", key, what, ",".join(_only(new, what)))
    for name in ("requires_tasks_done", "requires_corrective"):
        if getattr(old, name) != getattr(new, name):
            yield Change(name, key, is_loss=getattr(old, name))
    if old.check_after_days != new.check_after_days:
        yield Change("check_after_days", key, now=_number(new.check_after_days), is_loss=new.check_after_days is None)
    yield from _lists("does", key, _titles(old.actions), _titles(new.actions))
    if set(old.roles) != set(new.roles):
        yield Change("roles", key)


def _lists(code: str, key: str, old: tuple[str, ...], new: tuple[str, ...]) -> Iterator[Change]:
    for what in new:
        if what not in old:
            yield Change(f"{code}_added", key, what)
    for what in old:
        if what not in new:
            yield Change(f"{code}_removed", key, what, is_loss=True)


def _only(phase: PhaseSpec, what: str) -> tuple[str, ...]:
    limits: tuple[OnlyFor, ...] = (*phase.ways_only, *phase.requires_only)
    return next((only.channels for only in limits if only.what == what), ())


def _titles(actions: tuple[ActionSpec, ...]) -> tuple[str, ...]:
    """Tell actions by both titles; a task that changes its role or its channels counts as another one."""
    return tuple(
        f"{one.title_it}\n{one.title_en}" if one.kind == ActionKind.CREATE_TASK else one.template_key or one.process_key
        for one in actions
    )


def _number(value: int | None) -> str:
    return "" if value is None else str(value)
