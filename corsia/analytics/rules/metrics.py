"""A metric: parts put together, with its formula in words. Its expression is Ibis, over the rows that were bound."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from corsia.analytics.rules.parts import AMOUNTS, CONDITIONS, SOURCES, Source
from corsia.analytics.vocabulary import Better, Dimension, Measure, Statistic
from corsia.kernel.datasets import Type, datasets
from corsia.kernel.privacy import Words

if TYPE_CHECKING:
    import ibis

BOUND = "bound"  # the name under which an expression finds its rows
Sets = tuple[tuple[str, ...], ...]  # groupings, each of some columns of `bound`

_OF_ONE_POPULATION = frozenset({Statistic.MEAN, Statistic.MEDIAN, Statistic.P90, Statistic.SCORE})
_OF_AMOUNTS = frozenset({Statistic.SUM, Statistic.MEAN, Statistic.MEDIAN, Statistic.P90, Statistic.RATIO})


class NotAMetric(ValueError):
    """Parts that do not fit together. A mistake of whoever wrote the metric down."""


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One number that managers trust.

    Attributes:
        formula: how it is counted, in a sentence.
        day: the column that puts a row into a period.
        rows: keys of the conditions that all must hold for a row to count.
        amount: key of what is added up, averaged or ordered; "" for counts and shares.
        of: SHARE: key of the condition whose share among the rows it is.
        under: RATIO: key of the amount by whose sum that of `amount` is divided; rows without one of them count as 0.
        minimum_n: with fewer rows the value is not shown, because it would tell nothing.
        about_staff: it says how somebody works; see queries/binding.py for whom it is then shown to.
        is_stock: what there is at the end of the period, not what happened in it.
    """

    key: str
    name: Words
    formula: Words
    dataset: str
    day: str
    statistic: Statistic
    rows: tuple[str, ...] = ()
    amount: str = ""
    of: str = ""
    under: str = ""
    measure: Measure = Measure.COUNT
    better: Better = Better.NEITHER
    minimum_n: int = 0
    about_staff: bool = False
    is_stock: bool = False

    def __post_init__(self) -> None:
        source = self.source
        if self.day not in source.days:
            raise NotAMetric(f"{self.key}: rows of {self.dataset} are put into periods by {source.days}.")
        if bool(self.amount) != (self.statistic in _OF_AMOUNTS or self.statistic is Statistic.SCORE):
            raise NotAMetric(f"{self.key}: {self.statistic} with the amount “{self.amount}”.")
        if bool(self.of) != (self.statistic is Statistic.SHARE):
            raise NotAMetric(f"{self.key}: {self.statistic} with the share of “{self.of}”.")
        if bool(self.under) != (self.statistic is Statistic.RATIO):
            raise NotAMetric(f"{self.key}: {self.statistic} divided by “{self.under}”.")
        used = [CONDITIONS[key].dataset for key in (*self.rows, *([self.of] if self.of else []))]
        used += [AMOUNTS[key].dataset for key in (self.amount, self.under) if key]
        if any(dataset != self.dataset for dataset in used):
            raise NotAMetric(f"{self.key}: a part belongs to another dataset than {self.dataset}.")

    @property
    def source(self) -> Source:
        return SOURCES[self.dataset]

    @property
    def dimensions(self) -> frozenset[Dimension]:
        """What it can be told apart by."""
        return frozenset(self.source.dimensions)

    @property
    def is_of_people(self) -> bool:
        return Dimension.AGENT in self.dimensions

    @property
    def parts(self) -> "Parts":
        return Parts(self.dataset, self.statistic, self.rows, self.amount, self.of, self.under)


@dataclass(frozen=True)
class Parts:
    """What decides a metric's statement, without its words."""

    dataset: str
    statistic: Statistic
    rows: tuple[str, ...]
    amount: str
    of: str
    under: str = ""


@lru_cache(maxsize=1024)
def statement(parts: Parts, sets: Sets = ((),), *, with_people: bool = True) -> str:
    """Return the SQL of a metric over the table `bound`, compiled once.

    Args:
        sets: the groupings that are asked for, each a few columns of `bound`; all come from one reading of the rows.

    Returns:
        A SELECT of the columns of all groupings (null where a line is not told apart by it), `n`, `value` (null where
        there is none) and, if asked for, `people` and `others`: how many people's work is in it that no agreement
        covers, with and without whoever asks; then `populations`, where rows may be of several.
    """
    import ibis

    groups = columns_of(sets)
    sql = str(ibis.to_sql(expression(parts, groups, with_people=with_people), dialect="duckdb"))
    if len(sets) == 1:
        return sql
    head, mark, places = sql.rpartition("GROUP BY")
    if not mark or re.sub(r"\s", "", places) != ",".join(str(place + 1) for place in range(len(groups))):
        raise RuntimeError(f"Ibis groups otherwise than expected: {sql}")
    return head + grouping(sets)


