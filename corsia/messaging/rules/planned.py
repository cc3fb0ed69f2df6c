"""When a planned contact is due, and which events a rule is about. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from corsia.messaging.vocabulary import DelayKind
from corsia.organisation.working_time import WorkingHours, add


@dataclass(frozen=True, kw_only=True)
class Delay:
    """How long after an event.

    Attributes:
        minutes: of working time of the unit, or of elapsed time.
        send_hour: the local hour from 0 to 23 at which it leaves, the first one not before the delay is over.
    """

    kind: str
    minutes: int
    send_hour: int | None


@dataclass(frozen=True, kw_only=True)
class Filter:
    """Which events count: those of vehicles of a make, those whose number or detail holds all the words."""

    make: str = ""
    words: str = ""


def due_at(reached_at: datetime, delay: Delay, *, hours: WorkingHours, zone: ZoneInfo) -> datetime:
    """Return the aware instant at which the contact is due.

    An hour that the change to summer time leaves out counts as the hour after it.
    """
    wait = timedelta(minutes=delay.minutes)
    ready = add(hours, reached_at, wait) if delay.kind == DelayKind.WORKING else reached_at + wait
    if delay.send_hour is None:
        return ready
    day = ready.astimezone(zone).date()
    at = datetime.combine(day, time(delay.send_hour), tzinfo=zone)
    if at < ready:
        at = datetime.combine(day + timedelta(days=1), time(delay.send_hour), tzinfo=zone)
    return at


def matches(wanted: Filter, *, make: str, told: Sequence[str]) -> bool:
    """Tell whether an event is one of those a rule is about; capitals make no difference."""
    if wanted.make and wanted.make.strip().casefold() != make.strip().casefold():
        return False
    text = " ".join(told).casefold()
    return all(word in text for word in wanted.words.casefold().split())
