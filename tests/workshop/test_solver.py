"""The solver and its checker: small shops by hand, by every possible plan, and from the literature."""

import subprocess
import sys
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corsia.config.bench.fjsp import best_known, name_of, read_instance
from corsia.workshop.rules.first_plan import first_plan
from corsia.workshop.rules.problem import (
    Goal,
    Job,
    Operation,
    Place,
    Problem,
    Resource,
    Way,
    effort,
    faults,
    harm,
    makespan,
    tidiness,
)
from corsia.workshop.rules.solver import Limits, Status, solve
from tests.conftest import fixtures_folder

QUICK = Limits(seconds=20, work=2.0)


def way(duration: int, *resources: int, cost: int = 0) -> Way:
    return Way(resources=resources, duration=duration, cost=cost)


def job(*operations: tuple[Way, ...], **more) -> Job:
    return Job(operations=tuple(Operation(ways=ways) for ways in operations), **more)


TWO_MACHINES = Problem(
    horizon=10,
    resources=(Resource(), Resource(closed=((2, 4),))),
    jobs=(job((way(2, 0), way(3, 1)), (way(2, 1),)), job((way(3, 0),), drop_cost=5)),
)


@pytest.mark.parametrize(
    ("plan", "wrong"),
    [
        ({(0, 0): Place(start=0, way=0), (0, 1): Place(start=4, way=0), (1, 0): Place(start=2, way=0)}, []),
        ({(0, 0): Place(start=0, way=0), (0, 1): Place(start=4, way=0)}, []),
        ({(1, 0): Place(start=2, way=0)}, ["job 0 is left out"]),
        ({(0, 0): Place(start=0, way=0)}, ["job 0 is done in part"]),
        (
            {(0, 0): Place(start=0, way=0), (0, 1): Place(start=1, way=0)},
            ["operation (0, 1) begins at 1, before 2", "resource 1 is taken 2 times while (0, 1) goes on"],
        ),
        (
            {(0, 0): Place(start=0, way=0), (0, 1): Place(start=3, way=0)},
            ["resource 1 is taken 2 times while (0, 1) goes on"],
        ),
        (
            {(0, 0): Place(start=0, way=0), (0, 1): Place(start=9, way=0)},
            ["operation (0, 1) does not end within the horizon"],
        ),
        (
            {(0, 0): Place(start=0, way=0), (0, 1): Place(start=4, way=0), (1, 0): Place(start=1, way=0)},
            ["resource 0 is taken 2 times while (1, 0) goes on"],
        ),
        (
            {(0, 0): Place(start=0, way=0), (0, 1): Place(start=4, way=0), (2, 0): Place(start=1, way=0)},
            ["(2, 0) does not exist"],
        ),
    ],
)
def test_the_checker_names_what_a_plan_breaks(plan, wrong) -> None:
    assert faults(TWO_MACHINES, plan) == wrong


def test_the_checker_counts_each_of_several_alike() -> None:
    problem = Problem(
        horizon=4, resources=(Resource(capacity=2, closed=((0, 2),)),), jobs=(job((way(2, 0),)), job((way(2, 0),)))
    )

    assert faults(problem, {(0, 0): Place(start=0, way=0), (1, 0): Place(start=2, way=0)}) == []
    assert faults(problem, {(0, 0): Place(start=0, way=0), (1, 0): Place(start=1, way=0)}) == [
        "resource 0 is taken 3 times while (1, 0) goes on"
    ]


def test_costs_of_a_plan() -> None:
    problem = Problem(
        horizon=10,
        resources=(Resource(),),
        jobs=(
            Job(
                operations=(Operation(ways=(way(2, 0), way(2, 0, cost=7)), planned=1),),
                deadline=5,
                late_cost=3,
                drop_cost=11,
            ),
            job((way(1, 0),), drop_cost=100),
        ),
    )

    assert effort(problem, {(0, 0): Place(start=4, way=1)}) == 10
    assert harm(problem, {(0, 0): Place(start=4, way=1)}) == 103
    assert harm(problem, {(0, 0): Place(start=3, way=1)}) == 100
    assert harm(problem, {(1, 0): Place(start=3, way=0)}) == 11
    assert makespan(problem, {(0, 0): Place(start=4, way=1)}) == 6
    assert makespan(problem, {}) == 0


@pytest.mark.parametrize(("closed", "late"), [((), 1), (((0, 1),), 2)])
def test_closed_times_pools_and_deadlines_bind(closed, late) -> None:
    problem = Problem(
        horizon=12,
        resources=(Resource(closed=((3, 5), (4, 6))), Resource(capacity=2, closed=closed)),
        jobs=tuple(job((way(3, 0, 1), way(5, 1)), deadline=5, late_cost=1) for _ in range(3)),
    )

    found = solve(problem, goal=Goal.HARM, limits=QUICK)

    assert (found.status, found.objective) == (Status.OPTIMAL, late)
    assert faults(problem, found.plan) == []
    assert harm(problem, found.plan) == late


