"""Of which pieces a stretch of days is made up: whole months, whole weeks where a month is cut through, and days. Pure.

A week's piece ends with its month: what is counted by week is kept month by month.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from corsia.analytics.rules.periods import next_start, start_of
from corsia.analytics.vocabulary import Step

_FROM_COARSE = (Step.MONTH, Step.WEEK, Step.DAY)


@dataclass(frozen=True)
class Span:
    """Days from `first` until the day before `end`, made up of whole pieces of a grain."""

    grain: Step
    first: date
    end: date


def piece_start(day: date, grain: Step) -> date:
    """Return the first day of the piece that a day is in."""
    return max(start_of(day, grain), start_of(day, Step.MONTH))


def spans(first: date, end: date, *, cuts: Sequence[date], coarsest: Step) -> list[Span]:
    """Cover the days from `first` until before `end`, each once, with the largest pieces that no cut goes through.

    Args:
        cuts: days before which and from which days must be told apart.
        coarsest: the largest pieces there may be.
    """
    grains = _FROM_COARSE[_FROM_COARSE.index(coarsest) :]
    found: list[Span] = []
    for span in _covered(first, end, {first, end, *cuts}, grains):
        if found and found[-1].grain is span.grain and found[-1].end == span.first:
            span = Span(span.grain, found.pop().first, span.end)
        found.append(span)
    return found


def _covered(first: date, end: date, cuts: set[date], grains: Sequence[Step]) -> Iterator[Span]:
    grain, here = grains[0], first
    within = {day for day in cuts if first <= day <= end}
    for start in sorted({piece_start(day, grain) for day in within if day != piece_start(day, grain)}):
        broken = max(start, first)
        after = min(next_start(start, grain), next_start(start, Step.MONTH), end)
        if here < broken:
            yield Span(grain, here, broken)
        if broken < after:
            yield from _covered(broken, after, within, grains[1:])
        here = max(here, after)
    if here < end:
        yield Span(grain, here, end)
