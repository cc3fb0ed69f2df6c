"""Three ways of booking by hand: two diaries on paper, and a yard that is overbooked and has a good foreman."""

from corsia.config.bench.workshop_month.floor import DiaryFull, Idle, Workshop
from corsia.config.bench.workshop_month.world import ABSENT, OPEN, TECHNICIANS, Car, World
from corsia.workshop.rules.grid import first_bit, run_bits, starts_of_runs


class Paper(Workshop):
    """A paper diary: a column for each technician, in blocks; each works off their own column."""

    block = 135

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.blocks = OPEN // self.block
        room = run_bits(0, self.blocks)
        self.free = [
            [0 if one in world.expected[day] else room for day in range(world.scenario.diary)]
            for one in range(TECHNICIANS)
        ]

    def book(self, car: Car) -> None:
        for day in range(max(car.called + 1, car.wanted), self.world.scenario.diary):
            found = self._by_one(car, day) or self._by_several(car, day)
            if found:
                for technician, start, length in found:
                    self.free[technician][day] &= ~run_bits(start, length)
                hands = found if len(found) == len(car.works) else found * len(car.works)
                car.plan = [(technician, start * self.block) for technician, start, _ in hands]
                car.promised = day
                return
        raise DiaryFull

    def chosen(self, ready: list[Car], idle: Idle) -> Car | None:
        """Take the next of one's own column: what is left of yesterday comes before it, who walked in after it."""
        own = [
            car
            for car in ready
            if not car.plan or self._hand(car) == idle.technician or self._hand(car) not in idle.present
        ]
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


class Hourly(Paper):
    """The same in blocks of an hour."""

    block = 60


class Overbooked(Workshop):
    """A diary that only adds up hours, filled to 95 %, and a foreman who hands out cars as they were booked."""

    filled = 0.95

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.booked = [0] * world.scenario.diary

    def book(self, car: Car) -> None:
        there = self.filled * TECHNICIANS * (1 - ABSENT) * OPEN
        for day in range(max(car.called + 1, car.wanted), self.world.scenario.diary):
            if self.booked[day] + car.minutes <= there:
                self.booked[day] += car.minutes
                car.promised = day
                return
        raise DiaryFull

    def chosen(self, ready: list[Car], idle: Idle) -> Car | None:  # noqa: ARG002 (whoever is idle takes it)
        return min(ready, key=lambda car: (car.called, car.number))
