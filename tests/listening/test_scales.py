"""Means, indices, top boxes and bands on scales of any range, against independent computations."""

import statistics
from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corsia.listening.rules.nps import NoAnswers, Tally
from corsia.listening.rules.quantiles import t_95, two_sided
from corsia.listening.rules.scales import (
    KEYPAD,
    ONE_TO_FIVE,
    ONE_TO_TEN,
    ZERO_TO_TEN,
    Band,
    NotAScale,
    OffTheScale,
    Scale,
    in_bands,
    mean_score,
    satisfaction_index,
    scale_of,
    share_of,
    tally_on,
    top_box,
)

answers = st.lists(st.integers(0, 10), min_size=1, max_size=200)


@pytest.mark.parametrize(
    ("scale", "bands"),
    [
        (ZERO_TO_TEN, "9–10 7–8 0–6"),
        (ONE_TO_TEN, "9–10 7–8 1–6"),
        (KEYPAD, "8–9 6–7 0–5"),
        (ONE_TO_FIVE, "5 4 1–3"),
    ],
)
def test_each_scale_has_bands_of_its_own(scale: Scale, bands: str) -> None:
    assert " ".join(map(str, scale.bands)) == bands


def test_zero_is_an_answer_like_any_other() -> None:
    assert in_bands({0: 3, 9: 1}, KEYPAD) == (1, 0, 3)
    assert mean_score({0: 3, 9: 1}, KEYPAD).value == 2.25
    assert tally_on({0: 2}, ZERO_TO_TEN) == Tally(detractors=2)


def test_an_answer_beyond_the_scale_is_refused_and_not_counted_somewhere() -> None:
    with pytest.raises(OffTheScale):
        in_bands({10: 1}, KEYPAD)
    with pytest.raises(OffTheScale):
        mean_score({0: 1}, ONE_TO_FIVE)


@pytest.mark.parametrize(
    "bands",
    [
        (Band(low=4, high=5), Band(low=1, high=2)),
        (Band(low=3, high=5), Band(low=1, high=3)),
        (Band(low=3, high=6), Band(low=1, high=2)),
        (Band(low=1, high=2), Band(low=3, high=5)),
    ],
    ids=["a gap", "an overlap", "beyond the end", "worst first"],
)
def test_bands_that_do_not_cover_the_scale_are_refused(bands: tuple[Band, ...]) -> None:
    with pytest.raises(NotAScale):
        Scale(lowest=1, highest=5, bands=bands)


def test_promoters_need_three_bands() -> None:
    with pytest.raises(NotAScale):
        tally_on({5: 1}, scale_of(1, 5, (4,)))


@given(answers)
def test_bands_count_everybody_once(given_answers: list[int]) -> None:
    counted = in_bands(Counter(given_answers), ZERO_TO_TEN)

    assert counted == (
        sum(one >= 9 for one in given_answers),
        sum(7 <= one <= 8 for one in given_answers),
        sum(one <= 6 for one in given_answers),
    )


@given(answers.filter(lambda found: len(found) > 1))
def test_the_mean_and_its_interval_are_students(given_answers: list[int]) -> None:
    mean = mean_score(Counter(given_answers), ZERO_TO_TEN)

    error = statistics.stdev(given_answers) / len(given_answers) ** 0.5
    assert mean.value == pytest.approx(statistics.fmean(given_answers))
    assert mean.standard_error == pytest.approx(error, abs=1e-9)
    assert 0 <= mean.low <= mean.value <= mean.high <= 10
    reach = t_95(len(given_answers) - 1) * error
    assert mean.high == pytest.approx(min(10, mean.value + reach), abs=1e-9)
    index = satisfaction_index(mean, lowest=0, highest=10)
    assert (index.value, index.low, index.high) == pytest.approx((10 * mean.value, 10 * mean.low, 10 * mean.high))


def test_an_index_runs_from_the_lowest_to_the_highest_answer() -> None:
    index = satisfaction_index(mean_score({1: 0, 4: 20, 5: 20}, ONE_TO_FIVE), lowest=1, highest=5)

    assert index.value == 87.5
    assert (index.low, index.high) == (pytest.approx(83.45, abs=0.01), pytest.approx(91.55, abs=0.01))


def test_one_answer_says_nothing_about_the_rest_and_none_has_no_mean() -> None:
    mean = mean_score({7: 1}, ZERO_TO_TEN)

    assert (mean.value, mean.low, mean.high) == (7.0, 0.0, 10.0)
    with pytest.raises(NoAnswers):
        mean_score({}, ZERO_TO_TEN)


@pytest.mark.parametrize(
    ("freedom", "published"), [(9, 2.2622), (10, 2.2281), (20, 2.0860), (30, 2.0423), (60, 2.0003), (120, 1.9799)]
)
def test_students_quantiles_are_those_of_the_tables(freedom: int, published: float) -> None:
    assert t_95(freedom) == pytest.approx(published, abs=1e-4)


@pytest.mark.parametrize(("z", "published"), [(1.959964, 0.05), (-2.575829, 0.01), (0.0, 1.0)])
def test_two_sided_probabilities_are_those_of_the_tables(z: float, published: float) -> None:
    assert two_sided(z) == pytest.approx(published, abs=1e-6)


def test_wilsons_interval_as_published() -> None:
    # R. Newcombe, Statistics in Medicine 17 (1998), table I: 81 of 263 and 0 of 20, method 3.
    some, none = share_of(81, 263), share_of(0, 20)

    assert (some.low, some.high) == (pytest.approx(25.53, abs=0.005), pytest.approx(36.62, abs=0.005))
    assert (none.low, none.high) == (pytest.approx(0.0, abs=1e-9), pytest.approx(16.11, abs=0.005))


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilsons_ends_are_where_the_test_of_the_share_turns(pair: tuple[int, int]) -> None:
    count, n = pair
    found = share_of(count, n)

    for end in (found.low / 100, found.high / 100):
        if 0 < end < 1:  # (share - end)^2 = z^2 end (1 - end) / n
            assert (count / n - end) ** 2 == pytest.approx(
                1.959963984540054**2 * end * (1 - end) / n, rel=1e-6, abs=1e-12
            )
    assert found.value == pytest.approx(float(Fraction(100 * count, n)))


@pytest.mark.parametrize(("n", "is_shown"), [(9, False), (10, True)])
def test_a_top_box_is_shown_from_ten_answers(n: int, is_shown: bool) -> None:
    assert (top_box({5: n}, ONE_TO_FIVE) is not None) is is_shown
