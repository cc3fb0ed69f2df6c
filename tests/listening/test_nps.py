"""Scores and intervals against published examples and an independent computation."""

import json
import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corsia.listening.rules.nps import NoAnswers, Tally, net_promoter_score, shares, shown_score, tally
from corsia.listening.rules.trend_chart import trend_chart
from tests.conftest import fixtures_folder

tallies = st.builds(
    Tally,
    promoters=st.integers(0, 5000),
    passives=st.integers(0, 5000),
    detractors=st.integers(0, 5000),
)


def test_the_worked_example_of_the_literature() -> None:
    example = json.loads((fixtures_folder("surveys") / "worked_examples.json").read_text())["nps_margin_of_error"]
    answers = Tally(promoters=162, passives=108, detractors=54)

    score = net_promoter_score(answers)

    assert round(score.points, 2) == example["nps"]
    # The published margin is the plain Wald one; the adjusted one differs by a few tenths at n = 324.
    assert score.margin == pytest.approx(example["margin_95_points"], abs=0.15)


def test_the_adjusted_interval_by_hand() -> None:
    # 7 promoters, 2 passives, 1 detractor: (7.75 - 1.75) / 13 and its standard error.
    middle = 6 / 13
    reach = 1.959963984540054 * math.sqrt((9.5 / 13 - middle**2) / 13)

    score = net_promoter_score(Tally(promoters=7, passives=2, detractors=1))

    assert score.points == 60.0
    assert score.low == pytest.approx(100 * (middle - reach))
    assert score.high == pytest.approx(100 * (middle + reach))


def test_promoters_begin_at_nine_and_detractors_end_at_six() -> None:
    assert tally({0: 1, 6: 2, 7: 3, 8: 4, 9: 5, 10: 6}) == Tally(promoters=11, passives=7, detractors=3)


def test_nobody_has_no_score() -> None:
    with pytest.raises(NoAnswers):
        net_promoter_score(Tally())


@pytest.mark.parametrize(("answers", "is_shown"), [(9, False), (10, True)])
def test_a_score_is_shown_from_ten_answers(answers: int, is_shown: bool) -> None:
    assert (shown_score(Tally(promoters=answers)) is not None) is is_shown


@given(tallies.filter(lambda answers: answers.answers > 0))
def test_the_score_is_the_difference_of_the_shares_and_the_interval_stays_on_the_scale(answers: Tally) -> None:
    score = net_promoter_score(answers)

    exact = Fraction(100 * (answers.promoters - answers.detractors), answers.answers)
    assert score.points == pytest.approx(float(exact), abs=1e-9)
    assert -100.0 <= score.low < score.high <= 100.0
    mirrored = net_promoter_score(
        Tally(promoters=answers.detractors, passives=answers.passives, detractors=answers.promoters)
    )
    assert (mirrored.low, mirrored.high) == pytest.approx((-score.high, -score.low))


@given(tallies.filter(lambda answers: answers.answers > 0))
def test_shares_add_up_to_a_hundred_and_none_is_off_by_a_point(answers: Tally) -> None:
    parts = shares(answers)

    assert sum(parts) == 100
    for part, count in zip(parts, (answers.promoters, answers.passives, answers.detractors), strict=True):
        assert abs(part - 100 * count / answers.answers) < 1


@given(st.lists(tallies, min_size=1, max_size=12))
def test_the_chart_stays_within_its_frame_and_skips_months_without_enough_answers(months: list[Tally]) -> None:
    chart = trend_chart([(str(place), answers) for place, answers in enumerate(months)], width=760, height=250)

    assert len(chart.dots) == sum(answers.answers >= 10 for answers in months)
    points = [pair.split(",") for shape in (*chart.lines, *chart.bands) for pair in shape.split()]
    assert all(chart.left <= int(x) <= chart.right and 0 <= int(y) <= chart.base for x, y in points)
    assert sum(len(line.split()) for line in chart.lines) == len(chart.dots)
    assert 2 <= len(chart.rows) <= 7
