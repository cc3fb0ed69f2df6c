"""Working time against an oracle that reads the wall clock every minute or second, and against days told by hand."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from corsia.organisation.working_time import (
    ALL_DAY,
    EndsBeforeItStarts,
    NaiveInstant,
    NegativeDuration,
    NeverOpen,
    NotAWeek,
    ShiftEndsBeforeItStarts,
    ShiftsOverlap,
    TooFarAway,
    UnknownZone,
    WorkingHours,
    add,
    always_open,
    between,
    is_open,
    next_opening,
    week_of,
)

ROME = ZoneInfo("Europe/Rome")
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY = range(7)

# The days around which the clock changes, each by its own rule: at two in the morning, by half an hour (Lord Howe), at
# midnight (Havana, Cairo), back over midnight (St John's in 2010), through a whole day left out (Apia in 2011), never.
CHANGES = {
    "Europe/Rome": [date(2026, 3, 29), date(2026, 10, 25)],
    "America/New_York": [date(2026, 3, 8), date(2026, 11, 1)],
    "Australia/Lord_Howe": [date(2026, 4, 5), date(2026, 10, 4)],
    "America/Havana": [date(2026, 3, 8), date(2026, 11, 1)],
    "Africa/Cairo": [date(2026, 4, 24), date(2026, 10, 29)],
    "America/St_Johns": [date(2010, 3, 14), date(2010, 11, 7)],
    "Pacific/Apia": [date(2011, 12, 30)],
    "Asia/Kolkata": [date(2026, 3, 29)],
}


def rome(day: int, month: int, hour: int, minute: int = 0, second: int = 0, *, year: int = 2026) -> datetime:
    """Return an unambiguous wall time of Rome."""
    return datetime(year, month, day, hour, minute, second, tzinfo=ROME)


def office(**changes: object) -> WorkingHours:
    """Return a workshop open 8:30-12:30 and 14:00-18:30 from Monday to Friday, 9:00-13:00 on Saturday."""
    weekdays = [
        (day, start, end) for day in range(5) for start, end in ((time(8, 30), time(12, 30)), (time(14), time(18, 30)))
    ]
    return WorkingHours(zone="Europe/Rome", week=week_of([*weekdays, (SATURDAY, time(9), time(13))]), **changes)  # type: ignore[arg-type]


# --- the oracle: it asks the wall clock at every step and adds nothing up but steps -----------------------------------


@cache
def wall_clock(zone: str, second: int) -> tuple[date, time]:
    """Return what a clock on the wall shows at a second since 1970."""
    shown = datetime.fromtimestamp(second, ZoneInfo(zone))
    return shown.date(), shown.time()


def oracle_is_open(hours: WorkingHours, instant: datetime) -> bool:
    return oracle_is_open_at_second(hours, round(instant.timestamp()))


def oracle_is_open_at_second(hours: WorkingHours, second: int) -> bool:
    day, clock = wall_clock(hours.zone, second)
    for start, end in hours.week[day.weekday()]:
        if start <= clock and (end == time(0) or clock < end):
            if day in hours.holidays or any(first <= day < reopening for first, reopening in hours.closures):
                return False
            return not any(a.timestamp() <= second < b.timestamp() for a, b in hours.absences)
    return False


def oracle_between(hours: WorkingHours, start: datetime, end: datetime, *, step: timedelta) -> timedelta:
    seconds = range(round(start.timestamp()), round(end.timestamp()), round(step.total_seconds()))
    return sum(oracle_is_open_at_second(hours, second) for second in seconds) * step


def oracle_add(hours: WorkingHours, start: datetime, steps: int, *, step: timedelta) -> datetime | None:
    """Return None when three days are not enough."""
    first, stride = round(start.timestamp()), round(step.total_seconds())
    for second in range(first, first + 3 * 86_400, stride):
        steps -= oracle_is_open_at_second(hours, second)
        if not steps:
            return datetime.fromtimestamp(second + stride, UTC)
    return None


# --- calendars and instants made at random ----------------------------------------------------------------------------


@st.composite
def weeks(draw: st.DrawFn) -> tuple[tuple[tuple[time, time], ...], ...]:
    """Draw up to three shifts a day, some up to 24:00, some days closed, of up to three kinds of day."""
    kinds = []
    for _ in range(draw(st.integers(1, 3))):
        # Shifts near the hours where clocks change are drawn more often.
        minutes = st.one_of(
            st.integers(0, 240), st.integers(0, 1440), st.sampled_from([0, 60, 120, 150, 180, 1380, 1440])
        )
        edges = sorted(draw(st.lists(minutes, max_size=6, unique=True)))
        shifts = zip(edges[::2], edges[1::2], strict=False)
        kinds.append(tuple((time(a // 60, a % 60), time(b // 60 % 24, b % 60)) for a, b in shifts))
    return tuple(kinds[draw(st.integers(0, len(kinds) - 1))] for _ in range(7))


@st.composite
def calendars(draw: st.DrawFn, *, zones: tuple[str, ...] = tuple(CHANGES)) -> tuple[WorkingHours, datetime]:
    """Draw a calendar and an instant (whole minutes) near a change of its clock, or anywhere in that year."""
    zone = draw(st.sampled_from(zones))
    change = draw(st.sampled_from(CHANGES[zone]))
    near = datetime(change.year, change.month, change.day, tzinfo=UTC) + MINUTE * draw(st.integers(-2880, 2160))
    days = st.integers(-3, 5).map(lambda offset: change + timedelta(days=offset))
    closures = [(first, first + timedelta(days=draw(st.integers(1, 3)))) for first in draw(st.lists(days, max_size=1))]
    absences = [
        (near + MINUTE * offset, near + MINUTE * (offset + draw(st.integers(1, 900))))
        for offset in draw(st.lists(st.integers(-1440, 2880), max_size=2))
    ]
    hours = WorkingHours(
        zone=zone,
        week=draw(weeks()),
        holidays=frozenset(draw(st.lists(days, max_size=2))),
        closures=tuple(closures),
        absences=tuple(absences),
    )
    return hours, near


@settings(max_examples=3_000, deadline=None)
@given(calendars(), st.integers(0, 1800))
def test_between_counts_the_minutes_that_the_wall_clock_shows_as_open(
    drawn: tuple[WorkingHours, datetime], minutes: int
) -> None:
    hours, start = drawn
    end = start + minutes * MINUTE

    assert between(hours, start, end) == oracle_between(hours, start, end, step=MINUTE)
    assert between(hours, end, start) == -between(hours, start, end)


@settings(max_examples=1_500, deadline=None)
@given(calendars(), st.integers(1, 600))
def test_add_ends_when_the_wall_clock_has_shown_that_many_open_minutes(
    drawn: tuple[WorkingHours, datetime], minutes: int
) -> None:
    hours, start = drawn
    expected = oracle_add(hours, start, minutes, step=MINUTE)

    if expected is None and not any(hours.week):
        with pytest.raises(NeverOpen):
            add(hours, start, minutes * MINUTE)
    elif expected is not None:
        assert add(hours, start, minutes * MINUTE) == expected


@settings(max_examples=300, deadline=None)
@given(
    change=st.sampled_from(CHANGES["Europe/Rome"]),
    edges=st.lists(st.integers(0, 6 * 3600), min_size=2, max_size=6, unique=True),
    start=st.integers(-1800, 5 * 3600),
    seconds=st.integers(0, 2 * 3600),
)
def test_seconds_count_exactly_on_the_nights_when_the_clock_changes(
    change: date, edges: list[int], start: int, seconds: int
) -> None:
    walls = [time(edge // 3600, edge // 60 % 60, edge % 60) for edge in sorted(edges)]
    shifts = zip(walls[::2], walls[1::2], strict=False)
    hours = WorkingHours(zone="Europe/Rome", week=week_of((SUNDAY, a, b) for a, b in shifts))
    begin = datetime(change.year, change.month, change.day, tzinfo=ROME).astimezone(UTC) + start * SECOND
    end = begin + seconds * SECOND

    assert between(hours, begin, end) == oracle_between(hours, begin, end, step=SECOND)


@settings(max_examples=1_000, deadline=None)
@given(calendars(), st.integers(1, 40 * 3_600_000_000), st.integers(1, 40 * 3_600_000_000))
def test_adding_is_undone_by_between_is_additive_and_never_goes_back(
    drawn: tuple[WorkingHours, datetime], first: int, second: int
) -> None:
    hours, start = drawn
    if not any(hours.week):
        return
    one, two = timedelta(microseconds=first), timedelta(microseconds=second)
    due = add(hours, start, one)

    assert due.tzinfo is UTC
    assert between(hours, start, due) == one
    assert between(hours, start, due - timedelta(microseconds=1)) == one - timedelta(microseconds=1)
    assert add(hours, due, two) == add(hours, start, one + two) > due
    assert add(hours, start + MINUTE, one) >= due
    middle = start + (due - start) / 3
    assert between(hours, start, middle) + between(hours, middle, due) == one


@settings(max_examples=500, deadline=None)
@given(calendars())
def test_the_next_opening_is_the_first_open_minute(drawn: tuple[WorkingHours, datetime]) -> None:
    hours, start = drawn
    expected = next((at for at in (start + m * MINUTE for m in range(4 * 1440)) if oracle_is_open(hours, at)), None)

    assert is_open(hours, start) == oracle_is_open(hours, start)
    if expected is not None:
        assert next_opening(hours, start) == expected
        assert is_open(hours, expected)


# --- told by hand -----------------------------------------------------------------------------------------------------

NIGHT = WorkingHours(zone="Europe/Rome", week=week_of([(SUNDAY, time(1), time(4))]))


@pytest.mark.parametrize(
    ("day", "month", "real_hours"),
    [(22, 3, 3), (29, 3, 2), (18, 10, 3), (25, 10, 4)],
)
def test_a_night_from_one_to_four_lasts_what_really_passes(day: int, month: int, real_hours: int) -> None:
    start, end = rome(day, month, 0), rome(day, month, 12)

    assert between(NIGHT, start, end) == timedelta(hours=real_hours)
    assert add(NIGHT, start, timedelta(hours=real_hours)) == rome(day, month, 4)


def test_an_hour_that_does_not_exist_counts_nothing() -> None:
    skipped = WorkingHours(zone="Europe/Rome", week=week_of([(SUNDAY, time(2), time(3))]))

    assert between(skipped, rome(29, 3, 0), rome(30, 3, 0)) == timedelta(0)
    assert add(skipped, rome(29, 3, 0), timedelta(hours=1)) == rome(5, 4, 3)


def test_an_hour_shown_twice_counts_twice_with_the_closed_time_between_left_out() -> None:
    half = WorkingHours(zone="Europe/Rome", week=week_of([(SUNDAY, time(2), time(2, 30))]))
    midnight = rome(25, 10, 0)  # 22:00 UTC on the 24th; the clock shows 2:00 at 00:00 UTC and again at 01:00 UTC

    assert between(half, midnight, rome(25, 10, 12)) == timedelta(hours=1)
    assert is_open(half, datetime(2026, 10, 25, 0, 15, tzinfo=UTC))
    assert not is_open(half, datetime(2026, 10, 25, 0, 45, tzinfo=UTC))
    assert is_open(half, datetime(2026, 10, 25, 1, 15, tzinfo=UTC))
    assert add(half, midnight, timedelta(minutes=40)) == datetime(2026, 10, 25, 1, 10, tzinfo=UTC)


def test_ten_hours_around_the_clock_from_the_evening_before_the_change_end_at_four() -> None:
    """Wall-clock arithmetic would say three: one hour of the deadline would be lost."""
    assert add(always_open("Europe/Rome"), rome(28, 3, 17), timedelta(hours=10)) == rome(29, 3, 4)
    assert add(always_open("Europe/Rome"), rome(24, 10, 17), timedelta(hours=11)) == rome(25, 10, 3)


def test_a_limit_that_ends_with_the_shift_is_due_at_its_end_and_the_next_second_is_due_after_the_break() -> None:
    hours = office()

    assert add(hours, rome(16, 11, 9, 30), timedelta(hours=3)) == rome(16, 11, 12, 30)
    assert add(hours, rome(16, 11, 9, 30), timedelta(hours=3, seconds=1)) == rome(16, 11, 14, 0, 1)


def test_a_contact_of_saturday_afternoon_is_due_on_monday() -> None:
    assert add(office(), rome(14, 11, 15), timedelta(hours=2)) == rome(16, 11, 10, 30)
    assert next_opening(office(), rome(14, 11, 15)) == rome(16, 11, 8, 30)


def test_the_august_closure_and_a_holiday_stop_the_clock() -> None:
    hours = office(holidays=frozenset({date(2026, 8, 15)}), closures=((date(2026, 8, 10), date(2026, 8, 24)),))

    assert add(hours, rome(8, 8, 12), timedelta(hours=2)) == rome(24, 8, 9, 30)
    assert between(hours, rome(8, 8, 13), rome(24, 8, 8, 30)) == timedelta(0)
    assert not is_open(hours, rome(10, 8, 10))
    assert is_open(hours, rome(24, 8, 10))


def test_an_absence_leaves_out_its_minutes_and_not_the_rest_of_the_day() -> None:
    hours = office(absences=((rome(16, 11, 10), rome(16, 11, 15)),))

    assert between(hours, rome(16, 11, 0), rome(17, 11, 0)) == timedelta(hours=5)  # 8:30-10:00 and 15:00-18:30
    assert add(hours, rome(16, 11, 9), timedelta(hours=2)) == rome(16, 11, 16)


def test_overlapping_absences_are_left_out_once() -> None:
    hours = office(absences=((rome(16, 11, 10), rome(16, 11, 15)), (rome(16, 11, 9), rome(16, 11, 11))))

    assert between(hours, rome(16, 11, 0), rome(17, 11, 0)) == timedelta(hours=4)  # 8:30-9:00 and 15:00-18:30


def test_a_shift_to_midnight_joins_the_one_from_midnight() -> None:
    hours = WorkingHours(zone="Europe/Rome", week=week_of([(MONDAY, time(22), time(0)), (TUESDAY, time(0), time(6))]))

    assert between(hours, rome(16, 11, 12), rome(17, 11, 12)) == timedelta(hours=8)
    assert add(hours, rome(16, 11, 23), timedelta(hours=2)) == rome(17, 11, 1)


def test_every_second_counts_in_an_always_open_calendar() -> None:
    start, end = rome(1, 1, 0), rome(1, 1, 0, year=2027)

    assert between(always_open("Europe/Rome"), start, end) == timedelta(days=365)
    assert always_open("Europe/Rome").week == ((ALL_DAY,),) * 7


def test_ten_years_are_counted_day_by_day_to_the_second() -> None:
    hours = office()
    start, end = rome(1, 1, 0, year=2016), rome(1, 1, 0, year=2026)
    days = [date(2016, 1, 1) + timedelta(days=day) for day in range(3653)]
    expected = sum(8.5 * (day.weekday() < SATURDAY) + 4 * (day.weekday() == SATURDAY) for day in days)

    assert days[-1] == date(2025, 12, 31)
    assert between(hours, start, end) == timedelta(hours=expected)


def test_no_time_added_is_the_same_instant_even_when_closed() -> None:
    assert add(office(), rome(15, 11, 3), timedelta(0)) == rome(15, 11, 3)


def test_the_instant_may_come_in_any_time_zone() -> None:
    new_york = rome(16, 11, 9).astimezone(ZoneInfo("America/New_York"))

    assert add(office(), new_york, timedelta(hours=1)) == rome(16, 11, 10)


@pytest.mark.parametrize(
    "closed_for_ever",
    [
        {"week": ((),) * 7},
        {"week": ((ALL_DAY,),) * 7, "closures": ((date(2020, 1, 1), date.max),)},
        {"week": ((ALL_DAY,),) * 7, "absences": ((rome(1, 1, 0), datetime.max.replace(tzinfo=UTC)),)},
    ],
    ids=["no shift", "closed for ever", "absent for ever"],
)
def test_a_calendar_that_never_opens_is_refused_and_not_searched_for_ever(closed_for_ever: dict[str, object]) -> None:
    hours = WorkingHours(zone="Europe/Rome", **closed_for_ever)  # type: ignore[arg-type]

    with pytest.raises(NeverOpen) as refusal:
        add(hours, rome(16, 11, 9), timedelta(hours=1))
    with pytest.raises(NeverOpen):
        next_opening(hours, rome(16, 11, 9))
    assert refusal.value.data == {"after": date(2026, 11, 16)}
    assert between(hours, rome(16, 11, 9), rome(16, 11, 9, year=2027)) == timedelta(0)


@pytest.mark.parametrize(
    ("error", "fields"),
    [
        (UnknownZone, {"zone": "Europe/Milano"}),
        (UnknownZone, {"zone": "../etc/passwd"}),
        (UnknownZone, {"zone": ""}),
        (NotAWeek, {"week": ((ALL_DAY,),)}),
        (ShiftEndsBeforeItStarts, {"week": week_of([(MONDAY, time(18), time(9))])}),
        (ShiftEndsBeforeItStarts, {"week": week_of([(MONDAY, time(9), time(9))])}),
        (ShiftsOverlap, {"week": week_of([(MONDAY, time(9), time(13)), (MONDAY, time(12, 59), time(18))])}),
        (ShiftsOverlap, {"week": week_of([(MONDAY, time(9), time(0)), (MONDAY, time(20), time(22))])}),
        (EndsBeforeItStarts, {"closures": ((date(2026, 8, 24), date(2026, 8, 24)),)}),
        (EndsBeforeItStarts, {"absences": ((rome(16, 11, 10), rome(16, 11, 9)),)}),
        (NaiveInstant, {"absences": ((datetime(2026, 11, 16, 9), datetime(2026, 11, 16, 10)),)}),
    ],
)
def test_hours_that_cannot_be_are_refused(error: type[Exception], fields: dict[str, object]) -> None:
    with pytest.raises(error):
        WorkingHours(**{"zone": "Europe/Rome", "week": ((),) * 7} | fields)  # type: ignore[arg-type]


def test_shifts_that_touch_are_one_stretch() -> None:
    hours = WorkingHours(zone="Europe/Rome", week=week_of([(MONDAY, time(13), time(18)), (MONDAY, time(9), time(13))]))

    assert between(hours, rome(16, 11, 0), rome(17, 11, 0)) == timedelta(hours=9)


def test_an_instant_without_time_zone_a_negative_limit_and_a_mistyped_century_are_refused() -> None:
    with pytest.raises(NaiveInstant):
        add(office(), datetime(2026, 11, 16, 9), timedelta(hours=1))
    with pytest.raises(NegativeDuration):
        add(office(), rome(16, 11, 9), timedelta(hours=-1))
    with pytest.raises(TooFarAway):
        add(office(), rome(16, 11, 9), timedelta(days=36_500))
    with pytest.raises(TooFarAway):
        between(office(), rome(16, 11, 9), datetime.max.replace(tzinfo=UTC))


@settings(max_examples=50, deadline=None)
@example(weekday=SUNDAY)
@given(weekday=st.integers(0, 6))
def test_equal_hours_are_equal_and_can_be_a_key_whatever_they_have_worked_out(weekday: int) -> None:
    one, other = (
        WorkingHours(zone="Europe/Rome", week=week_of([(weekday, time(9), time(13)), (weekday, time(14), time(18))]))
        for _ in range(2)
    )
    add(one, rome(16, 11, 9), timedelta(hours=10))

    assert one == other
    assert {one: "known"}[other] == "known"
