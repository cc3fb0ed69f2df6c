"""Working time of a million rows at once: the sums of `organisation.working_time`, as arrays.

The open stretches of a calendar are laid out in order, with the open time before each; the working time between two
instants is the difference of two look-ups. It is the same number that `working_time.between` counts one by one.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from corsia.organisation.working_time import WorkingHours, openings

Instants = np.ndarray[Any, np.dtype[np.int64]]  # microseconds since 1970, UTC

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MARGIN = timedelta(days=2)
SECOND = 1_000_000


@dataclass(frozen=True)
class OpenTime:
    """The open stretches of a calendar within a span, in microseconds since 1970."""

    opens: Instants
    closes: Instants
    before: Instants  # open time of the earlier stretches

    @classmethod
    def of(cls, hours: WorkingHours, *, first: int, last: int) -> "OpenTime":
        """Lay out a calendar from one instant to another, with a margin."""
        start = _EPOCH + timedelta(microseconds=first) - _MARGIN
        end = _EPOCH + timedelta(microseconds=last) + _MARGIN
        stretches = np.array(openings(hours, start, end), dtype=np.int64).reshape(-1, 2)
        opens, closes = stretches[:, 0], stretches[:, 1]
        lengths = closes - opens
        return cls(opens=opens, closes=closes, before=np.cumsum(lengths) - lengths)

    def until(self, instants: Instants) -> Instants:
        """Return the open time of the span until each instant."""
        if not len(self.opens):
            return np.zeros_like(instants)
        place = np.searchsorted(self.opens, instants, side="right") - 1
        inside = np.minimum(instants, self.closes[place]) - self.opens[place]
        return np.where(place < 0, 0, self.before[place] + inside)

    def seconds_between(self, starts: Instants, ends: Instants) -> Instants:
        """Return the whole seconds of open time between instants, each start no later than its end."""
        return (self.until(ends) - self.until(starts)) // SECOND
