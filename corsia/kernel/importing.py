"""Many rows from another system at once: what became of each, and how they are written with few statements."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.db import connection, models


class Verb(StrEnum):
    """What becomes of a row that another system tells."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    REFUSED = "refused"


@dataclass(slots=True)
class Outcome:
    """What became of one row, or would become of it in a rehearsal.

    Attributes:
        row_id: of our row; None for a refused one, and for a new one in a rehearsal.
        differences: field, what stood here, what stands here now; as people read it.
        why: code of the refusal, `field` and `cell` what it is about.
    """

    verb: Verb
    row_id: int | None = None
    differences: list[tuple[str, str, str]] = field(default_factory=list)
    why: str = ""
    field: str = ""
    cell: str = ""


def refused(why: str, *, field: str = "", cell: Any = "") -> Outcome:
    """Return that a row is not taken in."""
    return Outcome(Verb.REFUSED, why=why, field=field, cell=shown(cell)[:80])


def shown(value: Any) -> str:
    """Return a value as it stands in a list of differences."""
    return "" if value is None else str(value)


# How a field of ours that says something else already is treated.
ALWAYS, IF_EMPTY, AT_FIRST = "dms", "corsia", "first"


def takes(master: str, *, old: Any) -> bool:
    """Tell whether another system's value replaces ours.

    Args:
        master: `dms`: always; `corsia`: only where ours is empty; `first`: never, only a new row takes it.
    """
    return master == ALWAYS or (master == IF_EMPTY and old in (None, ""))


def new_ids(model: type[models.Model], count: int) -> list[int]:
    """Take ids of a table for rows that are about to be written."""
    if not count:
        return []
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [table, count])
        return [int(row[0]) for row in cursor.fetchall()]


def copy_rows(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write rows of a table by COPY; columns that are not named take what the database gives them."""
    names = ", ".join(f'"{name}"' for name in columns)
    # psycopg's own cursor: Django's, while it notes statements, has no `copy` with a context.
    with (
        connection.cursor() as cursor,
        cursor.copy(f'COPY "{model._meta.db_table}" ({names}) FROM STDIN') as copy,
    ):
        for row in rows:
            copy.write_row(row)
