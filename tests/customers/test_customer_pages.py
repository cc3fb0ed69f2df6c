"""The pages of customers as people use them: what they show, what they change, who may, how many statements."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

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
)
from corsia.customers.services import find_duplicates
from corsia.customers.vocabulary import ContactState
from corsia.kernel import scope
from corsia.organisation.vocabulary import Role
from corsia.vehicles.models import Vehicle
from tests.conftest import NOON
from tests.factories.customers import car, company, gives, household, person
from tests.factories.organisation import person_in, signed_in, small_group

pytestmark = pytest.mark.django_db
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def agent(group):
    return signed_in(person_in(group.brescia_care, language="en"))


@pytest.fixture
def mario(group):
    customer = person(
        group.brescia,
        emails=["mario@example.it"],
        phones=["333 1234567"],
        tax_code="RSSMRA85T10A562X",
        note="Calls late",
    )
    gives(customer, car(group.brescia), since=date(2020, 5, 1))
    return customer


def page(agent, view: str, *args, **query) -> str:
    answer = agent.get(reverse(f"customers:{view}", args=args), query)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def post(agent, name: str, *args, htmx: bool = True, **fields):
    return agent.post(reverse(f"customers:{name}", args=args), fields, **(HTMX if htmx else {}))


def test_the_customer_page_shows_who_how_and_what(agent, mario) -> None:
    shown = page(agent, "customer", mario.pk)
    for text in ("Mario Rossi", "333 123 4567", "mario@example.it", "AB 123 CD", "Fiat Panda", "Calls late",
                 "The last sign does not fit", "never asked", "Became a customer", "Vehicle taken over"):  # fmt: skip
        assert text in shown, text
    assert "style=" not in shown
    assert "<script>" not in shown


def test_a_merged_record_leads_to_its_survivor(agent, mario, group) -> None:
    old = person(group.brescia, "Mario Rosi")
    post(agent, "merge", mario.pk, other=old.pk, survivor=mario.pk, htmx=False)
    answer = agent.get(reverse("customers:customer", args=[old.pk]))
    assert (answer.status_code, answer.url) == (302, reverse("customers:customer", args=[mario.pk]))
    assert "Merged records" in page(agent, "customer", mario.pk)


def test_a_merge_is_taken_back_from_the_page(agent, mario, group) -> None:
    old = person(group.brescia, "Mario Rosi")
    post(agent, "merge", mario.pk, other=old.pk, survivor=old.pk, htmx=False)
    merge = Merge.unscoped.get()
    assert (merge.survivor_id, merge.absorbed_id) == (old.pk, mario.pk)
    answer = post(agent, "unmerge", merge.pk, htmx=False)
    assert answer.url == reverse("customers:customer", args=[mario.pk])
    assert Customer.unscoped.exclude(merged_into=None).count() == 0


def test_choosing_the_other_record_shows_both_side_by_side(agent, mario, group) -> None:
    other = person(group.brescia, "Mario Rosi", emails=["mario@example.it"])
    assert "Mario Rosi" in page(agent, "pick", q="rosi", name="other")
    shown = page(agent, "merge", mario.pk, other=other.pk)
    assert 'class="same"' in shown
    assert 'class="not"' in shown


class TestList:
    def test_a_search_finds_and_says_why(self, agent, mario) -> None:
        assert "Mario Rossi" in page(agent, "index", q="ab123cd")
        assert "AB 123 CD" in page(agent, "palette", q="ab123")
        assert reverse("customers:customer", args=[mario.pk]) in page(agent, "palette", q="rosis")

    def test_a_fragment_is_only_the_rows(self, agent, mario) -> None:
        answer = agent.get(reverse("customers:index"), {"q": "rossi"}, **HTMX)
        assert b"Mario Rossi" in answer.content
        assert b"<html" not in answer.content

    def test_nothing_found_says_what_next(self, agent, mario) -> None:
        assert "Nobody found for “xyzzy”" in page(agent, "index", q="xyzzy")

    def test_what_was_typed_is_escaped(self, agent) -> None:
        assert "<b>" not in page(agent, "index", q="<b>x</b>").split("Nobody found")[1].split("</b>")[0]

    def test_pages_follow_one_another_without_gap_or_repetition(self, agent, group) -> None:
        people = [person(group.brescia, f"Mario Rossi{number}") for number in range(45)]
        first = page(agent, "index")
        before = people[5].pk
        second = page(agent, "index", before=before)
        for one in people:
            link = f'href="{reverse("customers:customer", args=[one.pk])}"'
            assert (link in first) is (one.pk >= before)
            assert (link in second) is (one.pk < before)

    @pytest.mark.parametrize("query", [{"before": "x"}, {"before": "9" * 40}, {"kind": "x"}, {"q": "%' OR 1=1--"}])
    def test_junk_in_the_address_breaks_nothing(self, agent, mario, query) -> None:
        page(agent, "index", **query)


class TestAddingAndEditing:
    FIELDS = {"kind": "person", "first_name": "Luigi", "last_name": "Verdi", "language": "it"}

    def test_a_customer_is_added_to_the_group(self, agent, group) -> None:
        answer = post(agent, "add", htmx=False, **self.FIELDS, email="luigi@example.it", phone="347 1112223")
        luigi = Customer.unscoped.get()
        assert answer.url == reverse("customers:customer", args=[luigi.pk])
        assert (luigi.display_name, luigi.unit_id) == ("Luigi Verdi", group.root.pk)
        assert ContactPoint.unscoped.count() == 2

    def test_somebody_who_is_there_already_is_shown_first(self, agent, mario) -> None:
        answer = post(agent, "add", htmx=False, **self.FIELDS, phone="3331234567")
        assert answer.status_code == 422
        assert "Mario Rossi" in answer.content.decode()
        assert Customer.unscoped.count() == 1
        post(agent, "add", htmx=False, **self.FIELDS, phone="3331234567", add_anyway="on")
        assert Customer.unscoped.count() == 2

    @pytest.mark.parametrize(
        ("fields", "reason"),
        [
            ({"first_name": "", "last_name": "", "note": "typed"}, "A person needs a first or a last name."),
            ({"kind": "company", "note": "typed"}, "A company or household needs a name."),
            ({"born_on": "2099-01-01", "note": "typed"}, "The birth date lies in the future."),
            ({"tax_code": "RSSMRA85T10A562SXX", "note": "typed"}, "longer than any such code"),
            ({"born_on": "31/31/2020", "note": "typed"}, "Enter a valid date."),
        ],
    )
    def test_a_refusal_keeps_everything_typed(self, agent, fields, reason) -> None:
        answer = post(agent, "add", htmx=False, **{**self.FIELDS, **fields})
        assert answer.status_code == 422
        shown = answer.content.decode()
        assert reason in shown
        assert "typed" in shown
        assert Customer.unscoped.count() == 0

    def test_editing_saves_and_nothing_else_changes(self, agent, mario) -> None:
        before = Customer.unscoped.values().get(pk=mario.pk)
        post(
            agent, "edit", mario.pk, htmx=False, **{**self.FIELDS, "tax_code": "RSSMRA85T10A562S", "note": "Calls late"}
        )
        after = Customer.unscoped.values().get(pk=mario.pk)
        assert {name for name in after if after[name] != before[name]} == {
            "first_name", "last_name", "display_name", "tax_code"
        }  # fmt: skip


class TestSmallChanges:
    def test_contacts(self, agent, mario) -> None:
        answer = post(agent, "add_contact", mario.pk, kind="phone", value="02/1234567 int. 4", label="office")
        assert b"office" in answer.content
        assert b"<html" not in answer.content
        point = ContactPoint.unscoped.get(label="office")
        post(agent, "contact_state", point.pk, state=ContactState.REFUSED)
        post(agent, "make_primary", point.pk)
        point.refresh_from_db()
        assert (point.value, point.state, point.is_primary) == ("+39021234567;ext=4", "refused", True)
        post(agent, "remove_contact", point.pk)
        assert ContactPoint.unscoped.filter(pk=point.pk).count() == 0

    def test_a_refusal_is_a_sentence_and_swaps_nothing(self, agent, mario) -> None:
        answer = post(agent, "add_contact", mario.pk, kind="email", value="MARIO@example.it")
        assert (answer.status_code, answer["HX-Reswap"]) == (409, "none")
        assert "is already on this customer" in answer.content.decode()
        answer = post(agent, "add_contact", mario.pk, kind="fax", value="x")
        assert answer.status_code == 422

    def test_addresses_consents_and_flags(self, agent, mario) -> None:
        post(agent, "add_address", mario.pk, street="Via Roma 1", city="Brescia", postcode="25121", province="bs")
        place = Address.unscoped.get()
        assert (place.province, place.country) == ("BS", "IT")
        post(agent, "remove_address", place.pk)
        post(agent, "record_consent", mario.pk, purpose="marketing", channel="any", answer="yes", source="counter")
        assert Consent.unscoped.get().is_given is True
        post(agent, "change_flag", mario.pk, flag="vip", is_set="on")
        assert CustomerFlag.unscoped.get().flag == "vip"
        post(agent, "change_flag", mario.pk, flag="vip")
        assert (Address.unscoped.count(), CustomerFlag.unscoped.count()) == (0, 0)

    def test_every_statement_stays_as_proof(self, agent, mario) -> None:
        for answer in ("yes", "no"):
            post(agent, "record_consent", mario.pk, purpose="marketing", channel="sms", answer=answer, source="form 12")
        shown = page(agent, "statements", mario.pk)
        assert shown.index("Marketing · SMS: refused") < shown.index("Marketing · SMS: given")
        assert shown.count("form 12") == 2

    def test_service_messages_need_no_consent_and_none_can_be_recorded(self, agent, mario) -> None:
        answer = post(agent, "record_consent", mario.pk, purpose="service", channel="any", answer="no", source="x")
        assert answer.status_code == 422
        assert Consent.unscoped.count() == 0

    def test_a_known_vehicle_changes_hands_and_an_unknown_one_is_added(self, agent, mario, group) -> None:
        luigi = person(group.brescia, "Luigi Verdi")
        answer = post(agent, "start_holding", luigi.pk, vehicle="ab 123 cd", role="owner", since="2026-03-01")
        assert b"AB 123 CD" in answer.content
        assert Holding.unscoped.get(customer=mario).until == date(2026, 3, 1)
        post(agent, "start_holding", luigi.pk, vehicle="EF456GH", role="driver", make="Jeep", model="Avenger")
        assert str(Vehicle.unscoped.get(plate="EF456GH")) == "Jeep Avenger"
        held = Holding.unscoped.get(vehicle__plate="EF456GH")
        post(agent, "end_holding", held.pk, until="2999-01-01")
        held.refresh_from_db()
        assert held.until == date(2999, 1, 1)

    def test_members(self, agent, mario, group) -> None:
        family = household(group.brescia)
        assert b"Mario Rossi" in post(agent, "add_member", family.pk, member=mario.pk).content
        assert "Famiglia Rossi" in page(agent, "customer", mario.pk)
        post(agent, "remove_member", Relation.unscoped.get().pk)
        assert Relation.unscoped.count() == 0

    def test_without_htmx_the_page_comes_back(self, agent, mario) -> None:
        answer = post(agent, "change_flag", mario.pk, htmx=False, flag="vip", is_set="on")
        assert answer.url == reverse("customers:customer", args=[mario.pk])


class TestDuplicates:
    @pytest.fixture
    def pair(self, mario, group):
        person(group.brescia, "Mario Rosi", emails=["mario@example.it"])
        with scope.system("test"):
            find_duplicates(now=NOON)
        return Duplicate.unscoped.get()

    def test_the_queue_shows_why_and_the_answer_is_taken_down(self, agent, pair) -> None:
        shown = page(agent, "duplicates")
        assert "Same e-mail" in shown
        assert "Similar name" in shown
        assert "Mario Rosi" in page(agent, "duplicate", pair.pk)
        post(agent, "decide", pair.pk, htmx=False, answer="other")
        assert "No likely duplicates" in page(agent, "duplicates")
        assert Merge.unscoped.count() == 0

    def test_the_same_customer_is_merged_into_the_chosen_record(self, agent, pair) -> None:
        answer = post(agent, "decide", pair.pk, htmx=False, answer="same", survivor=pair.second_id)
        assert answer.url == reverse("customers:customer", args=[pair.second_id])
        assert Customer.unscoped.get(pk=pair.first_id).merged_into_id == pair.second_id

    def test_the_page_hints_at_a_waiting_pair(self, agent, pair) -> None:
        assert "may be the same customer" in page(agent, "customer", pair.first_id)


READS = ["index", "duplicates", "palette", "pick", "add"]


class TestAccess:
    @pytest.mark.parametrize("name", READS)
    def test_nobody_without_signing_in(self, client, name: str) -> None:
        assert client.get(reverse(f"customers:{name}")).status_code == 302

    @pytest.mark.parametrize(
        ("role", "allowed"),
        [
            (Role.AGENT, set(READS)),
            (Role.AGENCY_AGENT, {"index", "palette", "pick", "add"}),
            (Role.EXPERIENCE_MANAGER, {"index", "palette", "pick", "duplicates"}),
            (Role.CONSULTANT, set()),
        ],
    )
    def test_each_role_reads_what_it_may(self, group, role: Role, allowed: set[str]) -> None:
        somebody = signed_in(person_in(group.brescia, role))
        answers = {name: somebody.get(reverse(f"customers:{name}")).status_code for name in READS}
        assert answers == {name: 200 if name in allowed else 403 for name in READS}

    def test_another_group_sees_and_changes_nothing(self, mario, group) -> None:
        stranger = signed_in(person_in(small_group("altro").brescia, Role.CARE_MANAGER))
        before = Customer.unscoped.values().get(pk=mario.pk)
        contact, held = ContactPoint.unscoped.first(), Holding.unscoped.get()
        reads = [
            reverse(f"customers:{name}", args=[mario.pk])
            for name in ("customer", "edit", "story", "merge", "statements")
        ]
        reads.append(reverse("customers:vehicle_holders", args=[held.vehicle_id]))
        assert [stranger.get(url).status_code for url in reads] == [404] * 6
        posts = [
            ("add_contact", mario.pk, {"kind": "phone", "value": "1"}),
            ("remove_contact", contact.pk, {}),
            ("make_primary", contact.pk, {}),
            ("contact_state", contact.pk, {"state": "refused"}),
            ("add_address", mario.pk, {"street": "x", "city": "y"}),
            ("record_consent", mario.pk, {"purpose": "survey", "channel": "any", "answer": "yes", "source": "x"}),
            ("change_flag", mario.pk, {"flag": "vip", "is_set": "on"}),
            ("start_holding", mario.pk, {"vehicle": "EF456GH", "role": "owner"}),
            ("end_holding", held.pk, {"until": "2026-01-01"}),
            ("add_member", mario.pk, {"member": mario.pk}),
            ("merge", mario.pk, {"other": mario.pk, "survivor": mario.pk}),
            ("edit", mario.pk, TestAddingAndEditing.FIELDS),
        ]
        assert [post(stranger, name, pk, **fields).status_code for name, pk, fields in posts] == [404] * len(posts)
        assert Customer.unscoped.values().get(pk=mario.pk) == before
        assert (Address.unscoped.count(), CustomerFlag.unscoped.count(), Consent.unscoped.count()) == (0, 0, 0)
        for name in ("index", "palette", "pick"):
            assert "Mario" not in stranger.get(reverse(f"customers:{name}"), {"q": "mario rossi"}).content.decode()

    def test_an_agency_edits_but_never_merges(self, mario, group) -> None:
        agency = signed_in(person_in(group.brescia, Role.AGENCY_AGENT))
        assert post(agency, "change_flag", mario.pk, flag="vip", is_set="on").status_code == 200
        assert post(agency, "merge", mario.pk, other=mario.pk, survivor=mario.pk).status_code == 403
        assert "Merge…" not in page(agency, "customer", mario.pk)


class TestStatements:
    def count(self, agent, url: str) -> int:
        agent.get(url)
        with CaptureQueriesContext(connection) as counted:
            assert agent.get(url).status_code == 200
        return len(counted)

    def test_the_list_takes_as_many_for_one_customer_as_for_three(self, agent, group) -> None:
        counts = []
        for number in (1, 2):
            for i in range(number):
                gives(
                    person(group.brescia, f"Mario Rossi{number}{i}", phones=["333 1234567"]),
                    car(group.brescia, f"AB{number}{i}0CD"),
                )
            counts.append(self.count(agent, reverse("customers:index")))
        assert counts[0] == counts[1]
        assert counts[0] == 11

    def test_the_customer_page_takes_as_many_for_one_thing_as_for_three(self, agent, group) -> None:
        counts = []
        for number in (1, 3):
            customer = person(group.brescia, emails=[f"{i}@{number}.example" for i in range(number)])
            for i in range(number):
                gives(customer, car(group.brescia, f"AB{number}{i}0CD"))
                post(agent, "add_member", company(group.brescia, f"Ditta {number}{i}").pk, member=customer.pk)
            counts.append(self.count(agent, reverse("customers:customer", args=[customer.pk])))
        assert counts[0] == counts[1]
        assert counts[0] == 14
