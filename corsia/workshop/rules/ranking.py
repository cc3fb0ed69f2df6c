"""Which of several slots is the good one for this customer, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

KNOWS_THE_CAR = timedelta(hours=48)  # so much later may a technician be who worked on it before
QUIET_DAY = timedelta(hours=12)  # worth of a day that is empty against one that is full
PARTS_TO_COME = timedelta(hours=12)  # worth of parts that lie there against parts that are expected
WAITING = 12  # an hour in the waiting room weighs as so many hours of a later day
QUIET_PCT = 60  # a day less taken than this is called quiet


class Reason(StrEnum):
    SOONEST = "soonest"
    KNOWS = "knows"
    SHORT = "short"
    QUIET = "quiet"
    PARTS = "parts"


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A slot as the ranking sees it."""

    starts_at: datetime
    ends_at: datetime  # when the customer has the vehicle back
    knows_the_car: bool
    load_pct: int  # of the day, over the technicians of the workshop
    place: int  # breaks ties: the order in which the customer named the workshops
    has_parts: bool | None = None  # all that it takes lie there; None: the workshop keeps none of them


def ranked(candidates: Sequence[Candidate], *, is_waiting: bool) -> list[int]:
    """Return the places of the candidates, the best first."""
    if not candidates:
        return []
    first = min(one.starts_at for one in candidates)

    def cost(one: Candidate) -> timedelta:
        cost = one.starts_at - first + QUIET_DAY * one.load_pct / 100
        if one.knows_the_car:
            cost -= KNOWS_THE_CAR
        if one.has_parts is False:
            cost += PARTS_TO_COME
        return cost + (one.ends_at - one.starts_at) * WAITING if is_waiting else cost

    places = range(len(candidates))
    return sorted(places, key=lambda n: (cost(candidates[n]), candidates[n].starts_at, candidates[n].place, n))


def reasons(one: Candidate, among: Sequence[Candidate], *, is_waiting: bool) -> tuple[Reason, ...]:
    """Return what speaks for a slot among those that are shown."""
    found = []
    if one.starts_at == min(other.starts_at for other in among):
        found.append(Reason.SOONEST)
    if one.knows_the_car:
        found.append(Reason.KNOWS)
    stays = {other.ends_at - other.starts_at for other in among}
    if is_waiting and len(stays) > 1 and one.ends_at - one.starts_at == min(stays):
        found.append(Reason.SHORT)
    if one.load_pct < QUIET_PCT:
        found.append(Reason.QUIET)
    if one.has_parts:
        found.append(Reason.PARTS)
    return tuple(found)
