"""Did it work? A known effect is recovered, no effect says so, and too few units say that nothing can be told."""

import csv
import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corsia.improvement.rules.effect import Moments, NothingToCompare, UnitChange, Verdict, effect_of, in_money
from tests.conftest import fixtures_folder


def moments(values) -> Moments:
    return Moments(n=len(values), total=sum(values), squares=sum(value * value for value in values))


def unit(number, is_treated, before, after) -> UnitChange:
    """A unit whose means are these, of a hundred answers each."""
    return UnitChange(
        unit_id=number,
        is_treated=is_treated,
        before=Moments(n=100, total=100 * before, squares=0.0),
        after=Moments(n=100, total=100 * after, squares=0.0),
    )


def branches(seed: int, *, treated: int, units: int, effect: float) -> list[UnitChange]:
    """Branches of different level, all of them carried along by a common trend, some by an action too."""
    rng = random.Random(seed)
    made = []
    for number in range(units):
        level = rng.gauss(30, 15)
        is_treated = number < treated
        made.append(
            unit(number, is_treated, level + rng.gauss(0, 3), level + 4 + rng.gauss(0, 3) + effect * is_treated)
        )
    return made


def test_card_and_krueger_is_2_754() -> None:
    """Employment in fast food before and after New Jersey raised its minimum wage, against Pennsylvania."""
    rows: dict[tuple[str, str], list[float]] = {}
    with (fixtures_folder("causal", "card_krueger") / "njmin.csv").open() as file:
        for row in csv.DictReader(file):
            if row["fte"] != "NA":
                rows.setdefault((row["state"], row["year"]), []).append(float(row["fte"]))
    states = [
        UnitChange(
            unit_id=number,
            is_treated=state == "New Jersey",
            before=moments(rows[state, "1991"]),
            after=moments(rows[state, "1993"]),
        )
        for number, state in enumerate(("New Jersey", "Pennsylvania"))
    ]

    found = effect_of(states)

    assert round(found.points, 3) == 2.754
    # Two states tell nothing from chance, whatever errors within them would say.
    assert found.verdict(higher_is_better=True) == Verdict.TOO_FEW
    assert (found.low, found.high, found.p) == (None, None, 1.0)


def test_a_known_effect_is_recovered_and_its_interval_holds_it() -> None:
    seen, covered, error = 0, 0, 0.0
    for seed in range(200):
        found = effect_of(branches(seed, treated=4, units=16, effect=10.0))
        seen += found.verdict(higher_is_better=True) == Verdict.BETTER
        covered += found.low is not None and found.low <= 10.0 <= found.high
        error += (found.points - 10.0) / 200

    assert seen >= 190
    assert covered >= 180
    assert abs(error) < 0.5


def test_no_effect_says_so() -> None:
    verdicts = [
        effect_of(branches(seed, treated=4, units=16, effect=0.0)).verdict(higher_is_better=True) for seed in range(200)
    ]

    assert verdicts.count(Verdict.NONE) >= 184  # one in twenty may err by chance


def test_one_unit_against_ten_cannot_tell_and_says_it() -> None:
    found = effect_of(branches(1, treated=1, units=11, effect=40.0))

    assert found.verdict(higher_is_better=True) == Verdict.TOO_FEW
    assert found.smallest_p == pytest.approx(1 / 11)
    assert (found.low, found.high) == (None, None)


def test_a_worsening_is_called_one_and_lower_may_be_better() -> None:
    found = effect_of(branches(7, treated=4, units=16, effect=-20.0))

    assert found.verdict(higher_is_better=True) == Verdict.WORSE
    assert found.verdict(higher_is_better=False) == Verdict.BETTER


def test_many_units_draw_the_same_assignments_each_time() -> None:
    units = branches(3, treated=10, units=40, effect=5.0)

    first, second = effect_of(units), effect_of(units)

    assert first == second
    assert (first.is_exact, first.assignments) == (False, 5_000)


def test_half_the_units_have_a_mirror_image() -> None:
    found = effect_of([unit(number, number < 3, 0.0, 9.0 if number < 3 else 0.0) for number in range(6)])

    assert (found.p, found.smallest_p) == (2 / 20, 2 / 20)
    assert found.verdict(higher_is_better=True) == Verdict.TOO_FEW


@pytest.mark.parametrize("is_treated", [True, False])
def test_without_anything_to_compare_nothing_is_said(is_treated) -> None:
    with pytest.raises(NothingToCompare):
        effect_of([unit(1, is_treated, 1.0, 2.0), unit(2, is_treated, 1.0, 2.0)])


changes = st.lists(st.integers(-60, 60), min_size=4, max_size=9)


@settings(deadline=None, max_examples=60)
@given(changes=changes, treated=st.integers(1, 3), moved=st.integers(-30, 30))
def test_an_effect_moves_with_what_is_added_and_nothing_else_does(changes, treated, moved) -> None:
    base = effect_of([unit(i, i < treated, 10.0, 10.0 + change) for i, change in enumerate(changes)])
    trend = effect_of([unit(i, i < treated, 10.0, 10.0 + change + moved) for i, change in enumerate(changes)])
    level = effect_of([unit(i, i < treated, 10.0 + 7 * i, 10.0 + 7 * i + change) for i, change in enumerate(changes)])
    added = effect_of(
        [unit(i, i < treated, 10.0, 10.0 + change + (moved if i < treated else 0)) for i, change in enumerate(changes)]
    )

    for same in (trend, level):
        assert same.points == pytest.approx(base.points)
        assert same.p == base.p
    assert added.points == pytest.approx(base.points + moved)
    for name in ("low", "high"):
        before, after = getattr(base, name), getattr(added, name)
        assert (before is None) == (after is None)
        if before is not None:
            assert after == pytest.approx(before + moved)


@settings(deadline=None, max_examples=80)
@given(changes=changes, treated=st.integers(1, 3))
def test_the_interval_holds_zero_exactly_when_the_test_does_not_refuse_it(changes, treated) -> None:
    found = effect_of([unit(i, i < treated, 0.0, float(change)) for i, change in enumerate(changes)])

    low = -math.inf if found.low is None else found.low
    high = math.inf if found.high is None else found.high
    assert low <= found.points <= high
    assert (low <= 1e-7 and high >= -1e-7) if found.p > 0.05 else not (low < -1e-7 and high > 1e-7)


def test_money_follows_the_worth_of_a_point() -> None:
    found = effect_of(branches(5, treated=4, units=16, effect=10.0))

    cents, low, high = in_money(found, cents_per_point=120_00)

    assert cents == round(found.points * 120_00)
    assert (low, high) == (round(found.low * 120_00), round(found.high * 120_00))
