"""Two records of one person are told from two relatives under one roof."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corsia.customers.likeness import (
    WORTH_ASKING,
    LikenessObstacle,
    LikenessReason,
    Record,
    address_key,
    compare,
    jaro_winkler,
)

HOME = address_key(street="Via Roma, 12", postcode="20121", city="Milano")
MARIO = Record(
    first_name="Mario",
    last_name="Rossi",
    tax_code="RSSMRA85T10A562S",
    born_on=date(1985, 12, 10),
    emails=frozenset({"mario@example.it"}),
    phones=frozenset({"+393331234567"}),
    vehicles=frozenset({7}),
    addresses=frozenset({HOME}),
)
BARE = Record(first_name="Mario", last_name="Rossi")


@pytest.mark.parametrize(
    ("a", "b", "similarity"),
    [("MARTHA", "MARHTA", 0.9611), ("DIXON", "DICKSONX", 0.8133), ("DWAYNE", "DUANE", 0.84),
     ("JONES", "JOHNSON", 0.8324), ("ABC", "XYZ", 0.0), ("", "A", 0.0), ("", "", 1.0)],
)  # fmt: skip
def test_jaro_winkler_gives_the_published_values(a: str, b: str, similarity: float) -> None:
    assert jaro_winkler(a, b) == pytest.approx(similarity, abs=0.00005)


def test_a_wife_who_shares_everything_but_her_name_is_a_relative() -> None:
    wife = Record(
        first_name="Anna",
        last_name="Rossi",
        phones=MARIO.phones,
        vehicles=MARIO.vehicles,
        addresses=MARIO.addresses,
    )
    verdict = compare(MARIO, wife)
    assert (verdict.score, verdict.obstacle) == (0.0, LikenessObstacle.OTHER_FIRST_NAME)
    assert verdict.reasons == (LikenessReason.PHONE, LikenessReason.VEHICLE, LikenessReason.ADDRESS)


def test_father_and_son_of_one_name_are_told_apart_by_birth_or_tax_code() -> None:
    father = replace(MARIO, tax_code="", born_on=date(1955, 1, 1))
    assert compare(MARIO, father).obstacle is LikenessObstacle.OTHER_BIRTH_DATE
    coded = replace(MARIO, tax_code="RCCMNL83S18D969H", born_on=None)
    assert compare(MARIO, coded).obstacle is LikenessObstacle.OTHER_TAX_CODE


def test_a_tax_code_with_one_wrong_letter_is_no_other_person() -> None:
    mistyped = replace(MARIO, tax_code="RSSMRA85T10A562X")
    verdict = compare(MARIO, mistyped)
    assert verdict.obstacle is None
    assert verdict.score > 0.99


def test_the_omocodic_tax_code_is_the_same_person() -> None:
    verdict = compare(replace(BARE, tax_code=MARIO.tax_code), Record(tax_code="RSSMRA85T10A56NH"))
    assert verdict.reasons == (LikenessReason.TAX_CODE,)
    assert verdict.score > 0.99


@pytest.mark.parametrize(
    "other",
    [
        replace(BARE, phones=MARIO.phones),
        replace(BARE, first_name="M.", phones=MARIO.phones),
        replace(BARE, first_name="Rossi", last_name="Mario", phones=MARIO.phones),
        replace(BARE, first_name="Mario Luigi", phones=MARIO.phones),
        replace(BARE, last_name="Rosi", phones=MARIO.phones),
        replace(BARE, last_name="ROSSÌ", emails=MARIO.emails),
        replace(BARE, first_name="Maria", emails=MARIO.emails),
        replace(BARE, vehicles=MARIO.vehicles),
        replace(BARE, addresses=MARIO.addresses),
        replace(BARE, born_on=MARIO.born_on),
        Record(first_name="Marietto", last_name="Russo", tax_code=MARIO.tax_code),
    ],
)
def test_the_same_person_entered_twice_is_worth_asking_about(other: Record) -> None:
    verdict = compare(MARIO, other)
    assert verdict.obstacle is None
    assert verdict.score >= WORTH_ASKING


@pytest.mark.parametrize(
    "other",
    [BARE, Record(first_name="Mario", last_name="Bianchi", phones=MARIO.phones), Record(last_name="Rossi"),
     Record(last_name="Rossi", addresses=MARIO.addresses), Record(first_name="Luigi", last_name="Verdi")],
)  # fmt: skip
def test_too_little_in_common_is_not_worth_asking_about(other: Record) -> None:
    assert compare(MARIO, other).score < WORTH_ASKING


def test_a_shared_email_asks_about_two_first_names_only_with_more_evidence() -> None:
    couple = Record(first_name="Anna", last_name="Rossi", emails=MARIO.emails)
    assert compare(MARIO, couple).obstacle is None
    assert compare(MARIO, couple).score < WORTH_ASKING
    assert compare(MARIO, replace(couple, phones=MARIO.phones)).score >= WORTH_ASKING


def test_companies_are_compared_by_vat_number_and_name_without_legal_form() -> None:
    one = Record(is_company=True, company_name="Bianchi Autotrasporti S.r.l.", vat_number="00743110157")
    assert compare(one, replace(one, company_name="Altro nome")).score > 0.9
    assert compare(one, replace(one, vat_number="12345670017")).obstacle is LikenessObstacle.OTHER_VAT_NUMBER
    by_phone = Record(is_company=True, company_name="AUTOTRASPORTI BIANCHI SRL", phones=frozenset({"+39021"}))
    assert compare(replace(one, phones=by_phone.phones), by_phone).score >= WORTH_ASKING


def test_two_companies_of_one_accountant_are_not_one_company() -> None:
    mail = frozenset({"studio@example.it"})
    one = Record(is_company=True, company_name="Alfa Trasporti", emails=mail)
    other = Record(is_company=True, company_name="Zeta Edilizia", emails=mail)
    assert compare(one, other).obstacle is LikenessObstacle.OTHER_COMPANY_NAME


def test_a_person_is_never_a_company() -> None:
    assert compare(MARIO, replace(MARIO, is_company=True)).obstacle is LikenessObstacle.OTHER_KIND


def test_an_address_compares_without_punctuation_and_case() -> None:
    assert address_key(street="VIA ROMA 12", postcode="20121", city="") == HOME == "via roma 12 20121"
    assert address_key(street="", postcode="20121", city="Milano") == ""


NAMES = st.sampled_from(["Mario", "Maria", "Anna", "Luigi", "M.", "", "Mario Luigi", "Rossi", "De Rossi"])
CODES = st.sampled_from(["", "RSSMRA85T10A562S", "RSSMRA85T10A56NH", "RSSMRA85T10A562X", "RCCMNL83S18D969H"])
RECORDS = st.builds(
    Record,
    is_company=st.booleans(),
    first_name=NAMES,
    last_name=NAMES,
    company_name=NAMES,
    tax_code=CODES,
    born_on=st.sampled_from([None, date(1985, 12, 10), date(1955, 1, 1)]),
    emails=st.frozensets(st.sampled_from(["a@example.it", "b@example.it"])),
    phones=st.frozensets(st.sampled_from(["+391", "+392"])),
    vehicles=st.frozensets(st.integers(1, 2)),
)


@given(RECORDS, RECORDS)
def test_the_order_of_two_records_does_not_matter(a: Record, b: Record) -> None:
    assert compare(a, b) == compare(b, a)


@given(RECORDS, RECORDS)
def test_an_obstacle_is_never_outvoted_and_what_two_share_never_lowers_the_score(a: Record, b: Record) -> None:
    verdict = compare(a, b)
    assert 0.0 <= verdict.score < 1.0 + 1e-9
    assert (verdict.score == 0.0) is (verdict.obstacle is not None)
    if a.born_on and b.born_on and a.born_on != b.born_on:
        assert verdict.score == 0.0
    with_phone = compare(replace(a, phones=a.phones | {"+3"}), replace(b, phones=b.phones | {"+3"}))
    assert with_phone.score >= verdict.score
