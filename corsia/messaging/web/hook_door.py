"""The door of webhooks, in front of Django: the calls that wait at one moment are kept together, with one commit.

Providers send in bursts and want their answer soon. A call by itself takes a chain of middleware, a thread and two
commits; here all that share. Who may come in and what is kept is decided by the same service as behind Django
(`hooks.take_calls`), which still answers greetings, other methods, and calls whose answer is looked up.
"""

import logging
from collections import Counter
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
from django.conf import settings
from django.db import DatabaseError, close_old_connections
from django.http import QueryDict
from django.urls import reverse

from corsia.kernel.client_address import Proxies, count_key
from corsia.kernel.errors import TooMany
from corsia.kernel.gathering import Desk, Full
from corsia.kernel.limits import spend
from corsia.messaging.ports import Call, HookAnswer, adapter_of
from corsia.messaging.services import hooks
from corsia.messaging.web.hooks import DOOR, MAX_BYTES

logger = logging.getLogger("corsia.messaging")

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

MOST_AT_ONCE = 64  # calls in one transaction
MOST_WAITING = 64 * 1024 * 1024  # bytes of calls that wait, in one web process: the provider calls again
ATTEMPTS = 2  # when two processes keep the same events and lock each other out


@dataclass(frozen=True)
class Reply:
    """What a provider gets back."""

    status: int
    body: bytes
    media_type: str = "text/plain"
    retry_after: int = 0  # seconds


AGAIN = Reply(503, b"Try again.", retry_after=30)
TOO_LARGE = Reply(413, b"Too large.")


@dataclass(frozen=True)
class Visit:
    """A call and from where it came, as its uses are counted."""

    knock: hooks.Knock
    key: str


class HookDoor:
    """Answers calls of providers, and hands everything else on."""

    def __init__(self, application: Any) -> None:
        self._application = application
        self._prefix = reverse("messaging:hook", args=["channel", "key"]).removesuffix("channel/key/")
        self._proxies = Proxies()
        self._desk: Desk[Visit, Reply] = Desk(
            replies_to, name="hooks", most_at_once=MOST_AT_ONCE, most_waiting=MOST_WAITING
        )

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        place = self._place(scope) if scope["type"] == "http" and scope["method"] == "POST" else None
        if place is None:
            await self._application(scope, receive, send)
            return
        headers = _headers(scope)
        raw = await _body(receive, announced=headers.get("content-length", ""))
        if isinstance(raw, Reply):
            await _say(raw, send)
        elif raw is not None:
            await _say(await self._reply(self._visit(scope, place, headers, raw)), send)

    async def _reply(self, visit: Visit) -> Reply:
        """Return the answer to a call, once what it brought is on disk."""
        try:
            return await self._desk.reply_to(visit, weight=len(visit.knock.call.raw))
        except Full:
            return AGAIN

    def _place(self, scope: Message) -> tuple[str, str] | None:
        """Return channel and key that a path names, where a call of that channel may be taken with others."""
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        if not path.startswith(self._prefix):
            return None
        channel, _, rest = path.removeprefix(self._prefix).partition("/")
        hook_key, _, nothing = rest.partition("/")
        adapter = adapter_of(channel)
        if not rest.endswith("/") or nothing or adapter is None or adapter.kind.answers_live:
            return None
        return channel, hook_key

    def _visit(self, scope: Message, place: tuple[str, str], headers: dict[str, str], raw: bytes) -> Visit:
        channel, hook_key = place
        query = scope.get("query_string", b"").decode("latin-1")
        call = Call(
            method="POST",
            url=f"{settings.PUBLIC_URL}{scope['path']}{'?' if query else ''}{query}",
            query=QueryDict(query).dict(),
            headers=headers,
            raw=raw,
            at=datetime.now(UTC),
        )
        peer = str((scope.get("client") or ("",))[0])
        address = self._proxies.client_of(peer, headers.get(self._proxies.header, ""))
        return Visit(hooks.Knock(channel, hook_key, call), count_key(address))


def replies_to(visits: Sequence[Visit]) -> list[Reply]:
    """Keep what calls bring and return the answer of each, with a connection that is given back."""
    close_old_connections()
    try:
        return _replies(visits)
    except DatabaseError:
        logger.warning("webhooks: %s calls could not be kept, their providers are asked to call again", len(visits))
        return [AGAIN] * len(visits)
    except Exception:
        if len(visits) > 1:  # one of them is at fault: the others go on
            return [reply for visit in visits for reply in replies_to([visit])]
        logger.exception("webhooks: a call of %s could not be taken", visits[0].knock.channel)
        return [AGAIN]
    finally:
        close_old_connections()


def _replies(visits: Sequence[Visit]) -> list[Reply]:
    now = visits[-1].knock.call.at
    refused: dict[str, Reply] = {}
    for key, uses in Counter(visit.key for visit in visits).items():
        try:
            spend(DOOR, key=key, now=now, uses=uses)
        except TooMany as error:
            refused[key] = Reply(429, str(error).encode(), retry_after=60 * int(error.data["minutes"]))
    knocks = [visit.knock for visit in visits if visit.key not in refused]
    answers = iter(_taken(knocks, now=now))
    return [refused[visit.key] if visit.key in refused else _reply(next(answers)) for visit in visits]


def _taken(knocks: Sequence[hooks.Knock], *, now: datetime) -> list[HookAnswer | hooks.NotTheProvider]:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return hooks.take_calls(knocks, now=now)
        except DatabaseError as error:
            if not isinstance(error.__cause__, psycopg.errors.DeadlockDetected) or attempt == ATTEMPTS:
                raise
    raise AssertionError("unreachable")


def _reply(answer: HookAnswer | hooks.NotTheProvider) -> Reply:
    if isinstance(answer, hooks.NotTheProvider):
        return Reply(answer.status, str(answer).encode())
    return Reply(answer.status, answer.body, answer.media_type)


def _headers(scope: Message) -> dict[str, str]:
    """Return the headers by lower-case name; of several with one name the values stand together, as in Django."""
    found: dict[str, str] = {}
    for name, value in scope["headers"]:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        found[key] = f"{found[key]},{text}" if key in found else text
    return found


async def _body(receive: Receive, *, announced: str) -> bytes | Reply | None:
    """Return the bytes of a call, a refusal of too many, or None when the provider has gone."""
    if announced.isascii() and announced.isdigit() and int(announced[:15]) > MAX_BYTES:
        return TOO_LARGE
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > MAX_BYTES:
            return TOO_LARGE
        if not message.get("more_body"):
            return b"".join(parts)


async def _say(reply: Reply, send: Send) -> None:
    headers = [
        (b"content-type", reply.media_type.encode("latin-1")),
        (b"content-length", str(len(reply.body)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]
    if reply.retry_after:
        headers.append((b"retry-after", str(reply.retry_after).encode()))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})
