"""Files of messages: a type read from the content, a name that is safe to show and to store."""

import re
import unicodedata

import filetype

from corsia.messaging.rules.pictures import fits_a_page

# What a browser may show within our pages: pictures that carry no script. Everything else is downloaded.
SAFE_IMAGES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
_TEXT = {".txt": "text/plain", ".csv": "text/csv", ".ics": "text/calendar", ".eml": "message/rfc822"}
_UNSAFE = re.compile(r"[/\\:*?\"<>|]+")
# Control, invisible and direction-changing characters, line separators, halves of pairs, and what has no character.
_UNSEEN = frozenset({"Cc", "Cf", "Zl", "Zp", "Cs", "Co", "Cn"})
_BLANKS = re.compile(r"[\s\u115f\u1160\u3164\uffa0\u2800]+")  # the last few are letters that show nothing


def media_type_of(content: bytes, name: str) -> str:
    """Return the media type that the content shows; the name decides only between kinds of plain text."""
    kind = filetype.guess_mime(content[:8192]) if content else None
    if kind:
        return str(kind)
    if b"\x00" in content[:8192]:
        return "application/octet-stream"
    return next((media for ending, media in _TEXT.items() if name.lower().endswith(ending)), "application/octet-stream")


def kept_media_type(content: bytes, name: str, *, told: str = "") -> str:
    """Return the media type to keep with a file; a picture that no browser could show without harm is only a file.

    Args:
        told: the type that somebody read from the content already.
    """
    media_type = told or media_type_of(content, name)
    return (
        "application/octet-stream" if media_type in SAFE_IMAGES and not fits_a_page(content, media_type) else media_type
    )


def safe_name(name: str, *, position: int = 1) -> str:
    """Return a file name without folders, control or invisible characters, at most 150 characters, never empty."""
    plain = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    plain = "".join(letter for letter in _BLANKS.sub(" ", plain) if unicodedata.category(letter) not in _UNSEEN)
    plain = _UNSAFE.sub("", plain).strip(" .")
    if len(plain) > 150:
        stem, dot, ending = plain.rpartition(".")
        plain = f"{stem[: 149 - len(ending)]}.{ending}" if dot and len(ending) < 10 else plain[:150]
    return plain or f"file-{position}"
