"""Reading of e-mail addresses, phones and codes: the stored spelling, and a warning instead of a refusal."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corsia.customers.identity import (
    IdentityWarning,
    PhoneKind,
    base_tax_code,
    birth_dates_of,
    display_phone,
    read_email,
    read_phone,
    read_tax_code,
    read_vat_number,
)

ON = date(2026, 11, 21)
ROSSI = "RSSMRA85T10A562S"
ROSSI_OMOCODIC = "RSSMRA85T10A56NH"


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        (" Mario.Rossi@Example.IT ", "mario.rossi@example.it"),
        ("mailto:mario@example.it", "mario@example.it"),
        ('"Rossi, Mario" <mario@example.it>', "mario@example.it"),
        ("m.a.r.i.o+auto@gmail.com", "m.a.r.i.o+auto@gmail.com"),
        ("info@xn--caff-8oa.it", "info@xn--caff-8oa.it"),
        ("info@caffè.it", "info@caffè.it"),
        ("weiß@example.de", "weiß@example.de"),
    ],
)
def test_an_address_is_stored_in_small_letters_and_otherwise_as_it_is(typed: str, stored: str) -> None:
    email = read_email(typed)
    assert (email.value, email.warning, email.is_usable) == (stored, None, True)


@pytest.mark.parametrize(
    ("typed", "warning"),
    [
        ("mario.rossi", IdentityWarning.EMAIL_WITHOUT_AT),
        ("@example.it", IdentityWarning.EMAIL_WITHOUT_AT),
        ("a@b@example.it", IdentityWarning.EMAIL_WITHOUT_AT),
        ("mario@example", IdentityWarning.EMAIL_DOMAIN),
        ("mario@example..it", IdentityWarning.EMAIL_DOMAIN),
        ("mario rossi@example.it", IdentityWarning.EMAIL_BLANK_INSIDE),
    ],
)
def test_a_doubtful_address_is_kept_with_its_doubt(typed: str, warning: IdentityWarning) -> None:
    email = read_email(typed)
    assert (email.value, email.warning, email.is_usable) == (typed, warning, False)


def test_no_address_is_no_doubt() -> None:
    assert (read_email("  ").value, read_email("  ").warning) == ("", None)


@pytest.mark.parametrize(
    ("typed", "e164", "extension", "kind"),
    [
        ("333 1234567", "+393331234567", "", PhoneKind.MOBILE),
        ("0039 333 123 4567", "+393331234567", "", PhoneKind.MOBILE),
        ("+39 333.123.4567", "+393331234567", "", PhoneKind.MOBILE),
        ("02/1234567 int. 12", "+39021234567", "12", PhoneKind.FIXED),
        ("+39 0541 123456 ext 5", "+390541123456", "5", PhoneKind.FIXED),
        ("06.12345678", "+390612345678", "", PhoneKind.FIXED),
        ("800 123456", "+39800123456", "", PhoneKind.OTHER),
        ("+41 79 123 45 67", "+41791234567", "", PhoneKind.MOBILE),
    ],
)
def test_a_phone_is_stored_with_its_country_and_its_landline_zero(
    typed: str, e164: str, extension: str, kind: PhoneKind
) -> None:
    phone = read_phone(typed)
    assert (phone.e164, phone.extension, phone.kind, phone.warning) == (e164, extension, kind, None)


@pytest.mark.parametrize("typed", ["", "12", "chiedere alla moglie", "+999 1"])
def test_what_is_no_phone_is_kept_as_it_was_typed(typed: str) -> None:
    phone = read_phone(typed)
    assert (phone.e164, phone.typed, phone.is_usable) == ("", typed, False)
    assert phone.warning is IdentityWarning.PHONE_UNREADABLE


def test_a_number_nobody_was_given_is_kept_with_a_doubt() -> None:
    phone = read_phone("0333 1234567")
    assert (phone.e164, phone.warning) == ("+3903331234567", IdentityWarning.PHONE_UNKNOWN_RANGE)


def test_a_phone_is_shown_as_at_home_and_with_its_country_abroad() -> None:
    assert display_phone("+390212345678", extension="12") == "02 1234 5678 / 12"
    assert display_phone("+393331234567") == "333 123 4567"
    assert display_phone("+41791234567") == "+41 79 123 45 67"
    assert display_phone("chiedere alla moglie") == "chiedere alla moglie"


@given(st.text(max_size=40))
def test_any_text_can_be_read(text: str) -> None:
    assert read_phone(text).typed == text.strip()
    assert read_email(read_email(text).value).value == read_email(read_email(read_email(text).value).value).value
    assert read_tax_code(text).value == read_tax_code(read_tax_code(text).value).value
    assert birth_dates_of(text, on=ON) == () or len(text) == 16
    assert display_phone(text) is not None


@pytest.mark.parametrize("typed", [ROSSI, "rss mra 85t10 a562s", ROSSI_OMOCODIC, "00743110157"])
def test_right_tax_codes_raise_no_doubt(typed: str) -> None:
    assert read_tax_code(typed).warning is None


@pytest.mark.parametrize(
    ("typed", "warning"),
    [
        ("RSSMRA85T10A562X", IdentityWarning.CODE_CHECK),
        ("RSSMRA85T10A562", IdentityWarning.CODE_LENGTH),
        ("RSSMR085T10A562S", IdentityWarning.CODE_SHAPE),
        ("00743110158", IdentityWarning.CODE_CHECK),
    ],
)
def test_a_wrong_tax_code_is_kept_with_its_doubt(typed: str, warning: IdentityWarning) -> None:
    code = read_tax_code(typed)
    assert (code.value, code.warning) == (typed, warning)
    assert str(warning.message)


def test_the_omocodic_form_has_the_base_of_the_plain_one() -> None:
    assert base_tax_code(ROSSI) == base_tax_code(ROSSI_OMOCODIC) == "RSSMRA85T10A562"


def test_a_tax_code_tells_the_birth_date_and_both_centuries_when_both_are_possible() -> None:
    assert birth_dates_of(ROSSI, on=ON) == (date(1985, 12, 10),)
    assert birth_dates_of(ROSSI_OMOCODIC, on=ON) == (date(1985, 12, 10),)
    assert birth_dates_of("RCCMNL83S18D969H", on=ON) == (date(1983, 11, 18),)
    assert birth_dates_of("CNTCHR83T41D969D", on=ON) == (date(1983, 12, 1),)
    assert birth_dates_of("00743110157", on=ON) == ()
    assert birth_dates_of("RSSMRA85T10A562X", on=ON) == ()


@pytest.mark.parametrize(
    ("typed", "stored", "warning"),
    [
        ("IT 00743110157", "00743110157", None),
        ("00743110157", "00743110157", None),
        ("DE 136695976", "DE136695976", None),
        ("00743110158", "00743110158", IdentityWarning.CODE_CHECK),
        ("DE136695977", "DE136695977", IdentityWarning.CODE_CHECK),
        ("", "", None),
    ],
)
def test_vat_numbers_are_checked_by_their_country(typed: str, stored: str, warning: IdentityWarning | None) -> None:
    code = read_vat_number(typed)
    assert (code.value, code.warning) == (stored, warning)
