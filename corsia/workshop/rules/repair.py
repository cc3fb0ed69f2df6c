"""A quick repair of a disturbed day, by rules a foreman would follow; and how much harm a repaired day does.

Several orders of going through the day are tried and the least harmful result is kept.
"""

from collections.abc import Mapping, Sequence

from corsia.workshop.rules.day import (
    Harm,
    Placed,
)
from corsia.workshop.rules.grid import first_bit, run_bits, starts_of_runs
from corsia.workshop.rules.situation import Situation, Todo, placed_at


def repair(found: Situation) -> dict[int, tuple[Placed, ...]]:
    """Return where each visit's work goes that has not begun; a visit that does not fit is not there."""
    results = []
    for roams in (True, False):
        for go in (_Repair.as_it_stands, _Repair.by_promise, _Repair.by_plan):
            attempt = _Repair(found, roams=roams)
            go(attempt)
            results.append({visit: tuple(steps) for visit, steps in attempt.placed.items()})
    return min(results, key=lambda placed: harm_of(found, placed))


def harm_of(found: Situation, placed: Mapping[int, Sequence[Placed]]) -> Harm:
    """Return what it costs to carry that out."""
    broken, postponed, calls = told_of(found, placed)
    hands = minutes = 0
    for visit, steps in placed.items():
        for one, todo in zip(steps, found.todo[visit], strict=True):
            hands += one.technician != todo.step.technician
            minutes += abs(one.start - todo.planned)
    return Harm(broken=len(broken), postponed=len(postponed), calls=len(calls), hands=hands, minutes=minutes)


def told_of(
    found: Situation, placed: Mapping[int, Sequence[Placed]]
) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """Return the visits whose promise is broken, those postponed, and those whose customer must be called."""
    ends: dict[int, int] = {}
    for one in found.fixed:
        ends[one.visit] = max(one.end, ends.get(one.visit, 0))
    ends |= {visit: steps[-1].end for visit, steps in placed.items()}
    postponed = sorted(found.unfinished | (found.todo.keys() - placed.keys()))
    late = [
        number
        for number, visit in sorted(found.visits.items())
        if visit.promised_at is not None and number in ends and ends[number] > visit.promised_at
    ]
    promised = {number for number, visit in found.visits.items() if visit.promised_at is not None}
    broken = sorted({*late, *(promised & set(postponed))})
    calls = sorted({*postponed, *(visit for visit in late if found.visits[visit].is_told)})
    return tuple(broken), tuple(postponed), tuple(calls)


class _Repair:
    """One way through the day: what was placed so far, and the minutes that are still free."""

    def __init__(self, found: Situation, *, roams: bool) -> None:
        self.found, self.roams = found, roams
        self.technicians, self.bays = dict(found.free_technicians), dict(found.free_bays)
        self.placed: dict[int, list[Placed]] = {visit: [] for visit in found.todo}
        for visit in found.unfinished & self.placed.keys():
            self._drop(visit)

    def as_it_stands(self) -> None:
        """Leave everything that can stay, then find room for the rest, the most urgent promises first."""
        for visit, number in self._as_planned():
            if number == len(self.placed.get(visit, ())):
                self._stay(visit)
        self.by_promise()

    def by_promise(self) -> None:
        """Place visit by visit, the most urgent promises first."""
        for visit in sorted(self.placed, key=lambda visit: (self._due(visit, -1), self.found.todo[visit][0].planned)):
            while visit in self.placed and len(self.placed[visit]) < len(self.found.todo[visit]):
                self._find(visit)

    def by_plan(self) -> None:
        """Place step by step in the order of the plan."""
        for visit, _ in self._as_planned():
            if visit in self.placed:
                self._find(visit)

    def _as_planned(self) -> list[tuple[int, int]]:
        return sorted(
            ((visit, number) for visit, steps in self.found.todo.items() for number in range(len(steps))),
            key=lambda key: (max(todo.planned for todo in self.found.todo[key[0]][: key[1] + 1]), key),
        )

    def _due(self, visit: int, number: int) -> int:
        """Return when a step must end so that the promise is kept; of -1: when the first must begin."""
        promised = self.found.visits[visit].promised_at
        end = self.found.day.closes if promised is None else promised
        return end - sum(todo.minutes for todo in self.found.todo[visit][number + 1 :])

    def _ready(self, visit: int) -> int:
        return self.placed[visit][-1].end if self.placed[visit] else self.found.ready[visit]

    def _stay(self, visit: int) -> None:
        todo = self.found.todo[visit][len(self.placed[visit])]
        step, run = todo.step, run_bits(todo.planned, todo.minutes)
        technician, bay = self.found.technicians.get(step.technician), self.found.bays.get(step.bay)
        if (
            todo.planned >= self._ready(visit)
            and technician is not None
            and step.skill in technician.skills
            and self.technicians[step.technician] & run == run
            and bay is not None
            and bay.kind == step.bay_kind
            and self.bays[step.bay] & run == run
        ):
            self._take(visit, todo, todo.planned, step.technician, step.bay)

    def _find(self, visit: int) -> None:
        """Find room for a visit's next step, or give the visit up."""
        number = len(self.placed[visit])
        todo, due = self.found.todo[visit][number], self._due(visit, number)
        step, at = todo.step, max(self._ready(visit), todo.planned)
        held = 0
        for bay in self.found.bays.values():
            if bay.kind == step.bay_kind:
                held |= starts_of_runs(self.bays[bay.bay], todo.minutes)
        starts: dict[int, int] = {}
        for technician in self.found.technicians.values():
            if held and step.skill in technician.skills:
                start = first_bit(starts_of_runs(self.technicians[technician.technician], todo.minutes) & held, at=at)
                if start is not None:
                    starts[technician.technician] = start
        if not starts:
            self._drop(visit)
            return
        own = starts.get(step.technician)
        if own is not None and (not self.roams or own + todo.minutes <= due):
            chosen = step.technician
        else:
            chosen = min(
                starts,
                key=lambda one: (
                    max(0, starts[one] + todo.minutes - due),
                    starts[one],
                    one != step.technician,
                    len(self.found.technicians[one].skills),
                    one,
                ),
            )
        run = run_bits(starts[chosen], todo.minutes)
        bay_number = min(
            (
                bay.bay
                for bay in self.found.bays.values()
                if bay.kind == step.bay_kind and self.bays[bay.bay] & run == run
            ),
            key=lambda one: (one != step.bay, one),
        )
        self._take(visit, todo, starts[chosen], chosen, bay_number)

    def _take(self, visit: int, todo: Todo, start: int, technician: int, bay: int) -> None:
        run = run_bits(start, todo.minutes)
        self.technicians[technician] &= ~run
        self.bays[bay] &= ~run
        self.placed[visit].append(placed_at(todo, start=start, technician=technician, bay=bay))

    def _drop(self, visit: int) -> None:
        for placed in self.placed.pop(visit):
            run = run_bits(placed.start, placed.end - placed.start)
            self.technicians[placed.technician] |= run
            self.bays[placed.bay] |= run
