"""Slots as bits, against an oracle that walks through real time minute by minute."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from corsia.workshop.rules.grid import (
    Grid,
    Period,
    bits_of,
    busy_bits,
    first_bit,
    free_bits,
    opening,
    run_bits,
    runs_of,
    starts_of_runs,
)

ROME = ZoneInfo("Europe/Rome")
MINUTE = timedelta(minutes=1)
HOURS = [[(time(8), time(12)), (time(14), time(18))]] * 5 + [[(time(8), time(12))], []]

instants = st.integers(-200, 4 * 24 * 60).map(lambda minutes: datetime(2026, 3, 27, 22, tzinfo=UTC) + minutes * MINUTE)
periods = st.lists(st.tuples(instants, st.integers(0, 400)), max_size=6).map(
    lambda pairs: [Period(start=start, end=start + length * MINUTE) for start, length in pairs]
)
wall = st.integers(0, 23 * 60 + 59).map(lambda minutes: time(minutes // 60, minutes % 60))
day_hours = st.lists(st.tuples(wall, wall), max_size=3)


@st.composite
def grids(draw):
    """Three days around the night in which Rome goes to summer time, with any hours."""
    days = opening(first=date(2026, 3, 28), days=3, hours=[draw(day_hours) for _ in range(7)], zone=ROME)
    return days, Grid.of(days, minutes=draw(st.sampled_from([1, 5, 15, 25, 60])))


def slow_slots(days: list[list[Period]], grain: timedelta) -> list[list[datetime]]:
    """Return the beginnings of each day's slots, found by walking through its minutes."""
    result = []
    for day in days:
        open_minutes = sorted(
            {
                period.start + number * MINUTE
                for period in day
                for number in range(int((period.end - period.start) / MINUTE))
            }
        )
        slots, stretch = [], []
        for minute in open_minutes:
            if stretch and minute != stretch[-1] + MINUTE:
                stretch = []
            stretch.append(minute)
            if len(stretch) * MINUTE == grain:
                slots.append(stretch[0])
                stretch = []
        result.append(slots)
    return result


@given(grids())
def test_slots_are_those_of_a_walk_through_the_minutes(made) -> None:
    days, grid = made
    slow = slow_slots(days, grid.grain)

    assert [count for _, count in grid.days] == [len(slots) for slots in slow]
    assert list(bits_of(grid.open_bits)) == [
        first + number for (first, count), slots in zip(grid.days, slow, strict=True) for number in range(count)
    ]
    for number, ((first, _), slots) in enumerate(zip(grid.days, slow, strict=True)):
        assert [grid.start_of(first + place) for place in range(len(slots))] == slots
        assert [grid.end_of(first + place) for place in range(len(slots))] == [slot + grid.grain for slot in slots]
        assert {grid.day_of(first + place) for place in range(len(slots))} <= {number}


@given(grids(), periods)
def test_a_slot_is_free_when_each_of_its_minutes_is_and_busy_when_one_is(made, chosen) -> None:
    days, grid = made

    def within(minute: datetime) -> bool:
        return any(period.start <= minute < period.end for period in chosen)

    free = busy = 0
    for (first, _), slots in zip(grid.days, slow_slots(days, grid.grain), strict=True):
        for place, slot in enumerate(slots):
            minutes = [within(slot + number * MINUTE) for number in range(int(grid.grain / MINUTE))]
            free |= all(minutes) << (first + place)
            busy |= any(minutes) << (first + place)

    assert free_bits(grid, chosen) == free
    assert busy_bits(grid, chosen) == busy


@given(grids(), instants)
def test_the_first_slot_from_an_instant(made, instant) -> None:
    days, grid = made
    slow = [
        (slot, first + place)
        for (first, _), slots in zip(grid.days, slow_slots(days, grid.grain), strict=True)
        for place, slot in enumerate(slots)
    ]

    assert grid.slot_from(instant) == next((number for slot, number in sorted(slow) if slot >= instant), grid.size)


@given(st.integers(0, 2**80), st.integers(1, 20))
def test_runs_are_found_by_doubling_as_by_counting(bits, length) -> None:
    slow = [start for start in range(82) if all(bits >> (start + number) & 1 for number in range(length))]

    assert list(bits_of(starts_of_runs(bits, length))) == slow


@given(st.integers(0, 2**80), st.integers(0, 90))
def test_runs_and_first_bits(bits, at) -> None:
    rebuilt = 0
    for start, end in runs_of(bits):
        assert not bits >> end & 1
        assert start == 0 or not bits >> (start - 1) & 1
        rebuilt |= run_bits(start, end - start)

    assert rebuilt == bits
    assert first_bit(bits, at=at) == next((place for place in range(at, 82) if bits >> place & 1), None)


def test_work_goes_on_after_the_pause_but_never_overnight() -> None:
    days = opening(first=date(2026, 3, 9), days=2, hours=HOURS, zone=ROME)
    grid = Grid.of(days, minutes=60)

    four = starts_of_runs(grid.open_bits, 4)

    assert [grid.start_of(slot).astimezone(ROME).strftime("%a %H") for slot in bits_of(four)] == [
        *("Mon 08", "Mon 09", "Mon 10", "Mon 11", "Mon 14"),
        *("Tue 08", "Tue 09", "Tue 10", "Tue 11", "Tue 14"),
    ]
    assert grid.end_of(1, 4).astimezone(ROME) == datetime(2026, 3, 9, 15, tzinfo=ROME)
    assert grid.end_of(0, 4).astimezone(ROME) == datetime(2026, 3, 9, 12, tzinfo=ROME)


def test_nights_of_the_clock_change_are_as_long_as_they_are() -> None:
    nights = [[(time(0), time(6))]] * 7
    spring = Grid.of(opening(first=date(2026, 3, 29), days=1, hours=nights, zone=ROME), minutes=30)
    autumn = Grid.of(opening(first=date(2026, 10, 25), days=1, hours=nights, zone=ROME), minutes=30)

    assert [spring.days, autumn.days] == [((0, 10),), ((0, 14),)]
    assert spring.start_of(4).astimezone(ROME).hour == 3


def test_a_closed_day_has_no_slots_and_work_finds_the_next() -> None:
    grid = Grid.of(opening(first=date(2026, 3, 8), days=2, hours=HOURS, zone=ROME), minutes=60)

    assert grid.days == ((0, 0), (1, 8))
    assert grid.start_of(grid.slot_from(datetime(2026, 3, 8, 9, tzinfo=UTC))) == datetime(2026, 3, 9, 7, tzinfo=UTC)
    assert grid.slots_for(61) == 2
    assert grid.slots_for(0) == 1
