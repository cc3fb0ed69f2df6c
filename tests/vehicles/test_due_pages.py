"""Dues, recalls and plans as people see and use them."""

import csv
import io
from datetime import date, timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from corsia.kernel import scope
from corsia.organisation.vocabulary import Role
from corsia.vehicles import services
from corsia.vehicles.models import Due, Recall, ServiceEvent, ServicePlan, Vehicle, VehicleRecall
from corsia.vehicles.services import PlanData, RecallData, VehicleData
from tests.conftest import NOON
from tests.factories.customers import ROBOT, car, gives, person
from tests.factories.organisation import person_in, signed_in, small_group

pytestmark = pytest.mark.django_db
HTMX = {"HTTP_HX_REQUEST": "true"}
VIN = "ZFA31200000123450"


@pytest.fixture(autouse=True)
def noon():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def agent(group):
    return signed_in(person_in(group.brescia_care, language="en"))


@pytest.fixture
def manager(group):
    return signed_in(person_in(group.brescia, Role.BRANCH_MANAGER, language="en"))


@pytest.fixture
def panda(group) -> Vehicle:
    with scope.system("test"):
        services.save_plan(
            unit_id=group.root.pk,
            data=PlanData(make="Fiat", interval_km=15_000, interval_months=12),
            by=ROBOT,
            now=NOON,
        )
        return known(car(group.brescia, vin=VIN), date(2022, 3, 12), done_on=date(2025, 2, 20), place=group.brescia)


def known(vehicle: Vehicle, registered: date, *, done_on: date, place) -> Vehicle:
    """Let a vehicle be registered on a day and have had a service on another."""
    with scope.system("test"):
        data = VehicleData(vin=vehicle.vin, make="Fiat", model=vehicle.model, first_registered_on=registered)
        services.edit_vehicle(vehicle_id=vehicle.pk, data=data, by=ROBOT, now=NOON)
        services.record_service_event(
            vehicle_id=vehicle.pk, kind="service", done_on=done_on, place_id=place.pk, by=ROBOT, now=NOON
        )
    return vehicle


@pytest.fixture
def recall(group) -> Recall:
    data = RecallData(code="R-1", title_it="Airbag lato guida", title_en="Driver airbag", opened_on=date(2026, 1, 12))
    with scope.system("test"):
        return services.save_recall(recall_id=None, unit_id=group.root.pk, data=data, by=ROBOT, now=NOON)


def page(browser, view: str, *args, **query) -> str:
    answer = browser.get(reverse(f"vehicles:{view}", args=args), query)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def post(browser, view: str, *args, htmx: bool = False, **fields):
    return browser.post(reverse(f"vehicles:{view}", args=args), fields, **(HTMX if htmx else {}))


def test_the_vehicle_page_tells_what_is_due_and_why(agent, panda) -> None:
    shown = page(agent, "vehicle", panda.pk)
    for text in (
        "What is due",
        "12 months after the service of 20/02/2025 come first",
        "20 Feb 2026",
        "Overdue",
        "Four years after the first registration, by the end of the month",
        "in 21 days",
    ):
        assert text in shown, text


def test_without_a_plan_the_page_says_what_is_missing(agent, group) -> None:
    assert "The next service cannot be foretold yet" in page(agent, "vehicle", car(group.brescia).pk)


def test_what_was_done_is_written_down_and_the_block_is_new(agent, panda, group, recall) -> None:
    with scope.system("test"):
        services.add_vins(recall_id=recall.pk, text=VIN, by=ROBOT, now=NOON)
    assert "Recall R-1: Driver airbag" in page(agent, "vehicle", panda.pk)
    answer = post(
        agent,
        "record_service",
        panda.pk,
        htmx=True,
        kind="service",
        done_on="2026-03-10",
        km="42000",
        reference="OL-9",
        place=group.brescia_care.pk,
        closes="R-1",
    )
    shown = answer.content.decode()
    assert (answer.status_code, "10 Mar 2027" in shown, "R-1" in shown) == (200, True, False)
    event = ServiceEvent.unscoped.get(reference="OL-9")
    assert (event.km, event.place_id, VehicleRecall.unscoped.get().closing_reference) == (
        42_000,
        group.brescia_care.pk,
        "OL-9",
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "wash", "done_on": "2026-03-10"},
        {"kind": "service", "done_on": "2026-03-11"},
        {"kind": "service", "done_on": "2026-03-10", "km": "-1"},
        {"kind": "service", "done_on": "2026-03-10", "closes": "R-1"},
        {"kind": "service", "done_on": "2026-03-10", "place": "1"},
        {},
    ],
)
def test_a_refusal_is_a_sentence_and_changes_nothing(agent, panda, fields) -> None:
    answer = post(agent, "record_service", panda.pk, htmx=True, **fields)
    assert (answer.status_code, answer["HX-Reswap"]) == (422, "none")
    assert ServiceEvent.unscoped.count() == 1


