"""As how many messages carriers count, carry and bill a text.

Source: 3GPP TS 23.038 (the GSM 7-bit alphabet and its extension) and TS 23.040 (concatenation).
"""

from dataclasses import dataclass

# The basic alphabet; ESC is left out, it only announces the extension, whose letters take two places.
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")


@dataclass(frozen=True)
class Segments:
    """How a text travels.

    Attributes:
        encoding: "GSM-7" or "UCS-2", where one letter outside the alphabet more than halves the room.
        parts: messages it takes, 0 for no text.
        left: places that the last of them still has.
    """

    encoding: str
    parts: int
    left: int


def segments_of(text: str) -> Segments:
    """Return how a text travels; a letter of the extension, and half of an emoji, never ends one part."""
    if all(letter in _BASIC or letter in _EXTENDED for letter in text):
        widths, alone, joined, name = [2 if letter in _EXTENDED else 1 for letter in text], 160, 153, "GSM-7"
    else:
        widths, alone, joined, name = [2 if ord(letter) > 0xFFFF else 1 for letter in text], 70, 67, "UCS-2"
    total = sum(widths)
    if total <= alone:
        return Segments(name, 1 if total else 0, alone - total)
    parts, used = 1, 0
    for width in widths:
        if used + width > joined:
            parts, used = parts + 1, 0
        used += width
    return Segments(name, parts, joined - used)
