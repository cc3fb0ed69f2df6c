"""A day that is still to come made better by night: work ends earlier, loads are level, vehicles meet who knows them.

Nothing that was promised moves: no work begins before its vehicle is there, none ends later than now unless time for
the papers is left before the promised hour, and no visit leaves its day.
"""

import random
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from corsia.workshop.rules.day import Day, Placed
from corsia.workshop.rules.grid import run_bits, runs_of
from corsia.workshop.rules.problem import Goal, Problem, faults, tidiness
from corsia.workshop.rules.promise import PAPERS
from corsia.workshop.rules.situation import Situation, placed_at, situation
from corsia.workshop.rules.solver import Limits, solve
from corsia.workshop.rules.stated import PlacedVisits, Stated

CHANGE: Final = 15  # minutes that ends must gain before work changes hands
STRANGER: Final = 20  # minutes later that work may end if somebody does it who knows the vehicle
LEVEL: Final = 3  # minutes of ends for each minute of the heaviest load
ROOM: Final = 60  # minutes in a row that can still be booked
LEAST_GAIN: Final = 60  # minutes of ends, below which nobody is asked to read a proposal
_PAPERS: Final = int(PAPERS.total_seconds()) // 60
_WHOLE: Final = 900  # ways up to which a day is searched as one
_HANDS: Final = 5  # technicians who are freed at once in a larger day
_SEED: Final = 1


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long a day may be searched: `work` ends it on a machine that is quiet enough, `seconds` on any."""

    search: Limits
    parts: int
    seconds: float


NIGHTLY: Final = Patience(search=Limits(seconds=20.0, work=1.0), parts=24, seconds=60.0)


@dataclass(frozen=True, kw_only=True)
class Figures:
    """A day's plan in minutes.

    Attributes:
        ends: when each vehicle's work ends, added up.
        latest: when the last work ends.
        room: in stretches that are long enough to book something.
        heaviest, lightest: load of a technician who is there.
        known: pieces of work in hands that know the vehicle.
    """

    ends: int
    latest: int
    room: int
    heaviest: int
    lightest: int
    known: int


@dataclass(frozen=True, kw_only=True)
class Tidied:
    """What the night found; nothing is moved where `placed` is empty."""

    placed: tuple[Placed, ...]
    before: Figures
    after: Figures
    is_proven: bool
    seconds: float


def tidy(
    day: Day,
    *,
    knows: Mapping[int, frozenset[int]],
    patience: Patience = NIGHTLY,
    least_gain: int = LEAST_GAIN,
) -> Tidied:
    """Return a better plan of a day that has not begun.

    Args:
        knows: technicians who worked on the vehicle of a visit before.
        least_gain: in minutes of ends; what gains less is left as it is.
    """
    began = time.perf_counter()
    whole = situation(day, [])
    now = _as_planned(whole)
    free = frozenset(visit for visit in now if _is_sound(whole, visit, now))
    found = _with_only(whole, now, free)
    start = {visit: now[visit] for visit in free}
    placed, is_proven = _searched(found, start, start, knows, patience, until=began + patience.seconds)
    gain = _cost(found, start, start, knows) - _cost(found, placed, start, knows)
    if gain < least_gain:
        placed = start
    figures = [_figures(whole, {**now, **one}, knows) for one in (start, placed)]
    moved = tuple(
        step
        for visit, steps in sorted(placed.items())
        for step, before in zip(steps, start[visit], strict=True)
        if step != before
    )
    return Tidied(
        placed=moved, before=figures[0], after=figures[1], is_proven=is_proven, seconds=time.perf_counter() - began
    )


def _as_planned(found: Situation) -> dict[int, tuple[Placed, ...]]:
    return {
        visit: tuple(
            placed_at(todo, start=todo.planned, technician=todo.step.technician, bay=todo.step.bay) for todo in todos
        )
        for visit, todos in found.todo.items()
    }


def _is_sound(found: Situation, visit: int, now: PlacedVisits) -> bool:
    """Tell whether a visit can be carried out as it is planned: what cannot is for somebody awake."""
    ready = found.ready[visit]
    for todo, step in zip(found.todo[visit], now[visit], strict=True):
        run = run_bits(step.start, step.end - step.start)
        hands, bay = found.technicians.get(step.technician), found.bays.get(step.bay)
        if (
            step.start < ready
            or step.end > found.day.closes
            or hands is None
            or todo.step.skill not in hands.skills
            or found.free_technicians[step.technician] & run != run
            or bay is None
            or bay.kind != todo.step.bay_kind
            or found.free_bays[step.bay] & run != run
        ):
            return False
        ready = step.end
    return True


def _with_only(found: Situation, placed: PlacedVisits, freed: frozenset[int]) -> Situation:
    """Return the situation in which nothing but those visits can be moved."""
    technicians, bays = dict(found.free_technicians), dict(found.free_bays)
    for visit in placed.keys() - freed:
        for step in placed[visit]:
            run = run_bits(step.start, step.end - step.start)
            technicians[step.technician] = technicians.get(step.technician, 0) & ~run
            bays[step.bay] = bays.get(step.bay, 0) & ~run
    todo = {visit: found.todo[visit] for visit in sorted(freed)}
    return replace(found, todo=todo, free_technicians=technicians, free_bays=bays)


def _searched(
    found: Situation,
    placed: PlacedVisits,
    start: PlacedVisits,
    knows: Mapping[int, frozenset[int]],
    patience: Patience,
    *,
    until: float,
) -> tuple[PlacedVisits, bool]:
    """Return the best that is found and whether that is proven; a large day a few technicians at a time."""
    if not placed:
        return placed, True
    stated = Stated.of(found)
    if sum(map(len, stated.ways.values())) <= _WHOLE:
        return _solved(stated, placed, start, knows, patience.search)
    chance = random.Random(_SEED)  # noqa: S311 (nothing secret: the same parts every time)
    hands = sorted({step.technician for steps in placed.values() for step in steps})
    for _ in range(patience.parts):
        if time.perf_counter() > until:
            break
        chosen = set(chance.sample(hands, min(_HANDS, len(hands))))
        freed = frozenset(visit for visit, steps in placed.items() if all(one.technician in chosen for one in steps))
        if not freed:
            continue
        part = _with_only(found, placed, freed)
        own = {visit: placed[visit] for visit in freed}
        better, _proven = _solved(Stated.of(part), own, start, knows, patience.search, only=chosen)
        placed = {**placed, **better}
    return placed, False


def _solved(
    stated: Stated,
    placed: PlacedVisits,
    start: PlacedVisits,
    knows: Mapping[int, frozenset[int]],
    limits: Limits,
    *,
    only: Iterable[int] = (),
) -> tuple[PlacedVisits, bool]:
    problem = _problem(stated, start, knows, only=frozenset(only))
    plan = stated.plan_of(placed)
    if faults(problem, plan):
        return placed, False
    result = solve(problem, goal=Goal.TIDINESS, limits=limits, start=plan, harm_at_most=0)
    if result.objective is None or result.objective >= tidiness(problem, plan):
        return placed, result.status == "optimal"
    better = stated.visits_of(result.plan)
    return (better, result.status == "optimal") if better is not None else (placed, False)


def _problem(
    stated: Stated, start: PlacedVisits, knows: Mapping[int, frozenset[int]], *, only: frozenset[int]
) -> Problem:
    """State what the night looks for; promises and the day itself are kept as they are."""
    found, technicians = stated.found, sorted(stated.found.technicians)
    jobs = []
    for number, visit in enumerate(stated.jobs):
        job, facts = stated.problem.jobs[number], found.visits[visit]
        end = start[visit][-1].end
        latest = found.day.closes if facts.promised_at is None else facts.promised_at - _PAPERS
        operations = []
        for place, operation in enumerate(job.operations):
            planned = start[visit][place].technician
            ways = tuple(
                replace(way, cost=_way_cost(hand, planned, knows.get(visit, frozenset())))
                for way, (hand, _pool) in zip(operation.ways, stated.ways[number, place], strict=True)
            )
            operations.append(replace(operation, ways=ways, planned=None))
        jobs.append(
            replace(
                job,
                operations=tuple(operations),
                deadline=min(found.day.closes, max(end, latest)),
                late_cost=1,
                drop_cost=None,
                end_cost=1,
            )
        )
    loads = _fixed_loads(stated)
    resources = tuple(
        replace(one, load=loads[technicians[number]])
        if number < len(technicians) and (not only or technicians[number] in only)
        else one
        for number, one in enumerate(stated.problem.resources)
    )
    return replace(stated.problem, jobs=tuple(jobs), resources=resources, level_cost=LEVEL)


def _fixed_loads(stated: Stated) -> dict[int, int]:
    """Return how long each technician is not free besides what is planned here, of the time they are there."""
    found = stated.found
    return {
        number: max(0, _there(found, number) - found.free_technicians[number].bit_count())
        for number in found.technicians
    }


def _there(found: Situation, technician: int) -> int:
    return sum(min(end, found.day.closes) - start for start, end in found.technicians[technician].free)


def _way_cost(hand: int, planned: int, knowing: frozenset[int]) -> int:
    return CHANGE * (hand != planned) + STRANGER * (bool(knowing) and hand not in knowing)


def _cost(found: Situation, placed: PlacedVisits, start: PlacedVisits, knows: Mapping[int, frozenset[int]]) -> int:
    loads: dict[int, int] = defaultdict(int)
    total = 0
    for visit, steps in placed.items():
        total += steps[-1].end
        for step, before in zip(steps, start[visit], strict=True):
            total += _way_cost(step.technician, before.technician, knows.get(visit, frozenset()))
            loads[step.technician] += step.end - step.start
    return total + LEVEL * max(loads.values(), default=0)


def _figures(found: Situation, placed: PlacedVisits, knows: Mapping[int, frozenset[int]]) -> Figures:
    free, loads = dict(found.free_technicians), dict.fromkeys(found.technicians, 0)
    for steps in placed.values():
        for step in steps:
            free[step.technician] = free.get(step.technician, 0) & ~run_bits(step.start, step.end - step.start)
            loads[step.technician] = loads.get(step.technician, 0) + step.end - step.start
    there = [load for number, load in loads.items() if number in found.technicians and _there(found, number)]
    stretches = [end - start for bits in free.values() for start, end in runs_of(bits)]
    return Figures(
        ends=sum(steps[-1].end for steps in placed.values()),
        latest=max((steps[-1].end for steps in placed.values()), default=0),
        room=sum(one for one in stretches if one >= ROOM),
        heaviest=max(there, default=0),
        lightest=min(there, default=0),
        known=sum(step.technician in knows.get(visit, ()) for visit, steps in placed.items() for step in steps),
    )
