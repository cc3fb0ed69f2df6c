"""Milestones are stated once, by hand or by a list that is tried first, and tell the other contexts."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from corsia.customers.milestone_list import MAX_LINES, NotAList, read_list
from corsia.customers.models import Milestone
from corsia.customers.services import state_list, state_milestone
from corsia.customers.services.milestones import ListUnusable, NotYet, plan_list
from corsia.customers.vocabulary import MilestoneKind
from corsia.events.customers import MilestoneReached
from corsia.kernel.errors import NotAllowed
from corsia.organisation.vocabulary import Role
from tests.conftest import NOON
from tests.factories.customers import car, gives, person
from tests.factories.messaging import ROBOT
from tests.factories.organisation import actor_in, person_in, signed_in
from tests.facts import stated_facts

ROME = ZoneInfo("Europe/Rome")
DAY = timedelta(days=1)


@pytest.fixture
def giulia(group, everything):
    return person(group.root, "Giulia Ferri", emails=["giulia@example.com"])


@pytest.fixture
def panda(group, giulia):
    vehicle = car(group.root, plate="GA123BC")
    gives(giulia, vehicle)
    return vehicle


def state(group, customer, *, by=ROBOT, at=NOON, **fields):
    values = {"kind": "vehicle_delivered", "vehicle_id": None, "reference": "", "detail": "", **fields}
    return state_milestone(
        unit_id=group.brescia_care.pk, customer_id=customer.pk, reached_at=at, by=by, now=NOON, **values
    )


def test_a_milestone_is_told_once_however_often_it_is_stated(group, giulia) -> None:
    _one, is_new = state(group, giulia, reference=" V-12 ")
    same, is_new_again = state(group, giulia, reference="V-12", at=NOON - timedelta(hours=3))

    assert (is_new, is_new_again) == (True, False)
    assert Milestone.objects.get() == same
    told = stated_facts(MilestoneReached)
    assert [(fact.milestone_id, fact.kind, fact.reference) for fact in told] == [(same.pk, "vehicle_delivered", "V-12")]
    assert told[0].occurred_at == NOON


def test_another_day_number_or_state_is_another_milestone(group, giulia) -> None:
    state(group, giulia, kind="order_changed", reference="O-1", detail="confermato")
    state(group, giulia, kind="order_changed", reference="O-1", detail="in produzione")
    state(group, giulia, kind="order_changed", reference="O-1", detail="confermato", at=NOON - DAY)

    assert Milestone.objects.count() == 3


def test_what_lies_ahead_cannot_have_been_reached(group, giulia) -> None:
    with pytest.raises(NotYet):
        state(group, giulia, at=NOON + DAY)
    assert stated_facts(MilestoneReached) == []


def test_a_colleague_of_another_branch_states_nothing_here(group, giulia) -> None:
    with pytest.raises(NotAllowed):
        state(group, giulia, by=actor_in(group.verona_care, Role.AGENT))


LIST = (
    "Evento;E-mail;Targa;Data;Numero\n"
    "consegna;giulia@example.com;GA123BC;09/03/2026;V-12\n"
    ";;GA 123 BC;2026-03-10 09:30;V-13\n"
    "consegna;nessuno@example.com;;09/03/2026;\n"
    "consegna;giulia@example.com;ZZ999ZZ;09/03/2026;\n"
    "consegna;giulia@example.com;;31/02/2026;\n"
    "consegna;giulia@example.com;;09/03/2027;\n"
    "boh;giulia@example.com;;09/03/2026;\n"
)


def test_a_list_is_read_line_by_line() -> None:
    lines = read_list(LIST, kind=MilestoneKind.VEHICLE_READY, zone=ROME)

    assert [(line.number, line.kind) for line in lines] == [
        (2, MilestoneKind.VEHICLE_DELIVERED),
        (3, MilestoneKind.VEHICLE_READY),
        (4, MilestoneKind.VEHICLE_DELIVERED),
        (5, MilestoneKind.VEHICLE_DELIVERED),
        (6, MilestoneKind.VEHICLE_DELIVERED),
        (7, MilestoneKind.VEHICLE_DELIVERED),
        (8, None),
    ]
    assert lines[0].reached_at == datetime(2026, 3, 9, 11, tzinfo=UTC)
    assert lines[1].reached_at == datetime(2026, 3, 10, 8, 30, tzinfo=UTC)
    assert lines[4].reached_at is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty"),
        ("\n \n", "empty"),
        ("ciao\nmondo", "no_columns"),
        ("data;numero\n1/1/2026;3", "no_columns"),
        ("data;email\n" + "x;y\n" * (MAX_LINES + 1), "too_long"),
    ],
)
def test_what_is_no_list_is_said(text: str, why: str) -> None:
    with pytest.raises(NotAList) as refusal:
        read_list(text, kind=None, zone=ROME)

    assert refusal.value.why == why


def test_trying_a_list_changes_nothing_and_says_what_each_line_would_do(group, giulia, panda) -> None:
    planned = plan_list(text=LIST, kind="vehicle_ready", unit_id=group.brescia_care.pk, now=NOON)

    assert [bool(one.why_not) for one in planned] == [False, False, True, True, True, True, True]
    assert [one.customer for one in planned[:2]] == [giulia, giulia]
    assert [one.vehicle for one in planned[:2]] == [panda, panda]
    assert Milestone.objects.count() == 0


def test_a_list_stated_twice_adds_nothing_the_second_time(group, giulia, panda) -> None:
    for _time in range(2):
        state_list(text=LIST, kind="vehicle_ready", unit_id=group.brescia_care.pk, by=ROBOT, now=NOON)

    assert sorted(Milestone.objects.values_list("kind", "reference")) == [
        ("vehicle_delivered", "V-12"),
        ("vehicle_ready", "V-13"),
    ]
    assert len(stated_facts(MilestoneReached)) == 2
    again = plan_list(text=LIST, kind="vehicle_ready", unit_id=group.brescia_care.pk, now=NOON)
    assert [one.is_known for one in again] == [True, True, False, False, False, False, False]


def test_an_address_of_two_customers_names_nobody(group, giulia) -> None:
    person(group.root, "Elena Conti", emails=["giulia@example.com"])

    planned = plan_list(
        text="email;data\ngiulia@example.com;09/03/2026",
        kind="invoice_issued",
        unit_id=group.brescia_care.pk,
        now=NOON,
    )

    assert planned[0].customer is None
    assert planned[0].why_not


def test_a_list_without_columns_is_refused_in_words(group, giulia) -> None:
    with pytest.raises(ListUnusable):
        state_list(text="ciao", kind="", unit_id=group.brescia_care.pk, by=ROBOT, now=NOON)


# Pages


def test_it_is_stated_on_the_page_of_the_customer(group, giulia, panda) -> None:
    browser = signed_in(person_in(group.brescia_care, Role.AGENT))
    body = {
        "kind": "vehicle_ready", "unit": group.brescia_care.pk, "vehicle": panda.pk, "on": "2026-03-09",
        "reference": "<b>C-1</b>", "once": "m" * 20,
    }  # fmt: skip

    for _time in range(2):
        answer = browser.post(f"/customers/{giulia.pk}/milestones/new/", body, HTTP_HX_REQUEST="true")

    assert answer.status_code == 200
    assert "&lt;b&gt;C-1&lt;/b&gt;" in answer.content.decode()
    assert Milestone.objects.get().vehicle == panda
    assert "C-1" in browser.get(f"/customers/vehicle/{panda.pk}/milestones/").content.decode()
    assert "C-1" in browser.get("/customers/milestones/").content.decode()


def test_a_list_is_tried_and_then_stated(group, giulia, panda) -> None:
    browser = signed_in(person_in(group.brescia_care, Role.CARE_MANAGER))
    body = {"unit": group.brescia_care.pk, "kind": "vehicle_ready", "text": LIST}

    tried = browser.post("/customers/milestones/list/", body)
    assert tried.status_code == 200
    assert Milestone.objects.count() == 0
    stated = browser.post("/customers/milestones/list/", body | {"state": "1"})

    assert stated.status_code == 302
    assert Milestone.objects.count() == 2


@pytest.mark.parametrize(("role", "status"), [(Role.AGENT, 403), (Role.CARE_MANAGER, 200)])
def test_lists_are_for_managers(group, db, role, status) -> None:
    assert signed_in(person_in(group.brescia_care, role)).get("/customers/milestones/list/").status_code == status


def test_another_branch_sees_no_milestone_of_ours(group, giulia) -> None:
    state(group, giulia, reference="V-12")
    browser = signed_in(person_in(group.verona_care, Role.AGENT))

    assert "V-12" not in browser.get("/customers/milestones/").content.decode()
    assert "V-12" not in browser.get(f"/customers/{giulia.pk}/milestones/").content.decode()


@pytest.mark.parametrize("many", [1, 3])
def test_the_list_takes_a_fixed_number_of_statements(group, giulia, many, django_assert_num_queries) -> None:
    for number in range(many):
        state(group, giulia, reference=f"V-{number}")
    browser = signed_in(person_in(group.brescia_care, Role.AGENT))
    browser.get("/customers/milestones/")

    with django_assert_num_queries(4):
        browser.get("/customers/milestones/")
