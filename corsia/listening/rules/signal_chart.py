"""Where the lines of the signal charts run: whole numbers for an SVG, computed once on the server."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from corsia.listening.rules.control_charts import Bad, Step
from corsia.listening.rules.shrinking import Shrunk

_LEFT, _RIGHT, _TOP, _BOTTOM = 6, 8, 12, 24
_HIGHEST = 2.0  # limits of the EWMA: what lies farther out is drawn at the edge


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A point of a chart, or a label on its axis."""

    x: int
    y: int
    label: str = ""
    is_out: bool = False


@dataclass(frozen=True, kw_only=True)
class SignalChart:
    """A drawing `width` by `height`.

    Attributes:
        middle: height of the line of what is usual.
        band: points of the polygon within which chance explains everything.
        marks: days that are out, and the last one.
        labels: days on the axis.
    """

    width: int
    height: int
    left: int
    right: int
    base: int
    middle: int
    band: str
    line: str
    marks: tuple[Mark, ...]
    labels: tuple[Mark, ...]


def ewma_chart(steps: Sequence[Step], labels: Sequence[tuple[date, str]], *, width: int, height: int) -> SignalChart:
    """Lay out an EWMA with its limits.

    Args:
        labels: days to be named on the axis, with their names.
    """
    top = max(step.limit for step in steps) * _HIGHEST
    base, middle = height - _BOTTOM, (_TOP + height - _BOTTOM) // 2

    def y(value: float) -> int:
        return round(middle - max(-1.0, min(1.0, value / top)) * (middle - _TOP))

    x = _across(len(steps), width)
    upper = [f"{x(place)},{y(step.limit)}" for place, step in enumerate(steps)]
    lower = [f"{x(place)},{y(-step.limit)}" for place, step in reversed(list(enumerate(steps)))]
    shown = [
        Mark(x=x(place), y=y(step.value), is_out=step.is_out)
        for place, step in enumerate(steps)
        if step.is_out or place == len(steps) - 1
    ]
    return SignalChart(
        width=width,
        height=height,
        left=_LEFT,
        right=width - _RIGHT,
        base=base,
        middle=middle,
        band=" ".join(upper + lower),
        line=" ".join(f"{x(place)},{y(step.value)}" for place, step in enumerate(steps)),
        marks=tuple(shown),
        labels=_labels([step.on for step in steps], labels, x, height),
    )


@dataclass(frozen=True, kw_only=True)
class Stick:
    """One day of the p-chart: its share, and from where on chance no longer explains it."""

    x: int
    y: int
    limit: int
    is_out: bool


@dataclass(frozen=True, kw_only=True)
class ShareChart:
    """The p-chart as sticks, one a day; days with too few answers are left out."""

    width: int
    height: int
    left: int
    right: int
    base: int
    usual: int
    top_pct: int
    sticks: tuple[Stick, ...]
    labels: tuple[Mark, ...]


def share_chart(
    days: Sequence[Bad], usual: float, labels: Sequence[tuple[date, str]], *, width: int, height: int
) -> ShareChart:
    """Lay out the daily share of detractors, from 0 to 1, against the usual one."""
    shares = [day.share for day in days if day.share is not None]
    highest = max([2 * usual, *(share.share for share in shares), *(min(share.high, 1.0) for share in shares)])
    top, base = max(0.1, min(1.0, -(-highest * 10 // 1) / 10)), height - _BOTTOM

    def y(share: float) -> int:
        return round(base - min(1.0, share / top) * (base - _TOP))

    x = _across(len(days), width)
    return ShareChart(
        width=width,
        height=height,
        left=_LEFT,
        right=width - _RIGHT,
        base=base,
        usual=y(usual),
        top_pct=round(100 * top),
        sticks=tuple(
            Stick(x=x(place), y=y(day.share.share), limit=y(day.share.high), is_out=day.share.is_out)
            for place, day in enumerate(days)
            if day.share is not None
        ),
        labels=_labels([day.on for day in days], labels, x, height),
    )


@dataclass(frozen=True, kw_only=True)
class Reach:
    """A score and its range on a bar of 1,000 parts."""

    raw: int
    value: int
    low: int
    width: int


def reaches(lines: Sequence[tuple[float, Shrunk]], mean: float) -> tuple[tuple[Reach, ...], int, tuple[int, int]]:
    """Return where raw score, shrunk score and range of each line lie, where the mean of all, and the axis's ends."""
    values = [mean, *(end for raw, one in lines for end in (raw, one.low, one.high))]
    low, high = max(-100.0, min(values)), min(100.0, max(values))
    bottom, top = int(low // 10) * 10, -int(-high // 10) * 10
    span = max(1, top - bottom)

    def at(points: float) -> int:
        return round(1000 * (min(max(points, bottom), top) - bottom) / span)

    found = tuple(
        Reach(raw=at(raw), value=at(one.value), low=at(one.low), width=max(1, at(one.high) - at(one.low)))
        for raw, one in lines
    )
    return found, at(mean), (bottom, top)


class _Across:
    """From the place of a day to its x."""

    def __init__(self, count: int, width: int) -> None:
        self._stride = (width - _LEFT - _RIGHT) / max(1, count - 1)

    def __call__(self, place: int) -> int:
        return round(_LEFT + place * self._stride)


def _across(count: int, width: int) -> _Across:
    return _Across(count, width)


def _labels(days: Sequence[date], labels: Sequence[tuple[date, str]], x: _Across, height: int) -> tuple[Mark, ...]:
    places = {on: place for place, on in enumerate(days)}
    return tuple(Mark(x=x(places[on]), y=height - 6, label=label) for on, label in labels if on in places)
