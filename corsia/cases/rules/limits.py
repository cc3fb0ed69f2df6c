"""Which limit a clock has."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class LimitRow:
    """One row of a process version's table of limits; `priority` None stands for every priority without its own row."""

    clock: str
    priority: int | None
    minutes: int


def limit_minutes(rows: Iterable[LimitRow], *, clock: str, priority: int) -> int | None:
    """Return the working minutes that `clock` allows, or None when the process sets no such limit."""
    found: int | None = None
    for row in rows:
        if row.clock != clock:
            continue
        if row.priority == priority:
            return row.minutes
        if row.priority is None:
            found = row.minutes
    return found
