"""The rows that a process and its versions consist of, from what a specification says."""

from collections.abc import Sequence
from datetime import datetime

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
from corsia.cases.rules.channels import OnlyFor
from corsia.cases.rules.process_spec import ProcessSpec, VersionSpec
from corsia.cases.vocabulary import VersionState
from corsia.kernel.actors import Actor


def process_row(spec: ProcessSpec, *, unit_id: int) -> Process:
    """Return a process, not saved."""
    return Process(
        unit_id=unit_id,
        key=spec.key,
        name_it=spec.name_it,
        name_en=spec.name_en,
        icon=spec.icon,
        is_complaint=spec.is_complaint,
        is_internal=spec.is_internal,
        sends_survey=spec.sends_survey,
        position=spec.position,
        shipped_revision=spec.revision,
    )


def version_row(
    process: Process,
    spec: VersionSpec,
    *,
    number: int,
    state: VersionState = VersionState.DRAFT,
    at: datetime | None = None,
    by: Actor | None = None,
) -> ProcessVersion:
    """Return a version, not saved and without its content."""
    return ProcessVersion(
        process=process,
        number=number,
        neglect_minutes=spec.neglect_minutes,
        reopen_days=spec.reopen_days,
        state=state,
        published_at=at,
        published_by_id=by.id if by else None,
    )


def write_version(process: Process, spec: VersionSpec, *, number: int) -> ProcessVersion:
    """Save a draft with its content."""
    version = version_row(process, spec, number=number)
    version.save()
    write_content([(version, spec)])
    return version


def write_content(pairs: Sequence[tuple[ProcessVersion, VersionSpec]]) -> None:
    """Write what versions consist of: one statement for each table, however many versions there are."""
    # A draft may be half done: what the tables cannot hold (a phase twice, a way to nowhere) is left out of it.
    unique = [
        (version, position, phase)
        for version, spec in pairs
        for position, phase in enumerate({phase.key: phase for phase in spec.phases}.values())
    ]
    rows = Phase.objects.bulk_create(
        [
            Phase(
                version=version,
                key=phase.key,
                name_it=phase.name_it,
                name_en=phase.name_en,
                position=position,
                limit_minutes=phase.limit_minutes,
                end_kind=phase.end_kind,
                holder=phase.holder,
                requires_tasks_done=phase.requires_tasks_done,
                on_answer=phase.on_answer,
                requires_corrective=phase.requires_corrective,
                check_after_days=phase.check_after_days,
            )
            for version, position, phase in unique
        ]
    )
    by_key = {(row.version_id, row.key): row for row in rows}
    phases = [(row, phase) for row, (_of, _at, phase) in zip(rows, unique, strict=True)]
    PhaseRequirement.objects.bulk_create(
        [
            PhaseRequirement(phase=row, field=field, only_for=_limits_of(phase.requires_only, field))
            for row, phase in phases
            for field in dict.fromkeys(phase.requires)
        ]
    )
    Transition.objects.bulk_create(
        [
            Transition(source=row, target=by_key[row.version_id, target], only_for=_limits_of(phase.ways_only, target))
            for row, phase in phases
            for target in dict.fromkeys(phase.goes_to)
            if (row.version_id, target) in by_key
        ]
    )
    PhaseAction.objects.bulk_create(
        [
            PhaseAction(
                phase=row,
                position=position,
                kind=action.kind,
                title_it=action.title_it,
                title_en=action.title_en,
                due_minutes=action.due_minutes,
                role=action.role,
                template_key=action.template_key,
                process_key=action.process_key,
                task_kind=action.task_kind,
                only_for=list(action.only_for),
            )
            for row, phase in phases
            for position, action in enumerate(phase.actions)
        ]
    )
    PhaseRole.objects.bulk_create(
        [
            PhaseRole(phase=row, role=role.role, part=role.part)
            for row, phase in phases
            for role in dict.fromkeys(phase.roles)
        ]
    )
    Limit.objects.bulk_create(
        [
            Limit(version=version, clock=limit.clock, priority=limit.priority, minutes=limit.minutes)
            for version, spec in pairs
            for limit in {(limit.clock, limit.priority): limit for limit in spec.limits}.values()
        ]
    )


def _limits_of(limits: tuple[OnlyFor, ...], what: str) -> list[str]:
    return next((list(only.channels) for only in limits if only.what == what), [])
