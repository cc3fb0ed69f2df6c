"""The map of roles: who is responsible for what, who does it, who is asked, who is told, and where nobody is."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import pgettext_lazy

from corsia.cases.queries.definitions import PhaseDefinition, Startable, definition, startable
from corsia.cases.vocabulary import Part
from corsia.organisation.models import Membership
from corsia.organisation.queries import Tree
from corsia.organisation.vocabulary import Role

LETTERS = {
    Part.RESPONSIBLE: pgettext_lazy("letter of the map of roles: responsible", "R"),
    Part.DOES: pgettext_lazy("letter of the map of roles: does it", "D"),
    Part.CONSULTED: pgettext_lazy("letter of the map of roles: consulted", "C"),
    Part.INFORMED: pgettext_lazy("letter of the map of roles: informed", "I"),
}


@dataclass(frozen=True)
class Cell:
    """The parts a role has, as letters, and whether it is needed where nobody holds it."""

    parts: tuple[Part, ...]
    is_hole: bool

    @property
    def letters(self) -> str:
        return " ".join(str(LETTERS[part]) for part in self.parts)

    @property
    def words(self) -> str:
        return ", ".join(str(part.label) for part in self.parts)


@dataclass(frozen=True)
class PhaseLine:
    """A phase and the part of each role in it, in the order of the columns."""

    phase: PhaseDefinition
    cells: tuple[Cell, ...]
    has_doer: bool  # somebody in the unit holds a role that does it


@dataclass(frozen=True)
class ProcessLine:
    """A process: its roles over all phases, and its phases."""

    process: Startable
    cells: tuple[Cell, ...]
    phases: tuple[PhaseLine, ...]
    holes: int  # phases that nobody in the unit does


@dataclass(frozen=True)
class Column:
    """A role and the people who hold it in the unit, above or below it, by name."""

    role: Role
    people: tuple[str, ...]


@dataclass(frozen=True)
class RolesMap:
    """The whole map for one unit."""

    columns: tuple[Column, ...]
    processes: tuple[ProcessLine, ...]
    holes: int


def roles_map(unit_id: int, *, organisation: Tree, now: datetime) -> RolesMap:
    """Return the map of the processes in use at a unit, with the people who hold the roles there."""
    processes = startable(unit_id)
    used = {row.role for process in processes for phase in definition(process.version_id).phases for row in phase.roles}
    roles = [role for role in Role if role in used]
    people = _people(unit_id, used, organisation=organisation, now=now)
    lines = tuple(_process_line(process, roles, people) for process in processes)
    return RolesMap(
        columns=tuple(Column(role=role, people=tuple(people[role])) for role in roles),
        processes=lines,
        holes=sum(line.holes for line in lines),
    )


def _process_line(process: Startable, roles: list[Role], people: dict[str, list[str]]) -> ProcessLine:
    phases = []
    whole: dict[str, set[str]] = defaultdict(set)
    for phase in definition(process.version_id).phases:
        if phase.end_kind:
            continue
        parts: dict[str, set[str]] = defaultdict(set)
        for row in phase.roles:
            parts[row.role].add(row.part)
            whole[row.role].add(row.part)
        doers = phase.roles_that(Part.DOES)
        phases.append(
            PhaseLine(
                phase=phase,
                cells=tuple(_cell(parts[role], people[role]) for role in roles),
                has_doer=any(people[role] for role in doers),
            )
        )
    return ProcessLine(
        process=process,
        cells=tuple(_cell(whole[role], people[role]) for role in roles),
        phases=tuple(phases),
        holes=sum(1 for line in phases if not line.has_doer),
    )


def _cell(parts: set[str], holders: list[str]) -> Cell:
    needed = {Part.RESPONSIBLE, Part.DOES} & parts
    return Cell(parts=tuple(part for part in Part if part in parts), is_hole=bool(needed) and not holders)


def _people(unit_id: int, roles: set[str], *, organisation: Tree, now: datetime) -> dict[str, list[str]]:
    path = organisation.unit(unit_id).path
    units = {unit.pk for unit in organisation.chain(unit_id)}
    units |= {pk for pk, unit in organisation.units.items() if unit.path.startswith(path)}
    today = timezone.localtime(now, organisation.time_zone(unit_id)).date()
    held = (
        Membership.objects.filter(
            Q(until=None) | Q(until__gt=today),
            unit_id__in=units,
            role__in=roles,
            since__lte=today,
            person__is_active=True,
        )
        .select_related("person")
        .order_by("person__last_name", "person__first_name", "person_id")
    )
    people: dict[str, list[str]] = defaultdict(list)
    for membership in held:
        if membership.person.full_name not in people[membership.role]:
            people[membership.role].append(membership.person.full_name)
    return people
