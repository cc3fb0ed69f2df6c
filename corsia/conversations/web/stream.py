"""The live stream of the inbox: ids only; each page fetches what its own rights let it see."""

import asyncio
from collections.abc import AsyncIterator

from asgiref.sync import sync_to_async
from django.db import connections
from django.http import HttpResponse, StreamingHttpResponse

from corsia.conversations.permissions import USE_INBOX
from corsia.conversations.web.hub import Hub, Listener, hub
from corsia.kernel import scope
from corsia.kernel.access import access
from corsia.kernel.http import StaffRequest

PING_SECONDS = 15.0
LONGEST_SECONDS = 600.0  # then the browser connects again, with the rights its person has by then
_GREETING = b"retry: 2000\n\nevent: hello\ndata: \n\n"
_PING = b": ping\n\n"


@access(USE_INBOX)
async def stream(request: StaffRequest) -> HttpResponse | StreamingHttpResponse:
    """Tell the page, as it happens, which cases within its scope changed."""
    if request.method != "GET":
        return HttpResponse(status=405, headers={"Allow": "GET"})
    seen = scope.current_scope()
    place = hub()
    listener = place.join(
        session_key=request.session.session_key or "",
        units=seen.units,
        everything=seen.everything,
        person_id=request.actor.id or 0,
    )
    answer = StreamingHttpResponse(told_to(listener, place), content_type="text/event-stream")
    answer.headers["X-Accel-Buffering"] = "no"
    answer.headers["Content-Encoding"] = "identity"  # keeps GZipMiddleware away from the stream
    return answer


async def told_to(listener: Listener, place: Hub) -> AsyncIterator[bytes]:
    """Yield the events of one page until it goes, its session is revoked, or its time is over."""
    # Django would keep the request's thread and its connection to the end of the response: a page needs neither.
    await sync_to_async(connections.close_all)()
    loop = asyncio.get_running_loop()
    ends_at = loop.time() + LONGEST_SECONDS
    try:
        yield _GREETING
        while not listener.is_over and loop.time() < ends_at:
            try:
                await asyncio.wait_for(listener.wake.wait(), PING_SECONDS)
            except TimeoutError:
                yield _PING
                continue
            listener.wake.clear()
            if listener.waiting:
                lines = b"".join(listener.waiting)
                listener.waiting.clear()
                yield lines
    finally:
        place.leave(listener)
