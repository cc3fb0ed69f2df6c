"""The cases or the work orders that a figure was counted from, page by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from corsia.analytics.queries.asking import manifest_or_refuse
from corsia.analytics.queries.binding import Binding, Question
from corsia.analytics.queries.narrowing import Filters
from corsia.analytics.queries.running import run
from corsia.analytics.rules.metrics import Metric, rows_statement
from corsia.analytics.rules.periods import Period
from corsia.kernel.actors import Actor

ALL = Filters()  # of what the actor sees


@dataclass(frozen=True)
class Behind:
    """A case behind a figure, with its own amount (0 where the metric counts)."""

    case_id: int
    amount: int


@dataclass(frozen=True)
class OrderBehind:
    """A work order behind a figure, with the sum of its own amounts (0 where the metric counts).

    Attributes:
        under: of a ratio, the sum of what is divided by.
    """

    order_id: int
    amount: int
    under: int = 0


def cases_behind(
    metric: Metric,
    *,
    period: Period,
    filters: Filters = ALL,
    actor: Actor,
    today: date,
    after: Behind | None = None,
    limit: int = 50,
) -> list[Behind]:
    """Return the cases a figure was counted from, those with the largest amount first, page by page.

    A case appears once for each of its rows that counted. What the reader may open is for the page of the cases to say.

    Args:
        after: the last one of the page before.

    Raises:
        NotBuiltYet, NoNumbers, NotFound, NoAgreement, NotADimension: as for `figure`.
        ValueError: the metric does not lead to cases.
    """
    if not metric.source.case:
        raise ValueError(f"{metric.key} does not lead to cases.")
    page = f" WHERE (amount, leads_to) < ({int(after.amount)}, {int(after.case_id)})" if after else ""
    counted = rows_statement(metric.parts, metric.source.case)
    sql = (
        f"SELECT DISTINCT leads_to, amount FROM ({counted}) AS counted{page}"
        f" ORDER BY amount DESC, leads_to DESC LIMIT {int(limit)}"
    )
    question = Question(metric=metric, period=period, filters=filters)
    return [Behind(case_id=row[0], amount=row[1]) for row in _run(question, sql, actor=actor, today=today)]


def orders_behind(
    metric: Metric,
    *,
    period: Period,
    filters: Filters = ALL,
    actor: Actor,
    today: date,
    after: OrderBehind | None = None,
    limit: int = 50,
) -> list[OrderBehind]:
    """Return the work orders a figure was counted from, each once, those with the largest amount first.

    Args:
        after: the last one of the page before.

    Raises:
        NotBuiltYet, NoNumbers, NotFound, NoAgreement, NotADimension: as for `figure`.
        ValueError: the metric does not lead to orders.
    """
    if not metric.source.order:
        raise ValueError(f"{metric.key} does not lead to orders.")
    page = f" WHERE (amount, leads_to) < ({int(after.amount)}, {int(after.order_id)})" if after else ""
    counted = rows_statement(metric.parts, metric.source.order)
    together = (
        "SELECT leads_to, COALESCE(sum(amount), 0)::BIGINT AS amount, COALESCE(sum(under), 0)::BIGINT AS under"
        f" FROM ({counted}) AS counted WHERE leads_to IS NOT NULL GROUP BY leads_to"
    )
    sql = f"SELECT * FROM ({together}) AS orders{page} ORDER BY amount DESC, leads_to DESC LIMIT {int(limit)}"
    question = Question(metric=metric, period=period, filters=filters)
    return [OrderBehind(*row) for row in _run(question, sql, actor=actor, today=today)]


def _run(question: Question, sql: str, *, actor: Actor, today: date) -> Sequence[tuple[Any, ...]]:
    manifest = manifest_or_refuse()
    bound = Binding(question, manifest=manifest, actor=actor, today=today).rows()
    return run(manifest, bound, sql)
