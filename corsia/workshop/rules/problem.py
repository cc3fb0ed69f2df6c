"""A planning problem in general terms, and what is wrong with a plan: words for who states, solves and checks one.

Times are whole units from 0, in a workshop the minutes its day is open. A job's operations follow each other; each is
done in one of several ways, and a way holds all its resources from beginning to end.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

Span = tuple[int, int]  # from, until; the end is not included


@dataclass(frozen=True, kw_only=True)
class Resource:
    """A technician, a machine, or several alike.

    Attributes:
        capacity: how many operations it takes at once.
        closed: when one unit of it is not there; of several alike, each unit's times by themselves.
        load: how long it is taken by work that is not part of the problem; None where its load need not be level.
    """

    capacity: int = 1
    closed: tuple[Span, ...] = ()
    load: int | None = None


@dataclass(frozen=True, kw_only=True)
class Way:
    """One way to do an operation.

    Attributes:
        resources: places in the problem's list, each once.
        cost: what choosing it costs by itself, such as a change of hands.
    """

    resources: tuple[int, ...]
    duration: int
    cost: int = 0


@dataclass(frozen=True, kw_only=True)
class Operation:
    """A step of a job.

    Attributes:
        planned: when it should begin; each unit of time away from it costs one.
    """

    ways: tuple[Way, ...]
    planned: int | None = None


@dataclass(frozen=True, kw_only=True)
class Job:
    """Operations in their order.

    Attributes:
        earliest: nothing begins before it.
        deadline: ending later costs `late_cost`, once.
        drop_cost: what it costs to leave the whole job out; None where it must be done.
        end_cost: what each unit of time until its end costs.
    """

    operations: tuple[Operation, ...]
    earliest: int = 0
    deadline: int | None = None
    late_cost: int = 0
    drop_cost: int | None = None
    end_cost: int = 0


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Jobs and what they compete for, until the horizon.

    Attributes:
        level_cost: what each unit of the heaviest load costs.
    """

    horizon: int
    resources: tuple[Resource, ...]
    jobs: tuple[Job, ...]
    level_cost: int = 0


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where one operation was put."""

    start: int
    way: int


Plan = Mapping[tuple[int, int], Place]  # by number of job and of operation; a job that is left out has none


class Goal(StrEnum):
    """What is made as small as can be.

    HARM: costs of jobs that are late or left out. EFFORT: costs of ways, and time away from what was planned.
    TIDINESS: costs of ways, of the time until jobs end, and of the heaviest load.
    """

    MAKESPAN = "makespan"
    HARM = "harm"
    EFFORT = "effort"
    TIDINESS = "tidiness"


def makespan(problem: Problem, plan: Plan) -> int:
    """Return when the last operation ends."""
    return max((_end(problem, key, place) for key, place in plan.items()), default=0)


def harm(problem: Problem, plan: Plan) -> int:
    """Return the costs of jobs that end after their deadline or are left out."""
    total = 0
    for number, job in enumerate(problem.jobs):
        last = (number, len(job.operations) - 1)
        if last not in plan:
            total += job.drop_cost or 0
        elif job.deadline is not None and _end(problem, last, plan[last]) > job.deadline:
            total += job.late_cost
    return total


def effort(problem: Problem, plan: Plan) -> int:
    """Return the costs of the ways that were chosen, and the time between what was planned and what is."""
    total = 0
    for (job, number), place in plan.items():
        operation = problem.jobs[job].operations[number]
        total += operation.ways[place.way].cost
        if operation.planned is not None:
            total += abs(place.start - operation.planned)
    return total


def tidiness(problem: Problem, plan: Plan) -> int:
    """Return the costs of the ways that were chosen, of the time until each job ends, and of the heaviest load."""
    total, loads = 0, [resource.load for resource in problem.resources]
    for (job, number), place in plan.items():
        way = problem.jobs[job].operations[number].ways[place.way]
        total += way.cost
        if number == len(problem.jobs[job].operations) - 1:
            total += problem.jobs[job].end_cost * (place.start + way.duration)
        for held in way.resources:
            load = loads[held]
            loads[held] = None if load is None else load + way.duration
    return total + problem.level_cost * max((load for load in loads if load is not None), default=0)


def faults(problem: Problem, plan: Plan) -> list[str]:
    """Return everything a plan breaks, in words for tests and logs; nothing when it can be carried out.

    It shares no code with who makes plans: it counts, unit of time by unit of time, what is taken.
    """
    found = [f"{key} does not exist" for key in plan if not _exists(problem, key)]
    taken = [[0] * problem.horizon for _ in problem.resources]
    for number, resource in enumerate(problem.resources):
        for start, end in resource.closed:
            _take(taken[number], start, end)
    for number, job in enumerate(problem.jobs):
        done = [place for place in range(len(job.operations)) if (number, place) in plan]
        if done and len(done) < len(job.operations):
            found.append(f"job {number} is done in part")
        if not done and job.drop_cost is None:
            found.append(f"job {number} is left out")
        ready = job.earliest
        for place in done:
            key = number, place
            start, way = plan[key].start, job.operations[place].ways[plan[key].way]
            if start < ready:
                found.append(f"operation {key} begins at {start}, before {ready}")
            ready = start + way.duration
            if start < 0 or ready > problem.horizon:
                found.append(f"operation {key} does not end within the horizon")
            for held in way.resources:
                most = _take(taken[held], start, ready)
                if most > problem.resources[held].capacity:
                    found.append(f"resource {held} is taken {most} times while {key} goes on")
    return found


def _exists(problem: Problem, key: tuple[int, int]) -> bool:
    return key[0] < len(problem.jobs) and key[1] < len(problem.jobs[key[0]].operations)


def _take(taken: list[int], start: int, end: int) -> int:
    """Count each unit of time once more; return the highest count."""
    most = 0
    for unit in range(max(0, start), min(len(taken), end)):
        taken[unit] += 1
        most = max(most, taken[unit])
    return most


def _end(problem: Problem, key: tuple[int, int], place: Place) -> int:
    return place.start + problem.jobs[key[0]].operations[key[1]].ways[place.way].duration
