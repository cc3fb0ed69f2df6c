"""Prices that add up, hours that are round, and an order of slots that can be explained."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corsia.workshop.rules.pricing import cents_of_parts, shares
from corsia.workshop.rules.promise import promised
from corsia.workshop.rules.ranking import Candidate, Reason, ranked, reasons

NINE = datetime(2026, 3, 11, 8, 0, tzinfo=UTC)
SIX = datetime(2026, 3, 11, 17, 0, tzinfo=UTC)


@given(st.integers(0, 10**7), st.lists(st.integers(0, 10**6), min_size=1, max_size=12))
def test_the_shares_of_a_package_add_up_and_are_a_cent_off_at_most(total, weights) -> None:
    parts = shares(total, weights)

    assert sum(parts) == total
    whole = sum(weights)
    exact = [Decimal(total) * weight / whole if whole else Decimal(total) / len(weights) for weight in weights]
    assert all(abs(part - one) < 1 for part, one in zip(parts, exact, strict=True))


def test_each_line_of_parts_is_rounded_to_a_cent() -> None:
    assert cents_of_parts([(Decimal("4.5"), 1_333), (Decimal("0.25"), 101)]) == 5_999 + 25
    assert cents_of_parts([]) == 0


@pytest.mark.parametrize(
    ("work_ends", "is_waiting", "hour"),
    [
        (NINE, False, NINE + timedelta(minutes=30)),
        (NINE + timedelta(minutes=1), False, NINE + timedelta(minutes=60)),
        (NINE, True, NINE + timedelta(minutes=15)),
        (NINE + timedelta(minutes=5), True, NINE + timedelta(minutes=15)),
        (NINE + timedelta(minutes=6), True, NINE + timedelta(minutes=30)),
        (SIX - timedelta(minutes=20), False, SIX),  # not after closing
        (SIX, False, SIX),
    ],
)
def test_the_promised_hour_is_round_and_not_after_closing(work_ends, is_waiting, hour) -> None:
    assert promised(work_ends=work_ends, closes=SIX, is_waiting=is_waiting) == hour


def candidate(hours: float, *, stay: float = 2, knows: bool = False, load: int = 80, place: int = 0) -> Candidate:
    start = NINE + timedelta(hours=hours)
    return Candidate(
        starts_at=start, ends_at=start + timedelta(hours=stay), knows_the_car=knows, load_pct=load, place=place
    )


def test_the_sooner_wins_but_who_knows_the_car_may_be_two_days_later() -> None:
    near, known, late = candidate(0), candidate(47, knows=True), candidate(49, knows=True)

    assert ranked([late, near, known], is_waiting=False) == [2, 1, 0]
    assert ranked([], is_waiting=False) == []


def test_who_waits_gets_the_shorter_wait_rather_than_the_sooner_hour() -> None:
    long, short = candidate(0, stay=3), candidate(20, stay=1)

    assert ranked([long, short], is_waiting=True) == [1, 0]
    assert ranked([long, short], is_waiting=False) == [0, 1]


def test_the_workshop_named_first_breaks_a_tie() -> None:
    assert ranked([candidate(0, place=2), candidate(0, place=1)], is_waiting=False) == [1, 0]


def test_reasons_are_said_of_those_that_are_shown_only() -> None:
    first, quiet = candidate(0, stay=3, load=60), candidate(5, stay=1, load=59, knows=True)

    assert reasons(first, [first, quiet], is_waiting=True) == (Reason.SOONEST,)
    assert reasons(quiet, [first, quiet], is_waiting=True) == (Reason.KNOWS, Reason.SHORT, Reason.QUIET)
    assert reasons(quiet, [first, quiet], is_waiting=False) == (Reason.KNOWS, Reason.QUIET)
