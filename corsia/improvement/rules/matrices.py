"""The two matrices: where a point lies, and where it is drawn."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from corsia.improvement.vocabulary import AXIS, Quadrant, Weight

WIDTH: Final = 560
HEIGHT: Final = 460
LEFT: Final = 44  # room for the words of the axes
BOTTOM: Final = 40
MARGIN: Final = 18
STEP_X: Final = (WIDTH - LEFT - 2 * MARGIN) / AXIS
STEP_Y: Final = (HEIGHT - BOTTOM - 2 * MARGIN) / AXIS
_APART: Final = 30  # of points that lie on the same place: each can be taken hold of


def quadrant_of(*, benefit: int, constraint: int) -> Quadrant:
    """Return what benefit and constraint, each from 0 to 10, make of an action."""
    if benefit > AXIS // 2:
        return Quadrant.INVESTMENT if constraint > AXIS // 2 else Quadrant.QUICK_WIN
    return Quadrant.LEAVE if constraint > AXIS // 2 else Quadrant.FILL_IN


def weight_of(*, customer: int, company: int) -> Weight:
    """Return what its importance for customers and for the company, each from 0 to 10, make of a macro-action."""
    if customer > AXIS // 2:
        return Weight.MATERIAL if company > AXIS // 2 else Weight.CUSTOMER
    return Weight.COMPANY if company > AXIS // 2 else Weight.MINOR


@dataclass(frozen=True, kw_only=True)
class Dot:
    """A point as it is drawn; `x` and `y` are what it means, `left` and `top` where it stands."""

    id: int
    number: int
    name: str
    x: int
    y: int
    left: int
    top: int
    is_placed: bool


def place_on_screen(x: int, y: int) -> tuple[int, int]:
    """Return where a value is drawn, in the units of the drawing."""
    return round(LEFT + MARGIN + x * STEP_X), round(HEIGHT - BOTTOM - MARGIN - y * STEP_Y)


def dots(rows: Iterable[tuple[int, str, int | None, int | None]]) -> list[Dot]:
    """Return the points, side by side where several mean the same; what nobody placed yet waits in the middle.

    Args:
        rows: id, name, x and y of each.
    """
    taken: dict[tuple[int, int], int] = defaultdict(int)
    found = []
    for number, (row_id, name, x, y) in enumerate(rows, 1):
        is_placed = x is not None and y is not None
        across, up = (x, y) if x is not None and y is not None else (AXIS // 2, AXIS // 2)
        left, top = place_on_screen(across, up)
        shift = taken[across, up] * _APART
        taken[across, up] += 1
        found.append(
            Dot(id=row_id, number=number, name=name, x=across, y=up, left=left + shift, top=top, is_placed=is_placed)
        )
    return found
