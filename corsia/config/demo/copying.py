"""Write many rows at once with COPY: ids are given out here, sequences follow."""

from collections.abc import Sequence
from typing import Any

from django.db import connection, models
from psycopg.types.json import Json


class Table:
    """Rows for one table, collected and then copied. Values stand in the order of the fields named."""

    def __init__(self, model: type[models.Model], *fields: str, first_id: int = 1) -> None:
        self.model, self.fields = model, fields
        self.has_id = model._meta.pk is not None and model._meta.pk.name == "id"
        self._columns = [model._meta.get_field(name).column for name in fields]  # type: ignore[union-attr]
        self._rows: list[Sequence[Any]] = []
        self.last_id = max(first_id - 1, self._highest()) if self.has_id else 0

    def add(self, *values: Any) -> int:
        """Collect a row and return its id (0 for tables whose key is among the fields)."""
        if self.has_id:
            self.last_id += 1
            self._rows.append((self.last_id, *values))
            return self.last_id
        self._rows.append(values)
        return 0

    def write(self) -> int:
        """Copy the rows collected so far and return how many they were."""
        if not self._rows:
            return 0
        table = self.model._meta.db_table
        columns = ", ".join(f'"{name}"' for name in (["id"] if self.has_id else []) + self._columns)
        with connection.cursor() as cursor:
            _check_references(cursor, False)
            with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for row in self._rows:
                    copy.write_row(row)
            _check_references(cursor, True)
            if self.has_id:
                cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", [table, self.last_id])
        count, self._rows = len(self._rows), []
        return count

    def _highest(self) -> int:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT coalesce(max(id), 0) FROM {self.model._meta.db_table}")
            return int(cursor.fetchone()[0])


def _check_references(cursor: Any, on: bool) -> None:
    """Spare millions of look-ups for references that are right by construction, where the role may: half of the time.

    The tests load a small group and look for references that lead nowhere.
    """
    cursor.execute(
        "SELECT set_config('session_replication_role', %s, true) FROM pg_roles"
        " WHERE rolname = current_user AND rolsuper",
        ["origin" if on else "replica"],
    )


def analyze(*models_: type[models.Model]) -> None:
    """Let the planner know what was copied."""
    with connection.cursor() as cursor:
        for model in models_:
            cursor.execute(f"ANALYZE {model._meta.db_table}")


json = Json
