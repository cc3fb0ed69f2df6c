"""Quadrants, places on the matrices, priorities and hours."""

import pytest

from corsia.improvement.rules.hours import hours_of
from corsia.improvement.rules.matrices import dots, place_on_screen, quadrant_of, weight_of
from corsia.improvement.rules.priorities import priority_of, ranked
from corsia.improvement.vocabulary import Quadrant, Weight


@pytest.mark.parametrize(
    ("benefit", "constraint", "quadrant"),
    [
        (6, 5, Quadrant.QUICK_WIN),
        (6, 6, Quadrant.INVESTMENT),
        (5, 5, Quadrant.FILL_IN),
        (5, 6, Quadrant.LEAVE),
        (10, 0, Quadrant.QUICK_WIN),
        (0, 10, Quadrant.LEAVE),
    ],
)
def test_benefit_and_constraint_make_a_quadrant(benefit, constraint, quadrant) -> None:
    assert quadrant_of(benefit=benefit, constraint=constraint) == quadrant


@pytest.mark.parametrize(
    ("customer", "company", "weight"),
    [(6, 6, Weight.MATERIAL), (6, 5, Weight.CUSTOMER), (5, 6, Weight.COMPANY), (5, 5, Weight.MINOR)],
)
def test_importance_makes_a_weight(customer, company, weight) -> None:
    assert weight_of(customer=customer, company=company) == weight


def test_points_are_drawn_within_the_axes_and_side_by_side_where_they_mean_the_same() -> None:
    drawn = dots([(1, "A", 0, 0), (2, "B", 10, 10), (3, "C", 10, 10), (4, "D", None, None)])

    assert [(dot.left, dot.top) for dot in drawn[:2]] == [(62, 402), (542, 18)]
    assert drawn[2].left - drawn[1].left == 30
    assert [(dot.x, dot.y, dot.is_placed) for dot in drawn[2:]] == [(10, 10, True), (5, 5, False)]
    assert place_on_screen(5, 5) == (302, 210)


def test_the_urgent_come_first_and_the_unrated_last() -> None:
    found = ranked({1: [3, 3], 2: [], 3: [5, 1], 4: [5, 4]})

    assert [candidate for candidate, _priority in found] == [4, 1, 3, 2]
    assert [priority.is_disputed for _candidate, priority in found] == [False, False, True, False]
    assert priority_of([4]).spread is None
    assert priority_of([1, 5, 5]).counts == [1, 0, 0, 0, 2]


def test_hours_are_of_all_who_were_there() -> None:
    assert (hours_of([120, 90, 15]), hours_of([])) == (3.8, 0.0)
