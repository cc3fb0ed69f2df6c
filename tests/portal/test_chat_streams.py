"""The visitors' streams: let in by a signed ticket alone, told no words, a thousand of them without thread or table."""

import asyncio
import threading
import time
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from django.utils import timezone

from corsia.config.asgi import application
from corsia.kernel.live import tell_outside
from corsia.portal.chat.rules import visitor_name
from corsia.portal.chat.tickets import ticket_for
from corsia.portal.web import chat_door

pytestmark = pytest.mark.django_db(transaction=True)


class Listening:
    """An open page, read as a browser reads it."""

    def __init__(self, ticket: str, *, last_id: str = "") -> None:
        self.status, self.text = 0, ""
        self._gone = asyncio.Event()
        headers = [(b"last-event-id", last_id.encode())] if last_id else []
        self._scope = {
            "type": "http",
            "method": "GET",
            "path": "/portal/chat/any/stream/",
            "query_string": f"t={ticket}".encode(),
            "headers": headers,
            "root_path": "",
        }
        self._run = asyncio.create_task(application(self._scope, self._receive, self._send))

    async def _receive(self) -> dict[str, Any]:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        self.status = message.get("status", self.status)
        self.text += message.get("body", b"").decode()

    async def hears(self, words: str, seconds: float = 20.0) -> None:
        end = time.monotonic() + seconds
        while words not in self.text:
            assert time.monotonic() < end, f"not heard: {words!r} in {self.text!r}"
            await asyncio.sleep(0.02)

    async def leave(self) -> None:
        self._gone.set()
        await self._run


async def listening() -> None:
    """Wait until the process listens to the database: what is told before is read again by every page."""
    await asyncio.sleep(0.3)


def told(ear: str, event: str = "message") -> None:
    tell_outside(ear, event)


def test_a_page_hears_what_is_for_its_visitor_and_nothing_else() -> None:
    async def main() -> None:
        mine, other = visitor_name("a" * 64), visitor_name("b" * 64)
        page = Listening(ticket_for(mine, now=timezone.now()))
        stranger = Listening(ticket_for(other, now=timezone.now()))
        await page.hears("event: hello\ndata: \n")
        await stranger.hears("event: hello")
        await listening()
        before = stranger.text

        await sync_to_async(told)(mine, "typing")
        await page.hears("event: typing")
        await sync_to_async(told)(mine, "read")
        await page.hears("event: read\ndata: \n")

        assert stranger.text == before
        await page.leave()
        await stranger.leave()
        assert chat_door.ears().count == 0
        chat_door.ears().close()

    asyncio.run(main())


@pytest.mark.parametrize("ticket", ["", "x", "a.1.b", "over", "forged"])
def test_without_a_ticket_of_ours_nobody_listens(ticket) -> None:
    from datetime import timedelta

    ear = visitor_name("a" * 64)
    if ticket == "over":
        ticket = ticket_for(ear, now=timezone.now() - timedelta(hours=1))
    if ticket == "forged":
        ticket = ticket_for(ear, now=timezone.now())[:-1] + "0"

    async def main() -> None:
        page = Listening(ticket if not ticket.endswith("00") else ticket[:-1] + "1")
        await page._run
        assert (page.status, page.text) == (401, "")

    asyncio.run(main())


def test_who_goes_on_exactly_where_they_stopped_is_told_so_and_everybody_else_reads_again() -> None:
    async def main() -> None:
        ear = visitor_name("a" * 64)
        ticket = ticket_for(ear, now=timezone.now())
        page = Listening(ticket)
        await page.hears("event: hello")
        await listening()
        await sync_to_async(told)(ear)
        await page.hears("event: message")
        await asyncio.sleep(0.1)
        last = page.text.rsplit("id: ", 1)[1].split()[0]
        await page.leave()

        back = Listening(ticket, last_id=last)
        await back.hears("event: hello\ndata: resumed")
        await sync_to_async(told)(visitor_name("c" * 64))
        await asyncio.sleep(0.3)
        late = Listening(ticket, last_id=last)
        await late.hears("event: hello\ndata: \n")
        await back.leave()
        await late.leave()
        chat_door.ears().close()

    asyncio.run(main())


def test_one_visitor_has_at_most_six_pages_in_a_process() -> None:
    async def main() -> None:
        ticket = ticket_for(visitor_name("a" * 64), now=timezone.now())
        pages = [Listening(ticket) for _turn in range(7)]
        await asyncio.sleep(0.3)
        assert sorted(page.status for page in pages) == [200] * 6 + [429]
        for page in pages[:6]:
            await page.leave()
        chat_door.ears().close()

    asyncio.run(main())


def test_a_thousand_visitors_listen_on_one_connection_and_no_thread_of_their_own() -> None:
    def connections() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
            return int(cursor.fetchone()[0])

    async def main() -> None:
        before, threads = await sync_to_async(connections)(), threading.active_count()
        names = [visitor_name(f"{number:064x}") for number in range(1000)]
        pages = [Listening(ticket_for(name, now=timezone.now())) for name in names]
        for page in pages:
            await page.hears("event: hello")
        await listening()
        assert chat_door.ears().count == 1000
        assert await sync_to_async(connections)() <= before + 1
        assert threading.active_count() <= threads + 1

        began = time.monotonic()
        await sync_to_async(told)(names[777])
        await pages[777].hears("event: message", seconds=5)
        assert time.monotonic() - began < 5
        for page in pages:
            await page.leave()
        assert chat_door.ears().pages == {}
        chat_door.ears().close()

    asyncio.run(main())
