"""Numbers for the eye: how a figure reads, and the points of a trend drawn on the server."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import formats
from django.utils.translation import gettext as _

from corsia.analytics.queries import Figure, Point
from corsia.analytics.rules.spoken import spoken_value
from corsia.analytics.vocabulary import Better, Withheld
from corsia.ui.templatetags.ui import small_names

WIDTH, HEIGHT, LEFT, FOOT = 720, 220, 8, 22  # of the drawing, in its own units


def spoken(figure: Figure) -> str:
    """Return a figure as people read it: "2 h 05 min", "12.4 %", "1,204"; "–" where there is none."""
    if figure.value is None:
        return "–"
    return spoken_value(figure.value, figure.measure)


@dataclass(frozen=True, kw_only=True)
class Change:
    """How a figure moved since the period before: in percent, and whether that is good."""

    percent: int
    tone: str  # "ok", "bad", "" where neither way is good


def change_of(figure: Figure, better: Better) -> Change | None:
    """Return how a figure moved; None where there is nothing to compare with."""
    if figure.change is None:
        return None
    percent = round(figure.change * 100)
    is_good = (percent > 0) == (better is Better.UP)
    tone = "" if better is Better.NEITHER or percent == 0 else "ok" if is_good else "bad"
    return Change(percent=percent, tone=tone)


def reason(figure: Figure) -> str:
    """Return why a figure is not shown, "" where it is."""
    if figure.why:
        return str(Withheld(figure.why).label)
    return _("Nothing to count in this period.") if figure.value is None else ""


@dataclass(frozen=True, kw_only=True)
class Dot:
    """A step of a drawn trend."""

    x: float
    y: float
    label: str
    words: str
    n: str


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A trend as a drawing: its line in pieces, where it has values, and lines to read heights by."""

    width: int
    height: int
    lines: Sequence[str]
    dots: Sequence[Dot]
    grid: Sequence[tuple[float, str]]
    marks: Sequence[tuple[float, str]]


def chart_of(points: Sequence[Point]) -> Chart | None:
    """Return the drawing of a trend from zero up; None where no step has a value."""
    values = [point.figure.value for point in points]
    known = [value for value in values if value is not None]
    if not known or len(points) < 2:
        return None
    measure = points[0].figure.measure
    low, high = min(0.0, *known), max(known) or 1.0
    span, floor = (high - low) or 1.0, HEIGHT - FOOT

    def at(index: int) -> float:
        return round(LEFT + index * (WIDTH - 2 * LEFT) / (len(points) - 1), 1)

    def up(value: float) -> float:
        return round(floor - (value - low) / span * (floor - 14), 1)

    lines: list[list[str]] = [[]]
    dots = []
    for index, point in enumerate(points):
        value = point.figure.value
        if value is None:
            lines.append([])
            continue
        lines[-1].append(f"{at(index)},{up(value)}")
        n = formats.number_format(point.figure.n or 0, 0, force_grouping=True)
        dots.append(Dot(x=at(index), y=up(value), label=_label(point), words=spoken(point.figure), n=n))
    grid = [(up(low + span * part), spoken_value(low + span * part, measure)) for part in (0, 0.5, 1)]
    every = max(1, len(points) // 6)
    marks = [(at(index), _label(point)) for index, point in enumerate(points) if index % every == 0]
    return Chart(
        width=WIDTH,
        height=HEIGHT,
        lines=[" ".join(piece) for piece in lines if len(piece) > 1],
        dots=dots,
        grid=grid,
        marks=marks,
    )


def _label(point: Point) -> str:
    return small_names(formats.date_format(point.period.first, "j M"))


def sparkline(points: Sequence[Point]) -> list[float]:
    """Return the values of a small trend; empty where there are too few to draw."""
    known = [point.figure.value for point in points if point.figure.value is not None]
    return known if len(known) > 2 else []


def bars(rows: Sequence[Any]) -> list[float]:
    """Return how long the bar of each line of a breakdown is, in percent of the longest value."""
    highest = max((abs(row.figure.value) for row in rows if row.figure.value is not None), default=0) or 1
    return [round(abs(row.figure.value or 0) / highest * 100, 1) for row in rows]
