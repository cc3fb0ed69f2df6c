"""How many complete surveys of ten questions a second two web processes take from customers' telephones."""

import asyncio
import gzip
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db import connection
from django.urls import reverse
from django.utils import timezone

from corsia.config.bench import Figure, machine, percentile
from corsia.config.bench.database import busy_seconds
from corsia.config.bench.streams import Stream
from corsia.kernel import scope
from corsia.listening.links import ANSWER, token_of
from corsia.listening.models import ListeningPlan, Questionnaire, QuestionnaireVersion, Response, Touchpoint
from corsia.listening.vocabulary import PlanState, VersionState
from corsia.organisation.models import Unit

PORT = 8928
PROCESSES = 2
SUBMISSIONS = 6_000
WARM_UP = 300
CONNECTIONS = 32  # browsers that are at it at one moment
GOAL, P95_GOAL, SIZE_GOAL = 150, 150, 15  # a second, ms, KB
_KEY = "bench-ten"
_SCALES = [f"q{number}" for number in range(1, 9)]
_BROWSER = (
    "Accept: text/html\r\nAccept-Encoding: gzip, deflate, br\r\nAccept-Language: it-IT,it\r\n"
    "User-Agent: Mozilla/5.0 (Linux; Android 15; Pixel 8) AppleWebKit/537.36 Chrome/140 Mobile Safari/537.36\r\n"
)


@dataclass
class Took:
    """What the browsers noted: seconds of each request, by what it was, and the size of the page."""

    opened: list[float] = field(default_factory=list)
    sent: list[float] = field(default_factory=list)
    thanked: list[float] = field(default_factory=list)
    page_bytes: int = 0
    seconds: float = 0.0


def measure(*, progress: Callable[[str], None]) -> Iterator[Figure]:
    """Yield the rate of complete submissions, what each request took, and that every answer was kept."""
    # Each customer has an address of their own, which a proxy tells; the door counts by it.
    environment = {**os.environ, "CORSIA_PROCESS": "web", "CORSIA_TRUSTED_PROXIES": "127.0.0.1"}
    with scope.system("bench"):
        tokens = _invited(SUBMISSIONS + WARM_UP)
        before = Response.objects.filter(version__questionnaire__key=_KEY, completed_at__isnull=False).count()
        web = subprocess.Popen(
            [sys.executable, "-m", "corsia", "web", "--port", str(PORT), "--processes", str(PROCESSES)], env=environment
        )
        try:
            asyncio.run(_all(tokens[:WARM_UP]))
            progress(f"{SUBMISSIONS:,} submissions by {CONNECTIONS} browsers at once")
            was_busy = busy_seconds(web.pid) + time.process_time()
            took = asyncio.run(_all(tokens[WARM_UP:]))
            busy = busy_seconds(web.pid) + time.process_time() - was_busy
        finally:
            web.terminate()
            web.wait()
        kept = Response.objects.filter(version__questionnaire__key=_KEY, completed_at__isnull=False).count() - before
    conditions = (
        f"{machine()}; {PROCESSES} web processes, browsers and database on the same cores; ten questions on one page;"
        f" each opens the page, sends it and is thanked, {CONNECTIONS} at once; load {os.getloadavg()[0]:.1f}"
    )
    every = took.opened + took.sent + took.thanked
    figures: list[tuple[str, float, str, str]] = [
        ("complete submissions", round(SUBMISSIONS / took.seconds, 1), "a second", f">= {GOAL}"),
        ("processor time each, the browsers' included", round(1000 * busy / SUBMISSIONS, 1), "ms", ""),
        ("requests p50", round(1000 * percentile(every, 0.5)), "ms", ""),
        ("requests p95", round(1000 * percentile(every, 0.95)), "ms", f"<= {P95_GOAL}"),
        ("sending p95", round(1000 * percentile(took.sent, 0.95)), "ms", f"<= {P95_GOAL}"),
        ("requests p99", round(1000 * percentile(every, 0.99)), "ms", ""),
        ("the page, not compressed", round(took.page_bytes / 1000, 1), "KB", f"<= {SIZE_GOAL}"),
        ("answers kept, of those sent", kept / len(tokens), "share", "1"),
    ]
    for name, value, unit, goal in figures:
        yield Figure("surveys", f"public survey, {name}", value, unit, goal, conditions)


async def _all(tokens: Sequence[str]) -> Took:
    took, left = Took(), list(tokens)
    browsers = [await _connected() for _ in range(CONNECTIONS)]
    started = time.perf_counter()
    await asyncio.gather(*(_browse(stream, left, took) for stream in browsers))
    took.seconds = time.perf_counter() - started
    for _reader, writer in browsers:
        writer.close()
    return took


async def _browse(stream: Stream, left: list[str], took: Took) -> None:
    """Answer one survey after the other."""
    while left:
        token = left.pop()
        number = int(token.partition("-")[0])
        who = f"X-Forwarded-For: 10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}\r\n"
        path = reverse("portal:survey", args=[token])
        seconds, _head, body = await _ask(stream, f"GET {path} HTTP/1.1\r\n{who}", expected="200")
        took.opened.append(seconds)
        took.page_bytes = len(body)
        if b"<script" in body or body.count(b'type="radio"') != 11 * (len(_SCALES) + 1):
            raise RuntimeError("The page does not ask the ten questions.")
        form = {"page": "all", "recommend": number % 11, **dict.fromkeys(_SCALES, number * 7 % 11)}
        sent = urlencode({**form, "words": "Tutto bene, ma il preventivo è arrivato tardi."})
        seconds, head, _body = await _ask(
            stream,
            f"POST {path}?l=it HTTP/1.1\r\n{who}Origin: http://127.0.0.1:{PORT}\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(sent)}\r\n",
            sent,
            expected="302",
        )
        took.sent.append(seconds)
        seconds, _head, body = await _ask(stream, f"GET {path}{head['location']} HTTP/1.1\r\n{who}", expected="200")
        took.thanked.append(seconds)
        if b"Grazie" not in body:
            raise RuntimeError("A customer was not thanked.")


