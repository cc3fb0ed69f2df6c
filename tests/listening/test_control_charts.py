"""Control charts against published charts, published run lengths and days made by hand."""

import json
import math
import random
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corsia.listening.rules.control_charts import (
    FALSE_ALARM_DAYS,
    LIMIT,
    WEIGHT,
    Day,
    Past,
    Verdict,
    detractor_days,
    ewma,
    p_chart,
    past_of,
    verdict,
)
from corsia.listening.rules.nps import Tally
from tests.conftest import fixtures_folder

MONDAY = date(2026, 3, 2)


def days(*answers: Tally, first: date = MONDAY) -> list[Day]:
    return [Day(on=first + timedelta(days=place), answers=one) for place, one in enumerate(answers)]


def usual(n: int = 40) -> Tally:
    return Tally(promoters=n // 2, passives=n - n // 2 - n // 5, detractors=n // 5)


def test_the_published_p_chart_to_the_last_digit() -> None:
    example = json.loads((fixtures_folder("surveys") / "worked_examples.json").read_text())["p_chart"]
    n, marked = example["n_per_sample"], example["defectives"]

    centre, points = p_chart([(n, count) for count in marked])

    assert round(centre, 4) == example["p_bar"]
    assert {(round(point.high, 4), round(point.low, 4)) for point in points} == {(example["ucl"], example["lcl"])}
    out = [number for number, point in enumerate(points, start=1) if point.is_out]
    assert out == example["out_of_control_samples"]
    rest = [(n, count) for number, count in enumerate(marked, start=1) if number not in out]
    centre, points = p_chart(rest)
    assert (round(centre, 4), round(points[0].high, 4), round(points[0].low, 4)) == tuple(
        example["without_them"][name] for name in ("p_bar", "ucl", "lcl")
    )


def test_each_sample_has_the_limits_of_its_own_number() -> None:
    _, points = p_chart([(10, 2), (1000, 200)], centre=0.2)

    assert points[0].high == pytest.approx(0.2 + 3 * math.sqrt(0.016))
    assert points[1].high == pytest.approx(0.2 + 3 * math.sqrt(0.00016))


def run_length(weight: float, limit: float, shift: float, cells: int = 301) -> float:
    """Return the mean days to the alarm by a Markov chain, as Lucas and Saccucci compute it."""
    phi = np.vectorize(lambda value: 0.5 * math.erfc(-value / math.sqrt(2)))
    end = limit * math.sqrt(weight / (2 - weight))
    width = 2 * end / cells
    middle = -end + width * (np.arange(cells) + 0.5)
    upper = (middle[None, :] + width / 2 - (1 - weight) * middle[:, None]) / weight - shift
    stays = phi(upper) - phi(upper - width / weight)
    return float(np.linalg.solve(np.eye(cells) - stays, np.ones(cells))[cells // 2])


@pytest.mark.parametrize(
    ("weight", "limit", "shift", "published"),
    [(0.1, 2.814, 0, 500), (0.1, 2.814, 1, 10.3), (0.2, 2.962, 0, 500), (0.2, 2.962, 1, 10.5), (0.05, 2.615, 1, 11.4)],
)
def test_the_chain_of_these_tests_gives_the_published_run_lengths(weight, limit, shift, published) -> None:
    assert run_length(weight, limit, shift) == pytest.approx(published, rel=0.01)


def test_false_alarms_are_as_rare_as_the_page_says() -> None:
    assert run_length(WEIGHT, LIMIT, 0) == pytest.approx(FALSE_ALARM_DAYS, abs=1)


def test_a_fall_of_ten_points_at_120_answers_a_day_is_found_within_a_week() -> None:
    shift = 0.1 / math.sqrt((0.5 + 0.2 - 0.3**2) / 120)

    assert run_length(WEIGHT, LIMIT, shift) == pytest.approx(6.3, abs=0.1)


def test_the_chart_itself_finds_that_fall_as_fast_by_drawing_days() -> None:
    """Forty usual days of 120 answers, then ten points fewer: about six days until the chart speaks."""
    rng = np.random.default_rng(5)
    past = Past(answers=usual(10_000), centre=0.3, variance=0.61, weekdays=(0.0,) * 7)
    lengths = []
    for _ in range(300):
        drawn = [*rng.multinomial(120, [0.5, 0.3, 0.2], 40), *rng.multinomial(120, [0.45, 0.30, 0.25], 60)]
        chart = ewma(days(*(Tally(promoters=int(p), passives=int(q), detractors=int(d)) for p, q, d in drawn)), past)
        lengths.append(next(place for place, step in enumerate(chart[40:], start=1) if step.is_out and step.value < 0))

    assert sum(lengths) / len(lengths) == pytest.approx(6.3, abs=0.6)


tallies = st.builds(Tally, promoters=st.integers(0, 60), passives=st.integers(0, 60), detractors=st.integers(0, 60))


@given(st.lists(tallies, min_size=1, max_size=30))
def test_the_ewma_is_the_weighted_sum_of_all_days_with_answers(answers: list[Tally]) -> None:
    past = Past(answers=usual(200), centre=0.3, variance=0.6, weekdays=(0.1, 0, 0, 0, 0, -0.2, 0), spread=1.5)
    chart = ewma(days(*answers), past)

    z = []
    for place, one in enumerate(answers):
        if one.answers:
            score = (one.promoters - one.detractors) / one.answers
            z.append((score - 0.3 - past.weekdays[place % 7]) * math.sqrt(one.answers) / (1.5 * math.sqrt(0.6)))
    assert len(chart) == len(answers)
    assert chart[-1].value == pytest.approx(sum(0.1 * 0.9 ** (len(z) - 1 - place) * one for place, one in enumerate(z)))
    # The variance of that sum, of independent days of variance one each.
    variance = sum((0.1 * 0.9**back) ** 2 for back in range(len(z)))
    assert chart[-1].limit == pytest.approx(2.703 * math.sqrt(variance))


def test_a_weekday_that_is_always_worse_is_no_alarm() -> None:
    saturday = Tally(promoters=10, passives=10, detractors=20)
    week = [usual(), usual(), usual(), usual(), usual(), saturday, usual()]
    past = past_of(days(*week * 12))
    assert past is not None

    chart = ewma(days(*week * 3), past)

    assert past.weekdays[5] < -0.3
    assert not any(step.is_out for step in chart)
    blind = Past(answers=past.answers, centre=past.centre, variance=past.variance, weekdays=(0.0,) * 7)
    assert any(step.is_out for step in ewma(days(*[saturday] * 5), blind))


def test_days_that_always_vary_more_than_chance_widen_the_chart() -> None:
    good, bad = Tally(promoters=36, passives=4), Tally(passives=4, detractors=36)
    past = past_of(days(*[good, bad, bad, good, good, bad, good, bad, good] * 20))
    assert past is not None

    assert past.spread > 3


@pytest.mark.parametrize(
    "answers", [[], [usual(40)] * 2, [Tally(promoters=50)] * 10], ids=["none", "eighty answers", "all alike"]
)
def test_too_short_a_past_says_nothing(answers: list[Tally]) -> None:
    assert past_of(days(*answers)) is None


def test_a_lasting_fall_is_told_with_its_first_day_and_an_even_course_is_chance() -> None:
    past = past_of(days(*[usual()] * 70))
    assert past is not None
    worse = Tally(promoters=12, passives=14, detractors=14)
    even, fallen = days(*[usual()] * 30), days(*[usual()] * 20, *[worse] * 10)

    assert verdict(ewma(even, past), detractor_days(even, past)) == Verdict()
    said = verdict(ewma(fallen, past), detractor_days(fallen, past))
    first_out = next(step.on for step in ewma(fallen, past) if step.is_out)
    assert (said.lasting, said.since, said.sudden) == (-1, first_out, 0)
    assert MONDAY + timedelta(days=20) < said.since < MONDAY + timedelta(days=29)


def test_a_rise_is_told_as_a_rise() -> None:
    past = past_of(days(*[usual()] * 70))
    assert past is not None
    better = days(*[Tally(promoters=30, passives=8, detractors=2)] * 20)

    assert verdict(ewma(better, past), detractor_days(better, past)).lasting == 1


def test_one_bad_day_is_sudden_and_a_handful_of_answers_is_not_judged() -> None:
    past = past_of(days(*[usual()] * 70))
    assert past is not None
    nine = days(*[usual()] * 10, Tally(detractors=9))
    ten = days(*[usual()] * 10, Tally(detractors=10))

    assert detractor_days(nine, past)[-1].share is None
    assert verdict(ewma(nine, past), detractor_days(nine, past)).sudden == 0
    assert verdict(ewma(ten, past), detractor_days(ten, past)).sudden == 1


def test_a_day_without_answers_leaves_the_chart_where_it_is() -> None:
    past = past_of(days(*[usual()] * 70))
    assert past is not None
    rng = random.Random(3)
    full = [Tally(promoters=rng.randrange(30), passives=10, detractors=rng.randrange(20)) for _ in range(7)]
    chart = ewma(days(*full, Tally()), past)

    assert (chart[-1].value, chart[-1].limit, chart[-1].n) == (chart[-2].value, chart[-2].limit, 0)
