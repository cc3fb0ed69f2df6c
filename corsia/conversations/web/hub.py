"""One LISTEN connection for each web process, and every open page's share of what it hears.

An idle page costs one waiting coroutine: what it is told is sent by a task that lives no longer than the sending, and
one heart beats for all.
"""

import asyncio
import contextlib
import json
import logging
import secrets
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from django.db import connections

from corsia.conversations.web.ear import FORGET, PING, REREAD, Ear, Listener, Send
from corsia.kernel.live import CHANNEL, ENDS, session_digest

logger = logging.getLogger("corsia.conversations")

CHECK_SECONDS = 15.0  # how soon an expired session loses its stream; one that is ended loses it at once
PING_SECONDS = 15.0
RETRY_SECONDS = 2.0
DRAWN_SECONDS = 5.0  # what was told this long before a page first asks may have missed it while it was drawn
DECIDED_AT_ONCE = 2  # a thousand pages that come back after a restart must not take all threads and connections
MOST_REMEMBERED = 1000  # notifications that a page can catch up with after it was away

# What changes an open conversation but not its row in the list.
_NOT_IN_LIST = frozenset({"conversations.viewing", "messaging.typing", "cases.discussion"})


@dataclass(frozen=True)
class Moment:
    """How far a hub had heard. Across a gap in what it hears the epoch changes, and nothing can be compared."""

    epoch: str
    number: int

    @classmethod
    def read(cls, text: str) -> "Moment":
        """Return the moment that a browser's Last-Event-ID names; one that never was, for anything else."""
        epoch, _hyphen, number = text.partition("-")
        return cls(epoch, int(number) if number.isascii() and number.isdecimal() and len(number) < 16 else 0)

    def __str__(self) -> str:
        return f"{self.epoch}-{self.number}"


@dataclass(frozen=True)
class _Told:
    """Something that was told, for pages that come back."""

    number: int
    at: float
    unit_id: int | None
    person_id: int | None
    lines: bytes

    def is_for(self, ear: Ear) -> bool:
        return self.person_id == ear.person_id if self.person_id is not None else self.unit_id in ear.units


@dataclass(frozen=True)
class _Ended:
    """Somebody's rights changed, or everybody's."""

    number: int
    person_id: int | None
    session: str | None
    is_everybody: bool

    def concerns(self, ear: Ear) -> bool:
        if self.is_everybody or self.person_id == ear.person_id:
            return True
        return self.session is not None and self.session == session_digest(ear.session_key)


