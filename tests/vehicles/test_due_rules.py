"""The calendar rules against oracles that count day by day, and the choice between kilometres and date."""

import calendar
import math
from datetime import date, timedelta

import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import given
from hypothesis import strategies as st

from corsia.vehicles.rules.dues import (
    Interval,
    Visit,
    add_months,
    habit_of,
    next_inspection,
    next_service,
    next_tyres,
    warranty_end,
)
from corsia.vehicles.rules.forecast import Estimate, Reading
from corsia.vehicles.vocabulary import DueReason

days = st.dates(date(1990, 1, 1), date(2040, 12, 31))
TODAY = date(2026, 3, 10)
DAY = timedelta(days=1)
FIFTY_A_DAY = Estimate(math.log(50), 0.02, 0.03)


def last_day_of(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1])


@given(days, st.integers(0, 130))
def test_months_are_added_as_dateutil_adds_them(day: date, months: int) -> None:
    assert add_months(day, months) == day + relativedelta(months=months)


class TestInspection:
    @given(days)
    def test_the_first_is_due_by_the_end_of_the_month_four_years_later(self, registered: date) -> None:
        due = next_inspection(first_registered_on=registered, last_on=None, today=registered)
        assert due is not None
        assert due.due_on == last_day_of(registered.year + 4, registered.month)
        assert (due.is_assumed, due.reason) == (False, DueReason.FIRST_INSPECTION)

    @given(days, days)
    def test_the_next_is_due_two_years_after_the_month_of_the_last(self, registered: date, last: date) -> None:
        due = next_inspection(first_registered_on=registered, last_on=last, today=last)
        assert due is not None
        assert due.due_on == last_day_of(last.year + 2, last.month)
        assert due.counted_from == last

    @given(days, st.integers(0, 12_000))
    def test_without_a_known_one_each_is_assumed_done_in_its_month(self, registered: date, later: int) -> None:
        """The oracle lists every due day of the law and takes the first whose month is not over."""
        today = registered + timedelta(days=later)
        due = next_inspection(first_registered_on=registered, last_on=None, today=today)
        every = [last_day_of(registered.year + years, registered.month) for years in range(4, 60, 2)]
        expected = next(day for day in every if (day.year, day.month) >= (today.year, today.month))
        assert due is not None
        assert (due.due_on, due.is_assumed) == (expected, expected != every[0])

    def test_a_known_one_that_is_overdue_stays_overdue(self) -> None:
        due = next_inspection(first_registered_on=None, last_on=date(2023, 5, 3), today=TODAY)
        assert due is not None
        assert due.due_on == date(2025, 5, 31)

    def test_nothing_known_tells_nothing(self) -> None:
        assert next_inspection(first_registered_on=None, last_on=None, today=TODAY) is None

    def test_the_29th_of_february(self) -> None:
        due = next_inspection(first_registered_on=date(2024, 2, 29), last_on=None, today=TODAY)
        assert due is not None
        assert due.due_on == date(2028, 2, 29)


# Every change of tyres there is: the visits that count for it begin on one day, its window opens on another, it is due.
CHANGES = [
    change
    for year in range(1988, 2046)
    for change in (
        (date(year, 3, 15), date(year, 4, 15), date(year, 5, 15), DueReason.SUMMER_TYRES),
        (date(year, 9, 15), date(year, 10, 15), date(year, 11, 15), DueReason.WINTER_TYRES),
    )
]


class TestTyres:
    @given(days, st.integers(0, 729))
    def test_the_change_after_the_last_visit_or_the_one_whose_window_is_open(self, last: date, later: int) -> None:
        """The oracle looks both up in the list of all changes and takes the later one."""
        today = last + timedelta(days=later)
        done = max(place for place, (begins, *_rest) in enumerate(CHANGES) if begins <= last)
        opened = max(place for place, (_begins, opens, *_rest) in enumerate(CHANGES) if opens <= today)
        _begins, opens, due_on, reason = CHANGES[max(done + 1, opened)]
        due = next_tyres(last_on=last, today=today)
        assert due is not None
        assert (due.earliest, due.due_on, due.reason) == (opens, due_on, reason)

    @pytest.mark.parametrize(
        ("last", "today", "due_on", "reason"),
        [
            (date(2025, 11, 4), TODAY, date(2026, 5, 15), DueReason.SUMMER_TYRES),
            (date(2026, 1, 20), TODAY, date(2026, 5, 15), DueReason.SUMMER_TYRES),
            (date(2026, 4, 20), date(2026, 4, 21), date(2026, 11, 15), DueReason.WINTER_TYRES),
            (date(2025, 4, 20), date(2025, 12, 1), date(2025, 11, 15), DueReason.WINTER_TYRES),  # overdue
            (date(2025, 4, 20), date(2026, 4, 14), date(2025, 11, 15), DueReason.WINTER_TYRES),
            (date(2025, 4, 20), date(2026, 4, 15), date(2026, 5, 15), DueReason.SUMMER_TYRES),  # another season
            (date(2025, 9, 20), date(2025, 9, 21), date(2026, 5, 15), DueReason.SUMMER_TYRES),  # early for winter
        ],
    )
    def test_examples(self, last: date, today: date, due_on: date, reason: DueReason) -> None:
        due = next_tyres(last_on=last, today=today)
        assert due is not None
        assert (due.due_on, due.reason) == (due_on, reason)

    @pytest.mark.parametrize("last", [None, date(2024, 3, 9)])
    def test_who_does_not_change_them_here_is_not_told(self, last: date | None) -> None:
        assert next_tyres(last_on=last, today=TODAY) is None


