"""Values that begin with a text, between two bounds of the index: what startswith finds, in one plan for all texts."""

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from corsia.kernel.prefixes import end_of

characters = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")


@given(text=st.text(characters, max_size=6), prefix=st.text(characters, min_size=1, max_size=3))
def test_a_text_lies_between_the_bounds_exactly_when_it_begins_with_the_prefix(text: str, prefix: str) -> None:
    try:
        bound = end_of(prefix)
    except ValueError:
        assert set(prefix) == {chr(0x10FFFF)}
        return
    between = prefix.encode() <= text.encode() < bound.encode()  # the order of the index is that of the bytes

    assert between == text.startswith(prefix)


@pytest.mark.parametrize(("prefix", "bound"), [("ab", "ac"), ("a%", "a&"), ("\ud7ff", "\ue000"), ("a\U0010ffff", "b")])
def test_the_bound_is_the_first_text_after_them(prefix: str, bound: str) -> None:
    assert end_of(prefix) == bound


def test_nothing_comes_after_the_empty_prefix() -> None:
    with pytest.raises(ValueError, match="Every text"):
        end_of("")


@pytest.mark.django_db
def test_the_lookup_finds_what_startswith_finds_also_with_signs_of_patterns() -> None:
    from corsia.organisation.models import Person

    for number, name in enumerate(("Rossi", "Rossini", "Ross%", "Russo", "rossi")):
        Person.objects.create(email=f"p{number}@example.com", first_name="A", last_name=name)

    assert sorted(Person.objects.filter(last_name__begins="Ross").values_list("last_name", flat=True)) == [
        "Ross%",
        "Rossi",
        "Rossini",
    ]
    assert list(Person.objects.filter(last_name__begins="Ross%").values_list("last_name", flat=True)) == ["Ross%"]


@pytest.mark.django_db
def test_a_plan_for_all_texts_walks_the_index_of_search_keys() -> None:
    from corsia.kernel.prefixes import begins_sql

    condition = begins_sql("value").replace("%s", "{}").format("$1", "$2")
    with connection.cursor() as cursor:
        cursor.execute("SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off")
        cursor.execute(
            f"PREPARE walk(text, text) AS SELECT 1 FROM customers_searchkey WHERE kind = 'name' AND {condition}"
        )
        cursor.execute("EXPLAIN EXECUTE walk('ros', 'rot')")
        plan = "\n".join(row[0] for row in cursor.fetchall())
        cursor.execute("DEALLOCATE walk; RESET plan_cache_mode; RESET enable_seqscan")

    assert "customers_key_prefix" in plan
    assert "~>=~ $1" in plan.split("Filter")[0]
