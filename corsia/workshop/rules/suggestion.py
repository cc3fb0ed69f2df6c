"""The earliest time at which a visit fits: for each piece of work a technician who can do it and a bay of its kind."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from corsia.workshop.rules.grid import Grid, first_bit, run_bits, starts_of_runs


@dataclass(frozen=True, kw_only=True)
class TechnicianRoom:
    """A technician, with the slots of the grid that are free."""

    technician: int
    skills: frozenset[str]
    free: int


@dataclass(frozen=True, kw_only=True)
class BayRoom:
    """A bay, with the slots of the grid that are free."""

    bay: int
    kind: str
    free: int


@dataclass(frozen=True, kw_only=True)
class Work:
    """One piece of work of a visit: what it asks for, and how long."""

    skill: str
    bay_kind: str
    minutes: int


@dataclass(frozen=True, kw_only=True)
class Slot:
    """Where one piece of work would go: slots of the grid, a technician and a bay."""

    start: int
    length: int
    technician: int
    bay: int

    @property
    def end(self) -> int:
        """The slot after the last."""
        return self.start + self.length


def suggestions(
    *,
    grid: Grid,
    technicians: Sequence[TechnicianRoom],
    bays: Sequence[BayRoom],
    works: Sequence[Work],
    not_before: int = 0,
    skipped_days: Collection[int] = (),
) -> Iterator[tuple[Slot, ...]]:
    """Yield, day by day, the chain of slots that ends first: all work of a visit in its order, within the day.

    Of those who are free then, it takes the technician with the fewest skills, who leaves the others for work that
    only they can do, and of these the one whose free time it fits most closely.
    """
    lengths = [grid.slots_for(work.minutes) for work in works]
    starts = [_starts(technicians, bays, work, length) for work, length in zip(works, lengths, strict=True)]
    for day, (first, slots) in enumerate(grid.days):
        if day in skipped_days or first + slots <= not_before:
            continue
        at, chain = max(first, not_before), []
        for possible, length in zip(starts, lengths, strict=True):
            start = first_bit(possible & run_bits(first, slots), at=at)
            if start is None:
                break
            chain.append(start)
            at = start + length
        else:
            yield tuple(
                _placed(technicians, bays, work, start, length)
                for work, start, length in zip(works, chain, lengths, strict=True)
            )


def over_days(
    *,
    grid: Grid,
    technicians: Sequence[TechnicianRoom],
    bays: Sequence[BayRoom],
    works: Sequence[Work],
    not_before: int = 0,
) -> tuple[Slot, ...] | None:
    """Return the chain of slots that ends first when the vehicle may stay overnight: each piece of work within a day.

    None where no such chain is left before the grid ends, or where a piece of work is longer than every day.
    """
    at, chain = not_before, []
    for work in works:
        length = grid.slots_for(work.minutes)
        start = first_bit(_starts(technicians, bays, work, length), at=at)
        if start is None:
            return None
        chain.append(_placed(technicians, bays, work, start, length))
        at = start + length
    return tuple(chain)


def _starts(technicians: Sequence[TechnicianRoom], bays: Sequence[BayRoom], work: Work, length: int) -> int:
    """Return where some technician and some bay are both free throughout: the same bay all the time."""
    able = held = 0
    for room in technicians:
        if work.skill in room.skills:
            able |= starts_of_runs(room.free, length)
    for bay in bays:
        if able and bay.kind == work.bay_kind:
            held |= starts_of_runs(bay.free, length)
    return able & held


def _placed(
    technicians: Sequence[TechnicianRoom], bays: Sequence[BayRoom], work: Work, start: int, length: int
) -> Slot:
    run = run_bits(start, length)
    technician = min(
        (room for room in technicians if work.skill in room.skills and room.free & run == run),
        key=lambda room: (len(room.skills), _slack(room.free, start, length), room.technician),
    )
    bay = min(
        (bay for bay in bays if bay.kind == work.bay_kind and bay.free & run == run),
        key=lambda bay: (_slack(bay.free, start, length), bay.bay),
    )
    return Slot(start=start, length=length, technician=technician.technician, bay=bay.bay)


def _slack(free: int, start: int, length: int) -> int:
    """Return how many free slots lie directly before and after the run."""
    after = ~(free >> (start + length))
    below = free & run_bits(0, start)
    taken = run_bits(0, start) & ~below
    return (after & -after).bit_length() - 1 + start - taken.bit_length()
