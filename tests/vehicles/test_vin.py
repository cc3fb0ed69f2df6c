"""What a VIN says, on VINs decoded by others and on every way of mistyping one."""

import json
import os
import string
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corsia.vehicles.rules.vin import (
    VinRegion,
    VinWarning,
    check_digit,
    model_years,
    normalise_vin,
    read_vin,
)

ON = date(2026, 11, 21)
COUNTRY_NAMES = {
    "US": "United States", "CA": "Canada", "MX": "Mexico", "JP": "Japan", "KR": "Korea (South)",
    "GB": "United Kingdom", "HU": "Hungary", "FR": "France", "DE": "Germany", "SE": "Sweden",
}  # fmt: skip
GOLF = "WVWZZZ1KZ6W123456"  # a European VIN: Z where America puts the check digit
VIN_SIGNS = st.sampled_from("ABCDEFGHJKLMNPRSTUVWXYZ0123456789")


def fixtures_folder() -> Path:
    if given_folder := os.environ.get("CORSIA_FIXTURES"):
        return Path(given_folder)
    for parent in Path(__file__).resolve().parents:
        if (folder := parent.parent / "shared" / "fixtures").is_dir():
            return folder
    pytest.skip("the shared fixtures are not beside this checkout (CORSIA_FIXTURES names another place)")


def decoded_vins() -> list[dict[str, Any]]:
    return list(json.loads((fixtures_folder() / "automotive/vin/vins_decoded.json").read_text()))


def test_every_decoded_vin_reads_as_others_read_it() -> None:
    vins = decoded_vins()
    assert len(vins) == 84
    for told in vins:
        reading = read_vin(told["VIN"])
        assert reading.warnings == (), told["VIN"]
        assert told["MAKE"] in reading.brands, told["VIN"]
        assert COUNTRY_NAMES[reading.country] == told["COUNTRY"], told["VIN"]
        assert reading.region == told["REGION"], told["VIN"]
        assert (reading.wmi, reading.vds, reading.serial) == (told["WMI"], told["VDS"], told["SEQUENTIAL_NUMBER"])
        assert reading.vis == told["VIS"]
        assert reading.small_maker is told["FEWER_THAN_500_PER_YEAR"]
        assert told["YEAR"] in model_years(told["VIN"], on=ON), told["VIN"]


def test_american_vins_tell_one_model_year() -> None:
    for told in decoded_vins():
        if told["REGION"] == "north_america":
            assert model_years(told["VIN"], on=ON) == (told["YEAR"],), told["VIN"]


def test_every_decoded_vin_has_its_own_check_digit_right() -> None:
    for told in decoded_vins():
        assert check_digit(told["VIN"]) == told["VIN"][8]


def test_a_european_vin_without_check_digit_raises_no_doubt() -> None:
    reading = read_vin(" wvw-zzz1kz-6w123456 ")
    assert reading.vin == GOLF
    assert reading.warnings == ()
    assert (reading.country, reading.brands, reading.region) == ("DE", ("Volkswagen",), VinRegion.EUROPE)


@pytest.mark.parametrize(
    ("vin", "country", "brand"),
    [
        ("ZFA31200000123456", "IT", "Fiat"),
        ("ZAR94000007123456", "IT", "Alfa Romeo"),
        ("VF1RFB00X12345678", "FR", "Renault"),
        ("VSSZZZ5FZJR123456", "ES", "Seat"),
        ("TMBJJ7NE0L0123456", "CZ", "Skoda"),
        ("UU1HSDAG123456789", "RO", "Dacia"),
        ("ZDMH100AAJB012345", "IT", "Ducati"),
        ("LRW3E7FA0MC123456", "CN", "Tesla"),
        ("U5YPH812ALL123456", "SK", "Kia"),
        ("JTDKB20U003123456", "JP", "Toyota"),
    ],
)
def test_common_european_codes_name_country_and_brand(vin: str, country: str, brand: str) -> None:
    reading = read_vin(vin)
    assert reading.country == country
    assert reading.brands[0] == brand


def test_an_american_vin_with_a_wrong_check_digit_is_doubted_and_still_read() -> None:
    reading = read_vin("1D7RB1CP9BS798034")
    assert reading.warnings == (VinWarning.CHECK_DIGIT,)
    assert "Dodge" in reading.brands


def test_forbidden_letters_are_kept_and_the_likely_vin_is_proposed() -> None:
    reading = read_vin("ZFA312OOOOO1Z3456")
    assert reading.vin == "ZFA312OOOOO1Z3456"
    assert reading.warnings == (VinWarning.FORBIDDEN_LETTER,)
    assert reading.suggestion == "ZFA312000001Z3456"
    assert read_vin("IFAQP3FN8AW139719").suggestion == "1FA0P3FN8AW139719"


@pytest.mark.parametrize("text", ["", "110F1234567", GOLF + "7", "ЖFA31200000123456"])
def test_what_is_no_vin_is_doubted_and_never_refused(text: str) -> None:
    reading = read_vin(text)
    assert reading.warnings != ()
    assert not reading.is_complete


def test_an_old_chassis_number_is_short_and_nothing_worse() -> None:
    assert read_vin("110F 1234567").warnings == (VinWarning.LENGTH,)


def test_a_european_year_sign_stands_for_every_thirty_years_up_to_next_year() -> None:
    assert model_years("WVWZZZ1KZVW123456", on=ON) == (1997, 2027)
    assert model_years("WVWZZZ1KZVW123456", on=date(2025, 12, 31)) == (1997,)
    assert model_years(GOLF, on=ON) == (2006,)


def test_a_sign_that_names_no_year_gives_no_year() -> None:
    assert model_years("WVWZZZ1KZ0W123456", on=ON) == ()


def test_the_check_digit_of_a_wrong_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="17 signs"):
        check_digit("1FAHP3FN8AW13971")


@given(st.lists(VIN_SIGNS, min_size=17, max_size=17).map("".join), st.integers(0, 16), VIN_SIGNS)
def test_a_single_wrong_digit_among_digits_always_changes_the_check_digit(vin: str, place: int, sign: str) -> None:
    changed = vin[:place] + sign + vin[place + 1 :]
    values = {letter: value for value, letters in enumerate(("0", "1AJ", "2BKS", "3CLT", "4DMU", "5ENV", "6FW", "7GPX",
                                                             "8HY", "9RZ")) for letter in letters}  # fmt: skip
    same_value = values[vin[place]] == values[sign]
    if place != 8:
        assert (check_digit(changed) == check_digit(vin)) is same_value


@given(st.text(max_size=30))
def test_reading_never_fails_and_normalising_twice_changes_nothing(text: str) -> None:
    reading = read_vin(text)
    assert normalise_vin(reading.vin) == reading.vin
    assert read_vin(reading.vin).vin == reading.vin
    assert set(model_years(text, on=ON)) <= set(range(1980, 2028))
    if reading.is_complete:
        assert len(reading.vin) == 17
        assert set(reading.vin) <= set(string.ascii_uppercase + string.digits) - set("IOQ")
