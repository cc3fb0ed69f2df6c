"""What booking by suggestion and re-planning is worth: a month of one workshop, simulated, against booking by hand.

All ways of working meet the same month: the same calls, walk-ins, people who do not come, illness and durations; and
nobody waits for an hour in the plan who could begin. What differs is how a day is found and whose car is next. A
simulation rests on its assumptions: it says what may be expected of a diary, not what a real workshop will see.
"""

import statistics
from collections.abc import Callable, Iterator, Sequence

from corsia.config.bench import Figure, machine
from corsia.config.bench.data import Progress
from corsia.config.bench.workshop_month.by_hand import Hourly, Overbooked, Paper
from corsia.config.bench.workshop_month.floor import Month, Workshop
from corsia.config.bench.workshop_month.planned import Planned
from corsia.config.bench.workshop_month.world import MONTH, TECHNICIANS, World, world_of

SEEDS = 20
LOADS = (0.85, 1.0, 1.15)  # work that is asked for, of the hours that are there
_STUDENT = 2.093  # 97.5 % point for 19 degrees of freedom: the interval of a mean of 20 months
OURS = "suggestion and re-planning"
WAYS: dict[str, Callable[[World], Workshop]] = {
    "paper diary, quarter days": Paper,
    "paper diary, hours": Hourly,
    "overbooked, good foreman": Overbooked,
    OURS: Planned,
}


def measure(*, progress: Progress) -> Iterator[Figure]:
    """Yield what each way comes to, and what suggestion and re-planning gain over each, with 95 % intervals."""
    for load in LOADS:
        yield from _at(load, progress)


def _at(load: float, progress: Progress) -> Iterator[Figure]:
    conditions = (
        f"{machine()}; simulated: {TECHNICIANS} technicians, {MONTH.measured} days after {MONTH.warm_up}, work asked "
        f"for {load:.0%} of the hours there, seeds 0 to {SEEDS - 1}; mean with its 95 % interval over the seeds"
    )
    months: dict[str, list[Month]] = {name: [] for name in WAYS}
    for seed in range(SEEDS):
        for name, way in WAYS.items():
            months[name].append(way(world_of(seed, load)).month())
        said = (f"{name} {found[-1].invoiced:.3f}, kept {found[-1].kept:.2f}" for name, found in months.items())
        progress(f"load {load:.0%}, seed {seed}: {'; '.join(said)}")
    for name, found in months.items():
        at = f"{load:.0%} {name}"
        yield _figure(f"{at}: invoiced of attended", [100 * one.invoiced for one in found], "%", conditions)
        yield _figure(f"{at}: promises kept", [100 * one.kept for one in found], "%", conditions)
        yield _figure(f"{at}: waiting", [one.waiting for one in found], "days", conditions)
    for name, found in months.items():
        if name != OURS:
            at, pairs = f"{load:.0%} gain over {name}", list(zip(months[OURS], found, strict=True))
            hours = [100 * (ours.invoiced / other.invoiced - 1) for ours, other in pairs]
            yield _figure(f"{at}: invoiced", hours, "%", conditions)
            kept = [100 * (ours.kept - other.kept) for ours, other in pairs]
            yield _figure(f"{at}: promises", kept, "points", conditions)


def _figure(name: str, values: Sequence[float], unit: str, conditions: str) -> Figure:
    half = _STUDENT * statistics.stdev(values) / len(values) ** 0.5
    said = f"{conditions}; single months from {min(values):.2f} to {max(values):.2f}"
    return Figure("workshop", f"{name} ± {half:.2f}", round(statistics.mean(values), 2), unit, "", said)
