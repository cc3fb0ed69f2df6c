"""A customer is found by any part of name, plate, VIN, phone, e-mail or tax code, and with one mistake in a name."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from corsia.customers.search_keys import (
    Key,
    KeyKind,
    asked_variants,
    forgivable_words,
    forgives,
    is_one_edit_apart,
    keys_for,
    stored_variants,
)
from corsia.customers.search_probe import near_keys, probe, rank

MARIO = keys_for(
    names=["Mario Rossi"],
    emails=["mario.rossi85@example.it"],
    phones=["+393331234567", "+390212345678"],
    tax_codes=["RSSMRA85T10A562S"],
    plates=["AB123CD"],
    vins=["ZFA31200000123456"],
)
WORDS = st.text("abcdefghilmnoprstuvz", min_size=5, max_size=14)
LETTERS = st.sampled_from("abcdefghilmnoprstuvz")


def distance(a: str, b: str) -> int:
    """Optimal string alignment by the textbook table: the oracle of what "one mistake" means."""
    table = [[max(i, j) if 0 in (i, j) else 0 for j in range(len(b) + 1)] for i in range(len(a) + 1)]
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            wrong = a[i - 1] != b[j - 1]
            table[i][j] = min(table[i - 1][j] + 1, table[i][j - 1] + 1, table[i - 1][j - 1] + wrong)
            if i > 1 and j > 1 and a[i - 1] == b[j - 2] and a[i - 2] == b[j - 1]:
                table[i][j] = min(table[i][j], table[i - 2][j - 2] + 1)
    return table[-1][-1]


@st.composite
def mistyped(draw: st.DrawFn) -> tuple[str, str]:
    """A word, and the word or a beginning of it with exactly one typing mistake, at least four letters long."""
    word = draw(WORDS)
    typed = word[: draw(st.integers(4, len(word)))]
    place = draw(st.integers(0, len(typed) - 1))
    mistakes = {
        "wrong": typed[:place] + draw(LETTERS) + typed[place + 1 :],
        "extra": typed[:place] + draw(LETTERS) + typed[place:],
        "swapped": typed[:place] + typed[place : place + 2][::-1] + typed[place + 2 :],
        "missing": typed[:place] + typed[place + 1 :] if len(typed) > 4 else typed,
    }
    return word, mistakes[draw(st.sampled_from(sorted(mistakes)))]


@given(mistyped())
@example(("lombardi", "lombradi"))
@example(("esposito", "sposito"))
@example(("rossi", "rosi"))
@example(("rossi", "orssi"))
@example(("ferrari", "ferrrari"))
def test_one_mistake_in_a_word_of_five_letters_or_in_its_beginning_is_always_found(pair: tuple[str, str]) -> None:
    word, typed = pair
    assert set(asked_variants(typed)) & set(stored_variants(word))
    assert forgives(typed=typed, word=word)
    assert rank(asked=probe(typed), keys=keys_for(names=[word])) is not None


@given(st.text("abc", max_size=7), st.text("abc", max_size=7))
def test_one_edit_apart_means_what_the_textbook_table_says(a: str, b: str) -> None:
    assert is_one_edit_apart(a, b) is (distance(a, b) <= 1)


@given(st.text("abcd", min_size=4, max_size=9), st.text("abcd", min_size=4, max_size=9))
def test_nothing_is_forgiven_that_is_two_mistakes_away(typed: str, word: str) -> None:
    near = any(distance(typed, word[:length]) <= 1 for length in range(len(word) + 1))
    assert forgives(typed=typed, word=word) is near


@given(WORDS)
def test_a_word_costs_at_most_eleven_short_variants(word: str) -> None:
    assert len(stored_variants(word)) <= 11
    assert max(map(len, stored_variants(word))) <= 5


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("mario rossi", (0, 0)),
        ("ROSSI MARIO", (0, 0)),
        ("rossi mar", (1, 1)),
        ("mar ros", (1, 2)),
        ("rosis", (2, 2)),
        ("Màrio Ròssi", (0, 0)),
        ("rosso mario", (2, 2)),
        ("ab123cd", (0, 0)),
        ("AB 123 CD", (0, 0)),
        ("ab 12", (1, 1)),
        ("rossi ab 123 cd", (0, 0)),
        ("ZFA31200000123456", (0, 0)),
        ("zfa312", (1, 1)),
        ("00123456", (1, 1)),
        ("123456", (1, 1)),
        ("+39 333 123 4567", (0, 0)),
        ("0039 333 1234567", (0, 0)),
        ("333 12", (1, 1)),
        ("3331234567", (0, 0)),
        ("234567", (1, 1)),
        ("02 1234 5678", (0, 0)),
        ("12345678", (1, 1)),
        ("mario.ros", (1, 1)),
        ("mario.rossi85@example.it", (0, 0)),
        ("MARIO.ROSSI85@EX", (1, 1)),
        ("rssmra85t10a562s", (0, 0)),
        ("RSSMRA85", (1, 1)),
    ],
)
def test_mario_is_found_and_takes_his_place(query: str, place: tuple[int, int]) -> None:
    assert rank(asked=probe(query), keys=MARIO) == place


@pytest.mark.parametrize("query", ["luigi rossi", "rossi cd123ab", "mario bianchi", "3331234568", "zz", "risso", "os"])
def test_mario_is_not_found_by_what_is_not_his(query: str) -> None:
    assert rank(asked=probe(query), keys=MARIO) is None


@pytest.mark.parametrize("query", ["", "   ", "!?", "@", "'"])
def test_nothing_typed_asks_for_nothing(query: str) -> None:
    assert probe(query).is_empty


@pytest.mark.parametrize("query", ["D'Angelo", "d' angelo", "dangelo", "angelo", "d angelo", "Dangelo Anna", "dagnelo"])
def test_an_apostrophe_is_no_obstacle(query: str) -> None:
    assert rank(asked=probe(query), keys=keys_for(names=["Anna D’Angelo"])) is not None


@pytest.mark.parametrize(("name", "query"), [("De Rossi", "derossi"), ("Derossi", "de rossi"), ("Lo Russo", "lorusso")])
def test_a_particle_may_be_written_apart_or_joined(name: str, query: str) -> None:
    assert rank(asked=probe(query), keys=keys_for(names=[name])) is not None


@pytest.mark.parametrize("query", ["bianchi srl", "Bianchi S.r.l.", "bianchi spa", "binachi", "f.lli bianchi"])
def test_the_legal_form_is_no_obstacle(query: str) -> None:
    company = keys_for(company_names=["F.lli Bianchi Autotrasporti S.r.l."], vat_numbers=["IT00743110157"])
    assert rank(asked=probe(query), keys=company) is not None
    assert rank(asked=probe("00743110157"), keys=company) == (0, 0)


def test_a_surname_that_begins_like_a_legal_form_is_still_a_surname() -> None:
    asked = probe("mario spa")
    assert rank(asked=asked, keys=keys_for(names=["Mario Spadaro"])) == (1, 1)
    assert rank(asked=asked, keys=keys_for(names=["Mario Rossi"])) == (1, 2)


def test_exact_comes_before_prefix_and_prefix_before_typo() -> None:
    customers = {name: keys_for(names=[name]) for name in ("Ada Rossini", "Ada Rossoni", "Ada Rosso", "Ada Rossi")}
    order = sorted(customers, key=lambda name: rank(asked=probe("rossi"), keys=customers[name]) or (9, 9))
    assert order == ["Ada Rossi", "Ada Rossini", "Ada Rosso", "Ada Rossoni"]


def test_a_customer_costs_as_many_keys_as_the_docstring_says() -> None:
    assert len(MARIO) == 13
    assert forgivable_words(MARIO) == ("mario", "rossi")
    assert len(set(MARIO)) == len(MARIO)


@pytest.mark.parametrize(
    ("query", "key"),
    [
        ("AB132CD", Key(KeyKind.PLATE, "AB123CD")),
        ("AB 123 C", Key(KeyKind.PLATE, "AB123CD")),
        ("3331234576", Key(KeyKind.PHONE, "393331234567")),
        ("+39 333 123 456", Key(KeyKind.PHONE, "393331234567")),
        ("RSSMRA85T10A56S", Key(KeyKind.TAX_CODE, "RSSMRA85T10A562S")),
        ("ZFA31200000123465", Key(KeyKind.VIN, "ZFA31200000123456")),
        ("mario.rosi85@example.it", Key(KeyKind.EMAIL, "mario.rossi85@example.it")),
    ],
)
def test_one_mistake_in_a_whole_identifier_is_forgiven(query: str, key: Key) -> None:
    near = near_keys(query)
    assert key in near
    assert key in MARIO
    assert len(near) <= 3200


@pytest.mark.parametrize("query", ["rossi", "12", "", "mario rossi", "Ж123", "x" * 300])
def test_what_is_no_whole_identifier_has_no_neighbours(query: str) -> None:
    assert near_keys(query) == ()


@given(st.text(max_size=60))
def test_any_query_can_be_read(query: str) -> None:
    asked = probe(query)
    rank(asked=asked, keys=MARIO)
    near_keys(query)
    assert all(term.lookups for reading in asked.readings for term in reading.terms)
    assert all(lookup.value for reading in asked.readings for term in reading.terms for lookup in term.lookups)


@given(st.text("abcdefghilmnoprstuvzàòì' -", min_size=1, max_size=25))
def test_a_name_typed_as_it_is_stored_is_always_found(name: str) -> None:
    keys = keys_for(names=[name])
    if keys and len(keys) <= 6:
        found = rank(asked=probe(name), keys=keys)
        assert found is not None
        assert found[0] == 0
