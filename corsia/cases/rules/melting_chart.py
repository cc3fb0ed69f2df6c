"""The drawing of a queue that melts: where each day stands, in whole units of an SVG."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

_LEFT, _RIGHT, _TOP, _BOTTOM = 38, 14, 12, 26
_STEPS = (1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000, 2000, 2500, 5000)


@dataclass(frozen=True, kw_only=True)
class Column:
    """One day: how many waited when it was over, and how many came to an end in it, each way."""

    on: date
    waiting: int
    recovered: int
    lost: int
    unreachable: int


@dataclass(frozen=True, kw_only=True)
class Bar:
    x: int
    y: int
    width: int
    height: int
    kind: str


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A number beside the axis, or a day below it."""

    at: int
    value: int = 0
    on: date | None = None


@dataclass(frozen=True, kw_only=True)
class Chart:
    width: int
    height: int
    left: int
    right: int
    floor: int
    area: str
    line: str
    bars: tuple[Bar, ...]
    rows: tuple[Mark, ...]
    days: tuple[Mark, ...]
    last_x: int
    last_y: int
    last: int


def melting_chart(columns: Sequence[Column], *, width: int, height: int, labels: int) -> Chart:
    """Return the drawing: those who wait as an area with a line, those who came to an end as bars on the same scale.

    Args:
        columns: at least one day, in order.
        labels: how many days are named below, at most.
    """
    floor, right = height - _BOTTOM, width - _RIGHT
    top = max(1, *(max(one.waiting, one.recovered + one.lost + one.unreachable) for one in columns))
    step = next((step for step in _STEPS if top / step <= 4), 10 ** len(str(top)))
    top = -(-top // step) * step

    def y(value: int) -> int:
        return floor - round((floor - _TOP) * value / top)

    slot = (right - _LEFT) / len(columns)
    middles = [round(_LEFT + slot * (place + 0.5)) for place in range(len(columns))]
    points = [(x, y(one.waiting)) for x, one in zip(middles, columns, strict=True)]
    line = " ".join(f"{x},{at}" for x, at in points)
    bar = max(2, min(16, round(slot * 0.55)))
    bars = []
    for x, one in zip(middles, columns, strict=True):
        stacked = 0
        for kind, count in (("ok", one.recovered), ("bad", one.lost), ("un", one.unreachable)):
            if count:
                upper, lower = y(stacked + count), y(stacked)
                bars.append(Bar(x=x - bar // 2, y=upper, width=bar, height=max(1, lower - upper), kind=kind))
                stacked += count
    every = -(-len(columns) // labels)
    named = range(len(columns) - 1, -1, -every)
    return Chart(
        width=width,
        height=height,
        left=_LEFT,
        right=right,
        floor=floor,
        area=f"{middles[0]},{floor} {line} {middles[-1]},{floor}",
        line=line,
        bars=tuple(bars),
        rows=tuple(Mark(at=y(value), value=value) for value in range(0, top + 1, step)),
        days=tuple(Mark(at=middles[place], on=columns[place].on) for place in sorted(named)),
        last_x=points[-1][0],
        last_y=points[-1][1],
        last=columns[-1].waiting,
    )
