"""Public holidays against the published snapshots of Italy, Milan, Rome, Vicenza and Padua."""

import json
from datetime import date

import pytest

from corsia.organisation.public_holidays import NoSuchDay, UnknownHolidays, italian_holidays
from tests.conftest import fixtures_folder

NATIONAL_2026 = {
    date(2026, 1, 1),
    date(2026, 1, 6),
    date(2026, 4, 5),  # Easter
    date(2026, 4, 6),
    date(2026, 4, 25),
    date(2026, 5, 1),
    date(2026, 6, 2),
    date(2026, 8, 15),
    date(2026, 10, 4),  # Saint Francis, Law 151/2025
    date(2026, 11, 1),
    date(2026, 12, 8),
    date(2026, 12, 25),
    date(2026, 12, 26),
}


@pytest.mark.parametrize("place", ["COMMON", "MI", "PD", "RM", "VI"])
def test_a_century_of_holidays_is_the_published_one(place: str) -> None:
    published = json.loads(
        (fixtures_folder("calendar", "holidays_it", "snapshots", "countries") / f"IT_{place}.json").read_text(
            encoding="utf-8"
        )
    )
    subdivision = None if place == "COMMON" else place

    found = italian_holidays(range(1950, 2051), subdivision=subdivision)

    assert {str(day) for day in found} == set(published)


def test_the_thirteen_national_holidays_of_2026() -> None:
    assert set(italian_holidays([2026])) == NATIONAL_2026


def test_saint_francis_is_a_holiday_from_2026_and_not_before() -> None:
    days = italian_holidays(range(2020, 2031))

    assert [day.year for day in days if (day.month, day.day) == (10, 4)] == [2026, 2027, 2028, 2029, 2030]


def test_the_province_brings_the_saint_of_its_capital_and_the_town_its_own() -> None:
    milan = italian_holidays([2026], subdivision="MI")
    monza_like = italian_holidays([2026], patron_day=(6, 24))

    assert set(milan) - NATIONAL_2026 == {date(2026, 12, 7)}
    assert milan[date(2026, 12, 7)] == "Sant'Ambrogio"
    assert set(monza_like) - NATIONAL_2026 == {date(2026, 6, 24)}
    assert monza_like[date(2026, 6, 24)] == "Santo patrono"


def test_a_patron_on_a_national_holiday_keeps_the_national_name() -> None:
    assert italian_holidays([2026], patron_day=(12, 8))[date(2026, 12, 8)] == "Immacolata Concezione"


def test_names_come_in_the_language_asked_for_and_days_in_order() -> None:
    english = italian_holidays([2027, 2026], language="en")

    assert english[date(2026, 6, 2)] == "Republic Day"
    assert list(english) == sorted(english)


def test_a_branch_in_lugano_has_its_own_holidays() -> None:
    ticino = italian_holidays([2026], country="CH", subdivision="TI")

    assert date(2026, 3, 19) in ticino
    assert date(2026, 8, 1) in ticino
    assert date(2026, 4, 25) not in ticino


@pytest.mark.parametrize(("country", "subdivision"), [("IT", "ZZ"), ("XX", None), ("", None)])
def test_an_unknown_place_is_refused_by_name(country: str, subdivision: str | None) -> None:
    with pytest.raises(UnknownHolidays):
        italian_holidays([2026], country=country, subdivision=subdivision)


def test_a_patron_day_that_is_no_day_is_refused() -> None:
    with pytest.raises(NoSuchDay) as refusal:
        italian_holidays([2026], patron_day=(2, 30))

    assert refusal.value.data == {"day": 30, "month": 2, "year": 2026}
