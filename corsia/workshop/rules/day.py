"""A workshop's day as it was planned, what comes in between, and a proposal that harms least: the words of re-planning.

Times are minutes in which the workshop is open, counted from the morning (`grid.Grid` with a grain of one minute turns
them into instants and back), so that work goes on over the pause at noon by itself.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from functools import total_ordering
from typing import Final

from corsia.workshop.rules.problem import Span

CHANGE_OF_HANDS: Final = 60  # minutes by which work may rather be shifted than given to somebody else


@dataclass(frozen=True, kw_only=True)
class TechnicianDay:
    """Who works that day, what they can do and when. A skill at a level is a skill by itself: "brakes:2"."""

    technician: int
    skills: frozenset[str]
    free: tuple[Span, ...]


@dataclass(frozen=True, kw_only=True)
class BayDay:
    """A bay and when it may be used."""

    bay: int
    kind: str
    free: tuple[Span, ...]


@dataclass(frozen=True, kw_only=True)
class VisitOfDay:
    """A vehicle that is worked on that day.

    Attributes:
        here_from: when it comes; nothing on it begins earlier.
        promised_at: when it should be ready; None where nothing was promised for that day.
        is_told: whether the customer knows that time, and so must be called when it is not kept.
    """

    visit: int
    here_from: int = 0
    promised_at: int | None = None
    is_told: bool = False


@dataclass(frozen=True, kw_only=True)
class Step:
    """Work of a visit where the plan has it. Steps of a visit follow each other by `order`."""

    visit: int
    order: int
    skill: str
    bay_kind: str
    minutes: int
    technician: int
    bay: int
    start: int
    is_begun: bool = False

    @property
    def end(self) -> int:
        """When it ends as planned."""
        return self.start + self.minutes


@dataclass(frozen=True, kw_only=True)
class Day:
    """A day's plan at the minute `now`; `closes` is the last minute that may be planned."""

    now: int
    closes: int
    technicians: tuple[TechnicianDay, ...]
    bays: tuple[BayDay, ...]
    visits: tuple[VisitOfDay, ...]
    steps: tuple[Step, ...]


@dataclass(frozen=True, kw_only=True)
class TechnicianAbsent:
    """Somebody is not there from a minute on; what they had begun is left to somebody else."""

    technician: int
    since: int


@dataclass(frozen=True, kw_only=True)
class Overrun:
    """A step takes so many minutes more than was planned."""

    visit: int
    order: int
    minutes: int


@dataclass(frozen=True, kw_only=True)
class PartLate:
    """A part of a visit is not here before a minute: nothing on it that has not begun can begin."""

    visit: int
    until: int


Disturbance = TechnicianAbsent | Overrun | PartLate


class Reason(StrEnum):
    """Why something is proposed: a key for words.

    RUNNING_LATE: it should have begun by now. FOLLOWS: what comes before it on the same vehicle ends later.
    MAKES_ROOM: nothing is wrong with it, somebody else's work needs its place. NOBODY_ABLE: nobody with the skill is
    there long enough. NO_ROOM: there is not enough time left today.
    """

    TECHNICIAN_ABSENT = "technician_absent"
    OVERRUN = "overrun"
    PART_LATE = "part_late"
    RUNNING_LATE = "running_late"
    FOLLOWS = "follows"
    MAKES_ROOM = "makes_room"
    NOBODY_ABLE = "nobody_able"
    NO_ROOM = "no_room"


@dataclass(frozen=True, kw_only=True)
class Placed:
    """Where a step, or what is left of one, goes.

    Attributes:
        is_rest: what is left of a step that was begun by somebody who had to leave.
    """

    visit: int
    order: int
    technician: int
    bay: int
    start: int
    end: int
    is_rest: bool = False


@dataclass(frozen=True, kw_only=True)
class Move:
    """A change that somebody has to agree to."""

    before: Placed
    after: Placed
    reason: Reason


@dataclass(frozen=True, kw_only=True)
class Postponed:
    """A visit that cannot be finished that day: to be agreed with the customer."""

    visit: int
    reason: Reason


@total_ordering
@dataclass(frozen=True, kw_only=True)
class Harm:
    """What a proposal costs others: smaller is better, promises before everything, then who waits until tomorrow.

    Attributes:
        broken: promises not kept; begun work that breaks one by itself is counted in every proposal.
        postponed: visits that are not finished.
        calls: customers to be called: those postponed, and those told a time that is not kept.
        hands: steps that go to another technician.
        minutes: by how much steps begin earlier or later than planned, added up.
    """

    broken: int
    postponed: int
    calls: int
    hands: int
    minutes: int

    @property
    def weight(self) -> tuple[int, int, int, int]:
        """What harms are compared by."""
        return self.broken, self.postponed, self.calls, CHANGE_OF_HANDS * self.hands + self.minutes

    def __lt__(self, other: "Harm") -> bool:
        return self.weight < other.weight


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """What to do about it.

    Attributes:
        placed: the whole day as it would be, what was begun included; of postponed visits only what was begun.
        broken, calls: visits whose promise is not kept; visits whose customer must be called.
        is_proven: whether no proposal harms less.
        is_repair: whether the quick repair is proposed, because the search found nothing better.
    """

    moves: tuple[Move, ...]
    postponed: tuple[Postponed, ...]
    broken: tuple[int, ...]
    calls: tuple[int, ...]
    placed: tuple[Placed, ...]
    harm: Harm
    is_proven: bool = False
    is_repair: bool = True
    seconds: float = field(default=0.0, compare=False)
