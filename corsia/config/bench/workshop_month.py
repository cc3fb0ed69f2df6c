"""What booking by suggestion and re-planning is worth: a month of one workshop, simulated, against booking by hand.

All ways of working meet the same month: the same calls, walk-ins, people who do not come, illness and durations; and
nobody waits for an hour in the plan who could begin. What differs is how a day is found and whose car is next. A
simulation rests on its assumptions: it says what may be expected of a diary, not what a real workshop will see.
"""

import random
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, time
from zoneinfo import ZoneInfo

from corsia.config.bench import Figure, machine
from corsia.config.bench.data import Progress
from corsia.workshop.rules.day import (
    BayDay,
    Day,
    Disturbance,
    Overrun,
    Placed,
    Step,
    TechnicianAbsent,
    TechnicianDay,
    VisitOfDay,
)
from corsia.workshop.rules.grid import Grid, first_bit, opening, run_bits, starts_of_runs
from corsia.workshop.rules.replanning import Patience, quick_repair, replan
from corsia.workshop.rules.solver import Limits
from corsia.workshop.rules.suggestion import BayRoom, TechnicianRoom, Work, suggestions

SEEDS = 20
LOADS = (0.85, 1.0, 1.15)  # work that is asked for, of the hours that are there
WARM_UP, MEASURED, DIARY = 6, 22, 120  # working days
OPEN, OVERTIME, GRAIN, TICK = 540, 30, 15, 5  # minutes
TECHNICIANS, ABSENT, KNOWN_BEFORE = 20, 0.07, 0.5
_SPREAD, _SPEED = 0.2, 0.10  # of durations (lognormal), of people (normal)
_WALK_IN, _MISSED = 0.10, 0.04
_STUDENT = 2.093  # 97.5 % point for 19 degrees of freedom: the interval of a mean of 20 months
_PATIENCE = Patience(search=Limits(seconds=60.0, work=0.03), parts=4, seconds=300.0)  # the same on every machine
_AGAIN = 120  # minutes between two looks at the plan in the day
_SHARES = {"diagnosis": 0.45, "repair": 0.40, "tyres": 0.65, "high_voltage": 0.25}
_BAYS = {"lift": 16, "diagnosis": 4, "alignment": 2}
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


@dataclass(frozen=True, kw_only=True)
class Month:
    """What came of it. Shares of 1, days."""

    invoiced: float  # hours sold of hours attended, overtime counted
    kept: float  # promises for a day that were kept
    waiting: float  # days from the first that suits to the one on which the car is done


def measure(*, progress: Progress) -> Iterator[Figure]:
    """Yield what each way comes to, and what suggestion and re-planning gain over each, with 95 % intervals."""
    for load in LOADS:
        yield from _at(load, progress)


def _at(load: float, progress: Progress) -> Iterator[Figure]:
    conditions = (
        f"{machine()}; simulated: {TECHNICIANS} technicians, {MEASURED} days after {WARM_UP}, work asked for "
        f"{load:.0%} of the hours there, seeds 0 to {SEEDS - 1}; mean with its 95 % interval over the seeds"
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


def world_of(seed: int, load: float) -> World:
    """Return the month of a seed; the same for every way of working."""
    chance = random.Random(seed)
    days = WARM_UP + MEASURED
    skills = [
        {"service"} | {skill for skill, share in _SHARES.items() if chance.random() < share} for _ in range(TECHNICIANS)
    ]
    for place, skill in enumerate(_SHARES):
        if sum(skill in one for one in skills) < 3:
            for number in range(3):
                skills[number * 5 + place].add(skill)
    absent = [{one for one in range(TECHNICIANS) if chance.random() < ABSENT} for _ in range(DIARY)]
    expected = [{one for one in day if chance.random() < KNOWN_BEFORE} for day in absent]
    weights = [weight for weight, _ in _JOBS]
    mean = sum(weight * sum(work.minutes for work in works) for weight, works in _JOBS) / sum(weights)
    daily = load * TECHNICIANS * (1 - ABSENT) * OPEN / mean
    cars: list[Car] = []
    for day in range(days):
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
    )


@dataclass(kw_only=True)
class _Running:
    """Work in somebody's hands."""

    car: Car
    bay_kind: str
    began: int
    ends: int


