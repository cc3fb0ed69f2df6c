"""Merging and taking back: equal records, whatever the order; one customer to everybody in between."""

from datetime import timedelta

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from corsia.customers import queries, services
from corsia.customers.models import (
    Address,
    Consent,
    ContactPoint,
    Customer,
    CustomerFlag,
    Duplicate,
    Holding,
    Merge,
    Relation,
    SearchKey,
)
from corsia.customers.services.merging import MergeTakenBack, OtherGroup, OtherKind, SameCustomer
from corsia.customers.vocabulary import Flag, Purpose
from corsia.events.customers import CustomersMerged, CustomersUnmerged
from corsia.kernel import scope
from corsia.kernel.errors import NotAllowed, NotFound
from corsia.kernel.models import AuditEntry
from corsia.organisation.vocabulary import Role
from tests.conftest import NOON
from tests.factories.customers import ROBOT, car, company, gives, household, person
from tests.factories.organisation import actor_in, small_group
from tests.facts import stated_facts

TABLES = (Customer, ContactPoint, Address, Consent, CustomerFlag, Holding, Relation, SearchKey)


def everything_stored() -> dict[str, list[tuple]]:
    """Return every row of every table about customers: what must be equal before and after."""
    stored = {}
    for table in TABLES:
        manager = getattr(table, "unscoped", table.objects)
        stored[table.__name__] = list(manager.order_by("pk").values_list())
    return stored


def merge(survivor, absorbed, by=ROBOT):
    return services.merge_customers(survivor_id=survivor.pk, absorbed_id=absorbed.pk, by=by, now=NOON)


@pytest.fixture
def two(group):
    """Two records of Mario with everything a record can have."""
    mario = person(group.brescia, emails=["mario@example.it"], phones=["333 1234567"])
    old = person(group.verona, "Mario Rosi", emails=["mario@example.it", "m.rosi@example.it"], phones=["02 1234567"])
    gives(mario, car(group.brescia, "AB123CD"))
    gives(old, car(group.brescia, "EF456GH"))
    family = household(group.brescia)
    with scope.system("test"):
        services.set_flag(customer_id=old.pk, flag=Flag.VIP, by=ROBOT, now=NOON)
        services.record_consent(
            customer_id=old.pk, purpose=Purpose.MARKETING, is_given=True, source="form", by=ROBOT, now=NOON
        )
        services.add_address(customer_id=old.pk, street="Via Roma 1", city="Verona", by=ROBOT, now=NOON)
        services.relate(whole_id=family.pk, part_id=old.pk, by=ROBOT, now=NOON)
    return mario, old


@pytest.mark.django_db
@pytest.mark.usefixtures("everything")
class TestTwoRecords:
    def test_unmerging_gives_back_equal_records(self, two) -> None:
        before = everything_stored()
        merged = merge(*two)
        assert everything_stored() != before

        services.unmerge(merge_id=merged.pk, by=ROBOT, now=NOON)

        assert everything_stored() == before

    def test_a_merge_changes_nothing_but_where_the_absorbed_record_points(self, two) -> None:
        before = everything_stored()
        merge(*two)
        after = everything_stored()
        assert {name for name in after if after[name] != before[name]} == {"Customer"}
        assert Customer.objects.get(pk=two[1].pk).merged_into_id == two[0].pk

    def test_the_card_of_either_record_shows_the_whole_customer(self, two) -> None:
        mario, old = two
        merge(mario, old)
        card = queries.customer_card(old.pk)
        assert card == queries.customer_card(mario.pk)
        assert (card.id, card.name) == (mario.pk, "Mario Rossi")
        assert [reach.value for reach in card.emails] == ["mario@example.it", "m.rosi@example.it"]
        assert [reach.value for reach in card.phones] == ["+393331234567", "+39021234567"]
        assert sorted(vehicle.plate for vehicle in card.vehicles) == ["AB 123 CD", "EF 456 GH"]
        assert card.flags == (Flag.VIP,)
        assert card.city == "Verona"
        assert queries.consent_of(mario.pk, Purpose.MARKETING).is_given is True

    def test_both_are_told_and_written_down(self, two) -> None:
        mario, old = two
        merged = merge(mario, old)
        services.unmerge(merge_id=merged.pk, by=ROBOT, now=NOON)
        told = [fact for fact in stated_facts() if isinstance(fact, (CustomersMerged, CustomersUnmerged))]
        assert [(type(fact), fact.customer_id, fact.absorbed_id) for fact in told] == [
            (CustomersMerged, mario.pk, old.pk),
            (CustomersUnmerged, mario.pk, old.pk),
        ]
        verbs = AuditEntry.objects.filter(object_id=old.pk, object_kind="customers.customer").values_list(
            "verb", flat=True
        )
        assert list(verbs)[-2:] == ["merged_into", "unmerged"]

    def test_merging_twice_and_taking_back_twice_are_refused(self, two) -> None:
        merged = merge(*two)
        with pytest.raises(SameCustomer):
            merge(*two)
        with pytest.raises(SameCustomer):
            merge(two[1], two[0])
        services.unmerge(merge_id=merged.pk, by=ROBOT, now=NOON)
        with pytest.raises(MergeTakenBack):
            services.unmerge(merge_id=merged.pk, by=ROBOT, now=NOON)
        assert Merge.objects.count() == 1

    def test_a_person_never_becomes_a_company_nor_one_groups_customer_anothers(self, two, group) -> None:
        with pytest.raises(OtherKind):
            merge(two[0], company(group.brescia))
        with pytest.raises(OtherGroup):
            merge(two[0], person(small_group("altro").brescia))
        assert Merge.objects.count() == 0

    def test_what_is_added_while_merged_stays_with_the_survivor(self, two) -> None:
        mario, old = two
        merged = merge(mario, old)
        services.add_contact(customer_id=mario.pk, kind="phone", value="347 1112223", by=ROBOT, now=NOON)
        services.unmerge(merge_id=merged.pk, by=ROBOT, now=NOON)
        assert "+393471112223" in [reach.value for reach in queries.customer_card(mario.pk).phones]
        assert "+393471112223" not in [reach.value for reach in queries.customer_card(old.pk).phones]


