"""The colours of a public page, made readable from the one colour that a group chose."""

import re
from dataclasses import dataclass
from typing import Final

READABLE: Final = 4.5  # contrast of text, WCAG 2.2 AA
_HEX: Final = re.compile(r"#?([0-9a-fA-F]{6})")

Rgb = tuple[int, int, int]
WHITE: Final[Rgb] = (255, 255, 255)
INK: Final[Rgb] = (19, 25, 38)
DARK_SURFACE: Final[Rgb] = (20, 24, 33)


class NotAColor(ValueError):
    """Something else than # and six hexadecimal signs. Nothing else ever reaches a style sheet."""


@dataclass(frozen=True, kw_only=True)
class Palette:
    """The colours of a public page, each as "#rrggbb"."""

    brand: str
    ink: str  # text on the brand colour
    text: str  # text in the brand colour, on white and on `soft`
    text_on_dark: str
    soft: str  # the brand colour, very pale
    soft_on_dark: str


def palette_of(color: str) -> Palette:
    """Return the palette for a colour; every text in it reaches a contrast of 4.5.

    Raises:
        NotAColor: `color` is not "#rrggbb".
    """
    brand = parse(color)
    ink = WHITE if contrast(brand, WHITE) >= READABLE else INK
    if contrast(brand, ink) < READABLE:
        ink = max((WHITE, (0, 0, 0)), key=lambda candidate: contrast(brand, candidate))
    soft, soft_on_dark = mix(brand, WHITE, 90), mix(brand, DARK_SURFACE, 78)
    return Palette(
        brand=css(brand),
        ink=css(ink),
        text=css(readable(brand, on=(soft, WHITE), towards=(0, 0, 0))),
        text_on_dark=css(readable(brand, on=(soft_on_dark, DARK_SURFACE), towards=WHITE)),
        soft=css(soft),
        soft_on_dark=css(soft_on_dark),
    )


def parse(color: str) -> Rgb:
    """Return red, green and blue from 0 to 255."""
    found = _HEX.fullmatch(color)
    if found is None:
        raise NotAColor(color)
    return int(found[1][0:2], 16), int(found[1][2:4], 16), int(found[1][4:6], 16)


def css(color: Rgb) -> str:
    """Return the colour as a style sheet writes it."""
    return "#{:02x}{:02x}{:02x}".format(*color)


def contrast(one: Rgb, other: Rgb) -> float:
    """Return the contrast of two colours, from 1.0 to 21.0.

    Source: WCAG 2.2, "contrast ratio" and "relative luminance".
    """
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def readable(color: Rgb, *, on: tuple[Rgb, ...], towards: Rgb) -> Rgb:
    """Return `color`, moved `towards` black or white just as far as it takes to be read `on` every ground."""
    for percent in range(0, 101, 4):
        moved = mix(color, towards, percent)
        if all(contrast(moved, ground) >= READABLE for ground in on):
            return moved
    return towards


def mix(color: Rgb, other: Rgb, percent: int) -> Rgb:
    """Return a colour that lies `percent` of the way from one to the other."""
    red, green, blue = ((a * (100 - percent) + b * percent) // 100 for a, b in zip(color, other, strict=True))
    return red, green, blue


def _luminance(color: Rgb) -> float:
    red, green, blue = (_linear(part / 255) for part in color)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)
