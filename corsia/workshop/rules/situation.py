"""A day with what came in between: what stands, what is to be placed, and who and what is free when."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Self

from corsia.workshop.rules.day import (
    BayDay,
    Day,
    Disturbance,
    Overrun,
    PartLate,
    Placed,
    Reason,
    Step,
    TechnicianAbsent,
    TechnicianDay,
    VisitOfDay,
)
from corsia.workshop.rules.grid import run_bits
from corsia.workshop.rules.problem import Span

_FAR: Final = 10**9


@dataclass(frozen=True, kw_only=True)
class Todo:
    """A step that has not begun, or the rest of one whose technician has left.

    Attributes:
        reason: what is wrong with where it stands, by itself.
    """

    step: Step
    minutes: int
    planned: int
    is_rest: bool
    reason: Reason | None


@dataclass(frozen=True, kw_only=True)
class Situation:
    """A day with what came in between: what stands, what is to be placed, and the free minutes as bits.

    Attributes:
        fixed: what was begun, as long as it takes now.
        todo: of each visit, in its order; a visit without anything to do is not there.
        ready: when the next step of each visit may begin.
    """

    day: Day
    fixed: tuple[Placed, ...]
    todo: Mapping[int, tuple[Todo, ...]]
    ready: Mapping[int, int]
    visits: Mapping[int, VisitOfDay]
    technicians: Mapping[int, TechnicianDay]
    bays: Mapping[int, BayDay]
    free_technicians: Mapping[int, int]
    free_bays: Mapping[int, int]
    part_until: Mapping[int, int]
    overrun: frozenset[int]

    @property
    def unfinished(self) -> frozenset[int]:
        """Visits whose begun work alone goes on after closing."""
        return frozenset(placed.visit for placed in self.fixed if placed.end > self.day.closes)


@dataclass(frozen=True, kw_only=True)
class _Came:
    """What came in between: since when who is absent, how much longer steps take, until when parts are missing."""

    absent: dict[int, int]
    more: dict[tuple[int, int], int]
    parts: dict[int, int]

    @classmethod
    def of(cls, disturbances: Iterable[Disturbance]) -> Self:
        came = cls(absent={}, more={}, parts={})
        for one in disturbances:
            match one:
                case TechnicianAbsent():
                    came.absent[one.technician] = min(one.since, came.absent.get(one.technician, _FAR))
                case Overrun():
                    key = one.visit, one.order
                    came.more[key] = came.more.get(key, 0) + one.minutes
                case PartLate():
                    came.parts[one.visit] = max(one.until, came.parts.get(one.visit, 0))
        return came


def situation(day: Day, disturbances: Iterable[Disturbance]) -> Situation:
    """Put together what a day looks like after what came in between."""
    came = _Came.of(disturbances)
    fixed: list[Placed] = []
    todo: dict[int, list[Todo]] = {}
    for step in sorted(day.steps, key=lambda step: (step.visit, step.order)):
        minutes = max(1, step.minutes + came.more.get((step.visit, step.order), 0))
        begun, rest = _divided(step, minutes, came.absent.get(step.technician, _FAR))
        if begun:
            fixed.append(_begun(step, begun))
        if rest:
            todo.setdefault(step.visit, []).append(_todo(day, step, begun, rest, came))
    visits = {visit.visit: visit for visit in day.visits}
    ready = {number: max(day.now, visit.here_from, came.parts.get(number, 0)) for number, visit in visits.items()}
    for placed in fixed:
        ready[placed.visit] = max(ready[placed.visit], placed.end)
    technicians = {one.technician: one for one in day.technicians}
    bays = {one.bay: one for one in day.bays}
    free_technicians = {
        number: _bits(one.free, day) & run_bits(0, max(0, came.absent.get(number, day.closes)))
        for number, one in technicians.items()
    }
    free_bays = {number: _bits(one.free, day) for number, one in bays.items()}
    for placed in fixed:
        taken = run_bits(placed.start, placed.end - placed.start)
        free_technicians[placed.technician] = free_technicians.get(placed.technician, 0) & ~taken
        free_bays[placed.bay] = free_bays.get(placed.bay, 0) & ~taken
    return Situation(
        day=day,
        fixed=tuple(fixed),
        todo={visit: tuple(steps) for visit, steps in todo.items()},
        ready=ready,
        visits=visits,
        technicians=technicians,
        bays=bays,
        free_technicians=free_technicians,
        free_bays=free_bays,
        part_until=came.parts,
        overrun=frozenset(visit for visit, _ in came.more),
    )


def _begun(step: Step, minutes: int) -> Placed:
    return Placed(
        visit=step.visit,
        order=step.order,
        technician=step.technician,
        bay=step.bay,
        start=step.start,
        end=step.start + minutes,
    )


def placed_at(todo: Todo, *, start: int, technician: int, bay: int) -> Placed:
    """Return a step put there."""
    return Placed(
        visit=todo.step.visit,
        order=todo.step.order,
        technician=technician,
        bay=bay,
        start=start,
        end=start + todo.minutes,
        is_rest=todo.is_rest,
    )


def _divided(step: Step, minutes: int, absent_since: int) -> tuple[int, int]:
    """Return how many minutes were begun and stand, and how many are left to be placed."""
    if not step.is_begun:
        return 0, minutes
    begun = min(minutes, max(0, absent_since - step.start))
    return begun, minutes - begun


def _todo(day: Day, step: Step, begun: int, rest: int, came: _Came) -> Todo:
    planned, reason = step.start + begun, None
    if came.absent.get(step.technician, _FAR) < planned + rest:
        reason = Reason.TECHNICIAN_ABSENT
    elif planned < came.parts.get(step.visit, 0):
        reason = Reason.PART_LATE
    elif (step.visit, step.order) in came.more:
        reason = Reason.OVERRUN
    elif planned < day.now:
        reason = Reason.RUNNING_LATE
    return Todo(step=step, minutes=rest, planned=planned, is_rest=begun > 0, reason=reason)


def _bits(spans: Iterable[Span], day: Day) -> int:
    bits = 0
    for start, end in spans:
        begins = max(0, start)
        bits |= run_bits(begins, min(end, day.closes) - begins)
    return bits
