"""The door of the visitors' streams, in front of Django: no thread and no connection for any of them.

A ticket says who listens; it was signed when the page showed its key, so that nothing is looked up here. What is told
carries no words: the page fetches what there is with its own key, and misses nothing however often it was away.
"""

import asyncio
import contextlib
import json
import logging
import secrets
import signal
import threading
import time
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from types import FrameType
from typing import Any
from urllib.parse import parse_qs
from weakref import WeakKeyDictionary

import psycopg
from django.db import connections

from corsia.kernel.live import OUTSIDE
from corsia.portal.chat.tickets import visitor_behind

logger = logging.getLogger("corsia.portal")

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

PREFIX, SUFFIX = "/portal/chat/", "/stream/"
MOST_PAGES = 6  # of one visitor, in one web process
MOST_STREAMS = 5000  # of all, in one web process
PING_SECONDS = 20.0
RETRY_SECONDS = 2.0
EVENTS = frozenset({"message", "typing", "read", "closed"})


@dataclass(eq=False, slots=True)
class Page:
    """An open page of a visitor."""

    ear: str
    send: Send
    ends_at: float
    is_sending: bool = True
    is_over: bool = False
    waiting: bytes = b""

    async def flush(self) -> None:
        """Send what waits; one flush runs at a time."""
        self.is_sending = True
        try:
            while self.waiting or self.is_over:
                lines, is_last = self.waiting, self.is_over
                self.waiting = b""
                await self.send({"type": "http.response.body", "body": lines, "more_body": not is_last})
                if is_last:
                    return  # and never again: is_sending stays
        except OSError:
            return  # the page has gone; its coroutine hears of it
        self.is_sending = False


class Ears:
    """One LISTEN connection for all visitors of a web process, begun with the first of them."""

    def __init__(self) -> None:
        self.pages: dict[str, set[Page]] = {}
        self.count = 0
        self.is_closed = False
        self._lives: list[asyncio.Task[None]] = []
        self._sending: set[asyncio.Task[None]] = set()
        self._number, self._epoch = 0, secrets.token_hex(4)

    def start(self) -> None:
        """Begin to listen, unless it does already."""
        if not self.is_closed and (not self._lives or any(life.done() for life in self._lives)):
            loop = asyncio.get_running_loop()
            self._lives = [loop.create_task(self._run()), loop.create_task(self._beat())]

    def close(self) -> None:
        """End every stream: the process ends."""
        self.is_closed = True
        for pages in self.pages.values():
            for page in pages:
                self._end(page)
        for life in self._lives:
            life.cancel()

    def join(self, page: Page, *, last_id: str) -> None:
        """Add a page; it reads everything unless it goes on exactly where it stopped hearing."""
        self.pages.setdefault(page.ear, set()).add(page)
        self.count += 1
        now = f"{self._epoch}-{self._number}"
        retry = 1000 + secrets.randbelow(2000)  # ms: those who are ended together do not come back together
        told = "resumed" if last_id == now else ""
        page.waiting += f"retry: {retry}\n\nevent: hello\ndata: {told}\nid: {now}\n\n".encode()

    def leave(self, page: Page) -> None:
        """Remove a page."""
        pages = self.pages.get(page.ear)
        if pages and page in pages:
            pages.discard(page)
            self.count -= 1
            if not pages:
                del self.pages[page.ear]

    def hear(self, payload: str) -> None:
        """Tell the pages of one visitor what changed."""
        told: Any = {}
        with contextlib.suppress(ValueError):
            told = json.loads(payload)
        if not isinstance(told, dict) or told.get("event") not in EVENTS:
            return
        self._number += 1
        lines = f"event: {told['event']}\ndata: \nid: {self._epoch}-{self._number}\n\n".encode()
        for page in self.pages.get(str(told.get("ear")), ()):
            self._push(page, lines)

    def _push(self, page: Page, lines: bytes) -> None:
        if page.is_over:
            return
        if len(page.waiting) < 64 * 1024:  # a page that reads nothing is told once more when it does
            page.waiting += lines
        self._wake(page)

    def _end(self, page: Page) -> None:
        page.is_over = True
        self._wake(page)

    def _wake(self, page: Page) -> None:
        if not page.is_sending:
            page.is_sending = True
            sending = asyncio.get_running_loop().create_task(page.flush())
            self._sending.add(sending)
            sending.add_done_callback(self._sending.discard)

    async def _run(self) -> None:
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(**_parameters(), autocommit=True) as connection:
                    await connection.execute(f"LISTEN {OUTSIDE}")
                    self._begin()
                    async for notice in connection.notifies():
                        self.hear(notice.payload)
            except psycopg.Error as error:
                logger.warning("chat: the database went away, trying again: %s", error)
                await asyncio.sleep(RETRY_SECONDS)

    def _begin(self) -> None:
        """What was told while nobody listened is not known: every page reads again what it shows."""
        self._epoch, self._number = secrets.token_hex(4), 0
        for pages in self.pages.values():
            for page in pages:
                self._push(page, f"event: message\ndata: \nid: {self._epoch}-0\n\n".encode())

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(PING_SECONDS)
            now = asyncio.get_running_loop().time()
            for pages in list(self.pages.values()):
                for page in pages:
                    if now >= page.ends_at:
                        self._end(page)
                    elif not page.is_sending:
                        self._push(page, b": ping\n\n")


