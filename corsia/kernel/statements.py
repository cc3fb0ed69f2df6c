"""Pages people open all day read their rows with SQL of their own, within the scope.

Thirty rows of eight tables take the database a few milliseconds; building that query from model methods, compiling it
and making the models takes several times as long, at every request. A `Statement` is text that is prepared once.
"""

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
    """

    sql: str
    column: str
    is_shared: bool = False

    def __post_init__(self) -> None:
        if _WITHIN not in self.sql:
            raise ValueError("A statement must say where the scope applies: put {within} into its WHERE.")

    def rows(self, **parameters: Any) -> list[tuple[Any, ...]]:
        """Run it.

        Raises:
            NoScope: no scope is open.
        """
        scope = current_scope()
        if scope.everything:
            condition = "TRUE"
        else:
            condition = f"{self.column} = ANY(%(visible_units)s::bigint[])"
            parameters["visible_units"] = sorted(scope.shared if self.is_shared else scope.units)
        with connection.cursor() as cursor:
            cursor.execute(self.sql.replace(_WITHIN, condition), parameters)
            return list(cursor.fetchall())
