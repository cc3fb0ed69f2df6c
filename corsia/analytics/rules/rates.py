"""How often something happened in so many, before and after: the difference of two rates, with its interval. Pure."""

import math
from dataclasses import dataclass

_Z_95 = 1.959963984540054
FEWEST = 20  # of either side; below it nothing is said


@dataclass(frozen=True)
class Rate:
    """How often something happened.

    Attributes:
        times: how often.
        among: in how many.
    """

    times: int
    among: int

    @property
    def value(self) -> float:
        return self.times / self.among if self.among else 0.0

    def __add__(self, other: "Rate") -> "Rate":
        return Rate(self.times + other.times, self.among + other.among)


@dataclass(frozen=True)
class Difference:
    """By how much a rate changed, with the interval that holds the true change 95 times in 100."""

    value: float
    low: float
    high: float

    @property
    def is_certain(self) -> bool:
        """Tell whether it went up, or down, beyond chance."""
        return self.low > 0 or self.high < 0


def difference(before: Rate, after: Rate) -> Difference | None:
    """Return the change from one rate to another; None where either side has too few to tell.

    What happens several times for one counts each time, as if independently: whoever asks twice makes the true interval
    a little wider than this one.
    """
    if min(before.among, after.among) < FEWEST:
        return None
    change = after.value - before.value
    # One more on each side: nothing seen is not proof of nothing.
    spread = _Z_95 * math.sqrt(sum((max(one.times, 1)) / one.among**2 for one in (before, after)))
    return Difference(change, change - spread, change + spread)
