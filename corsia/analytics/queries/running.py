"""Ask DuckDB: bound rows, a compiled statement, an answer that is kept until the warehouse changes."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from threading import Lock
from typing import Any

from corsia.analytics.queries.binding import Bound
from corsia.analytics.queries.engine import reader
from corsia.analytics.queries.manifest import Manifest, read_manifest

_KEPT = 2_000

Answer = Callable[[], list[tuple[Any, ...]]]
Through = Callable[[dict[str, Any]], list[tuple[Any, ...]]]

_answers: OrderedDict[tuple[Any, ...], list[tuple[Any, ...]]] = OrderedDict()
_lock = Lock()


def run(manifest: Manifest, bound: Bound, statement: str) -> list[tuple[Any, ...]]:
    """Return the rows of a statement over the table `bound`.

    The same question to the same files is answered once per process: files never change under their name.
    """
    sql = f"WITH {bound.sql}" + _after_with(statement)
    return _kept(manifest, sql, bound.parameters, lambda: _fetched(sql, bound.parameters))


def run_through(
    manifest: Manifest, bound: Bound, statement: str, *, through: Through, told: Hashable
) -> list[tuple[Any, ...]]:
    """Return what comes out of the columns of a statement's rows, which may be many.

    Args:
        told: what `through` depends on besides its columns.
    """
    sql = f"WITH {bound.sql}" + _after_with(statement)
    return _kept(manifest, (sql, told), bound.parameters, lambda: through(_columns(sql, bound.parameters)))


def _kept(manifest: Manifest, asked: Hashable, parameters: Sequence[Any], answer: Answer) -> list[tuple[Any, ...]]:
    key = (manifest.build, manifest.generation, asked, repr(parameters))
    with _lock:
        if key in _answers:
            _answers.move_to_end(key)
            return _answers[key]
    rows = answer()
    with _lock:
        _answers[key] = rows
        while len(_answers) > _KEPT:
            _answers.popitem(last=False)
    return rows


def forget() -> None:
    """Drop the kept answers: for measuring."""
    with _lock:
        _answers.clear()


def manifest_in_force() -> Manifest | None:
    """Return what the warehouse consists of; None while it was never built."""
    return read_manifest()


def _fetched(sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    with reader() as engine:
        return list(engine.execute(sql, list(parameters)).fetchall())


def _columns(sql: str, parameters: Sequence[Any]) -> dict[str, Any]:
    with reader() as engine:
        return dict(engine.execute(sql, list(parameters)).fetchnumpy())


def _after_with(statement: str) -> str:
    return f", {statement[5:]}" if statement[:5].upper() == "WITH " else f" {statement}"
