"""What to do when a workshop's day does not go as planned: the proposal that harms least.

A quick repair comes first. The solver starts from it and looks for less harm, then for less effort at that harm. The
day of a large workshop is too much to be searched through in seconds: there it frees a few technicians at a time and
plans their work anew, which found less harm in the same time than one search. What was begun never moves.
"""

import random
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from corsia.workshop.rules.day import (
    Day,
    Disturbance,
    Move,
    Placed,
    Postponed,
    Proposal,
    Reason,
)
from corsia.workshop.rules.grid import run_bits
from corsia.workshop.rules.problem import Goal, harm
from corsia.workshop.rules.repair import harm_of, repair, told_of
from corsia.workshop.rules.situation import Situation, placed_at, situation
from corsia.workshop.rules.solver import Limits, Status, solve
from corsia.workshop.rules.stated import PlacedVisits, Stated, fits


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long may be searched. On a quiet machine the work ends first: proposals are the same each time.

    Attributes:
        search: each search, of which there are two where there is harm to be lessened.
        parts: how many parts of a day are planned anew.
        seconds: by the clock; no further part is begun after them.
    """

    search: Limits
    parts: int
    seconds: float


USUAL: Final = Patience(search=Limits(seconds=5.0, work=0.05), parts=8, seconds=20.0)
_WHOLE: Final = 500  # ways to do what is to be done, up to which a day is searched through as one
_SEED: Final = 1
_HELPERS: Final = 3  # technicians who are freed with those of a visit that moved


def replan(day: Day, disturbances: Iterable[Disturbance], *, patience: Patience = USUAL) -> Proposal:
    """Return the least harmful way on that is found.

    Raises:
        KeyError: a step is of a visit that is not among the day's.
    """
    began = time.perf_counter()
    found = situation(day, disturbances)
    quick = repair(found)
    placed, is_proven = _searched(found, quick, patience.search)
    if not is_proven:
        placed = _in_parts(found, placed, patience, until=began + patience.seconds)
    is_repair = harm_of(found, placed) >= harm_of(found, quick)
    return _proposal(
        found,
        quick if is_repair else placed,
        is_proven=is_proven,
        is_repair=is_repair,
        seconds=time.perf_counter() - began,
    )


def quick_repair(day: Day, disturbances: Iterable[Disturbance]) -> Proposal:
    """Return what the quick repair alone would propose, in milliseconds and without the solver."""
    began = time.perf_counter()
    found = situation(day, disturbances)
    return _proposal(found, repair(found), is_proven=False, is_repair=True, seconds=time.perf_counter() - began)


def _searched(found: Situation, start: PlacedVisits, limits: Limits) -> tuple[PlacedVisits, bool]:
    """Return the best that is found, the start itself if nothing is better, and whether that is proven."""
    if not found.todo or harm_of(found, start).weight == (0, 0, 0, 0):
        return start, True
    stated = Stated.of(found)
    if sum(map(len, stated.ways.values())) > _WHOLE:
        return start, False
    plan = stated.plan_of(start)
    harm_at_most, is_least = harm(stated.problem, plan), True
    if harm_at_most:
        least = solve(stated.problem, goal=Goal.HARM, limits=limits, start=plan)
        if least.objective is not None and least.objective < harm_at_most:
            plan, harm_at_most = least.plan, least.objective
        is_least = least.status is Status.OPTIMAL
    fewest = solve(stated.problem, goal=Goal.EFFORT, limits=limits, start=plan, harm_at_most=harm_at_most)
    better = stated.visits_of(fewest.plan if fewest.objective is not None else plan)
    is_proven = better is not None and is_least and fewest.status is Status.OPTIMAL
    return min(start, better or start, key=lambda placed: harm_of(found, placed)), is_proven


def _in_parts(found: Situation, placed: PlacedVisits, patience: Patience, *, until: float) -> PlacedVisits:
    """Plan the work of a few technicians anew, again and again, around a visit that is worse off than was planned."""
    chance = random.Random(_SEED)  # noqa: S311 (nothing secret: the same parts every time)
    for _ in range(patience.parts):
        costs = {visit: _cost(found, placed, visit) for visit in sorted(found.todo)}
        if time.perf_counter() > until or not any(costs.values()):
            break
        (visit,) = chance.choices(list(costs), list(costs.values()))
        freed = _freed(found, placed, visit, chance)
        part = _part(found, placed, freed)
        start = {one: placed[one] for one in freed & placed.keys()}
        better, _ = _searched(part, start, patience.search)
        if harm_of(part, better) < harm_of(part, start):
            placed = {one: steps for one, steps in placed.items() if one not in freed} | dict(better)
    return placed


def _cost(found: Situation, placed: PlacedVisits, visit: int) -> int:
    """Return what a visit suffers, in minutes; a promise or a day counts as much as all else that may befall it."""
    part = replace(found, fixed=(), todo={visit: found.todo[visit]})
    suffered = harm_of(part, {visit: placed[visit]} if visit in placed else {})
    return sum(suffered.weight[:3]) * found.day.closes + suffered.weight[3]


def _freed(found: Situation, placed: PlacedVisits, visit: int, chance: random.Random) -> frozenset[int]:
    """Return the visit with all work of those who had it, of those who have it and of some who could."""
    skills = {todo.step.skill for todo in found.todo[visit]}
    hands = {todo.step.technician for todo in found.todo[visit]} | {one.technician for one in placed.get(visit, ())}
    able = [number for number, one in sorted(found.technicians.items()) if one.skills & skills and number not in hands]
    hands |= set(chance.sample(able, min(_HELPERS, len(able))))
    return frozenset(
        {visit, *(one for one, steps in placed.items() if any(step.technician in hands for step in steps))}
    )


def _part(found: Situation, placed: PlacedVisits, freed: frozenset[int]) -> Situation:
    """Return the situation in which nothing but those visits can be moved."""
    technicians, bays = dict(found.free_technicians), dict(found.free_bays)
    for visit in placed.keys() - freed:
        for step in placed[visit]:
            run = run_bits(step.start, step.end - step.start)
            technicians[step.technician] &= ~run
            bays[step.bay] &= ~run
    todo = {visit: found.todo[visit] for visit in sorted(freed)}
    return replace(found, todo=todo, free_technicians=technicians, free_bays=bays)


def _proposal(found: Situation, placed: PlacedVisits, *, is_proven: bool, is_repair: bool, seconds: float) -> Proposal:
    broken, postponed, calls = told_of(found, placed)
    return Proposal(
        moves=tuple(_moves(found, placed)),
        postponed=tuple(Postponed(visit=visit, reason=_why_not(found, visit)) for visit in postponed),
        broken=broken,
        calls=calls,
        placed=tuple(sorted((*found.fixed, *(one for steps in placed.values() for one in steps)), key=_by_start)),
        harm=harm_of(found, placed),
        is_proven=is_proven,
        is_repair=is_repair,
        seconds=seconds,
    )


def _moves(found: Situation, placed: PlacedVisits) -> Iterable[Move]:
    for visit, steps in sorted(placed.items()):
        ready = found.ready[visit]
        for todo, after in zip(found.todo[visit], steps, strict=True):
            before = placed_at(todo, start=todo.planned, technician=todo.step.technician, bay=todo.step.bay)
            if after != before:
                reason = todo.reason or (Reason.FOLLOWS if todo.planned < ready else Reason.MAKES_ROOM)
                yield Move(before=before, after=after, reason=reason)
            ready = after.end


def _why_not(found: Situation, visit: int) -> Reason:
    """Return what is most to blame for a visit that does not fit."""
    todos = found.todo.get(visit, ())
    left = sum(todo.minutes for todo in todos)
    if visit in found.part_until and found.part_until[visit] + left > found.day.closes:
        return Reason.PART_LATE
    if visit in found.unfinished or visit in found.overrun:
        return Reason.OVERRUN
    for todo in todos:
        able = (free for one, free in found.free_technicians.items() if todo.step.skill in _skills(found, one))
        if not any(fits(free, todo, found) for free in able):
            return Reason.NOBODY_ABLE
    return Reason.NO_ROOM


def _skills(found: Situation, technician: int) -> frozenset[str]:
    known = found.technicians.get(technician)
    return known.skills if known else frozenset()


def _by_start(placed: Placed) -> tuple[int, int, int]:
    return placed.start, placed.visit, placed.order
