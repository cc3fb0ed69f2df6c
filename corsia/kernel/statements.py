"""Pages people open all day read their rows with SQL of their own, within the scope.

Thirty rows of eight tables take the database a few milliseconds; building that query from model methods, compiling it
and making the models takes several times as long, at every request. A `Statement` is text that is prepared once.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection

from corsia.kernel.scope import current_scope

_WITHIN = "{within}"


@dataclass(frozen=True)
class Statement:
    """A SELECT that sees only rows of the scope.

    Attributes:
        sql: with psycopg's %(name)s, and `{within}` wherever rows of `column`'s table are chosen.
        column: the unit's column, with its alias: "c.unit_id".
        is_shared: the rows are shared with everything below their unit (customers, vehicles, processes).
        is_report: it reads so many rows that it is planned for its own parameters each time. A plan for any parameters
            takes a hundred thousand rows for a handful, and two to three times as long.
    """

    sql: str
    column: str
    is_shared: bool = False
    is_report: bool = False

    def __post_init__(self) -> None:
        if _WITHIN not in self.sql:
            raise ValueError("A statement must say where the scope applies: put {within} into its WHERE.")

    def rows(self, **parameters: Any) -> list[tuple[Any, ...]]:
        """Run it.

        Raises:
            NoScope: no scope is open.
        """
        with connection.cursor() as cursor, self._prepared_or_not():
            cursor.execute(*self._within(parameters))
            return list(cursor.fetchall())

    def stream(self, types: Sequence[str], **parameters: Any) -> Iterator[tuple[Any, ...]]:
        """Run it and yield its rows as they come, none kept; the scope must stay open meanwhile.

        Not by a cursor of the server: its plans never use several processes.

        Args:
            types: PostgreSQL's names of the columns' types, in their order.

        Raises:
            NoScope: no scope is open.
        """
        text, values = self._within(parameters)
        with self._copy(f"COPY ({text}) TO STDOUT", values) as copy:
            copy.set_types(types)
            yield from copy.rows()

    def copied(self, **parameters: Any) -> Iterator[bytes]:
        """Run it and yield its rows as the database writes them into a CSV with semicolons, without a header.

        Raises:
            NoScope: no scope is open.
        """
        text, values = self._within(parameters)
        with self._copy(f"COPY ({text}) TO STDOUT (FORMAT csv, DELIMITER ';')", values) as copy:
            yield from map(bytes, copy)

    @contextmanager
    def _copy(self, text: str, values: dict[str, Any]) -> Iterator[Any]:
        # psycopg's own cursor: Django's, while it notes statements, takes no parameters here.
        with connection.cursor() as outer, outer.cursor.copy(text, values) as copy:
            yield copy

    @contextmanager
    def _prepared_or_not(self) -> Iterator[None]:
        if not self.is_report:
            yield
            return
        session = connection.connection
        usual, session.prepare_threshold = session.prepare_threshold, None
        try:
            yield
        finally:
            session.prepare_threshold = usual

    def _within(self, parameters: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Return the text for the scope that is open, and its parameters."""
        scope = current_scope()
        if scope.everything:
            condition = "TRUE"
        else:
            condition = f"{self.column} = ANY(%(visible_units)s::bigint[])"
            parameters["visible_units"] = sorted(scope.shared if self.is_shared else scope.units)
        return self.sql.replace(_WITHIN, condition), parameters