async def _ask(stream: Stream, head: str, body: str = "", *, expected: str) -> tuple[float, dict[str, str], bytes]:
    """Send a request and read its whole answer; return seconds, headers and the body, not compressed.

    Raises:
        RuntimeError: another status.
    """
    reader, writer = stream
    started = time.perf_counter()
    writer.write(f"{head}Host: 127.0.0.1:{PORT}\r\n{_BROWSER}\r\n{body}".encode())
    lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:] if line)}
    content = await reader.readexactly(int(headers.get("content-length", "0")))
    seconds = time.perf_counter() - started
    if lines[0].split(" ")[1] != expected:
        raise RuntimeError(f"{head.split(' HTTP')[0]} answered {lines[0]}")
    return seconds, headers, gzip.decompress(content) if headers.get("content-encoding") == "gzip" else content


async def _connected() -> Stream:
    for _ in range(1200):
        try:
            return await asyncio.open_connection("127.0.0.1", PORT)
        except OSError:
            await asyncio.sleep(0.1)
    raise RuntimeError(f"The web process did not open port {PORT} within two minutes.")


def _invited(count: int) -> list[str]:
    """Send invitations of a plan that asks ten questions, and return their tokens."""
    root, now = Unit.objects.get(parent=None), timezone.now()
    plan = ListeningPlan.objects.filter(questionnaire__key=_KEY).first() or _plan(root)
    version = QuestionnaireVersion.objects.get(questionnaire=plan.questionnaire_id)
    with connection.cursor() as cursor:
        cursor.execute(_INVITED, {"plan": plan.pk, "version": version.pk, "count": count, "now": now})
        ids = [int(row[0]) for row in cursor.fetchall()]
        cursor.execute("ANALYZE listening_invitation")
    return [token_of(pk, ANSWER) for pk in ids]


def _plan(root: Unit) -> ListeningPlan:
    now = timezone.now()
    questionnaire = Questionnaire.objects.create(unit=root, key=_KEY, name_it="Dieci domande", name_en="Ten questions")
    QuestionnaireVersion.objects.create(
        questionnaire=questionnaire,
        number=1,
        state=VersionState.IN_FORCE,
        definition=_ten_questions(),
        saved_at=now,
        published_at=now,
    )
    touchpoint = Touchpoint.objects.create(
        unit=root, key="bench", name_it="Officina", name_en="Workshop", stage="service"
    )
    return ListeningPlan.objects.create(  # type: ignore[no-any-return]
        unit=root,
        name="Prova",
        touchpoint=touchpoint,
        questionnaire=questionnaire,
        starts_on=date(2020, 1, 1),
        state=PlanState.RUNNING,
        changed_at=now - timedelta(days=1),
    )


def _ten_questions() -> dict[str, Any]:
    """Return a recommendation, eight scales and a free text, on one page."""

    def scale(key: str, role: str, text: str) -> dict[str, Any]:
        ends = {
            "low": {"it": "Per niente", "en": "Not at all"},
            "high": {"it": "Del tutto", "en": "Entirely"},
            "from": 0,
            "to": 10,
            "low_at_most": 6,
        }
        return {"key": key, "kind": "scale", "role": role, "text": {"it": text, "en": text}, "required": True} | ends

    questions = [scale("recommend", "recommend", "Quanto è probabile che Lei consigli l'officina di {place}?")]
    questions += [
        scale(key, "satisfaction", f"Quanto è soddisfatto del punto {key[1:]} di {{day}}?") for key in _SCALES
    ]
    words = {"it": "Che cosa possiamo migliorare?", "en": "What could we do better?"}
    questions.append({"key": "words", "kind": "text", "role": "words", "text": words, "required": False})
    return {
        "key": _KEY,
        "name": {"it": "Dieci domande", "en": "Ten questions"},
        "pages": [{"key": "all", "questions": questions}],
    }


_INVITED = """
    INSERT INTO listening_invitation (
        plan_id, occasion_id, happened_at, customer_id, unit_id, version_id, language, created_at, send_after, sent_at,
        expires_at, cancel_reason, cancel_detail)
    SELECT %(plan)s, last.id + n, %(now)s::timestamptz - interval '3 days', c.id,
        (ARRAY(SELECT id FROM organisation_unit WHERE kind = 'department' ORDER BY id))[1 + n %% 20],
        %(version)s, 'it', %(now)s::timestamptz - interval '3 days', %(now)s::timestamptz - interval '1 day',
        %(now)s::timestamptz - interval '1 day', %(now)s::timestamptz + interval '20 days', '', ''
    FROM (SELECT id, row_number() OVER (ORDER BY id) AS place FROM customers_customer ORDER BY id LIMIT 20000) c,
        generate_series(1, %(count)s) n,
        (SELECT COALESCE(max(occasion_id), 0) AS id FROM listening_invitation WHERE plan_id = %(plan)s) last
    WHERE c.place = 1 + n %% 20000
    RETURNING id
"""
