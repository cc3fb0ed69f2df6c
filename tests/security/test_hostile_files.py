"""Files made to hurt, through every door that takes one: kept byte for byte, never run, never unpacked, renamed."""

import base64
import itertools
import unicodedata
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.test import Client
from django.utils import timezone

from corsia.connectors.email.services import drain
from corsia.kernel import scope
from corsia.kernel.blobs import content_of
from corsia.messaging.models import Attachment, Inbound
from corsia.messaging.rules.files import SAFE_IMAGES, safe_name
from corsia.messaging.rules.incoming import NewFile
from corsia.messaging.rules.pictures import picture_size
from corsia.messaging.services import record_entry_by_hand
from corsia.messaging.services.journal import RawItem, store_inbound
from corsia.messaging.vocabulary import InboundSource, InboundState
from corsia.portal import stamps
from tests.security.hostile_files import HOSTILE, HostileFile, gif, jpeg, png, webp
from tests.security.world import Place, World, boss_actor, browser_of

pytestmark = pytest.mark.django_db

BOUNDARY = "corsia-hostile-files"
# A browser writes these three so; everything else goes as it is.
_IN_QUOTES = str.maketrans({"\r": "%0D", "\n": "%0A", '"': "%22"})


def multipart(fields: dict[str, str], files: list[HostileFile], *, name: str) -> bytes:
    """Return a form as a browser (or somebody who plays one) sends it, names of files untouched."""
    parts = [f'Content-Disposition: form-data; name="{key}"\r\n\r\n{value}'.encode() for key, value in fields.items()]
    parts += [
        f'Content-Disposition: form-data; name="{name}"; filename="{file.name.translate(_IN_QUOTES)}"\r\n'
        f"Content-Type: image/png\r\n\r\n".encode()
        + file.content
        for file in files
    ]
    return b"".join(b"--%b\r\n%b\r\n" % (BOUNDARY.encode(), part) for part in parts) + f"--{BOUNDARY}--\r\n".encode()


def send(client: Client, address: str, fields: dict[str, str], files: list[HostileFile], *, name: str):
    body = multipart(fields, files, name=name)
    return client.generic("POST", address, body, content_type=f"multipart/form-data; boundary={BOUNDARY}")


def kept(before: set[int]) -> list[Attachment]:
    return list(Attachment.unscoped.exclude(pk__in=before).order_by("pk"))


def known_files() -> set[int]:
    return set(Attachment.unscoped.values_list("pk", flat=True))


def faults(row: Attachment, file: HostileFile, browser: Client) -> list[str]:
    """Return what is wrong with how a kept file is named and handed out."""
    answer = browser.get(f"/messaging/attachments/{row.pk}/")
    headers, shown = answer.headers, row.media_type in SAFE_IMAGES
    disposition = headers["Content-Disposition"]
    unseen = [letter for letter in row.name if unicodedata.category(letter)[0] == "C"]
    right = {
        "status": answer.status_code == 200,
        "bytes": answer.content == file.content == content_of(row.blob_id),
        "picture": shown is file.is_picture,
        "type": headers["Content-Type"] == (row.media_type if shown else "application/octet-stream"),
        "disposition": disposition.startswith("inline" if shown else "attachment"),
        "one line": not set("\r\n") & set(disposition),
        "nosniff": headers["X-Content-Type-Options"] == "nosniff",
        "policy": headers["Content-Security-Policy"] == "default-src 'none'; sandbox; frame-ancestors 'none'",
        "resource policy": headers["Cross-Origin-Resource-Policy"] == "same-origin",
        "not kept": "no-store" in headers["Cache-Control"],
        "name": bool(row.name.strip()) and len(row.name) <= 150 and not row.name.startswith("."),
        "no folder": not set('/\\:"<>|*?') & set(row.name),
        "all seen": not unseen,
    }
    return [f"{file.name[:40]!r} as {row.name[:40]!r}: {what}" for what, is_right in right.items() if not is_right]


def test_there_are_enough_of_them() -> None:
    assert len(HOSTILE) >= 60
    assert 0 < sum(file.is_picture for file in HOSTILE) < 10


