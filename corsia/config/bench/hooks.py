"""How soon a webhook is acknowledged: signed WhatsApp calls at a steady rate, each on disk before its 200."""

import asyncio
import hashlib
import hmac
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from django.urls import reverse

from corsia.config.bench import Figure, machine, percentile
from corsia.config.bench.streams import Stream
from corsia.kernel import scope
from corsia.kernel.actors import system
from corsia.messaging.models import ChannelAccount, Inbound
from corsia.messaging.services.accounts import AccountDetails, save_account, switch
from corsia.messaging.vocabulary import InboundState
from corsia.organisation.models import Unit
from corsia.organisation.vocabulary import UnitKind

PORT = 8927
RATE, SECONDS = 100, 60
CONNECTIONS = 24  # providers keep theirs open
PROCESSES = 2
WORD = "as agreed with nobody"  # every secret of the account
NUMBER = "106540352242999"
WAITS = 120  # seconds for a process that starts, or for what was taken to be read


def measure(*, progress: Callable[[str], None]) -> Iterator[Figure]:
    """Yield how soon calls were acknowledged while a worker reads them, and how many were not, were lost or doubled."""
    environment = {**os.environ, "CORSIA_PROCESS": "web"}
    with scope.system("bench"):
        account = _account()
        path = reverse("messaging:hook", args=["whatsapp", account.hook_key])
        before = Inbound.objects.filter(account=account).count()
        web = subprocess.Popen(
            [sys.executable, "-m", "corsia", "web", "--port", str(PORT), "--processes", str(PROCESSES)], env=environment
        )
        worker = subprocess.Popen([sys.executable, "-m", "corsia", "worker"], env=dict(os.environ))
        try:
            progress(f"{RATE} calls a second for {SECONDS} seconds")
            answers = asyncio.run(_call(path, run=f"{time.time_ns()}"))
            kept = Inbound.objects.filter(account=account).count() - before - 1  # and the one to warm up with
            read_after = _until_read(account)
        finally:
            for process in (web, worker):
                process.terminate()
                process.wait()
    took = [seconds for seconds, _status in answers]
    refused = sum(not status.startswith("2") for _seconds, status in answers)
    conditions = f"{machine()}; {PROCESSES} web processes, a worker reading at the same time, {RATE}/s for {SECONDS} s"
    yield Figure("hooks", "acknowledged, p50", round(1000 * percentile(took, 0.5)), "ms", "", conditions)
    yield Figure("hooks", "acknowledged, p99", round(1000 * percentile(took, 0.99)), "ms", "<= 300", conditions)
    yield Figure("hooks", "not acknowledged with a 2xx", refused, "calls", "0", conditions)
    yield Figure("hooks", "calls kept, of those sent", kept / len(answers), "share", "1", conditions)
    yield Figure("hooks", "all read, after the last call", round(read_after, 1), "s", "", conditions)


def _account() -> ChannelAccount:
    unit = Unit.objects.filter(kind=UnitKind.DEPARTMENT).order_by("pk")[0]
    found: ChannelAccount | None = ChannelAccount.objects.filter(channel="whatsapp", external_id=NUMBER).first()
    by, now = system("bench"), datetime.now(UTC)
    if found is None:
        details = AccountDetails(
            unit_id=unit.pk,
            name="Bench",
            external_id=NUMBER,
            token=WORD,
            signing_secret=WORD,
            hello_secret=WORD,
        )
        found = save_account(account_id=None, channel="whatsapp", details=details, by=by, now=now)
    return found if found.is_active else switch(account_id=found.pk, is_on=True, by=by, now=now)


async def _call(path: str, *, run: str) -> list[tuple[float, str]]:
    """Send every call at its moment, whatever became of those before; return its seconds and its status."""
    idle: asyncio.Queue[Stream] = asyncio.Queue()
    for _ in range(CONNECTIONS):
        idle.put_nowait(await _connected())
    await _send(idle, _request(path, f"{run}.warm"), time.monotonic())
    started = time.monotonic() + 0.5
    calls = []
    for number in range(RATE * SECONDS):
        moment = started + number / RATE
        await asyncio.sleep(max(0.0, moment - time.monotonic()))
        calls.append(asyncio.create_task(_send(idle, _request(path, f"{run}.{number}"), moment)))
    return list(await asyncio.gather(*calls))


async def _send(idle: "asyncio.Queue[Stream]", request: bytes, moment: float) -> tuple[float, str]:
    reader, writer = await idle.get()
    writer.write(request)
    await writer.drain()
    status = (await reader.readline()).decode().split(" ")[1]
    length = 0
    while (line := await reader.readline()) not in (b"\r\n", b""):
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    await reader.readexactly(length)
    idle.put_nowait((reader, writer))
    return time.monotonic() - moment, status


def _request(path: str, key: str) -> bytes:
    sender = f"39333{int(hashlib.sha256(key.encode()).hexdigest(), 16) % 10**7:07}"
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "390301234567", "phone_number_id": NUMBER},
        "contacts": [{"profile": {"name": "Cliente"}, "wa_id": sender}],
        "messages": [
            {
                "from": sender,
                "id": f"wamid.{key}",
                "timestamp": str(int(time.time())),
                "type": "text",
                "text": {"body": "Buongiorno, la mia auto è pronta?"},
            }
        ],
    }
    entry = {"id": "1", "time": int(time.time()), "changes": [{"value": value, "field": "messages"}]}
    body = json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()
    proof = hmac.new(WORD.encode(), body, hashlib.sha256).hexdigest()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nX-Hub-Signature-256: sha256={proof}\r\n\r\n"
    )
    return head.encode() + body


async def _connected() -> Stream:
    for _ in range(WAITS * 10):
        try:
            return await asyncio.open_connection("127.0.0.1", PORT)
        except OSError:
            await asyncio.sleep(0.1)
    raise RuntimeError(f"The web process did not open port {PORT} within {WAITS} seconds.")


def _until_read(account: ChannelAccount) -> float:
    """Wait until every call was read; return the seconds."""
    started = time.monotonic()
    while Inbound.objects.filter(account=account, state=InboundState.RECEIVED).exists():
        if time.monotonic() - started > WAITS * 5:
            raise RuntimeError(f"Calls were not all read within {WAITS * 5} seconds.")
        time.sleep(0.5)
    return time.monotonic() - started