def test_the_list_begins_with_what_is_overdue_and_is_filtered(agent, panda, group) -> None:
    tipo = known(
        car(group.verona, "EF456GH", model="Tipo"), date(2024, 5, 2), done_on=date(2025, 6, 3), place=group.verona
    )
    shown = page(agent, "dues")
    assert shown.index("20 Feb 2026") < shown.index("31 Mar 2026") < shown.index("3 Jun 2026")
    only = page(agent, "dues", kind="inspection")
    assert ("31 Mar 2026" in only, "20 Feb 2026" in only) == (True, False)
    june = page(agent, "dues", month="2026-06")
    assert ("Fiat Tipo" in june, "Fiat Panda" in june) == (True, False)
    here = page(agent, "dues", unit=group.brescia_care.pk)
    assert ("Fiat Tipo" in here, "Fiat Panda" in here) == (False, False)  # both were at a branch, not at the desk
    manager = signed_in(person_in(group.root, Role.CARE_MANAGER, language="en"))
    verona = page(manager, "dues", unit=group.verona.pk)
    assert (reverse("vehicles:vehicle", args=[tipo.pk]) in verona, "Fiat Panda" in verona) == (True, False)


def test_the_list_goes_on_page_by_page(agent, panda, group, monkeypatch) -> None:
    from corsia.vehicles.web import dues

    monkeypatch.setattr(dues, "PAGE", 1)
    first = page(agent, "dues")
    last = Due.unscoped.get(kind="service")
    assert ("20 Feb 2026" in first, "31 Mar 2026" in first) == (True, False)
    assert f"after=2026-02-20_{last.pk}" in first
    second = page(agent, "dues", after=f"2026-02-20_{last.pk}")
    assert ("20 Feb 2026" in second, "31 Mar 2026" in second) == (False, True)


@pytest.mark.parametrize(
    "query",
    [
        {"after": "x"},
        {"after": "2026-02-30_1"},
        {"after": "_"},
        {"month": "9999-13"},
        {"unit": "9" * 30},
        {"kind": "x"},
    ],
)
def test_junk_in_the_address_breaks_nothing(agent, panda, query) -> None:
    assert "20 Feb 2026" in page(agent, "dues", **query)


def test_the_list_as_csv(agent, panda, group) -> None:
    answer = agent.get(reverse("vehicles:export_dues"), {"kind": "service"})
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    assert answer["Content-Disposition"] == 'attachment; filename="dues-2026-03-10.csv"'
    assert rows[0][:5] == ["Due on", "Due for", "Vehicle", "Plate", "VIN"]
    assert rows[1][:5] == ["20/02/2026", "Service", "Fiat Panda", "AB 123 CD", VIN]
    assert len(rows) == 2


def test_lists_take_as_many_statements_for_one_row_as_for_three(agent, manager, group, recall) -> None:
    counts = []
    for number in (1, 2):
        for i in range(number):
            vin = f"ZFA3120000012{number}{i}50"
            known(
                car(group.brescia, f"AB{number}{i}0CD", vin=vin), date(2025, 3, 1), done_on=date(2026, 2, 1),
                place=group.brescia_care,
            )  # fmt: skip
            with scope.system("test"):
                services.add_vins(recall_id=recall.pk, text=vin, by=ROBOT, now=NOON)
        for browser, url in (
            (agent, reverse("vehicles:dues")),
            (manager, reverse("vehicles:recalls")),
            (manager, reverse("vehicles:recall", args=[recall.pk])),
        ):
            browser.get(url)
            with CaptureQueriesContext(connection) as counted:
                browser.get(url)
            counts.append(len([query for query in counted if "SAVEPOINT" not in query["sql"]]))
    assert counts[:3] == counts[3:]
    assert max(counts) <= 10


