"""One name typed in ten ways folds to one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corsia.customers.names import fold, fold_company_name, fold_person_name, name_words


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("D'Angelo", "dangelo"),
        ("D’ANGELO", "dangelo"),
        ("D' Angelo", "dangelo"),
        ("dell`Acqua", "dellacqua"),
        ("Niccolo' Rossi", "niccolo rossi"),
        ("Niccolò  Rossi", "niccolo rossi"),
        ("Nuñez-Müller", "nunez muller"),
        ("Straße", "strasse"),
        ("Sørensen Łukasz", "sorensen lukasz"),
        ("İbrahim", "ibrahim"),
        ("", ""),
        ("!?", ""),
    ],
)
def test_accents_apostrophes_and_case_do_not_tell_names_apart(typed: str, folded: str) -> None:
    assert fold(typed) == folded


@pytest.mark.parametrize(
    ("one", "other"),
    [("De Rossi", "Derossi"), ("Lo Russo", "LORUSSO"), ("De La Cruz", "delacruz"), ("Di Stefano", "distefano"),
     ("D'Angelo", "Dangelo")],
)  # fmt: skip
def test_particles_belong_to_the_name_that_follows(one: str, other: str) -> None:
    assert fold_person_name(one) == fold_person_name(other)


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("Autotrasporti Bianchi S.r.l.", "autotrasporti bianchi"),
        ("AUTOTRASPORTI BIANCHI SRL", "autotrasporti bianchi"),
        ("Autotrasporti Bianchi s r l", "autotrasporti bianchi"),
        ("A.B.C. S.p.A.", "abc"),
        ("Abc Spa", "abc"),
        ("F.lli Rossi S.n.c.", "flli rossi"),
        ("Rossi & C. s.a.s.", "rossi"),
        ("Rossi e C. snc", "rossi"),
        ("S.A.C.E. Motori S.p.A. in liquidazione", "sace motori"),
        ("Verdi Società a responsabilità limitata semplificata", "verdi"),
        ("Müller GmbH", "muller"),
        ("SPA", "spa"),
    ],
)
def test_the_legal_form_does_not_tell_companies_apart(typed: str, folded: str) -> None:
    assert fold_company_name(typed) == folded


def test_a_name_is_found_by_its_words_its_joined_form_and_without_its_apostrophe() -> None:
    assert name_words(name="Maria De Rossi") == ("maria", "de", "rossi", "derossi")
    assert name_words(name="D'Angelo") == ("dangelo", "angelo")
    assert name_words(name="Hotel L'Aquila S.r.l.", is_company=True) == ("hotel", "laquila", "aquila")


@given(st.text(max_size=40))
def test_folding_twice_changes_nothing_and_leaves_only_words(text: str) -> None:
    folded = fold(text)
    assert fold(folded) == folded
    assert folded == folded.strip()
    assert all(word.isalnum() for word in folded.split())
    assert fold_company_name(text) != "" or folded == ""


@given(st.text("abcdefghilmnoprstuvzàèéìòù' ", min_size=1, max_size=30))
def test_capitals_never_matter(text: str) -> None:
    assert fold(text.upper()) == fold(text)
