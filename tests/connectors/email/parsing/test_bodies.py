"""Text, HTML and files are told apart, and read whatever was done to them on the way."""

import base64
import hashlib

import pytest

from corsia.connectors.email.parsing import parse_mail
from corsia.connectors.email.parsing.charsets import decode

TOP = b"From: Mario <m@example.it>\r\nSubject: Prova\r\n"
PDF = b"%PDF-1.4 prova"


def _mixed(*parts: bytes) -> bytes:
    body = b"".join(b"--x\r\n" + part + b"\r\n" for part in parts)
    return TOP + b"Content-Type: multipart/mixed; boundary=x\r\n\r\n" + body + b"--x--\r\n"


@pytest.mark.parametrize(
    ("data", "declared", "read"),
    [
        ("città".encode(), "utf-8", "città"),
        ("città".encode("cp1252"), "iso-8859-1", "città"),
        ("città €".encode("cp1252"), "iso-8859-1", "città €"),
        ("città €".encode(), "iso-8859-1", "città €"),
        ("città".encode("cp1252"), "utf-8", "città"),
        ("città".encode("cp1252"), "us-ascii", "città"),
        ("città".encode("cp1252"), "no-such-charset", "città"),
        ("città".encode("cp1252"), "", "città"),
        ("\ufeffcittà".encode(), "", "città"),
        ("город".encode("koi8-r"), "koi8-r", "город"),
        ("中文".encode("gb18030"), "gb2312", "中文"),
        ("てすと".encode("iso2022_jp"), "iso-2022-jp", "てすと"),
        ("て①".encode("cp932"), "shift_jis", "て①"),
        (b"abc", "rot13", "abc"),
        (b"abc", "zlib", "abc"),
        (b"a-" * 9, "punycode", "a-" * 9),
    ],
)
def test_bytes_are_read_with_the_right_charset_whatever_was_declared(data: bytes, declared: str, read: str) -> None:
    assert decode(data, declared) == read


def test_the_plain_one_of_two_alternatives_is_the_text() -> None:
    raw = _mixed(b"Content-Type: text/plain\r\n\r\nCiao", b"Content-Type: text/html\r\n\r\n<b>Ciao</b>").replace(
        b"multipart/mixed", b"multipart/alternative"
    )

    mail = parse_mail(raw)

    assert (mail.text, mail.html, mail.attachments) == ("Ciao", "<b>Ciao</b>", ())


def test_a_mail_of_html_alone_has_a_text_with_its_quotes_marked() -> None:
    raw = TOP + (
        b"Content-Type: text/html; charset=utf-8\r\n\r\n<style>p{}</style>"
        b"<p>Ciao&nbsp;<b>Mario</b></p><ul><li>uno<li>due</ul>"
        b"<div>Il 5/2/2024 10:32, Officina ha scritto:</div><blockquote>Le va <br>bene?</blockquote>"
    )

    mail = parse_mail(raw)

    assert mail.text.split("\n") == [
        "Ciao Mario", "", "- uno", "- due", "", "Il 5/2/2024 10:32, Officina ha scritto:", "", "> Le va", "> bene?",
    ]  # fmt: skip
    assert mail.reply == "Ciao Mario\n\n- uno\n- due"


def test_texts_around_a_picture_are_one_text() -> None:
    mail = parse_mail(
        _mixed(
            b"Content-Type: text/plain\r\n\r\nPrima",
            b"Content-Type: image/png; name=a.png\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=",
            b"Content-Type: text/plain\r\n\r\nDopo",
        )
    )

    assert mail.text == "Prima\n\nDopo"
    assert [(one.name, one.media_type) for one in mail.attachments] == [("a.png", "image/png")]


def test_an_attachment_has_its_hash_size_and_the_type_of_its_content() -> None:
    mail = parse_mail(
        _mixed(
            b"Content-Type: text/plain\r\n\r\nCiao",
            b"Content-Type: image/png; name=foto.png\r\nContent-Disposition: attachment\r\n"
            b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(PDF),
        )
    )

    (attachment,) = mail.attachments
    assert (attachment.name, attachment.size, attachment.content) == ("foto.png", len(PDF), PDF)
    assert (attachment.media_type, attachment.declared_type) == ("application/pdf", "image/png")
    assert attachment.sha256 == hashlib.sha256(PDF).hexdigest()