class TestWarranty:
    def test_the_makers_goes_before_the_legal_one(self) -> None:
        due = warranty_end(ends_on=date(2029, 1, 7), first_registered_on=date(2025, 1, 8), today=TODAY)
        assert due is not None
        assert (due.due_on, due.reason) == (date(2029, 1, 7), DueReason.MAKER_WARRANTY)

    def test_the_legal_one_lasts_two_years(self) -> None:
        due = warranty_end(ends_on=None, first_registered_on=date(2025, 1, 8), today=TODAY)
        assert due is not None
        assert (due.due_on, due.reason, due.is_assumed) == (date(2027, 1, 8), DueReason.LEGAL_WARRANTY, True)

    def test_its_last_day_still_counts_and_the_day_after_nothing(self) -> None:
        assert warranty_end(ends_on=TODAY, first_registered_on=None, today=TODAY) is not None
        assert warranty_end(ends_on=TODAY - DAY, first_registered_on=None, today=TODAY) is None
        assert warranty_end(ends_on=None, first_registered_on=None, today=TODAY) is None


def service(interval: Interval, **fields):
    values = {
        "last": Visit(on=date(2025, 9, 1), km=40_000),
        "first_registered_on": date(2022, 9, 1),
        "readings": [Reading(date(2022, 9, 1), 0), Reading(date(2025, 9, 1), 40_000)],
        "pace": FIFTY_A_DAY,
        "habit": None,
        "today": TODAY,
        **fields,
    }
    return next_service(interval, **values)


class TestService:
    def test_the_date_decides_where_little_is_driven(self) -> None:
        due = service(Interval(km=30_000, months=12))
        assert (due.due_on, due.reason, due.km_due) == (date(2026, 9, 1), DueReason.DATE, 70_000)
        assert due.latest == due.due_on

    def test_the_kilometres_decide_where_much_is_driven(self) -> None:
        due = service(Interval(km=15_000, months=12))
        assert (due.due_on, due.reason) == (date(2025, 9, 1) + timedelta(days=300), DueReason.KM)
        assert due.earliest < due.due_on < due.latest <= date(2026, 9, 1)
        assert due.km_a_year == 18_262  # 50 a day, 365.25 days

    def test_kilometres_alone_or_months_alone(self) -> None:
        assert service(Interval(km=15_000, months=None)).reason == DueReason.KM
        only_date = service(Interval(km=None, months=24))
        assert (only_date.due_on, only_date.km_due) == (date(2027, 9, 1), None)

    def test_without_a_pace_the_date_alone_tells_it(self) -> None:
        due = service(Interval(km=15_000, months=12), pace=None, readings=[])
        assert (due.due_on, due.reason, due.km_due) == (date(2026, 9, 1), DueReason.DATE, None)
        assert service(Interval(km=15_000, months=None), pace=None, readings=[]) is None

    def test_a_new_car_counts_from_its_first_registration(self) -> None:
        due = service(Interval(km=15_000, months=12), last=None, first_registered_on=date(2025, 12, 1), readings=[])
        assert (due.due_on, due.reason) == (date(2025, 12, 1) + timedelta(days=300), DueReason.KM)
        assert (due.is_assumed, due.counted_from, due.km_due) == (True, date(2025, 12, 1), 15_000)

    def test_an_old_car_without_a_known_service_is_not_guessed_at(self) -> None:
        assert service(Interval(km=15_000, months=12), last=None, first_registered_on=date(2019, 1, 1)) is None

    def test_a_service_without_a_reading_counts_from_what_it_had_by_then(self) -> None:
        due = service(Interval(km=15_000, months=None), last=Visit(on=date(2024, 3, 1), km=None))
        had = round(40_000 * (date(2024, 3, 1) - date(2022, 9, 1)).days / (date(2025, 9, 1) - date(2022, 9, 1)).days)
        assert due.km_due == had + 15_000

    @given(st.integers(1_000, 60_000), st.integers(1, 48), st.floats(1, 6))
    def test_it_is_never_later_than_either_rule(self, km: int, months: int, pace: float) -> None:
        estimate = Estimate(pace, 0.02, 0.03)
        both = service(Interval(km=km, months=months), pace=estimate)
        alone = [
            service(one, pace=estimate) for one in (Interval(km=km, months=None), Interval(km=None, months=months))
        ]
        assert both.due_on == min(one.due_on for one in alone)
        assert both.earliest <= both.due_on <= both.latest


class TestHabit:
    def test_who_comes_a_tenth_late_is_expected_a_tenth_late(self) -> None:
        due = service(Interval(km=None, months=12), habit=Estimate(math.log(1.1), None, None))
        assert due.due_on == date(2026, 9, 1)
        assert due.expected_on == date(2025, 9, 1) + timedelta(days=round(365 * 1.1))

    def test_it_is_the_share_of_the_due_interval_by_whichever_rule_came_first(self) -> None:
        visits = [Visit(on=date(2024, 1, 1), km=0), Visit(on=date(2024, 12, 31), km=30_000)]
        by_date, by_km = Interval(km=None, months=12), Interval(km=15_000, months=24)
        assert [round(math.exp(one.log), 3) for one in habit_of(visits, by_date)] == [round(365 / 366, 3)]
        assert [round(math.exp(one.log), 3) for one in habit_of(visits, by_km)] == [2.0]

    def test_a_visit_that_was_missed_or_was_none_teaches_nothing(self) -> None:
        visits = [Visit(on=date(2020, 1, 1), km=None), Visit(on=date(2020, 1, 20), km=None)]
        assert habit_of(visits, Interval(km=None, months=12)) == []
        assert habit_of([visits[0], Visit(on=date(2023, 1, 1), km=None)], Interval(km=None, months=12)) == []
