"""A running Corsia for tests: real processes on the test's own database, a mail server that keeps what it is handed."""

import email
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path
from typing import TypeVar

from aiosmtpd.controller import Controller
from django.db import connection

from corsia.config.bench.database import url_of

ROOT = Path(__file__).resolve().parents[1]
CHROMIUM_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
T = TypeVar("T")


def chromium() -> str | None:
    """Return where Chromium is: CORSIA_CHROMIUM, Debian's, or None."""
    for candidate in (os.environ.get("CORSIA_CHROMIUM"), "/usr/bin/chromium", shutil.which("chromium")):
        if candidate and Path(candidate).exists():
            return candidate
    return None


def free_port() -> int:
    """Return a port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(look: Callable[[], T], *, seconds: float, what: str) -> T:
    """Look again and again until something is seen.

    Raises:
        AssertionError: it was not seen in time; `what` says what was awaited.
    """
    deadline = time.monotonic() + seconds
    while not (seen := look()):
        assert time.monotonic() < deadline, f"{what}: not within {seconds} s"
        time.sleep(0.2)
    return seen


@dataclass
class MailServer:
    """A customer's mail server: keeps what it is handed."""

    mails: list[Message] = field(default_factory=list)

    async def handle_DATA(self, server, session, envelope) -> str:
        self.mails.append(email.message_from_bytes(envelope.original_content))
        return "250 OK"

    def to(self, address: str) -> list[Message]:
        return [mail for mail in self.mails if address in str(mail["To"])]


@dataclass
class Running:
    """Addresses of a running Corsia."""

    web: str
    smtp_port: int
    mail_server: MailServer


@contextmanager
def corsia_running(*, parts: tuple[str, ...] = ("web", "smtp", "mail", "rest")) -> Iterator[Running]:
    """Run Corsia on the database of the test, which must commit (transactional_db)."""
    web_port, smtp_port, peer_port = free_port(), free_port(), free_port()
    mail_server = MailServer()
    peer = Controller(mail_server, hostname="127.0.0.1", port=peer_port)
    peer.start()
    environment = {
        **os.environ,
        "DATABASE_URL": url_of(connection.settings_dict["NAME"]),
        "DJANGO_SETTINGS_MODULE": "corsia.config.settings.local",
        "CORSIA_SANDBOX": "0",
        "CORSIA_PUBLIC_URL": f"http://127.0.0.1:{web_port}",
        "CORSIA_SMTP_HOST": "127.0.0.1",
        "CORSIA_SMTP_PORT": str(peer_port),
    }
    commands = {
        "web": ["web", "--port", str(web_port)],
        "smtp": ["smtp", "--port", str(smtp_port)],
        "mail": ["worker", "--queues", "mail"],
        "rest": ["worker", "--queues", "facts,due"],
    }
    processes = [
        subprocess.Popen([sys.executable, "-m", "corsia", *commands[part]], env=environment, cwd=ROOT) for part in parts
    ]
    try:
        for port in [web_port] * ("web" in parts) + [smtp_port] * ("smtp" in parts):
            until(lambda port=port: _answers(port), seconds=90, what=f"port {port} opens")
        yield Running(web=f"http://127.0.0.1:{web_port}", smtp_port=smtp_port, mail_server=mail_server)
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
        peer.stop()


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
