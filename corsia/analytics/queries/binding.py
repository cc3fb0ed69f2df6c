"""THE place where it is decided which rows a person's question may count, and what of the answer they may see.

Everything that reads the warehouse for somebody goes through `bind`. It fails closed: without a person, or without a
unit in which they may see numbers, there is no answer.

- **Units.** Rows of the units in which the person holds the right to see numbers, narrowed to the unit they chose and
  everything below it. Totals are totals of those rows.
- **Single persons** (reliability I7). Figures of a person are shown to themselves, and to others only for rows of units
  in which an agreement with the staff holds that day.
- **Small groups.** Where a metric says how people work and no agreement holds, a group of fewer than five people is not
  shown: its figure would be almost that of one person.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from corsia.analytics.permissions import SEE_NUMBERS, SEE_OWN_NUMBERS
from corsia.analytics.queries.engine import quoted
from corsia.analytics.queries.manifest import Manifest, Part, home
from corsia.analytics.rules.metrics import BOUND, Metric
from corsia.analytics.rules.periods import Period
from corsia.analytics.vocabulary import Dimension, Step
from corsia.kernel.actors import Actor, ActorKind
from corsia.kernel.datasets import Dataset, Type, datasets
from corsia.kernel.errors import Invalid, NotAllowed, NotFound, Refused
from corsia.organisation.models import Unit
from corsia.organisation.queries import tree
from corsia.organisation.queries.agreements import units_under_agreement

FEWEST_PEOPLE = 5
NONE = ""  # the bucket of rows that have no value in a dimension

Value = str | int | bool


class NoNumbers(NotAllowed):
    code = "analytics.no_numbers"
    message = _("Your role does not include numbers in this part of the organisation. Ask the manager of the unit.")


class NoAgreement(Refused):
    code = "analytics.no_agreement"
    message = _(
        "Figures of single persons need an agreement with the staff (Art. 4, law 300/1970) that holds for their unit. "
        "An administrator records it under Organisation, Agreements. Your own figures you always see."
    )


class NotADimension(Invalid):
    code = "analytics.not_a_dimension"
    message = _("“%(metric)s” cannot be told apart by “%(dimension)s”. Choose one of those offered.")


@dataclass(frozen=True)
class Filters:
    """What a question is narrowed to.

    Attributes:
        unit_id: a unit and everything below it; None for all that the person sees.
        values: dimension -> values, any of which a row must have; "" stands for rows without one.
    """

    unit_id: int | None = None
    values: Mapping[Dimension, Sequence[Value]] = field(default_factory=dict)


@dataclass(frozen=True)
class Bound:
    """Rows that may be counted, as SQL that defines the table `bound`.

    Attributes:
        withheld: rows of other people's were left out for want of an agreement.
        guards_groups: groups of fewer than five people must not be shown.
    """

    sql: str
    parameters: Sequence[Any]
    withheld: bool = False
    guards_groups: bool = False


def bind(
    metric: Metric,
    *,
    manifest: Manifest,
    period: Period,
    filters: Filters,
    actor: Actor,
    today: date,
    by: Dimension | None = None,
    step: Step | None = None,
    ends: Sequence[date] = (),
) -> Bound:
    """Choose the rows of a question.

    Args:
        by: what `bucket` holds.
        step: what `step` holds; of a stock, `ends` are the days at whose beginning it is counted.

    Raises:
        NoNumbers: the actor may see no numbers here.
        NotFound: the chosen unit is not among theirs.
        NoAgreement: the question names other persons, and no agreement holds.
        NotADimension: the metric does not know a dimension.
    """
    units = visible_units(actor, filters, own_only=_asks_only_oneself(metric, filters, actor))
    covered = units_under_agreement(today=today) & units
    for dimension in (*filters.values, *([by] if by else [])):
        if dimension not in metric.dimensions:
            raise NotADimension(metric=str(metric.name), dimension=str(Dimension(dimension).label))
    dataset = next(one for one in datasets() if one.name == metric.dataset)
    sql = _Statement()
    agent = metric.source.agent
    is_per_person = by is Dimension.AGENT or Dimension.AGENT in filters.values
    others = [one for one in filters.values.get(Dimension.AGENT, ()) if one != actor.id]
    if others and not covered:
        raise NoAgreement

    columns = ["d.*", f"{_bucket(sql, metric, by, filters, units)} AS bucket"]
    columns.append(f"{_step(metric, step)} AS step")
    is_stock = metric.is_stock
    columns.append("s.as_of" if is_stock else f"CAST({sql.take(period.end)} AS DATE) AS as_of")
    if agent and metric.about_staff and covered != units:
        exposed = f"CASE WHEN NOT {_within(sql, covered)} THEN d.{agent} END" if covered else f"d.{agent}"
        columns += [f"{exposed} AS exposed", f"NULLIF({exposed}, {sql.take(actor.id)}::BIGINT) AS exposed_others"]
    else:
        columns += ["NULL::BIGINT AS exposed", "NULL::BIGINT AS exposed_others"]

    wheres: list[str] = []
    source = _rows(dataset, _files(metric, manifest, dataset, period))
    if is_stock:
        counted_on = [*(ends or [period.end])]
        # What was closed before the first of these days is left out first: the join then sees hardly more than is open.
        there = f"(SELECT * FROM {source} WHERE COALESCE(closed_on, DATE '9999-12-31') >= {sql.take(min(counted_on))})"
        source = (
            f"{there} d JOIN (SELECT unnest({sql.take(counted_on)}::DATE[]) AS as_of) s"
            " ON d.opened_on < s.as_of AND COALESCE(d.closed_on, DATE '9999-12-31') >= s.as_of"
        )
    else:
        source = f"{source} d"
        wheres.append(f"d.{metric.day} >= {sql.take(period.first)} AND d.{metric.day} < {sql.take(period.end)}")
    wheres.append(_within(sql, units))
    wheres += [_filter(sql, metric, dimension, values) for dimension, values in filters.values.items()]
    if is_per_person:
        wheres.append(f"({_within(sql, covered)} OR d.{agent} = {sql.take(actor.id)}::BIGINT)")
    text = f"{BOUND} AS (SELECT {', '.join(columns)} FROM {source} WHERE {' AND '.join(wheres)})"
    return Bound(
        sql=text,
        parameters=sql.parameters,
        withheld=is_per_person and covered != units and (by is Dimension.AGENT or bool(others)),
        guards_groups=bool(agent) and metric.about_staff and not is_per_person and covered != units,
    )


def visible_units(actor: Actor, filters: Filters, *, own_only: bool = False) -> frozenset[int]:
    """Return the units whose rows a question may count.

    Raises:
        NoNumbers: none at all.
        NotFound: the chosen unit is not among them.
    """
    if actor.kind is not ActorKind.PERSON or actor.id is None:
        raise NoNumbers
    units = actor.units_with(SEE_NUMBERS.roles)
    if own_only:
        units |= actor.units_with(SEE_OWN_NUMBERS.roles)
    if not units:
        raise NoNumbers
    if filters.unit_id is None:
        return units
    chosen = tree().units.get(filters.unit_id)
    if chosen is None:
        raise NotFound(kind=Unit._meta.label)
    below = frozenset(unit.pk for unit in tree().units.values() if unit.path.startswith(chosen.path))
    if not below & units:
        raise NotFound(kind=Unit._meta.label)
    return below & units


def _asks_only_oneself(metric: Metric, filters: Filters, actor: Actor) -> bool:
    asked = filters.values.get(Dimension.AGENT)
    return bool(metric.is_of_people and asked and all(one == actor.id for one in asked))


class _Statement:
    """Collects parameters in the order in which they stand in the text."""

    def __init__(self) -> None:
        self.parameters: list[Any] = []

    def take(self, value: Any) -> str:
        self.parameters.append(value)
        return f"${len(self.parameters)}"


def _within(sql: _Statement, units: frozenset[int]) -> str:
    return f"(d.unit_id IN (SELECT unnest({sql.take(sorted(units))}::BIGINT[])))"


def _bucket(sql: _Statement, metric: Metric, by: Dimension | None, filters: Filters, units: frozenset[int]) -> str:
    if by is None:
        return "NULL::VARCHAR"
    if by is Dimension.UNIT:
        below = _unit_below(filters.unit_id, units)
        ids, names = sql.take(list(below)), sql.take([str(one) for one in below.values()])
        return f"map_extract_value(map({ids}::BIGINT[], {names}::VARCHAR[]), d.unit_id)"
    return f"COALESCE(CAST({metric.source.dimensions[by]} AS VARCHAR), '{NONE}')"


def _unit_below(chosen_id: int | None, units: frozenset[int]) -> dict[int, int]:
    """Return for each unit the one it belongs to a level below the chosen unit, or below all that are seen."""
    organisation = tree()
    if chosen_id is None:
        tops = [one for one in units if not set(organisation.unit(one).ancestor_ids) & units]
        chosen_id = tops[0] if len(tops) == 1 else None
    found = {}
    for one in units:
        chain = [*organisation.unit(one).ancestor_ids, one]
        if chosen_id is None:
            found[one] = next(unit for unit in chain if unit in units)
        else:
            place = chain.index(chosen_id)
            found[one] = chain[min(place + 1, len(chain) - 1)]
    return found


def _step(metric: Metric, step: Step | None) -> str:
    if step is None:
        return "NULL::DATE"
    if metric.is_stock:
        return "s.as_of"
    return f"CAST(date_trunc('{Step(step).value}', d.{metric.day}) AS DATE)"


def _filter(sql: _Statement, metric: Metric, dimension: Dimension, values: Sequence[Value]) -> str:
    wanted = sql.take([_written(value) for value in values])
    if dimension is Dimension.TAG:
        return f"list_has_any(string_split(d.tags, '|'), {wanted}::VARCHAR[])"
    told = f"COALESCE(CAST({metric.source.dimensions[dimension]} AS VARCHAR), '{NONE}')"
    return f"({told} IN (SELECT unnest({wanted}::VARCHAR[])))"


def _written(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _files(metric: Metric, manifest: Manifest, dataset: Dataset, period: Period) -> list[Part]:
    """Return the months that can hold rows of the period: nothing ends before it begins."""
    shelf = manifest.shelves.get(dataset.name)
    if shelf is None:
        return []
    is_by_files = metric.day == dataset.day and not metric.is_stock
    first, last = f"{period.first:%Y-%m}", f"{period.last:%Y-%m}"
    return [part for month, part in shelf.parts.items() if (not is_by_files or month >= first) and month <= last]


_DUCKDB = {
    Type.INTEGER: "BIGINT",
    Type.TEXT: "VARCHAR",
    Type.INSTANT: "TIMESTAMP",
    Type.DAY: "DATE",
    Type.FLAG: "BOOLEAN",
}


def _rows(dataset: Dataset, parts: Sequence[Part]) -> str:
    if parts:
        listed = ", ".join(quoted(str(home() / part.file)) for part in parts)
        return f"read_parquet([{listed}])"
    columns = [f"NULL::{_DUCKDB[column.type]} AS {column.name}" for column in dataset.columns]
    columns += [f"NULL::BIGINT AS {counted.name}" for counted in dataset.counted]
    return f"(SELECT {', '.join(columns)} WHERE FALSE)"
