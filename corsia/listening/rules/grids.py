"""The grids of mystery visits: lines answered with yes or no, or with 1 to 5, and what they come to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

YES_NO, SCORE = "yes_no", "score"
BEST = 5  # the highest score
LOW = 2  # scores up to here speak against us


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of a grid; `severity` is what it weighs with customers where it fails, 1 to 5."""

    key: str
    kind: str
    severity: int
    name_it: str
    name_en: str


@dataclass(frozen=True, kw_only=True)
class Grid:
    """What is looked at in one kind of visit."""

    key: str
    touchpoint: str  # key of the shipped touchpoint it is about
    name_it: str
    name_en: str
    lines: Sequence[Line]


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What was seen on one line; neither: it could not be seen."""

    yes: bool | None = None
    score: int | None = None


def kept_pct(grid: Grid, seen: Mapping[str, Seen]) -> int | None:
    """Return how much of what was seen is as it should be, weighed by severity, in whole per cent; None of nothing.

    A yes counts in full; a score from 1 to 5 counts from nothing to in full.
    """
    weight, reached = 0, 0.0
    for line in grid.lines:
        one = seen.get(line.key, Seen())
        if one.yes is not None:
            weight, reached = weight + line.severity, reached + line.severity * one.yes
        elif one.score is not None:
            weight, reached = weight + line.severity, reached + line.severity * (one.score - 1) / (BEST - 1)
    return round(100 * reached / weight) if weight else None


def speaks(line: Line, one: Seen) -> int:
    """Return -1 where what was seen speaks against us, 1 where a score could not be better, else 0."""
    if one.yes is False or (one.score is not None and one.score <= LOW):
        return -1
    return 1 if one.score == BEST else 0
