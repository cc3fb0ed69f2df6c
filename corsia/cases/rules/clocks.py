"""The arithmetic of a promise: it is spent only by working time during which we hold the case."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from corsia.organisation.working_time import WorkingHours, add, between

# The last quarter of a limit: late enough to mean something, early enough to still answer.
WARN_SHARE = 4

Period = tuple[datetime, datetime | None]  # half-open; None: still going on


@dataclass(frozen=True)
class Promise:
    """Where a promise stands.

    Attributes:
        due_at: when it falls due if we keep the case; None while somebody else holds it.
        warn_at: when its last quarter begins; None while somebody else holds it.
        left_seconds: working time we still have, kept while somebody else holds the case; None while we do.
    """

    due_at: datetime | None
    warn_at: datetime | None
    left_seconds: int | None


def started(hours: WorkingHours, *, at: datetime, limit_minutes: int) -> Promise:
    """Return the promise that starts at `at`, in our hands."""
    return resumed(hours, at=at, left_seconds=limit_minutes * 60, limit_minutes=limit_minutes)


def waiting(*, limit_minutes: int) -> Promise:
    """Return the promise that starts while somebody else holds the case: nothing of it is spent yet."""
    return Promise(due_at=None, warn_at=None, left_seconds=limit_minutes * 60)


def paused(hours: WorkingHours, *, due_at: datetime, at: datetime) -> Promise:
    """Return the promise when the case leaves our hands at `at`.

    What is left is rounded up to a second, in favour of whoever has to keep it; a promise already broken has none.
    """
    left = max(between(hours, at, due_at), timedelta(0))
    return Promise(due_at=None, warn_at=None, left_seconds=-(-left // timedelta(seconds=1)))


def resumed(hours: WorkingHours, *, at: datetime, left_seconds: int, limit_minutes: int) -> Promise:
    """Return the promise when the case comes back into our hands at `at`."""
    return _running(hours, at=at, left=timedelta(seconds=left_seconds), limit_minutes=limit_minutes)


def moved(before: WorkingHours, after: WorkingHours, *, due_at: datetime, limit_minutes: int, at: datetime) -> Promise:
    """Return a promise in our hands when the case moves to a unit with other hours: what is left runs by those.

    A promise already broken is given no new day.
    """
    left = paused(before, due_at=due_at, at=at).left_seconds or 0
    return resumed(after, at=at, left_seconds=left, limit_minutes=limit_minutes)


def spent(hours: WorkingHours, *, since: datetime, until: datetime, ours: Iterable[Period]) -> timedelta:
    """Return the working time from `since` to `until` within the periods in which we held the case.

    Stretches that ended are rounded down to a second, as `paused` rounded what was left up; the one going on is exact.
    """
    total = timedelta(0)
    for begin, end in ours:
        first, last = max(begin, since), min(end or until, until)
        if first < last:
            stretch = between(hours, first, last)
            total += stretch if end is None else timedelta(seconds=stretch // timedelta(seconds=1))
    return total


def relimited(
    hours: WorkingHours,
    *,
    started_at: datetime,
    limit_minutes: int,
    ours: Iterable[Period],
    is_ours: bool,
    now: datetime,
    elsewhere: timedelta = timedelta(0),
) -> Promise:
    """Return a running promise under another limit: what was spent stays spent.

    It follows from the history alone, so that going back to the old limit gives the old promise back. A limit that is
    already used up falls due now, never in the past.

    Args:
        elsewhere: what was spent at other units before the case moved here, by their hours.
    """
    left = timedelta(minutes=limit_minutes) - spent(hours, since=started_at, until=now, ours=ours) - elsewhere
    left = max(timedelta(0), left)
    if not is_ours:
        return Promise(due_at=None, warn_at=None, left_seconds=-(-left // timedelta(seconds=1)))
    return _running(hours, at=now, left=left, limit_minutes=limit_minutes)


def neglected_from(
    hours: WorkingHours, *, touched_at: datetime, snoozed_until: datetime | None, neglect_minutes: int
) -> datetime:
    """Return when a case that nobody touches again becomes neglected; a snooze is a decision and counts as a touch."""
    return add(hours, max(touched_at, snoozed_until or touched_at), timedelta(minutes=neglect_minutes))


def _running(hours: WorkingHours, *, at: datetime, left: timedelta, limit_minutes: int) -> Promise:
    before_warning = left - timedelta(minutes=limit_minutes) / WARN_SHARE
    return Promise(
        due_at=add(hours, at, left),
        warn_at=add(hours, at, max(timedelta(0), before_warning)),
        left_seconds=None,
    )
