"""Whatever colour a group chooses, its customers can read the page."""

import colorsys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corsia.portal.rules.colors import NotAColor, contrast, palette_of, parse

DARK_SURFACE, SURFACE = (20, 24, 33), (255, 255, 255)


@given(st.integers(0, 0xFFFFFF))
def test_every_text_is_readable(number: int) -> None:
    palette = palette_of(f"#{number:06x}")

    assert parse(palette.brand) == (number >> 16, number >> 8 & 255, number & 255)
    assert contrast(parse(palette.ink), parse(palette.brand)) >= 4.5
    for ground in (parse(palette.soft), SURFACE):
        assert contrast(parse(palette.text), ground) >= 4.5
    for ground in (parse(palette.soft_on_dark), DARK_SURFACE):
        assert contrast(parse(palette.text_on_dark), ground) >= 4.5


@given(st.integers(0, 0xFFFFFF), st.integers(0, 0xFFFFFF))
def test_contrast_is_symmetric_and_stays_between_one_and_twenty_one(one: int, other: int) -> None:
    a, b = parse(f"{one:06x}"), parse(f"{other:06x}")

    assert contrast(a, b) == contrast(b, a)
    assert 1.0 <= contrast(a, b) <= 21.0


def test_contrast_of_published_pairs() -> None:
    assert contrast(parse("#000000"), parse("#ffffff")) == pytest.approx(21)
    assert contrast(parse("#767676"), parse("#ffffff")) == pytest.approx(4.54, abs=0.01)
    assert contrast(parse("#777777"), parse("#ffffff")) == pytest.approx(4.48, abs=0.01)


def test_a_readable_colour_keeps_its_hue() -> None:
    text = parse(palette_of("#ffcc00").text)

    assert colorsys.rgb_to_hsv(*text)[0] == pytest.approx(colorsys.rgb_to_hsv(255, 204, 0)[0], abs=0.02)


@pytest.mark.parametrize(
    "wrong", ["", "#fff", "red", "#12345g", "#123456}body{display:none", "#1234567", "url(x)", "#١٢٣٤٥٦"]
)
def test_nothing_but_a_colour_reaches_the_style_sheet(wrong: str) -> None:
    with pytest.raises(NotAColor):
        palette_of(wrong)
