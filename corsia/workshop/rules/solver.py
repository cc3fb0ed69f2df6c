"""One model for every planning problem, solved by CP-SAT; the solver is loaded when it is first asked.

What made most of the difference, measured on benchmarks: a plan to begin with, and a bound that says again what the
model implies, that no makespan is shorter than the work on each resource.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from corsia.workshop.rules.problem import Goal, Job, Operation, Place, Plan, Problem, Span, makespan

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

SEED: Final = 1


class Status(StrEnum):
    """What is known of a solution. LIMIT: no plan was found in time, which says nothing of whether there is one."""

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"
    IMPOSSIBLE = "impossible"
    LIMIT = "limit"


# A model the solver calls invalid is a mistake of ours, and fails.
_STATUS: Final = {
    "OPTIMAL": Status.OPTIMAL,
    "FEASIBLE": Status.FEASIBLE,
    "INFEASIBLE": Status.IMPOSSIBLE,
    "UNKNOWN": Status.LIMIT,
}


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How long may be searched.

    Attributes:
        work: the solver's own measure, about a second of a quiet processor each: the same on every machine and run.
        seconds: by the clock; a search that it ends may end elsewhere the next time.
        workers: searches beside each other; with `work` they take turns, and find the same every time.
    """

    seconds: float
    work: float | None = None
    workers: int = 1


@dataclass(frozen=True, kw_only=True)
class Solution:
    """What was found.

    Attributes:
        objective: what the plan costs; None without a plan.
        bound: no plan costs less.
    """

    status: Status
    objective: int | None
    bound: float
    seconds: float
    plan: Plan = field(default_factory=dict)


def solve(
    problem: Problem, *, goal: Goal, limits: Limits, start: Plan | None = None, harm_at_most: int | None = None
) -> Solution:
    """Look for the plan that is best by `goal`.

    Args:
        start: a plan to begin with; it need not keep every rule, unless the goal is the makespan.
        harm_at_most: refuse plans whose late and left-out jobs cost more, whatever the goal.
    """
    from ortools.sat.python import cp_model

    built = _Model(cp_model.CpModel(), problem)
    built.aim(goal, longest=makespan(problem, start) if start else problem.horizon)
    if harm_at_most is not None:
        built.model.add(built.harm <= harm_at_most)
    if start is not None:
        built.hint(start)
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = limits.seconds
    solver.parameters.num_workers = limits.workers
    solver.parameters.random_seed = SEED
    if limits.work is not None:
        solver.parameters.max_deterministic_time = limits.work
        solver.parameters.interleave_search = True
    status = _STATUS[solver.status_name(solver.solve(built.model))]
    found = status in (Status.OPTIMAL, Status.FEASIBLE)
    return Solution(
        status=status,
        objective=round(solver.objective_value) if found else None,
        bound=solver.best_objective_bound,
        seconds=solver.wall_time,
        plan=built.plan(solver) if found else {},
    )


@dataclass(frozen=True, kw_only=True)
class _Step:
    """The variables of an operation; a literal for each way, and for each set of ways that hold a resource alike."""

    start: Any
    end: Any
    ways: list[Any]
    sets: list[tuple[Any, frozenset[int]]]


