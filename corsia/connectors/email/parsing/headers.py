"""Header values: encoded words, addresses, dates, message ids, parameters; all with caps, none ever raises."""

import base64
import binascii
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import unquote_to_bytes

from corsia.connectors.email.parsing.charsets import decode
from corsia.connectors.email.parsing.parsed import Address

MAX_HEADER = 64 * 1024  # characters of one decoded header value
MAX_ADDRESSES = 500
MAX_REFERENCES = 100
_MAX_RAW = 192 * 1024  # encoded words are at most three times their text

_ENCODED_WORD = re.compile(r"=\?([^?\s*=]{1,40})(?:\*[^?\s]{0,40})?\?([bBqQ])\?([^?]*)\?=")
_FOLD = re.compile(r"[\r\n]+[ \t]*")
_SPACES = re.compile(r"[ \t\r\n]+")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,990}>")
_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"\\]{1,250}@[^\s<>()\[\],;:\"\\]{1,250}")
_COMMENT = re.compile(r"\([^()]{0,500}\)")
# One address item: quoted text, <...>, (...), or a separator.
_ADDRESS_TOKEN = re.compile(r"\"(?:[^\"\\]|\\.)*\"|<[^<>]*>|\([^()]*\)|[,;]|[^\"<(,;]+|.", re.DOTALL)


def _raw(value: str) -> str:
    """Return a raw header with its 8-bit bytes read as text, unfolded and capped."""
    value = value[:_MAX_RAW]
    if not value.isascii():
        value = decode(value.encode("utf-8", "surrogateescape"))
    return _FOLD.sub(" ", value)


def _word_bytes(encoding: str, payload: str) -> bytes:
    if encoding in "bB":
        padded = re.sub(r"[^A-Za-z0-9+/]", "", payload)
        padded += "=" * (-len(padded) % 4)
        try:
            return base64.b64decode(padded)
        except binascii.Error:
            return payload.encode("utf-8", "replace")
    return binascii.a2b_qp(payload.replace("\n", "").encode("utf-8", "replace"), header=True)


def _decode_words(value: str) -> str:
    if "=?" not in value:
        return value
    pieces: list[str] = []
    size, end = 0, 0
    pending, pending_charset = b"", ""
    for match in _ENCODED_WORD.finditer(value):
        between = value[end : match.start()]
        charset = match[1].lower()
        # White space between two encoded words does not count, and a character may be split over two words
        # (forbidden, but done by many), so bytes of one charset are joined before they are decoded.
        if pending_charset and (between.strip() or charset != pending_charset):
            pieces.append(decode(pending, pending_charset))
            size += len(pieces[-1])
            pending = b""
        if not pending_charset or between.strip():
            pieces.append(between)
            size += len(between)
        pending += _word_bytes(match[2], match[3])
        pending_charset, end = charset, match.end()
        if size + len(pending) > MAX_HEADER:
            end = len(value)
            break
    if pending_charset:
        pieces.append(decode(pending, pending_charset))
    pieces.append(value[end:])
    return "".join(pieces)


def decode_header(value: str) -> str:
    """Return a raw header value as one line of text, at most `MAX_HEADER` characters."""
    text = _decode_words(_raw(value))[:MAX_HEADER]
    return _SPACES.sub(" ", _CONTROL.sub("", text)).strip()


def is_cut(value: str) -> bool:
    """Whether `decode_header` drops the end of this raw value."""
    return len(value) > MAX_HEADER


def _unquote(text: str) -> str:
    text = text.strip()
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "\"'":
        text = re.sub(r"\\(.)", r"\1", text[1:-1])
    return text.strip()


def _items(value: str) -> Iterator[list[str]]:
    item: list[str] = []
    for match in _ADDRESS_TOKEN.finditer(value):
        piece = match[0]
        if piece not in (",", ";"):
            item.append(piece)
        elif any("@" in part for part in item):
            yield item
            item = []
        elif piece == ";":
            item = []  # end of a group without members: "undisclosed-recipients:;"
        else:
            item.append(piece)  # "Rossi, Mario <m@x.it>" without quotes: the comma belongs to the name
    yield item


def _address(item: list[str]) -> Address | None:
    angle = next((part[1:-1] for part in reversed(item) if part.startswith("<") and "@" in part), "")
    names = [part for part in item if not part.startswith(("<", "("))]
    comments = [part[1:-1] for part in item if part.startswith("(")]
    plain = "".join(names)
    found = _ADDRESS.search(angle.replace("mailto:", "")) if angle else None
    if found is None:
        bare = _COMMENT.sub("", plain)
        found = _ADDRESS.search(bare)
        if found is None:
            return None
        plain = bare[: found.start()] if bare[: found.start()].strip(" \"'") else ""
    email = found[0].strip(".'")
    name = decode_header(
        _unquote(plain.rsplit(":", 1)[-1] if ":" in plain and not plain.lstrip().startswith('"') else plain)
    )
    if not name and comments:
        name = decode_header(comments[-1])
    return Address(name=_unquote(name)[:250], email=email)


