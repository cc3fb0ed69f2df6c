"""Rows of a dataset on their way out of PostgreSQL: read with COPY, typed, their working time counted."""

import io
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from django.db import connection
from pyarrow import csv

from corsia.analytics.rules.open_time import OpenTime
from corsia.kernel.datasets import Dataset, Type
from corsia.organisation.queries import tree
from corsia.organisation.working_time import WorkingHours

KEYS_AT_ONCE = 100_000

_READ_AS = {
    Type.INTEGER: pa.int64(),
    Type.TEXT: pa.string(),
    Type.INSTANT: pa.int64(),
    Type.DAY: pa.date32(),
    Type.FLAG: pa.bool_(),
}
STORED_AS = {**_READ_AS, Type.INSTANT: pa.timestamp("us")}


def stored_schema(dataset: Dataset) -> pa.Schema:
    """Return the columns of a dataset's files."""
    fields = [pa.field(column.name, STORED_AS[column.type]) for column in dataset.columns]
    return pa.schema([*fields, *(pa.field(counted.name, pa.int64()) for counted in dataset.counted)])


def rows_of_keys(dataset: Dataset, keys: Sequence[int]) -> Iterator[pa.Table]:
    """Yield the rows of some keys as they are now, in pieces of bounded size."""
    for start in range(0, len(keys), KEYS_AT_ONCE):
        yield _read(dataset, dataset.by_key, {"keys": list(keys[start : start + KEYS_AT_ONCE])})


def all_rows(dataset: Dataset) -> Iterator[pa.Table]:
    """Yield every row there is, in pieces of bounded size."""
    with connection.cursor() as cursor:
        cursor.execute(dataset.bounds)
        first, last = cursor.fetchone()
    if first is None:
        return
    for start in range(first, last + 1, KEYS_AT_ONCE):
        piece = _read(dataset, dataset.by_range, {"first": start, "last": min(last, start + KEYS_AT_ONCE - 1)})
        if piece.num_rows:
            yield piece


def _read(dataset: Dataset, select: str, parameters: dict[str, Any]) -> pa.Table:
    organisation = tree()
    units = sorted(organisation.units)
    parameters |= {"zone_units": units, "zones": [organisation.time_zone_name(unit) for unit in units]}
    listed = ", ".join(_as_text(column.name, column.type) for column in dataset.columns)
    taken = io.BytesIO()
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY (SELECT {listed} FROM ({select}) AS d) TO STDOUT (FORMAT csv)", parameters) as rows,
    ):
        for block in rows:
            taken.write(block)
    return _counted(dataset, _parsed(dataset, taken))


def _as_text(name: str, kind: Type) -> str:
    if kind is Type.INSTANT:
        return f"(extract(epoch FROM d.{name}) * 1000000)::bigint"
    return f"d.{name}::bigint" if kind is Type.INTEGER else f"d.{name}"


def _parsed(dataset: Dataset, taken: io.BytesIO) -> pa.Table:
    types = {column.name: _READ_AS[column.type] for column in dataset.columns}
    if not taken.tell():
        return pa.schema(list(types.items())).empty_table()
    taken.seek(0)
    return csv.read_csv(
        taken,
        read_options=csv.ReadOptions(column_names=list(types)),
        parse_options=csv.ParseOptions(newlines_in_values=True),
        convert_options=csv.ConvertOptions(
            column_types=types,
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            true_values=["t"],
            false_values=["f"],
        ),
    )


def _counted(dataset: Dataset, rows: pa.Table) -> pa.Table:
    for counted in dataset.counted:
        seconds = _working_seconds(rows, counted.start, counted.end)
        rows = rows.append_column(counted.name, seconds)
    return rows.cast(stored_schema(dataset))


def _working_seconds(rows: pa.Table, start: str, end: str) -> pa.Array:
    """Return the working time of each row's unit between two of its instants; null where one of them is."""
    known = np.array(rows[start].is_valid()) & np.array(rows[end].is_valid())
    starts = rows[start].fill_null(0).to_numpy()
    ends = rows[end].fill_null(0).to_numpy()
    units = rows["unit_id"].to_numpy()
    seconds = np.zeros(len(units), dtype=np.int64)
    for hours, members in _units_by_hours(units).items():
        mine = known & np.isin(units, members)
        if mine.any():
            open_time = OpenTime.of(hours, first=int(starts[mine].min()), last=int(ends[mine].max()))
            seconds[mine] = open_time.seconds_between(starts[mine], ends[mine])
    return pa.array(seconds, mask=~known)


def _units_by_hours(units: Any) -> dict[WorkingHours, list[int]]:
    organisation = tree()
    found: dict[WorkingHours, list[int]] = {}
    for unit in np.unique(units):
        found.setdefault(organisation.hours(int(unit)), []).append(int(unit))
    return found