@pytest.mark.django_db
def test_an_agency_may_not_merge_and_a_stranger_finds_nothing(two, group) -> None:
    agency = actor_in(group.brescia, Role.AGENCY_AGENT)
    with scope.system("test"), pytest.raises(NotAllowed):
        merge(*two, by=agency)
    stranger = small_group("altro")
    units = frozenset({stranger.root.pk})
    with scope.entered(scope.Scope(units=units, shared=units)), pytest.raises(NotFound):
        merge(*two, by=actor_in(stranger.root, Role.CARE_MANAGER))
    assert Merge.unscoped.count() == 0


class AnyOrder(TestCase):
    """Any sequence of merges and takings-back agrees with a model that knows nothing of roots."""

    @settings(max_examples=60, deadline=None)
    @given(steps=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.booleans()), min_size=1, max_size=14))
    def test_open_merges_alone_say_who_is_one_customer(self, steps) -> None:
        with scope.system("test"):
            group = small_group()
            people = [person(group.brescia, f"Mario Rossi{number}") for number in range(5)]
            before = everything_stored()
            edges: dict[int, tuple[int, int]] = {}  # merge -> (absorbed, survivor), those that hold
            at = NOON
            for first, second, takes_back in steps:
                at += timedelta(minutes=1)
                if takes_back and edges:
                    merge_id = sorted(edges)[first % len(edges)]
                    services.unmerge(merge_id=merge_id, by=ROBOT, now=at)
                    del edges[merge_id]
                else:
                    try:
                        done = merge(people[first], people[second])
                    except SameCustomer:
                        assert _root(people[first].pk, edges) == _root(people[second].pk, edges)
                        continue
                    edges[done.pk] = (done.absorbed_id, done.survivor_id)
                stored = dict(Customer.objects.values_list("pk", "merged_into_id"))
                for one in people:
                    root = _root(one.pk, edges)
                    assert stored[one.pk] == (None if root == one.pk else root)
            for merge_id in sorted(edges, key=lambda pk: hash((pk, len(steps)))):
                services.unmerge(merge_id=merge_id, by=ROBOT, now=at)
            assert everything_stored() == before


def _root(pk: int, edges: dict[int, tuple[int, int]]) -> int:
    above = dict(edges.values())
    while pk in above:
        pk = above[pk]
    return pk


@pytest.mark.django_db
@pytest.mark.usefixtures("everything")
class TestTheQueue:
    def find(self) -> int:
        return services.find_duplicates(now=NOON)

    def test_one_person_entered_twice_enters_the_queue_once(self, two) -> None:
        self.find()
        assert self.find() == 0
        (pair,) = queries.open_duplicates()
        assert (pair.first.id, pair.second.id) == (two[0].pk, two[1].pk)
        assert pair.reasons == ("email", "similar_name")
        assert pair.score_pct >= 90

    def test_relatives_with_one_phone_do_not(self, group) -> None:
        person(group.brescia, "Mario Rossi", phones=["02 1234567"])
        person(group.brescia, "Anna Rossi", phones=["02 1234567"])
        self.find()
        assert Duplicate.objects.count() == 0

    def test_saying_different_keeps_both_for_good(self, two, group) -> None:
        _, old = two
        self.find()
        (pair,) = queries.open_duplicates()
        services.decide_duplicate(duplicate_id=pair.id, is_same=False, by=ROBOT, now=NOON)
        services.edit_customer(
            customer_id=old.pk,
            data=services.CustomerData(first_name="Mario", last_name="Rossi"),
            by=ROBOT,
            now=NOON,
        )
        self.find()
        assert queries.open_duplicates() == []
        assert Customer.objects.filter(merged_into=None).count() == 3

    def test_saying_same_lets_the_chosen_record_live_on(self, two) -> None:
        mario, old = two
        self.find()
        (pair,) = queries.open_duplicates()
        services.decide_duplicate(duplicate_id=pair.id, is_same=True, survivor_id=old.pk, by=ROBOT, now=NOON)
        assert queries.survivor_id(mario.pk) == old.pk
        assert queries.open_duplicates() == []

    def test_two_groups_are_never_compared(self, two) -> None:
        other = small_group("altro")
        person(other.brescia, "Mario Rossi", emails=["mario@example.it"])
        self.find()
        assert Duplicate.objects.count() == 1

    def test_a_number_that_everybody_shares_tells_nothing_and_costs_little(self, group) -> None:
        for number in range(20):
            person(group.brescia, f"Mario{number} Rossi{number}", phones=["02 1234567"])
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(connection) as counted:
            assert self.find() == 20
        assert len(counted) <= 11