def test_what_cannot_be_planned_is_said() -> None:
    impossible = Problem(horizon=3, resources=(Resource(),), jobs=(job((way(2, 0),)), job((way(2, 0),))))
    too_long = Problem(horizon=3, resources=(Resource(),), jobs=(job((way(4, 0),)),))
    dropped = Problem(horizon=3, resources=(Resource(),), jobs=(job((way(4, 0),), drop_cost=2),))
    nobody = Problem(horizon=3, resources=(Resource(),), jobs=(job((), (way(1, 0),), drop_cost=2),))

    assert solve(impossible, goal=Goal.MAKESPAN, limits=QUICK).status is Status.IMPOSSIBLE
    assert solve(too_long, goal=Goal.MAKESPAN, limits=QUICK).status is Status.IMPOSSIBLE
    for problem in (dropped, nobody):
        found = solve(problem, goal=Goal.HARM, limits=QUICK)
        assert (found.status, found.objective, found.plan) == (Status.OPTIMAL, 2, {})


ways = st.lists(
    st.builds(
        Way,
        resources=st.lists(st.integers(0, 2), min_size=1, max_size=2, unique=True).map(tuple),
        duration=st.integers(1, 2),
        cost=st.integers(0, 3),
    ),
    min_size=1,
    max_size=2,
).map(tuple)
operations = st.builds(Operation, ways=ways, planned=st.none() | st.integers(0, 5))
problems = st.builds(
    Problem,
    horizon=st.just(4),
    resources=st.tuples(
        *[
            st.builds(
                Resource,
                load=st.none() | st.integers(0, 3),
                closed=st.just(()) | st.tuples(st.tuples(st.integers(0, 2), st.integers(2, 3))),
            ),
            st.builds(Resource, load=st.none() | st.integers(0, 3)),
            st.builds(
                Resource,
                capacity=st.just(2),
                closed=st.just(()) | st.tuples(st.tuples(st.integers(0, 2), st.integers(2, 3))),
            ),
        ]
    ),
    jobs=st.lists(
        st.builds(
            Job,
            operations=st.lists(operations, min_size=1, max_size=2).map(tuple),
            earliest=st.integers(0, 2),
            deadline=st.none() | st.integers(1, 6),
            late_cost=st.integers(0, 5),
            drop_cost=st.none() | st.integers(1, 9),
            end_cost=st.integers(0, 2),
        ),
        min_size=1,
        max_size=2,
    ).map(tuple),
    level_cost=st.integers(0, 2),
)


def every_plan(problem: Problem):
    """Yield every plan there is, possible or not."""
    keys = [(number, place) for number, job in enumerate(problem.jobs) for place in range(len(job.operations))]
    choices = [
        [
            None,
            *(
                Place(start=start, way=way)
                for start in range(problem.horizon)
                for way in range(len(problem.jobs[number].operations[place].ways))
            ),
        ]
        for number, place in keys
    ]
    for places in product(*choices):
        yield {key: place for key, place in zip(keys, places, strict=True) if place is not None}


@settings(max_examples=60)
@given(problems, st.sampled_from(Goal))
def test_nothing_is_better_than_what_is_proven(problem, goal) -> None:
    cost = {Goal.MAKESPAN: makespan, Goal.HARM: harm, Goal.EFFORT: effort, Goal.TIDINESS: tidiness}[goal]
    possible = [plan for plan in every_plan(problem) if not faults(problem, plan)]

    found = solve(problem, goal=goal, limits=QUICK)

    if not possible:
        assert found.status is Status.IMPOSSIBLE
        return
    assert found.status is Status.OPTIMAL
    assert faults(problem, found.plan) == []
    assert cost(problem, found.plan) == found.objective == min(cost(problem, plan) for plan in possible)


def test_effort_is_spared_within_the_harm_allowed() -> None:
    problem = Problem(
        horizon=4,
        resources=(Resource(),),
        jobs=(
            Job(operations=(Operation(ways=(way(2, 0),), planned=0),), deadline=3, late_cost=1),
            Job(operations=(Operation(ways=(way(2, 0),), planned=0),), deadline=2, late_cost=9),
        ),
    )
    least = solve(problem, goal=Goal.HARM, limits=QUICK)

    found = solve(problem, goal=Goal.EFFORT, limits=QUICK, start=least.plan, harm_at_most=1)

    assert least.objective == 1
    assert found.plan == {(1, 0): Place(start=0, way=0), (0, 0): Place(start=2, way=0)}


@pytest.mark.parametrize("name", ["brandimarte/mk01", "fattahi/sfjs01", "fattahi/sfjs02", "fattahi/sfjs03"])
def test_small_instances_of_the_literature_are_proven(name) -> None:
    folder = fixtures_folder("scheduling")
    path = folder / f"{name}.txt"
    problem = read_instance(path.read_text())
    start = first_plan(problem)

    found = solve(problem, goal=Goal.MAKESPAN, start=start, limits=Limits(seconds=20, workers=8))

    assert faults(problem, start) == []
    assert faults(problem, found.plan) == []
    assert found.status is Status.OPTIMAL
    assert makespan(problem, found.plan) == found.objective == best_known(folder)[name_of(path)]


def test_a_search_measured_in_work_finds_the_same_again() -> None:
    folder = fixtures_folder("scheduling", "brandimarte")
    problem = read_instance((folder / "mk02.txt").read_text())
    limits = Limits(seconds=60, work=0.3)

    plans = [solve(problem, goal=Goal.MAKESPAN, start=first_plan(problem), limits=limits).plan for _ in range(2)]

    assert plans[0] == plans[1]
    assert faults(problem, plans[0]) == []


def test_rules_do_not_load_the_solver() -> None:
    modules = "corsia.workshop.rules.solver, corsia.workshop.rules.replanning"
    program = f"import sys; import {modules}; print('ortools' in sys.modules)"

    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert told.stdout.strip() == "False"
