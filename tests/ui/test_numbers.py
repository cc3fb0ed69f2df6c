"""Numbers are rounded, not cut, and written as the reader writes them."""

import pytest
from django.utils import translation

from corsia.ui.numbers import number


@pytest.mark.parametrize(
    ("value", "places", "italian", "english"),
    [(172.87, 1, "172,9", "172.9"), (0.04, 1, "0,0", "0.0"), (99.96, 1, "100,0", "100.0"), (12.5, 0, "12", "12")],
)
def test_a_number_is_rounded_and_not_cut(value: float, places: int, italian: str, english: str) -> None:
    with translation.override("it"):
        assert number(value, places) == italian
    with translation.override("en"):
        assert number(value, places) == english


def test_thousands_are_told_apart_where_asked_for() -> None:
    with translation.override("it"):
        assert number(12_345.6, 0, force_grouping=True) == "12.346"