@pytest.mark.parametrize(
    "encoded",
    [
        base64.b64encode(PDF),
        base64.b64encode(PDF).rstrip(b"="),
        b"!!" + base64.b64encode(PDF) + b"\r\n-- \r\nposted by somebody",
        base64.b64encode(PDF) + b"A",
    ],
)
def test_broken_base64_gives_what_it_holds(encoded: bytes) -> None:
    mail = parse_mail(_mixed(b"Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n" + encoded))

    assert mail.attachments[0].content.startswith(PDF[:-1])


def test_broken_quoted_printable_gives_what_it_holds() -> None:
    mail = parse_mail(TOP + b"Content-Transfer-Encoding: quoted-printable\r\n\r\ncitt=C3=A0 =ZZ 100=\r\n% =")

    assert mail.text.startswith("città =ZZ 100%")


def test_a_uuencoded_file_in_the_text_becomes_an_attachment() -> None:
    mail = parse_mail(
        TOP + b"\r\nEcco:\r\nbegin 644 nota.txt\r\n#0V%T\r\n`\r\nend\r\nCiao\r\nbegin 644 non un file\r\n"
    )

    assert [(one.name, one.content) for one in mail.attachments] == [("nota.txt", b"Cat")]
    assert mail.text.split() == ["Ecco:", "Ciao", "begin", "644", "non", "un", "file"]


def test_flowed_lines_are_joined_within_their_quote_depth() -> None:
    mail = parse_mail(
        TOP + b"Content-Type: text/plain; format=flowed\r\n\r\nUna riga \r\nlunga.\r\n>citata \r\n>pure\r\n-- \r\nMario"
    )

    assert mail.text == "Una riga lunga.\n> citata pure\n-- \nMario"
    assert mail.reply == "Una riga lunga."


def test_a_forwarded_mail_stays_as_it_was_sent() -> None:
    inner = b"From: anna@example.it\r\nSubject: =?utf-8?Q?Citt=C3=A0?=\r\n\r\nCiao citt\xe0\r\n"

    mail = parse_mail(
        _mixed(b"Content-Type: text/plain\r\n\r\nVedi sotto", b"Content-Type: message/rfc822\r\n\r\n" + inner)
    )

    (attachment,) = mail.attachments
    assert (attachment.name, attachment.media_type) == ("Città.eml", "message/rfc822")
    assert attachment.content == inner
    assert mail.text == "Vedi sotto"


def test_an_inline_picture_is_known_by_its_link() -> None:
    raw = _mixed(
        b'Content-Type: text/html\r\n\r\n<p>Ecco <img src="cid:foto1"></p>',
        b"Content-Type: image/gif\r\nContent-ID: <foto1>\r\n\r\nGIF89a",
        b"Content-Type: image/gif\r\nContent-ID: <foto2>\r\n\r\nGIF89a",
    ).replace(b"multipart/mixed", b"multipart/related")

    mail = parse_mail(raw)

    assert [(one.content_id, one.inline) for one in mail.attachments] == [("foto1", True), ("foto2", False)]
    assert '<img src="cid:foto1">' in mail.html


def test_a_text_saved_without_headers_is_all_text() -> None:
    assert parse_mail("Nota: città.\r\n\r\nCiao".encode()).text == "Nota: città.\n\nCiao"


def test_a_multipart_that_never_begins_is_read_as_text() -> None:
    assert parse_mail(TOP + b"Content-Type: multipart/mixed\r\n\r\nCiao").text == "Ciao"


def test_a_multipart_that_never_ends_keeps_its_parts() -> None:
    raw = (
        TOP
        + b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nCiao\r\n"
        + b"--x\r\nContent-Type: application/pdf\r\n\r\n"
        + PDF
    )

    mail = parse_mail(raw)

    assert mail.text == "Ciao"
    assert [one.content for one in mail.attachments] == [PDF]


def test_zeros_never_reach_the_database() -> None:
    assert "\x00" not in parse_mail(TOP + b"\r\nCi\x00ao").text
