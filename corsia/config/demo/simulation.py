"""How one past case went: who held it when, what was said, which promises were kept. Rows come later."""

import math
import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from corsia.cases.queries.definitions import VersionDefinition
from corsia.cases.rules import clocks
from corsia.cases.vocabulary import ClockKind, Holder
from corsia.config.demo.phrases import Topic
from corsia.organisation.working_time import WorkingHours, add, between

# How long others keep a case, median in hours of the wall clock.
_KEPT_BY = {Holder.CUSTOMER: 16.0, Holder.PART: 62.0, Holder.MANUFACTURER: 110.0, Holder.INSURER: 150.0}


@dataclass
class Said:
    """One message: from the customer (`is_ours` False) or from us; `is_news` when the matter goes on."""

    at: datetime
    is_ours: bool
    is_news: bool = False


@dataclass
class Held:
    """A stretch in somebody's hands."""

    holder: Holder
    start: datetime
    end: datetime
    working_seconds: int


@dataclass
class Kept:
    """A promise and what became of it."""

    clock: ClockKind
    limit_minutes: int
    started_at: datetime
    due_at: datetime | None
    warn_at: datetime | None
    met_at: datetime | None
    dropped_at: datetime | None = None

    @property
    def missed_at(self) -> datetime | None:
        """The due instant of a promise that was not kept in time."""
        over = self.met_at or self.dropped_at
        return self.due_at if self.due_at and over and self.due_at < over else None


@dataclass
class PastCase:
    """A case from its opening to its end."""

    opened_at: datetime
    closed_at: datetime
    said: list[Said] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)

    @property
    def was_late(self) -> bool:
        """Whether any promise was broken."""
        return any(promise.missed_at for promise in self.kept)


def live_through(
    topic: Topic,
    version: VersionDefinition,
    hours: WorkingHours,
    *,
    opened_at: datetime,
    priority: int,
    slow: float,
    until: datetime,
    rng: random.Random,
) -> PastCase | None:
    """Let a case happen; None when it would not be over `until` then.

    Args:
        slow: how long we take against what is usual.
    """

    def work(after: datetime, minutes: float, spread: float = 0.7) -> datetime:
        return add(hours, after, timedelta(minutes=max(1.0, rng.lognormvariate(math.log(minutes), spread) * slow)))

    first_limit = version.limit(ClockKind.FIRST_ANSWER, priority) or 120
    next_limit = version.limit(ClockKind.NEXT_ANSWER, priority) or 240
    case = PastCase(opened_at=opened_at, closed_at=opened_at, said=[Said(opened_at, is_ours=False)])
    answered = work(opened_at, first_limit * 0.38)
    case.said.append(Said(answered, is_ours=True))
    case.kept.append(_promise(hours, ClockKind.FIRST_ANSWER, first_limit, opened_at, met_at=answered))
    ours_since, last = opened_at, answered
    for name, odds in topic.waits:
        if rng.random() >= odds:
            continue
        holder = Holder(name)
        given = add(hours, last, timedelta(minutes=rng.randint(1, 25)))
        back = given + timedelta(hours=rng.lognormvariate(math.log(_KEPT_BY[holder]), 0.5))
        if holder is not Holder.CUSTOMER:
            back = add(hours, back, timedelta(minutes=rng.randint(1, 40)))
        news = work(back, next_limit * 0.35)
        if news > until - timedelta(days=2):
            continue
        case.held += [_held(hours, Holder.US, ours_since, given), _held(hours, holder, given, back)]
        ours_since, last = back, news
        if holder is Holder.CUSTOMER:
            case.said.append(Said(back, is_ours=False))
            case.kept.append(_promise(hours, ClockKind.NEXT_ANSWER, next_limit, back, met_at=news))
        case.said.append(Said(news, is_ours=True, is_news=True))
    thanked = last + timedelta(minutes=rng.lognormvariate(math.log(150), 0.9))
    closed = work(last, 75)
    if rng.random() < 0.45:
        # A word of thanks that needs no answer: the clock it started is dropped when the case closes.
        case.said.append(Said(thanked, is_ours=False))
        closed = work(max(closed, thanked), 20)
        promise = _promise(hours, ClockKind.NEXT_ANSWER, next_limit, thanked, met_at=None)
        promise.dropped_at = closed
        case.kept.append(promise)
    if closed >= until:
        return None
    case.held.append(_held(hours, Holder.US, ours_since, closed))
    case.closed_at = closed
    if limit := version.limit(ClockKind.SOLUTION, priority):
        case.kept.append(_solution(hours, limit, case))
    return case


def _held(hours: WorkingHours, holder: Holder, start: datetime, end: datetime) -> Held:
    return Held(holder, start, end, int(between(hours, start, end).total_seconds()))


def _promise(
    hours: WorkingHours, clock: ClockKind, limit: int, started_at: datetime, *, met_at: datetime | None
) -> Kept:
    promise = clocks.started(hours, at=started_at, limit_minutes=limit)
    return Kept(clock, limit, started_at, promise.due_at, promise.warn_at, met_at)


def _solution(hours: WorkingHours, limit: int, case: PastCase) -> Kept:
    """Return the promise of a solution, paused whenever somebody else held the case."""
    promise = clocks.started(hours, at=case.opened_at, limit_minutes=limit)
    for stretch in case.held:
        if stretch.holder is Holder.US or promise.due_at is None:
            continue
        left = clocks.paused(hours, due_at=promise.due_at, at=stretch.start).left_seconds or 0
        promise = clocks.resumed(hours, at=stretch.end, left_seconds=left, limit_minutes=limit)
    return Kept(ClockKind.SOLUTION, limit, case.opened_at, promise.due_at, promise.warn_at, case.closed_at)
