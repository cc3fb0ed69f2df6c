"""Figures, trends and breakdowns of a metric for somebody, and the cases behind them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from corsia.analytics.queries.binding import FEWEST_PEOPLE, Bound, Filters, bind
from corsia.analytics.queries.labels import labels_of
from corsia.analytics.queries.manifest import Manifest
from corsia.analytics.queries.running import manifest_in_force, run
from corsia.analytics.rules.metrics import Metric, rows_statement, statement
from corsia.analytics.rules.periods import Period, start_of, steps_of
from corsia.analytics.vocabulary import Dimension, Measure, Statistic, Step, Withheld
from corsia.kernel.actors import Actor
from corsia.kernel.errors import Refused

ALL = Filters()  # of what the actor sees


class NotBuiltYet(Refused):
    code = "analytics.not_built_yet"
    message = _("The numbers are being prepared for the first time. Come back in a few minutes.")


@dataclass(frozen=True)
class Figure:
    """One number.

    Attributes:
        value: in the metric's measure, unrounded: seconds, days, points, a share from 0 to 1. None where nothing was
            counted, or where it is not shown.
        n: how many rows it is made of; None where not even that is shown.
        why: why `value` is not shown; "" where it is, or where nothing was counted.
        previous: the figure of the period before, where it was asked for.
    """

    value: float | None
    n: int | None
    measure: Measure
    why: Withheld | str = ""
    previous: "Figure | None" = None

    @property
    def is_hidden(self) -> bool:
        return bool(self.why)

    @property
    def change(self) -> float | None:
        """By what share it grew since the period before: 0.1 is ten percent more."""
        before = self.previous.value if self.previous else None
        if self.value is None or not before:
            return None
        return (self.value - before) / abs(before)


@dataclass(frozen=True)
class Point:
    """One step of a trend."""

    period: Period
    figure: Figure


@dataclass(frozen=True)
class Row:
    """One line of a breakdown.

    Attributes:
        key: the value of the dimension, "" for rows without one; None for the line of folded groups.
        share: of all counted rows, from 0 to 1.
    """

    key: str | None
    label: str
    figure: Figure
    share: float | None


@dataclass(frozen=True)
class Breakdown:
    """A metric told apart by a dimension, the largest groups first.

    Attributes:
        withheld: lines of other people were left out: no agreement with the staff holds for their unit.
        rest: how many further groups there are beyond the limit.
    """

    by: Dimension
    total: Figure
    rows: Sequence[Row]
    withheld: bool
    rest: int


@dataclass(frozen=True)
class Behind:
    """A case behind a figure, with its own amount (0 where the metric counts)."""

    case_id: int
    amount: int


def figure(
    metric: Metric, *, period: Period, filters: Filters = ALL, actor: Actor, today: date, compare: bool = True
) -> Figure:
    """Return a metric over a period, with the period before.

    Raises:
        NotBuiltYet: there is no warehouse yet.
        NoNumbers, NotFound, NoAgreement, NotADimension: see `binding.bind`.
    """
    now = _figure(metric, period=period, filters=filters, actor=actor, today=today)
    if not compare:
        return now
    return replace(now, previous=_figure(metric, period=period.before, filters=filters, actor=actor, today=today))


def series(
    metric: Metric,
    *,
    period: Period,
    step: Step | None = None,
    filters: Filters = ALL,
    actor: Actor,
    today: date,
) -> list[Point]:
    """Return a metric step by step; steps without rows too.

    Raises:
        NotBuiltYet, NoNumbers, NotFound, NoAgreement, NotADimension: as for `figure`.
    """
    step = step or period.step
    steps = list(steps_of(period, step))
    manifest = _manifest()
    bound = bind(
        metric,
        manifest=manifest,
        period=period,
        filters=filters,
        actor=actor,
        today=today,
        step=step,
        ends=[one.end for one in steps],
    )
    found = {row[0]: row[1:] for row in run(manifest, bound, statement(metric.parts, ("step",)))}
    return [
        Point(one, _shown(metric, bound, found.get(one.end if metric.is_stock else start_of(one.first, step))))
        for one in steps
    ]


def breakdown(
    metric: Metric,
    *,
    by: Dimension,
    period: Period,
    filters: Filters = ALL,
    actor: Actor,
    today: date,
    limit: int = 30,
) -> Breakdown:
    """Return a metric told apart by a dimension, the groups with most rows first.

    Groups of fewer than five people whose figures no agreement covers are put together in one line, with so many more
    of the smallest that the line itself has five people, or is not shown.

    Raises:
        NotBuiltYet, NoNumbers, NotFound, NoAgreement, NotADimension: as for `figure`.
    """
    manifest = _manifest()
    bound = bind(metric, manifest=manifest, period=period, filters=filters, actor=actor, today=today, by=by)
    groups = run(manifest, bound, statement(metric.parts, ("bucket",)))
    size = 2 if metric.statistic is Statistic.SUM else 1
    groups = sorted(groups, key=lambda group: (-(group[size] or 0), group[0]))
    total = _total(metric, manifest, bound)
    everything = sum(group[size] or 0 for group in groups)
    small = {group[0] for group in groups if bound.guards_groups and _is_small(group[3], group[4])}
    folded: Figure | None = None
    if small:
        small, folded = _folded(metric, manifest, bound, groups, small)
    shown = [group for group in groups if group[0] not in small]
    labels = labels_of(by, [group[0] for group in shown[:limit]])
    rows = [
        Row(
            key=group[0],
            label=labels[group[0]],
            figure=_shown(metric, bound, group[1:]),
            share=(group[size] or 0) / everything if everything else None,
        )
        for group in shown[:limit]
    ]
    if folded is not None:
        count = sum(group[size] or 0 for group in groups if group[0] in small)
        share = None if folded.n is None or not everything else count / everything
        rows.append(Row(key=None, label=str(_("Small groups together")), figure=folded, share=share))
    return Breakdown(by=by, total=total, rows=rows, withheld=bound.withheld, rest=max(0, len(shown) - limit))


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
    manifest = _manifest()
    bound = bind(metric, manifest=manifest, period=period, filters=filters, actor=actor, today=today)
    page = ""
    if after is not None:
        page = f" WHERE (amount, case_id) < ({int(after.amount)}, {int(after.case_id)})"
    sql = (
        f"SELECT DISTINCT case_id, amount FROM ({rows_statement(metric.parts)}) AS counted{page}"
        f" ORDER BY amount DESC, case_id DESC LIMIT {int(limit)}"
    )
    return [Behind(case_id=row[0], amount=row[1]) for row in run(manifest, bound, sql)]


def refreshed_at() -> datetime | None:
    """Return how fresh the numbers are; None while there are none."""
    manifest = manifest_in_force()
    return manifest.refreshed_at if manifest else None


def _figure(metric: Metric, *, period: Period, filters: Filters, actor: Actor, today: date) -> Figure:
    manifest = _manifest()
    bound = bind(metric, manifest=manifest, period=period, filters=filters, actor=actor, today=today)
    return _total(metric, manifest, bound)


def _total(metric: Metric, manifest: Manifest, bound: Bound) -> Figure:
    return _shown(metric, bound, run(manifest, bound, statement(metric.parts))[0])


def _shown(metric: Metric, bound: Bound, numbers: Sequence[float] | None) -> Figure:
    """Return the figure of (n, value, people, others), or why it is not shown."""
    if numbers is None or not numbers[0]:
        empty = 0.0 if metric.statistic in (Statistic.COUNT, Statistic.SUM) else None
        return Figure(value=empty, n=0, measure=metric.measure)
    n, value, people, others = numbers
    if bound.guards_groups and _is_small(people, others):
        return Figure(value=None, n=None, measure=metric.measure, why=Withheld.SMALL_GROUP)
    if n < metric.minimum_n:
        return Figure(value=None, n=int(n), measure=metric.measure, why=Withheld.FEW)
    return Figure(value=value, n=int(n), measure=metric.measure)


def _is_small(people: float, others: float) -> bool:
    """Tell whether a group has somebody besides whoever asks, and fewer than five people."""
    return others > 0 and people < FEWEST_PEOPLE


def _folded(
    metric: Metric, manifest: Manifest, bound: Bound, groups: Sequence[tuple[Any, ...]], small: set[str]
) -> tuple[set[str], Figure]:
    """Put small groups together until their line has five people, or all are in it."""
    small = set(small)
    waiting = sorted((group for group in groups if group[0] not in small and group[4] > 0), key=lambda g: (g[3], g[1]))
    while True:
        together = replace(
            bound,
            sql=f"{bound.sql.replace('bound AS (', 'every AS (', 1)}, bound AS (SELECT * FROM every WHERE bucket IN"
            f" (SELECT unnest(${len(bound.parameters) + 1}::VARCHAR[])))",
            parameters=[*bound.parameters, sorted(small)],
        )
        folded = _total(metric, manifest, together)
        if folded.why is not Withheld.SMALL_GROUP or not waiting:
            return small, folded
        small.add(waiting.pop(0)[0])


def _manifest() -> Manifest:
    manifest = manifest_in_force()
    if manifest is None:
        raise NotBuiltYet
    return manifest
