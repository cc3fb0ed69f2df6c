"""Our way of working: booked by suggestion, re-planned when the day does not go as planned."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, time
from zoneinfo import ZoneInfo

from corsia.config.bench.workshop_month.floor import DiaryFull, Idle, Running, Workshop
from corsia.config.bench.workshop_month.world import BAYS, GRAIN, OPEN, OVERTIME, TECHNICIANS, Car, World
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
from corsia.workshop.rules.grid import Grid, opening, run_bits
from corsia.workshop.rules.replanning import quick_repair, replan
from corsia.workshop.rules.suggestion import BayRoom, TechnicianRoom, suggestions


class Planned(Workshop):
    """Booked by suggestion; re-planned when somebody is ill in the morning, and looked at again every two hours."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        hours = [[(time(8), time(12, 30)), (time(14), time(18, 30))]] * 7
        zone = ZoneInfo("Europe/Rome")
        self.grid = Grid.of(
            opening(first=date(2026, 1, 7), days=world.scenario.diary, hours=hours, zone=zone), minutes=GRAIN
        )
        self.technicians = [
            TechnicianRoom(
                technician=one,
                skills=world.skills[one],
                free=sum(
                    run_bits(*self.grid.days[day])
                    for day in range(world.scenario.diary)
                    if one not in world.expected[day]
                ),
            )
            for one in range(TECHNICIANS)
        ]
        kinds = [kind for kind, many in BAYS.items() for _ in range(many)]
        self.bays = [BayRoom(bay=number, kind=kind, free=self.grid.open_bits) for number, kind in enumerate(kinds)]
        self.bay_of: dict[tuple[int, int], int] = {}

    def book(self, car: Car) -> None:
        day = self._take(
            car, first=self.grid.days[max(car.called + 1, car.wanted)][0], last_day=self.world.scenario.diary
        )
        if day is None:
            raise DiaryFull
        car.promised = day

    def walked_in(self, car: Car, day: int, minute: int) -> None:
        self._take(car, first=self.grid.days[day][0] + -(-minute // GRAIN), last_day=day)

    def carried(self, car: Car, day: int) -> None:
        super().carried(car, day)
        self._take(car, first=self.grid.days[day + 1][0], last_day=day + 1)

    def morning(self, day: int) -> None:
        ill = [
            TechnicianAbsent(technician=one, since=0)
            for one in sorted(self.world.absent[day] - self.world.expected[day])
        ]
        if ill:
            plan = self._day(day, 0, {})
            self._follow(day, replan(plan, ill, patience=self.world.scenario.patience).placed)

    def in_between(self, day: int, minute: int, running: dict[int, Running], present: frozenset[int]) -> None:
        more: list[Disturbance] = [
            TechnicianAbsent(technician=one, since=0) for one in sorted(set(range(TECHNICIANS)) - present)
        ]
        for work in running.values():
            late = minute + GRAIN - work.began - work.car.works[work.car.next_work].minutes
            if late > 0:
                more.append(Overrun(visit=work.car.number, order=work.car.next_work, minutes=late))
        self._follow(day, quick_repair(self._day(day, minute, running), more).placed)

    def chosen(self, ready: list[Car], idle: Idle) -> Car | None:
        """Take the next of one's own; else one that nobody has or that is late, rare skills and long work first."""
        own = [car for car in ready if car.plan and car.plan[car.next_work][0] == idle.technician]
        if own:
            return min(own, key=lambda car: (car.plan[car.next_work][1], car.number))
        return min(
            ready,
            key=lambda car: (
                bool(car.plan) and car.plan[car.next_work][1] > idle.minute,
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
                skipped_days=range(last_day + 1, self.world.scenario.diary),
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

    def _day(self, day: int, minute: int, running: dict[int, Running]) -> Day:
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
