"""Calendar invitations and winmail.dat are unpacked for showing; nothing in them is obeyed."""

import base64
import struct
from datetime import UTC, datetime

from corsia.connectors.email.parsing import parse_mail
from corsia.connectors.email.parsing.calendar import invitations

EVENT = (
    "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:42@example.it\r\n"
    "SUMMARY:Consegna\\, auto nuo\r\n va\r\nDTSTART;TZID=Europe/Rome:20240705T100000\r\nDTEND:20240705T090000Z\r\n"
    "LOCATION:Lugano\r\nORGANIZER;CN=Officina:mailto:o@example.it\r\n"
    "BEGIN:VALARM\r\nSUMMARY:Sveglia\r\nEND:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


def test_an_invitation_says_what_where_and_when() -> None:
    (event,) = invitations(EVENT)

    assert (event.method, event.uid, event.summary, event.location) == (
        "REQUEST",
        "42@example.it",
        "Consegna, auto nuova",
        "Lugano",
    )
    assert event.start == datetime(2024, 7, 5, 8, 0, tzinfo=UTC)
    assert event.end == datetime(2024, 7, 5, 9, 0, tzinfo=UTC)
    assert event.organizer == "o@example.it"
    assert not event.all_day


def test_a_time_without_a_zone_is_not_guessed() -> None:
    (event,) = invitations(EVENT.replace(";TZID=Europe/Rome", ""))

    assert event.start is None
    assert event.start_as_written == "20240705T100000"


def test_windows_names_of_zones_are_known_and_nonsense_is_not() -> None:
    (windows,) = invitations(EVENT.replace("Europe/Rome", '"W. Europe Standard Time"'))
    (nonsense,) = invitations(EVENT.replace("Europe/Rome", "../../etc/passwd"))

    assert windows.start == datetime(2024, 7, 5, 8, 0, tzinfo=UTC)
    assert nonsense.start is None


def test_a_whole_day_is_a_whole_day() -> None:
    (event,) = invitations(EVENT.replace(";TZID=Europe/Rome:20240705T100000", ";VALUE=DATE:20240705"))

    assert event.all_day


def test_a_mail_with_an_invitation_has_it_both_shown_and_attached() -> None:
    raw = (
        b"From: o@example.it\r\nContent-Type: multipart/alternative; boundary=x\r\n\r\n--x\r\n\r\nVieni\r\n"
        b"--x\r\nContent-Type: text/calendar; method=REQUEST\r\n\r\n" + EVENT.encode() + b"\r\n--x--"
    )

    mail = parse_mail(raw)

    assert mail.text == "Vieni"
    assert [event.summary for event in mail.invitations] == ["Consegna, auto nuova"]
    assert [(one.name, one.media_type) for one in mail.attachments] == [("invite.ics", "text/calendar")]


def test_a_broken_winmail_is_kept_as_it_came() -> None:
    content = b"\x78\x9f\x3e\x22" + b"\x00\xff" * 50
    raw = (
        b"From: o@example.it\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nCiao\r\n"
        b"--x\r\nContent-Type: application/ms-tnef; name=winmail.dat\r\n\r\n" + content + b"\r\n--x--"
    )

    mail = parse_mail(raw)

    assert [(one.name, one.content) for one in mail.attachments] == [("winmail.dat", content)]


def _attribute(level: int, kind: int, data: bytes) -> bytes:
    return struct.pack("<BII", level, kind, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)


def test_files_hidden_in_a_winmail_come_out() -> None:
    content = (
        b"\x78\x9f\x3e\x22\x01\x00"
        + _attribute(1, 0x00089006, struct.pack("<I", 0x00010000))
        + _attribute(2, 0x00069002, b"\x01\x00" + b"\x00" * 12)
        + _attribute(2, 0x00018010, b"..\\preventivo.pdf\x00")
        + _attribute(2, 0x0006800F, b"%PDF-1.4 prova")
    )
    raw = (
        b"From: o@example.it\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nCiao\r\n"
        b"--x\r\nContent-Type: application/octet-stream; name=winmail.dat\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + base64.encodebytes(content)
        + b"--x--"
    )

    mail = parse_mail(raw)

    assert [(one.name, one.media_type, one.content) for one in mail.attachments] == [
        ("preventivo.pdf", "application/pdf", b"%PDF-1.4 prova")
    ]
