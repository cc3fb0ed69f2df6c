"""What is too large is refused by its announced size, before a byte of it is stored or parsed."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from corsia.kernel.errors import CorsiaError
from corsia.ui.middleware import refusal

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

_MB = 1024 * 1024
_LISTENED = 4  # times the limit: so much is read and dropped, for the browser to reach the answer


class TooLarge(CorsiaError):
    """More was announced than is taken in one go (HTTP 413)."""

    code = "ui.too_large"
    status = 413
    message = _(
        "This is too large: %(sent)s MB, and at most %(most)s MB are taken at once. Nothing was sent or stored. Go "
        "back, choose fewer or smaller files, and send again."
    )


class UploadMiddleware:
    """Answers 413 to what is too large, in the person's language. Stands before everything that reads the body."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        size = _size(str(request.META.get("CONTENT_LENGTH") or ""))
        if size > settings.MAX_UPLOAD_BYTES:
            # Rounded up, so that what is refused never reads like what is allowed.
            return refusal(request, TooLarge(sent=-(-size // _MB), most=settings.MAX_UPLOAD_BYTES // _MB))
        return self.get_response(request)


class UploadDoor:
    """In front of Django, which would first write the whole body to the disk: drops what will be refused anyway.

    A body of unannounced length is dropped too: Django reads no form from one.
    """

    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = dict(scope["headers"])
            announced = headers.get(b"content-length", b"").decode("latin-1")
            if _size(announced) > settings.MAX_UPLOAD_BYTES or b"transfer-encoding" in headers:
                receive = _emptied(receive)
        await self.application(scope, receive, send)


def _size(announced: str) -> int:
    """Return the announced bytes, 0 for none; of a senseless number of digits the first say enough."""
    return int(announced[:15]) if announced.isascii() and announced.isdigit() else 0


def _emptied(receive: Receive) -> Receive:
    """Return a way to receive that reads the body, drops it, and tells of an empty one."""
    dropped, is_told = 0, False
    most = _LISTENED * settings.MAX_UPLOAD_BYTES

    async def receive_nothing() -> Message:
        nonlocal dropped, is_told
        while True:
            if is_told and dropped > most:
                # Heard enough of it. Who listens for the end of the connection is called off with the answer.
                await asyncio.get_running_loop().create_future()
            message = await receive()
            if message["type"] != "http.request":
                return message
            dropped += len(message.get("body", b""))
            is_over = not message.get("more_body") or dropped > most
            if is_over and not is_told:
                is_told = True
                return {"type": "http.request", "body": b"", "more_body": False}

    return receive_nothing
