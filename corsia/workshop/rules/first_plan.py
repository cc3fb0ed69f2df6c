"""A plan to begin with, for machines that are always there: what the solver starts from when nothing is planned yet."""

import random
from typing import Final

from corsia.workshop.rules.problem import Place, Plan, Problem, makespan

SEED: Final = 1
_WEIGHTS: Final = (0.0, 0.1, 0.2, 0.3, 0.5, 0.8, 1.0, 1.5, 2.0)  # of the work that a job still has before it
_ROUNDS: Final = 12
_NOISE: Final = 3.0


def first_plan(problem: Problem) -> Plan:
    """Return the shortest of a hundred plans made by always appending the operation that ends soonest.

    Jobs with much work left are preferred, more or less, and chance decides between what is nearly the same. Resources
    must take one operation at a time and have no closed times.
    """
    chance = random.Random(SEED)  # noqa: S311 (nothing secret: the same plan every time)
    plans = [_appended(problem, weight, chance) for _ in range(_ROUNDS) for weight in _WEIGHTS]
    return min(plans, key=lambda plan: makespan(problem, plan))


def _appended(problem: Problem, weight: float, chance: random.Random) -> Plan:
    shortest = [[min(way.duration for way in operation.ways) for operation in job.operations] for job in problem.jobs]
    left = [sum(durations) for durations in shortest]
    machine_ready = [0] * len(problem.resources)
    job_ready = [job.earliest for job in problem.jobs]
    following = [0] * len(problem.jobs)
    plan: dict[tuple[int, int], Place] = {}
    open_jobs = set(range(len(problem.jobs)))
    while open_jobs:
        choices = []
        for number in sorted(open_jobs):
            for place, way in enumerate(problem.jobs[number].operations[following[number]].ways):
                start = max(job_ready[number], *(machine_ready[resource] for resource in way.resources))
                merit = start + way.duration - weight * left[number] + chance.random() * _NOISE
                choices.append((merit, number, place, start, way))
        _, number, place, start, way = min(choices, key=lambda choice: choice[:3])
        plan[number, following[number]] = Place(start=start, way=place)
        job_ready[number] = start + way.duration
        for resource in way.resources:
            machine_ready[resource] = job_ready[number]
        left[number] -= shortest[number][following[number]]
        following[number] += 1
        if following[number] == len(problem.jobs[number].operations):
            open_jobs.remove(number)
    return plan
