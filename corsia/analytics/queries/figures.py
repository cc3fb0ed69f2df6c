"""Figures, trends and breakdowns of a metric for somebody."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.utils.translation import gettext_lazy as _

from corsia.analytics.queries.asking import Asking, Figure, Found, Numbers
from corsia.analytics.queries.binding import Question
from corsia.analytics.queries.labels import labels_of
from corsia.analytics.queries.narrowing import Filters
from corsia.analytics.queries.running import manifest_in_force
from corsia.analytics.rules.metrics import Metric
from corsia.analytics.rules.periods import Period, start_of, steps_of
from corsia.analytics.vocabulary import Dimension, Statistic, Step, Withheld
from corsia.kernel.actors import Actor

ALL = Filters()  # of what the actor sees


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
class Trend:
    """A figure, with the period before, and the steps it took."""

    figure: Figure
    points: Sequence[Point]


def figure(
    metric: Metric, *, period: Period, filters: Filters = ALL, actor: Actor, today: date, compare: bool = True
) -> Figure:
    """Return a metric over a period, with the period before.

    Raises:
        NotBuiltYet: there is no warehouse yet.
        NoNumbers, NotFound, NoAgreement, NotADimension: see `binding.Binding`.
    """
    question = Question(metric=metric, period=period, filters=filters, compares=compare)
    asking = Asking(question, actor=actor, today=today)
    if not compare:
        return asking.shown(asking.numbers(((),)).get(()))
    found = asking.numbers((("step",),) if metric.is_stock else (("span",),))
    return _compared(asking, found)


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
    ends = [one.end for one in steps_of(period, step)] if metric.is_stock else []
    question = Question(metric=metric, period=period, filters=filters, step=step, ends=ends)
    asking = Asking(question, actor=actor, today=today)
    return _points(asking, asking.numbers((("step",),)))


def trend(metric: Metric, *, period: Period, filters: Filters = ALL, actor: Actor, today: date) -> Trend:
    """Return a metric over a period, with the period before and step by step: the rows are read once for all of it.

    Raises:
        NotBuiltYet, NoNumbers, NotFound, NoAgreement, NotADimension: as for `figure`.
    """
    step = period.step
    ends = [one.end for one in steps_of(period, step)] if metric.is_stock else []
    question = Question(metric=metric, period=period, filters=filters, step=step, ends=ends, compares=True)
    asking = Asking(question, actor=actor, today=today)
    found = asking.numbers((("step",),) if metric.is_stock else (("span",), ("step",)))
    return Trend(figure=_compared(asking, found), points=_points(asking, found))


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
    question = Question(metric=metric, period=period, filters=filters, by=by)
    asking = Asking(question, actor=actor, today=today)
    found = asking.numbers(((), ("bucket",)))
    sizes = {key[0]: _size(metric, numbers) for key, numbers in found.items() if key}
    order = sorted(sizes, key=lambda bucket: (-sizes[bucket], bucket))
    everything = sum(sizes.values())
    small = {bucket for bucket in order if asking.is_small(found[bucket,])}
    folded: Figure | None = None
    if small:
        small, folded = _folded(asking, found, small)
    shown = [bucket for bucket in order if bucket not in small]
    labels = labels_of(by, shown[:limit])
    rows = [
        Row(
            key=bucket,
            label=labels[bucket],
            figure=asking.shown(found[bucket,]),
            share=sizes[bucket] / everything if everything else None,
        )
        for bucket in shown[:limit]
    ]
    if folded is not None:
        count = sum(sizes[bucket] for bucket in small)
        share = None if folded.n is None or not everything else count / everything
        rows.append(Row(key=None, label=str(_("Small groups together")), figure=folded, share=share))
    total = asking.shown(found.get(()))
    return Breakdown(by=by, total=total, rows=rows, withheld=asking.withheld, rest=max(0, len(shown) - limit))


def crossed(
    metric: Metric,
    *,
    by: Dimension,
    other: Dimension,
    period: Period,
    filters: Filters = ALL,
    actor: Actor,
    today: date,
) -> dict[tuple[str, str], int]:
    """Return how many rows there are of each pair of values of two dimensions.

    Raises:
        ValueError: the metric is about staff: of pairs somebody could work out what single persons did.
        NotBuiltYet, NoNumbers, NotFound, NoAgreement, NotADimension: as for `figure`.
    """
    if metric.about_staff or Dimension.AGENT in (by, other):
        raise ValueError(f"{metric.key} is about staff.")
    question = Question(metric=metric, period=period, filters=filters, by=by, other=other)
    asking = Asking(question, actor=actor, today=today)
    found = asking.numbers((("bucket", "other"),))
    return {(key[0], key[1]): numbers.n for key, numbers in found.items()}


def refreshed_at() -> datetime | None:
    """Return how fresh the numbers are; None while there are none."""
    manifest = manifest_in_force()
    return manifest.refreshed_at if manifest else None


def _compared(asking: Asking, found: Found) -> Figure:
    period, is_stock = asking.question.period, asking.question.metric.is_stock
    now, before = (period.end, period.first) if is_stock else (True, False)
    return replace(asking.shown(found.get((now,))), previous=asking.shown(found.get((before,))))


def _points(asking: Asking, found: Found) -> list[Point]:
    step = asking.question.step or Step.MONTH
    is_stock = asking.question.metric.is_stock
    return [
        Point(one, asking.shown(found.get((one.end if is_stock else start_of(one.first, step),))))
        for one in steps_of(asking.question.period, step)
    ]


def _size(metric: Metric, numbers: Numbers) -> float:
    return (numbers.value or 0) if metric.statistic is Statistic.SUM else numbers.n


def _folded(asking: Asking, found: Found, small: set[str]) -> tuple[set[str], Figure]:
    """Put small groups together until their line has five people, or all are in it."""
    small = set(small)
    waiting = sorted(
        (key[0] for key, numbers in found.items() if key and key[0] not in small and numbers.others > 0),
        key=lambda bucket: (found[bucket,].people, found[bucket,].n),
    )
    while True:
        folded = asking.shown(asking.numbers(((),), only=sorted(small)).get(()))
        if folded.why is not Withheld.SMALL_GROUP or not waiting:
            return small, folded
        small.add(waiting.pop(0))
