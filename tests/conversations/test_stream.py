"""The live stream, on a real LISTEN: within the scope only, after a gap too, and not beyond a revoked session."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from asgiref.sync import sync_to_async
from django.contrib.sessions.models import Session
from django.db import connection, connections, transaction
from django.test import AsyncClient

from corsia.conversations.web import hub as hubs
from corsia.conversations.web import stream as streams
from corsia.kernel.live import tell
from tests.factories.organisation import Group, person_in, small_group

pytestmark = pytest.mark.django_db(transaction=True)


class Ear:
    """One open page's stream, read as a browser reads it: all the time."""

    def __init__(self, content: AsyncIterator[bytes]) -> None:
        self.events: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
        self.pings = 0
        self.reader = asyncio.get_running_loop().create_task(self._read(content))

    async def _read(self, content: AsyncIterator[bytes]) -> None:
        async for chunk in content:
            for block in chunk.decode().split("\n\n"):
                lines = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
                if "event" in lines:
                    self.events.put_nowait((lines["event"], lines.get("data", "")))
                elif block.startswith(": ping"):
                    self.pings += 1

    async def next_event(self, seconds: float = 5.0) -> tuple[str, str]:
        """Return the next event and its data."""
        return await asyncio.wait_for(self.events.get(), seconds)

    async def is_silent(self, seconds: float = 0.4) -> bool:
        """Tell whether nothing comes for a while."""
        await asyncio.sleep(seconds)
        return self.events.empty()

    async def ends(self, seconds: float = 5.0) -> None:
        """Wait until the server closes the stream."""
        await asyncio.wait_for(self.reader, seconds)


@asynccontextmanager
async def listening(person) -> AsyncIterator[Ear]:
    """Open the stream as somebody, past its greeting."""
    client = AsyncClient()
    await client.aforce_login(person, backend="django.contrib.auth.backends.ModelBackend")
    answer = await client.get("/conversations/stream/")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/event-stream"
    ear = Ear(aiter(answer.streaming_content))
    assert await ear.next_event() == ("hello", "")
    await asyncio.wait_for(hubs.hub().is_listening.wait(), 5)
    try:
        yield ear
    finally:
        ear.reader.cancel()
        await asyncio.gather(ear.reader, return_exceptions=True)
        await asyncio.sleep(0)


@sync_to_async
def told(unit_id: int, case_id: int, event: str = "messaging.message") -> None:
    with transaction.atomic():
        tell(event, unit_id=unit_id, case=case_id)


@sync_to_async
def told_and_taken_back(unit_id: int, case_id: int) -> None:
    with transaction.atomic():
        tell("messaging.message", unit_id=unit_id, case=case_id)
        transaction.set_rollback(True)


@pytest.fixture
def house(transactional_db) -> Group:
    return small_group()


def run(test) -> None:
    async def to_its_end() -> None:
        try:
            await asyncio.wait_for(test, 30)
        finally:
            await sync_to_async(connections.close_all)()  # the view's thread has a connection of its own

    asyncio.run(to_its_end())


def test_a_page_hears_of_its_own_units_and_of_no_other(house) -> None:
    laura, marta = person_in(house.brescia_care), person_in(house.verona_care)

    async def scene() -> None:
        async with listening(laura) as here, listening(marta) as there:
            await told(house.brescia_care.pk, 41)
            assert await here.next_event() == ("list", "41")
            assert await here.next_event() == ("case-41", "messaging.message")
            assert await there.is_silent()
            await told(house.verona_care.pk, 42)
            assert await there.next_event() == ("list", "42")
            assert await here.is_silent()

    run(scene())


def test_only_ids_travel_and_looking_does_not_move_the_list(house) -> None:
    laura = person_in(house.brescia_care)

    async def scene() -> None:
        async with listening(laura) as here:
            await told(house.brescia_care.pk, 41, "conversations.viewing")
            assert await here.next_event() == ("case-41", "conversations.viewing")
            assert await here.is_silent()

    run(scene())


def test_a_notice_reaches_its_person_alone(house) -> None:
    laura, anna = person_in(house.brescia_care), person_in(house.brescia_care)

    @sync_to_async
    def noticed() -> None:
        with transaction.atomic():
            tell("organisation.notice", unit_id=house.verona_care.pk, person=laura.pk)

    async def scene() -> None:
        async with listening(laura) as hers, listening(anna) as other:
            await noticed()
            assert await hers.next_event() == ("notice", "")
            assert await other.is_silent()

    run(scene())


def test_what_was_rolled_back_is_never_told(house) -> None:
    laura = person_in(house.brescia_care)

    async def scene() -> None:
        async with listening(laura) as here:
            await told_and_taken_back(house.brescia_care.pk, 41)
            assert await here.is_silent()

    run(scene())


def test_a_revoked_session_loses_its_stream(house, monkeypatch) -> None:
    monkeypatch.setattr(hubs, "CHECK_SECONDS", 0.2)
    laura = person_in(house.brescia_care)

    async def scene() -> None:
        async with listening(laura) as here:
            await asyncio.sleep(0.5)
            assert await here.is_silent()
            await Session.objects.all().adelete()
            await here.ends()

    run(scene())


def test_after_a_lost_connection_every_page_is_told_to_read_again(house, monkeypatch) -> None:
    monkeypatch.setattr(hubs, "RETRY_SECONDS", 0.2)
    laura = person_in(house.brescia_care)

    @sync_to_async
    def cut() -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND query = 'LISTEN corsia_live'"
            )

    async def scene() -> None:
        async with listening(laura) as here:
            await cut()
            assert await here.next_event() == ("reread", "")
            await told(house.brescia_care.pk, 43)
            assert await here.next_event() == ("list", "43")

    run(scene())


def test_a_page_that_is_far_behind_reads_everything_again_instead() -> None:
    listener = hubs.Listener(session_key="", units=frozenset({1}), everything=False, wake=asyncio.Event())
    for number in range(hubs.MOST_WAITING + 1):
        listener.push(f"event: list\ndata: {number}\n\n".encode())

    assert list(listener.waiting) == [hubs.REREAD]


def test_a_quiet_stream_pings(house, monkeypatch) -> None:
    monkeypatch.setattr(streams, "PING_SECONDS", 0.1)
    laura = person_in(house.brescia_care)

    async def scene() -> None:
        async with listening(laura) as here:
            await asyncio.sleep(0.5)
            assert here.pings >= 2

    run(scene())


def test_a_stream_ends_after_its_longest_time_so_that_rights_are_read_again(house, monkeypatch) -> None:
    monkeypatch.setattr(streams, "PING_SECONDS", 0.1)
    monkeypatch.setattr(streams, "LONGEST_SECONDS", 0.2)
    laura = person_in(house.brescia_care)

    async def scene() -> None:
        async with listening(laura) as here:
            await here.ends()
            assert not hubs.hub().listeners

    run(scene())


def test_a_thousand_pages_of_one_branch_share_one_set_of_units_and_stay_small() -> None:
    import tracemalloc

    async def scene() -> int:
        place = hubs.Hub()
        place._task = asyncio.get_running_loop().create_future()  # no connection in this test
        tracemalloc.start()
        for number in range(1000):
            place.join(session_key=f"{number:032d}", units=frozenset(range(300)), everything=False)
        size = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        assert len({id(listener.units) for listener in place.listeners}) == 1
        return size

    assert asyncio.run(scene()) < 5_000_000  # bytes
