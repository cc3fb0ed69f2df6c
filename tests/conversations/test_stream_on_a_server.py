"""The live stream on a real server process, with the settings of a machine: what only another process can show."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psutil
import pytest
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from corsia.config.bench.database import url_of
from corsia.config.supervisor import PATIENCE_SECONDS
from corsia.kernel.actors import system
from corsia.kernel.live import tell
from corsia.organisation import services
from corsia.organisation.models import Membership, Person
from tests.conversations.streams import PATH
from tests.factories.organisation import Group, person_in, signed_in, small_group
from tests.running import ROOT, free_port, until

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass
class Line:
    """An open stream on a socket of its own."""

    line: socket.socket
    heard: str = ""
    is_over: bool = False
    events: list[str] = field(default_factory=list)

    def hears(self, text: str, seconds: float = 10.0) -> float:
        """Wait until a text has come; return after how many seconds."""
        started = time.monotonic()
        while text not in self.heard:
            self._read(seconds - (time.monotonic() - started))
        return time.monotonic() - started

    def ends(self, seconds: float) -> None:
        """Wait for the end of the response: the last chunk, or the end of the connection."""
        started = time.monotonic()
        while not self.is_over and "\r\n0\r\n\r\n" not in self.heard:
            self._read(seconds - (time.monotonic() - started))

    def is_silent(self, seconds: float = 0.4) -> bool:
        """Tell whether nothing more comes for a while, with the connection still there."""
        before = self.heard
        try:
            self._read(seconds)
        except AssertionError:
            return True
        return self.heard == before and not self.is_over

    def _read(self, seconds: float) -> None:
        assert seconds > 0, f"not in time; heard: {self.heard!r}"
        self.line.settimeout(seconds)
        try:
            data = self.line.recv(65536)
        except TimeoutError:
            raise AssertionError(f"not in time; heard: {self.heard!r}") from None
        self.heard += data.decode()
        self.is_over = self.is_over or not data


class Server:
    """`corsia web` on the test's own database."""

    def __init__(self, errors: int | None, processes: int) -> None:
        self.port = free_port()
        environment = {
            **os.environ,
            "DATABASE_URL": url_of(connection.settings_dict["NAME"]),
            "DJANGO_SETTINGS_MODULE": "corsia.config.settings.local",
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "corsia", "web", "--port", str(self.port), "--processes", str(processes)],
            env=environment,
            cwd=ROOT,
            stderr=errors,
        )
        until(self._answers, seconds=90, what="the server answers")

    def _answers(self) -> bool:
        assert self.process.poll() is None, "the server has ended"
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def open(self, cookie: str, *, last_id: str = "", status: int = 200) -> Line:
        """Ask for the stream, and wait for its greeting where it is granted."""
        line = Line(socket.create_connection(("127.0.0.1", self.port)))
        more = f"Last-Event-ID: {last_id}\r\n" if last_id else ""
        line.line.sendall(f"GET {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n{more}\r\n".encode())
        line.hears("\r\n\r\n")
        assert line.heard.split()[1] == str(status), line.heard
        if status == 200:
            line.hears("event: hello")
            line.hears("\nid: ")
        return line


@contextmanager
def serving(errors: int | None = None, processes: int = 1) -> Iterator[Server]:
    server = Server(errors, processes)
    try:
        yield server
    finally:
        server.process.terminate()
        try:
            server.process.wait(15)
        except subprocess.TimeoutExpired:
            server.process.kill()


@pytest.fixture
def house(transactional_db) -> Group:
    return small_group()