def addresses(value: str) -> tuple[Address, ...]:
    """Return the addresses of a raw header, at most `MAX_ADDRESSES`; items without an @ are left out.

    Splitting comes before decoding, so that a comma inside an encoded name splits nothing.
    """
    found: list[Address] = []
    for item in _items(_raw(value[:MAX_HEADER])):
        address = _address(item)
        if address is not None:
            found.append(address)
            if len(found) == MAX_ADDRESSES:
                break
    return tuple(found)


def message_ids(value: str) -> tuple[str, ...]:
    """Return the distinct message ids of a raw header in order, with angle brackets; the last `MAX_REFERENCES`."""
    raw = _raw(value)[-MAX_HEADER:]
    found = _MESSAGE_ID.findall(raw) or [
        f"<{word.strip('<>')}>" for word in raw.split() if "@" in word and len(word) < 990
    ]
    return tuple(dict.fromkeys(found))[-MAX_REFERENCES:]


def date(value: str) -> datetime | None:
    """Return the aware instant of a Date header; a date without a zone is taken as UTC; None when impossible."""
    text = _COMMENT.sub("", decode_header(value)[:200]).strip()
    for candidate in (text, text.replace(".", ":"), re.sub(r"(\d)T(\d)", r"\1 \2", text)):
        try:
            found = parsedate_to_datetime(candidate)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
        return _plausible(found if found.tzinfo else found.replace(tzinfo=UTC))
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return _plausible(found if found.tzinfo else found.replace(tzinfo=UTC))


def _plausible(instant: datetime) -> datetime | None:
    """Return the instant in UTC, or None outside 1970-2100: such a date sorts a mail where nobody finds it."""
    try:
        utc = instant.astimezone(UTC)
    except (OverflowError, ValueError):
        return None
    return utc if 1970 <= utc.year <= 2100 else None


_PARAMETER = re.compile(r";\s*([^\s=;\"]{1,80})\s*=\s*(\"(?:[^\"\\]|\\.)*\"|[^;]*)", re.DOTALL)


def parameters(value: str) -> tuple[str, dict[str, str]]:
    """Return the lower-case main value of a structured header and its decoded parameters (RFC 2231 and 2047)."""
    raw = _raw(value[: 16 * 1024])
    main = raw.split(";", 1)[0].strip().strip("\"'").lower()
    plain: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[bool, str]]] = {}
    for match in _PARAMETER.finditer(raw):
        key, text = match[1].lower(), match[2].strip()
        if text.startswith('"'):
            # Windows senders write C:\folder\name: a backslash counts only before a quote or another one.
            text = re.sub(r"\\([\"\\])", r"\1", text[1:-1] if text.endswith('"') and len(text) > 1 else text[1:])
        name, star, section = key.partition("*")
        if not star:
            plain.setdefault(name, text)
            continue
        number = section.rstrip("*")
        index = int(number) if number.isdecimal() and number.isascii() and len(number) < 4 else 0
        pieces.setdefault(name, {}).setdefault(index, (section.endswith("*") or not section, text))
    found = {name: decode_header(text) for name, text in plain.items()}
    for name, sections in pieces.items():
        found[name] = _join_sections([sections[index] for index in sorted(sections)]) or found.get(name, "")
    return main, found


def _join_sections(sections: list[tuple[bool, str]]) -> str:
    """Join RFC 2231 continuations. The charset stands only in the first; bytes may be split between sections."""
    charset, data = "", b""
    for position, (encoded, text) in enumerate(sections):
        if encoded:
            if position == 0 and text.count("'") >= 2:
                charset, _, text = text.split("'", 2)
            data += unquote_to_bytes(text)
        else:
            data += text.encode("utf-8", "surrogateescape")
    return decode_header(decode(data, charset))


_RESULT = re.compile(r"\b(spf|dkim|dmarc|arc)\s*=\s*([a-z]{2,12})", re.IGNORECASE)


def authentication_results(values: list[str]) -> tuple[tuple[str, str], ...]:
    """Return (check, result) of the topmost Authentication-Results: those below were written by who knows whom."""
    if not values:
        return ()
    return tuple(
        dict.fromkeys((check.lower(), result.lower()) for check, result in _RESULT.findall(_raw(values[0])[:4096]))
    )