class _Workshop:
    """A workshop in its month; what the ways of working share."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.today: dict[int, list[Car]] = {day: [] for day in range(DIARY + 40)}
        self.invoiced = self.attended = 0
        self.rank = {skill: sum(skill in able for able in world.skills) for skill in ("service", *_SHARES)}

    def month(self) -> Month:
        """Go through the days, and count those that are measured."""
        cars = self.world.cars
        for day in range(WARM_UP + MEASURED):
            before = self.invoiced, self.attended
            self._work(day)
            if day < WARM_UP:
                self.invoiced, self.attended = before
            for car in cars:
                if car.called == day and car.arrives is None:
                    self.book(car)
                    self.today[car.promised or 0].append(car)
        last = WARM_UP + MEASURED
        due = [car for car in cars if car.comes and car.promised is not None and WARM_UP <= car.promised < last - 2]
        kept = sum(car.done is not None and car.done <= (car.promised or 0) for car in due)
        waits = [
            (last if car.done is None else car.done) - car.wanted
            for car in cars
            if car.comes and WARM_UP <= car.called < last - 8
        ]
        return Month(invoiced=self.invoiced / self.attended, kept=kept / len(due), waiting=statistics.mean(waits))

    def book(self, car: Car) -> None:
        """Find the day that is promised."""
        raise NotImplementedError

    def chosen(self, ready: list[Car], technician: int, minute: int, present: frozenset[int]) -> Car | None:
        """Return the car a technician who has nothing to do takes next, of those that can be worked on."""
        raise NotImplementedError

    def morning(self, day: int, present: frozenset[int]) -> None:
        """Look at the plan before work begins."""

    def in_between(self, day: int, minute: int, running: dict[int, _Running], present: frozenset[int]) -> None:
        """Look at the plan while work goes on."""

    def walked_in(self, car: Car, day: int, minute: int) -> None:
        """Somebody came without being expected."""

    def carried(self, car: Car, day: int) -> None:
        """A car was not done: it is there tomorrow, before all others."""
        car.plan, car.is_carried = [], True
        self.today[day + 1].insert(0, car)

    def _work(self, day: int) -> None:
        present = frozenset(range(TECHNICIANS)) - self.world.absent[day]
        walk_ins = [car for car in self.world.cars if car.called == day and car.arrives is not None]
        self.today[day] = [car for car in self.today[day] if car.comes]
        self.morning(day, present)
        bays = dict(_BAYS)
        running: dict[int, _Running] = {}
        for minute in range(0, OPEN + 480, TICK):
            for technician, work in list(running.items()):
                if work.ends <= minute:
                    self._finish(day, work)
                    bays[work.bay_kind] += 1
                    del running[technician]
            if minute >= OPEN + OVERTIME and not running:
                break
            for car in walk_ins:
                if car.arrives == minute:
                    self.today[day].append(car)
                    self.walked_in(car, day, minute)
            if minute and minute % _AGAIN == 0 and minute < OPEN:
                self.in_between(day, minute, running, present)
            self._begin(day, minute, bays, running, present)
        for car in [car for car in self.today[day] if car.done is None]:
            self.carried(car, day)
        self.attended += len(present) * OPEN

    def _begin(
        self, day: int, minute: int, bays: dict[str, int], running: dict[int, _Running], present: frozenset[int]
    ) -> None:
        if minute >= OPEN:
            return
        in_hand = {work.car.number for work in running.values()}
        waiting = [car for car in self.today[day] if car.done is None and car.number not in in_hand]
        for technician in sorted(present - running.keys()):
            able = self.world.skills[technician]
            ready = [
                car
                for car in waiting
                if (work := car.works[car.next_work]).skill in able
                and bays[work.bay_kind]
                and minute + work.minutes <= OPEN + OVERTIME
            ]
            car = self.chosen(ready, technician, minute, present) if ready else None
            if car is not None:
                work = car.works[car.next_work]
                takes = work.minutes * car.noise[car.next_work] / self.world.speed[technician]
                ends = minute + max(TICK, round(takes / TICK) * TICK)
                running[technician] = _Running(car=car, bay_kind=work.bay_kind, began=minute, ends=ends)
                bays[work.bay_kind] -= 1
                waiting.remove(car)
                self.attended += max(0, ends - OPEN)

    def _finish(self, day: int, work: _Running) -> None:
        car = work.car
        self.invoiced += car.works[car.next_work].minutes
        car.next_work += 1
        if car.next_work == len(car.works):
            car.done = day


class _Paper(_Workshop):
    """A paper diary: a column for each technician, in blocks; each works off their own column."""

    block = 135

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.blocks = OPEN // self.block
        room = [run_bits(0, self.blocks)] * DIARY
        self.free = [
            [0 if one in world.expected[day] else room[day] for day in range(DIARY)] for one in range(TECHNICIANS)
        ]

    def book(self, car: Car) -> None:
        for day in range(max(car.called + 1, car.wanted), DIARY):
            found = self._by_one(car, day) or self._by_several(car, day)
            if found:
                for technician, start, length in found:
                    self.free[technician][day] &= ~run_bits(start, length)
                hands = found if len(found) == len(car.works) else found * len(car.works)
                car.plan = [(technician, start * self.block) for technician, start, _ in hands]
                car.promised = day
                return
        raise RuntimeError("The diary is full for months: the load is too high for this simulation.")

    def chosen(self, ready: list[Car], technician: int, minute: int, present: frozenset[int]) -> Car | None:
        """Take the next of one's own column: what is left of yesterday comes before it, who walked in after it."""
        own = [car for car in ready if not car.plan or self._hand(car) == technician or self._hand(car) not in present]
        return min(own, key=lambda car: (self._time(car), car.called, car.number), default=None)

    def _time(self, car: Car) -> int:
        if car.plan:
            return car.plan[car.next_work][1]
        return -1 if car.is_carried else OPEN

    def _hand(self, car: Car) -> int:
        return car.plan[car.next_work][0]

    def _by_one(self, car: Car, day: int) -> list[tuple[int, int, int]]:
        needs = {work.skill for work in car.works}
        length = min(self.blocks, -(-car.minutes // self.block))
        for technician in range(TECHNICIANS):
            if needs <= self.world.skills[technician]:
                start = first_bit(starts_of_runs(self.free[technician][day], length))
                if start is not None:
                    return [(technician, start, length)]
        return []

    def _by_several(self, car: Car, day: int) -> list[tuple[int, int, int]]:
        """Return a block for each piece of work, where nobody can do them all."""
        needs = {work.skill for work in car.works}
        if any(needs <= able for able in self.world.skills):
            return []
        found = []
        for work in car.works:
            length = min(self.blocks, -(-work.minutes // self.block))
            for technician in range(TECHNICIANS):
                start = first_bit(starts_of_runs(self.free[technician][day], length))
                if work.skill in self.world.skills[technician] and start is not None:
                    found.append((technician, start, length))
                    break
        return found if len(found) == len(car.works) else []


class _Hourly(_Paper):
    """The same in blocks of an hour."""

    block = 60


class _Overbooked(_Workshop):
    """A diary that only adds up hours, filled to 95 %, and a foreman who hands out cars as they were booked."""

    filled = 0.95

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.booked = [0] * DIARY

    def book(self, car: Car) -> None:
        there = self.filled * TECHNICIANS * (1 - ABSENT) * OPEN
        for day in range(max(car.called + 1, car.wanted), DIARY):
            if self.booked[day] + car.minutes <= there:
                self.booked[day] += car.minutes
                car.promised = day
                return
        raise RuntimeError("The diary is full for months: the load is too high for this simulation.")

    def chosen(self, ready: list[Car], technician: int, minute: int, present: frozenset[int]) -> Car | None:
        return min(ready, key=lambda car: (car.called, car.number))


class _Planned(_Workshop):
    """Booked by suggestion; re-planned when somebody is ill in the morning, and looked at again every two hours."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        hours = [[(time(8), time(12, 30)), (time(14), time(18, 30))]] * 7
        zone = ZoneInfo("Europe/Rome")
        self.grid = Grid.of(opening(first=date(2026, 1, 7), days=DIARY, hours=hours, zone=zone), minutes=GRAIN)
        self.technicians = [
            TechnicianRoom(
                technician=one,
                skills=world.skills[one],
                free=sum(run_bits(*self.grid.days[day]) for day in range(DIARY) if one not in world.expected[day]),
            )
            for one in range(TECHNICIANS)
        ]
        kinds = [kind for kind, many in _BAYS.items() for _ in range(many)]
        self.bays = [BayRoom(bay=number, kind=kind, free=self.grid.open_bits) for number, kind in enumerate(kinds)]
        self.bay_of: dict[tuple[int, int], int] = {}

    def book(self, car: Car) -> None:
        day = self._take(car, first=self.grid.days[max(car.called + 1, car.wanted)][0], last_day=DIARY)
        if day is None:
            raise RuntimeError("The diary is full for months: the load is too high for this simulation.")
        car.promised = day

    def walked_in(self, car: Car, day: int, minute: int) -> None:
        self._take(car, first=self.grid.days[day][0] + -(-minute // GRAIN), last_day=day)

    def carried(self, car: Car, day: int) -> None:
        super().carried(car, day)
        self._take(car, first=self.grid.days[day + 1][0], last_day=day + 1)

    def morning(self, day: int, present: frozenset[int]) -> None:
        ill = [
            TechnicianAbsent(technician=one, since=0)
            for one in sorted(self.world.absent[day] - self.world.expected[day])
        ]
        if ill:
            plan = self._day(day, 0, {})
            self._follow(day, replan(plan, ill, patience=_PATIENCE).placed)

    def in_between(self, day: int, minute: int, running: dict[int, _Running], present: frozenset[int]) -> None:
        more: list[Disturbance] = [
            TechnicianAbsent(technician=one, since=0) for one in sorted(set(range(TECHNICIANS)) - present)
        ]
        for work in running.values():
            late = minute + GRAIN - work.began - work.car.works[work.car.next_work].minutes
            if late > 0:
                more.append(Overrun(visit=work.car.number, order=work.car.next_work, minutes=late))
        self._follow(day, quick_repair(self._day(day, minute, running), more).placed)

    def chosen(self, ready: list[Car], technician: int, minute: int, present: frozenset[int]) -> Car | None:
        """Take the next of one's own; else one that nobody has or that is late, rare skills and long work first."""
        own = [car for car in ready if car.plan and car.plan[car.next_work][0] == technician]
        if own:
            return min(own, key=lambda car: (car.plan[car.next_work][1], car.number))
        return min(
            ready,
            key=lambda car: (
                bool(car.plan) and car.plan[car.next_work][1] > minute,
                self.rank[car.works[car.next_work].skill],
                -car.works[car.next_work].minutes,
                car.number,
            ),
        )

    def _take(self, car: Car, *, first: int, last_day: int) -> int | None:
        """Book the earliest chain there is for what is left to do; return its day, None where there is none in time."""
        works = car.works[car.next_work :]
        chain = next(
            suggestions(
                grid=self.grid,
                technicians=self.technicians,
                bays=self.bays,
                works=works,
                not_before=first,
                skipped_days=range(last_day + 1, DIARY),
            ),
            None,
        )
        if chain is None:
            return None
        day = self.grid.day_of(chain[0].start)
        car.plan = [(0, 0)] * car.next_work
        for number, slot in enumerate(chain, car.next_work):
            run = run_bits(slot.start, slot.length)
            technician, bay = self.technicians[slot.technician], self.bays[slot.bay]
            self.technicians[slot.technician] = replace(technician, free=technician.free & ~run)
            self.bays[slot.bay] = replace(bay, free=bay.free & ~run)
            car.plan.append((slot.technician, (slot.start - self.grid.days[day][0]) * GRAIN))
            self.bay_of[car.number, number] = slot.bay
        return day

    def _day(self, day: int, minute: int, running: dict[int, _Running]) -> Day:
        begun = {work.car.number: (technician, work) for technician, work in running.items()}
        steps = []
        for car in self.today[day]:
            if car.done is not None or not car.plan:
                continue
            for number in range(car.next_work, len(car.works)):
                technician, start = car.plan[number]
                is_begun = number == car.next_work and car.number in begun
                if is_begun:
                    technician, start = begun[car.number][0], begun[car.number][1].began
                work = car.works[number]
                steps.append(
                    Step(
                        visit=car.number,
                        order=number,
                        skill=work.skill,
                        bay_kind=work.bay_kind,
                        minutes=work.minutes,
                        technician=technician,
                        bay=self.bay_of[car.number, number],
                        start=start,
                        is_begun=is_begun,
                    )
                )
        return Day(
            now=minute,
            closes=OPEN + OVERTIME,
            technicians=tuple(
                TechnicianDay(technician=one, skills=able, free=((0, OPEN + OVERTIME),))
                for one, able in enumerate(self.world.skills)
                if one not in self.world.expected[day]
            ),
            bays=tuple(BayDay(bay=one.bay, kind=one.kind, free=((0, OPEN + OVERTIME),)) for one in self.bays),
            visits=tuple(
                VisitOfDay(visit=number, promised_at=OPEN + OVERTIME, is_told=True)
                for number in sorted({step.visit for step in steps})
            ),
            steps=tuple(steps),
        )

    def _follow(self, day: int, placed: Sequence[Placed]) -> None:
        """Work by the new plan; what does not fit stays where idle hands find it."""
        there: dict[int, dict[int, Placed]] = {}
        for one in placed:
            there.setdefault(one.visit, {})[one.order] = one
        for car in self.today[day]:
            if car.done is None and car.plan:
                mine = there.get(car.number, {})
                if all(number in mine for number in range(car.next_work, len(car.works))):
                    for number, one in mine.items():
                        car.plan[number] = one.technician, one.start
                        self.bay_of[car.number, number] = one.bay
                else:
                    car.plan = []


OURS = "suggestion and re-planning"
WAYS: dict[str, Callable[[World], _Workshop]] = {
    "paper diary, quarter days": _Paper,
    "paper diary, hours": _Hourly,
    "overbooked, good foreman": _Overbooked,
    OURS: _Planned,
}
