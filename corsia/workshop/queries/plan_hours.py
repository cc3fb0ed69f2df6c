"""The hours that a plan shows: from when to when, and in which of them the workshop is closed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from corsia.organisation.queries import tree
from corsia.organisation.queries.tree import holidays_at
from corsia.organisation.working_time import WorkingHours, openings
from corsia.workshop.models import Allocation

_MILLION = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Closed:
    """A stretch in which the workshop is closed; with a reason where it is a whole day."""

    start: datetime
    end: datetime
    reason: str = ""


def wall_hours(
    hours: WorkingHours, zone: ZoneInfo, start: datetime, end: datetime, allocations: Sequence[Allocation]
) -> tuple[time, time]:
    """Return the whole hours between which everything on these days lies."""
    spans = [(instant(opens), instant(closes)) for opens, closes in openings(hours, start, end)]
    spans = [(opens, closes) for opens, closes in spans if opens < end and closes > start]
    spans += [(one.starts_at, one.ends_at) for one in allocations]
    if not spans:
        return time(8), time(18)
    opens_at = min(opens.astimezone(zone).hour for opens, _closes in spans)
    closes_at = max(_ceiled_hour((closes - timedelta(microseconds=1)).astimezone(zone)) for _opens, closes in spans)
    return time(opens_at), time(closes_at) if closes_at < _HOURS else time(23, 59)


_HOURS = 24


def _ceiled_hour(at: datetime) -> int:
    return at.hour + 1


def closed_in(
    unit_id: int, hours: WorkingHours, zone: ZoneInfo, first: date, days: int, opens_at: time, closes_at: time
) -> list[Closed]:
    """Return what is closed between the hours that the plan shows, day by day."""
    closures, holidays = tree().closures_in_force(unit_id), holidays_at(tree().place(unit_id))
    found = []
    for number in range(days):
        day = first + timedelta(days=number)
        start = datetime.combine(day, opens_at, zone).astimezone(UTC)
        end = datetime.combine(day, closes_at, zone).astimezone(UTC)
        open_ = [
            (max(start, instant(opens)), min(end, instant(closes)))
            for opens, closes in openings(hours, start, end)
            if instant(opens) < end and instant(closes) > start
        ]
        if not open_:
            reason = next((one.reason for one in closures if one.first_on <= day <= one.last_on), "")
            found.append(Closed(start=start, end=end, reason=reason or holidays.get(day, "")))
            continue
        at = start
        for opens, closes in open_:
            if opens > at:
                found.append(Closed(start=at, end=opens))
            at = max(at, closes)
        if at < end:
            found.append(Closed(start=at, end=end))
    return found


def instant(microseconds: int) -> datetime:
    return datetime.fromtimestamp(microseconds // _MILLION, UTC)


def closing_after(unit_id: int, at: datetime) -> datetime:
    """Return when the unit closes for the day after an instant; the instant itself where it is closed by then."""
    zone, hours = tree().time_zone(unit_id), tree().hours(unit_id)
    day = at.astimezone(zone).date()
    midnight = datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
    ends = [
        min(instant(closes), midnight) for opens, closes in openings(hours, at, midnight) if instant(opens) < midnight
    ]
    return max([at, *ends])
