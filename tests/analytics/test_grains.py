"""Stretches of days are covered by whole months, weeks and days: each day once, and nothing that is cut through."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from corsia.analytics.rules.grains import Span, spans
from corsia.analytics.vocabulary import Step

DAYS = st.dates(date(2025, 1, 1), date(2027, 12, 31))


def pieces(span: Span) -> list[list[date]]:
    """Cut a span into its pieces the slow way: day by day, a new one with each month and, of weeks, each Monday."""
    found: list[list[date]] = []
    day = span.first
    while day < span.end:
        is_new = span.grain is Step.DAY or day.day == 1 or (span.grain is Step.WEEK and day.weekday() == 0)
        if is_new or not found:
            found.append([])
        found[-1].append(day)
        day += timedelta(days=1)
    return found


def is_whole(piece: list[date], grain: Step) -> bool:
    before, after = piece[0], piece[-1] + timedelta(days=1)
    if grain is Step.MONTH:
        return before.day == 1 and after.day == 1
    return grain is Step.DAY or all(edge.weekday() == 0 or edge.day == 1 for edge in (before, after))


@given(DAYS, st.integers(1, 800), st.lists(DAYS, max_size=4), st.sampled_from(Step))
def test_each_day_is_covered_once_by_pieces_that_no_cut_goes_through(first, length, cuts, coarsest) -> None:
    end = first + timedelta(days=length)
    found = spans(first, end, cuts=cuts, coarsest=coarsest)

    covered = [day for span in found for piece in pieces(span) for day in piece]
    assert covered == [first + timedelta(days=number) for number in range(length)]
    for span in found:
        for piece in pieces(span):
            assert is_whole(piece, span.grain)
            assert not [cut for cut in cuts if piece[0] < cut <= piece[-1]]


@given(DAYS, st.integers(1, 800), st.lists(DAYS, max_size=4))
def test_the_largest_pieces_are_taken(first, length, cuts) -> None:
    """A week, or days, stand only in a month that is cut through; days only in such a week."""
    end = first + timedelta(days=length)
    edges = {first, end, *cuts}
    for span in spans(first, end, cuts=cuts, coarsest=Step.MONTH):
        for piece in pieces(span):
            month = {day for day in edges if (day.year, day.month) == (piece[0].year, piece[0].month) and day.day != 1}
            if span.grain is not Step.MONTH:
                assert month
            if span.grain is Step.DAY:
                monday = piece[0] - timedelta(days=piece[0].weekday())
                assert {day for day in month if monday < day < monday + timedelta(days=7)}


def test_a_year_from_the_middle_of_a_month_reads_few_days() -> None:
    assert spans(date(2025, 11, 19), date(2026, 11, 19), cuts=[], coarsest=Step.MONTH) == [
        Span(Step.DAY, date(2025, 11, 19), date(2025, 11, 24)),
        Span(Step.WEEK, date(2025, 11, 24), date(2025, 12, 1)),
        Span(Step.MONTH, date(2025, 12, 1), date(2026, 11, 1)),
        Span(Step.WEEK, date(2026, 11, 1), date(2026, 11, 16)),
        Span(Step.DAY, date(2026, 11, 16), date(2026, 11, 19)),
    ]


def test_what_begins_with_all_time_is_covered_too() -> None:
    assert spans(date.min, date(2026, 3, 2), cuts=[date(2026, 2, 1)], coarsest=Step.MONTH) == [
        Span(Step.MONTH, date.min, date(2026, 3, 1)),
        Span(Step.WEEK, date(2026, 3, 1), date(2026, 3, 2)),
    ]
