"""When somebody may be disturbed: by the wall clock of the unit that writes, never on quiet days."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from corsia.customers.vocabulary import ConsentChannel, Purpose
from corsia.organisation.working_time import NeverOpen, WorkingHours, is_open, next_opening

# A mail waits to be read; these ring.
RINGING = frozenset({ConsentChannel.PHONE, ConsentChannel.SMS, ConsentChannel.WHATSAPP})
ADVERTISING = frozenset({Purpose.MARKETING, Purpose.MANUFACTURER, Purpose.PROFILING, Purpose.THIRD_PARTIES})

Window = tuple[time, time]  # wall clock, half-open; an end of 00:00 means midnight


@dataclass(frozen=True, kw_only=True)
class QuietHours:
    """The hours in which customers may be disturbed, and how long after their own message an answer may disturb them.

    Attributes:
        hours: open where it is not quiet.
        answer_minutes: whoever wrote within this time may be answered at any hour.
    """

    hours: WorkingHours
    answer_minutes: int

    def first_hour(self, at: datetime) -> datetime | None:
        """Return the first instant from `at` on that is not quiet; None when it is always quiet."""
        if is_open(self.hours, at):
            return at
        try:
            return next_opening(self.hours, at)
        except NeverOpen:
            return None

    def may_answer(self, *, wrote_at: datetime | None, at: datetime) -> bool:
        """Tell whether an answer may leave at any hour, because the customer wrote a moment ago."""
        return wrote_at is not None and at - wrote_at <= timedelta(minutes=self.answer_minutes)


def obeys_quiet_hours(*, channel: str, purpose: str) -> bool:
    """Tell whether quiet hours hold: for whatever rings, and for advertising on any channel but paper."""
    return channel in RINGING or (purpose in ADVERTISING and channel != ConsentChannel.POST)


def audible_hours(
    *,
    zone: str,
    weekdays: Window,
    saturdays: Window | None,
    sundays: Window | None,
    holidays: Mapping[date, str],
    closures: tuple[tuple[date, date], ...] = (),
) -> WorkingHours:
    """Return the hours in which customers may be disturbed, for `working_time` to compute with.

    Args:
        zone: IANA name of the unit's time zone.
        saturdays, sundays: None for a day that is quiet as a whole.
        holidays: dates that are quiet as a whole; empty where they are days like others.
        closures: (first quiet day, first day that is not), half-open.
    """
    week = ((weekdays,),) * 5 + ((saturdays,) if saturdays else (), (sundays,) if sundays else ())
    return WorkingHours(zone=zone, week=week, holidays=frozenset(holidays), closures=closures)
