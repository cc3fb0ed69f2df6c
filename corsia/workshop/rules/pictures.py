"""Photos and voice notes told apart by their first bytes, whatever they are called."""

LARGEST_PHOTO = 8_000_000  # bytes
LARGEST_VOICE = 8_000_000
LARGEST_SIGNATURE = 500_000
_PHOTOS = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}
_VOICES = {b"\x1aE\xdf\xa3": "audio/webm", b"OggS": "audio/ogg"}


def photo_type(content: bytes) -> str | None:
    """Return the media type of a photo; None for anything but JPEG and PNG."""
    return _begins(content, _PHOTOS)


def voice_type(content: bytes) -> str | None:
    """Return the media type of a voice note; None for anything but WebM, Ogg and MPEG-4."""
    return "audio/mp4" if content[4:8] == b"ftyp" else _begins(content, _VOICES)


def _begins(content: bytes, known: dict[bytes, str]) -> str | None:
    return next((media for start, media in known.items() if content.startswith(start)), None)