def columns_of(sets: Sets) -> tuple[str, ...]:
    """Return the columns of groupings, in the order in which a statement gives them."""
    return tuple(dict.fromkeys(name for one in sets for name in one))


def grouping(sets: Sets) -> str:
    """Return the GROUP BY of groupings."""
    listed = ", ".join(f"({', '.join(one)})" for one in sets)
    return f"GROUP BY GROUPING SETS ({listed})"


@lru_cache(maxsize=256)
def rows_statement(parts: Parts, leads_to: str) -> str:
    """Return the SQL of the rows behind a metric: `leads_to`, and `amount` and `under`, the row's own."""
    import ibis

    rows = _counted(parts)
    amounts = {
        name: AMOUNTS[key].of(rows).cast("int64") if key else ibis.literal(0, "int64")
        for name, key in (("amount", parts.amount), ("under", parts.under))
    }
    return str(ibis.to_sql(rows.select(leads_to=rows[leads_to], **amounts), dialect="duckdb"))


def expression(parts: Parts, groups: tuple[str, ...], *, with_people: bool = True) -> "ibis.expr.types.Table":
    """Return a metric as an Ibis expression over the table `bound`."""
    rows = _counted(parts)
    numbers = _numbers(parts, rows)
    if with_people:
        numbers |= {"people": rows.exposed.nunique(), "others": rows.exposed_others.nunique()}
        population = SOURCES[parts.dataset].population
        if population and parts.statistic in _OF_ONE_POPULATION:
            numbers["populations"] = rows[population].nunique()
    return rows.group_by(list(groups)).aggregate(**numbers) if groups else rows.aggregate(**numbers)


def _counted(parts: Parts) -> "ibis.expr.types.Table":
    rows = table_of(parts.dataset)
    for key in parts.rows:
        rows = rows.filter(CONDITIONS[key].holds(rows))
    if parts.amount and not parts.under:
        rows = rows.filter(AMOUNTS[parts.amount].of(rows).notnull())
    return rows


def _numbers(parts: Parts, rows: "ibis.expr.types.Table") -> dict[str, Any]:
    n = rows.count()
    if parts.statistic is Statistic.COUNT:
        return {"n": n, "value": n.cast("float64")}
    if parts.statistic is Statistic.SHARE:
        having = CONDITIONS[parts.of].holds(rows).cast("int64").sum()
        return {"n": n, "value": (having / n).cast("float64")}
    amount = AMOUNTS[parts.amount].of(rows).cast("int64")
    if parts.statistic is Statistic.RATIO:
        under = AMOUNTS[parts.under].of(rows).cast("int64").sum().fill_null(0)
        return {"n": n, "value": (amount.sum().fill_null(0) / under.nullif(0)).cast("float64")}
    if parts.statistic is Statistic.SCORE:
        good, bad = (amount >= 9).cast("int64").sum(), (amount <= 6).cast("int64").sum()
        return {"n": n, "value": ((good - bad) * 100 / n).cast("float64")}
    return {"n": n, "value": _statistic(parts.statistic, amount).cast("float64")}


def _statistic(statistic: Statistic, amount: Any) -> Any:
    match statistic:
        case Statistic.SUM:
            return amount.sum()
        case Statistic.MEAN:
            return amount.mean()
        case Statistic.MEDIAN:
            return amount.median()
        case _:
            return _quantile_disc()(amount, 0.9)


@lru_cache(maxsize=1)
def _quantile_disc() -> Any:
    """The smallest value that a share of all values does not exceed: one that occurred, which Ibis does not offer."""
    import ibis

    @ibis.udf.agg.builtin(name="quantile_disc", signature=(("int64", "float64"), "int64"))
    def quantile_disc(amount, share):  # type: ignore[no-untyped-def]
        ...

    return quantile_disc


_IBIS = {
    Type.INTEGER: "int64",
    Type.TEXT: "string",
    Type.INSTANT: "timestamp(6)",
    Type.DAY: "date",
    Type.FLAG: "boolean",
}


@lru_cache(maxsize=64)
def table_of(name: str, called: str = BOUND) -> "ibis.expr.types.Table":
    """Return the rows of a dataset as expressions see them; bound ones have the columns that binding adds."""
    import ibis

    dataset = next(one for one in datasets() if one.name == name)
    columns = {column.name: _IBIS[column.type] for column in dataset.columns}
    columns |= {counted.name: "int64" for counted in dataset.counted}
    if called == BOUND:
        columns |= dict.fromkeys(("bucket", "other"), "string")
        columns |= {"span": "boolean", "step": "date", "as_of": "date"}
        columns |= dict.fromkeys(("exposed", "exposed_others"), "int64")
    return ibis.table(columns, name=called)
