"""When the customer may come for the vehicle: after the work, with time to wash and to write the papers."""

from datetime import UTC, datetime, timedelta

PAPERS = timedelta(minutes=30)
PAPERS_WAITING = timedelta(minutes=10)
QUARTER = timedelta(minutes=15)
HALF_HOUR = timedelta(minutes=30)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def promised(*, work_ends: datetime, closes: datetime, is_waiting: bool) -> datetime:
    """Return the hour to promise: round, not after closing, and never before the work ends.

    Who waits is promised the next quarter after ten minutes; who comes back, the next half hour after thirty.
    """
    papers, step = (PAPERS_WAITING, QUARTER) if is_waiting else (PAPERS, HALF_HOUR)
    earliest = work_ends + papers
    late = (earliest - _EPOCH) % step
    hour = earliest + (step - late if late else timedelta())
    return max(work_ends, min(hour, closes))
