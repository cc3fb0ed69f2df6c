"""When a vehicle reaches a mileage, against a simulation whose truth is known and against slow oracles."""

import math
import random
from datetime import date, timedelta
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corsia.vehicles.rules.forecast import (
    Estimate,
    Reading,
    Spread,
    Value,
    consistent,
    crossing,
    drawn_in,
    spread_of,
    stretches,
)

START = date(2020, 1, 1)


def at(days: int, km: int) -> Reading:
    return Reading(START + timedelta(days=days), km)


readings = st.lists(st.builds(at, st.integers(0, 20), st.integers(0, 9)), max_size=8)


def goes_back(rows) -> bool:
    return any(one.on <= other.on and one.km > other.km for one, other in combinations(rows, 2))


@given(readings)
def test_the_largest_set_that_does_not_go_back_is_kept(rows: list[Reading]) -> None:
    """The oracle tries every subset."""
    ordered = sorted(rows, key=lambda row: (row.on, row.km))
    largest = max(
        (len(some) for count in range(len(rows) + 1) for some in combinations(ordered, count) if not goes_back(some)),
        default=0,
    )
    kept = consistent(rows)
    assert not goes_back(kept)
    assert set(kept) <= set(rows)
    assert [row.on for row in kept] == sorted({row.on for row in kept})
    # Of one day only the last is shown, so that fewer may be left, never more.
    assert len(kept) <= largest
    assert len(kept) >= len({row.on for row in _largest(ordered, largest)}) or largest == 0


def _largest(ordered, size):
    """Return the set of that size with the fewest days: the kept one has at least as many."""
    found = [some for some in combinations(ordered, size) if not goes_back(some)]
    return min(found, key=lambda some: len({row.on for row in some}))


def test_one_number_typed_too_high_spoils_nothing() -> None:
    rows = [at(0, 0), at(365, 15_000), at(400, 160_000), at(730, 30_000), at(1000, 41_000)]
    assert [row.km for row in consistent(rows)] == [0, 15_000, 30_000, 41_000]


def test_of_two_that_contradict_the_lower_one_counts() -> None:
    assert consistent([at(0, 50_000), at(5, 45_000)]) == [at(5, 45_000)]


def test_short_stretches_join_the_ones_before() -> None:
    values = stretches([at(0, 0), at(10, 900), at(100, 5_000), at(110, 5_600)])
    assert [(round(math.exp(one.log), 2), round(one.weight * 365.25)) for one in values] == [(50.91, 110)]


@pytest.mark.parametrize("rows", [[], [at(0, 5)], [at(0, 5), at(20, 900)], [at(0, 5), at(90, 5)]])
def test_what_tells_no_pace(rows) -> None:
    assert stretches(rows) == []


def test_impossible_paces_are_left_out() -> None:
    assert stretches([at(0, 0), at(40, 900_000)]) == []


def test_too_few_vehicles_say_nothing_of_a_group() -> None:
    assert spread_of([[Value(1.0, 1.0), Value(1.2, 1.0)]] * 29) is None
    assert spread_of([[Value(1.0, 1.0)]] * 500) is None  # nobody was seen twice: within is unknown


def test_the_spread_of_a_group_is_found_again() -> None:
    rng = random.Random(7)
    group = []
    for _ in range(4000):
        own = rng.gauss(3.4, 0.5)
        weights = [rng.uniform(0.3, 2.0) for _ in range(rng.randint(1, 5))]
        group.append([Value(rng.gauss(own, 0.2 / math.sqrt(weight)), weight) for weight in weights])
    found = spread_of(group)
    assert found is not None
    assert found.mean == pytest.approx(3.4, abs=0.03)
    assert math.sqrt(found.between) == pytest.approx(0.5, abs=0.02)
    assert math.sqrt(found.within) == pytest.approx(0.2, abs=0.01)


@given(st.floats(1, 6), st.floats(0.05, 20), st.floats(0.01, 1), st.floats(0.01, 1))
def test_drawing_in_is_the_mean_of_both_by_precision(own: float, weight: float, between: float, within: float) -> None:
    """The oracle is Bayes' rule for two normal distributions, written by their precisions."""
    prior = Spread(mean=3.0, between=between, within=within, vehicles=100)
    found = drawn_in([Value(own, weight)], prior)
    before, seen = 1 / between, weight / within
    assert found is not None
    assert found.mean == pytest.approx((3.0 * before + own * seen) / (before + seen))
    assert found.variance == pytest.approx(1 / (before + seen))


