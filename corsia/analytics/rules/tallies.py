"""Tallies: what dashboards ask most, counted beforehand by day and by month, to the same last digit.

A month's tallies are made from the month's rows and nothing else. One has a row for each day, unit and combination of
the told columns, with a number for each set of rows that a shipped metric counts; the other adds those up by month.
Questions that they cannot answer read the rows.

A tally has several *lines*: one for each day column, and one for the stock, which says on which day rows came into it
and on which they left. With a line go

- *people*: the same person by person where the metrics are about staff, because whoever counts people must not count
  somebody twice, so their numbers cannot be added up;
- *ladders*: the amounts of which there are medians, one by one in their order, on rungs of half an octave. How many
  are on each rung is added up by month. A median counts rungs first, and then reads only the one that it stands on.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from corsia.analytics.rules.metrics import Metric, Parts, table_of
from corsia.analytics.rules.parts import AMOUNTS, CONDITIONS, SOURCES
from corsia.analytics.rules.registry import METRICS
from corsia.analytics.vocabulary import Dimension, Statistic, Step

if TYPE_CHECKING:
    import ibis

STOCK = "stock"
RUNGS = 2  # in an octave
SEATS = 62  # people are marked by their number modulo this: enough to see that there are many, never to say how many
_ROWS = "month_rows"

_KIND = ("process", "is_complaint", "cause", "make")
_ORDER = ("booked_by", "job_group", "make")
TOLD: Mapping[str, Sequence[str]] = {
    "messaging.contact": ("channel", *_KIND),
    "cases.case": _KIND,
    "cases.clock": ("culprit", *_KIND),
    "listening.survey": _KIND,
    "workshop.hours": ("job_group", "make"),
    "workshop.order": _ORDER,
    "workshop.visit": _ORDER,
    "workshop.capacity": ("bay_kind",),
}
_IN_ORDER = frozenset({Statistic.MEDIAN, Statistic.P90})
_ADDED_UP = frozenset(
    {Statistic.COUNT, Statistic.SUM, Statistic.MEAN, Statistic.SHARE, Statistic.SCORE, Statistic.RATIO}
)


@dataclass(frozen=True)
class Counted:
    """A set of rows: those for which the conditions hold and the amount is known."""

    rows: tuple[str, ...]
    amount: str

    @classmethod
    def of(cls, parts: Parts) -> "Counted":
        return cls(parts.rows, "" if parts.under else parts.amount)

    @property
    def name(self) -> str:
        return "__".join((*self.rows, self.amount)).strip("_") or "all"


@dataclass(frozen=True)
class Line:
    """One line of a dataset's tally.

    Attributes:
        day: the day column; STOCK for the stock.
        metrics: what it answers.
    """

    dataset: str
    day: str
    metrics: tuple[Metric, ...]

    @property
    def is_stock(self) -> bool:
        return self.day == STOCK

    @property
    def counted(self) -> list[Counted]:
        return list(dict.fromkeys(Counted.of(metric.parts) for metric in self.metrics))

    @property
    def seated(self) -> list[Counted]:
        """The sets of rows of which it must be known how many people's work they are."""
        if self.is_stock or not SOURCES[self.dataset].agent:
            return []
        return list(dict.fromkeys(Counted.of(metric.parts) for metric in self.metrics if metric.about_staff))

    @property
    def ordered(self) -> list[str]:
        """The amounts that have a ladder."""
        return list(dict.fromkeys(one.amount for one in self.metrics if one.statistic in _IN_ORDER))

    def kind(self, *, of_people: bool = False, ladder: str = "") -> int:
        """Return the number that marks rows of the line: of all, of people, or of an amount's ladder."""
        place = [line.day for line in lines(self.dataset)].index(self.day)
        return place * 10 + (2 + self.ordered.index(ladder) if ladder else of_people)

    def bit(self, counted: Counted) -> int:
        """Return the bit of a set of rows in the column `sets`."""
        return 1 << self.counted.index(counted)


