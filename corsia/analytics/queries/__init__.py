"""What pages ask analytics: figures, trends, breakdowns and the cases behind them. See README.md."""

from corsia.analytics.queries.binding import (
    Filters,
    NoAgreement,
    NoNumbers,
    NotADimension,
    visible_units,
)
from corsia.analytics.queries.figures import (
    Behind,
    Breakdown,
    Figure,
    NotBuiltYet,
    Point,
    Row,
    breakdown,
    cases_behind,
    figure,
    refreshed_at,
    series,
)
from corsia.analytics.queries.labels import label_of
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
    "Period",
    "Point",
    "Row",
    "breakdown",
    "cases_behind",
    "figure",
    "label_of",
    "refreshed_at",
    "series",
    "visible_units",
]
