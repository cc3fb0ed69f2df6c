"""Files of messages: a type read from the content, a name that is safe to show and to store."""

import re
import unicodedata

import filetype

# What a browser may show within our pages: pictures that carry no script. Everything else is downloaded.
SAFE_IMAGES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
_TEXT = {".txt": "text/plain", ".csv": "text/csv", ".ics": "text/calendar", ".eml": "message/rfc822"}
_UNSAFE = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff/\\:*?\"<>|]+")


def media_type_of(content: bytes, name: str) -> str:
    """Return the media type that the content shows; the name decides only between kinds of plain text."""
    kind = filetype.guess_mime(content[:8192]) if content else None
    if kind:
        return str(kind)
    if b"\x00" in content[:8192]:
        return "application/octet-stream"
    return next((media for ending, media in _TEXT.items() if name.lower().endswith(ending)), "application/octet-stream")


def safe_name(name: str, *, position: int = 1) -> str:
    """Return a file name without folders, control or invisible characters, at most 150 characters, never empty."""
    plain = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    plain = _UNSAFE.sub("", plain).strip(" .")
    if len(plain) > 150:
        stem, dot, ending = plain.rpartition(".")
        plain = f"{stem[: 149 - len(ending)]}.{ending}" if dot and len(ending) < 10 else plain[:150]
    return plain or f"file-{position}"
