"""A workshop in its month, minute by minute: what all ways of working share."""

import statistics
from abc import ABC, abstractmethod
from dataclasses import dataclass

from corsia.config.bench.workshop_month.world import BAYS, OPEN, OVERTIME, SKILLS, TECHNICIANS, TICK, Car, World

_AGAIN = 120  # minutes between two looks at the plan in the day


class DiaryFull(Exception):
    """The diary is full for months: the load is too high for this simulation."""


@dataclass(frozen=True, kw_only=True)
class Month:
    """What came of it. Shares of 1, days."""

    invoiced: float  # hours sold of hours attended, overtime counted
    kept: float  # promises for a day that were kept
    waiting: float  # days from the first that suits to the one on which the car is done


@dataclass(kw_only=True)
class Running:
    """Work in somebody's hands."""

    car: Car
    bay_kind: str
    began: int
    ends: int


@dataclass(frozen=True)
class Idle:
    """Somebody who has nothing to do."""

    technician: int
    minute: int
    present: frozenset[int]  # who is there today


class Workshop(ABC):
    """A workshop in its month; what the ways of working share."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.today: dict[int, list[Car]] = {day: [] for day in range(world.scenario.diary + 40)}
        self.invoiced = self.attended = 0
        self.rank = {skill: sum(skill in able for able in world.skills) for skill in ("service", *SKILLS)}

    def month(self) -> Month:
        """Go through the days, and count those that are measured."""
        cars, first, last = self.world.cars, self.world.scenario.warm_up, self.world.scenario.days
        for day in range(last):
            before = self.invoiced, self.attended
            self._work(day)
            if day < first:
                self.invoiced, self.attended = before
            for car in cars:
                if car.called == day and car.arrives is None:
                    self.book(car)
                    self.today[car.promised or 0].append(car)
        due = [car for car in cars if car.comes and car.promised is not None and first <= car.promised < last - 2]
        kept = sum(car.done is not None and car.done <= (car.promised or 0) for car in due)
        waits = [
            (last if car.done is None else car.done) - car.wanted
            for car in cars
            if car.comes and first <= car.called < last - 8
        ]
        return Month(invoiced=self.invoiced / self.attended, kept=kept / len(due), waiting=statistics.mean(waits))

    @abstractmethod
    def book(self, car: Car) -> None:
        """Find the day that is promised.

        Raises:
            DiaryFull: there is none for months.
        """

    @abstractmethod
    def chosen(self, ready: list[Car], idle: Idle) -> Car | None:
        """Return the car a technician who has nothing to do takes next, of those that can be worked on."""

    def morning(self, day: int) -> None:  # noqa: B027 (diaries on paper do nothing then)
        """Look at the plan before work begins."""

    def in_between(self, day: int, minute: int, running: dict[int, Running], present: frozenset[int]) -> None:  # noqa: B027 (diaries on paper do nothing then)
        """Look at the plan while work goes on."""

    def walked_in(self, car: Car, day: int, minute: int) -> None:  # noqa: B027 (diaries on paper do nothing then)
        """Somebody came without being expected."""

    def carried(self, car: Car, day: int) -> None:
        """A car was not done: it is there tomorrow, before all others."""
        car.plan, car.is_carried = [], True
        self.today[day + 1].insert(0, car)

    def _work(self, day: int) -> None:
        present = frozenset(range(TECHNICIANS)) - self.world.absent[day]
        walk_ins = [car for car in self.world.cars if car.called == day and car.arrives is not None]
        self.today[day] = [car for car in self.today[day] if car.comes]
        self.morning(day)
        bays = dict(BAYS)
        running: dict[int, Running] = {}
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
        self, day: int, minute: int, bays: dict[str, int], running: dict[int, Running], present: frozenset[int]
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
            car = self.chosen(ready, Idle(technician, minute, present)) if ready else None
            if car is not None:
                work = car.works[car.next_work]
                takes = work.minutes * car.noise[car.next_work] / self.world.speed[technician]
                ends = minute + max(TICK, round(takes / TICK) * TICK)
                running[technician] = Running(car=car, bay_kind=work.bay_kind, began=minute, ends=ends)
                bays[work.bay_kind] -= 1
                waiting.remove(car)
                self.attended += max(0, ends - OPEN)

    def _finish(self, day: int, work: Running) -> None:
        car = work.car
        self.invoiced += car.works[car.next_work].minutes
        car.next_work += 1
        if car.next_work == len(car.works):
            car.done = day
