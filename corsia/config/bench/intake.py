"""From SMTP to a case on the desk: how many mails a second are accepted, how many are filed, and how soon."""

import os
import smtplib
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

from django.db import connection

from corsia.config.bench import Figure, machine, percentile
from corsia.config.bench.mails import Mail, Mix
from corsia.config.running import MAIL_WORKERS
from corsia.messaging.models import Mailbox

SENDERS = 8
PORT = 8925
CALM_RATE = 10  # mails a second for the latency figure
CALM_SECONDS = 30


def measure(*, count: int, mails: int, progress: Callable[[str], None]) -> Iterator[Figure]:
    """Yield accept rate, end-to-end rate and latency, with receiver and workers as processes of their own."""
    recipients = list(Mailbox.unscoped.order_by("pk").values_list("address", flat=True))
    run = f"r{int(time.time())}"
    mixes = [Mix(seed=seed, run=run, recipients=recipients) for seed in range(SENDERS)]
    batches = [[mix.next() for _ in range(mails // SENDERS)] for mix in mixes]
    total = sum(len(batch) for batch in batches)
    conditions = (
        f"{machine()}; {count:,} cases loaded; {total:,} mails by {SENDERS} senders on the same machine; text + HTML, "
        f"20 % with 50 KB attached, 30 % replies; one durable commit per filed message; {MAIL_WORKERS} mail workers"
    )
    receiver = _start("smtp", "--port", str(PORT))
    try:
        _wait_for_port(PORT)
        progress(f"sending {total:,} mails, workers off")
        accepted = _send_all(batches)
        yield Figure("intake", "accepted and stored", round(total / accepted, 1), "messages/s", ">= 200", conditions)
        workers = [_start("worker", "--queues", "mail", "--concurrency", "1") for _ in range(MAIL_WORKERS)]
        progress("filing what waits, senders quiet")
        filed = _until_filed(run, total)
        yield Figure("intake", "parsed and filed, senders quiet", round(total / filed, 1), "messages/s", "", conditions)

        progress(f"sending {total:,} mails, workers on")
        run = f"s{int(time.time())}"
        batches = [
            [mix.next() for _ in range(mails // SENDERS)]
            for mix in (Mix(seed=seed, run=run, recipients=recipients) for seed in range(SENDERS))
        ]
        started = time.monotonic()
        _send_all(batches)
        _until_filed(run, total)
        whole = time.monotonic() - started
        yield Figure("intake", "end to end", round(total / whole, 1), "messages/s", ">= 60, aim 110", conditions)

        progress(f"{CALM_RATE} mails a second for {CALM_SECONDS} s")
        delays = _calm(f"t{int(time.time())}", recipients)
        yield Figure("intake", "SMTP to visible p50 at 10/s", round(percentile(delays, 0.5), 2), "s", "", conditions)
        yield Figure(
            "intake", "SMTP to visible p95 at 10/s", round(percentile(delays, 0.95), 2), "s", "< 2", conditions
        )
        for worker in workers:
            worker.terminate()
            worker.wait()
    finally:
        receiver.terminate()
        receiver.wait()


def _start(*arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "corsia", *arguments], env=dict(os.environ))


def _wait_for_port(port: int) -> None:
    for _ in range(600):
        try:
            smtplib.SMTP("127.0.0.1", port, timeout=2).quit()
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"The SMTP receiver did not open port {port} within a minute.")


def _send_all(batches: list[list[Mail]]) -> float:
    """Send every batch over a connection of its own; return the seconds until the last answer."""
    failures: list[BaseException] = []

    def send(batch: list[Mail]) -> None:
        try:
            with smtplib.SMTP("127.0.0.1", PORT, timeout=60) as client:
                for mail in batch:
                    client.sendmail(mail.sender, [mail.recipient], mail.raw)
        except (OSError, smtplib.SMTPException) as error:
            failures.append(error)

    threads = [threading.Thread(target=send, args=(batch,)) for batch in batches]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise RuntimeError(f"{len(failures)} senders failed: {failures[0]}")
    return time.monotonic() - started


def _filed(run: str) -> int:
    with connection.cursor() as cursor:
        # Only the latest: looking through millions of older ones would take the cores that are measured.
        cursor.execute(
            "SELECT count(*) FROM messaging_message WHERE id > (SELECT max(id) - 50000 FROM messaging_message)"
            " AND header_id LIKE %s",
            [f"{run}.%"],
        )
        return int(cursor.fetchone()[0])


def _until_filed(run: str, total: int, patience: float = 600) -> float:
    started = time.monotonic()
    while (done := _filed(run)) < total:
        if time.monotonic() - started > patience:
            raise RuntimeError(f"Only {done} of {total} mails were filed within {patience:.0f} s.")
        time.sleep(0.2)
    return time.monotonic() - started


def _calm(run: str, recipients: list[str]) -> list[float]:
    """Send slowly and return for each mail the seconds from the start of its sending until its message can be read."""
    mix = Mix(seed=99, run=run, recipients=recipients)
    sent_at: dict[str, float] = {}
    seen_at: dict[str, float] = {}
    total = CALM_RATE * CALM_SECONDS

    def send() -> None:
        with smtplib.SMTP("127.0.0.1", PORT, timeout=60) as client:
            for number in range(total):
                mail = mix.next()
                sent_at[mail.key] = time.monotonic()
                client.sendmail(mail.sender, [mail.recipient], mail.raw)
                time.sleep(max(0.0, 1 / CALM_RATE - (time.monotonic() - sent_at[mail.key])))
                if number % 100 == 0:
                    client.noop()

    sender = threading.Thread(target=send)
    sender.start()
    give_up = time.monotonic() + CALM_SECONDS + 60
    with connection.cursor() as cursor:
        while len(seen_at) < total and time.monotonic() < give_up:
            cursor.execute(
                "SELECT header_id FROM messaging_message WHERE id > (SELECT max(id) - 50000 FROM messaging_message)"
                " AND header_id LIKE %s",
                [f"{run}.%"],
            )
            moment = time.monotonic()
            for (key,) in cursor.fetchall():
                seen_at.setdefault(key, moment)
            time.sleep(0.03)
    sender.join()
    if len(seen_at) < total:
        raise RuntimeError(f"Only {len(seen_at)} of {total} mails became visible.")
    return [seen_at[key] - sent_at[key] for key in sent_at]
