"""Where the lines of the trend chart run: whole numbers for an SVG, computed once on the server."""

from collections.abc import Sequence
from dataclasses import dataclass

from corsia.listening.rules.nps import Tally, net_promoter_score, shown_score

_LEFT, _RIGHT, _TOP, _BOTTOM = 34, 44, 12, 26  # room for the labels around the plot
_STEPS = (10, 20, 25, 50)


@dataclass(frozen=True, kw_only=True)
class Tick:
    """A grid line or a label on an axis."""

    at: int
    label: str


@dataclass(frozen=True, kw_only=True)
class Dot:
    """The score of one month."""

    x: int
    y: int
    label: str


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A drawing `width` by `height`; months without enough answers leave a gap in the lines."""

    width: int
    height: int
    left: int
    right: int
    base: int
    lines: tuple[str, ...]  # points of polylines
    bands: tuple[str, ...]  # points of polygons: the 95 % interval
    dots: tuple[Dot, ...]
    rows: tuple[Tick, ...]
    columns: tuple[Tick, ...]


def trend_chart(months: Sequence[tuple[str, Tally]], *, width: int, height: int, label_every: int = 1) -> Chart:
    """Lay out scores over months, oldest first; each month has its label and its answers."""
    scores = [shown_score(answers) for _, answers in months]
    lows, highs = [s.low for s in scores if s], [s.high for s in scores if s]
    bottom, top, step = _scale(min(lows, default=0.0), max(highs, default=50.0))
    right, base = width - _RIGHT, height - _BOTTOM
    stride = (right - _LEFT) / max(1, len(months) - 1)

    def x(place: int) -> int:
        return round(_LEFT + place * stride)

    def y(points: float) -> int:
        return round(base - (points - bottom) / (top - bottom) * (base - _TOP))

    lines, bands = [], []
    for run in _runs([place for place, score in enumerate(scores) if score]):
        known = [(x(place), net_promoter_score(months[place][1])) for place in run]
        lines.append(" ".join(f"{at},{y(score.points)}" for at, score in known))
        upper = [f"{at},{y(score.high)}" for at, score in known]
        lower = [f"{at},{y(score.low)}" for at, score in reversed(known)]
        bands.append(" ".join(upper + lower))
    return Chart(
        width=width,
        height=height,
        left=_LEFT,
        right=right,
        base=base,
        lines=tuple(lines),
        bands=tuple(bands),
        dots=tuple(
            Dot(x=x(place), y=y(score.points), label=str(round(score.points)))
            for place, score in enumerate(scores)
            if score
        ),
        rows=tuple(Tick(at=y(value), label=str(value)) for value in range(bottom, top + 1, step)),
        columns=tuple(
            Tick(at=x(place), label=label)
            for place, (label, _) in enumerate(months)
            if (len(months) - 1 - place) % label_every == 0
        ),
    )


def _scale(low: float, high: float) -> tuple[int, int, int]:
    """Return a bottom, a top and a step such that the lines fill the height with at most six rows."""
    for step in _STEPS:
        bottom = int(low // step) * step
        top = -int(-high // step) * step
        if (top - bottom) // step <= 5:
            return bottom, max(top, bottom + step), step
    return -100, 100, 50


def _runs(places: Sequence[int]) -> list[list[int]]:
    """Return neighbours together: [1, 2, 5] is [[1, 2], [5]]."""
    runs: list[list[int]] = []
    for place in places:
        if runs and runs[-1][-1] == place - 1:
            runs[-1].append(place)
        else:
            runs.append([place])
    return runs
