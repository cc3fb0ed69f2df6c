"""Cells of dealers' systems: decimal commas, thousands, days, hours, amounts; and what none of them is."""

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corsia.connectors.dms.rules import values
from corsia.connectors.dms.rules.mapping import Format
from corsia.connectors.dms.rules.values import STEPS, Unreadable

ITALIAN = Format(decimal=",", thousands=".")
ROME = ZoneInfo("Europe/Rome")


@given(st.integers(0, 2_147_483_647))
def test_every_amount_written_the_italian_way_is_read_to_the_cent(cents: int) -> None:
    euros, rest = divmod(cents, 100)
    written = f"{euros:,}".replace(",", ".") + f",{rest:02d}"

    assert values.cents(written, ITALIAN, is_minor=False) == cents
    assert values.cents(f"€ {written}", ITALIAN, is_minor=False) == cents
    assert values.cents(str(cents), ITALIAN, is_minor=True) == cents


@pytest.mark.parametrize(
    ("text", "minutes"), [("1,25", 75), ("0,5", 30), ("0,01", 1), ("2", 120), ("0,1", 6), ("10,333", 620)]
)
def test_hours_become_minutes(text: str, minutes: int) -> None:
    assert values.minutes(text, ITALIAN, is_hours=True) == minutes


@pytest.mark.parametrize(
    "text", ["", "-", "1,2,3", "1e9", "NaN", "inf", "٣", "0x10", "--1", "9" * 20, "=1+1", "1_000", " "]
)
def test_what_is_no_number_is_refused(text: str) -> None:
    for read in (
        lambda: values.decimal(text, ITALIAN),
        lambda: values.whole(text, ITALIAN),
        lambda: values.cents(text, ITALIAN, is_minor=False),
    ):
        with pytest.raises(Unreadable):
            read()


def test_a_negative_amount_or_kilometre_is_refused() -> None:
    assert values.decimal("-1,5", ITALIAN) == Decimal("-1.5")
    for read in (lambda: values.whole("-1", ITALIAN), lambda: values.cents("-0,01", ITALIAN, is_minor=False)):
        with pytest.raises(Unreadable):
            read()


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("01/02/2024", date(2024, 2, 1)), ("2024-02-01", date(2024, 2, 1)), ("29/02/2024", date(2024, 2, 29)),
        ("01/02/2024 00:00:00", date(2024, 2, 1)),
    ],
)  # fmt: skip
def test_days_are_read_by_the_shapes_of_the_mapping(text: str, day: date) -> None:
    assert values.day(text, Format().days) == day


@pytest.mark.parametrize("text", ["29/02/2023", "00/00/0000", "31.12.2024", "1", "01/01/0001", "12/31/2024"])
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        values.day(text, Format().days)


def test_instants_are_in_the_zone_of_the_mapping_unless_they_say_their_own() -> None:
    read = [
        values.instant(text, Format(), ROME)
        for text in ("10/03/2026 12:00", "10/07/2026 12:00", "2026-03-10T12:00:00Z", "2026-03-10 12:00:00.25+01:00")
    ]

    assert [one.astimezone(UTC) for one in read] == [
        datetime(2026, 3, 10, 11, tzinfo=UTC),
        datetime(2026, 7, 10, 10, tzinfo=UTC),
        datetime(2026, 3, 10, 12, tzinfo=UTC),
        datetime(2026, 3, 10, 11, 0, 0, 250_000, tzinfo=UTC),
    ]
    assert values.instant("10/03/2026", Format(), ROME).hour == 12


def test_steps_do_what_they_are_called() -> None:
    assert {
        name: STEPS[name]("Rossi, Mario 0042")
        for name in ("upper", "digits", "first_word", "after_first_word", "last_word", "before_comma", "after_comma")
    } == {
        "upper": "ROSSI, MARIO 0042",
        "digits": "0042",
        "first_word": "Rossi,",
        "after_first_word": "Mario 0042",
        "last_word": "0042",
        "before_comma": "Rossi",
        "after_comma": "Mario 0042",
    }
    assert STEPS["without_leading_zeros"]("0042") == "42"


@given(st.text(max_size=40))
def test_no_text_breaks_a_step_or_a_reader(text: str) -> None:
    for step in STEPS.values():
        step(text)
    for read in (
        lambda: values.day(text, Format().days),
        lambda: values.instant(text, Format(), ROME),
        lambda: values.flag(text, Format()),
        lambda: values.cents(text, ITALIAN, is_minor=False),
    ):
        try:
            read()
        except Unreadable:
            continue
