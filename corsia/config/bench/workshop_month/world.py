"""What happens to a workshop in a month, whatever its diary: calls, walk-ins, who does not come, illness, durations."""

import random
from dataclasses import dataclass, field

from corsia.workshop.rules.replanning import Patience
from corsia.workshop.rules.solver import Limits
from corsia.workshop.rules.suggestion import Work

OPEN, OVERTIME, GRAIN, TICK = 540, 30, 15, 5  # minutes
TECHNICIANS, ABSENT, KNOWN_BEFORE = 20, 0.07, 0.5
BAYS = {"lift": 16, "diagnosis": 4, "alignment": 2}
SKILLS = {"diagnosis": 0.45, "repair": 0.40, "tyres": 0.65, "high_voltage": 0.25}  # shares of those who have them
_PATIENCE = Patience(search=Limits(seconds=60.0, work=0.03), parts=4, seconds=300.0)
_SPREAD, _SPEED = 0.2, 0.10  # of durations (lognormal), of people (normal)
_WALK_IN, _MISSED = 0.10, 0.04
_JOBS: tuple[tuple[int, tuple[Work, ...]], ...] = tuple(
    (weight, tuple(Work(skill=skill, bay_kind=bay, minutes=minutes) for skill, bay, minutes in works))
    for weight, works in (
        (26, (("service", "lift", 75),)),
        (12, (("service", "lift", 75), ("tyres", "lift", 90))),
        (12, (("tyres", "lift", 45),)),
        (5, (("tyres", "lift", 45), ("tyres", "alignment", 45))),
        (8, (("tyres", "lift", 105),)),
        (8, (("diagnosis", "diagnosis", 60),)),
        (7, (("diagnosis", "diagnosis", 60), ("diagnosis", "lift", 150))),
        (5, (("diagnosis", "lift", 75),)),
        (5, (("repair", "lift", 270),)),
        (3, (("repair", "lift", 300),)),
        (2, (("repair", "lift", 420),)),
        (4, (("diagnosis", "diagnosis", 45),)),
        (2, (("high_voltage", "diagnosis", 180),)),
        (5, (("service", "lift", 75), ("high_voltage", "diagnosis", 60))),
    )
)


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """How long is simulated, in working days, and how long a new plan may be searched: the same on every machine."""

    warm_up: int = 6
    measured: int = 22
    diary: int = 120
    patience: Patience = _PATIENCE

    @property
    def days(self) -> int:
        """Days that are gone through."""
        return self.warm_up + self.measured


MONTH = Scenario()


@dataclass(kw_only=True)
class Car:
    """A visit: when it is asked for, what it needs, and what becomes of it."""

    number: int
    called: int  # day of the call
    wanted: int  # the first day that suits
    works: tuple[Work, ...]
    noise: tuple[float, ...]  # how much longer each piece of work really takes
    comes: bool = True
    arrives: int | None = None  # minute of the day, of somebody who walks in
    promised: int | None = None  # day
    done: int | None = None
    is_carried: bool = False
    next_work: int = 0
    plan: list[tuple[int, int]] = field(default_factory=list)  # technician and minute of each piece of work

    @property
    def minutes(self) -> int:
        """What is sold."""
        return sum(work.minutes for work in self.works)


@dataclass(frozen=True, kw_only=True)
class World:
    """What happens to a workshop, whatever its diary."""

    skills: tuple[frozenset[str], ...]
    speed: tuple[float, ...]
    absent: tuple[frozenset[int], ...]  # who, each day
    expected: tuple[frozenset[int], ...]  # of these, who had said so before the month
    cars: tuple[Car, ...]
    scenario: Scenario


def world_of(seed: int, load: float, scenario: Scenario = MONTH) -> World:
    """Return the month of a seed; the same for every way of working."""
    chance = random.Random(seed)
    skills = [
        {"service"} | {skill for skill, share in SKILLS.items() if chance.random() < share} for _ in range(TECHNICIANS)
    ]
    for place, skill in enumerate(SKILLS):
        if sum(skill in one for one in skills) < 3:
            for number in range(3):
                skills[number * 5 + place].add(skill)
    absent = [{one for one in range(TECHNICIANS) if chance.random() < ABSENT} for _ in range(scenario.diary)]
    expected = [{one for one in day if chance.random() < KNOWN_BEFORE} for day in absent]
    weights = [weight for weight, _ in _JOBS]
    mean = sum(weight * sum(work.minutes for work in works) for weight, works in _JOBS) / sum(weights)
    daily = load * TECHNICIANS * (1 - ABSENT) * OPEN / mean
    cars: list[Car] = []
    for day in range(scenario.days):
        for walks_in, share in ((False, 1 - _WALK_IN), (True, _WALK_IN)):
            # Binomial around the mean: many callers, each of whom may call today.
            for _ in range(sum(chance.random() < 0.2 for _ in range(round(daily * share / 0.2)))):
                works = chance.choices(_JOBS[:9] if walks_in else _JOBS, weights[:9] if walks_in else weights)[0][1]
                cars.append(
                    Car(
                        number=len(cars),
                        called=day,
                        wanted=day if walks_in else day + chance.randint(1, 4),
                        works=works,
                        noise=tuple(chance.lognormvariate(-(_SPREAD**2) / 2, _SPREAD) for _ in works),
                        comes=walks_in or chance.random() >= _MISSED,
                        arrives=chance.randrange(0, 360, TICK) if walks_in else None,
                    )
                )
    return World(
        skills=tuple(frozenset(one) for one in skills),
        speed=tuple(min(1.25, max(0.75, chance.gauss(1.0, _SPEED))) for _ in range(TECHNICIANS)),
        absent=tuple(frozenset(one) for one in absent),
        expected=tuple(frozenset(one) for one in expected),
        cars=tuple(cars),
        scenario=scenario,
    )
