"""Working time of many rows at once is what `working_time.between` counts one by one."""

from datetime import UTC, date, datetime, time, timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from corsia.analytics.rules.open_time import OpenTime
from corsia.organisation.working_time import WorkingHours, always_open, between, week_of

OFFICE = week_of(
    [(day, start, end) for day in range(5) for start, end in ((time(8, 30), time(12)), (time(14), time(0)))]
)
CALENDARS = [
    always_open("Europe/Rome"),
    WorkingHours(zone="Europe/Rome", week=OFFICE, holidays=frozenset({date(2026, 4, 6), date(2026, 8, 15)})),
    WorkingHours(zone="America/New_York", week=OFFICE, closures=((date(2026, 8, 1), date(2026, 8, 20)),)),
    WorkingHours(zone="Australia/Lord_Howe", week=OFFICE),
    WorkingHours(zone="Europe/Rome", week=((),) * 7),
]
instants = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def microseconds(at: datetime) -> int:
    return (at - EPOCH) // timedelta(microseconds=1)


@given(st.sampled_from(CALENDARS), st.lists(st.tuples(instants, instants).map(sorted), min_size=1, max_size=30))
def test_many_at_once_are_as_one_by_one(hours: WorkingHours, spans: list[list[datetime]]) -> None:
    starts = np.array([microseconds(start) for start, _end in spans], dtype=np.int64)
    ends = np.array([microseconds(end) for _start, end in spans], dtype=np.int64)

    found = OpenTime.of(hours, first=int(starts.min()), last=int(ends.max())).seconds_between(starts, ends)

    assert list(found) == [between(hours, start, end) // timedelta(seconds=1) for start, end in spans]