def cookie_of(person: Person) -> str:
    # A process of its own has the settings of a machine, and with them another key: its sessions are made there.
    made = subprocess.run(
        [sys.executable, "-c", _SIGN_IN, str(person.pk)],
        env={
            **os.environ,
            "DATABASE_URL": url_of(connection.settings_dict["NAME"]),
            "DJANGO_SETTINGS_MODULE": "corsia.config.settings.local",
        },
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return f"{settings.SESSION_COOKIE_NAME}={json.loads(made.stdout)}"


_SIGN_IN = """
import json, sys
import django
django.setup()
from django.conf import settings
settings.ALLOWED_HOSTS = ["testserver"]
from corsia.organisation.models import Person
from tests.factories.organisation import signed_in
print(json.dumps(signed_in(Person.objects.get(pk=int(sys.argv[1]))).cookies["sessionid"].value))
"""


def told(unit_id: int, case_id: int) -> None:
    with transaction.atomic():
        tell("messaging.message", unit_id=unit_id, case=case_id)


def connections_of_the_server() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return cursor.fetchone()[0]


def test_a_right_taken_away_ends_the_stream_at_once_and_the_page_gets_its_new_scope_or_nothing(house) -> None:
    laura, anna = person_in(house.brescia_care), person_in(house.brescia_care)
    there = Membership.objects.create(person=laura, unit=house.verona_care, role="agent", since=timezone.localdate())
    robot = system("test")
    with serving() as server:
        cookie, annas = cookie_of(laura), cookie_of(anna)
        line, other = server.open(cookie), server.open(annas)
        told(house.verona_care.pk, 41)
        assert line.hears("event: case-41\n") < 6.0

        services.end_role(membership_id=there.pk, on=timezone.localdate(), by=robot, now=timezone.now())
        line.ends(6.0)

        again = server.open(cookie)
        told(house.verona_care.pk, 42)
        told(house.brescia_care.pk, 43)
        again.hears("event: case-43\n")
        assert "case-42" not in again.heard

        Membership.objects.filter(person=laura).delete()
        again.ends(6.0)
        server.open(cookie, status=403)

        other.hears("event: case-43\n")
        Person.objects.filter(pk=anna.pk).update(is_active=False)
        other.ends(6.0)
        server.open(annas, status=302)


def test_a_password_and_a_sign_out_end_the_stream(house) -> None:
    laura, anna = person_in(house.brescia_care), person_in(house.brescia_care)
    with serving() as server:
        cookie, annas = cookie_of(laura), cookie_of(anna)
        line, other = server.open(cookie), server.open(annas)

        laura.set_password("another good password")
        laura.save()
        line.ends(6.0)
        server.open(cookie, status=302)

        assert other.is_silent()
        key = annas.partition("=")[2]
        signed_in(anna).post("/account/logout/")  # on another device
        assert other.is_silent()
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM django_session WHERE session_key = %s", [key])
        other.ends(6.0)
        server.open(annas, status=302)


def test_open_pages_add_no_thread_and_no_connection_and_lines_that_break_lose_nothing(house) -> None:
    people = [person_in(house.brescia_care) for _ in range(3)]
    with serving() as server:
        process = psutil.Process(server.process.pid)
        cookies = [cookie_of(person) for person in people]
        first = server.open(cookies[0])
        told(house.brescia_care.pk, 41)
        first.hears("event: case-41\n")
        last_id = first.heard.rpartition("\nid: ")[2].splitlines()[0]
        threads, connected = process.num_threads(), connections_of_the_server()

        lines = [server.open(cookie) for cookie in cookies for _ in range(15)]
        assert process.num_threads() <= threads + 2  # the pool for queries may still have been growing
        assert connections_of_the_server() == connected

        first.line.close()
        told(house.brescia_care.pk, 42)
        lines[0].hears("event: case-42\n")
        again = server.open(cookies[0], last_id=last_id)
        again.hears("event: case-42\n")
        assert "event: hello\ndata: resumed\n" in again.heard
        assert "event: reread" not in again.heard
        assert "case-41" not in again.heard

        server.open(cookies[1]).line.close()
        limit = [server.open(cookies[1]) for _ in range(5)]
        assert len(limit) == 5
        server.open(cookies[1], status=429)


@pytest.mark.parametrize("processes", [1, 2])
def test_a_server_that_is_told_to_end_finishes_its_streams_and_says_nothing_about_it(
    house, tmp_path, processes
) -> None:
    laura = person_in(house.brescia_care)
    with (tmp_path / "errors").open("wb") as errors, serving(errors.fileno(), processes) as server:
        cookie = cookie_of(laura)
        lines = [server.open(cookie) for _ in range(5)]
        started = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        for line in lines:
            line.ends(6.0)
        assert server.process.wait(10) in (0, -signal.SIGTERM)
        assert time.monotonic() - started < PATIENCE_SECONDS / 2, "it did not have to be killed"
    assert (tmp_path / "errors").read_text() == ""