class TestRecalls:
    def test_a_campaign_is_written_down_and_given_its_vins(self, manager, panda) -> None:
        answer = post(
            manager, "new_recall", code="6417", title_it="Airbag", opened_on="2026-01-12", text_it="Da sostituire"
        )
        recall = Recall.unscoped.get()
        assert answer.url == reverse("vehicles:recall", args=[recall.pk])
        file = SimpleUploadedFile("vin.csv", b"telaio;targa\nZFA31200000999999;AB123CD\n")
        answer = post(manager, "add_vins", recall.pk, text=f"{VIN}\nZFA31200000O99999", file=file)
        shown = manager.get(answer.url).content.decode()
        for text in (
            "2 new VINs, 1 of a vehicle we do not know.",
            "These are no VINs: ZFA31200000O99999",
            "ZFA31200000999999",
            "Fiat Panda",
            "0 / 1",
        ):
            assert text in shown, text

    def test_the_same_code_twice_keeps_what_was_typed(self, manager, recall) -> None:
        answer = post(manager, "new_recall", code="R-1", title_it="Freni", opened_on="2026-02-01")
        assert (answer.status_code, Recall.unscoped.count()) == (422, 1)
        assert b"Recall R-1 is already written down" in answer.content
        assert b'value="Freni"' in answer.content

    def test_done_vehicles_stand_on_their_own_list(self, manager, panda, recall) -> None:
        with scope.system("test"):
            services.add_vins(recall_id=recall.pk, text=VIN, by=ROBOT, now=NOON)
            services.record_service_event(
                vehicle_id=panda.pk, kind="recall", done_on=NOON.date(), reference="OL-1", closes=["R-1"],
                by=ROBOT, now=NOON,
            )  # fmt: skip
        assert "Every vehicle we know is done" in page(manager, "recall", recall.pk)
        done = page(manager, "recall", recall.pk, state="done")
        assert ("OL-1" in done, VIN in done, "1 / 1" in done) == (True, True, True)

    def test_it_is_corrected_and_ended(self, manager, recall) -> None:
        post(manager, "edit_recall", recall.pk, code="R-1", title_it="x", opened_on="2026-01-12", ended_on="2026-03-01")
        recall.refresh_from_db()
        assert (recall.title_it, recall.ended_on) == ("x", date(2026, 3, 1))
        assert "Ended" in page(manager, "recalls")


class TestPlans:
    def test_a_plan_is_written_down_and_removed(self, manager, group) -> None:
        answer = post(manager, "plans", make="Jeep", interval_km="15000", interval_months="12")
        assert answer.status_code == 302
        plan = ServicePlan.unscoped.get()
        assert "15,000 km" in page(manager, "plans")
        post(manager, "remove_plan", plan.pk)
        assert ServicePlan.unscoped.count() == 0

    def test_one_that_asks_nothing_is_refused(self, manager, group) -> None:
        answer = post(manager, "plans", make="Jeep")
        assert (answer.status_code, ServicePlan.unscoped.count()) == (422, 0)
        assert b"needs kilometres, months or both" in answer.content


class TestAccess:
    @pytest.mark.parametrize("view", ["dues", "export_dues", "recalls", "new_recall", "plans"])
    def test_nobody_without_signing_in_or_without_the_right(self, client, group, view: str) -> None:
        consultant = signed_in(person_in(group.brescia, Role.CONSULTANT))
        url = reverse(f"vehicles:{view}")
        assert (client.get(url).status_code, consultant.get(url).status_code) == (302, 403)

    def test_an_agent_sees_dues_but_neither_campaigns_nor_plans(self, agent, recall) -> None:
        shown = page(agent, "dues")
        assert reverse("vehicles:recalls") not in shown
        assert agent.get(reverse("vehicles:recalls")).status_code == 403
        assert post(agent, "add_vins", recall.pk, text=VIN).status_code == 403

    def test_another_group_sees_and_changes_nothing(self, panda, recall) -> None:
        stranger = signed_in(person_in(small_group("altro").brescia, Role.CARE_MANAGER, language="en"))
        assert stranger.get(reverse("vehicles:recall", args=[recall.pk])).status_code == 404
        assert post(stranger, "add_vins", recall.pk, text=VIN).status_code == 404
        assert post(stranger, "remove_plan", ServicePlan.unscoped.get().pk).status_code == 404
        assert post(stranger, "record_service", panda.pk, kind="service", done_on="2026-03-10").status_code == 404
        assert "Fiat Panda" not in page(stranger, "dues")
        assert "R-1" not in page(stranger, "recalls")


def test_the_customer_page_shows_the_dues_of_their_vehicles(agent, panda, group) -> None:
    mario = person(group.brescia)
    url = reverse("customers:dues_of_customer", args=[mario.pk])
    assert agent.get(url).content.decode().strip() == ""
    gives(mario, panda, since=NOON.date() - timedelta(days=9))
    shown = agent.get(url).content.decode()
    for text in ("What is due", "Fiat Panda AB 123 CD", "20 Feb 2026", "Overdue", "31 Mar 2026", "in 21 days"):
        assert text in shown, text
