"""What a part of a metric is: an amount, a condition on rows, a dataset as metrics see it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from corsia.analytics.vocabulary import Dimension, Measure
from corsia.kernel.privacy import Words

if TYPE_CHECKING:
    import ibis

# Ibis has no types of its own for what a table's attributes are.
Rows = Any


@dataclass(frozen=True, kw_only=True)
class Amount:
    """A number that each row of a dataset may have."""

    key: str
    dataset: str
    name: Words
    measure: Measure
    of: "Callable[[Rows], ibis.expr.types.NumericValue]"


@dataclass(frozen=True, kw_only=True)
class Condition:
    """Something that is so of a row, or not; never unknown."""

    key: str
    dataset: str
    name: Words
    holds: "Callable[[Rows], ibis.expr.types.BooleanValue]"


@dataclass(frozen=True, kw_only=True)
class Source:
    """A dataset as metrics see it.

    Attributes:
        days: columns that can put a row into a period, the first being the one its files are sorted by.
        agent: the column with the person whose work it is; "" where it is nobody's.
        case: the column that leads to a case; "" where none does.
        order: the column that leads to a work order; "" where none does.
        dimensions: what its rows can be told apart by, each as SQL over its columns.
        population: a column of which rows with several values are several populations: they can be counted together,
            a score of them says nothing.
    """

    dataset: str
    name: Words
    days: tuple[str, ...]
    agent: str
    dimensions: Mapping[Dimension, str]
    case: str = "case_id"
    order: str = ""
    population: str = ""


def amount(key: str, dataset: str, name: Words, measure: Measure, of: Callable[[Rows], Any]) -> Amount:
    return Amount(key=key, dataset=dataset, name=name, measure=measure, of=of)


def condition(key: str, dataset: str, name: Words, holds: Callable[[Rows], Any]) -> Condition:
    return Condition(key=key, dataset=dataset, name=name, holds=holds)
