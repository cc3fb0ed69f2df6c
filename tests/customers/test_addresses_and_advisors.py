"""Postal addresses are corrected and put in order; a customer has an advisor of their own, chosen by name."""

import pytest
from django.urls import reverse

from corsia.customers import services
from corsia.customers.models import Address, Customer
from corsia.customers.services import AddressData
from corsia.customers.services.addresses import AddressEmpty
from corsia.kernel import scope
from corsia.kernel.models import AuditEntry
from corsia.organisation.vocabulary import Role
from tests.conftest import NOON
from tests.factories.customers import ROBOT, person
from tests.factories.organisation import person_in, signed_in

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


@pytest.fixture
def mario(group) -> Customer:
    return person(group.brescia)


@pytest.fixture
def agent(group):
    return signed_in(person_in(group.brescia_care, language="en"))


def post(browser, name, pk, **values):
    return browser.post(reverse(f"customers:{name}", args=[pk]), values, headers=HTMX)


@pytest.fixture
def two(mario):
    with scope.system("test"):
        return [
            services.add_address(customer_id=mario.pk, street=street, city="Brescia", by=ROBOT, now=NOON)
            for street in ("Via Roma 1", "Via Po 2")
        ]


def first_of(mario):
    return Address.unscoped.get(customer=mario, is_primary=True).street


class TestAddresses:
    def test_a_corrected_address_leaves_the_old_one_in_the_trail(self, agent, mario, two) -> None:
        answer = post(
            agent, "edit_address", two[0].pk,
            street="Via  Roma 10", city="Verona", postcode="37121", province="vr", country="it", label="Casa",
        )  # fmt: skip

        place = Address.unscoped.get(pk=two[0].pk)
        assert (place.street, place.city, place.province, place.country, place.label, place.is_primary) == (
            "Via Roma 10", "Verona", "VR", "IT", "Casa", True,
        )  # fmt: skip
        assert "Via Roma 10" in answer.content.decode()
        entry = AuditEntry.objects.get(verb="address_edited")
        assert (entry.object_id, entry.data["address"]) == (
            mario.pk,
            ["Via Roma 1, Brescia", "Via Roma 10, 37121 Verona (VR), Casa"],
        )

    def test_saving_an_address_as_it_is_changes_and_tells_nothing(self, two) -> None:
        with scope.system("test"):
            services.edit_address(
                address_id=two[0].pk, data=AddressData(street="Via Roma 1", city=" Brescia "), by=ROBOT, now=NOON
            )

        assert not AuditEntry.objects.filter(verb="address_edited").exists()

    def test_an_address_without_a_street_stays_as_it_was(self, agent, two) -> None:
        assert post(agent, "edit_address", two[0].pk, street=" ", city="Verona").status_code == 422
        with scope.system("test"), pytest.raises(AddressEmpty):
            services.edit_address(address_id=two[0].pk, data=AddressData(street=" ", city="x"), by=ROBOT, now=NOON)

        assert Address.unscoped.get(pk=two[0].pk).street == "Via Roma 1"

    def test_one_address_is_used_first_and_its_heir_when_it_goes(self, agent, mario, two) -> None:
        assert first_of(mario) == "Via Roma 1"
        post(agent, "make_address_primary", two[1].pk)
        assert first_of(mario) == "Via Po 2"

        post(agent, "remove_address", two[1].pk)

        assert first_of(mario) == "Via Roma 1"
        verbs = AuditEntry.objects.filter(object_id=mario.pk, verb__startswith="address").order_by("pk")
        assert [entry.verb for entry in verbs][2:] == ["address_made_primary", "address_removed"]


class TestOwnAdvisor:
    def fields(self, **values) -> dict[str, str]:
        return {"kind": "person", "first_name": "Mario", "last_name": "Rossi", "language": "it", **values}

    def test_an_advisor_is_offered_by_name_chosen_shown_and_taken_away(self, group, agent, mario) -> None:
        anna = person_in(group.brescia_care, first_name="Anna", last_name="Bonetti", email="anna@example.it")
        offered = agent.get(reverse("customers:advisors"), {"owner_advisor": "bon ann"}).content.decode()
        url = reverse("customers:edit", args=[mario.pk])

        assert offered.strip() == '<option value="Anna Bonetti · anna@example.it"></option>'
        assert agent.post(url, self.fields(owner_advisor="Anna Bonetti · anna@example.it")).status_code == 302
        assert Customer.unscoped.get(pk=mario.pk).owner_advisor_id == anna.pk
        assert "Anna Bonetti" in agent.get(reverse("customers:customer", args=[mario.pk])).content.decode()
        entry = AuditEntry.objects.get(verb="edited", object_id=mario.pk)
        assert entry.data == {"owner_advisor_id": ["", str(anna.pk)]}

        agent.post(url, self.fields())
        assert Customer.unscoped.get(pk=mario.pk).owner_advisor_id is None

    def test_a_new_customer_has_one_at_once(self, group, agent) -> None:
        anna = person_in(group.brescia_care, first_name="Anna", last_name="Bonetti")

        answer = agent.post(
            reverse("customers:add"), self.fields(phone="+39 030 1234567", owner_advisor="anna bonetti")
        )

        assert answer.status_code == 302
        assert Customer.unscoped.get(last_name="Rossi").owner_advisor_id == anna.pk

    @pytest.mark.parametrize("typed", ["Nessuno di noi", "Pedretti", "Carla Zini · carla@example.it"])
    def test_who_is_not_found_not_alone_or_of_another_branch_is_not_taken(self, group, agent, mario, typed) -> None:
        person_in(group.brescia_care, last_name="Pedretti Uno")
        person_in(group.verona_care, first_name="Carla", last_name="Zini", email="carla@example.it")

        answer = agent.post(reverse("customers:edit", args=[mario.pk]), self.fields(owner_advisor=typed))

        assert answer.status_code == 422
        assert typed in answer.content.decode()
        assert Customer.unscoped.get(pk=mario.pk).owner_advisor_id is None

    def test_an_advisor_of_another_branch_stays_when_something_else_is_changed(self, group, agent, mario) -> None:
        carla = person_in(group.verona_care, Role.SALESPERSON)
        Customer.unscoped.filter(pk=mario.pk).update(owner_advisor=carla)
        url = reverse("customers:edit", args=[mario.pk])

        agent.post(url, self.fields(note="Preferisce il telefono", owner_advisor=f"{carla.full_name} · {carla.email}"))

        after = Customer.unscoped.get(pk=mario.pk)
        assert (after.owner_advisor_id, after.note) == (carla.pk, "Preferisce il telefono")