def test_files_of_an_answer(world: World) -> None:
    place, found = world.brescia, []
    browser, case = browser_of(place.boss), place.rows["conversation_id"]
    for file in HOSTILE:
        before = known_files()

        answer = send(browser, f"/conversations/{case}/write/", {"kind": "out", "text": "Ecco"}, [file], name="files")

        rows = kept(before)
        # A name of which nothing is left is no file for the library that reads forms; then nothing may be sent at all.
        if answer.status_code == 200 and len(rows) == 1:
            found += faults(rows[0], file, browser)
        elif answer.status_code >= 500 or rows or (answer.status_code == 200 and safe_name(file.name) != "file-1"):
            found.append(f"{file.name[:40]!r}: {answer.status_code}, {len(rows)} kept")

    assert not found, "\n".join(found)


def test_files_of_a_web_form(world: World) -> None:
    """Customers may send pictures, documents and recordings; the rest is refused with what they typed kept."""
    place, found, taken = world.brescia, [], 0
    slug, browser = place.words["slug"], browser_of(place.boss)
    for number, file in enumerate(HOSTILE):
        before, visitor = known_files(), Client(REMOTE_ADDR=f"198.51.100.{number}", raise_request_exception=False)
        fields = {
            "stamp": stamps.new_stamp(slug, now=timezone.now() - timedelta(minutes=1)),
            "name": "Giulia Ferri",
            "email": f"giulia{number}@example.it",
            "topic": "information",
            "text": f"Guardate qui {number}",
        }

        answer = send(visitor, f"/portal/form/{slug}/", fields, [file], name="attachments")

        rows = kept(before)
        taken += len(rows)
        if answer.status_code == 422 and not rows:
            if f"Guardate qui {number}" not in answer.content.decode():
                found.append(f"{file.name[:40]!r}: what was typed is lost")
        elif answer.status_code == 302 and len(rows) == 1:
            found += faults(rows[0], file, browser)
            if file.content.startswith((b"MZ", b"\x7fELF", b"<", b"#!")):
                found.append(f"{file.name[:40]!r} was taken from a stranger")
        elif answer.status_code != 302 or safe_name(file.name) != "file-1":
            found.append(f"{file.name[:40]!r}: {answer.status_code}, {len(rows)} kept")

    assert not found, "\n".join(found)
    assert taken >= 20, "the form takes what it should"


def mail_with(files: list[HostileFile], *, place: Place, number: int) -> bytes:
    parts = [b"Content-Type: text/plain\r\n\r\nGuardate qui"]
    for file in files:
        name = quote(file.name.encode("utf-8", "replace"), safe="")
        parts.append(
            f"Content-Type: image/png; name*=utf-8''{name}\r\nContent-Transfer-Encoding: base64\r\n"
            f"Content-Disposition: inline; filename*=utf-8''{name}\r\n\r\n".encode()
            + base64.encodebytes(file.content)
        )
    body = b"".join(b"--%b\r\n%b\r\n" % (BOUNDARY.encode(), part) for part in parts) + f"--{BOUNDARY}--\r\n".encode()
    head = (
        f"From: giulia{number}@example.com\r\nTo: assistenza{place.branch.pk}@bellandi.example\r\nSubject: Foto\r\n"
        f"Message-ID: <hostile{number}@example.com>\r\nMIME-Version: 1.0\r\n"
        f"Content-Type: multipart/mixed; boundary={BOUNDARY}\r\n\r\n"
    )
    return head.encode() + body


def test_files_of_a_mail(world: World) -> None:
    place, found = world.brescia, []
    browser, in_tens = browser_of(place.boss), [HOSTILE[at : at + 10] for at in range(0, len(HOSTILE), 10)]
    before, arrived = known_files(), timezone.now()
    mailbox = f"assistenza{place.branch.pk}@bellandi.example"
    store_inbound(
        [
            RawItem(source=InboundSource.SMTP, raw=mail_with(files, place=place, number=number), mailbox=mailbox)
            for number, files in enumerate(in_tens)
        ],
        now=arrived,
    )

    while drain(now=arrived):
        pass

    rows = kept(before)
    assert not Inbound.objects.filter(received_at=arrived).exclude(state=InboundState.PARSED).exists()
    assert len(rows) == len(HOSTILE), "each file is one file: nothing was unpacked, nothing was dropped"
    for row, file in zip(rows, HOSTILE, strict=True):
        found += faults(row, file, browser)
    assert not found, "\n".join(found)


