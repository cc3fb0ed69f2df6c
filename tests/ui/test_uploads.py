"""Requests that are too large: refused by their announced size, unread, with what to do next."""

import asyncio
from io import BytesIO

import pytest
from django.core.asgi import get_asgi_application
from django.test import Client, RequestFactory

from corsia.kernel.models import Blob
from corsia.messaging.models import Inbound
from corsia.organisation.vocabulary import Role
from corsia.ui.uploads import UploadDoor, UploadMiddleware
from tests.factories.organisation import person_in, signed_in

MB = 1024 * 1024
SENTENCE = "This is too large: 2 MB, and at most 1 MB are taken at once."
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def limit(settings) -> None:
    settings.MAX_UPLOAD_BYTES = MB


class Unreadable(BytesIO):
    """A body that nobody may look at."""

    def read(self, *_: object) -> bytes:
        raise AssertionError("the body was read")


def test_a_page_says_what_why_and_what_next_in_the_language_of_the_browser(group) -> None:
    answers = {
        language: Client(headers={"Accept-Language": language}).post(
            "/account/login/", b"x" * (MB + 1), content_type="multipart/form-data; boundary=b"
        )
        for language in ("en", "it")
    }

    assert {answer.status_code for answer in answers.values()} == {413}
    assert SENTENCE in answers["en"].content.decode()
    assert "Nothing was sent or stored. Go back, choose fewer or smaller files" in answers["en"].content.decode()
    assert "È troppo grande: 2 MB, mentre al massimo se ne accettano 1 alla volta." in answers["it"].content.decode()


def test_a_composer_gets_a_toast_and_keeps_what_was_typed(group) -> None:
    agent = signed_in(person_in(group.brescia, Role.AGENT, language="en"))

    refused = agent.post(
        "/conversations/1/send/",
        {"text": "Gentile cliente", "file": BytesIO(b"x" * MB)},
        headers={"HX-Request": "true"},
    )

    assert refused.status_code == 413
    assert (refused["HX-Reswap"], refused["HX-Refusal"]) == ("none", "1")
    rest = "Nothing was sent or stored. Go back, choose fewer or smaller files, and send again."
    assert refused.content.decode().strip() == f'<p class="refusal" role="alert">{SENTENCE} {rest}</p>'
    assert (Blob.objects.count(), Inbound.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("announced", "status"),
    [
        ("0", 200),
        ("", 200),
        (str(MB), 200),
        (str(MB + 1), 413),
        ("9" * 5000, 413),
        ("-5", 200),
        ("１２３４５６７８９", 200),
        ("junk", 200),
    ],
)
def test_the_announced_size_decides_and_the_body_is_not_read(announced: str, status: int) -> None:
    from django.http import HttpResponse

    request = RequestFactory().post("/", {})
    request.META["CONTENT_LENGTH"] = announced
    request._stream = Unreadable()

    assert UploadMiddleware(lambda _request: HttpResponse("fine"))(request).status_code == status


async def asked(headers: list[tuple[bytes, bytes]], chunks: list[bytes]) -> tuple[int, bytes, int]:
    """Send a request through the door to Django; return status, body, and how many chunks were taken."""
    left, said, taken = list(chunks), [], 0
    gone = asyncio.Event()

    async def receive():
        nonlocal taken
        if left:
            taken += 1
            chunk = left.pop(0)
            return {"type": "http.request", "body": chunk, "more_body": bool(left)}
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message):
        said.append(message)

    scope = {
        "type": "http", "method": "POST", "path": "/account/login/", "query_string": b"", "http_version": "1.1",
        "scheme": "http", "server": ("testserver", 80), "client": ("127.0.0.1", 1), "root_path": "",
        "headers": [(b"host", b"testserver"), (b"accept-language", b"en"), *headers],
    }  # fmt: skip
    await UploadDoor(get_asgi_application())(scope, receive, send)
    return said[0]["status"], b"".join(message.get("body", b"") for message in said), taken


@pytest.mark.django_db(transaction=True)
def test_in_front_of_django_nothing_of_it_is_written_to_the_disk(monkeypatch, group) -> None:
    import tempfile

    from django.core.handlers import asgi

    class Watched(tempfile.SpooledTemporaryFile):
        written = 0

        def write(self, data: bytes) -> int:
            Watched.written += len(data)
            return super().write(data)

    monkeypatch.setattr(asgi.tempfile, "SpooledTemporaryFile", Watched)
    length = (b"content-length", str(3 * MB).encode())
    kind = (b"content-type", b"multipart/form-data; boundary=b")

    status, body, taken = asyncio.run(asked([length, kind], [b"x" * (MB // 4)] * 12))

    assert status == 413
    assert b"This is too large: 3 MB" in body
    assert (Watched.written, taken) == (0, 12)  # all was heard out, so that the browser sees the answer


@pytest.mark.django_db(transaction=True)
def test_a_flood_is_not_heard_out_and_an_unannounced_length_is_not_stored(group) -> None:
    flood = [b"x" * MB] * 400
    status, _body, taken = asyncio.run(asked([(b"content-length", str(400 * MB).encode())], flood))
    assert status == 413
    assert taken == 5  # four times the limit, and what shows that there is more

    status, _body, _taken = asyncio.run(asked([(b"transfer-encoding", b"chunked")], [b"login=a", b"&password=b"]))
    assert status == 403  # a form without its token: nothing of it was read
