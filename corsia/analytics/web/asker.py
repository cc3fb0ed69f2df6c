"""Numbers asked for a page: cards, tables and figures, each ready to be shown."""

from dataclasses import dataclass
from typing import Any

from corsia.analytics import queries
from corsia.analytics.queries import Metric
from corsia.analytics.vocabulary import Dimension
from corsia.analytics.web import drawing
from corsia.analytics.web.asked import Asked
from corsia.kernel.actors import Actor


@dataclass(frozen=True, kw_only=True)
class Card:
    """One number of the dashboard."""

    metric: Metric
    words: str
    n: int | None
    why: str
    change: drawing.Change | None
    trend: list[float]


class Asker:
    """Asks the queries on behalf of one page."""

    def __init__(self, actor: Actor, asked: Asked, *, agent_id: int | None = None) -> None:
        self._actor, self._asked = actor, asked
        self._more: dict[str, int] = {Dimension.AGENT.value: agent_id} if agent_id else {}

    def of(self, metric: Metric, **more: str) -> dict[str, Any]:
        """Return the words in which a metric is asked for."""
        return {
            "period": self._asked.period,
            "filters": self._asked.filters(metric, **self._more, **more),
            "actor": self._actor,
            "today": self._asked.today,
        }

    def card(self, metric: Metric) -> Card:
        """Return a number with its trend."""
        if self._more:
            figure, points = queries.figure(metric, **self.of(metric)), []
        else:
            found = queries.trend(metric, **self.of(metric))
            figure, points = found.figure, drawing.sparkline(found.points)
        return Card(
            metric=metric,
            words=drawing.spoken(figure),
            n=figure.n,
            why=drawing.reason(figure),
            change=drawing.change_of(figure, metric.better),
            trend=points,
        )

    def table(self, metric: Metric, by: Dimension, *, limit: int = 8) -> dict[str, Any]:
        """Return a metric told apart, ready to be shown."""
        found = queries.breakdown(metric, by=by, limit=limit, **self.of(metric))
        lines = [
            {"row": row, "words": drawing.spoken(row.figure), "why": drawing.reason(row.figure), "bar": length}
            for row, length in zip(found.rows, drawing.bars(found.rows), strict=True)
        ]
        return {"metric": metric, "by": by, "lines": lines, "found": found, "total": drawing.spoken(found.total)}
