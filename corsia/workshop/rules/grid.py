"""When is there room: opening hours cut into slots of a few minutes, one bit each, in Python's whole numbers.

A technician or a bay is one number; bit n says that slot n is free. Slots of a day follow each other over its pauses
(a car stays on its lift at noon), and a bit that is never set stands between two days (no work goes on overnight).
With a grain of one minute and a single day, slots are the minutes that a day's plan counts in.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final, Self

_MINUTE: Final = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class Period:
    """A stretch of real time between two aware instants, its end not included."""

    start: datetime
    end: datetime


def opening(
    *, first: date, days: int, hours: Sequence[Sequence[tuple[time, time]]], zone: tzinfo
) -> list[list[Period]]:
    """Return the open periods of each day as real instants.

    Args:
        hours: what is open on each weekday, Monday first, by the clock on the wall of `zone`.
    """
    result = []
    for number in range(days):
        day = first + timedelta(days=number)
        walls = [
            (datetime.combine(day, start, zone).astimezone(UTC), datetime.combine(day, end, zone).astimezone(UTC))
            for start, end in hours[day.weekday()]
        ]
        result.append([Period(start=start, end=end) for start, end in walls if start < end])
    return result


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """Slots that follow each other in real time without a pause."""

    first: int
    slots: int
    start: datetime


@dataclass(frozen=True, kw_only=True)
class Grid:
    """Days of open hours as numbered slots.

    Attributes:
        days: the first slot and the number of slots of each day; a closed day has none.
        stretches: in order of time.
        open_bits: every slot there is.
    """

    grain: timedelta
    days: tuple[tuple[int, int], ...]
    stretches: tuple[Stretch, ...]
    open_bits: int

    @classmethod
    def of(cls, days: Iterable[Iterable[Period]], *, minutes: int) -> Self:
        """Cut the open periods of each day into slots of so many minutes; the rest of a period is lost."""
        grain = timedelta(minutes=minutes)
        bounds, stretches, bits, slot = [], [], 0, 0
        for periods in days:
            began = slot
            for period in merged(periods):
                count = (period.end - period.start) // grain
                if count:
                    stretches.append(Stretch(first=slot, slots=count, start=period.start))
                    slot += count
            bounds.append((began, slot - began))
            bits |= run_bits(began, slot - began)
            slot += 1
        return cls(grain=grain, days=tuple(bounds), stretches=tuple(stretches), open_bits=bits)

    @property
    def size(self) -> int:
        """How many bits there are, those between the days included."""
        first, slots = self.days[-1] if self.days else (0, -1)
        return first + slots + 1

    def slots_for(self, minutes: int) -> int:
        """Return how many slots so many minutes of work take, at least one."""
        return max(1, -(-minutes * _MINUTE // self.grain))

    def start_of(self, slot: int) -> datetime:
        """Return the instant at which a slot begins.

        Raises:
            IndexError: the bit stands between two days.
        """
        stretch = self._stretch(slot)
        return stretch.start + (slot - stretch.first) * self.grain

    def end_of(self, slot: int, length: int = 1) -> datetime:
        """Return the instant at which a run of slots ends: at the beginning of a pause, not at its end."""
        return self.start_of(slot + length - 1) + self.grain

    def slot_from(self, instant: datetime) -> int:
        """Return the first slot that begins at or after the instant; `size` when there is none."""
        place = bisect_right(self.stretches, instant, key=lambda stretch: stretch.start) - 1
        if place >= 0:
            stretch = self.stretches[place]
            passed = -((stretch.start - instant) // self.grain)
            if passed < stretch.slots:
                return stretch.first + passed
        return self.stretches[place + 1].first if place + 1 < len(self.stretches) else self.size

    def day_of(self, slot: int) -> int:
        """Return the number of the day a slot belongs to, the first being 0."""
        return bisect_right(self.days, slot, key=lambda bounds: bounds[0]) - 1

    def _stretch(self, slot: int) -> Stretch:
        place = bisect_right(self.stretches, slot, key=lambda stretch: stretch.first) - 1
        if place < 0 or slot >= self.stretches[place].first + self.stretches[place].slots:
            raise IndexError(slot)
        return self.stretches[place]


def merged(periods: Iterable[Period]) -> list[Period]:
    """Return the same time as periods in order that neither overlap nor touch; empty ones are left out."""
    result: list[Period] = []
    for period in sorted((one for one in periods if one.start < one.end), key=lambda one: one.start):
        if result and period.start <= result[-1].end:
            result[-1] = Period(start=result[-1].start, end=max(result[-1].end, period.end))
        else:
            result.append(period)
    return result


def free_bits(grid: Grid, periods: Iterable[Period]) -> int:
    """Return the slots that lie wholly within the periods."""
    bits = 0
    for period in merged(periods):
        for stretch in _touched(grid, period):
            first = max(0, -((stretch.start - period.start) // grid.grain))
            last = min(stretch.slots, (period.end - stretch.start) // grid.grain)
            bits |= run_bits(stretch.first + first, last - first)
    return bits


def busy_bits(grid: Grid, periods: Iterable[Period]) -> int:
    """Return the slots that the periods touch, be it by a minute."""
    bits = 0
    for period in merged(periods):
        for stretch in _touched(grid, period):
            first = max(0, (period.start - stretch.start) // grid.grain)
            last = min(stretch.slots, -((stretch.start - period.end) // grid.grain))
            bits |= run_bits(stretch.first + first, last - first)
    return bits


def starts_of_runs(bits: int, length: int) -> int:
    """Return the bits at which `length` set bits in a row begin, doubling the length that is known at each step."""
    known = 1
    while known < length and bits:
        step = min(known, length - known)
        bits &= bits >> step
        known += step
    return bits


def run_bits(start: int, length: int) -> int:
    """Return `length` bits from `start` on; none for a length below one."""
    return ((1 << length) - 1) << start if length > 0 else 0


def first_bit(bits: int, *, at: int = 0) -> int | None:
    """Return the lowest set bit from `at` on."""
    rest = bits >> at
    return at + (rest & -rest).bit_length() - 1 if rest else None


def bits_of(bits: int) -> Iterator[int]:
    """Yield the set bits, the lowest first."""
    while bits:
        low = bits & -bits
        yield low.bit_length() - 1
        bits ^= low


def runs_of(bits: int) -> Iterator[tuple[int, int]]:
    """Yield each run of set bits as its first bit and the bit after its last."""
    at = 0
    while (start := first_bit(bits, at=at)) is not None:
        gap = ~(bits >> start)
        at = start + (gap & -gap).bit_length() - 1
        yield start, at


def _touched(grid: Grid, period: Period) -> Iterator[Stretch]:
    place = max(0, bisect_right(grid.stretches, period.start, key=lambda stretch: stretch.start) - 1)
    end = bisect_left(grid.stretches, period.end, key=lambda stretch: stretch.start)
    yield from grid.stretches[place:end]
