"""Process versions as the services need them, kept in memory: a published version never changes."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from corsia.cases.models import (
    Limit,
    Phase,
    PhaseAction,
    PhaseRequirement,
    PhaseRole,
    Process,
    ProcessVersion,
    Transition,
)
from corsia.cases.rules.channels import OnlyFor, open_to
from corsia.cases.rules.limits import LimitRow, limit_minutes
from corsia.cases.rules.process_spec import ActionSpec, LimitSpec, PhaseSpec, RoleSpec, VersionSpec
from corsia.cases.vocabulary import ClockKind, EndKind, Holder, Part, PurchaseChannel, RequiredField, VersionState
from corsia.kernel import scope
from corsia.kernel.errors import NotFound
from corsia.kernel.held import once
from corsia.organisation.queries import tree
from corsia.organisation.vocabulary import Role


@dataclass(frozen=True)
class PhaseDefinition:
    """A phase with what it asks for and leads to."""

    id: int
    key: str
    name_it: str
    name_en: str
    position: int
    limit_minutes: int | None
    end_kind: str
    holder: str
    requires_tasks_done: bool
    on_answer: str  # key of the phase that follows by itself when we answer, "" for none
    requires: tuple[str, ...]
    goes_to: tuple[str, ...]  # keys, in the order of the phases
    actions: tuple[ActionSpec, ...]
    ways_only: tuple[OnlyFor, ...]
    requires_only: tuple[OnlyFor, ...]
    requires_corrective: bool
    check_after_days: int | None
    roles: tuple[RoleSpec, ...]  # by part, then by role

    def ways_for(self, channel: str) -> tuple[str, ...]:
        """The keys of the phases that follow for a case of this purchase channel.

        A case whose channel is not known ("") has every way where the phase asks for it: whoever goes on says it then.
        """
        if not channel and RequiredField.PURCHASE_CHANNEL in self.requires:
            return self.goes_to
        return open_to(self.goes_to, self.ways_only, channel)

    def requires_for(self, channel: str) -> tuple[str, ...]:
        """The fields that must be filled in for a case of this purchase channel."""
        return open_to(self.requires, self.requires_only, channel)

    def roles_that(self, part: str) -> list[str]:
        """The roles that have this part in the phase."""
        return [row.role for row in self.roles if row.part == part]

    @property
    def limit_seconds(self) -> int:
        return (self.limit_minutes or 0) * 60

    @property
    def holder_label(self) -> str:
        """Who gets the case on entry, in the active language."""
        return str(Holder(self.holder).label) if self.holder else ""

    @property
    def asks(self) -> list[str]:
        """The required fields, in the active language, with the channels that they are limited to."""
        return [_limited(str(RequiredField(field).label), field, self.requires_only) for field in self.requires]

    @property
    def ways_limited(self) -> dict[str, str]:
        """The channels a way out is limited to, in words, by the key it leads to."""
        return {only.what: channel_words(only.channels) for only in self.ways_only}


def channel_words(channels: Iterable[str]) -> str:
    """Return purchase channels in the active language, one after the other."""
    return ", ".join(str(PurchaseChannel(channel).label) for channel in channels)


def _limited(label: str, key: str, limits: Iterable[OnlyFor]) -> str:
    channels = next((only.channels for only in limits if only.what == key), ())
    return f"{label} ({channel_words(channels)})" if channels else label


@dataclass(frozen=True)
class VersionDefinition:
    """A process version, whole. Names of the process itself are not here: they may change at any time."""

    id: int
    process_id: int
    process_key: str
    number: int
    neglect_minutes: int
    reopen_days: int
    phases: tuple[PhaseDefinition, ...]
    limits: tuple[LimitRow, ...]
    _by_key: Mapping[str, PhaseDefinition] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_key", {phase.key: phase for phase in self.phases})

    @property
    def start(self) -> PhaseDefinition:
        return self.phases[0]

    def phase(self, key: str) -> PhaseDefinition:
        """Return the phase.

        Raises:
            NotFound: this version has no such phase.
        """
        if key not in self._by_key:
            raise NotFound(kind=Phase._meta.label)
        return self._by_key[key]

    def phase_of(self, phase_id: int) -> PhaseDefinition:
        return next(phase for phase in self.phases if phase.id == phase_id)

    def phases_for(self, channel: str) -> set[str]:
        """Return the keys of the phases that a case of this purchase channel may ever be in."""
        reached, ahead = {self.start.key}, [self.start.key]
        while ahead:
            for key in self.phase(ahead.pop()).ways_for(channel):
                if key not in reached:
                    reached.add(key)
                    ahead.append(key)
        return reached

    def end_phase(self, end_kind: str) -> PhaseDefinition | None:
        """Return the first phase with this end, or with any end when the process has no such one."""
        ends = [phase for phase in self.phases if phase.end_kind]
        return next((phase for phase in ends if phase.end_kind == end_kind), ends[0] if ends else None)

    def limit(self, clock: ClockKind, priority: int) -> int | None:
        """Return the working minutes a clock allows at a priority, None for no limit."""
        return limit_minutes(self.limits, clock=clock, priority=priority)

    @property
    def spec(self) -> VersionSpec:
        """The version as it is written down."""
        return VersionSpec(
            phases=tuple(
                PhaseSpec(
                    key=phase.key,
                    name_it=phase.name_it,
                    name_en=phase.name_en,
                    limit_minutes=phase.limit_minutes,
                    end_kind=phase.end_kind,
                    holder=phase.holder,
                    requires_tasks_done=phase.requires_tasks_done,
                    on_answer=phase.on_answer,
                    requires=phase.requires,
                    goes_to=phase.goes_to,
                    actions=phase.actions,
                    ways_only=phase.ways_only,
                    requires_only=phase.requires_only,
                    requires_corrective=phase.requires_corrective,
                    check_after_days=phase.check_after_days,
                    roles=phase.roles,
                )
                for phase in self.phases
            ),
            limits=tuple(LimitSpec(row.clock, row.priority, row.minutes) for row in self.limits),
            neglect_minutes=self.neglect_minutes,
            reopen_days=self.reopen_days,
        )


@dataclass(frozen=True)
class Startable:
    """A process in use, as somebody at a unit may start it."""

    process_id: int
    version_id: int
    key: str
    name_it: str
    name_en: str
    icon: str
    is_complaint: bool
    is_internal: bool


def definition(version_id: int) -> VersionDefinition:
    """Return a published or retired version from memory; a draft is read afresh, it may still change."""
    return _frozen(version_id) or _read(version_id)


def draft_definition(version_id: int) -> VersionDefinition:
    """Return a version as it is now, past every memory."""
    return _read(version_id)


class _StillDraft(Exception):
    pass


def _frozen(version_id: int) -> VersionDefinition | None:
    try:
        return _kept(version_id)
    except _StillDraft:
        return None


@lru_cache(maxsize=1024)
def _kept(version_id: int) -> VersionDefinition:
    # Versions are no personal data and are reached through rows that the scope already let pass.
    with scope.system("process versions"):
        if ProcessVersion.objects.filter(pk=version_id, state=VersionState.DRAFT).exists():
            raise _StillDraft
    return _read(version_id)


def _read(version_id: int) -> VersionDefinition:
    with scope.system("process versions"):
        try:
            version = ProcessVersion.objects.select_related("process").get(pk=version_id)
        except ProcessVersion.DoesNotExist:
            raise NotFound(kind=ProcessVersion._meta.label) from None
        phases = list(Phase.objects.filter(version_id=version_id).order_by("position"))
        requires, requires_only = _grouped(
            PhaseRequirement.objects.filter(phase__version_id=version_id)
            .order_by("pk")
            .values_list("phase_id", "field", "only_for")
        )
        ways, ways_only = _grouped(
            Transition.objects.filter(source__version_id=version_id)
            .order_by("target__position")
            .values_list("source_id", "target__key", "only_for")
        )
        roles: dict[int, list[RoleSpec]] = defaultdict(list)
        for held in PhaseRole.objects.filter(phase__version_id=version_id):
            roles[held.phase_id].append(RoleSpec(role=held.role, part=held.part))
        actions: dict[int, list[ActionSpec]] = defaultdict(list)
        for row in PhaseAction.objects.filter(phase__version_id=version_id).order_by("position", "pk"):
            actions[row.phase_id].append(
                ActionSpec(
                    kind=row.kind,
                    title_it=row.title_it,
                    title_en=row.title_en,
                    due_minutes=row.due_minutes,
                    role=row.role,
                    template_key=row.template_key,
                    process_key=row.process_key,
                    task_kind=row.task_kind,
                    only_for=tuple(row.only_for),
                )
            )
        limits = [
            LimitRow(clock=row.clock, priority=row.priority, minutes=row.minutes)
            for row in Limit.objects.filter(version_id=version_id).order_by("pk")
        ]
    return VersionDefinition(
        id=version.pk,
        process_id=version.process_id,
        process_key=version.process.key,
        number=version.number,
        neglect_minutes=version.neglect_minutes,
        reopen_days=version.reopen_days,
        phases=tuple(
            PhaseDefinition(
                id=phase.pk,
                key=phase.key,
                name_it=phase.name_it,
                name_en=phase.name_en,
                position=phase.position,
                limit_minutes=phase.limit_minutes,
                end_kind=phase.end_kind,
                holder=phase.holder,
                requires_tasks_done=phase.requires_tasks_done,
                on_answer=phase.on_answer,
                requires=tuple(requires[phase.pk]),
                goes_to=tuple(ways[phase.pk]),
                actions=tuple(actions[phase.pk]),
                ways_only=tuple(ways_only[phase.pk]),
                requires_only=tuple(requires_only[phase.pk]),
                requires_corrective=phase.requires_corrective,
                check_after_days=phase.check_after_days,
                roles=tuple(sorted(roles[phase.pk], key=_by_part)),
            )
            for phase in phases
        ),
        limits=tuple(limits),
    )


def _grouped(
    rows: Iterable[tuple[int, str, list[str]]],
) -> tuple[dict[int, list[str]], dict[int, list[OnlyFor]]]:
    groups: dict[int, list[str]] = defaultdict(list)
    limits: dict[int, list[OnlyFor]] = defaultdict(list)
    for owner, value, channels in rows:
        groups[owner].append(value)
        if channels:
            limits[owner].append(OnlyFor(value, tuple(channels)))
    return groups, _sorted(limits)


def _sorted(limits: dict[int, list[OnlyFor]]) -> dict[int, list[OnlyFor]]:
    for only in limits.values():
        only.sort(key=lambda one: one.what)
    return limits


def _by_part(row: RoleSpec) -> tuple[int, int]:
    return Part.values.index(row.part), Role.values.index(row.role)


def startable(unit_id: int) -> list[Startable]:
    """Return the processes in use at a unit, in order: its own and those it inherits, the nearest of each key."""
    return _nearest(unit_id, [unit.pk for unit in tree().chain(unit_id)])


def startable_process(*, chain: list[int], key: str) -> Startable | None:
    """Return the process with this key in use at the first unit of `chain`, nearest owner first; one statement."""
    found = once(("cases.startable", chain[0], key), lambda: _nearest(chain[0], chain, key=key))
    return next(iter(found), None)


def _nearest(unit_id: int, chain: list[int], *, key: str = "") -> list[Startable]:
    with scope.system(f"processes of unit {unit_id}"):
        rows = ProcessVersion.objects.filter(
            state=VersionState.PUBLISHED, process__is_active=True, process__unit_id__within=chain
        ).select_related("process")
        if key:
            rows = rows.filter(process__key=key)
        nearest: dict[str, ProcessVersion] = {}
        for row in sorted(rows, key=lambda row: chain.index(row.process.unit_id)):
            nearest.setdefault(row.process.key, row)
    return [
        Startable(
            process_id=row.process_id,
            version_id=row.pk,
            key=row.process.key,
            name_it=row.process.name_it,
            name_en=row.process.name_en,
            icon=row.process.icon,
            is_complaint=row.process.is_complaint,
            is_internal=row.process.is_internal,
        )
        for row in sorted(nearest.values(), key=lambda row: (row.process.position, row.process.key))
    ]


def processes_in_scope() -> list[Process]:
    """Return the processes that the actor's units use or define, in order."""
    return list(Process.objects.order_by("position", "key"))


def closing_kinds(version: VersionDefinition) -> list[str]:
    """Return the kinds of end a version offers, in the order of its phases."""
    kinds = [phase.end_kind for phase in version.phases if phase.end_kind]
    return [kind for kind in EndKind.values if kind in kinds]
