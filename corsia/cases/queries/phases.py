"""The phases of the processes in use, told apart by their key: what a macro can choose among."""

from dataclasses import dataclass

from corsia.cases.models import ProcessVersion
from corsia.cases.queries.definitions import definition
from corsia.cases.vocabulary import VersionState


@dataclass(frozen=True)
class ProcessName:
    """What a process is called."""

    name_it: str
    name_en: str


@dataclass(frozen=True)
class PhaseInUse:
    """A phase key, its name where it comes first, and the processes that have it."""

    key: str
    name_it: str
    name_en: str
    processes: tuple[ProcessName, ...]


def phases_in_use() -> list[PhaseInUse]:
    """Return the phases of the processes in use within the scope, in the order of processes and phases."""
    versions = (
        ProcessVersion.objects.filter(state=VersionState.PUBLISHED, process__is_active=True)
        .select_related("process")
        .order_by("process__position", "process__key", "process__unit_id")
    )
    found: dict[str, PhaseInUse] = {}
    for version in versions:
        process = ProcessName(name_it=version.process.name_it, name_en=version.process.name_en)
        for phase in definition(version.pk).phases:
            known = found.get(phase.key)
            others = known.processes if known else ()
            found[phase.key] = PhaseInUse(
                key=phase.key,
                name_it=known.name_it if known else phase.name_it,
                name_en=known.name_en if known else phase.name_en,
                processes=others if process in others else (*others, process),
            )
    return list(found.values())
