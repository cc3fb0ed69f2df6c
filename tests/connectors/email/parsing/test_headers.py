"""Header values as senders really write them."""

from datetime import UTC, datetime

import pytest

from corsia.connectors.email.parsing import Address, headers, parse_mail


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Tagliando", "Tagliando"),
        ("=?utf-8?Q?Perch=C3=A9_no=3F?=", "Perché no?"),
        ("=?UTF-8?B?UGVyY2jDqQ==?= no", "Perché no"),
        ("=?utf-8?Q?uno?= =?utf-8?Q?_due?=", "uno due"),
        ("=?utf-8?Q?Perch=C3?=\r\n =?utf-8?Q?=A9?=", "Perché"),  # a character split over two words
        ("=?iso-8859-1?Q?citt=E0?=", "città"),
        ("=?iso-8859-1?Q?citt=C3=A0?=", "città"),  # says latin-1, is UTF-8
        ("=?x-nobody-knows?Q?citt=E0?=", "città"),
        ("=?utf-8?B?UGVyY2jDqQ?=", "Perché"),  # no padding
        ("=?utf-8*it?Q?Perch=C3=A9?=", "Perché"),
        ("a\r\n\tb", "a b"),
        ("a\x00\x07b", "ab"),
        ("=?utf-8?Q?broken", "=?utf-8?Q?broken"),
        ("", ""),
    ],
)
def test_subjects_are_decoded(written: str, read: str) -> None:
    assert headers.decode_header(written) == read


def test_raw_bytes_in_a_header_are_read_as_text() -> None:
    for raw in ("Subject: città".encode(), "Subject: città".encode("cp1252")):
        assert parse_mail(raw + b"\r\nFrom: a@example.it\r\n\r\nciao").subject == "città"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("m@example.it", [("", "m@example.it")]),
        ("Mario Rossi <m@example.it>", [("Mario Rossi", "m@example.it")]),
        ('"Rossi, Mario" <m@example.it>, a@example.it', [("Rossi, Mario", "m@example.it"), ("", "a@example.it")]),
        ("Rossi, Mario <m@example.it>", [("Rossi, Mario", "m@example.it")]),
        ("=?utf-8?Q?Rossi=2C_Niccol=C3=B2?= <n@example.it>", [("Rossi, Niccolò", "n@example.it")]),
        ("m@example.it (Mario Rossi)", [("Mario Rossi", "m@example.it")]),
        ("a@example.it; b@example.it", [("", "a@example.it"), ("", "b@example.it")]),
        ("undisclosed-recipients:;", []),
        ("Officina: a@example.it, b@example.it;", [("", "a@example.it"), ("", "b@example.it")]),
        ("'m@example.it' <m@example.it>", [("m@example.it", "m@example.it")]),
        ("<mailto:m@example.it>", [("", "m@example.it")]),
        ("Mario", []),
        ("<>", []),
        ("", []),
    ],
)
def test_addresses_are_found(written: str, read: list[tuple[str, str]]) -> None:
    assert headers.addresses(written) == tuple(Address(name=name, email=email) for name, email in read)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Mon, 5 Feb 2024 10:32:11 +0100", datetime(2024, 2, 5, 9, 32, 11, tzinfo=UTC)),
        ("5 Feb 2024 10:32 +0100 (CET)", datetime(2024, 2, 5, 9, 32, tzinfo=UTC)),
        ("Mon, 5 Feb 2024 10:32:11", datetime(2024, 2, 5, 10, 32, 11, tzinfo=UTC)),
        ("2024-02-05T10:32:11+01:00", datetime(2024, 2, 5, 9, 32, 11, tzinfo=UTC)),
        ("Mon, 5 Feb 9999 10:32:11 +0100", None),
        ("Mon, 99 Feb 2024 10:32:11 +0100", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_dates_are_instants_or_nothing(written: str, read: datetime | None) -> None:
    assert headers.date(written) == read


def test_message_ids_are_kept_in_order_and_once() -> None:
    assert headers.message_ids("<a@x> <b@x>\r\n <a@x>") == ("<a@x>", "<b@x>")
    assert headers.message_ids("a@x") == ("<a@x>",)
    assert headers.message_ids("nothing") == ()


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("attachment; filename=a.pdf", "a.pdf"),
        ('attachment; filename="Preventivo n. 5.pdf"', "Preventivo n. 5.pdf"),
        ("attachment; filename=Preventivo n. 5.pdf", "Preventivo n. 5.pdf"),
        ("attachment; filename*=utf-8''citt%C3%A0.pdf", "città.pdf"),
        ("attachment; filename*0=\"lun\"; filename*1=\"go.pdf\"", "lungo.pdf"),
        ("attachment; filename*1*=%A0.pdf; filename*0*=utf-8''citt%C3", "città.pdf"),
        ("attachment; filename=\"=?utf-8?Q?citt=C3=A0.pdf?=\"", "città.pdf"),
        ("attachment; filename*=latin-9''citt%E0.pdf; filename=x.pdf", "città.pdf"),
        ('attachment; filename="a;b.pdf"', "a;b.pdf"),
        ("attachment", None),
    ],
)  # fmt: skip
def test_parameters_are_read_in_all_their_encodings(written: str, name: str | None) -> None:
    kind, parameters = headers.parameters(written)

    assert kind == "attachment"
    assert parameters.get("filename") == name


def test_only_the_topmost_authentication_results_count() -> None:
    raw = (
        b"Authentication-Results: mx.example.it; spf=pass smtp.mailfrom=a@b.it; dkim=fail; dmarc=none\r\n"
        b"Authentication-Results: evil.example; spf=fail; dkim=pass; dmarc=pass\r\nFrom: a@b.it\r\n\r\nciao"
    )

    assert parse_mail(raw).headers == (("spf", "pass"), ("dkim", "fail"), ("dmarc", "none"))


def test_a_mail_without_any_usual_header_is_still_a_mail() -> None:
    mail = parse_mail(b"Received: from somewhere\r\n\r\nCiao")

    assert (mail.outcome, mail.text, mail.subject, mail.from_, mail.date, mail.message_id) == (
        "parsed",
        "Ciao",
        "",
        (),
        None,
        "",
    )
    assert not mail.may_be_answered_automatically
