"""Whatever the bytes, the parser answers, and what it answers can be stored and sent."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corsia.connectors.email.parsing import Outcome, Reason, parse_mail, wire
from corsia.connectors.email.parsing.headers import addresses, decode_header, parameters
from corsia.connectors.email.parsing.html import clean, to_text
from corsia.connectors.email.parsing.listing import to_json
from corsia.connectors.email.parsing.replies import reply_text
from tests.connectors.email.parsing.test_child import RICH
from tests.connectors.email.parsing.test_pec import INNER, certified

HTML_SEED = (
    b'From: =?utf-8?B?w6w=?= <a@b.it>\r\nContent-Type: text/html; charset="utf-8"\r\n'
    b"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    b'<div style=3D"color:red">ciao<blockquote>s=C3=AC</blockquote></div>'
)
FILE_SEED = (
    b"Subject: x\r\nContent-Disposition: attachment; filename*0*=utf-8''a%20b; filename*1=c.pdf\r\n"
    b"Content-Type: application/ms-tnef\r\n\r\n"
    b"\x78\x9f\x3e\x22\x01\x00\x01\x06\x90\x08\x00\x04\x00\x00\x00\x00\x00\x01\x00\x01\x00"
)
SEEDS = (RICH, INNER, certified(b"X-Trasporto: posta-certificata"), HTML_SEED, FILE_SEED)
PIECES = (b"", b"\r\n", b"\r\n\r\n", b"--x", b"=?", b";", b'"', b"\xff", b"<", b"\x00", b":")


def _holds(raw: bytes) -> None:
    mail = parse_mail(raw)

    assert mail.reason is not Reason.UNREADABLE, mail.detail
    assert (mail.outcome is Outcome.QUARANTINED) == (mail.reason is not None)
    assert all(one.name and "/" not in one.name and "\x00" not in one.name for one in mail.attachments)
    assert "\x00" not in mail.text + mail.reply + mail.subject + mail.html
    record, contents = wire.encode(mail)
    assert wire.decode(record, memoryview(b"".join(contents))).outcome is mail.outcome
    assert json.loads(to_json("x", mail))["outcome"] == mail.outcome.value


@pytest.mark.parametrize(
    "raw",
    [
        b"Content-Type: text/plain; charset*=utf-8''x\r\n\r\n\xff",
        b'Content-Type: text/plain; charset="a\x00b"\r\n\r\n\xff',
        (
            b"Content-Type: application/ms-tnef\r\n\r\n"
            b"\x78\x9f\x3e\x22\x01\x00\x02\x10\x80\x01\x00\x02\x00\x00\x00a\x00a\x00"
        ),
        b"From \x00\r\nSubject\r\n: x\r\n\r\n",
    ],
    ids=["charset as a tuple", "zero in a charset", "title before its file", "headers that are none"],
)
def test_bytes_that_once_broke_the_parser_are_answered(raw: bytes) -> None:
    _holds(raw)


@given(st.binary(max_size=2_000))
@settings(max_examples=300, deadline=None)
def test_random_bytes_are_answered(raw: bytes) -> None:
    _holds(raw)


@st.composite
def _mutated(draw: st.DrawFn) -> bytes:
    raw = bytearray(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(min_value=1, max_value=8))):
        start = draw(st.integers(min_value=0, max_value=len(raw)))
        length = draw(st.integers(min_value=0, max_value=40))
        piece = draw(st.sampled_from(PIECES) | st.binary(max_size=20))
        raw[start : start + length] = piece * draw(st.integers(min_value=1, max_value=5))
    return bytes(raw)


@given(_mutated())
@settings(max_examples=600, deadline=None)
def test_mutated_mails_are_answered(raw: bytes) -> None:
    _holds(raw)


@given(st.text(max_size=400))
@settings(max_examples=300, deadline=None)
def test_any_text_is_read_as_header_reply_and_html(text: str) -> None:
    assert "\n" not in decode_header(text)
    assert all("@" in one.email for one in addresses(text))
    parameters(text)
    clean(text)
    to_text(text)
    assert "\r" not in reply_text(text)


_LINES = st.sampled_from([
    "Buongiorno", "", "> citato", ">> citato", "Il 05/02/2024 10:32, Officina ha scritto:", "-- ", "Inviato da iPhone",
    "________", "Da: Officina <o@example.it>", "Inviato: lunedì", "A: Mario", "Oggetto: Tagliando", "```",
    "Va bene giovedì. Grazie a tutti.", "Questo messaggio è riservato ai destinatari.", "-----Messaggio originale-----",
])  # fmt: skip


@given(st.lists(_LINES, max_size=14))
@settings(max_examples=500, deadline=None)
def test_an_answer_is_made_of_the_mail_s_own_lines_in_their_order(lines: list[str]) -> None:
    reply = reply_text("\n".join(lines))

    remaining = iter([line.rstrip() for line in lines])
    assert all(any(line == candidate for candidate in remaining) for line in reply.split("\n") if line)


@given(st.lists(_LINES, max_size=14))
@settings(max_examples=300, deadline=None)
def test_a_mail_that_says_something_never_has_an_empty_answer(lines: list[str]) -> None:
    text = "\n".join(lines)

    assert bool(reply_text(text).strip()) == bool(text.strip())
