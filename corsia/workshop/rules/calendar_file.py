"""A visit as a calendar file (RFC 5545), small enough to be written by hand: one event in UTC, with a reminder."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

MEDIA_TYPE = "text/calendar; charset=utf-8"
LINE = 75  # octets of a line, its end not counted
REMIND_BEFORE = timedelta(hours=24)


@dataclass(frozen=True, kw_only=True)
class Event:
    """One event.

    Attributes:
        uid: the same for ever, so that a calendar replaces what it has.
        sequence: raised by each change.
        stamp: when this file was made.
    """

    uid: str
    sequence: int
    stamp: datetime
    starts_at: datetime
    ends_at: datetime
    title: str
    place: str
    text: str
    url: str
    is_cancelled: bool = False


def calendar_file(event: Event) -> bytes:
    """Return the file: lines end with CR LF and are folded after 75 octets, never within a letter."""
    return b"".join(folded(line) for line in _lines(event))


def escaped(text: str) -> str:
    """Return a text as a value: backslash, semicolon, comma and line breaks are marked, control characters left out."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    plain = "".join(char for char in plain if char in "\n\t" or char.isprintable())
    for char in ("\\", ";", ","):
        plain = plain.replace(char, f"\\{char}")
    return plain.replace("\n", "\\n")


def folded(line: str) -> bytes:
    """Return a content line with its end; what is too long goes on in lines that begin with a blank."""
    parts, rest, room = [], line.encode(), LINE
    while len(rest) > room:
        cut = room
        while rest[cut] & 0xC0 == 0x80:  # within a letter
            cut -= 1
        parts.append(rest[:cut])
        rest, room = rest[cut:], LINE - 1
    return b"\r\n ".join([*parts, rest]) + b"\r\n"


def _lines(event: Event) -> Iterator[str]:
    yield "BEGIN:VCALENDAR"
    yield "VERSION:2.0"
    yield "PRODID:-//Corsia//Workshop//EN"
    yield "CALSCALE:GREGORIAN"
    yield "METHOD:PUBLISH"
    yield "BEGIN:VEVENT"
    yield f"UID:{event.uid}"
    yield f"DTSTAMP:{_instant(event.stamp)}"
    yield f"SEQUENCE:{event.sequence}"
    yield f"STATUS:{'CANCELLED' if event.is_cancelled else 'CONFIRMED'}"
    yield f"DTSTART:{_instant(event.starts_at)}"
    yield f"DTEND:{_instant(event.ends_at)}"
    yield f"SUMMARY:{escaped(event.title)}"
    yield f"LOCATION:{escaped(event.place)}"
    yield f"DESCRIPTION:{escaped(event.text)}"
    yield f"URL:{event.url}"
    if not event.is_cancelled:
        yield "BEGIN:VALARM"
        yield "ACTION:DISPLAY"
        yield f"DESCRIPTION:{escaped(event.title)}"
        yield f"TRIGGER:-PT{int(REMIND_BEFORE.total_seconds()) // 3600}H"
        yield "END:VALARM"
    yield "END:VEVENT"
    yield "END:VCALENDAR"


def _instant(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