@cache
def lines(dataset: str) -> tuple[Line, ...]:
    """Return the lines of a dataset's tally; none where it has no tally."""
    if dataset not in TOLD:
        return ()
    found: dict[str, list[Metric]] = {}
    for metric in METRICS.values():
        if metric.dataset == dataset and (not metric.is_stock or metric.statistic is Statistic.COUNT):
            found.setdefault(STOCK if metric.is_stock else metric.day, []).append(metric)
    return tuple(Line(dataset, day, tuple(metrics)) for day, metrics in found.items())


def line_for(metric: Metric, dimensions: Sequence[Dimension]) -> Line | None:
    """Return the line that answers for a metric told apart or filtered by some dimensions; None where rows must."""
    wanted = STOCK if metric.is_stock else metric.day
    line = next((one for one in lines(metric.dataset) if one.day == wanted), None)
    if line is None or not _are_told(metric, dimensions):
        return None
    if Counted.of(metric.parts) not in line.counted or (line.is_stock and metric.statistic is not Statistic.COUNT):
        return None
    if metric.about_staff and SOURCES[metric.dataset].agent and Counted.of(metric.parts) not in line.seated:
        return None
    if is_added_up(metric) and not set(more_of(metric.parts)) <= _more(line).keys():
        return None
    return line


def is_added_up(metric: Metric) -> bool:
    """Tell whether a metric of many rows comes out of those of fewer."""
    return metric.statistic in _ADDED_UP


def _are_told(metric: Metric, dimensions: Sequence[Dimension]) -> bool:
    known = {*TOLD[metric.dataset], "unit_id"}
    columns = set(table_of(metric.dataset).columns)
    used = {word for one in dimensions for word in re.findall(r"\w+", metric.source.dimensions[one])}
    return used & columns <= known and Dimension.AGENT not in dimensions


def n_of(counted: Counted) -> str:
    return f"n__{counted.name}"


def mask_of(counted: Counted) -> str:
    return f"mask__{counted.name}"


def more_of(parts: Parts) -> Sequence[str]:
    """Return the columns that a metric needs besides n; two of a ratio."""
    return list(_sums(parts))


def _sums(parts: Parts) -> dict[str, str]:
    """Return the columns that a metric needs besides n, each with what it adds up, as SQL over flagged rows."""
    name, amount = Counted.of(parts).name, f'"amount__{parts.amount}"'
    match parts.statistic:
        case Statistic.SHARE:
            return {f"with__{parts.of}__of__{name}": f'"of__{parts.of}"::BIGINT'}
        case Statistic.SUM | Statistic.MEAN:
            return {f"sum__{name}": amount}
        case Statistic.SCORE:
            return {f"points__{name}": f"(({amount} >= 9)::BIGINT - ({amount} <= 6)::BIGINT)"}
        case Statistic.RATIO:
            return {f"sum__{one}__of__{name}": f'"amount__{one}"' for one in (parts.amount, parts.under)}
        case _:
            return {}


def _more(line: Line) -> dict[str, tuple[Counted, str]]:
    """Return the sums that a line holds: of which set of rows, and of what."""
    parts = [metric.parts for metric in line.metrics if is_added_up(metric)]
    return {name: (Counted.of(one), what) for one in parts for name, what in _sums(one).items()}


def value_of(parts: Parts) -> str:
    """Return the value of added-up rows of a tally as SQL."""
    n = f'sum("{n_of(Counted.of(parts))}")::BIGINT'
    more, *under = [f'sum("{name}")::BIGINT' for name in more_of(parts)] or [""]
    match parts.statistic:
        case Statistic.COUNT:
            return f"{n}::DOUBLE"
        case Statistic.SUM:
            return f"{more}::DOUBLE"
        case Statistic.SCORE:
            return f"({more} * 100 / {n})::DOUBLE"
        case Statistic.RATIO:
            return f"({more} / NULLIF({under[0]}, 0))::DOUBLE"
        case _:
            return f"({more} / {n})::DOUBLE"


