"""Everything the page of one case shows, in a fixed number of statements."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from corsia.cases.models import Alarm, Case, CaseLink, Deadline, Segment, Tag, Task, Watcher
from corsia.cases.queries.definitions import PhaseDefinition
from corsia.cases.queries.heads import CaseHead, case_head
from corsia.cases.vocabulary import Holder
from corsia.customers.models import Holding
from corsia.kernel.models import AuditEntry
from corsia.organisation.queries import Tree
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


@dataclass(frozen=True)
class CasePage:
    """What the page shows beside the messages."""

    head: CaseHead
    steps: tuple[Step, ...]
    stretches: tuple[Stretch, ...]
    totals: tuple[HolderTotal, ...]
    deadlines: tuple[Deadline, ...]
    alarms: tuple[Alarm, ...]
    tasks: tuple[Task, ...]
    tags: tuple[str, ...]
    watchers: tuple[Watcher, ...]
    links: tuple[tuple[str, Case], ...]  # how it belongs, and the other case
    children: tuple[Case, ...]
    absorbed: tuple[Case, ...]
    history: tuple[AuditEntry, ...]

    @property
    def open_tasks(self) -> int:
        return sum(1 for task in self.tasks if task.done_at is None)


def case_page(case_id: int, *, organisation: Tree, now: datetime) -> CasePage:
    """Return all of it.

    Raises:
        NotFound: no such case within the scope.
    """
    head = case_head(case_id)
    case = head.case
    segments = list(Segment.objects.filter(case=case).order_by("started_at", "pk"))
    stretches = _stretches(segments, hours=organisation.hours(case.unit_id), now=now)
    links = CaseLink.objects.filter(Q(source=case) | Q(target=case)).select_related("source__phase", "target__phase")
    family = list(Case.objects.filter(Q(parent=case) | Q(merged_into=case)).select_related("phase").order_by("pk"))
    return CasePage(
        head=head,
        steps=tuple(_steps(head)),
        stretches=tuple(stretches),
        totals=tuple(_totals(stretches)),
        deadlines=tuple(Deadline.objects.filter(case=case).select_related("phase").order_by("started_at", "pk")),
        alarms=tuple(Alarm.objects.filter(case=case, cleared_at=None).select_related("deadline").order_by("pk")),
        tasks=tuple(Task.objects.filter(case=case).select_related("assignee", "done_by").order_by("done_at", "due_at")),
        tags=tuple(Tag.objects.filter(case=case).order_by("label").values_list("label", flat=True)),
        watchers=tuple(Watcher.objects.filter(case=case).select_related("person").order_by("pk")),
        links=tuple((row.kind, row.target if row.source_id == case.pk else row.source) for row in links.order_by("pk")),
        children=tuple(row for row in family if row.parent_id == case.pk),
        absorbed=tuple(row for row in family if row.merged_into_id == case.pk),
        history=tuple(
            AuditEntry.objects.filter(object_kind=Case._meta.label_lower, object_id=case.pk).order_by("-pk")[:HISTORY]
        ),
    )


def vehicles_of(customer_id: int | None) -> list[Vehicle]:
    """Return the vehicles a customer owns, drives or pays for now."""
    if customer_id is None:
        return []
    held = Holding.objects.filter(customer_id=customer_id, until=None).values("vehicle_id")
    return list(Vehicle.objects.filter(pk__in=held).order_by("-pk")[:20])


def _steps(head: CaseHead) -> list[Step]:
    current = head.version.phase_of(head.case.phase_id)
    is_open = head.case.closed_at is None
    return [
        Step(
            phase=phase,
            is_current=phase.key == current.key,
            is_past=phase.position < current.position and not phase.end_kind,
            is_allowed=is_open and phase.key in current.goes_to,
        )
        for phase in head.version.phases
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
