"""What pages ask analytics: figures, trends, breakdowns and the cases behind them. See README.md."""

from corsia.analytics.queries.asking import Figure, NotBuiltYet
from corsia.analytics.queries.behind import Behind, OrderBehind, cases_behind, orders_behind
from corsia.analytics.queries.binding import NoAgreement, NotADimension
from corsia.analytics.queries.figures import (
    Breakdown,
    Point,
    Row,
    Trend,
    breakdown,
    crossed,
    figure,
    refreshed_at,
    series,
    trend,
)
from corsia.analytics.queries.labels import label_of
from corsia.analytics.queries.narrowing import Filters, NoNumbers, visible_units
from corsia.analytics.rules.metrics import Metric
from corsia.analytics.rules.periods import Period
from corsia.analytics.rules.registry import METRICS

__all__ = [
    "METRICS",
    "Behind",
    "Breakdown",
    "Figure",
    "Filters",
    "Metric",
    "NoAgreement",
    "NoNumbers",
    "NotADimension",
    "NotBuiltYet",
    "OrderBehind",
    "Period",
    "Point",
    "Row",
    "Trend",
    "breakdown",
    "cases_behind",
    "crossed",
    "figure",
    "label_of",
    "orders_behind",
    "refreshed_at",
    "series",
    "trend",
    "visible_units",
]
