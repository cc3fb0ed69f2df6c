"""Who is called first, and when the queue will be empty: pure arithmetic that the page explains in words."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

# What makes a wait worse, in days of waiting. The page of a recovery shows these very numbers.
DAYS_PER_CONTACT = 10  # each contact of theirs since our last answer
MOST_CONTACTS = 12  # more of them add nothing: a robot that writes daily must not outrun everybody
DAYS_FOR_COMPLAINT = 30
DETRACTOR_AT_MOST = 6
DAYS_PER_POINT = 5  # each point that a detractor's last score lies below seven

FORECAST_DAYS = 14  # two whole weeks: weekends weigh the same in every window
FEWEST_ENDED = 5  # with less than this nothing can be foretold
_Z = 1.2816  # 80 % of a normal distribution lie within


@dataclass(frozen=True, kw_only=True)
class Wait:
    """What is known of somebody who waits."""

    since: datetime
    unanswered: int = 0
    is_complaint: bool = False
    last_score: int | None = None  # 0 to 10


def extra_days(wait: Wait) -> int:
    """Return by how many days what was done to somebody makes their wait count longer."""
    days = DAYS_PER_CONTACT * min(wait.unanswered, MOST_CONTACTS)
    if wait.is_complaint:
        days += DAYS_FOR_COMPLAINT
    if wait.last_score is not None and wait.last_score <= DETRACTOR_AT_MOST:
        days += DAYS_PER_POINT * (DETRACTOR_AT_MOST + 1 - wait.last_score)
    return days


def rank_at(wait: Wait) -> datetime:
    """Return the instant by which those who wait are put in order, the earliest first."""
    return wait.since - timedelta(days=extra_days(wait))


def urgency_days(rank: datetime, *, now: datetime) -> int:
    """Return whole days of waiting, what makes them worse included."""
    return max(0, (now - rank).days)


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """When nobody will be waiting any more, at the pace of the last days. Both days are included; 80 % lie between."""

    ended: int  # in the window
    days: int  # of the window
    soonest: date
    latest: date


def forecast(*, waiting: int, ended_by_day: Sequence[int], today: date) -> Forecast | None:
    """Return between which days a queue will be empty; None where too little was done to tell, or nobody waits.

    Items end independently of each other, so that their number in a window is Poisson; the interval of its rate is
    Wilson and Hilferty's approximation, at 80 %.

    Args:
        ended_by_day: how many items ended on each day of the window, the last being today.
    """
    ended, days = sum(ended_by_day), len(ended_by_day)
    if not waiting or ended < FEWEST_ENDED:
        return None
    low = ended * (1 - 1 / (9 * ended) - _Z / (3 * math.sqrt(ended))) ** 3
    more = ended + 1
    high = more * (1 - 1 / (9 * more) + _Z / (3 * math.sqrt(more))) ** 3
    return Forecast(
        ended=ended,
        days=days,
        soonest=today + timedelta(days=math.ceil(waiting * days / high)),
        latest=today + timedelta(days=math.ceil(waiting * days / low)),
    )
