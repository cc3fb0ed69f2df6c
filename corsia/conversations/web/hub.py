"""One LISTEN connection for each web process, and every open page's share of what it hears."""

import asyncio
import contextlib
import json
import logging
from collections import deque
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from django.db import connections

from corsia.kernel.live import CHANNEL

logger = logging.getLogger("corsia.conversations")

CHECK_SECONDS = 15.0  # how soon a revoked session loses its stream
RETRY_SECONDS = 2.0
MOST_WAITING = 200  # events a slow page may be behind before it is told to read everything again

# What changes an open conversation but not its row in the list.
_NOT_IN_LIST = frozenset({"conversations.viewing"})
REREAD = b"event: reread\ndata: \n\n"
NOTICE = b"event: notice\ndata: \n\n"


@dataclass(eq=False)
class Listener:
    """An open page: what it may hear, and what it has not been sent yet."""

    session_key: str
    units: frozenset[int]
    everything: bool
    person_id: int = 0
    waiting: deque[bytes] = field(default_factory=deque)
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    is_over: bool = False

    def hears(self, unit_id: int) -> bool:
        """Tell whether something of a unit is within this page's scope."""
        return self.everything or unit_id in self.units

    def push(self, lines: bytes) -> None:
        """Add an event; a page that is too far behind reads everything again instead."""
        if len(self.waiting) >= MOST_WAITING:
            self.waiting.clear()
            lines = REREAD
        self.waiting.append(lines)
        self.wake.set()

    def end(self) -> None:
        """Close the page's stream; its browser asks again, and is refused when its session is gone."""
        self.is_over = True
        self.wake.set()


class Hub:
    """Fans out what the database tells, within one event loop."""

    def __init__(self) -> None:
        self.listeners: set[Listener] = set()
        self._kept_units: dict[frozenset[int], frozenset[int]] = {}
        self._task: asyncio.Task[None] | None = None
        self.is_listening = asyncio.Event()

    def join(self, *, session_key: str, units: frozenset[int], everything: bool, person_id: int = 0) -> Listener:
        """Add a page; the first one starts the connection."""
        # A thousand agents of one branch share one set.
        listener = Listener(session_key, self._kept_units.setdefault(units, units), everything, person_id)
        self.listeners.add(listener)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run())
        return listener

    def leave(self, listener: Listener) -> None:
        """Remove a page; the last one ends the connection."""
        self.listeners.discard(listener)
        if not self.listeners:
            self._kept_units.clear()
            if self._task is not None:
                self._task.cancel()
                self._task = None

    async def _run(self) -> None:
        is_first = True
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(**_parameters(), autocommit=True) as connection:
                    await connection.execute(f"LISTEN {CHANNEL}")
                    self.is_listening.set()
                    if not is_first:
                        self._to_all(REREAD)  # whatever was told while nobody listened
                    is_first = False
                    while True:
                        async for notice in connection.notifies(timeout=CHECK_SECONDS):
                            self.hear(notice.payload)
                        await self._end_revoked(connection)
            except psycopg.Error as error:
                self.is_listening.clear()
                logger.warning("live: the database went away, trying again: %s", error)
                await asyncio.sleep(RETRY_SECONDS)

    def hear(self, payload: str) -> None:
        """Send one notification to the pages whose scope contains its unit. Only ids travel."""
        told: dict[str, Any] = json.loads(payload)
        case_id, person_id = told.get("case"), told.get("person")
        if isinstance(person_id, int):
            for listener in self.listeners:
                if listener.person_id == person_id:  # theirs alone, wherever it happened
                    listener.push(NOTICE)
            return
        if not isinstance(case_id, int):
            return
        lines = f"event: case-{case_id}\ndata: {told['event']}\n\n"
        if told["event"] not in _NOT_IN_LIST:
            lines = f"event: list\ndata: {case_id}\n\n{lines}"
        encoded, unit_id = lines.encode(), int(told["unit"])
        for listener in self.listeners:
            if listener.hears(unit_id):
                listener.push(encoded)

    def _to_all(self, lines: bytes) -> None:
        for listener in self.listeners:
            listener.push(lines)

    async def _end_revoked(self, connection: "psycopg.AsyncConnection[Any]") -> None:
        keys = [listener.session_key for listener in self.listeners]
        cursor = await connection.execute(
            "SELECT session_key FROM django_session WHERE session_key = ANY(%s) AND expire_date > now()", [keys]
        )
        alive = {row[0] for row in await cursor.fetchall()}
        for listener in self.listeners:
            if listener.session_key not in alive:
                listener.end()


_hubs: "WeakKeyDictionary[asyncio.AbstractEventLoop, Hub]" = WeakKeyDictionary()


def hub() -> Hub:
    """Return the hub of the running event loop."""
    loop = asyncio.get_running_loop()
    with contextlib.suppress(KeyError):
        return _hubs[loop]
    _hubs[loop] = Hub()
    return _hubs[loop]


def _parameters() -> dict[str, Any]:
    settings = connections["default"].settings_dict
    given = {
        "dbname": settings["NAME"],
        "host": settings["HOST"],
        "port": settings["PORT"],
        "user": settings["USER"],
        "password": settings["PASSWORD"],
        "sslmode": settings["OPTIONS"].get("sslmode"),
    }
    return {name: value for name, value in given.items() if value}
