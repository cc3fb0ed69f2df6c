"""How often a public door may be used, counted in PostgreSQL so that it holds across processes and restarts."""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from corsia.kernel.errors import TooMany


@dataclass(frozen=True)
class Limit:
    """At most `times` uses in `seconds`, counted apart for each `name`."""

    name: str
    times: int
    seconds: int


def spend(limit: Limit, *, key: str, now: datetime, uses: int = 1) -> None:
    """Count uses of a door.

    Args:
        key: who uses it, an address or a person; stored only as a hash.
        uses: how many at once: they are let in together, or none of them.

    Raises:
        TooMany: the window is used up; `data["minutes"]` says how long to wait.
    """
    if spend_each(limit, {key: uses}, now=now):
        left = timedelta(seconds=limit.seconds - int(now.timestamp()) % limit.seconds)
        raise TooMany(minutes=max(1, math.ceil(left.total_seconds() / 60)))


def spend_each(limit: Limit, uses: Mapping[str, int], *, now: datetime) -> frozenset[str]:
    """Count uses of a door by several at once, with one statement; return those whose window is used up.

    Args:
        uses: how many by each address or person.
    """
    start = int(now.timestamp()) // limit.seconds * limit.seconds
    # In one order, so that two processes that count the same ones wait and do not lock each other out.
    keys = sorted((_digest(limit, key), key) for key in uses)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO kernel_usecount (door, key, window_start, uses)"
            " SELECT %s, key, %s, uses FROM unnest(%s::bytea[], %s::bigint[]) AS told(key, uses)"
            " ON CONFLICT (door, key, window_start) DO UPDATE SET uses = kernel_usecount.uses + excluded.uses"
            " RETURNING key, uses",
            [limit.name, start, [digest for digest, _key in keys], [uses[key] for _digest, key in keys]],
        )
        counted = {bytes(digest): count for digest, count in cursor.fetchall()}
    return frozenset(key for digest, key in keys if counted[digest] > limit.times)


def used(limit: Limit, *, key: str, now: datetime) -> int:
    """Return how often a door was used in the present window, for pages that show it; nothing is counted."""
    start = int(now.timestamp()) // limit.seconds * limit.seconds
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT uses FROM kernel_usecount WHERE door = %s AND key = %s AND window_start = %s",
            [limit.name, _digest(limit, key), start],
        )
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def _digest(limit: Limit, key: str) -> bytes:
    return hashlib.sha256(f"{limit.name}|{key}".encode()).digest()
