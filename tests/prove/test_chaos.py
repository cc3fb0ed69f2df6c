"""Nothing acknowledged is lost and nothing is doubled while parts of a running Corsia are killed with -9.

A database, supervisor, receiver, workers and web process of their own; eight senders that repeat a mail until it is
acknowledged; every few seconds something dies. At the end each acknowledged Message-ID stands on exactly one message.
"""

import json
import os
import random
import signal
import smtplib
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from corsia.config.bench.mails import Mix

pytestmark = [pytest.mark.prove, pytest.mark.timeout(3000)]

ROOT = Path(__file__).resolve().parents[2]
SENDERS = 8
ACKNOWLEDGED = int(os.environ.get("CORSIA_CHAOS_MAILS", "20000"))
KILL_EVERY_SECONDS = 9
VICTIMS = ["smtp", "worker --queues mail", "postgres backend", "web", "worker --queues facts,due", "postmaster"]

PREPARE = """
from django.core.management import call_command
call_command("migrate", verbosity=0)
from corsia.config.bench.data import build
build(count=1000, progress=lambda line: None)
from corsia.messaging.models import Mailbox
print("ADDRESSES", *Mailbox.unscoped.values_list("address", flat=True))
"""
COUNT = """
import json
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("SELECT header_id, count(*) FROM messaging_message WHERE header_id LIKE 'chaos.%%' GROUP BY 1")
    found = dict(cursor.fetchall())
    cursor.execute("SELECT count(*) FROM messaging_inbound WHERE state = 'received'")
    waiting = cursor.fetchone()[0]
    cursor.execute("SELECT count(*) FROM messaging_inbound WHERE state = 'quarantined'")
    bad = cursor.fetchone()[0]
print("COUNTED", json.dumps({"found": found, "waiting": waiting, "quarantined": bad}))
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def corsia(environment: dict[str, str], *arguments: str, timeout: float = 300) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "corsia", *arguments],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=True,
    )
    return done.stdout


class Senders:
    """Eight threads that each repeat a mail until it is acknowledged."""

    def __init__(self, port: int, recipients: list[str]) -> None:
        self.port, self.recipients = port, recipients
        self.acknowledged: set[str] = set()
        self.repeats = 0
        self.permanent_answers: list[int] = []  # to what was only a temporary fault
        self.lock = threading.Lock()
        self.stop = threading.Event()
        self.threads = [threading.Thread(target=self._send, args=(seed,), daemon=True) for seed in range(SENDERS)]

    def start(self) -> None:
        for thread in self.threads:
            thread.start()

    def join(self) -> None:
        self.stop.set()
        for thread in self.threads:
            thread.join(30)

    def _note(self, codes: list[int]) -> None:
        self.permanent_answers += [code for code in codes if not 400 <= code < 500]

    def _send(self, seed: int) -> None:
        mix = Mix(seed=seed, run="chaos", recipients=self.recipients)
        client: smtplib.SMTP | None = None
        while not self.stop.is_set():
            mail = mix.next()
            mix.sent = mix.sent[-200:]
            while not self.stop.is_set():
                try:
                    client = client or smtplib.SMTP("127.0.0.1", self.port, timeout=20)
                    client.sendmail(mail.sender, [mail.recipient], mail.raw)
                except smtplib.SMTPResponseException as answer:
                    self._note([answer.smtp_code])
                except smtplib.SMTPRecipientsRefused as refusal:
                    self._note([code for code, _text in refusal.recipients.values()])
                except (OSError, smtplib.SMTPException):
                    pass
                else:
                    with self.lock:
                        self.acknowledged.add(mail.key)
                    break
                self.repeats += 1
                client = None
                time.sleep(0.3)


def victim(name: str, supervisor: psutil.Process, var: Path) -> psutil.Process | None:
    if name.startswith("post"):
        try:
            postmaster = psutil.Process(int((var / "postgres" / "postmaster.pid").read_text().split()[0]))
        except (psutil.Error, OSError, ValueError, IndexError):
            return None
        if name == "postmaster":
            return postmaster
        backends = [child for child in postmaster.children() if "[local]" in command_of(child)]
        return random.choice(backends) if backends else None
    return next((child for child in supervisor.children() if f"corsia {name}" in command_of(child)), None)


def command_of(process: psutil.Process) -> str:
    """Return how a process was called; nothing for one that has just ended and is not yet buried."""
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""


def test_nothing_acknowledged_is_lost_or_doubled(tmp_path_factory) -> None:
    var = tmp_path_factory.mktemp("chaos") / "var"
    environment = {key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "CORSIA_PROCESS")}
    environment |= {
        "CORSIA_VAR": str(var),
        "CORSIA_SANDBOX": "1",
        "DJANGO_SETTINGS_MODULE": "corsia.config.settings.local",
    }
    prepared = corsia(environment, "shell", "--no-imports", "-c", PREPARE)
    recipients = prepared.split("ADDRESSES", 1)[1].split()
    web, smtp = free_port(), free_port()
    log = (var / "chaos.log").open("w")
    supervisor = psutil.Popen(
        [sys.executable, "-m", "corsia", "serve", "--port", str(web), "--smtp-port", str(smtp), "--processes", "1"],
        env=environment,
        cwd=ROOT,
        stdout=log,
        stderr=log,
    )
    kills: list[str] = []
    senders = Senders(smtp, recipients)
    try:
        senders.start()
        started = last_kill = time.monotonic()
        while len(senders.acknowledged) < ACKNOWLEDGED:
            assert time.monotonic() - started < 1500, f"only {len(senders.acknowledged)} acknowledged in 25 minutes"
            time.sleep(0.5)
            if time.monotonic() - last_kill > KILL_EVERY_SECONDS and senders.acknowledged:
                name = VICTIMS[len(kills) % len(VICTIMS)]
                target = victim(name, supervisor, var)
                if target is not None:
                    target.send_signal(signal.SIGKILL)
                    kills.append(name)
                    last_kill = time.monotonic()
        senders.join()
        sent_seconds = time.monotonic() - started
        counted = _drained(environment)
    finally:
        senders.stop.set()
        supervisor.terminate()
        supervisor.wait(40)
        corsia(environment, "database", "--stop")

    found = counted["found"]
    lost = senders.acknowledged - found.keys()
    doubled = {key: times for key, times in found.items() if times > 1}
    print(
        f"\nacknowledged {len(senders.acknowledged)} in {sent_seconds:.0f} s, {len(kills)} kills {kills}, "
        f"{senders.repeats} repeats, lost {len(lost)}, doubled {len(doubled)}, quarantined {counted['quarantined']}"
    )
    assert len(kills) >= 7
    assert senders.permanent_answers == []
    assert counted["quarantined"] == 0
    assert (sorted(lost), doubled) == ([], {})


def _drained(environment: dict[str, str]) -> dict:
    """Wait until nothing waits to be read, then count."""
    give_up = time.monotonic() + 1200
    while True:
        try:
            line = corsia(environment, "shell", "--no-imports", "-c", COUNT).split("COUNTED", 1)[1]
        except subprocess.CalledProcessError:
            line = '{"waiting": -1}'  # the database may be starting again
        counted = json.loads(line)
        if counted["waiting"] == 0:
            return counted
        assert time.monotonic() < give_up, f"{counted['waiting']} mails still wait after 20 minutes"
        time.sleep(2)
