"""What a thousand open pages cost: memory of the web process, database connections, and how soon an event arrives."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from importlib import import_module

import psutil
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import connection, transaction
from django.urls import reverse

from corsia.config.bench import Figure, machine, percentile
from corsia.conversations.web.door import MOST_STREAMS
from corsia.kernel.live import tell
from corsia.organisation.models import Membership, Person, Unit
from corsia.organisation.vocabulary import Role

# The writer is kept because a forgotten one closes its connection.
Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]
PORT = 8926
EVENTS = 20
PAGES, PAGES_AT_ONCE = 200, 4
STREAMS_EACH = MOST_STREAMS  # as many as a person may have
DOMAIN = "@streams.bench.example"


def measure(*, streams: int, progress: Callable[[str], None]) -> Iterator[Figure]:
    """Yield memory, database connections and event latency with that many open streams in one web process."""
    environment = {**os.environ, "CORSIA_PROCESS": "web"}
    command = [sys.executable, "-m", "corsia", "web", "--port", str(PORT), "--processes", "1"]
    with _managers(-(-streams // STREAMS_EACH)) as cookies:
        web = subprocess.Popen(command, env=environment)
        try:
            yield from asyncio.run(_measure(web.pid, cookies, streams, progress))
        finally:
            web.terminate()
            web.wait()


@contextmanager
def _managers(count: int) -> Iterator[list[str]]:
    """Make so many managers who hear everything, signed in; yield their cookies, and remove them at the end."""
    top = Unit.objects.get(parent=None)
    _remove_managers()
    try:
        cookies = []
        for number in range(count):
            person = Person.objects.create(email=f"{number}{DOMAIN}", first_name="Stream", last_name=f"{number}")
            Membership.objects.create(person=person, unit=top, role=Role.CARE_MANAGER, since=date(2020, 1, 1))
            session = import_module(settings.SESSION_ENGINE).SessionStore()
            session[SESSION_KEY] = str(person.pk)
            session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
            session[HASH_SESSION_KEY] = person.get_session_auth_hash()
            session.save()
            cookies.append(f"{settings.SESSION_COOKIE_NAME}={session.session_key}")
        yield cookies
    finally:
        _remove_managers()


def _remove_managers() -> None:
    UserSession.objects.filter(user__email__endswith=DOMAIN).delete()
    Person.objects.filter(email__endswith=DOMAIN).delete()


async def _measure(pid: int, cookies: Sequence[str], streams: int, progress: Callable[[str], None]) -> list[Figure]:
    process = psutil.Process(pid)
    path = reverse("conversations:stream")
    await _ready()
    streams_open = [await _open(path, cookies[0])]  # the first one warms the process up
    before = process.memory_info().rss
    connections_before = await asyncio.to_thread(_connections)
    started = time.monotonic()
    for start in range(1, streams, 20):
        numbers = range(start, min(start + 20, streams))
        streams_open += await asyncio.gather(*(_open(path, cookies[number % len(cookies)]) for number in numbers))
        if start % 200 == 1:
            progress(f"{len(streams_open)} streams open")
    opening = time.monotonic() - started
    await asyncio.sleep(2)
    after = process.memory_info().rss
    connections_after = await asyncio.to_thread(_connections)
    delays = await _events(streams_open)
    for _ in range(PAGES // PAGES_AT_ONCE):
        await asyncio.gather(*(_page(cookies[number]) for number in range(min(PAGES_AT_ONCE, len(cookies)))))
    with_pages = process.memory_info().rss
    conditions = f"{machine()}; one web process, {streams:,} streams of {len(cookies)} people from the same machine"
    return [
        Figure("streams", "memory of the web process", round(after / 1e6), "MB", "< 150", conditions),
        Figure("streams", f"memory after {PAGES} pages of the inbox", round(with_pages / 1e6), "MB", "", conditions),
        Figure("streams", "memory per stream", round((after - before) / streams / 1e3, 1), "KB", "", conditions),
        Figure(
            "streams",
            "database connections added",
            connections_after - connections_before,
            "connections",
            "0",
            conditions,
        ),
        Figure("streams", "threads", process.num_threads(), "threads", "", conditions),
        Figure("streams", "let in", round(streams / opening), "streams/s", "", conditions),
        Figure("streams", "event to every stream p95", round(percentile(delays, 0.95), 2), "s", "<= 1", conditions),
    ]


async def _ready() -> None:
    for _ in range(600):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", PORT)
        except OSError:
            await asyncio.sleep(0.1)
        else:
            writer.close()
            return
    raise RuntimeError(f"The web process did not open port {PORT} within a minute.")


async def _open(path: str, cookie: str, more: str = "") -> Stream:
    reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n{more}\r\n".encode())
    await writer.drain()
    status = await reader.readline()
    if b" 200 " not in status:
        raise RuntimeError(f"{path} answered {status.decode().strip()}")
    while await reader.readline() not in (b"\r\n", b""):
        pass
    return reader, writer


async def _page(cookie: str) -> None:
    """Ask for the inbox, as people do whose page is open."""
    reader, writer = await _open(reverse("conversations:inbox"), cookie, "Connection: close\r\n")
    await reader.read()
    writer.close()


async def _events(streams: list[Stream]) -> list[float]:
    """Tell EVENTS events and return the seconds each took to reach each stream."""
    delays: list[float] = []
    for number in range(EVENTS):
        mark = f"{7_000_000 + number}".encode()
        waiting = [asyncio.create_task(_until(reader, mark)) for reader, _writer in streams]
        started = time.monotonic()
        await asyncio.to_thread(_tell, 7_000_000 + number)
        arrived = await asyncio.wait_for(asyncio.gather(*waiting), timeout=30)
        delays += [moment - started for moment in arrived]
    return delays


async def _until(reader: asyncio.StreamReader, mark: bytes) -> float:
    while mark not in (line := await reader.readline()):
        if not line:
            raise RuntimeError("The server closed a stream.")
    return time.monotonic()


def _tell(case_id: int) -> None:
    unit_id = Person.objects.get(email="p0@bench.example").memberships.get().unit_id
    with transaction.atomic():
        tell("cases.case", unit_id=unit_id, case=case_id)


def _connections() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
        return int(cursor.fetchone()[0])
