"""How near the solver comes to the best plans known: flexible job shops from the literature, some seconds each."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

from corsia.config.bench import Figure, machine
from corsia.config.bench.data import Progress
from corsia.workshop.rules.first_plan import first_plan
from corsia.workshop.rules.problem import Goal, Job, Operation, Problem, Resource, Way, faults, makespan
from corsia.workshop.rules.solver import Limits, Status, solve

SECONDS = 20.0
WORKERS = 8  # of them each searches in its own manner: more than processors is right
_BEST = "fjsp_best_known.csv"
_MEDIUM = re.compile(r"mfjs(\d+)")  # files are named by size, the list of the best counts them through
_SMALL = re.compile(r"sfjs(\d+)")


def measure(*, folder: Path, progress: Progress, seconds: float = SECONDS) -> Iterator[Figure]:
    """Yield the makespan of each instance below the folder, beside the best known; each plan is checked."""
    best = best_known(folder)
    conditions = f"{machine()}; {seconds:.0f} s each, {WORKERS} workers, one run"
    gaps, reached, proven = [], 0, 0
    for path in sorted(folder.rglob("*.txt")):
        name = name_of(path)
        if name not in best:
            continue
        problem = read_instance(path.read_text())
        start = first_plan(problem)
        found = solve(problem, goal=Goal.MAKESPAN, start=start, limits=Limits(seconds=seconds, workers=WORKERS))
        wrong = faults(problem, found.plan) or ([] if found.plan else ["there is no plan"])
        if wrong or makespan(problem, found.plan) != found.objective:
            raise RuntimeError(f"The plan for {path.name} cannot be carried out: {wrong[:3]}.")
        length, is_proven = makespan(problem, found.plan), found.status is Status.OPTIMAL
        gaps.append(length / best[name] - 1)
        reached += length <= best[name]
        proven += is_proven
        word = "proven" if is_proven else f"not proven, bound {found.bound:.0f}"
        said = (
            f"{conditions}; best known {best[name]}; greedy {makespan(problem, start)}; {found.seconds:.1f} s, {word}"
        )
        progress(f"{name}: {length} of {best[name]} ({word}, {found.seconds:.1f} s)")
        yield Figure("fjsp", f"{name} makespan", length, "units", f"<= {best[name]}", said)
    if not gaps:
        raise FileNotFoundError(f"No instance of a flexible job shop below {folder} stands in {_BEST}.")
    yield Figure("fjsp", f"at the best known, of {len(gaps)}", reached, "instances", "", conditions)
    yield Figure("fjsp", f"proven optimal, of {len(gaps)}", proven, "instances", "", conditions)
    yield Figure("fjsp", "mean gap", round(100 * sum(gaps) / len(gaps), 2), "%", "", conditions)
    yield Figure("fjsp", "largest gap", round(100 * max(gaps), 2), "%", "", conditions)


def best_known(folder: Path) -> dict[str, int]:
    """Return the best known makespan of each instance, from the list in the folder."""
    with (folder / _BEST).open(newline="") as file:
        return {row["instance"]: int(row["ub"]) for row in csv.DictReader(file)}


def name_of(path: Path) -> str:
    """Return the name that the list gives an instance: Fattahi's small ones come first, then his medium ones."""
    if found := _SMALL.fullmatch(path.stem):
        return f"fattahi{int(found[1])}"
    if found := _MEDIUM.fullmatch(path.stem):
        return f"fattahi{int(found[1]) + 10}"
    return path.stem


def read_instance(text: str) -> Problem:
    """Read an instance in the usual format: jobs and machines, then a line for each job.

    A line says how many operations there are, and for each how many machines can do it, and each machine (from 0) with
    its duration.
    """
    lines = [[int(word) for word in line.split()] for line in text.splitlines() if line.strip()]
    jobs = []
    for line in lines[1 : 1 + lines[0][0]]:
        numbers = iter(line)
        jobs.append(
            Job(
                operations=tuple(
                    Operation(
                        ways=tuple(
                            Way(resources=(next(numbers),), duration=next(numbers)) for _ in range(next(numbers))
                        )
                    )
                    for _ in range(next(numbers))
                )
            )
        )
    horizon = sum(max(way.duration for way in operation.ways) for job in jobs for operation in job.operations)
    return Problem(horizon=horizon, resources=(Resource(),) * lines[0][1], jobs=tuple(jobs))
