"""Working time: how long something takes, or when it is due, counting only the hours a calendar is open.

Everything with a deadline (cases, bookings, calls, campaigns, technicians) computes with `add` and `between`.
An instant is open when the wall clock of the calendar's time zone then shows an open hour of the week, on a day that
is no holiday and in no closure, outside every absence. From this one sentence follows what happens when the clocks
change: an hour that the clock skips does not exist and counts nothing, an hour that it shows twice counts twice.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils.translation import gettext_lazy as _

from corsia.kernel.errors import Invalid, Refused

Shift = tuple[time, time]  # wall clock, half-open; an end of 00:00 means midnight at the end of the day (24:00)
Week = tuple[tuple[Shift, ...], ...]  # seven days, Monday first

ALL_DAY: Shift = (time(0), time(0))

_MICROSECOND = timedelta(microseconds=1)
_SECOND = 1_000_000
_DAY = 86_400 * _SECOND
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_ORDINAL = _EPOCH.toordinal()

# A calendar without an opening for ten years is taken for one that never opens; a result a century away for a mistake.
_LONGEST_GAP_DAYS = 3_660
_HORIZON_DAYS = 36_600
_DAYS_OF_A_WEEK = 7
_FIRST_YEAR, _LAST_YEAR = 1900, 2200


class UnknownZone(Invalid):
    code = "organisation.unknown_zone"
    message = _("“%(zone)s” is not a time zone. Choose one such as Europe/Rome.")


class NotAWeek(Invalid):
    code = "organisation.not_a_week"
    message = _("A week has seven days, these hours have %(days)s. Give the hours of every day, none for a closed one.")


class ShiftEndsBeforeItStarts(Invalid):
    code = "organisation.shift_ends_before_it_starts"
    message = _("The hours from %(start)s to %(end)s end before they start. Split hours that pass midnight in two.")


class ShiftsOverlap(Invalid):
    code = "organisation.shifts_overlap"
    message = _("The hours from %(start)s to %(end)s start before the ones before them end. Correct one of the two.")


class EndsBeforeItStarts(Invalid):
    code = "organisation.ends_before_it_starts"
    message = _("The closure or absence from %(start)s ends on %(end)s, before it starts. Correct one of the two days.")


class NeverOpen(Refused):
    code = "organisation.never_open"
    message = _(
        "This calendar has no opening in the ten years after %(after)s. Enter its weekly hours, or end its closure."
    )


class TooFarAway(Invalid):
    """An instant before 1900 or after 2200, or a duration that ends more than a hundred years after its start."""

    code = "organisation.too_far_away"
    message = _("%(what)s is more than a century away. Check the date or the limit.")


class NaiveInstant(ValueError):
    """An instant without a time zone was given: which moment it means is unknown. A mistake of the caller."""


class NegativeDuration(ValueError):
    """Working time is added forwards only. A mistake of the caller."""


class _Day(NamedTuple):
    """The open part of one UTC day: disjoint intervals in order, in microseconds since 1970."""

    intervals: tuple[tuple[int, int], ...]
    total: int


@dataclass(frozen=True)
class WorkingHours:
    """What a calendar is for computing. Build it once and keep it: it remembers the days it has worked out.

    Args:
        zone: IANA name of the time zone whose wall clock the shifts are written in.
        week: shifts of the seven days, Monday first, in any order, never overlapping (see `week_of`).
        holidays: dates on which nothing is open.
        closures: periods of dates on which nothing is open, half-open: (first closed day, first open day).
        absences: half-open periods of aware instants to leave out, of one person for instance.

    Raises:
        UnknownZone, NotAWeek, ShiftEndsBeforeItStarts, ShiftsOverlap, EndsBeforeItStarts: one of these cannot be.
        NaiveInstant: an absence without a time zone.
    """

    zone: str
    week: Week
    holidays: frozenset[date] = frozenset()
    closures: tuple[tuple[date, date], ...] = ()
    absences: tuple[tuple[datetime, datetime], ...] = ()
    _zone: ZoneInfo = field(init=False, repr=False, compare=False)
    _shifts: tuple[tuple[tuple[int, int], ...], ...] = field(init=False, repr=False, compare=False)
    _absences: tuple[tuple[int, int], ...] = field(init=False, repr=False, compare=False)
    _days: dict[int, _Day] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        try:
            zone = ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError) as unknown:
            raise UnknownZone(zone=self.zone) from unknown
        if len(self.week) != _DAYS_OF_A_WEEK:
            raise NotAWeek(days=len(self.week))
        for first, reopening in self.closures:
            if reopening <= first:
                raise EndsBeforeItStarts(start=first, end=reopening)
        object.__setattr__(self, "_zone", zone)
        object.__setattr__(self, "_shifts", tuple(_shifts_of_a_day(shifts) for shifts in self.week))
        object.__setattr__(self, "_absences", _absences_in_order(self.absences))


def week_of(shifts: Iterable[tuple[int, time, time]]) -> Week:
    """Return the week made of (weekday, start, end) rows; weekday 0 is Monday, an end of 00:00 means 24:00."""
    days: list[list[Shift]] = [[] for _ in range(_DAYS_OF_A_WEEK)]
    for weekday, start, end in shifts:
        days[weekday].append((start, end))
    return tuple(tuple(sorted(day)) for day in days)


@lru_cache
def always_open(zone: str) -> WorkingHours:
    """Return the calendar in which every second counts."""
    return WorkingHours(zone=zone, week=((ALL_DAY,),) * _DAYS_OF_A_WEEK)


def add(hours: WorkingHours, start: datetime, duration: timedelta) -> datetime:
    """Return the earliest instant, in UTC, at which `duration` of open time has passed since `start`.

    The end of a shift comes before the start of the next: four hours after 14:00 on a day that closes at 18:00 are
    18:00, not tomorrow morning. A duration of zero gives `start` back, open or not.

    Raises:
        NaiveInstant: `start` has no time zone.
        NeverOpen: no opening in ten years.
        NegativeDuration: `duration` is negative.
        TooFarAway: `start` or the result is centuries away: a limit or a date was mistyped.
    """
    position = _microseconds(start)
    remaining = duration // _MICROSECOND
    if remaining <= 0:
        if remaining < 0:
            raise NegativeDuration(f"A duration of working time cannot be negative: {duration}.")
        return _instant(position)
    days = hours._days
    first = last_open = day = position // _DAY
    while True:
        intervals, total = days.get(day) or _work_out(hours, day)
        if total:
            last_open = day
            if day != first and total < remaining:
                remaining -= total
            else:
                for opens, closes in intervals:
                    if closes > position:
                        begin = max(position, opens)
                        if closes - begin >= remaining:
                            return _instant(begin + remaining)
                        remaining -= closes - begin
        elif day - last_open > _LONGEST_GAP_DAYS or not any(hours.week):
            raise NeverOpen(after=_instant(last_open * _DAY).date())
        if day - first > _HORIZON_DAYS:
            raise TooFarAway(what=duration)
        day += 1


def between(hours: WorkingHours, start: datetime, end: datetime) -> timedelta:
    """Return the open time from `start` to `end`, negative when `end` comes first.

    Raises:
        NaiveInstant: `start` or `end` has no time zone.
        TooFarAway: `start` or `end` is centuries away.
    """
    begin, finish = _microseconds(start), _microseconds(end)
    if finish < begin:
        return -timedelta(microseconds=_open_microseconds(hours, finish, begin))
    return timedelta(microseconds=_open_microseconds(hours, begin, finish))


def is_open(hours: WorkingHours, at: datetime) -> bool:
    """Tell whether `at` is open; a shift's first instant is, its last is not."""
    position = _microseconds(at)
    return any(opens <= position < closes for opens, closes in _day(hours, position // _DAY).intervals)


def next_opening(hours: WorkingHours, at: datetime) -> datetime:
    """Return the first open instant from `at` on, in UTC: `at` itself when it is open.

    Raises:
        NaiveInstant: `at` has no time zone.
        NeverOpen: no opening in ten years.
    """
    position = _microseconds(at)
    first = position // _DAY
    for day in range(first, first + _LONGEST_GAP_DAYS + 2) if any(hours.week) else ():
        for opens, closes in _day(hours, day).intervals:
            if closes > position:
                return _instant(max(opens, position))
    raise NeverOpen(after=_instant(position).date())


def openings(hours: WorkingHours, start: datetime, end: datetime) -> list[tuple[int, int]]:
    """Return the open stretches of the UTC days from `start` to `end`, both included, in microseconds since 1970.

    They are disjoint and in order; what is open over midnight UTC is two stretches that touch.

    Raises:
        NaiveInstant: `start` or `end` has no time zone.
        TooFarAway: `start` or `end` is centuries away.
    """
    first, last = _microseconds(start) // _DAY, _microseconds(end) // _DAY
    return [stretch for day in range(first, last + 1) for stretch in _day(hours, day).intervals]


def _open_microseconds(hours: WorkingHours, begin: int, finish: int) -> int:
    first, last = begin // _DAY, finish // _DAY
    days = hours._days
    total = 0
    for day in range(first + 1, last):
        total += (days.get(day) or _work_out(hours, day)).total
    for day in {first, last}:
        for opens, closes in _day(hours, day).intervals:
            total += max(0, min(closes, finish) - max(opens, begin))
    return total


def _day(hours: WorkingHours, day: int) -> _Day:
    return hours._days.get(day) or _work_out(hours, day)


def _work_out(hours: WorkingHours, day: int) -> _Day:
    """Work out the open part of a UTC day (counted from 1970) and remember it.

    Days are UTC days because every instant is in exactly one of them and they follow each other in order, which local
    dates do not where the clock goes back over midnight. A UTC day sees at most one change of offset.
    """
    begin, end = day * _DAY, (day + 1) * _DAY
    before, after = _offset(hours._zone, begin), _offset(hours._zone, end)
    if before == after:
        pieces = _open_with_offset(hours, begin, end, before)
    else:
        change = _change_of_offset(hours._zone, begin, end)
        pieces = _open_with_offset(hours, begin, change, before) + _open_with_offset(hours, change, end, after)
    for absent_from, absent_until in hours._absences:
        if absent_from < end and absent_until > begin:
            pieces = [
                piece
                for opens, closes in pieces
                for piece in ((opens, min(closes, absent_from)), (max(opens, absent_until), closes))
                if piece[0] < piece[1]
            ]
    worked_out = _Day(tuple(pieces), sum(closes - opens for opens, closes in pieces))
    hours._days[day] = worked_out
    return worked_out


def _open_with_offset(hours: WorkingHours, begin: int, end: int, offset: int) -> list[tuple[int, int]]:
    """Return the open intervals from `begin` to `end` (UTC), during which the wall clock is `offset` ahead of UTC."""
    pieces = []
    for local_day in range((begin + offset) // _DAY, (end + offset - 1) // _DAY + 1):
        if _is_closed_on(hours, local_day):
            continue
        midnight = local_day * _DAY - offset
        # 1 January 1970 was a Thursday.
        for starts, ends in hours._shifts[(local_day + 3) % _DAYS_OF_A_WEEK]:
            opens, closes = max(begin, midnight + starts), min(end, midnight + ends)
            if opens < closes:
                pieces.append((opens, closes))
    return pieces


def _is_closed_on(hours: WorkingHours, local_day: int) -> bool:
    if not hours.holidays and not hours.closures:
        return False
    on = date.fromordinal(local_day + _EPOCH_ORDINAL)
    return on in hours.holidays or any(first <= on < reopening for first, reopening in hours.closures)


def _change_of_offset(zone: ZoneInfo, begin: int, end: int) -> int:
    """Return the instant between `begin` and `end`, to the second, from which the offset is the one at `end`."""
    before = _offset(zone, begin)
    low, high = begin // _SECOND, end // _SECOND
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(zone, middle * _SECOND) == before:
            low = middle
        else:
            high = middle
    return high * _SECOND


def _offset(zone: ZoneInfo, instant: int) -> int:
    moment = _instant(instant)
    return (moment.astimezone(zone).replace(tzinfo=UTC) - moment) // _MICROSECOND


def _microseconds(instant: datetime) -> int:
    if instant.utcoffset() is None:
        raise NaiveInstant(f"{instant} has no time zone. Give an aware instant.")
    if not _FIRST_YEAR <= instant.year <= _LAST_YEAR:
        raise TooFarAway(what=instant.date())
    return _since_epoch(instant)


def _since_epoch(instant: datetime) -> int:
    return (instant - _EPOCH) // _MICROSECOND


def _instant(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)


def _shifts_of_a_day(shifts: Iterable[Shift]) -> tuple[tuple[int, int], ...]:
    """Return the shifts in order, in microseconds since midnight of the wall clock."""
    in_order: list[tuple[int, int]] = []
    for start, end in sorted(shifts):
        starts, ends = _since_midnight(start), _since_midnight(end) or _DAY
        if ends <= starts:
            raise ShiftEndsBeforeItStarts(start=f"{start:%H:%M}", end=f"{end:%H:%M}")
        if in_order and starts < in_order[-1][1]:
            raise ShiftsOverlap(start=f"{start:%H:%M}", end=f"{end:%H:%M}")
        in_order.append((starts, ends))
    return tuple(in_order)


def _since_midnight(wall: time) -> int:
    return ((wall.hour * 60 + wall.minute) * 60 + wall.second) * _SECOND + wall.microsecond


def _absences_in_order(absences: Iterable[tuple[datetime, datetime]]) -> tuple[tuple[int, int], ...]:
    in_order = []
    for absent_from, absent_until in absences:
        if absent_from.utcoffset() is None or absent_until.utcoffset() is None:
            raise NaiveInstant(f"The absence from {absent_from} to {absent_until} has no time zone.")
        if absent_until <= absent_from:
            raise EndsBeforeItStarts(start=absent_from, end=absent_until)
        in_order.append((_since_epoch(absent_from), _since_epoch(absent_until)))
    return tuple(sorted(in_order))
