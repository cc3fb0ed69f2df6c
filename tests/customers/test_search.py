"""Searching real rows: what is found, in which order, within which scope, in how many statements."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from corsia.customers import queries, services
from corsia.customers.models import SearchKey, SearchWord
from corsia.customers.search_probe import Closeness
from corsia.kernel import scope
from tests.factories.customers import ADDED_AT, ROBOT, car, company, gives, person
from tests.factories.organisation import small_group
from tests.jobs import run_jobs

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("everything")]


@pytest.fixture
def mario(group):
    customer = person(
        group.brescia,
        emails=["Mario.Rossi85@example.it"],
        phones=["333 1234567", "02/12345678"],
        tax_code="RSSMRA85T10A562S",
    )
    gives(customer, car(group.brescia, "AB123CD", vin="ZFA31200000123456"))
    return customer


def names(query: str) -> list[str]:
    return [hit.customer.name for hit in queries.search(query)]


@pytest.mark.parametrize(
    ("query", "closeness", "matched"),
    [
        ("mario rossi", Closeness.EXACT, ""),
        ("rossi mar", Closeness.PREFIX, ""),
        ("MÀRIO", Closeness.EXACT, ""),
        ("rosis", Closeness.TYPO, ""),
        ("mrio rosssi", Closeness.TYPO, ""),
        ("ab 123 cd", Closeness.EXACT, "AB 123 CD"),
        ("ab12", Closeness.PREFIX, "AB 123 CD"),
        ("AB132CD", Closeness.TYPO, ""),
        ("zfa312", Closeness.PREFIX, "VIN ZFA31200000123456"),
        ("00123456", Closeness.PREFIX, "VIN ZFA31200000123456"),
        ("333 12", Closeness.PREFIX, "phone +393331234567"),
        ("+39 333 1234567", Closeness.EXACT, "phone +393331234567"),
        ("3331243567", Closeness.TYPO, ""),
        ("345678", Closeness.PREFIX, "phone +390212345678"),
        ("mario.ros", Closeness.PREFIX, "mario.rossi85@example.it"),
        ("mario.rosi85@example.it", Closeness.TYPO, ""),
        ("rssmra85t10", Closeness.PREFIX, "RSSMRA85T10A562S"),
        ("rssmra85t10a562t", Closeness.TYPO, ""),
        ("rossi ab123cd", Closeness.EXACT, "AB 123 CD"),
    ],
)
def test_mario_is_found(mario, group, query: str, closeness: Closeness, matched: str) -> None:
    person(group.verona, "Luigi Verdi", emails=["luigi@example.it"], phones=["347 7654321"])

    from django.utils import translation

    with translation.override("en"):
        hits = queries.search(query)

    assert [(hit.id, hit.closeness, hit.matched) for hit in hits] == [(mario.pk, closeness, matched)]


@pytest.mark.parametrize(
    "query", ["", "  ", "@", "luigi", "rossi verdi", "cd123ab", "333999999", "%", "ma_o", "r%i", "\\"]
)
def test_nobody_is_found_by_what_is_nobodys(mario, query: str) -> None:
    assert names(query) == []


def test_exact_names_come_first_then_beginnings_then_mistakes(group) -> None:
    for name in ("Ada Rosso", "Ada Rossini", "Ada Rossi", "Bea Rossi"):
        person(group.brescia, name)
    assert names("rossi") == ["Ada Rossi", "Bea Rossi", "Ada Rossini", "Ada Rosso"]


def test_mistakes_are_tried_only_when_there_is_room_for_more(group) -> None:
    person(group.brescia, "Ada Rosso")
    for number in range(3):
        person(group.brescia, f"Ada{number} Rossi")
    assert [hit.closeness for hit in queries.search("rossi", 3)] == [Closeness.EXACT] * 3


def test_a_merged_record_is_found_and_stands_for_its_survivor(mario, group) -> None:
    other = person(group.brescia, "Marietto Rosssini", phones=["347 1112223"])
    services.merge_customers(survivor_id=mario.pk, absorbed_id=other.pk, by=ROBOT, now=ADDED_AT)
    assert [hit.id for hit in queries.search("marietto")] == [mario.pk]
    assert [hit.id for hit in queries.search("347 1112223")] == [mario.pk]
    assert [hit.id for hit in queries.search("ros")] == [mario.pk]


def test_a_sold_car_no_longer_leads_to_its_old_owner(mario, group) -> None:
    buyer = person(group.brescia, "Luigi Verdi")
    vehicle_id = queries.customer_card(mario.pk).vehicles[0].vehicle_id
    services.start_holding(customer_id=buyer.pk, vehicle_id=vehicle_id, since=None, by=ROBOT, now=ADDED_AT)
    assert names("AB123CD") == ["Luigi Verdi"]


def test_a_new_plate_leads_to_the_owner_once_the_fact_has_run(mario, group) -> None:
    from corsia.vehicles.services import change_plate

    vehicle_id = queries.customer_card(mario.pk).vehicles[0].vehicle_id
    change_plate(vehicle_id=vehicle_id, number="GH 482 LK", since=ADDED_AT.date(), by=ROBOT, now=ADDED_AT)
    run_jobs()
    assert names("gh482lk") == ["Mario Rossi"]
    assert names("ab123cd") == []


def test_a_company_is_found_without_its_legal_form(group) -> None:
    company(group.brescia, "F.lli Bianchi S.n.c.", vat_number="IT00743110157")
    assert names("bianchi snc") == ["F.lli Bianchi S.n.c."]
    assert names("f.lli bianchi") == ["F.lli Bianchi S.n.c."]
    assert names("00743110157") == ["F.lli Bianchi S.n.c."]


def test_another_group_finds_nobody_of_this_one(mario) -> None:
    stranger = small_group("altro")
    units = frozenset({stranger.brescia.pk})
    with scope.entered(scope.Scope(units=units, shared=units | {stranger.root.pk})):
        for query in ("mario", "rosis", "ab123cd", "AB132CD", "333 1234567", "mario.rossi85@example.it"):
            assert queries.search(query) == []


def test_a_branch_finds_the_customers_of_its_group(mario, group) -> None:
    units = frozenset({group.verona_care.pk})
    with scope.entered(scope.Scope(units=units, shared=units | {group.verona.pk, group.root.pk})):
        assert names("mario rossi") == ["Mario Rossi"]


@pytest.mark.parametrize("customers", [1, 3])
@pytest.mark.parametrize(("query", "statements"), [("rossi", 11), ("mario rossi", 14), ("ab123", 8)])
def test_the_number_of_statements_does_not_grow(group, customers: int, query: str, statements: int) -> None:
    for number in range(customers):
        gives(person(group.brescia, "Mario Rossi"), car(group.brescia, f"AB123C{number}"))
    with CaptureQueriesContext(connection) as counted:
        assert len(queries.search(query)) == customers
    assert len(counted) == statements


def test_words_nobody_bears_any_more_are_forgotten_and_others_are_not(mario, group) -> None:
    other = person(group.brescia, "Zbigniew Rossi")
    services.edit_customer(
        customer_id=other.pk, data=services.CustomerData(first_name="Carlo", last_name="Rossi"), by=ROBOT, now=ADDED_AT
    )
    assert services.forget_unused_words() == 1
    assert set(SearchWord.objects.values_list("word", flat=True)) == {"mario", "rossi", "carlo"}


def test_rebuilding_the_index_gives_the_same_keys(mario, group) -> None:
    person(group.brescia, "Anna De Rossi", emails=["anna@example.it"])
    before = sorted(SearchKey.objects.values_list("customer_id", "kind", "value"))
    SearchKey.objects.filter(kind="name").delete()
    last = services.rebuild_index(limit=1)
    assert services.rebuild_index(after_id=last) > last
    assert services.rebuild_index(after_id=10**12) == 0
    assert sorted(SearchKey.objects.values_list("customer_id", "kind", "value")) == before


class TypingMistakes(TestCase):
    """One mistake, in any word of five letters or more, of people among many others."""

    PEOPLE = ("Giuseppe Lombardi", "Francesca Esposito", "Alessandro Colombo", "Chiara D'Angelo", "Matteo Ferrari")

    @settings(max_examples=60, deadline=None)
    @given(data=st.data())
    def test_one_mistake_in_one_word_still_finds_the_person(self, data) -> None:
        with scope.system("test"):
            group = small_group()
            for name in self.PEOPLE:
                person(group.brescia, name)
            wanted = data.draw(st.sampled_from(self.PEOPLE))
            words = wanted.replace("'", "").lower().split()
            at = data.draw(st.sampled_from([i for i, word in enumerate(words) if len(word) >= 5]))
            word = words[at]
            place = data.draw(st.integers(0, len(word) - 1))
            letter = data.draw(st.sampled_from("abcdefghilmnoprstuvz"))
            words[at] = data.draw(
                st.sampled_from(
                    [
                        word[:place] + letter + word[place + 1 :],
                        word[:place] + letter + word[place:],
                        word[:place] + word[place + 1 :],
                        word[:place] + word[place : place + 2][::-1] + word[place + 2 :],
                    ]
                )
            )
            asked = data.draw(st.sampled_from([" ".join(words), " ".join(reversed(words)), words[at]]))
            assert wanted in names(asked)
