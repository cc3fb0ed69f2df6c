"""A disturbed day stated as a planning problem, and the way back from its solution."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from corsia.workshop.rules.day import (
    CHANGE_OF_HANDS,
    Day,
    Placed,
)
from corsia.workshop.rules.grid import run_bits, runs_of, starts_of_runs
from corsia.workshop.rules.problem import Job, Operation, Place, Plan, Problem, Resource, Span, Way
from corsia.workshop.rules.situation import Situation, Todo, placed_at

PlacedVisits = Mapping[int, tuple[Placed, ...]]


@dataclass(frozen=True, kw_only=True)
class Stated:
    """A situation as a planning problem. Bays of a kind with the same times are one pool; which of them is said after.

    Attributes:
        jobs: the visit of each job.
        ways: of each operation, the technician and the pool of each way.
    """

    found: Situation
    problem: Problem
    jobs: tuple[int, ...]
    ways: Mapping[tuple[int, int], tuple[tuple[int, int], ...]]
    pools: tuple[tuple[int, ...], ...]

    @classmethod
    def of(cls, found: Situation) -> "Stated":
        day = found.day
        technicians = sorted(found.technicians)
        pools = pools_of(found)
        resources = [
            *(Resource(closed=closed_spans(found.free_technicians[one], day)) for one in technicians),
            *(
                Resource(
                    capacity=len(pool),
                    closed=tuple(span for bay in pool for span in closed_spans(found.free_bays[bay], day)),
                )
                for pool in pools
            ),
        ]
        visits = [visit for visit in sorted(found.todo) if visit not in found.unfinished]
        jobs, ways = [], {}
        for number, visit in enumerate(visits):
            operations = []
            for place, todo in enumerate(found.todo[visit]):
                chosen = [
                    (hand, pool)
                    for hand, technician in enumerate(technicians)
                    if todo.step.skill in found.technicians[technician].skills
                    and fits(found.free_technicians[technician], todo, found)
                    for pool, bays in enumerate(pools)
                    if found.bays[bays[0]].kind == todo.step.bay_kind
                ]
                ways[number, place] = tuple((technicians[hand], pool) for hand, pool in chosen)
                operations.append(
                    Operation(
                        ways=tuple(
                            Way(
                                resources=(hand, len(technicians) + pool),
                                duration=todo.minutes,
                                cost=0 if technicians[hand] == todo.step.technician else CHANGE_OF_HANDS,
                            )
                            for hand, pool in chosen
                        ),
                        planned=todo.planned,
                    )
                )
            jobs.append(job_of(found, visit, tuple(operations)))
        problem = Problem(horizon=day.closes, resources=tuple(resources), jobs=tuple(jobs))
        return cls(found=found, problem=problem, jobs=tuple(visits), ways=ways, pools=pools)

    def plan_of(self, visits: PlacedVisits) -> Plan:
        """Say in the problem's words where visits are."""
        pool_of = {bay: number for number, pool in enumerate(self.pools) for bay in pool}
        return {
            (number, place): Place(
                start=one.start, way=self.ways[number, place].index((one.technician, pool_of[one.bay]))
            )
            for number, visit in enumerate(self.jobs)
            for place, one in enumerate(visits.get(visit, ()))
        }

    def visits_of(self, plan: Plan) -> PlacedVisits | None:
        """Say where visits are, each in a bay; None where bays of a pool cannot be told apart so that all fit.

        Steps are dealt out as they begin. What was begun lies at the beginning of the time that is planned, and bays of
        a pool are there at the same times, so that there is always one that is free.
        """
        staying = {key for key, place in plan.items() if self._stays(key, place)}
        in_order = sorted(plan, key=lambda key: (plan[key].start, key))
        # Who does not move keeps the bay; where that leaves none for another, all are dealt out anew.
        return self._in_bays(plan, sorted(in_order, key=lambda key: key not in staying)) or self._in_bays(
            plan, in_order
        )

    def _in_bays(self, plan: Plan, order: Iterable[tuple[int, int]]) -> PlacedVisits | None:
        free = dict(self.found.free_bays)
        result: dict[int, dict[int, Placed]] = defaultdict(dict)
        for key in order:
            visit = self.jobs[key[0]]
            todo = self.found.todo[visit][key[1]]
            technician, pool = self.ways[key][plan[key].way]
            run = run_bits(plan[key].start, todo.minutes)
            bays = [bay for bay in self.pools[pool] if free[bay] & run == run]
            if not bays:
                return None
            before = result[visit].get(key[1] - 1)
            bay = min(bays, key=lambda bay: (bay != todo.step.bay, before is None or bay != before.bay, bay))
            free[bay] &= ~run
            result[visit][key[1]] = placed_at(todo, start=plan[key].start, technician=technician, bay=bay)
        return {visit: tuple(steps[number] for number in sorted(steps)) for visit, steps in result.items()}

    def _stays(self, key: tuple[int, int], place: Place) -> bool:
        todo = self.found.todo[self.jobs[key[0]]][key[1]]
        return (place.start, self.ways[key][place.way][0]) == (todo.planned, todo.step.technician)


def job_of(found: Situation, visit: int, operations: tuple[Operation, ...]) -> Job:
    """Weigh a visit so that no number of lesser harms outweighs a greater: promises, then days, then calls."""
    facts, many = found.visits[visit], len(found.visits) + 1
    promised = facts.promised_at is not None
    return Job(
        operations=operations,
        earliest=found.ready[visit],
        deadline=facts.promised_at,
        late_cost=many * many + facts.is_told,
        drop_cost=many * many * promised + many + 1,
    )


def pools_of(found: Situation) -> tuple[tuple[int, ...], ...]:
    alike: dict[tuple[str, frozenset[Span]], list[int]] = defaultdict(list)
    for number, bay in sorted(found.bays.items()):
        alike[bay.kind, frozenset(bay.free)].append(number)
    return tuple(tuple(bays) for bays in alike.values())


def closed_spans(free: int, day: Day) -> tuple[Span, ...]:
    """Return when something is not free, from now on."""
    return tuple(
        (start + day.now, end + day.now) for start, end in runs_of((run_bits(0, day.closes) & ~free) >> day.now)
    )


def fits(free: int, todo: Todo, found: Situation) -> bool:
    return bool(starts_of_runs(free, todo.minutes) >> found.ready[todo.step.visit])