def test_files_written_down_at_the_counter(world: World) -> None:
    place, found, before = world.brescia, [], known_files()
    with scope.system("test"):
        record_entry_by_hand(
            channel="counter",
            unit_id=place.desk.pk,
            text="Ha portato una chiavetta",
            customer_id=place.rows["customer_id"],
            attachments=[NewFile(name=file.name, content=file.content) for file in HOSTILE],
            by=boss_actor(place, world.now),
            now=world.now,
        )
    browser = browser_of(place.boss)

    rows = kept(before)

    assert len(rows) == len(HOSTILE)
    for row, file in zip(rows, HOSTILE, strict=True):
        found += faults(row, file, browser)
    assert not found, "\n".join(found)


def test_a_page_shows_as_pictures_only_those_that_are(world: World) -> None:
    """The page of the conversation fetches nothing but harmless pictures; the rest are links to downloads."""
    place, before = world.brescia, known_files()
    case = place.rows["conversation_id"]
    with scope.system("test"):
        record_entry_by_hand(
            channel="counter",
            case_id=case,
            text="Ha portato una chiavetta",
            attachments=[NewFile(name=file.name, content=file.content) for file in HOSTILE],
            by=boss_actor(place, world.now),
            now=world.now,
        )
    pictures = {row.pk for row, file in zip(kept(before), HOSTILE, strict=True) if file.is_picture}

    page = browser_of(place.boss).get(f"/conversations/{case}/panel/").content.decode()

    shown = {row.pk for row in kept(before) if f'<img src="/messaging/attachments/{row.pk}/"' in page}
    assert shown == pictures


@pytest.mark.parametrize(
    ("content", "media_type", "size"),
    [
        (png(3, 5), "image/png", (3, 5)),
        (png(20_000, 9), "image/png", (20_000, 9)),
        (gif(width=300), "image/gif", (300, 300)),
        (jpeg(width=640, height=480), "image/jpeg", (640, 480)),
        (jpeg(comment=b"x" * 60_000, width=640, height=480), "image/jpeg", (640, 480)),
        (b"\xff\xd8\xff\xff\xff" + jpeg()[3:], "image/jpeg", (8, 8)),
        (webp(width=1_000, height=16_384), "image/webp", (1_000, 16_384)),
        (b"RIFF\x00\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00\x0f\x27\x00\x1f\x4e\x00", "image/webp",
         (10_000, 20_000)),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 \x00\x00\x00\x00\x00\x00\x00\x9d\x01\x2a\x80\x02\xe0\x41", "image/webp",
         (640, 480)),
        (b"", "image/png", None),
        (b"\xff\xd8" * 5_000, "image/jpeg", None),
        (b"\xff\xd8" + b"\xff\xe0\x00\x02" * 5_000, "image/jpeg", None),
        (b"\xff\xd8\xff\xe0\x00\x00", "image/jpeg", None),
        (png(), "image/svg+xml", None),
    ],
)  # fmt: skip
def test_the_size_of_a_picture_is_read_from_its_head(content: bytes, media_type: str, size) -> None:
    assert picture_size(content, media_type) == size


def test_a_size_is_never_a_fault() -> None:
    """Each picture cut off at each of its first bytes, and with each of them changed."""
    for whole, media_type in (
        (png(), "image/png"),
        (gif(), "image/gif"),
        (jpeg(), "image/jpeg"),
        (webp(), "image/webp"),
    ):
        for at, byte in itertools.product(range(min(48, len(whole))), (0, 1, 0xFF)):
            picture_size(whole[:at], media_type)
            picture_size(whole[:at] + bytes([byte]) + whole[at + 1 :], media_type)
