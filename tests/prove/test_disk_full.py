"""The disk fills up while mails come in: whoever was told "accepted" is found again, the others were told "later".

The database, receiver and workers run on a small file system in memory, which only root may mount.
"""

import os
import smtplib
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.prove.test_chaos import COUNT, PREPARE, ROOT, corsia, free_port

pytestmark = [pytest.mark.prove, pytest.mark.timeout(900)]

DISK_MB, BALLAST_MB = 420, 200
MAIL_BYTES = 1_500_000
ANSWER_SECONDS = 2.0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "var"
    place.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "corsia-small-disk", str(place)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        pytest.skip(f"NOT PROVED: a small file system cannot be mounted here: {done.stderr.strip()}")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


class Sender:
    """Sends mails one after the other and keeps what it was answered."""

    def __init__(self, port: int, recipient: str) -> None:
        self.port, self.recipient, self.number = port, recipient, 0
        self.acknowledged: list[str] = []
        self.refused: list[tuple[int, float]] = []  # code and seconds until it came
        self.unanswered = 0

    def send(self) -> bool:
        """Send the next mail; return whether it was acknowledged."""
        self.number += 1
        key = f"chaos.disk{self.number}@example.com"
        head = (
            f"From: c{self.number}@example.com\r\nTo: {self.recipient}\r\nSubject: Foto\r\nMessage-ID: <{key}>\r\n\r\n"
        )
        body = os.urandom(MAIL_BYTES // 2).hex()
        raw = head.encode() + b"\r\n".join(body[at : at + 76].encode() for at in range(0, len(body), 76))
        began = time.monotonic()
        try:
            with smtplib.SMTP("127.0.0.1", self.port, timeout=30) as client:
                began = time.monotonic()
                client.sendmail(f"c{self.number}@example.com", [self.recipient], raw)
        except smtplib.SMTPResponseException as answer:
            self.refused.append((answer.smtp_code, time.monotonic() - began))
            return False
        except smtplib.SMTPRecipientsRefused as refusal:
            code = next(iter(refusal.recipients.values()))[0]
            self.refused.append((code, time.monotonic() - began))
            return False
        except (OSError, smtplib.SMTPException):
            self.unanswered += 1
            return False
        self.acknowledged.append(key)
        return True


def waited_for(look, *, seconds: float, what: str) -> None:
    give_up = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < give_up, f"{what}: not within {seconds} s"
        time.sleep(0.5)


def doctor(environment: dict[str, str]) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "corsia", "doctor"], env=environment, cwd=ROOT, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout


def test_a_full_disk_loses_nothing_that_was_acknowledged(small_disk: Path) -> None:
    environment = {key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "CORSIA_PROCESS")}
    environment |= {
        "CORSIA_VAR": str(small_disk),
        "CORSIA_SANDBOX": "1",
        "DJANGO_SETTINGS_MODULE": "corsia.config.settings.local",
    }
    recipient = corsia(environment, "shell", "--no-imports", "-c", PREPARE).split("ADDRESSES", 1)[1].split()[0]
    smtp, web = free_port(), free_port()
    supervisor = psutil.Popen(
        [sys.executable, "-m", "corsia", "serve", "--port", str(web), "--smtp-port", str(smtp), "--processes", "1"],
        env=environment, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    sender, ballast = Sender(smtp, recipient), small_disk / "ballast"
    try:
        waited_for(sender.send, seconds=120, what="the receiver accepts")
        sender.refused.clear()
        free_mb = psutil.disk_usage(str(small_disk)).free // 1024 // 1024
        ballast.write_bytes(b"\x00" * 1024 * 1024 * min(BALLAST_MB, max(1, free_mb - 30)))
        used_pct = psutil.disk_usage(str(small_disk)).percent
        healthy, said = doctor(environment)
        while len(sender.refused) < 20 and sender.number < 400:
            sender.send()
        before_full = len(sender.acknowledged)
        ballast.unlink()
        waited_for(sender.send, seconds=180, what="the receiver accepts again")
        for _ in range(5):
            sender.send()
        missing: set[str] = set()

        def all_read() -> bool:
            try:
                found = corsia(environment, "shell", "--no-imports", "-c", COUNT).split("COUNTED", 1)[1]
            except subprocess.CalledProcessError:
                return False
            missing.clear()
            missing.update(key for key in sender.acknowledged if f'"{key}": 1' not in found)
            return '"waiting": 0' in found

        waited_for(all_read, seconds=300, what="everything is read")
    finally:
        supervisor.terminate()
        supervisor.wait(40)
        corsia(environment, "database", "--stop")

    seconds = sorted(took for _code, took in sender.refused)
    print(
        f"\nacknowledged {before_full} before the disk was full and {len(sender.acknowledged) - before_full} after;"
        f" {len(sender.refused)} told to come later, the slowest after {seconds[-1]:.2f} s, {sender.unanswered} not"
        f" answered; lost {len(missing)}"
    )
    assert missing == set()
    assert before_full >= 3
    assert len(sender.refused) >= 20, "the disk never filled up"
    assert {code for code, _took in sender.refused if not 400 <= code < 500} == set()
    assert statistics.median(seconds) <= ANSWER_SECONDS
    if used_pct >= 85:
        assert healthy == 1, said
