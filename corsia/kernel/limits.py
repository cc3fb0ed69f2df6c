"""How often a public door may be used, counted in PostgreSQL so that it holds across processes and restarts."""

import hashlib
import math
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


def spend(limit: Limit, *, key: str, now: datetime) -> None:
    """Count one use of a door.

    Args:
        key: who uses it, an address or a person; stored only as a hash.

    Raises:
        TooMany: the window is used up; `data["minutes"]` says how long to wait.
    """
    window = int(now.timestamp()) // limit.seconds
    digest = hashlib.sha256(f"{limit.name}|{key}".encode()).digest()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO kernel_usecount (door, key, window_start, uses) VALUES (%s, %s, %s, 1) "
            "ON CONFLICT (door, key, window_start) DO UPDATE SET uses = kernel_usecount.uses + 1 RETURNING uses",
            [limit.name, digest, window * limit.seconds],
        )
        uses = cursor.fetchone()[0]
    if uses > limit.times:
        left = timedelta(seconds=(window + 1) * limit.seconds - int(now.timestamp()))
        raise TooMany(minutes=max(1, math.ceil(left.total_seconds() / 60)))


def used(limit: Limit, *, key: str, now: datetime) -> int:
    """Return how often a door was used in the present window, for pages that show it; nothing is counted."""
    digest = hashlib.sha256(f"{limit.name}|{key}".encode()).digest()
    start = int(now.timestamp()) // limit.seconds * limit.seconds
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT uses FROM kernel_usecount WHERE door = %s AND key = %s AND window_start = %s",
            [limit.name, digest, start],
        )
        row = cursor.fetchone()
    return int(row[0]) if row else 0
