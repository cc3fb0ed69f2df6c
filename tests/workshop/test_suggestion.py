"""The earliest time for a visit, against an oracle that tries every slot, technician and bay one after the other."""

from datetime import date, time
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from corsia.workshop.rules.grid import Grid, opening, run_bits
from corsia.workshop.rules.suggestion import BayRoom, Slot, TechnicianRoom, Work, suggestions

HOURS = [[(time(8), time(10)), (time(11), time(13))]] * 7
GRID = Grid.of(opening(first=date(2026, 3, 9), days=3, hours=HOURS, zone=ZoneInfo("Europe/Rome")), minutes=15)

free = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 20)), max_size=4).map(
    lambda runs: GRID.open_bits & ~_union(runs)
)
skills = st.frozensets(st.sampled_from(["service", "tyres", "diagnosis"]), min_size=1)
technicians = st.lists(st.tuples(skills, free), min_size=1, max_size=4).map(
    lambda rows: [TechnicianRoom(technician=number, skills=able, free=bits) for number, (able, bits) in enumerate(rows)]
)
bays = st.lists(st.tuples(st.sampled_from(["lift", "test"]), free), min_size=1, max_size=3).map(
    lambda rows: [BayRoom(bay=number, kind=kind, free=bits) for number, (kind, bits) in enumerate(rows)]
)
works = st.lists(
    st.builds(
        Work,
        skill=st.sampled_from(["service", "tyres", "diagnosis"]),
        bay_kind=st.sampled_from(["lift", "test"]),
        minutes=st.integers(10, 150),
    ),
    min_size=1,
    max_size=3,
)


def _union(runs) -> int:
    bits = 0
    for start, length in runs:
        bits |= run_bits(start, length)
    return bits


def slow_ends(technicians, bays, works, not_before) -> list[int]:
    """Return the earliest end of each day on which the whole visit fits, by trying everything."""

    def is_free(free_slots: int, start: int, length: int) -> bool:
        return all(free_slots >> slot & 1 for slot in range(start, start + length))

    def earliest(chain: list[Work], at: int, last: int) -> int | None:
        if not chain:
            return at
        length = -(-chain[0].minutes // 15)
        for start in range(at, last):
            able = any(chain[0].skill in one.skills and is_free(one.free, start, length) for one in technicians)
            held = any(bay.kind == chain[0].bay_kind and is_free(bay.free, start, length) for bay in bays)
            if able and held and (end := earliest(chain[1:], start + length, last)) is not None:
                return end
        return None

    found = [earliest(works, max(first, not_before), first + slots) for first, slots in GRID.days]
    return [end for end in found if end is not None]


@given(technicians, bays, works, st.integers(0, 60))
def test_each_day_is_offered_with_its_earliest_end_and_nothing_else(technicians, bays, works, not_before) -> None:
    found = list(suggestions(grid=GRID, technicians=technicians, bays=bays, works=works, not_before=not_before))

    assert [chain[-1].end for chain in found] == slow_ends(technicians, bays, works, not_before)
    for chain in found:
        at = not_before
        assert len({GRID.day_of(slot.start) for slot in chain}) == 1
        for slot, work in zip(chain, works, strict=True):
            run = run_bits(slot.start, slot.length)
            technician, bay = technicians[slot.technician], bays[slot.bay]
            assert slot.start >= at
            assert slot.length == -(-work.minutes // 15)
            assert work.skill in technician.skills
            assert technician.free & run == run
            assert bay.kind == work.bay_kind
            assert bay.free & run == run
            at = slot.end


def test_two_bays_that_are_free_in_turn_are_not_one_bay() -> None:
    first, second = run_bits(0, 4), run_bits(4, 4)

    found = suggestions(
        grid=GRID,
        technicians=[TechnicianRoom(technician=1, skills=frozenset({"service"}), free=GRID.open_bits)],
        bays=[BayRoom(bay=1, kind="lift", free=first), BayRoom(bay=2, kind="lift", free=second)],
        works=[Work(skill="service", bay_kind="lift", minutes=75)],
    )

    assert list(found) == []


def test_who_can_do_little_else_does_it_where_it_fits_most_closely() -> None:
    def technician(number: int, *able: str, free: int) -> TechnicianRoom:
        return TechnicianRoom(technician=number, skills=frozenset(able), free=free)

    found = suggestions(
        grid=GRID,
        technicians=[
            technician(1, "service", "tyres", free=run_bits(0, 4)),
            technician(2, "service", free=run_bits(0, 16)),
            technician(3, "service", free=run_bits(0, 5)),
        ],
        bays=[
            BayRoom(bay=7, kind="lift", free=GRID.open_bits),
            BayRoom(bay=8, kind="lift", free=run_bits(0, 6)),
        ],
        works=[Work(skill="service", bay_kind="lift", minutes=60)],
    )

    assert next(found) == (Slot(start=0, length=4, technician=3, bay=8),)


def test_days_may_be_left_out() -> None:
    found = suggestions(
        grid=GRID,
        technicians=[TechnicianRoom(technician=1, skills=frozenset({"service"}), free=GRID.open_bits)],
        bays=[BayRoom(bay=1, kind="lift", free=GRID.open_bits)],
        works=[Work(skill="service", bay_kind="lift", minutes=15)],
        skipped_days={0, 2},
    )

    assert [GRID.day_of(chain[0].start) for chain in found] == [1]
