"""The files of the warehouse: one Parquet file a month and dataset, never changed, only replaced."""

import hashlib
import os
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from corsia.analytics.queries.engine import connect, quoted
from corsia.analytics.queries.manifest import Part, Shelf, home, sync_folder
from corsia.analytics.rules.tallies import days_statement, lines, rolled_statement
from corsia.analytics.services.source import all_rows, rows_of_keys, stored_schema
from corsia.analytics.vocabulary import Step
from corsia.kernel.datasets import Dataset

if TYPE_CHECKING:
    import duckdb

_STAGING = "tmp"
_SMALL_GROUPS = ", ROW_GROUP_SIZE 40960"  # so that a question about one unit reads little
_MONTH = "strftime({day}, '%Y-%m')"


def tallied_as(dataset: Dataset) -> str:
    """Return a hash that changes with whatever is counted beforehand of a dataset's rows."""
    if not lines(dataset.name):
        return ""
    said = [days_statement(dataset.name, "rows"), _SMALL_GROUPS]
    said += [rolled_statement(dataset.name, step, "days") for step in (Step.WEEK, Step.MONTH)]
    return hashlib.sha256("\n".join(said).encode()).hexdigest()[:16]


class Storing:
    """One refresh at work on the files; what it writes takes effect with the manifest."""

    def __init__(self, *, erased: Sequence[int]) -> None:
        self._erased = erased
        self._staging = home() / _STAGING / uuid.uuid4().hex
        self._staged = 0

    @cached_property
    def _engine(self) -> "duckdb.DuckDBPyConnection":
        engine = connect()
        self._list(engine, "erased", self._erased)
        return engine

    def from_nothing(self, dataset: Dataset, shape: str) -> Shelf:
        """Write every row that the dataset has now."""
        shelf = Shelf(shape=shape, tallied=tallied_as(dataset))
        return self._laid_out(dataset, shelf, all_rows(dataset), months=set())

    def tallied_anew(self, dataset: Dataset, shelf: Shelf) -> Shelf:
        """Count the rows there are beforehand again, because something else is to be counted."""
        parts = {month: self.tallied(dataset, part) for month, part in shelf.parts.items()}
        return replace(shelf, tallied=tallied_as(dataset), parts=parts)

    def tallied(self, dataset: Dataset, part: Part) -> Part:
        """Count the rows of a month beforehand, where its dataset is one of those."""
        if not lines(dataset.name):
            return part
        stem = f"{part.file.removesuffix('.parquet')}.{uuid.uuid4().hex[:8]}"
        days, weeks, months = (f"{stem}.{step}.parquet" for step in ("days", "weeks", "months"))
        self._put(days_statement(dataset.name, _files(self._paths([part.file]))), days, _SMALL_GROUPS)
        for step, file in ((Step.WEEK, weeks), (Step.MONTH, months)):
            self._put(rolled_statement(dataset.name, step, _files(self._paths([days]))), file)
        ((last,),) = self._engine.execute(f"SELECT max(day) FROM {_files(self._paths([days]))}").fetchall()
        last = last.isoformat() if last else ""
        return replace(part, days=days, weeks=weeks, months=months, last=last)

    def with_changes(
        self, dataset: Dataset, shelf: Shelf, *, keys: Sequence[int], newly_erased: Sequence[int]
    ) -> Shelf:
        """Write the months anew in which some keys have or had rows, or that name somebody who was erased."""
        columns = dataset.customer_columns if newly_erased else []
        if not keys and not columns:
            return shelf
        self._list(self._engine, "keys", keys)
        self._list(self._engine, "newly_erased", newly_erased)
        months: set[str] = set()
        if shelf.parts:
            wanted = [f"{dataset.key} IN (SELECT id FROM keys)"]
            wanted += [f"{column} IN (SELECT id FROM newly_erased)" for column in columns]
            months = self._months(dataset, self._paths(part.file for part in shelf.parts.values()), " OR ".join(wanted))
        return self._laid_out(dataset, shelf, rows_of_keys(dataset, keys), months=months)

    def sweep(self, *, keep: set[str]) -> None:
        """Delete files that neither the manifest in force nor the one before it names."""
        for path in home().glob("*/*.parquet*"):
            if path.relative_to(home()).as_posix() not in keep:
                path.unlink(missing_ok=True)
        for path in sorted((home() / _STAGING).rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink(missing_ok=True)

    def _laid_out(self, dataset: Dataset, shelf: Shelf, pieces: Iterable[pa.Table], *, months: set[str]) -> Shelf:
        staged = [self._stage(piece) for piece in pieces if piece.num_rows]
        if staged:
            months = months | self._months(dataset, staged, "TRUE")
        parts = dict(shelf.parts)
        for month in sorted(months):
            part = self._write(dataset, month, parts.get(month), staged)
            parts.pop(month, None)
            if part.rows:
                parts[month] = part
            else:
                (home() / part.file).unlink()
        for path in staged:
            Path(path).unlink()
        return replace(shelf, parts=dict(sorted(parts.items())))

    def _write(self, dataset: Dataset, month: str, old: Part | None, staged: Sequence[str]) -> Part:
        shown = [
            f"CASE WHEN {name} IN (SELECT id FROM erased) THEN NULL ELSE {name} END AS {name}"
            if name in dataset.customer_columns
            else name
            for name in stored_schema(dataset).names
        ]
        sources = []
        if old is not None:
            kept = f"WHERE {dataset.key} NOT IN (SELECT id FROM keys)"
            sources.append(f"SELECT * FROM {_files(self._paths([old.file]))} {kept}")
        if staged:
            of_month = f"WHERE {_MONTH.format(day=dataset.day)} = {quoted(month)}"
            sources.append(f"SELECT * FROM {_files(staged)} {of_month}")
        rows = " UNION ALL BY NAME ".join(sources)
        file = f"{dataset.name}/{month}.{uuid.uuid4().hex}.parquet"
        self._put(f"SELECT {', '.join(shown)} FROM ({rows}) ORDER BY {dataset.day}, unit_id, {dataset.key}", file)
        count = pq.read_metadata(home() / file).num_rows
        part = Part(file=file, rows=count)
        return self.tallied(dataset, part) if count else part

    def _put(self, statement: str, file: str, more: str = "") -> None:
        """Write what a statement gives under a new name, which is there as a whole or not at all."""
        target = home() / file
        beside = target.with_suffix(".parquet.part")
        target.parent.mkdir(exist_ok=True)
        self._engine.execute(f"COPY ({statement}) TO {quoted(str(beside))} (FORMAT parquet, COMPRESSION zstd{more})")
        with beside.open("rb") as written:
            os.fsync(written.fileno())
        beside.rename(target)
        sync_folder(target.parent)

    def _stage(self, piece: pa.Table) -> str:
        self._staging.mkdir(parents=True, exist_ok=True)
        self._staged += 1
        path = str(self._staging / f"{self._staged}.parquet")
        pq.write_table(piece, path, compression="lz4")
        return path

    def _months(self, dataset: Dataset, files: Sequence[str], condition: str) -> set[str]:
        month = _MONTH.format(day=dataset.day)
        found = self._engine.execute(f"SELECT DISTINCT {month} FROM {_files(files)} WHERE {condition}").fetchall()
        return {row[0] for row in found}

    def _paths(self, files: Iterable[str]) -> list[str]:
        return [str(home() / file) for file in files]

    @staticmethod
    def _list(engine: "duckdb.DuckDBPyConnection", name: str, ids: Sequence[int]) -> None:
        engine.register("ids_given", pa.table({"id": pa.array(ids, pa.int64())}))
        engine.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT id FROM ids_given")
        engine.unregister("ids_given")


def _files(paths: Sequence[str]) -> str:
    return f"read_parquet([{', '.join(quoted(path) for path in paths)}])"
