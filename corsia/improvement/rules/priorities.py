"""What the quick survey among participants says of each candidate."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

LOWEST: Final = 1
HIGHEST: Final = 5
DISPUTED_FROM: Final = 1.2  # of a standard deviation: the group does not agree and should talk before it decides


@dataclass(frozen=True, kw_only=True)
class Priority:
    """The ratings of one candidate.

    Attributes:
        spread: standard deviation of the ratings, None of fewer than two.
    """

    n: int
    mean: float | None
    spread: float | None
    counts: Sequence[int]  # of each rating, the lowest first

    @property
    def is_disputed(self) -> bool:
        return self.spread is not None and self.spread >= DISPUTED_FROM


def priority_of(ratings: Sequence[int]) -> Priority:
    """Return mean and spread of ratings from 1 to 5."""
    counts = [ratings.count(rating) for rating in range(LOWEST, HIGHEST + 1)]
    if not ratings:
        return Priority(n=0, mean=None, spread=None, counts=counts)
    mean = sum(ratings) / len(ratings)
    squares = sum((rating - mean) ** 2 for rating in ratings)
    spread = math.sqrt(squares / (len(ratings) - 1)) if len(ratings) > 1 else None
    return Priority(n=len(ratings), mean=mean, spread=spread, counts=counts)


def ranked(ratings: Mapping[int, Sequence[int]]) -> list[tuple[int, Priority]]:
    """Return the candidates, the most urgent first; those nobody rated last, in their order."""
    found = [(candidate, priority_of(given)) for candidate, given in ratings.items()]
    return sorted(found, key=lambda one: (one[1].mean is None, -(one[1].mean or 0.0), one[1].spread or 0.0))