# --- how a tally is made -------------------------------------------------------------------------------------------


def tally_columns(dataset: str) -> list[str]:
    """Return the columns that a tally's file has."""
    numbers: dict[str, None] = {}
    for line in lines(dataset):
        numbers |= dict.fromkeys(name for name, _sql in _numbers(line))
    return ["kind", "day", "unit_id", *TOLD[dataset], "agent", "sets", "rung", "amount", *numbers]


def days_statement(dataset: str, rows: str) -> str:
    """Return the SELECT of the tally of some rows by day.

    Args:
        rows: what is read, as it stands after FROM.
    """
    tables = [f"{_ROWS} AS (SELECT * FROM {rows})", f"flagged AS ({_flagged(dataset)})"]
    tables += [f"moved AS ({_moved(line)})" for line in lines(dataset) if line.is_stock]
    every = [select for line in lines(dataset) for select in _by_day(line)]
    return f"WITH {', '.join(tables)} {_together(dataset, every)}"


def rolled_statement(dataset: str, step: Step, counted: str) -> str:
    """Return the SELECT of the tally by week or month, from the one by day.

    Args:
        counted: what is read, as it stands after FROM.
    """
    return _together(dataset, [select for line in lines(dataset) for select in _rolled(line, step, counted)])


def _together(dataset: str, selects: Sequence[tuple[str, str]]) -> str:
    """Put selects one after the other, each in its own order: that is much cheaper than to sort all of it."""
    none = ", ".join(f'NULL::BIGINT AS "{name}"' for name in ("agent", "sets", "rung", "amount"))
    ordered = [f"SELECT * FROM ({select} ORDER BY {order})" for select, order in selects]
    every = " UNION ALL BY NAME ".join([*ordered, f"SELECT {none} WHERE FALSE"])
    listed = ", ".join(f'"{name}"' for name in tally_columns(dataset))
    return f"SELECT {listed} FROM ({every})"


def _flagged(dataset: str) -> str:
    """Return the rows with what the metrics say about each: compiled from the same expressions."""
    import ibis

    rows = table_of(dataset, _ROWS)
    source = SOURCES[dataset]
    chosen = {name: rows[name] for name in (*source.days, "unit_id", *TOLD[dataset])}
    chosen["agent"] = rows[source.agent] if source.agent else ibis.null("int64")
    for line in lines(dataset):
        for counted in line.counted:
            chosen[f"is__{counted.name}"] = _is_counted(counted, rows)
        for metric in line.metrics:
            if metric.of:
                chosen[f"of__{metric.of}"] = CONDITIONS[metric.of].holds(rows)
            for amount in filter(None, (metric.amount, metric.under)):
                chosen[f"amount__{amount}"] = AMOUNTS[amount].of(rows).cast("int64")
    return str(ibis.to_sql(rows.select(**chosen), dialect="duckdb"))


def _is_counted(counted: Counted, rows: "ibis.expr.types.Table") -> "ibis.expr.types.BooleanValue":
    import ibis

    holds = [CONDITIONS[key].holds(rows) for key in counted.rows]
    holds += [AMOUNTS[counted.amount].of(rows).notnull()] if counted.amount else []
    return ibis.and_(*holds) if holds else ibis.literal(value=True)


_BY_UNIT, _BY_RUNG = "unit_id, day", "rung, unit_id, day"


