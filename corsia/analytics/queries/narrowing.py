"""Whose rows a question may count and to which it is narrowed, as SQL over rows that are called `d`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from corsia.analytics.permissions import SEE_NUMBERS, SEE_OWN_NUMBERS
from corsia.analytics.rules.metrics import Metric
from corsia.analytics.vocabulary import Dimension
from corsia.kernel.actors import Actor, ActorKind
from corsia.kernel.datasets import Type, datasets
from corsia.kernel.errors import NotAllowed, NotFound
from corsia.organisation.models import Unit
from corsia.organisation.queries import tree

NONE = ""  # the bucket of rows that have no value in a dimension

Value = str | int | bool


class NoNumbers(NotAllowed):
    code = "analytics.no_numbers"
    message = _("Your role does not include numbers in this part of the organisation. Ask the manager of the unit.")


@dataclass(frozen=True)
class Filters:
    """What a question is narrowed to.

    Attributes:
        unit_id: a unit and everything below it; None for all that the person sees.
        values: dimension -> values, any of which a row must have; "" stands for rows without one.
    """

    unit_id: int | None = None
    values: Mapping[Dimension, Sequence[Value]] = field(default_factory=dict)


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


class Statement:
    """Collects parameters in the order in which they stand in the text."""

    def __init__(self) -> None:
        self.parameters: list[Any] = []

    def take(self, value: Any) -> str:
        self.parameters.append(value)
        return f"${len(self.parameters)}"


def within(units: frozenset[int]) -> str:
    """Return that a row is of some units."""
    listed = ", ".join(str(int(unit)) for unit in sorted(units))
    return f"(d.unit_id IN ({listed}))" if listed else "FALSE"


def day_literal(day: date) -> str:
    """Return a day as SQL."""
    return f"DATE '{day.isoformat()}'"


def between(first: date, end: date, day: str = "day") -> str:
    """Return that a day column lies from `first` until the day before `end`."""
    return f"d.{day} >= {day_literal(first)} AND d.{day} < {day_literal(end)}"


def bucket_of(sql: Statement, metric: Metric, by: Dimension | None, filters: Filters, units: frozenset[int]) -> str:
    """Return what rows are told apart by."""
    if by is None:
        return "NULL::VARCHAR"
    if by is Dimension.UNIT:
        below = _unit_below(filters.unit_id, units)
        ids, names = sql.take(list(below)), sql.take([str(one) for one in below.values()])
        return f"map_extract_value(map({ids}::BIGINT[], {names}::VARCHAR[]), d.unit_id)"
    return f"COALESCE(CAST({metric.source.dimensions[by]} AS VARCHAR), '{NONE}')"


def filter_of(sql: Statement, metric: Metric, dimension: Dimension, values: Sequence[Value]) -> str:
    """Return that a row has one of some values in a dimension."""
    if dimension is Dimension.TAG:
        wanted = sql.take([_written(value) for value in values])
        return f"list_has_any(string_split(d.tags, '|'), {wanted}::VARCHAR[])"
    # A list, and a column as it is: DuckDB then passes over what cannot be in it.
    wanted = ", ".join(sql.take(_written(value)) for value in values) or "NULL"
    told = metric.source.dimensions[dimension]
    if told not in _texts(metric.dataset):
        told = f"COALESCE(CAST({told} AS VARCHAR), '{NONE}')"
    return f"({told} IN ({wanted}))"


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


def _texts(dataset: str) -> set[str]:
    """Return the columns of text: they are never null, and need not be made into text."""
    found = next(one for one in datasets() if one.name == dataset)
    return {column.name for column in found.columns if column.type is Type.TEXT}


def _written(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
