"""What may be read from a raw mail before it is stored: only enough to recognise a second copy of it."""

import hashlib
import re

_HEAD_END = re.compile(rb"\r?\n\r?\n")
_FOLDED = re.compile(rb"\r?\n[ \t]+")
_HEAD_LIMIT = 256 * 1024  # bytes in which the header is looked for; what has none is taken whole
_IDENTITY = (b"from", b"date", b"subject")


def dedupe_key(*, mailbox: str, raw: bytes) -> bytes:
    """Return the SHA-256 under which a mail is stored once for each mailbox.

    Copies of one mail differ in the headers that servers add on the way, so only the Message-ID and the body count: the
    same id with another body is another mail. Without an id, sender, date and subject stand in for it.
    """
    head, body = split_head(raw)
    fields = header_fields(head)
    identity = fields.get(b"message-id") or b"|".join(fields.get(name, b"") for name in _IDENTITY)
    # Line ends are the transport's choice: a copy fetched by IMAP may have others than the one that came by SMTP.
    content = hashlib.sha256(body.replace(b"\r\n", b"\n").rstrip(b"\n")).digest()
    return hashlib.sha256(b"\n".join([mailbox.lower().encode(), identity, content])).digest()


def split_head(raw: bytes) -> tuple[bytes, bytes]:
    """Return the header and the body of a mail; a mail without a blank line is all header."""
    end = _HEAD_END.search(raw[:_HEAD_LIMIT])
    return (raw[: end.start()], raw[end.end() :]) if end else (raw[:_HEAD_LIMIT], raw[_HEAD_LIMIT:])


def header_fields(head: bytes) -> dict[bytes, bytes]:
    """Return the first value of each header field by its lower-case name, unfolded, not decoded."""
    fields: dict[bytes, bytes] = {}
    for line in _FOLDED.sub(b" ", head).splitlines():
        name, colon, value = line.partition(b":")
        if colon:
            fields.setdefault(name.strip().lower(), value.strip())
    return fields


def recipients(head: bytes) -> list[str]:
    """Return the addresses that a mail's own header names as its recipients, the delivering server's word first."""
    fields = header_fields(head)
    found: list[str] = []
    for name in (b"delivered-to", b"x-original-to", b"envelope-to", b"to", b"cc"):
        text = fields.get(name, b"").decode("ascii", "replace")
        found += re.findall(r"[^\s<>,;\"'()]+@[^\s<>,;\"'()]+", text)
    return list(dict.fromkeys(address.lower() for address in found))
