"""From those who could be asked to those who answered to the end: where the others stayed."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class FunnelStep:
    """One step of the way.

    Attributes:
        of_first_pct, of_before_pct: whole per cent; None where there is nothing to be a share of.
    """

    key: str
    count: int
    of_first_pct: int | None
    of_before_pct: int | None


def funnel(steps: Sequence[tuple[str, int | None]]) -> tuple[FunnelStep, ...]:
    """Return the steps with their shares; one whose number is not known (None) is left out, not taken for none."""
    known = [(key, count) for key, count in steps if count is not None]
    found = []
    for place, (key, count) in enumerate(known):
        before = known[place - 1][1] if place else None
        found.append(
            FunnelStep(
                key=key,
                count=count,
                of_first_pct=_pct(count, known[0][1]),
                of_before_pct=None if before is None else _pct(count, before),
            )
        )
    return tuple(found)


def _pct(count: int, of: int) -> int | None:
    return round(100 * count / of) if of else None