def test_who_was_never_read_drives_like_the_group_and_without_a_group_nobody_knows() -> None:
    prior = Spread(mean=3.0, between=0.3, within=0.1, vehicles=100)
    assert drawn_in([], prior) == Estimate(3.0, 0.3, 0.1)
    assert drawn_in([], None) is None
    assert drawn_in([Value(2.0, 1.0)], None) == Estimate(2.0, None, None)


def test_a_mileage_that_was_passed_lies_between_its_readings() -> None:
    rows = [at(0, 0), at(100, 5_000), at(300, 15_000)]
    found = crossing(10_000, readings=rows, pace=Estimate(math.log(50), None, None))
    assert found is not None
    assert [(day - START).days for day in (found.earliest, found.on, found.latest)] == [100, 200, 300]


def test_a_mileage_to_come_is_as_far_as_the_pace_says() -> None:
    found = crossing(7_500, readings=[at(0, 0), at(100, 5_000)], pace=Estimate(math.log(50), 0.01, 0.01))
    assert found is not None
    assert found.on == START + timedelta(days=150)
    assert found.earliest is not None
    assert found.latest is not None
    assert found.earliest < found.on < found.latest


def test_without_a_group_no_range_is_made_up() -> None:
    found = crossing(7_500, readings=[at(0, 0), at(100, 5_000)], pace=Estimate(math.log(50), None, None))
    assert found is not None
    assert (found.earliest, found.latest) == (None, None)


def test_ten_years_is_as_far_as_anybody_foretells() -> None:
    found = crossing(10**6, readings=[at(0, 0)], pace=Estimate(0.0, 0.1, 0.1))
    assert found is not None
    assert found.on == START + timedelta(days=3653)


class TestAgainstATruth:
    """1,500 vehicles whose true pace is known, drawn by other means than the rules': seen at 2 to 5 visits."""

    @pytest.fixture
    def drawn(self):
        rng = random.Random(11)
        vehicles = []
        for _ in range(1500):
            own = math.log(rng.lognormvariate(math.log(12_500 / 365), 0.55))
            rows, day, km = [at(0, 0)], 0, 0.0
            for _ in range(rng.randint(2, 5)):
                days = rng.randint(150, 500)
                km += days * math.exp(rng.gauss(own, 0.18 / math.sqrt(days / 365.25)))
                day += days
                rows.append(at(day, int(km)))
            goal = int(km) + rng.choice([5_000, 10_000, 15_000])
            years = (goal - km) / math.exp(own) / 365.25
            true = day + round((goal - km) / math.exp(rng.gauss(own, 0.18 / math.sqrt(years))))
            vehicles.append((rows, goal, START + timedelta(days=true)))
        return vehicles

    @staticmethod
    def errors(drawn, estimate):
        prior = spread_of(stretches(rows) for rows, _goal, _true in drawn)
        found = [crossing(goal, readings=rows, pace=estimate(rows, prior)) for rows, goal, _true in drawn]
        return [(one, true) for one, (_rows, _goal, true) in zip(found, drawn, strict=True)]

    def test_drawn_in_it_errs_less_than_the_last_stretch_alone(self, drawn) -> None:
        def mean_error(estimate) -> float:
            return sum(abs((one.on - true).days) for one, true in self.errors(drawn, estimate)) / len(drawn)

        ours = mean_error(lambda rows, prior: drawn_in(stretches(rows), prior))
        last = mean_error(lambda rows, _prior: drawn_in(stretches(rows)[-1:], None))
        everybody = mean_error(lambda _rows, prior: drawn_in([], prior))
        assert ours < last < everybody
        assert ours < 0.9 * last

    def test_the_range_holds_about_four_times_out_of_five(self, drawn) -> None:
        rows = self.errors(drawn, lambda rows, prior: drawn_in(stretches(rows), prior))
        held = sum(one.earliest <= true <= one.latest for one, true in rows) / len(rows)
        assert 0.74 <= held <= 0.88