class _Model:
    """The variables of a problem, and what binds them.

    Literals are variables, or 1 where there is no choice. Alike ways are taken together, so that a pool of bays is one
    interval of an operation, whoever works on it.
    """

    def __init__(self, model: "cp_model.CpModel", problem: Problem) -> None:
        self.model, self.problem = model, problem
        self.steps: dict[tuple[int, int], _Step] = {}
        self.done: list[Any] = []
        self.late: dict[int, Any] = {}
        self.taken: dict[int, list[Any]] = defaultdict(list)  # intervals on each resource
        self.work: dict[int, Any] = defaultdict(int)  # how long each resource is taken
        for number, job in enumerate(problem.jobs):
            self._add_job(number, job)
        for number, resource in enumerate(problem.resources):
            taken = self.taken[number]
            if not taken:
                continue
            if resource.capacity == 1:
                model.add_no_overlap([*taken, *map(self._closed, _merged(resource.closed))])
            else:
                intervals = [*taken, *map(self._closed, resource.closed)]
                model.add_cumulative(intervals, [1] * len(intervals), resource.capacity)
        self.harm: Any = sum(
            (job.drop_cost or 0) * (1 - self.done[number]) + job.late_cost * self.late.get(number, 0)
            for number, job in enumerate(problem.jobs)
        )

    def aim(self, goal: Goal, *, longest: int) -> None:
        """Say what is to be made small."""
        if goal is Goal.HARM:
            self.model.minimize(self.harm)
        elif goal is Goal.EFFORT:
            self.model.minimize(sum(self._effort_of(*key) for key in self.steps))
        elif goal is Goal.TIDINESS:
            self.model.minimize(self._untidiness())
        else:
            whole = self.model.new_int_var(0, longest, "")
            for key, step in self.steps.items():
                self._enforced(self.model.add(whole >= step.end), self.done[key[0]])
            for number, resource in enumerate(self.problem.resources):
                self.model.add(resource.capacity * whole >= self.work[number])
            self.model.minimize(whole)

    def _untidiness(self) -> Any:
        """Return the costs of ways, ends and the heaviest load, which is at least the mean: said again, it helps."""
        levelled = [number for number, one in enumerate(self.problem.resources) if one.load is not None]
        loads = [(self.problem.resources[number].load or 0) + self.work[number] for number in levelled]
        longest = self.problem.horizon * max((one.capacity for one in self.problem.resources), default=1)
        most = longest + max((self.problem.resources[one].load or 0 for one in levelled), default=0)
        heaviest = self.model.new_int_var(0, most, "")
        for load in loads:
            self.model.add(heaviest >= load)
        if loads:
            self.model.add(len(loads) * heaviest >= sum(loads))
        ends: Any = sum(
            job.end_cost * self._ended(number, self.steps[number, len(job.operations) - 1].end)
            for number, job in enumerate(self.problem.jobs)
            if job.end_cost and (number, len(job.operations) - 1) in self.steps
        )
        ways = sum(
            way.cost * literal
            for (job, number), step in self.steps.items()
            for way, literal in zip(self.problem.jobs[job].operations[number].ways, step.ways, strict=True)
            if way.cost
        )
        return ends + ways + self.problem.level_cost * heaviest

    def _ended(self, number: int, end: Any) -> Any:
        """Return when a job ends; of one that is left out nothing is counted."""
        if isinstance(self.done[number], int):
            return end
        ended = self.model.new_int_var(0, self.problem.horizon, "")
        self._enforced(self.model.add(ended >= end), self.done[number])
        return ended

    def hint(self, plan: Plan) -> None:
        """Begin with a plan."""
        for key, step in self.steps.items():
            place = plan.get(key)
            if place is not None:
                self.model.add_hint(step.start, place.start)
            chosen = None if place is None else place.way
            if len(step.ways) > 1:  # the only way is taken when the job is done, which is said below: once
                for way, literal in enumerate(step.ways):
                    self._hint(literal, way == chosen)
            for literal, ways in step.sets:
                self._hint(literal, chosen in ways)
        for number, job in enumerate(self.problem.jobs):
            last = plan.get((number, len(job.operations) - 1))
            self._hint(self.done[number], last is not None)
            if number in self.late and last is not None and job.deadline is not None:
                end = last.start + job.operations[-1].ways[last.way].duration
                self._hint(self.late[number], end > job.deadline)

    def plan(self, solver: "cp_model.CpSolver") -> Plan:
        """Read the plan that was found."""
        return {
            key: Place(
                start=solver.value(step.start),
                way=next(way for way, literal in enumerate(step.ways) if solver.value(literal)),
            )
            for key, step in self.steps.items()
            if solver.value(self.done[key[0]])
        }

    def _add_job(self, number: int, job: Job) -> None:
        must = job.drop_cost is None
        done: Any = 1 if must else self.model.new_bool_var("")
        self.done.append(done)
        end: Any = None
        for place, operation in enumerate(job.operations):
            latest = self.problem.horizon - min((way.duration for way in operation.ways), default=self.problem.horizon)
            if not operation.ways or latest < job.earliest:
                self.model.add(sum([done]) == 0)  # of a job that must be done, this says that there is no plan
                return
            step = self._add_operation(operation, done, job.earliest, latest)
            self.steps[number, place] = step
            if end is not None:
                self._enforced(self.model.add(step.start >= end), done)
            end = step.end
        if job.deadline is not None and job.deadline < self.problem.horizon:
            self.late[number] = self.model.new_bool_var("")
            self._enforced(self.model.add(end <= job.deadline), done, self.late[number].negated())

    def _add_operation(self, operation: Operation, done: Any, earliest: int, latest: int) -> _Step:
        ways = operation.ways
        literals = [done] if len(ways) == 1 else [self.model.new_bool_var("") for _ in ways]
        if len(ways) > 1:
            self.model.add(sum(literals) == done)
        start: Any = self.model.new_int_var(earliest, latest, "")
        durations = {way.duration for way in ways}
        if len(durations) == 1:
            end: Any = start + ways[0].duration
        else:
            end = self.model.new_int_var(earliest + min(durations), self.problem.horizon, "")
            self.model.add(end >= start + min(durations))
            for way, literal in zip(ways, literals, strict=True):
                self.model.add(end == start + way.duration).only_enforce_if(literal)
        holders: dict[tuple[int, int], list[int]] = defaultdict(list)
        for place, way in enumerate(ways):
            for resource in way.resources:
                holders[resource, way.duration].append(place)
        sets: dict[frozenset[int], Any] = {frozenset(range(len(ways))): done}
        sets |= {frozenset([place]): literal for place, literal in enumerate(literals)}
        added = []
        for (resource, duration), places in holders.items():
            held = frozenset(places)
            if held not in sets:
                sets[held] = self.model.new_bool_var("")
                added.append((sets[held], held))
                self.model.add(sum(literals[place] for place in places) == sets[held])
            interval = self.model.new_optional_fixed_size_interval_var(start, duration, sets[held], "")
            self.taken[resource].append(interval)
            self.work[resource] += duration * sets[held]
        return _Step(start=start, end=end, ways=literals, sets=added)

    def _effort_of(self, job: int, number: int) -> Any:
        operation, step = self.problem.jobs[job].operations[number], self.steps[job, number]
        cost: Any = sum(way.cost * literal for way, literal in zip(operation.ways, step.ways, strict=True) if way.cost)
        if operation.planned is not None:
            away = self.model.new_int_var(0, self.problem.horizon + abs(operation.planned), "")
            self._enforced(self.model.add(away >= step.start - operation.planned), self.done[job])
            self._enforced(self.model.add(away >= operation.planned - step.start), self.done[job])
            cost += away
        return cost

    def _closed(self, span: Span) -> Any:
        return self.model.new_fixed_size_interval_var(span[0], span[1] - span[0], "")

    def _enforced(self, constraint: Any, *literals: Any) -> None:
        constraint.only_enforce_if([literal for literal in literals if not isinstance(literal, int)])

    def _hint(self, literal: Any, value: bool) -> None:
        if not isinstance(literal, int):
            self.model.add_hint(literal, value)


def _merged(spans: tuple[Span, ...]) -> list[Span]:
    result: list[Span] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(result[-1][1], end))
        else:
            result.append((start, end))
    return result