class Hub:
    """Fans out what the database tells, within one event loop."""

    def __init__(self) -> None:
        self.listeners: set[Listener] = set()
        self.is_listening = asyncio.Event()
        self.is_closed = False
        self.deciding = asyncio.Semaphore(DECIDED_AT_ONCE)  # held while a page's rights are looked up
        self._epoch, self._number, self._began_at = secrets.token_hex(4), 0, 0.0
        self._kept_units: dict[frozenset[int], frozenset[int]] = {}
        self._told: deque[_Told] = deque(maxlen=MOST_REMEMBERED)
        self._ended: deque[_Ended] = deque(maxlen=MOST_REMEMBERED)
        self._lives: list[asyncio.Task[None]] = []
        self._sending: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Begin to listen, unless it does already; from then on to the end of the process."""
        if not self.is_closed and (not self._lives or any(life.done() for life in self._lives)):
            loop = asyncio.get_running_loop()
            self._lives = [loop.create_task(self._run()), loop.create_task(self._beat())]

    def close(self) -> None:
        """End every stream and listen no more: the process ends."""
        self.is_closed = True
        for listener in self.listeners:
            self.end(listener)
        for life in self._lives:
            life.cancel()

    def moment(self) -> Moment:
        """Return how far the hub has heard."""
        return Moment(self._epoch, self._number)

    def streams_of(self, person_id: int) -> int:
        """Return how many pages of a person are open in this process."""
        return sum(listener.ear.person_id == person_id for listener in self.listeners)

    def join(self, ear: Ear, send: Send, *, came_at: float, asked_at: Moment, last_id: str) -> Listener | None:
        """Add a page, with its greeting and what it missed already waiting.

        Args:
            came_at: when its browser asked, by the clock of the event loop.
            asked_at: the moment before its rights were looked up.
            last_id: the browser's Last-Event-ID, "" where it has none.

        Returns:
            None when the rights may have changed since `asked_at`: they must be looked up again.
        """
        is_all_kept = len(self._ended) < MOST_REMEMBERED or asked_at.number >= self._ended[0].number
        is_known = asked_at.epoch == self._epoch and is_all_kept
        if not is_known or any(end.number > asked_at.number and end.concerns(ear) for end in self._ended):
            return None
        now = asyncio.get_running_loop().time()
        # A thousand agents of one branch share one set.
        ear = replace(ear, units=self._kept_units.setdefault(ear.units, ear.units))
        listener = Listener(ear=ear, send=send, ends_at=now + ear.seconds)
        heard = Moment.read(last_id)
        is_resumed = heard.epoch == self._epoch and heard.number >= (self._told[0].number - 1 if self._told else 0)
        retry = 1000 + secrets.randbelow(2000)  # ms: those who are ended together do not come back together
        listener.push(f"retry: {retry}\n\nevent: hello\ndata: {'resumed' if is_resumed else ''}\n\n".encode())
        drawn_at = came_at - DRAWN_SECONDS
        if not is_resumed and self._began_at > drawn_at:
            listener.push(REREAD)  # nobody listened while the page was drawn
        for told in self._told:
            is_missed = told.number > heard.number if is_resumed else told.at >= drawn_at
            if is_missed and told.is_for(ear):
                listener.push(told.lines)
        listener.push(f"id: {self.moment()}\n\n".encode())
        self.listeners.add(listener)
        return listener

    def leave(self, listener: Listener) -> None:
        """Remove a page."""
        self.listeners.discard(listener)

    def end(self, listener: Listener, last_words: bytes = b"") -> None:
        """Close a page's stream; its browser asks again, and gets what its rights are then."""
        if last_words:
            listener.waiting.clear()  # what it may have heard before, it may no longer
        self._push(listener, last_words)
        listener.is_over = True

    def hear(self, payload: str) -> None:
        """Send one notification to the pages whose scope contains its unit. Only ids travel."""
        told: Any = {}
        with contextlib.suppress(ValueError):
            told = json.loads(payload)
        if not isinstance(told, dict):
            return
        self._number += 1
        if told.get("event") == ENDS:
            self._hear_end(told)
        elif (lines := _lines(told)) is not None:
            self._hear_event(told, lines + f"id: {self.moment()}\n\n".encode())

    def _hear_event(self, told: Mapping[str, Any], lines: bytes) -> None:
        now = asyncio.get_running_loop().time()
        event = _Told(self._number, now, told.get("unit"), told.get("person"), lines)
        self._told.append(event)
        for listener in self.listeners:
            if event.is_for(listener.ear):
                self._push(listener, lines)

    def _hear_end(self, told: Mapping[str, Any]) -> None:
        end = _Ended(self._number, told.get("person"), told.get("session"), told.get("everybody") is True)
        self._ended.append(end)
        for listener in self.listeners:
            if end.concerns(listener.ear):
                self.end(listener, FORGET)

    def _push(self, listener: Listener, lines: bytes) -> None:
        if listener.is_over:
            return
        listener.push(lines)
        if not listener.is_sending:
            listener.is_sending = True
            sending = asyncio.get_running_loop().create_task(listener.flush())
            self._sending.add(sending)  # the loop itself holds tasks weakly
            sending.add_done_callback(self._sending.discard)

    async def _run(self) -> None:
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(**_parameters(), autocommit=True) as connection:
                    await connection.execute(f"LISTEN {CHANNEL}")
                    self._begin()
                    while True:
                        async for notice in connection.notifies(timeout=CHECK_SECONDS):
                            self.hear(notice.payload)
                        await self._end_expired(connection)
            except psycopg.Error as error:
                self.is_listening.clear()
                logger.warning("live: the database went away, trying again: %s", error)
                await asyncio.sleep(RETRY_SECONDS)

    def _begin(self) -> None:
        """Forget what was heard before a gap: what was told meanwhile, and whose rights were taken, is not known."""
        self._epoch, self._number = secrets.token_hex(4), 0
        self._began_at = asyncio.get_running_loop().time()
        self._told.clear()
        self._ended.clear()
        for listener in self.listeners:
            self.end(listener, FORGET)
        self.is_listening.set()

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(PING_SECONDS)
            now = asyncio.get_running_loop().time()
            self._kept_units = {listener.ear.units: listener.ear.units for listener in self.listeners}
            for listener in self.listeners:
                if now >= listener.ends_at:
                    self.end(listener)
                elif not listener.is_sending:
                    self._push(listener, PING)

    async def _end_expired(self, connection: "psycopg.AsyncConnection[Any]") -> None:
        keys = [listener.ear.session_key for listener in self.listeners]
        cursor = await connection.execute(
            "SELECT session_key FROM django_session WHERE session_key = ANY(%s) AND expire_date > now()", [keys]
        )
        alive = {row[0] for row in await cursor.fetchall()}
        for listener in self.listeners:
            if listener.ear.session_key not in alive:
                self.end(listener, FORGET)


def _lines(told: Mapping[str, Any]) -> bytes | None:
    """Return the events of a notification, the last one still open for its id; None for what concerns no page."""
    case_id, event = told.get("case"), told.get("event")
    if isinstance(told.get("call"), int) and isinstance(told.get("unit"), int):
        return f"event: call\ndata: {told['call']}\n".encode()
    if event == "workshop.plan" and isinstance(told.get("unit"), int):
        return f"event: plan\ndata: {told['unit']}\n".encode()
    if isinstance(told.get("person"), int):
        return b"event: notice\ndata: \n"  # theirs alone, wherever it happened
    if not isinstance(case_id, int) or not isinstance(told.get("unit"), int):
        return None
    lines = f"event: case-{case_id}\ndata: {event}\n"
    return (lines if event in _NOT_IN_LIST else f"event: list\ndata: {case_id}\n\n{lines}").encode()


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
