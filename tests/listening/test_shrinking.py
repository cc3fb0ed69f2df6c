"""Shrinkage against the classic baseball figures, against its own definition, and for the truth of its ranges."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corsia.listening.rules.nps import Tally, adjusted_variance, net_promoter_score
from corsia.listening.rules.shrinking import Estimate, TooFew, shrink

# Efron and Morris 1975: hits in the first 45 times at bat of 18 players, and their averages over the rest of it.
HITS = [18, 17, 16, 15, 14, 14, 13, 12, 11, 11, 10, 10, 10, 10, 10, 9, 8, 7]
SEASON = [
    *(0.346, 0.298, 0.276, 0.222, 0.273, 0.270, 0.263, 0.210, 0.269),
    *(0.230, 0.264, 0.256, 0.303, 0.264, 0.226, 0.286, 0.316, 0.200),
]


def arc(share: float) -> float:
    return math.sqrt(45) * math.asin(2 * share - 1)


def test_the_baseball_players_of_efron_and_morris() -> None:
    raw, truth = [arc(hits / 45) for hits in HITS], [arc(share) for share in SEASON]

    together = shrink([Estimate(value=value, variance=1.0) for value in raw])

    assert {round(one.own, 3) for one in together.shrunk} == {0.209}
    errors = [
        sum((a - b) ** 2 for a, b in zip(found, truth, strict=True))
        for found in (raw, [one.value for one in together.shrunk])
    ]
    # They print 17.56 and 5.01 from rounded values; in full precision it is 17.61 and 5.02.
    assert [round(error, 2) for error in errors] == [17.61, 5.02]


estimates = st.lists(
    st.builds(Estimate, value=st.floats(-100, 100), variance=st.floats(0.5, 400)), min_size=4, max_size=30
)


@given(estimates)
def test_the_variance_between_is_where_the_weighted_squares_are_as_many_as_they_should_be(
    found: list[Estimate],
) -> None:
    together = shrink(found)

    weights = np.array([1 / (one.variance + together.variance) for one in found])
    values = np.array([one.value for one in found])
    mean = float((weights * values).sum() / weights.sum())
    squares = float((weights * (values - mean) ** 2).sum())
    assert together.mean == pytest.approx(mean, abs=1e-6)
    if together.variance > 0:
        assert squares == pytest.approx(len(found) - 1, rel=1e-5)
    else:
        assert squares <= len(found) - 1 + 1e-6


@given(estimates)
def test_nobody_is_drawn_beyond_the_mean_and_the_surer_keep_more_of_their_own(found: list[Estimate]) -> None:
    together = shrink(found)

    for one, shrunk in zip(found, together.shrunk, strict=True):
        between = sorted((one.value, together.mean))
        assert between[0] - 1e-9 <= shrunk.value <= between[1] + 1e-9
        assert shrunk.low < shrunk.value < shrunk.high
        assert 0 < shrunk.own <= 1
    by_variance = [
        one.own
        for _, one in sorted(zip((e.variance for e in found), together.shrunk, strict=True), key=lambda pair: pair[0])
    ]
    assert all(less_sure <= surer + 1e-9 for surer, less_sure in pairwise(by_variance))


@pytest.mark.parametrize("count", [0, 1, 3])
def test_of_three_nobody_can_say_how_much_they_differ(count: int) -> None:
    with pytest.raises(TooFew):
        shrink([Estimate(value=1.0, variance=1.0)] * count)


def test_few_answers_at_the_top_do_not_lead_the_ranking() -> None:
    branches = [
        Tally(promoters=7, passives=2, detractors=1),
        Tally(promoters=560, passives=290, detractors=150),
        Tally(promoters=520, passives=300, detractors=180),
        Tally(promoters=500, passives=300, detractors=200),
        Tally(promoters=480, passives=300, detractors=220),
    ]
    branches += branches[1:]
    raw = [Estimate(value=net_promoter_score(one).points, variance=adjusted_variance(one)) for one in branches]

    shrunk = shrink(raw).shrunk

    assert raw[0].value == max(one.value for one in raw)
    assert shrunk[0].own < 0.5 < shrunk[1].own
    assert raw[0].value - shrunk[0].value > 15
    assert raw[1].value - shrunk[1].value < 1


@pytest.mark.parametrize("count", [11, 60])
def test_errors_shrink_and_the_ranges_hold_the_truth(count: int) -> None:
    """Branches as in algorithms.md, section 6 (median of 36 answers), drawn 150 times for 11 and for 60 branches."""
    rng = np.random.default_rng(count)
    raw_error, shrunk_error, held, total = 0.0, 0.0, 0, 0
    for _ in range(150):
        truth = np.clip(rng.normal(0.40, 0.12, count), -0.5, 0.85)
        n = np.maximum(10, rng.lognormal(3.6, 0.9, count).astype(int))
        bad = np.clip((0.75 - truth) / 2.2, 0.02, 0.6)
        good = np.minimum(truth + bad, 0.97)
        tallies = [
            Tally(promoters=int(p), detractors=int(d), passives=int(q))
            for p, d, q in (rng.multinomial(size, [a, b, 1 - a - b]) for size, a, b in zip(n, good, bad, strict=True))
        ]
        true_points = 100 * (good - bad)
        raw = [Estimate(value=net_promoter_score(one).points, variance=adjusted_variance(one)) for one in tallies]
        for one, shrunk, true in zip(raw, shrink(raw).shrunk, true_points, strict=True):
            raw_error += (one.value - true) ** 2
            shrunk_error += (shrunk.value - true) ** 2
            held += shrunk.low <= true <= shrunk.high
            total += 1

    assert shrunk_error < 0.6 * raw_error
    assert 0.93 < held / total < 0.97
