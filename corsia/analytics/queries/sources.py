"""The files of the warehouse as what stands after FROM."""

from collections.abc import Sequence

from corsia.analytics.queries.engine import quoted
from corsia.analytics.queries.manifest import Part, home
from corsia.analytics.rules.tallies import TOLD, tally_columns
from corsia.kernel.datasets import Dataset, Type

_DUCKDB = {
    Type.INTEGER: "BIGINT",
    Type.TEXT: "VARCHAR",
    Type.INSTANT: "TIMESTAMP",
    Type.DAY: "DATE",
    Type.FLAG: "BOOLEAN",
}


def rows_of(dataset: Dataset, parts: Sequence[Part]) -> str:
    """Return the rows of some months."""
    if parts:
        listed = ", ".join(quoted(str(home() / part.file)) for part in parts)
        return f"read_parquet([{listed}])"
    columns = [f"NULL::{_DUCKDB[column.type]} AS {column.name}" for column in dataset.columns]
    columns += [f"NULL::BIGINT AS {counted.name}" for counted in dataset.counted]
    return f"(SELECT {', '.join(columns)} WHERE FALSE)"


def tallied_of(dataset: str, files: Sequence[str]) -> str:
    """Return what was counted beforehand in some files."""
    if files:
        return f"read_parquet([{', '.join(quoted(str(home() / file)) for file in files)}])"
    types = dict.fromkeys(TOLD[dataset], "VARCHAR") | {"kind": "INTEGER", "day": "DATE", "is_complaint": "BOOLEAN"}
    columns = [f'NULL::{types.get(name, "BIGINT")} AS "{name}"' for name in tally_columns(dataset)]
    return f"(SELECT {', '.join(columns)} WHERE FALSE)"
