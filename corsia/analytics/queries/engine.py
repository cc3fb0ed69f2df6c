"""DuckDB, set up alike for whoever writes and whoever reads the warehouse."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from corsia.analytics.queries.manifest import home

if TYPE_CHECKING:
    import duckdb


def connect(*, is_reader: bool = False) -> "duckdb.DuckDBPyConnection":
    """Return a fresh engine that keeps to its memory and processors, and reads no file outside the warehouse.

    Args:
        is_reader: it reads the same files again and again, and gives rows in any order but the one asked for.
    """
    import duckdb  # only who asks for numbers pays for the engine

    folder = home()
    engine = duckdb.connect(":memory:")
    engine.execute("SET threads = ?", [settings.WAREHOUSE_THREADS])
    engine.execute("SET memory_limit = ?", [settings.WAREHOUSE_MEMORY])
    engine.execute("SET temp_directory = ?", [str(folder / "tmp")])
    if is_reader:
        engine.execute("SET parquet_metadata_cache = true")
        engine.execute("SET preserve_insertion_order = false")
    engine.execute("SET autoinstall_known_extensions = false")
    engine.execute("SET autoload_known_extensions = false")
    engine.execute("SET allowed_directories = ?", [[str(folder)]])
    engine.execute("SET enable_external_access = false")
    engine.execute("SET lock_configuration = true")
    return engine


@cache
def _shared(folder: Path) -> "duckdb.DuckDBPyConnection":
    return connect(is_reader=True)


def reader() -> "duckdb.DuckDBPyConnection":
    """Return a cursor of the process's one reading engine; each thread takes its own."""
    return _shared(home()).cursor()


def quoted(text: str) -> str:
    """Return a text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"
