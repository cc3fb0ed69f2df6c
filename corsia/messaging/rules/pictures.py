"""How large a picture is once unpacked, read from its first bytes: a few kilobytes can hold 400 million points."""

import struct

# What a browser unpacks without harm to the desk. Phones make JPEGs of 200 million points; browsers unpack those, and
# only those, at the size they show.
MAX_POINTS = {"image/jpeg": 250_000_000, "image/png": 80_000_000, "image/gif": 80_000_000, "image/webp": 80_000_000}
_MAX_SEGMENTS = 1_000
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_BARE = frozenset({0x01, *range(0xD0, 0xD9)})


def fits_a_page(content: bytes, media_type: str) -> bool:
    """Tell whether a picture may be shown: its size can be read, and is none that would stop the browser."""
    size = picture_size(content, media_type)
    return size is not None and 0 < size[0] * size[1] <= MAX_POINTS.get(media_type, 0)


def picture_size(content: bytes, media_type: str) -> tuple[int, int] | None:
    """Return width and height in points, or None when the content does not tell them."""
    try:
        if media_type == "image/png":
            return struct.unpack(">II", content[16:24]) if content[12:16] == b"IHDR" else None
        if media_type == "image/gif":
            return struct.unpack("<HH", content[6:10])
        if media_type == "image/webp":
            return _webp_size(content)
        if media_type == "image/jpeg":
            return _jpeg_size(content)
    except (struct.error, IndexError):
        return None
    return None


def _webp_size(content: bytes) -> tuple[int, int] | None:
    kind = content[12:16]
    if kind == b"VP8X":
        return (int.from_bytes(content[24:27], "little") + 1, int.from_bytes(content[27:30], "little") + 1)
    if kind == b"VP8L":
        bits = int.from_bytes(content[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 " and len(content) >= 30:
        width, height = struct.unpack("<HH", content[26:30])
        return width & 0x3FFF, height & 0x3FFF
    return None


def _jpeg_size(content: bytes) -> tuple[int, int] | None:
    at = 2
    for _segment in range(_MAX_SEGMENTS):
        if content[at] != 0xFF:
            return None
        marker = content[at + 1]
        if marker == 0xFF:  # filling
            at += 1
        elif marker in _JPEG_BARE:
            at += 2
        elif marker in _JPEG_FRAMES:
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            return width, height
        else:
            at += 2 + struct.unpack(">H", content[at + 2 : at + 4])[0]
    return None
