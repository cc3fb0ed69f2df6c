"""Everything the page of one case shows, in a fixed number of statements."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from corsia.cases.models import Case, Deadline, Segment
from corsia.cases.queries.definitions import PhaseDefinition
from corsia.cases.queries.heads import CaseHead, head_with_deadlines
from corsia.cases.vocabulary import AlarmKind, Holder, TaskKind
from corsia.customers.models import Holding
from corsia.kernel.errors import NotFound
from corsia.kernel.models import AuditEntry
from corsia.kernel.statements import Statement
from corsia.organisation.queries import Tree
from corsia.organisation.vocabulary import Role
from corsia.organisation.working_time import WorkingHours, between
from corsia.vehicles.models import Vehicle

BAR = 1000  # units of width of the bar of segments
HISTORY = 60


@dataclass(frozen=True)
class Stretch:
    """A segment as the bar draws it: where it begins and how wide it is, in thousandths; elapsed and working time."""

    segment: Segment
    x: int
    width: int
    elapsed: timedelta
    working: timedelta

    @property
    def is_ours(self) -> bool:
        return self.segment.holder == Holder.US


@dataclass(frozen=True)
class HolderTotal:
    """How long one holder had the case in all."""

    holder: Holder
    elapsed: timedelta
    working: timedelta
    share_pct: int


@dataclass(frozen=True)
class Step:
    """A phase in the stepper: where the case is, and where it may go from here."""

    phase: PhaseDefinition
    is_current: bool
    is_past: bool
    is_allowed: bool


@dataclass(frozen=True, kw_only=True)
class TaskLine:
    """A task as the page shows it; names are "" for nobody."""

    id: int
    title: str
    is_callback: bool
    kind: str
    assignee: str
    role: str
    due_at: datetime | None
    done_at: datetime | None
    done_by: str

    @property
    def role_label(self) -> str:
        return str(Role(self.role).label) if self.role else ""

    @property
    def kind_label(self) -> str:
        """What kind of task it is, "" for a plain one."""
        return str(TaskKind(self.kind).label) if self.kind != TaskKind.TASK else ""


@dataclass(frozen=True, kw_only=True)
class Watching:
    """Somebody who watches the case."""

    person_id: int
    name: str


@dataclass(frozen=True, kw_only=True)
class OtherCase:
    """A case beside this one: its number, its subject, and the names of the phase it is in."""

    id: int
    subject: str
    name_it: str
    name_en: str


@dataclass(frozen=True)
class CasePage:
    """What the page shows beside the messages."""

    head: CaseHead
    steps: tuple[Step, ...]
    stretches: tuple[Stretch, ...]
    totals: tuple[HolderTotal, ...]
    deadlines: tuple[Deadline, ...]
    is_neglected: bool
    is_recovery: bool  # a forgotten customer was or is to be won back with it
    tasks: tuple[TaskLine, ...]
    tags: tuple[str, ...]
    watchers: tuple[Watching, ...]
    links: tuple[tuple[str, OtherCase], ...]  # how it belongs, and the other case
    children: tuple[OtherCase, ...]
    absorbed: tuple[OtherCase, ...]
    history: tuple[AuditEntry, ...]

    @property
    def open_tasks(self) -> int:
        return sum(1 for task in self.tasks if task.done_at is None)


# What hangs on a case is little and of many kinds: one statement brings it all.
_PERSON = "btrim({0}.first_name || ' ' || {0}.last_name)"
_OTHER = "'id', o.id, 'subject', o.subject, 'name_it', ph.name_it, 'name_en', ph.name_en"
_AROUND = Statement(
    f"""
    SELECT json_build_object(
        'is_neglected', EXISTS (SELECT FROM cases_alarm a
            WHERE a.case_id = c.id AND a.kind = %(neglected)s AND a.cleared_at IS NULL),
        'is_recovery', EXISTS (SELECT FROM cases_recoveryitem r WHERE r.case_id = c.id),
        'tags', ARRAY(SELECT label FROM cases_tag WHERE case_id = c.id ORDER BY label),
        'tasks', ARRAY(SELECT json_build_object('id', t.id, 'title', t.title, 'is_callback', t.is_callback,
                'kind', t.kind,
                'assignee', COALESCE({_PERSON.format("a")}, ''), 'role', t.role, 'due_at', t.due_at,
                'done_at', t.done_at, 'done_by', COALESCE({_PERSON.format("d")}, ''))
            FROM cases_task t LEFT JOIN organisation_person a ON a.id = t.assignee_id
            LEFT JOIN organisation_person d ON d.id = t.done_by_id
            WHERE t.case_id = c.id ORDER BY t.done_at, t.due_at, t.id),
        'watchers', ARRAY(SELECT json_build_object('person_id', w.person_id, 'name', {_PERSON.format("p")})
            FROM cases_watcher w JOIN organisation_person p ON p.id = w.person_id
            WHERE w.case_id = c.id ORDER BY w.id),
        'links', ARRAY(SELECT json_build_object('how', l.kind, {_OTHER})
            FROM cases_caselink l
            JOIN cases_case o ON o.id = CASE l.source_id WHEN c.id THEN l.target_id ELSE l.source_id END
            JOIN cases_phase ph ON ph.id = o.phase_id
            WHERE (l.source_id = c.id OR l.target_id = c.id) AND {{within}} ORDER BY l.id),
        'children', ARRAY(SELECT json_build_object({_OTHER})
            FROM cases_case o JOIN cases_phase ph ON ph.id = o.phase_id
            WHERE o.parent_id = c.id AND {{within}} ORDER BY o.id),
        'absorbed', ARRAY(SELECT json_build_object({_OTHER})
            FROM cases_case o JOIN cases_phase ph ON ph.id = o.phase_id
            WHERE o.merged_into_id = c.id AND {{within}} ORDER BY o.id))::text
    FROM cases_case c WHERE c.id = %(case)s
    """,
    column="o.unit_id",
)


def case_page(case_id: int, *, organisation: Tree, now: datetime) -> CasePage:
    """Return all of it.

    Raises:
        NotFound: no such case within the scope.
    """
    head, deadlines = head_with_deadlines(case_id)
    case = head.case
    segments = list(Segment.objects.filter(case=case).order_by("started_at", "pk"))
    stretches = _stretches(segments, hours=organisation.hours(case.unit_id), now=now)
    around = _around(case.pk)
    return CasePage(
        head=head,
        steps=tuple(_steps(head)),
        stretches=tuple(stretches),
        totals=tuple(_totals(stretches)),
        deadlines=deadlines,
        is_neglected=around["is_neglected"],
        is_recovery=around["is_recovery"],
        tasks=tuple(_task(row) for row in around["tasks"]),
        tags=tuple(around["tags"]),
        watchers=tuple(Watching(**row) for row in around["watchers"]),
        links=tuple((row.pop("how"), OtherCase(**row)) for row in around["links"]),
        children=tuple(OtherCase(**row) for row in around["children"]),
        absorbed=tuple(OtherCase(**row) for row in around["absorbed"]),
        history=tuple(
            AuditEntry.objects.filter(object_kind=Case._meta.label_lower, object_id=case.pk).order_by("-pk")[:HISTORY]
        ),
    )


def _around(case_id: int) -> dict[str, Any]:
    found = _AROUND.rows(case=case_id, neglected=AlarmKind.NEGLECTED.value)
    if not found:
        raise NotFound(kind=Case._meta.label)
    around: dict[str, Any] = json.loads(found[0][0])
    return around


def _task(row: dict[str, Any]) -> TaskLine:
    moments = {name: datetime.fromisoformat(row[name]) if row[name] else None for name in ("due_at", "done_at")}
    return TaskLine(**{**row, **moments})


def vehicles_of(customer_id: int | None) -> list[Vehicle]:
    """Return the vehicles a customer owns, drives or pays for now."""
    if customer_id is None:
        return []
    held = Holding.objects.filter(customer_id=customer_id, until=None).values("vehicle_id")
    return list(Vehicle.objects.filter(pk__in=held).order_by("-pk")[:20])


def _steps(head: CaseHead) -> list[Step]:
    current = head.version.phase_of(head.case.phase_id)
    is_open = head.case.closed_at is None
    channel = head.case.purchase_channel
    ways_out = current.ways_for(channel)
    concerned = head.version.phases_for(channel) if channel else {phase.key for phase in head.version.phases}
    return [
        Step(
            phase=phase,
            is_current=phase.key == current.key,
            is_past=phase.position < current.position and not phase.end_kind,
            is_allowed=is_open and phase.key in ways_out,
        )
        for phase in head.version.phases
        if phase.key in concerned or phase.key == current.key
    ]


def _stretches(segments: list[Segment], *, hours: WorkingHours, now: datetime) -> list[Stretch]:
    lengths = [(segment.ended_at or now) - segment.started_at for segment in segments]
    whole = sum(lengths, timedelta(0)) or timedelta(seconds=1)
    stretches, passed = [], timedelta(0)
    for segment, length in zip(segments, lengths, strict=True):
        begin, end = passed * BAR // whole, (passed + length) * BAR // whole
        passed += length
        if segment.working_seconds is not None:
            working = timedelta(seconds=segment.working_seconds)
        else:
            working = between(hours, segment.started_at, now)
        stretches.append(Stretch(segment=segment, x=begin, width=max(2, end - begin), elapsed=length, working=working))
    return stretches


def _totals(stretches: list[Stretch]) -> list[HolderTotal]:
    whole = sum((one.elapsed for one in stretches), timedelta(0)) or timedelta(seconds=1)
    totals = []
    for holder in Holder:
        mine = [one for one in stretches if one.segment.holder == holder]
        if mine:
            elapsed = sum((one.elapsed for one in mine), timedelta(0))
            working = sum((one.working for one in mine), timedelta(0))
            totals.append(
                HolderTotal(holder=holder, elapsed=elapsed, working=working, share_pct=round(100 * (elapsed / whole)))
            )
    return totals
