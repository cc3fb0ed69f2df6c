"""When somebody is called for an interview, and how shares of calls compare. Pure."""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Final

from corsia.listening.vocabulary import Slot

SHOWN_FROM: Final = 30  # of fewer calls a share says nothing that could be compared
_Z_95: Final = 1.959963984540054
_HOURS: dict[str, tuple[time, time]] = {
    Slot.MORNING: (time(9), time(12)),
    Slot.NOON: (time(12), time(14)),
    Slot.AFTERNOON: (time(14), time(18)),
    Slot.EVENING: (time(18), time(20)),
    Slot.SATURDAY: (time(10), time(13)),
}
_LAST = timedelta(minutes=10)  # before the end of a slot nobody is called any more
_LONGEST_SEARCH = 21  # days
_SATURDAY = 5


class NoSlots(ValueError):
    """Nobody can be called in no slot at all."""


def slot_at(at: datetime, zone: tzinfo) -> str:
    """Return the slot that an instant lies in, "" outside all."""
    local = at.astimezone(zone)
    return next(
        (
            slot
            for slot, (begins, ends) in _HOURS.items()
            if _is_on(slot, local.date()) and begins <= local.time() < ends
        ),
        "",
    )


def _is_on(slot: str, day: date) -> bool:
    """Tell whether a day has a slot: Saturdays have one of their own, Sundays none."""
    return day.weekday() == _SATURDAY if slot == Slot.SATURDAY else day.weekday() < _SATURDAY


@dataclass(frozen=True, kw_only=True)
class Planned:
    """One attempt: its slot, and the instant within it."""

    slot: str
    at: datetime


def plan_attempt(*, seed: int, number: int, not_before: datetime, zone: tzinfo, slots: Sequence[str]) -> Planned:
    """Return when an attempt is made.

    The first attempts of many people begin in all slots alike, and each further one is in the next slot, so that
    slots and numbers of attempts can be told apart. Within a slot calls are spread by the seed. Never on a Sunday, on
    a Saturday in its own slot only.

    Args:
        seed: of whoever is called, such as the id of the invitation.
        number: of the attempt, from 1.
        not_before: an aware instant.

    Raises:
        NoSlots: none was named.
    """
    usable = [slot for slot in _HOURS if slot in slots]
    if not usable:
        raise NoSlots
    slot = usable[(seed + number - 1) % len(usable)]
    begins, ends = _HOURS[slot]
    day = not_before.astimezone(zone).date()
    for ahead in range(_LONGEST_SEARCH):
        on = day + timedelta(days=ahead)
        if not _is_on(slot, on):
            continue
        first, last = datetime.combine(on, begins, zone), datetime.combine(on, ends, zone) - _LAST
        first = max(first, not_before)
        if first <= last:
            share = hashlib.sha256(f"listening.attempt:{seed}:{number}".encode()).digest()[0] / 256
            at = first + (last - first) * share
            return Planned(slot=slot, at=max(at.replace(microsecond=0), first))
    raise NoSlots


def script_for(seed: int, *, share_b_pct: int) -> str:
    """Return which script somebody hears: drawn by number, so that nobody can choose, and twice is the same."""
    drawn = int.from_bytes(hashlib.sha256(f"listening.script:{seed}".encode()).digest()[:8])
    return "B" if drawn % 100 < share_b_pct else "A"


@dataclass(frozen=True, kw_only=True)
class Share:
    """How many of how many, with the range in which the true share lies with 95 % confidence; all from 0 to 1."""

    hits: int
    of: int
    low: float
    high: float

    @property
    def value(self) -> float:
        """The share itself, 0.0 of nobody."""
        return self.hits / self.of if self.of else 0.0

    @property
    def pct(self) -> int:
        """The share in whole per cent."""
        return round(100 * self.value)

    @property
    def low_pct(self) -> int:
        return round(100 * self.low)

    @property
    def high_pct(self) -> int:
        return round(100 * self.high)

    @property
    def from_permille(self) -> int:
        """Where the interval begins on a bar of 1000."""
        return round(1000 * self.low)

    @property
    def width_permille(self) -> int:
        """How wide the interval is on a bar of 1000."""
        return max(4, round(1000 * (self.high - self.low)))

    @property
    def value_permille(self) -> int:
        """Where the mark of the share begins on a bar of 1000, so that it stays within."""
        return min(993, round(1000 * self.value))

    @property
    def is_shown(self) -> bool:
        """Whether there are enough for a share to mean something."""
        return self.of >= SHOWN_FROM


def share(hits: int, of: int) -> Share:
    """Return a share with its Wilson score interval.

    Source: E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", JASA 22 (1927).
    """
    if of == 0:
        return Share(hits=0, of=0, low=0.0, high=1.0)
    value, z2 = hits / of, _Z_95**2
    middle = (value + z2 / (2 * of)) / (1 + z2 / of)
    reach = _Z_95 / (1 + z2 / of) * math.sqrt(value * (1 - value) / of + z2 / (4 * of * of))
    # At the ends the exact bound is 0 or 1, which rounding must not miss.
    return Share(
        hits=hits,
        of=of,
        low=0.0 if hits == 0 else max(0.0, middle - reach),
        high=1.0 if hits == of else min(1.0, middle + reach),
    )


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One share minus another, with its interval at 95 %; from -1 to 1."""

    value: float
    low: float
    high: float

    @property
    def points(self) -> str:
        """The difference in whole points of a hundred, as it is read."""
        return _points(self.value)

    @property
    def low_points(self) -> str:
        return _points(self.low)

    @property
    def high_points(self) -> str:
        return _points(self.high)

    @property
    def is_chance(self) -> bool:
        """Whether nothing speaks against the two being equal."""
        return self.low <= 0.0 <= self.high


def _points(value: float) -> str:
    return str(round(100 * value)).replace("-", "−")


def difference(one: Share, other: Share) -> Difference:
    """Return the difference of two shares of different people, with Newcombe's hybrid score interval.

    Source: R. G. Newcombe, "Interval estimation for the difference between independent proportions", Statistics in
    Medicine 17 (1998), method 10.
    """
    value = one.value - other.value
    below = math.hypot(one.value - one.low, other.high - other.value)
    above = math.hypot(one.high - one.value, other.value - other.low)
    return Difference(value=value, low=value - below, high=value + above)
