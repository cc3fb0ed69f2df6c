"""What contexts publish to the warehouse: named tables with typed columns, in SQL that sees only some rows at a time.

A context has a `datasets.py`; `config/datasets.py` lists them all; `analytics` writes and reads them. A dataset is
built in pieces. Its *key* is what is replaced as a whole: all rows of one case, for instance. Whoever changed one of
the tables that it `follows` names the keys to build anew.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from django.conf import settings
from django.utils.module_loading import import_string

from corsia.kernel.privacy import NOT_PERSONAL, Class, Words

_CHOSEN = re.compile(r"\{in ([\w.]+)\}")
_ZONES = "{zones}"


class Type(StrEnum):
    """What a column holds. Instants are UTC; days are days of the unit's own wall clock."""

    INTEGER = "integer"
    TEXT = "text"
    INSTANT = "instant"
    DAY = "day"
    FLAG = "flag"


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column.

    Attributes:
        meaning: what a row says with it, with its unit where it is a number.
        privacy: whose it is. What erases a customer empties columns that are theirs, see `is_customer`.
        is_customer: holds the number of a customer's record.
    """

    name: str
    type: Type
    meaning: Words
    privacy: Class = NOT_PERSONAL
    is_customer: bool = False


@dataclass(frozen=True, kw_only=True)
class WorkingTime:
    """A column that is counted, not read: whole seconds of working time of the row's unit between two instants."""

    name: str
    start: str
    end: str
    meaning: Words


@dataclass(frozen=True)
class Follow:
    """A table whose changes change the dataset, and how one of its rows leads to the dataset's key.

    Attributes:
        noted_as: the name under which they are noted, where another dataset follows the table by another key.
    """

    table: str
    key: str
    noted_as: str = ""

    @property
    def source(self) -> str:
        return self.noted_as or self.table


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """A table of the warehouse.

    Attributes:
        name: "<context>.<noun>".
        key: the column that is replaced as a whole; a number.
        day: the column that decides in which month a row is stored.
        select: the statement. Wherever rows are chosen it says `{in table.column}` of the key's column; `{zones}`
            stands for a table of (unit_id, zone). It names its columns as `columns` does, and always gives `unit_id`.
        bounds: a statement that gives the lowest and highest key there are.
    """

    name: str
    title: Words
    key: str
    day: str
    columns: Sequence[Column]
    select: str
    bounds: str
    follows: Sequence[Follow]
    counted: Sequence[WorkingTime] = ()

    def __post_init__(self) -> None:
        if not _CHOSEN.search(self.select):
            raise ValueError(f"{self.name} does not say where its rows are chosen: put {{in table.column}} into it.")
        missing = {self.key, self.day, "unit_id"} - {column.name for column in self.columns}
        if missing:
            raise ValueError(f"{self.name} has no column {', '.join(sorted(missing))}.")

    @cached_property
    def by_key(self) -> str:
        """The statement for some keys, given as `%(keys)s`."""
        return self._chosen(r"\1 = ANY(%(keys)s::bigint[])")

    @cached_property
    def by_range(self) -> str:
        """The statement for the keys from `%(first)s` to `%(last)s`."""
        return self._chosen(r"\1 BETWEEN %(first)s AND %(last)s")

    @property
    def customer_columns(self) -> list[str]:
        return [column.name for column in self.columns if column.is_customer]

    def _chosen(self, condition: str) -> str:
        zones = "unnest(%(zone_units)s::bigint[], %(zones)s::text[])"
        return _CHOSEN.sub(condition, self.select).replace(_ZONES, zones)


def datasets() -> Sequence[Dataset]:
    """Return every published dataset: the list in config/datasets.py."""
    found: Sequence[Dataset] = import_string(settings.CORSIA_DATASETS)
    return found
