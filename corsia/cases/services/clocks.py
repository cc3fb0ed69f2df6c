"""The running promises of one locked case: changed in memory, written together."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from corsia.cases.models import Alarm, Case, Deadline, Segment
from corsia.cases.rules import clocks as rules
from corsia.cases.services.alarms import raise_overdue
from corsia.cases.vocabulary import NEVER, ClockKind, Holder
from corsia.organisation.queries import tree
from corsia.organisation.working_time import WorkingHours, between

_FIELDS = [
    "limit_minutes",
    "due_at",
    "warn_at",
    "left_seconds",
    "met_at",
    "dropped_at",
    "missed_at",
]


@dataclass
class Clocks:
    """The deadlines of a case that are neither met nor dropped. Nothing is written before `save`."""

    case: Case
    hours: WorkingHours
    running: list[Deadline] = field(default_factory=list)
    _fresh: list[Deadline] = field(default_factory=list)
    _changed: list[Deadline] = field(default_factory=list)
    _missed: list[Deadline] = field(default_factory=list)

    @classmethod
    def of(cls, case: Case, hours: WorkingHours) -> "Clocks":
        """Read the running deadlines of a case whose row is locked."""
        rows = Deadline.objects.filter(case=case, met_at=None, dropped_at=None)
        return cls(case=case, hours=hours, running=list(rows))

    def get(self, kind: ClockKind) -> Deadline | None:
        return next((row for row in self.running if row.clock == kind), None)

    def start(self, kind: ClockKind, *, limit_minutes: int | None, now: datetime, phase_id: int | None = None) -> None:
        """Start a clock unless it runs already or has no limit."""
        if limit_minutes is None or self.get(kind) is not None:
            return
        if self.case.holder == Holder.US:
            promise = rules.started(self.hours, at=now, limit_minutes=limit_minutes)
        else:
            promise = rules.waiting(limit_minutes=limit_minutes)
        row = Deadline(case=self.case, clock=kind, phase_id=phase_id, limit_minutes=limit_minutes, started_at=now)
        _apply(row, promise)
        self.running.append(row)
        self._fresh.append(row)

    def meet(self, *kinds: ClockKind, now: datetime) -> None:
        """End clocks whose promise was kept, in time or late."""
        self._end(kinds, "met_at", now)

    def drop(self, *kinds: ClockKind, now: datetime) -> None:
        """End clocks that became pointless; what was left is kept, so that taking it back can go on from there."""
        self.pause(now=now, only=kinds)
        self._end(kinds, "dropped_at", now)

    def pause(self, *, now: datetime, only: Iterable[ClockKind] | None = None) -> None:
        """Stop spending: the case leaves our hands."""
        wanted = set(ClockKind if only is None else only)
        for row in self.running:
            if row.clock in wanted and row.due_at is not None:
                self._find_broken(row, now)
                _apply(row, rules.paused(self.hours, due_at=row.due_at, at=now))
                self._note(row)

    def resume(self, *, now: datetime) -> None:
        """Go on spending: the case is in our hands again."""
        for row in self.running:
            if row.left_seconds is not None:
                _apply(
                    row,
                    rules.resumed(self.hours, at=now, left_seconds=row.left_seconds, limit_minutes=row.limit_minutes),
                )
                self._note(row)

    def go_on_under(self, hours: WorkingHours, *, now: datetime) -> None:
        """Let what is left be counted by the hours of another unit. A promise already broken stays as it was."""
        for row in self.running:
            if row.due_at is not None and row.due_at > now and row.missed_at is None:
                promise = rules.moved(self.hours, hours, due_at=row.due_at, limit_minutes=row.limit_minutes, at=now)
                _apply(row, promise)
                self._note(row)
        self.hours = hours

    def relimit(self, limits: dict[ClockKind, int | None], *, now: datetime) -> None:
        """Give running clocks the limits of another priority. A promise already broken stays as it was."""
        ours: dict[int | None, list[rules.Period]] | None = None
        for row in self.running:
            minutes = limits.get(ClockKind(row.clock))
            broken = row.missed_at is not None or (row.due_at is not None and row.due_at <= now)
            if minutes is None or minutes == row.limit_minutes or broken:
                continue
            if ours is None:
                ours = self._ours()
            row.limit_minutes = minutes
            promise = rules.relimited(
                self.hours,
                started_at=row.started_at,
                limit_minutes=minutes,
                ours=ours.get(None, []),
                is_ours=self.case.holder == Holder.US,
                now=now,
                elsewhere=sum(
                    (
                        rules.spent(tree().hours(unit_id), since=row.started_at, until=now, ours=periods)
                        for unit_id, periods in ours.items()
                        if unit_id is not None
                    ),
                    timedelta(0),
                ),
            )
            _apply(row, promise)
            self._note(row)

    def take_back(self, rows: list[Deadline]) -> None:
        """Let dropped clocks run again, paused: `resume` follows when the case is in our hands."""
        for row in rows:
            row.dropped_at = None
            self.running.append(row)
            self._note(row)

    def save(self, *, now: datetime) -> None:
        """Write what changed, raise the alarm for promises found broken, and set the case's `due_at` (not saved)."""
        if self._changed:  # first: a clock of the same kind may take the place of one that ends here
            Deadline.objects.bulk_update(self._changed, _FIELDS)
        if self._fresh:
            Deadline.objects.bulk_create(self._fresh)
        if self._missed:
            raise_overdue(self._missed, now=now)
        over = [row.pk for row in self._changed if _is_over(row) and (row.warned_at or row.missed_at)]
        if over:
            Alarm.objects.filter(deadline_id__in=over, cleared_at=None).update(cleared_at=now)
        due = [row.due_at for row in self.running if row.due_at is not None]
        self.case.due_at = min(due, default=NEVER)

    def _ours(self) -> dict[int | None, list[rules.Period]]:
        """Return the stretches in our hands by the unit whose hours counted them, None for the case's own."""
        ours: dict[int | None, list[rules.Period]] = defaultdict(list)
        held = Segment.objects.filter(case=self.case, holder=Holder.US)
        for unit_id, begin, end in held.values_list("past_unit_id", "started_at", "ended_at"):
            ours[unit_id].append((begin, end))
        return ours

    def _end(self, kinds: Iterable[ClockKind], how: str, now: datetime) -> None:
        for row in [row for row in self.running if row.clock in set(kinds)]:
            self._find_broken(row, now)
            setattr(row, how, now)
            self.running.remove(row)
            self._note(row)

    def _find_broken(self, row: Deadline, now: datetime) -> None:
        # The minute job may not have come by yet: whoever stops a clock first says that it was broken.
        if row.due_at is not None and row.due_at < now and row.missed_at is None:
            row.missed_at = row.due_at
            self._missed.append(row)
            self._note(row)

    def _note(self, row: Deadline) -> None:
        if row not in self._fresh and row not in self._changed:
            self._changed.append(row)


def pass_to(case: Case, holder: Holder, *, hours: WorkingHours, reason: str, now: datetime) -> None:
    """End the segment of who held the case and begin the next holder's, at the same instant (case not saved)."""
    end_segment(case, hours=hours, now=now)
    begin_segment(case, holder, reason=reason, now=now)


def begin_segment(case: Case, holder: Holder, *, reason: str = "", now: datetime) -> None:
    """Begin a stretch of the case in a holder's hands."""
    case.holder = holder
    Segment.objects.create(case=case, holder=holder, started_at=now, reason=reason[:200])


def end_segment(case: Case, *, hours: WorkingHours, now: datetime) -> None:
    """End the stretch that is going on and write down how much working time it took."""
    segment = Segment.objects.get(case=case, ended_at=None)
    segment.ended_at = now
    segment.working_seconds = int(between(hours, segment.started_at, now).total_seconds())
    segment.save(update_fields=["ended_at", "working_seconds"])


def _apply(row: Deadline, promise: rules.Promise) -> None:
    row.due_at, row.warn_at, row.left_seconds = promise.due_at, promise.warn_at, promise.left_seconds


def _is_over(row: Deadline) -> bool:
    return row.met_at is not None or row.dropped_at is not None
