"""When a touchpoint is to be looked at anew, and what weighs most of what was found about it."""

import calendar
from dataclasses import dataclass
from datetime import date


def next_review(reviewed_on: date, months: int) -> date:
    """Return the day `months` later, or the last of its month where there is no such day."""
    year, month = divmod(reviewed_on.month - 1 + months, 12)
    year, month = reviewed_on.year + year, month + 1
    return date(year, month, min(reviewed_on.day, calendar.monthrange(year, month)[1]))


@dataclass(frozen=True, kw_only=True)
class Weight:
    """How much findings of the same matter weigh together.

    Attributes:
        times: how often it was found.
        severity: the mean of their severities, 1 to 5.
    """

    times: int
    severity: float

    @property
    def value(self) -> float:
        """Severity times frequency."""
        return self.times * self.severity


def severity_of_low(mean: float, *, low: int, high: int) -> int:
    """Return how severe bad answers to a question are, 1 to 5, by their mean on its scale: 5 at its lowest end.

    On a scale from 0 to 10 a mean of 3 is a 4, one of 6 a 3: an answer so bad that one asks what happened is never 1.
    """
    depth = 1 - (mean - low) / max(1, high - low)
    return max(2, min(5, 1 + round(4 * depth + 0.3)))
