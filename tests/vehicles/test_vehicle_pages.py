"""The pages of vehicles as people use them."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from corsia.organisation.vocabulary import Role
from corsia.vehicles.models import OdometerReading, Plate, Vehicle
from tests.factories.customers import car, gives, person
from tests.factories.organisation import person_in, signed_in, small_group

pytestmark = pytest.mark.django_db
HTMX = {"HTTP_HX_REQUEST": "true"}
PANDA_VIN = "ZFA31200000123456"


@pytest.fixture
def agent(group):
    return signed_in(person_in(group.brescia_care, language="en"))


@pytest.fixture
def panda(group):
    return car(group.brescia, vin=PANDA_VIN)


def page(agent, view: str, *args, **query) -> str:
    answer = agent.get(reverse(f"vehicles:{view}", args=args), query)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def post(agent, view: str, *args, htmx: bool = True, **fields):
    return agent.post(reverse(f"vehicles:{view}", args=args), fields, **(HTMX if htmx else {}))


def test_the_page_shows_plate_vin_and_odometer(agent, panda) -> None:
    post(agent, "read_odometer", panda.pk, km="12000", read_on="2025-01-10")
    shown = page(agent, "vehicle", panda.pk)
    for text in ("Fiat Panda", "AB 123 CD", PANDA_VIN, "Fiat · Abarth (IT)", "12,000"):
        assert text in shown, text
    assert reverse("customers:vehicle_holders", args=[panda.pk]) in shown


def test_the_page_of_owners_tells_who_has_and_had_it(agent, panda, group) -> None:
    mario, luigi = person(group.brescia), person(group.brescia, "Luigi Verdi")
    gives(mario, panda, since=date(2020, 1, 1))
    gives(luigi, panda, since=date(2026, 3, 1))
    shown = agent.get(reverse("customers:vehicle_holders", args=[panda.pk])).content.decode()
    assert shown.index("Luigi Verdi") < shown.index("Mario Rossi")


def test_a_vehicle_is_added_and_a_known_one_is_offered_instead(agent, panda) -> None:
    answer = post(agent, "add", htmx=False, plate="EF456GH", make="Jeep", model="Avenger")
    jeep = Vehicle.unscoped.get(plate="EF456GH")
    assert answer.url == reverse("vehicles:vehicle", args=[jeep.pk])
    answer = post(agent, "add", htmx=False, plate="XX", make="typed", vin=PANDA_VIN)
    assert answer.status_code == 422
    shown = answer.content.decode()
    assert "belongs to a vehicle you already have (Fiat Panda)" in shown
    assert reverse("vehicles:vehicle", args=[panda.pk]) in shown
    assert 'value="typed"' in shown
    assert Vehicle.unscoped.count() == 2


def test_editing_keeps_the_plate(agent, panda) -> None:
    post(agent, "edit", panda.pk, htmx=False, make="Fiat", model="Tipo", model_year="2021", vin="")
    panda.refresh_from_db()
    assert (panda.model, panda.model_year, panda.vin, panda.plate) == ("Tipo", 2021, "", "AB123CD")


def test_a_plate_changes_and_the_old_one_is_still_found(agent, panda) -> None:
    answer = post(agent, "change_plate", panda.pk, number="gh482lk", since="2026-03-01")
    assert b"GH 482 LK" in answer.content
    assert Plate.unscoped.count() == 2
    assert "Fiat Panda" in page(agent, "index", q="ab123")
    assert "GH 482 LK" in page(agent, "palette", q="gh4")


@pytest.mark.parametrize(
    ("view", "fields", "status"),
    [
        ("change_plate", {"number": "AB123CDAB123CD", "since": "2026-03-01"}, 422),
        ("change_plate", {"number": "AB124CD", "since": "never"}, 422),
        ("read_odometer", {"km": "many", "read_on": "2026-03-01"}, 422),
        ("read_odometer", {"km": "-1", "read_on": "2026-03-01"}, 422),
        ("read_odometer", {"km": "1", "read_on": "2999-03-01"}, 422),
        ("read_odometer", {}, 422),
    ],
)
def test_a_refusal_is_a_sentence_and_changes_nothing(agent, panda, view, fields, status) -> None:
    answer = post(agent, view, panda.pk, **fields)
    assert (answer.status_code, answer["HX-Reswap"]) == (status, "none")
    assert (Plate.unscoped.count(), OdometerReading.unscoped.count()) == (1, 0)


@pytest.mark.parametrize(
    ("vin", "told"),
    [
        (PANDA_VIN, "Fiat"),
        ("ZFA3120000O123456", "ZFA31200000123456"),
        ("ZFA", "17 signs"),
        ("1D7RB1CP9BS798034", "check digit"),
        ("", ""),
    ],
)
def test_a_vin_is_read_while_it_is_typed(agent, vin: str, told: str) -> None:
    assert told in page(agent, "vin_hint", vin=vin)


@pytest.mark.parametrize("query", [{"before": "x"}, {"before": "9" * 40}, {"q": "%"}, {"q": "'"}])
def test_junk_in_the_address_breaks_nothing(agent, panda, query) -> None:
    page(agent, "index", **query)


class TestAccess:
    @pytest.mark.parametrize("view", ["index", "palette", "add", "vin_hint"])
    def test_nobody_without_signing_in_or_without_the_right(self, client, group, view: str) -> None:
        consultant = signed_in(person_in(group.brescia, Role.CONSULTANT))
        url = reverse(f"vehicles:{view}")
        assert (client.get(url).status_code, consultant.get(url).status_code) == (302, 403)

    def test_another_group_sees_and_changes_nothing(self, panda, group) -> None:
        stranger = signed_in(person_in(small_group("altro").brescia, Role.CARE_MANAGER))
        reads = [reverse(f"vehicles:{view}", args=[panda.pk]) for view in ("vehicle", "edit")]
        assert [stranger.get(url).status_code for url in reads] == [404, 404]
        answers = [
            post(stranger, "edit", panda.pk, make="x").status_code,
            post(stranger, "change_plate", panda.pk, number="X", since="2026-03-01").status_code,
            post(stranger, "read_odometer", panda.pk, km="1", read_on="2026-03-01").status_code,
        ]
        assert answers == [404, 404, 404]
        assert "Panda" not in stranger.get(reverse("vehicles:index"), {"q": "ab123"}).content.decode()

    def test_an_experience_manager_reads_and_does_not_edit(self, panda, group) -> None:
        reader = signed_in(person_in(group.root, Role.EXPERIENCE_MANAGER))
        assert reader.get(reverse("vehicles:vehicle", args=[panda.pk])).status_code == 200
        assert reader.get(reverse("vehicles:edit", args=[panda.pk])).status_code == 403
        assert post(reader, "change_plate", panda.pk, number="X", since="2026-03-01").status_code == 403


def test_list_and_page_take_as_many_statements_for_one_as_for_three(agent, group) -> None:
    counts = []
    for number in (1, 2):
        for i in range(number):
            vehicle = car(group.brescia, f"AB{number}{i}0CD")
        for km in range(number):
            post(agent, "read_odometer", vehicle.pk, km=str(km), read_on=f"2025-01-0{km + 1}")
        for url in (reverse("vehicles:index"), reverse("vehicles:vehicle", args=[vehicle.pk])):
            agent.get(url)
            with CaptureQueriesContext(connection) as counted:
                agent.get(url)
            counts.append(len(counted))
    assert counts[:2] == counts[2:]
    assert max(counts) <= 12
