"""The door of the live stream, in front of Django: a thread and a connection to be let in, and neither to stay.

Django keeps a thread for each open response. Here Django's own chain decides, once, who may hear what (middleware,
@access, scope, and the view in stream.py); the stream itself then waits without it.
"""

import asyncio
import io
import signal
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from types import FrameType
from typing import Any, cast

from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.core import signals
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse, set_script_prefix

from corsia.conversations.web.ear import Listener, Send
from corsia.conversations.web.hub import Hub, hub
from corsia.conversations.web.stream import Granted

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]

MOST_STREAMS = 20  # of one person, in one web process
TRIES = 3  # when rights keep changing while they are looked up
DATABASE_SECONDS = 5.0  # how long a page waits for a database that is away


class StreamDoor:
    """Answers the stream's address, and hands everything else to Django."""

    def __init__(self, django: ASGIHandler) -> None:
        self._django: Any = django  # its annotations know only plain dictionaries
        self._path = reverse("conversations:stream")

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "http" and scope["path"].removeprefix(scope.get("root_path", "")) == self._path:
            await self._answer(scope, receive, send)
        else:
            await self._django(scope, receive, send)

    async def _answer(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["method"] != "GET":
            await self._say(HttpResponse(status=405, headers={"Allow": "GET"}), send)
            return
        place = hub()
        place.start()
        # In a task of its own: whatever Django leaves in the context goes with it.
        listener = await asyncio.create_task(self._let_in(scope, send, place))
        if listener is None:
            return
        try:
            await listener.flush()
            while (await receive())["type"] != "http.disconnect":
                pass
        finally:
            place.leave(listener)

    async def _let_in(self, scope: Message, send: Send, place: Hub) -> Listener | None:
        """Return the page's listener, its response begun; None when something else was answered."""
        came_at = asyncio.get_running_loop().time()
        last_id = dict(scope["headers"]).get(b"last-event-id", b"").decode("latin-1")
        for _ in range(TRIES):
            if not await _hears(place):
                break
            async with place.deciding:
                asked_at = place.moment()
                response = await self._decide(scope)
            if not isinstance(response, Granted):
                await self._say(response, send)
                return None
            if place.streams_of(response.ear.person_id) >= MOST_STREAMS:
                await self._say(HttpResponse(status=429, headers={"Retry-After": "30"}), send)
                return None
            listener = place.join(response.ear, send, came_at=came_at, asked_at=asked_at, last_id=last_id)
            if listener is not None:
                try:
                    await send({"type": "http.response.start", "status": 200, "headers": _head(response)})
                except BaseException:
                    place.leave(listener)
                    raise
                return listener
        await self._say(HttpResponse(status=503, headers={"Retry-After": "5"}), send)
        return None

    async def _decide(self, scope: Message) -> HttpResponseBase:
        """Let Django answer, with a thread and a connection that are given back before this returns."""
        async with ThreadSensitiveContext():
            set_script_prefix(get_script_prefix(scope))
            await signals.request_started.asend(sender=type(self._django), scope=scope)
            request, refusal = self._django.create_request(scope, io.BytesIO())
            answer = refusal if request is None else await self._django.run_get_response(request)
            response = cast(HttpResponseBase, answer)
            await sync_to_async(response.close)()
            return response

    async def _say(self, response: HttpResponseBase, send: Send) -> None:
        await self._django.send_response(response, send)


async def _hears(place: Hub) -> bool:
    """Tell whether the hub listens: only then nothing is missed between a decision and its stream."""
    try:
        await asyncio.wait_for(place.is_listening.wait(), DATABASE_SECONDS)
    except TimeoutError:
        return False
    return not place.is_closed


def _head(response: Granted) -> list[tuple[bytes, bytes]]:
    headers = [(name, value) for name, value in response.items() if name.lower() != "content-length"]
    headers += [("Set-Cookie", cookie.OutputString()) for cookie in response.cookies.values()]
    return [(name.encode("ascii"), value.encode("latin-1")) for name, value in headers]


async def _live(receive: Receive, send: Send) -> None:
    """Follow the server's life. It tells of its end only after the open responses, so its signals are heard as well."""
    loop, place = asyncio.get_running_loop(), hub()
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            _hear_signals(lambda: loop.call_soon_threadsafe(place.close))
            await send({"type": "lifespan.startup.complete"})
        else:
            place.close()
            await send({"type": "lifespan.shutdown.complete"})
            return


def _hear_signals(close: Callable[[], object]) -> None:
    """End the streams first when the process is told to end; then whatever the server does about it."""
    if threading.current_thread() is not threading.main_thread():
        return  # signals come to the main thread alone; who runs a server beside it ends it by other means
    for number in (signal.SIGINT, signal.SIGTERM):
        servers_own = signal.getsignal(number)

        def heard(number: int, frame: FrameType | None, servers_own: Any = servers_own) -> None:
            close()
            if callable(servers_own):
                servers_own(number, frame)

        signal.signal(number, heard)
