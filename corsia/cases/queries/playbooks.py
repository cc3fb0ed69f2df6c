"""How far a case has followed its playbook, and what a stand-in needs to know at a glance."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Count, Q

from corsia.cases.models import Case, PlaybookRun, StepTick
from corsia.cases.queries.definitions import PhaseDefinition, VersionDefinition, definition
from corsia.knowledge.queries.playbooks import Step, VersionText, playbook_in_force, playbook_version
from corsia.knowledge.vocabulary import Asks
from corsia.organisation.queries import tree


@dataclass(frozen=True)
class StepLine:
    """A step as the checklist shows it."""

    step: Step
    tick: StepTick | None
    is_next: bool


@dataclass(frozen=True)
class StepGroup:
    """The steps of a phase; None for those of any time."""

    phase: PhaseDefinition | None
    lines: tuple[StepLine, ...]
    is_current: bool

    @property
    def done(self) -> int:
        return sum(1 for line in self.lines if line.tick)


@dataclass(frozen=True)
class CasePlaybook:
    """The playbook of a case with its ticks."""

    version: VersionText
    is_fixed: bool  # the case began with this version and keeps it
    newer: int | None  # number of the version in force when it is another one of the same playbook
    current: tuple[StepGroup, ...]  # of the phase the case is in, and of any time
    others: tuple[StepGroup, ...]
    done: int
    total: int
    next: Step | None
    last: StepTick | None  # the step done last
    last_step: Step | None
    promises: tuple[StepTick, ...]  # what was promised to the customer, the newest first
    undone: tuple[tuple[str, StepTick], ...]  # taken back: the step's title, and the tick with its reason


def case_playbook(case: Case) -> CasePlaybook | None:
    """Return the playbook that a case follows or would begin with; None where there is none for its process.

    Args:
        case: found within the scope.
    """
    process = definition(case.version_id)
    run = PlaybookRun.objects.filter(case=case).first()
    in_force = _in_force(case, process)
    version = playbook_version(run.version_id) if run else in_force
    if version is None:
        return None
    ticks = list(
        StepTick.objects.filter(case=case).select_related("ticked_by", "undone_by").order_by("ticked_at", "pk")
    )
    standing = {tick.step_id: tick for tick in ticks if tick.undone_at is None}
    steps = applicable(version, process, case.purchase_channel)
    phase = process.phase_of(case.phase_id)
    following = _next(steps, standing, phase) if case.closed_at is None else None
    groups = _groups(steps, standing, process=process, phase=phase, following=following)
    last = max(standing.values(), key=lambda tick: (tick.ticked_at, tick.pk), default=None)
    asked = {step.id for step in version.steps if step.asks == Asks.PROMISE}
    same = in_force is not None and in_force.playbook_id == version.playbook_id
    return CasePlaybook(
        version=version,
        is_fixed=run is not None,
        newer=in_force.number if in_force and same and in_force.number > version.number else None,
        current=tuple(group for group in groups if group.is_current),
        others=tuple(group for group in groups if not group.is_current),
        done=sum(1 for step in steps if step.id in standing),
        total=len(steps),
        next=following,
        last=last,
        last_step=version.step(last.step_id) if last else None,
        promises=tuple(tick for tick in reversed(ticks) if tick.step_id in asked and tick.undone_at is None),
        undone=tuple((version.step(tick.step_id).title, tick) for tick in ticks if tick.undone_at is not None),
    )


def followed_version(case: Case) -> VersionText | None:
    """Return the version a case keeps, or the one it would begin with now."""
    version_id = PlaybookRun.objects.filter(case=case).values_list("version_id", flat=True).first()
    return playbook_version(version_id) if version_id else _in_force(case, definition(case.version_id))


def applicable(version: VersionText, process: VersionDefinition, channel: str) -> list[Step]:
    """Return the steps that concern a case of this purchase channel: of any time, or of a phase it may be in."""
    phases = process.phases_for(channel) if channel else {phase.key for phase in process.phases}
    return [step for step in version.steps if not step.phase_key or step.phase_key in phases]


def steps_missing(case: Case, phases: Sequence[PhaseDefinition], *, is_end: bool) -> list[Step]:
    """Return the required steps of these phases that nobody ticked; before an end also those of any time."""
    version = followed_version(case)
    if version is None:
        return []
    wanted = {phase.key for phase in phases} | ({""} if is_end else set())
    required = [step for step in version.steps if step.is_required and step.phase_key in wanted]
    if not required:
        return []
    ticked = set(StepTick.objects.filter(case=case, undone_at=None).values_list("step_id", flat=True))
    return [step for step in required if step.id not in ticked]


def progress_of(cases: Iterable[Case]) -> dict[int, tuple[int, int]]:
    """Return for each case that follows a playbook how many of its steps are done and how many there are."""
    by_id = {case.pk: case for case in cases}
    runs = (
        PlaybookRun.objects.filter(case_id__in=by_id)
        .values_list("case_id", "version_id")
        .annotate(done=Count("case__ticks", filter=Q(case__ticks__undone_at=None)))
    )
    progress = {}
    for case_id, version_id, done in runs:
        case = by_id[case_id]
        steps = applicable(playbook_version(version_id), definition(case.version_id), case.purchase_channel)
        progress[case_id] = (min(done, len(steps)), len(steps))
    return progress


def _in_force(case: Case, process: VersionDefinition) -> VersionText | None:
    chain = [unit.pk for unit in tree().chain(case.unit_id)]
    return playbook_in_force(chain=chain, process_key=process.process_key)


def _next(steps: Iterable[Step], ticked: Collection[int], phase: PhaseDefinition) -> Step | None:
    """Return the first open step of the phase, required ones before the others, then those of any time."""
    open_steps = [step for step in steps if step.id not in ticked and step.phase_key in (phase.key, "")]
    return min(open_steps, key=lambda step: (step.phase_key == "", not step.is_required, step.position), default=None)


def _groups(
    steps: Iterable[Step],
    standing: dict[int, StepTick],
    *,
    process: VersionDefinition,
    phase: PhaseDefinition,
    following: Step | None,
) -> list[StepGroup]:
    by_key: dict[str, list[StepLine]] = {}
    for step in steps:
        is_next = following is not None and following.id == step.id
        by_key.setdefault(step.phase_key, []).append(StepLine(step, standing.get(step.id), is_next))
    groups = [
        StepGroup(phase=one, lines=tuple(by_key[one.key]), is_current=one.key == phase.key)
        for one in process.phases
        if one.key in by_key
    ]
    if "" in by_key:
        groups.append(StepGroup(phase=None, lines=tuple(by_key[""]), is_current=True))
    # A step of a phase that this version of the process no longer has is kept where it cannot block: at the end.
    known = {one.key for one in process.phases} | {""}
    strangers = [line for key, lines in by_key.items() if key not in known for line in lines]
    return [*groups, StepGroup(phase=None, lines=tuple(strangers), is_current=False)] if strangers else groups
