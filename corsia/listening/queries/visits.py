"""Mystery visits: their grids, and what was seen."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml
from django.db.models import Prefetch

from corsia.listening.models import MysteryVisit, VisitItem
from corsia.listening.queries.places import place_name
from corsia.listening.rules.grids import Grid, Line, Seen, kept_pct, speaks
from corsia.organisation.queries import tree

SHIPPED = Path(__file__).parent.parent / "shipped" / "grids.yaml"
LATEST = 60


@cache
def grids() -> Mapping[str, Grid]:
    """Return the grids of the package by key."""
    return {data["key"]: _grid(data) for data in yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))}


def _grid(data: dict[str, object]) -> Grid:
    lines: Iterable[dict[str, str | int]] = data["items"]  # type: ignore[assignment]
    return Grid(
        key=str(data["key"]),
        touchpoint=str(data["touchpoint"]),
        name_it=str(data["it"]),
        name_en=str(data["en"]),
        lines=[
            Line(
                key=str(item["key"]),
                kind=str(item["kind"]),
                severity=int(item["severity"]),
                name_it=str(item["it"]),
                name_en=str(item["en"]),
            )
            for item in lines
        ],
    )


@dataclass(frozen=True, kw_only=True)
class SeenLine:
    """A line of the grid and what was seen on it."""

    line: Line
    item: VisitItem | None
    speaks: int  # -1 against us, 1 for us


@dataclass(frozen=True, kw_only=True)
class Visit:
    """A visit as the pages show it.

    Attributes:
        pct: how much of what was seen is as it should be; None where nothing could be seen.
    """

    visit: MysteryVisit
    grid: Grid
    place: str
    pct: int | None
    failed: int
    photos: int
    lines: Sequence[SeenLine]


def visits(*, limit: int = LATEST) -> list[Visit]:
    """Return the latest visits within the scope."""
    rows = MysteryVisit.objects.filter(grid__in=list(grids())).select_related("touchpoint", "visitor")
    items = Prefetch("items", queryset=VisitItem.objects.all())
    return [_visit(row) for row in rows.prefetch_related(items).order_by("-visited_on", "-pk")[:limit]]


def visit_of(visit_id: int) -> Visit:
    """Return one visit.

    Raises:
        NotFound: none such within the scope.
    """
    return _visit(MysteryVisit.objects.select_related("touchpoint", "visitor").find(visit_id))


def _visit(row: MysteryVisit) -> Visit:
    grid, items = grids()[row.grid], {item.item: item for item in row.items.all()}
    seen = {key: Seen(yes=item.yes, score=item.score) for key, item in items.items()}
    lines = [
        SeenLine(line=line, item=items.get(line.key), speaks=speaks(line, seen.get(line.key, Seen())))
        for line in grid.lines
    ]
    return Visit(
        visit=row,
        grid=grid,
        place=place_name(tree(), row.unit_id),
        pct=kept_pct(grid, seen),
        failed=sum(one.speaks < 0 for one in lines),
        photos=sum(item.photo_id is not None for item in items.values()),
        lines=lines,
    )
