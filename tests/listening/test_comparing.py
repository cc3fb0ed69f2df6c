"""Teams against the rest: the correction against a naive computation, false alarms and power by drawing."""

import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corsia.listening.rules.comparing import against_the_rest, benjamini_hochberg
from corsia.listening.rules.nps import Tally


def test_the_published_example_of_the_correction() -> None:
    # Benjamini and Hochberg 1995, section 4.1: at 5 % the four smallest of fifteen are rejected.
    chances = [
        *(0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459),
        *(0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000),
    ]

    corrected = benjamini_hochberg(chances)

    assert [place for place, q in enumerate(corrected) if q <= 0.05] == [0, 1, 2, 3]
    assert corrected[:4] == pytest.approx([0.0015, 0.003, 0.0095, 0.035625])


@given(st.lists(st.floats(0, 1), max_size=25))
def test_the_correction_is_the_smallest_rate_at_which_each_is_rejected(chances: list[float]) -> None:
    corrected = benjamini_hochberg(chances)

    total, ranked = len(chances), sorted(chances)
    for p, q in zip(chances, corrected, strict=True):
        # By definition: the least of m p_(i) / i over all i whose p_(i) is at least this one.
        expected = min([1.0, *(total * ranked[i - 1] / i for i in range(1, total + 1) if ranked[i - 1] >= p)])
        assert q == pytest.approx(expected)


def test_a_team_is_compared_with_the_others_alone_by_the_variance_of_all() -> None:
    teams = {
        1: Tally(promoters=20, passives=20, detractors=60),
        2: Tally(promoters=60, passives=20, detractors=20),
        3: Tally(promoters=5, detractors=4),
    }

    compared = against_the_rest(teams)

    assert set(compared) == {1, 2}  # nine answers are not compared
    one = compared[1]
    assert one.rest == Tally(promoters=65, passives=20, detractors=24)
    assert one.difference == pytest.approx(-40 - 100 * 41 / 109)
    p, d, n = 85 / 209, 84 / 209, 209
    z = (one.difference / 100) / math.sqrt((p + d - (p - d) ** 2) * (1 / 100 + 1 / 109))
    assert n == one.answers.answers + one.rest.answers
    chance = 2 * NormalDist().cdf(-abs(z))
    assert one.corrected == pytest.approx(min(1, 2 * chance, max(chance, compared[2].corrected)), rel=1e-6)
    assert (one.verdict, compared[2].verdict) == (-1, 1)


def test_equal_teams_and_teams_that_all_say_the_same_do_not_differ() -> None:
    equal = {key: Tally(promoters=10, passives=5, detractors=5) for key in range(4)}
    happy = {key: Tally(promoters=20) for key in range(3)}

    assert {one.verdict for one in against_the_rest(equal).values()} == {0}
    assert {one.corrected for one in against_the_rest(happy).values()} == {1.0}
    assert against_the_rest({}) == {}
    assert against_the_rest({1: Tally(promoters=50)}) == {}  # there is no rest


def drawn(rng: np.random.Generator, chances: list[tuple[float, float, float]]) -> dict[int, Tally]:
    rows = [rng.multinomial(150, one) for one in chances]
    return {key: Tally(promoters=int(p), passives=int(q), detractors=int(d)) for key, (p, q, d) in enumerate(rows)}


def test_forty_equal_teams_raise_a_false_alarm_in_one_report_of_twenty() -> None:
    """algorithms.md, section 6: 4.7 % of 1,000 reports; uncorrected it would be 87 %."""
    rng = np.random.default_rng(11)
    equal = [(0.55, 0.30, 0.15)] * 40
    alarms = sum(any(one.verdict for one in against_the_rest(drawn(rng, equal)).values()) for _ in range(600))

    assert 0.025 < alarms / 600 < 0.075


def test_five_bad_teams_of_forty_are_found_half_of_the_time() -> None:
    rng = np.random.default_rng(12)
    mixed = [(0.45, 0.30, 0.25)] * 5 + [(0.55, 0.30, 0.15)] * 35
    found = 0
    for _ in range(200):
        compared = against_the_rest(drawn(rng, mixed))
        found += sum(compared[key].verdict == -1 for key in range(5))

    assert 0.42 < found / 1000 < 0.58  # published: .50
