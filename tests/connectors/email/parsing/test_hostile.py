"""Mails made to hurt: each ends parsed or in quarantine, in time, within memory, and the next mail is not delayed."""

import base64
import io
import os
import resource
import zipfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from corsia.connectors.email.parsing import Outcome, ParsedMail, Reason
from corsia.connectors.email.parsing.child import ParserPool

TOP = b"From: m@example.it\r\nTo: care@example.it\r\n"
HTML = TOP + b"Content-Type: text/html\r\n\r\n"


@pytest.fixture(scope="module")
def pool() -> Iterator[ParserPool]:
    with ParserPool(size=1, seconds=60) as pool:  # on a busy machine the wall clock says little
        yield pool


def _worked(pool: ParserPool) -> float:
    """Return the seconds of processor time that the pool's children have used, the ended ones included."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    living = [psutil.Process(pid).cpu_times() for pid in pool.processes()]
    return ended.ru_utime + ended.ru_stime + sum(times.user + times.system for times in living)


def _peak_kilobytes(pid: int) -> int:
    """Return the most memory a living process ever held."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))


def _timed(pool: ParserPool, raw: bytes, *, seconds: float = 3.0) -> ParsedMail:
    # Work, not the clock on the wall: the machine may be busy with other tests.
    worked = _worked(pool)
    mail = pool.parse(raw)
    assert _worked(pool) - worked < seconds
    assert pool.parse(TOP + b"\r\nciao").text == "ciao"  # the next mail is read at once
    return mail


def _nested(depth: int) -> bytes:
    levels = (
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (level, level) for level in range(depth)
    )
    return TOP + b"".join(levels) + b"Content-Type: text/plain\r\n\r\nciao"


READ = {
    "a subject of 0.9 MB in words": TOP + b"Subject: " + b"=?utf-8?B?w6zDrA==?=\r\n " * 40_000 + b"\r\n\r\nciao",
    "a subject of half-open words": TOP + b"Subject: " + b"=?" * 400_000 + b"\r\n\r\nciao",
    "a To of 0.4 MB": TOP + b"Cc: " + b'"Rossi, Mario" <m@example.it>, ' * 13_000 + b"\r\n\r\nciao",
    "a To of quotes": TOP + b"Cc: " + b'"' * 400_000 + b"\r\n\r\nciao",
    "a To of brackets": TOP + b"Cc: " + b"(" * 400_000 + b"\r\n\r\nciao",
    "100,000 parameters": TOP + b"Content-Type: text/plain" + b';a="b' * 100_000 + b"\r\n\r\nciao",
    "100,000 headers": TOP + b"X-A: b\r\n" * 100_000 + b"\r\nciao",
    "a header folded 300,000 times": TOP + b"X-A: a" + b"\r\n b" * 300_000 + b"\r\n\r\nciao",
    "19 levels": _nested(19),
    "1,000 forwards in forwards": TOP + b"Content-Type: message/rfc822\r\n\r\n" * 1_000 + b"ciao",
    "100,000 nested divs": HTML + b"<div>" * 100_000 + b"ciao",
    "60,000 attributes": HTML + b"<p " + b"a=1 " * 60_000 + b">ciao",
    "a million open comments": HTML + b"<!--" * 500_000,
    "a million open tags": HTML + b"<a " * 500_000,
    "60,000 open scripts": HTML + b"<script>" * 60_000,
    "quotes that never end in HTML": HTML + b'<a ">' * 200_000,
    "one line of 5 MB": TOP + b"\r\n" + b"parola " * 700_000,
    "a million quote marks": TOP + b"\r\n" + b">" * 1_000_000,
    "3,000 lines of stars": TOP + b"\r\n" + (b"*" * 590 + b"x\r\n") * 3_000,
    "3,000 titles": TOP + b"\r\n" + (b"-" * 80 + b" original message" + b"*" * 90 + b"x\r\n") * 3_000,
    "50,000 lines above quotes": TOP + b"\r\n" + b"On Mon, 1 Jan 2020 at 10:00, x <a@b.it>\r\n" * 50_000,
    "100,000 files that never end": TOP + b"\r\n" + b"begin 644 x\r\n" * 100_000,
    "a calendar of 200,000 events": TOP + b"Content-Type: text/calendar\r\n\r\n" + b"BEGIN:VEVENT\r\n" * 200_000,
    "punycode": TOP + b"Content-Type: text/plain; charset=punycode\r\n\r\n" + b"a-" * 500_000,
    "20,000 recipients in a report": (
        TOP + b"Content-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\r\n--x\r\n"
        b"Content-Type: message/delivery-status\r\n\r\n"
        + b"Final-Recipient: rfc822; a@b.it\r\nStatus: 5.1.1\r\n\r\n" * 20_000
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", READ)
def test_it_is_read_in_three_seconds(pool: ParserPool, name: str) -> None:
    mail = _timed(pool, READ[name])

    assert mail.outcome is Outcome.PARSED
    assert len(mail.subject) <= 64 * 1024
    assert len(mail.to) + len(mail.cc) <= 1_000
    assert len(mail.bounces) <= 50


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", Reason.EMPTY),
        (b"\r\n\r\n \x00", Reason.EMPTY),
        (TOP + b"Content-Type: multipart/mixed; boundary=x\r\n\r\n" + b"--x\r\n\r\n" * 100_000, Reason.TOO_MANY_PARTS),
        (_nested(3_000), Reason.TOO_MANY_PARTS),
        (_nested(50), Reason.TOO_DEEP),
    ],
    ids=["empty", "blank", "100,000 parts", "3,000 levels", "50 levels"],
)
def test_it_is_quarantined_with_its_reason(pool: ParserPool, raw: bytes, reason: Reason) -> None:
    mail = _timed(pool, raw)

    assert (mail.outcome, mail.reason) == (Outcome.QUARANTINED, reason)
    assert mail.sentence.endswith(".")


def test_a_zip_bomb_is_never_unpacked(pool: ParserPool) -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("0.txt", b"0" * 50_000_000)
        archive.writestr("../../etc/passwd", b"x")
    raw = (
        TOP + b"Content-Type: application/zip; name=../bomb.zip\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + base64.encodebytes(bomb.getvalue())
    )  # fmt: skip

    mail = _timed(pool, raw)

    assert [(one.name, one.media_type, one.content) for one in mail.attachments] == [
        ("bomb.zip", "application/zip", bomb.getvalue())
    ]


@pytest.mark.parametrize("kind", ["attachment", "text", "html"])
def test_thirty_megabytes_are_read_in_ten_seconds_and_six_hundred_megabytes(kind: str) -> None:
    content = os.urandom(22 * 1024 * 1024)
    raw = {
        "attachment": TOP + b"Content-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + base64.encodebytes(content),
        "text": TOP + b"\r\n" + b"riga di testo qualunque\r\n" * 1_250_000,
        "html": HTML + b"<p>ciao <b>mondo</b> x y z</p>\r\n" * 900_000,
    }[kind]  # fmt: skip
    assert len(raw) > 28_000_000

    with ParserPool(size=1, seconds=60) as pool:
        mail = _timed(pool, raw, seconds=10)
        peaks = [_peak_kilobytes(pid) for pid in pool.processes()]

    assert 0 < max(peaks) < 600 * 1024
    assert mail.outcome is Outcome.PARSED
    assert [one.content for one in mail.attachments] == ([content] if kind == "attachment" else [])