class ChatDoor:
    """Answers the streams of visitors, and hands everything else on."""

    def __init__(self, application: Any) -> None:
        self._application = application

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            loop, place = asyncio.get_running_loop(), ears()
            _hear_signals(lambda: loop.call_soon_threadsafe(place.close))
            try:
                await self._application(scope, receive, send)
            finally:
                place.close()
        elif scope["type"] == "http" and scope["method"] == "GET" and _is_stream(scope):
            await self._answer(scope, receive, send)
        else:
            await self._application(scope, receive, send)

    async def _answer(self, scope: Message, receive: Receive, send: Send) -> None:
        asked = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("t", [""])[0]
        found, place = visitor_behind(asked, at=time.time()), ears()
        if found is None:
            await _say(send, 401)
            return
        ear, seconds = found
        if place.is_closed or place.count >= MOST_STREAMS:
            await _say(send, 503)
            return
        if len(place.pages.get(ear, ())) >= MOST_PAGES:
            await _say(send, 429)
            return
        place.start()
        page = Page(ear=ear, send=send, ends_at=asyncio.get_running_loop().time() + seconds)
        last_id = dict(scope["headers"]).get(b"last-event-id", b"").decode("latin-1")
        place.join(page, last_id=last_id)
        try:
            await send({"type": "http.response.start", "status": 200, "headers": _HEAD})
            await page.flush()
            while (await receive())["type"] != "http.disconnect":
                pass
        finally:
            place.leave(page)


_HEAD = [
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
]


def _is_stream(scope: Message) -> bool:
    path = str(scope["path"]).removeprefix(scope.get("root_path", ""))
    return path.startswith(PREFIX) and path.endswith(SUFFIX)


async def _say(send: Send, status: int) -> None:
    headers = [(b"content-length", b"0"), (b"cache-control", b"no-store"), (b"retry-after", b"30")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


_all: "WeakKeyDictionary[asyncio.AbstractEventLoop, Ears]" = WeakKeyDictionary()


def ears() -> Ears:
    """Return the ears of the running event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _all:
        _all[loop] = Ears()
    return _all[loop]


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


def _hear_signals(close: Callable[[], object]) -> None:
    """End the streams first when the process is told to end; then whatever else it does about it."""
    if threading.current_thread() is not threading.main_thread():
        return
    for number in (signal.SIGINT, signal.SIGTERM):
        others = signal.getsignal(number)

        def heard(number: int, frame: FrameType | None, others: Any = others) -> None:
            close()
            if callable(others):
                others(number, frame)

        signal.signal(number, heard)