def _by_day(line: Line) -> Iterator[tuple[str, str]]:
    """Yield what is kept of a line by day, and in which order."""
    told = ", ".join(("unit_id", *TOLD[line.dataset]))
    source, day = ("moved", "moved_on") if line.is_stock else ("flagged", line.day)
    counts = ", ".join(f'{sql} AS "{name}"' for name, sql in _numbers(line))
    columns, where = f"{day} AS day, {told}", f"FROM {source} WHERE {day} IS NOT NULL"
    yield f"SELECT {line.kind()} AS kind, {columns}, {counts} {where} GROUP BY ALL", _BY_UNIT
    if line.seated:
        kind, sets = line.kind(of_people=True), _sets(line, line.seated)
        people = f"SELECT {kind} AS kind, {columns}, agent, bit_or({sets}) AS sets {where} AND agent IS NOT NULL"
        yield f"{people} GROUP BY ALL HAVING sets <> 0", _BY_UNIT
    for amount in line.ordered:
        kind, sets = line.kind(ladder=amount), _sets(line, [one for one in line.counted if one.amount == amount])
        rung = f'floor({RUNGS} * log2(greatest("amount__{amount}", 1)))::BIGINT AS rung'
        ladder = f'SELECT {kind} AS kind, {columns}, {sets} AS sets, {rung}, "amount__{amount}" AS amount {where}'
        yield f"SELECT * FROM ({ladder}) AS l WHERE sets <> 0", _BY_RUNG


_PIECE = {  # a week ends with its month, because files are made month by month
    Step.WEEK: "greatest(date_trunc('week', day), date_trunc('month', day))::DATE AS day",
    Step.MONTH: "date_trunc('month', day)::DATE AS day",
}


def _rolled(line: Line, step: Step, days: str) -> Iterator[tuple[str, str]]:
    """Yield what is kept of a line by week or month, and in which order."""
    told = ", ".join(("kind", _PIECE[step], "unit_id", *TOLD[line.dataset]))
    again = ", ".join(
        f'bit_or("{name}") AS "{name}"' if name.startswith("mask__") else f'sum("{name}")::BIGINT AS "{name}"'
        for name, _sql in _numbers(line)
    )
    yield f"SELECT {told}, {again} FROM {days} WHERE kind = {line.kind()} GROUP BY ALL", _BY_UNIT
    if line.seated:
        kind = line.kind(of_people=True)
        people = f"SELECT {told}, agent, bit_or(sets) AS sets FROM {days} WHERE kind = {kind} GROUP BY ALL"
        yield people, _BY_UNIT
    for amount in line.ordered:
        counts = ", ".join(
            f'count(*) FILTER (WHERE (sets & {line.bit(one)}) <> 0) AS "{n_of(one)}"'
            for one in line.counted
            if one.amount == amount
        )
        rungs = f"SELECT {told}, rung, {counts} FROM {days} WHERE kind = {line.kind(ladder=amount)} GROUP BY ALL"
        yield rungs, _BY_RUNG


def _sets(line: Line, counted: Sequence[Counted]) -> str:
    """Return the sets that a flagged row is in, as bits: what is unknown of one set must not take it out of others."""
    return " | ".join(f'(COALESCE("is__{one.name}", FALSE)::BIGINT * {line.bit(one)})' for one in counted)


def _moved(line: Line) -> str:
    """Return the comings and goings of a stock: +1 on the day a row opened, -1 on the day it closed."""
    names = ", ".join(("unit_id", *TOLD[line.dataset], *(f'"is__{one.name}"' for one in line.counted)))
    return (
        f"SELECT opened_on AS moved_on, 1 AS moved, {names} FROM flagged UNION ALL"
        f" SELECT greatest(opened_on, closed_on), -1, {names} FROM flagged WHERE closed_on IS NOT NULL"
    )


def _numbers(line: Line) -> list[tuple[str, str]]:
    """Return the columns of a line and how each comes out of flagged rows."""
    found = {}
    for counted in line.counted:
        what = "sum(moved)" if line.is_stock else "count(*)"
        found[n_of(counted)] = f'COALESCE({what} FILTER (WHERE "is__{counted.name}"), 0)::BIGINT'
    for counted in line.seated:
        bit = f"1::BIGINT << (agent % {SEATS})::INTEGER"
        found[mask_of(counted)] = f'COALESCE(bit_or({bit}) FILTER (WHERE "is__{counted.name}"), 0)::BIGINT'
    for name, (counted, what) in _more(line).items():
        found[name] = f'COALESCE(sum({what}) FILTER (WHERE "is__{counted.name}"), 0)::BIGINT'
    return list(found.items())
