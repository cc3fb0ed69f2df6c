"""Django's cache in PostgreSQL: allauth counts failed sign-ins in it, and its count must hold for all processes.

Values are kept as JSON: nothing that is read back can be code. Made for small counters, not for pages.
"""

import json
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.db import connection

_WRITE = """
    INSERT INTO kernel_cacheentry (key, value, expires_at) VALUES (%s, %s, now() + make_interval(secs => %s))
    ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value, expires_at = EXCLUDED.expires_at
"""


class SharedCache(BaseCache):
    """Small values that all processes share and that outlive them."""

    def __init__(self, _location: str, params: dict[str, Any]) -> None:
        super().__init__(params)

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        row = self._run(
            "SELECT value FROM kernel_cacheentry WHERE key = %s AND (expires_at IS NULL OR expires_at > now())",
            [self._key(key, version)],
        )
        return json.loads(row[0]) if row else default

    def set(
        self, key: str, value: Any, timeout: float | object | None = DEFAULT_TIMEOUT, version: int | None = None
    ) -> None:
        self._run(f"{_WRITE} RETURNING 1", [self._key(key, version), json.dumps(value), self._end(timeout)])

    def add(
        self, key: str, value: Any, timeout: float | object | None = DEFAULT_TIMEOUT, version: int | None = None
    ) -> bool:
        """Set a value unless there is one; of several processes at once, one succeeds."""
        sql = f"{_WRITE} WHERE kernel_cacheentry.expires_at <= now() RETURNING 1"
        return self._run(sql, [self._key(key, version), json.dumps(value), self._end(timeout)]) is not None

    def touch(self, key: str, timeout: float | object | None = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        sql = "UPDATE kernel_cacheentry SET expires_at = now() + make_interval(secs => %s) WHERE key = %s RETURNING 1"
        return self._run(sql, [self._end(timeout), self._key(key, version)]) is not None

    def delete(self, key: str, version: int | None = None) -> bool:
        sql = "DELETE FROM kernel_cacheentry WHERE key = %s RETURNING 1"
        return self._run(sql, [self._key(key, version)]) is not None

    def clear(self) -> None:
        self._run("WITH gone AS (DELETE FROM kernel_cacheentry) SELECT 1", [])

    def _key(self, key: str, version: int | None) -> str:
        return str(self.make_and_validate_key(key, version))

    def _end(self, timeout: float | object | None) -> float | None:
        """Return how many seconds from now, by the database's clock, a value ends; None for never."""
        seconds = self.default_timeout if timeout is DEFAULT_TIMEOUT else timeout
        return None if seconds is None else float(seconds)  # type: ignore[arg-type]

    @staticmethod
    def _run(sql: str, parameters: list[Any]) -> Any:
        with connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            return cursor.fetchone()
