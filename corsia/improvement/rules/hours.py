"""How much time a group gave."""

from collections.abc import Iterable


def hours_of(minutes: Iterable[int]) -> float:
    """Return the hours that all who were there gave together, to one decimal."""
    return round(sum(minutes) / 60, 1)
