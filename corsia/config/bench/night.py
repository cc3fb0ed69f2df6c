"""How long the nights of a group of workshops take, and what they gain on days as booked and after some called off."""

import random
from collections.abc import Iterator
from dataclasses import replace

from corsia.config.bench import Figure, machine, percentile
from corsia.config.bench.data import Progress
from corsia.config.bench.replan import TECHNICIANS, VISITS, day_of
from corsia.workshop.rules.day import Day
from corsia.workshop.rules.night import Tidied, tidy

SEEDS = 4  # days of each kind
WORKSHOPS, NIGHT_DAYS = 11, 3
NIGHT_HOURS = 7.0  # before anybody comes
_CALLED_OFF = 0.2  # share of visits, on the second kind of day


def measure(*, progress: Progress) -> Iterator[Figure]:
    """Yield seconds for a day and for the night of all workshops, and what a night changes."""
    conditions = (
        f"{machine()}; {TECHNICIANS} technicians, {VISITS} visits, seeds 0 to {SEEDS - 1}, one search at a time"
    )
    times: list[float] = []
    for name, share in (("as booked", 0.0), ("a fifth called off", _CALLED_OFF)):
        found: list[Tidied] = []
        for seed in range(SEEDS):
            one = tidy(_coming(seed, share), knows={})
            found.append(one)
            times.append(one.seconds)
            progress(f"{name}, day {seed}: {one.seconds:.0f} s, {len(one.placed)} moves, {one.before} to {one.after}")
        for key, words in (
            ("ends", "vehicles ready earlier, mean"), ("latest", "last work ends earlier"),
            ("heaviest", "longest day shorter"),
        ):  # fmt: skip
            many = VISITS * (1 - share) if key == "ends" else 1
            gains = [(getattr(one.before, key) - getattr(one.after, key)) / many for one in found]
            yield Figure("night", f"{name}: {words}", round(sum(gains) / SEEDS, 1), "minutes", "", conditions)
        room = sum(one.after.room - one.before.room for one in found) / SEEDS
        yield Figure("night", f"{name}: more room to book", round(room), "minutes", "", conditions)
        moves = sum(len(one.placed) for one in found) / SEEDS
        yield Figure("night", f"{name}: moves", round(moves, 1), "", "", conditions)
    yield Figure("night", "a day, median", round(percentile(times, 0.5), 1), "s", "", conditions)
    yield Figure("night", "a day, slowest", round(max(times), 1), "s", "", conditions)
    whole = WORKSHOPS * NIGHT_DAYS * sum(times) / len(times) / 3600
    goal = f"<= {NIGHT_HOURS:.0f}"
    yield Figure("night", f"{WORKSHOPS} workshops, {NIGHT_DAYS} days each", round(whole, 2), "hours", goal, conditions)


def _coming(seed: int, called_off: float) -> Day:
    """Return a day that is still to come, with some of its visits called off."""
    day, chance = day_of(seed), random.Random(seed)
    gone = {visit.visit for visit in day.visits if chance.random() < called_off}
    return replace(
        day,
        now=0,
        visits=tuple(visit for visit in day.visits if visit.visit not in gone),
        steps=tuple(replace(step, is_begun=False) for step in day.steps if step.visit not in gone),
    )
