"""When a notice is mailed: at once or in a digest, never in the hours somebody wants silence."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from corsia.organisation.vocabulary import Digest
from corsia.organisation.working_time import NeverOpen, WorkingHours, next_opening, week_of

MIDNIGHT = time(0)
_TURNS = 64  # a morning that is no working hour leads to an evening, which may be quiet again


@dataclass(frozen=True, kw_only=True)
class NoticeTimes:
    """How somebody wants the mails about their notices.

    Attributes:
        zone: whose wall clock `digest_at` and `quiet` are read on.
        quiet: from and until; over midnight where the end comes first. None for never.
        duty: hours outside of which nothing is mailed; None for none.
    """

    zone: str
    digest: str = Digest.AT_ONCE
    digest_at: time = time(8)
    quiet: tuple[time, time] | None = None
    duty: WorkingHours | None = None
    urgent_pierces: bool = True


def mailed_at(times: NoticeTimes, *, now: datetime, is_urgent: bool) -> datetime:
    """Return when a notice of `now` is mailed: the end of its hour or day, then the first hour that is not silent."""
    if is_urgent and times.urgent_pierces:
        return now
    moment = _end_of_digest(times, now)
    audible = _audible(times)
    for _turn in range(_TURNS):
        heard = next_opening(audible, moment) if audible is not None else moment
        try:
            # Somebody whose unit never opens again, or who never comes back, still gets their mail.
            on_duty = next_opening(times.duty, heard) if times.duty is not None else heard
        except NeverOpen:
            return heard
        if on_duty == moment:
            break
        moment = on_duty
    return moment


def _end_of_digest(times: NoticeTimes, now: datetime) -> datetime:
    if times.digest == Digest.HOURLY:
        return now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    if times.digest == Digest.DAILY:
        wall = now.astimezone(ZoneInfo(times.zone))
        today = datetime.combine(wall.date(), times.digest_at, tzinfo=wall.tzinfo)
        return (
            today if today >= now else datetime.combine(wall.date() + timedelta(days=1), times.digest_at, wall.tzinfo)
        )
    return now


def _audible(times: NoticeTimes) -> WorkingHours | None:
    """Return the hours in which mails may come; None where they may at any time."""
    if times.quiet is None:
        return None
    begin, end = times.quiet
    if begin < end:
        shifts = [shift for shift in ((MIDNIGHT, begin), (end, MIDNIGHT)) if shift != (MIDNIGHT, MIDNIGHT)]
        shifts = shifts if begin != MIDNIGHT else [(end, MIDNIGHT)]
    else:
        shifts = [(end, begin)]
    return WorkingHours(zone=times.zone, week=week_of((day, *shift) for day in range(7) for shift in shifts))
