"""Open event streams through the ASGI application that is served, read as a browser reads them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connections, transaction
from django.test import Client

from corsia.config.asgi import application
from corsia.conversations.web import hub as hubs
from corsia.kernel.live import tell
from corsia.organisation.models import Person

PATH = "/conversations/stream/"


class Page:
    """One request for the stream, and what came of it."""

    def __init__(self, *, cookie: str = "", method: str = "GET", headers: dict[str, str] | None = None) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.events: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
        self.last_id = ""  # as EventSource keeps it
        self.pings = 0
        self._head, self._over, self._gone = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._free = asyncio.Event()
        self._free.set()
        self._asked = False
        given = {"host": "testserver", **({"cookie": cookie} if cookie else {}), **(headers or {})}
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "scheme": "http",
            "method": method,
            "path": PATH,
            "raw_path": PATH.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": [(name.encode(), value.encode()) for name, value in given.items()],
            "client": ("127.0.0.1", 4000),
            "server": ("testserver", 80),
        }
        self.running = asyncio.get_running_loop().create_task(application(scope, self._receive, self._send))

    def hold(self) -> None:
        """Stop taking anything from the server, as a browser on a dead line."""
        self._free.clear()

    def go_on(self) -> None:
        self._free.set()

    async def answered(self) -> "Page":
        """Wait for the head of the response."""
        await asyncio.wait_for(self._head.wait(), 10)
        return self

    async def next_event(self, seconds: float = 5.0) -> tuple[str, str]:
        """Return the next event and its data."""
        return await asyncio.wait_for(self.events.get(), seconds)

    async def is_silent(self, seconds: float = 0.4) -> bool:
        """Tell whether nothing comes for a while, with the stream still open."""
        await asyncio.sleep(seconds)
        return self.events.empty() and not self._over.is_set()

    async def ends(self, seconds: float = 5.0) -> None:
        """Wait until the server has closed the stream, and forgotten the page."""
        await asyncio.wait_for(self._over.wait(), seconds)
        await asyncio.wait_for(self.running, seconds)

    async def goes(self) -> None:
        """Close the page."""
        self._gone.set()
        self._free.set()
        await asyncio.wait_for(self.running, 10)

    async def _receive(self) -> dict[str, Any]:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        waits = [asyncio.create_task(event.wait()) for event in (self._gone, self._over)]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
        return {"type": "http.disconnect"}

    async def _send(self, message: dict[str, Any]) -> None:
        await self._free.wait()
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode().lower(): value.decode() for name, value in message["headers"]}
            self._head.set()
            return
        assert not self._over.is_set(), "nothing may follow the end of a response"
        if self.headers.get("content-type") == "text/event-stream":
            for block in message.get("body", b"").decode().split("\n\n"):
                self._read(block)
        if not message.get("more_body", False):
            self._over.set()

    def _read(self, block: str) -> None:
        self.pings += block.startswith(": ping")
        fields = dict(line.split(": ", 1) for line in block.splitlines() if line and not line.startswith(":"))
        self.last_id = fields.get("id", self.last_id)
        if "event" in fields:
            self.events.put_nowait((fields["event"], fields.get("data", "")))


@sync_to_async
def cookie_of(person: Person) -> str:
    """Sign a person in and return the browser's cookie."""
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


@asynccontextmanager
async def listening(person: Person, *, cookie: str = "", last_id: str | None = None) -> AsyncIterator[Page]:
    """Open the stream as somebody, past what a page that was just drawn is told."""
    headers = {} if last_id is None else {"last-event-id": last_id}
    page = await Page(cookie=cookie or await cookie_of(person), headers=headers).answered()
    assert page.status == 200, page.status
    assert page.headers["content-type"] == "text/event-stream"
    event, data = await page.next_event()
    assert event == "hello"
    if data != "resumed" and not page.events.empty():
        assert await page.next_event() == ("reread", "")
    try:
        yield page
    finally:
        if not page.running.done():
            await page.goes()


@sync_to_async
def told(unit_id: int, case_id: int, event: str = "messaging.message") -> None:
    with transaction.atomic():
        tell(event, unit_id=unit_id, case=case_id)


@sync_to_async
def done(change: Callable[[], Any]) -> Any:
    """Change something in the database, as another process would."""
    return change()


def run(test) -> None:
    async def to_its_end() -> None:
        try:
            await asyncio.wait_for(test, 30)
        finally:
            hubs.hub().close()
            await sync_to_async(connections.close_all)()  # the test's own thread has a connection

    asyncio.run(to_its_end())
