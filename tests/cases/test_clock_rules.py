"""Promises, limits, assignment and search: pure rules against independent oracles."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corsia.cases.rules import clocks
from corsia.cases.rules.assignment import Candidate, Wish, choose
from corsia.cases.rules.limits import LimitRow, limit_minutes
from corsia.cases.rules.search import CaseSearch, parse, words_query
from corsia.cases.rules.transitions import Filled, is_allowed, missing_fields
from corsia.cases.vocabulary import RequiredField
from corsia.organisation.working_time import WorkingHours, week_of

ROME = ZoneInfo("Europe/Rome")
SHIFTS = [(day, time(8, 30), time(12, 30)) for day in range(5)] + [(day, time(14), time(18, 30)) for day in range(5)]
OFFICE = WorkingHours(zone="Europe/Rome", week=week_of(SHIFTS))
# Always staffed, nights of the clock change included: the desk of a breakdown service.
NIGHTS = WorkingHours(zone="Europe/Rome", week=week_of([(day, time(0), time(0)) for day in range(7)]))

# Starts around both clock changes of 2026 and an ordinary week.
starts = st.sampled_from(
    [datetime(2026, 3, 27, 7, tzinfo=UTC), datetime(2026, 10, 23, 7, tzinfo=UTC), datetime(2026, 5, 4, 7, tzinfo=UTC)]
)
gaps = st.lists(st.integers(min_value=1, max_value=2_000), min_size=1, max_size=6)  # minutes between hand-overs


def open_minutes(hours: WorkingHours, begin: datetime, end: datetime) -> int:
    """Count open minutes one by one on the wall clock of Rome: slow, and blind to how the rules do it."""
    count, at = 0, begin
    while at < end:
        wall = at.astimezone(ROME)
        if hours is NIGHTS or (
            wall.weekday() < 5 and (time(8, 30) <= wall.time() < time(12, 30) or time(14) <= wall.time() < time(18, 30))
        ):
            count += 1
        at += timedelta(minutes=1)
    return count


@given(starts, gaps, st.integers(min_value=1, max_value=900), st.sampled_from([OFFICE, NIGHTS]))
def test_only_our_time_spends_a_promise(start, gaps, limit, hours):
    promise = clocks.started(hours, at=start, limit_minutes=limit)
    spent, at, ours = 0, start, True
    for gap in gaps:
        following = at + timedelta(minutes=gap)
        if ours:
            spent += open_minutes(hours, at, following)
            promise = clocks.paused(hours, due_at=promise.due_at, at=following)
            assert promise.due_at is None
            assert promise.left_seconds == max(0, limit - spent) * 60
        else:
            promise = clocks.resumed(hours, at=following, left_seconds=promise.left_seconds, limit_minutes=limit)
        at, ours = following, not ours
    if ours:
        left = max(0, limit - spent)
        assert open_minutes(hours, at, promise.due_at) == left
        assert promise.due_at == at or open_minutes(hours, promise.due_at - timedelta(minutes=1), promise.due_at) == 1


@given(starts, gaps, st.integers(min_value=1, max_value=900), st.booleans())
def test_a_case_that_moves_spends_each_minute_by_the_hours_of_where_it_was(start, gaps, limit, begins_at_night):
    """Between an office and a desk that never sleeps, to and fro: each minute is counted where it was spent."""
    here, there = (NIGHTS, OFFICE) if begins_at_night else (OFFICE, NIGHTS)
    promise = clocks.started(here, at=start, limit_minutes=limit)
    left, at = limit, start
    for gap in gaps:
        following = at + timedelta(minutes=gap)
        spent = open_minutes(here, at, following)
        if spent >= left:  # it broke here: the day it was due is the minute in which the rest ran out
            assert open_minutes(here, at, promise.due_at) == left
            assert open_minutes(here, promise.due_at - timedelta(minutes=1), promise.due_at) == 1
            return
        left -= spent
        promise = clocks.moved(here, there, due_at=promise.due_at, limit_minutes=limit, at=following)
        here, there, at = there, here, following
        assert open_minutes(here, at, promise.due_at) == left
        assert open_minutes(here, promise.due_at - timedelta(minutes=1), promise.due_at) == 1
        quarter = max(timedelta(0), timedelta(minutes=left) - timedelta(minutes=limit) / 4)
        assert promise.warn_at <= promise.due_at
        assert abs(open_minutes(here, at, promise.warn_at) * 60 - quarter.total_seconds()) <= 60


@given(
    starts,
    st.lists(st.tuples(st.integers(0, 600), st.integers(1, 600)), max_size=3),
    st.integers(1, 600),
    st.integers(30, 900),
    st.integers(1, 900),
    st.integers(0, 999_999),
)
def test_another_limit_and_back_gives_the_same_promise(start, away, at_last, limit, other, microseconds):
    """The history alone decides: what was promised before the detour is promised after it, to the microsecond."""
    periods, at = [], start
    promise = clocks.started(OFFICE, at=start, limit_minutes=limit)
    for held, gone in away:
        left_at = at + timedelta(minutes=held)
        promise = clocks.paused(OFFICE, due_at=promise.due_at, at=left_at)
        periods.append((at, left_at))
        at = left_at + timedelta(minutes=gone)
        promise = clocks.resumed(OFFICE, at=at, left_seconds=promise.left_seconds, limit_minutes=limit)
    now = at + timedelta(minutes=at_last, microseconds=microseconds)
    periods.append((at, None))
    if promise.due_at <= now:
        return  # broken: the services leave it alone
    facts = {"started_at": start, "ours": periods, "is_ours": True, "now": now}

    changed = clocks.relimited(OFFICE, limit_minutes=other, **facts)
    back = clocks.relimited(OFFICE, limit_minutes=limit, **facts)

    assert changed.due_at >= now
    assert back.due_at == promise.due_at


def test_a_warning_comes_with_the_last_quarter():
    at = datetime(2026, 5, 4, 7, tzinfo=UTC)  # 9:00 in Rome

    promise = clocks.started(OFFICE, at=at, limit_minutes=120)

    assert (promise.warn_at, promise.due_at) == (at + timedelta(minutes=90), at + timedelta(minutes=120))


def test_the_hour_that_the_clock_shows_twice_is_spent_twice():
    at = datetime(2026, 10, 24, 23, tzinfo=UTC)  # 1:00 in Rome, before the clock goes back at 3:00

    promise = clocks.started(NIGHTS, at=at, limit_minutes=180)

    assert promise.due_at.astimezone(ROME) == datetime(2026, 10, 25, 3, tzinfo=ROME)


@given(st.integers(1, 4), st.dictionaries(st.sampled_from([None, 1, 2, 3, 4]), st.integers(1, 900)))
def test_a_limit_is_the_prioritys_own_or_that_of_any(priority, table):
    rows = [LimitRow("solution", key, minutes) for key, minutes in table.items()] + [LimitRow("phase", None, 5)]

    assert limit_minutes(rows, clock="solution", priority=priority) == table.get(priority, table.get(None))


@given(
    st.lists(
        st.builds(
            Candidate,
            person_id=st.integers(1, 99),
            load=st.integers(0, 5),
            capacity=st.integers(0, 5),
            skills=st.dictionaries(st.sampled_from(["en", "jeep", "warranty"]), st.integers(1, 3)),
        ),
        unique_by=lambda candidate: candidate.person_id,
        max_size=6,
    ),
    st.sampled_from(["", "warranty"]),
    st.sampled_from([(), ("en",), ("en", "jeep")]),
    st.one_of(st.none(), st.integers(1, 99)),
)
def test_nobody_better_is_passed_over(candidates, needed, useful, advisor):
    chosen = choose(candidates, Wish(needed=needed, useful=useful, owner_advisor_id=advisor))

    free = {one.person_id: one for one in candidates if one.load < one.capacity}
    if advisor in free:
        assert chosen == advisor
        return
    able = {pk: one for pk, one in free.items() if not needed or needed in one.skills}
    if not able:
        assert chosen is None
        return
    best = max(len(set(useful) & set(one.skills)) for one in able.values())
    fit = [one for one in able.values() if len(set(useful) & set(one.skills)) == best]
    assert able[chosen] in fit
    assert able[chosen].load == min(one.load for one in fit)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("#1042", CaseSearch(number=1042)),
        (" 1042 ", CaseSearch(number=1042)),
        ("gh 482 lk", CaseSearch(plate="GH482LK", words=("gh", "482", "lk"))),
        ("GH482LK", CaseSearch(plate="GH482LK", words=("gh482lk",))),
        ("Spia motore!", CaseSearch(words=("spia", "motore"))),
        ("perché & (città) | x:*", CaseSearch(words=("perché", "città", "x"))),
        ("   ", CaseSearch()),
        ("'; --", CaseSearch()),
    ],
)
def test_a_search_is_a_number_a_plate_or_words(text, meant):
    assert parse(text) == meant


@given(st.text(max_size=80))
def test_whatever_is_typed_makes_a_query_without_operators_of_its_own(text):
    for word in words_query(parse(text).words).split(" & "):
        assert word == "" or (word.endswith(":*") and word[:-2].replace("_", "a").isalnum())


def test_a_phase_leads_only_where_it_says():
    assert is_allowed(source="new", target="working", ways_out=["working"])
    assert not is_allowed(source="new", target="solved", ways_out=["working"])
    assert not is_allowed(source="new", target="new", ways_out=["new"])


def test_what_is_missing_is_named_once_in_the_order_of_filling_in():
    missing = missing_fields(["remedy", "root_cause", "customer", "remedy"], Filled(customer=True))

    assert missing == [RequiredField.ROOT_CAUSE, RequiredField.REMEDY]
