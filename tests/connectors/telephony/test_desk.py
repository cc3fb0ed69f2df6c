"""What people of the desk see and do: the card, the note that becomes a case, the list, who may see what."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from corsia.cases.models import Case
from corsia.cases.services import open_case
from corsia.connectors.telephony.models import Call, Extension, RobotKey
from corsia.connectors.telephony.services.ends import settle_due
from corsia.customers.models import Customer
from corsia.customers.services import add_contact, find_or_add_by_phone
from corsia.messaging.models import ChannelAccount, Message
from corsia.organisation.vocabulary import Role
from tests.conftest import NOON
from tests.connectors.telephony.speaker import CALL, DESK_PHONE, GIULIA, VoiceCalls, a_line, ended, leg, tell, voice
from tests.factories.organisation import person_in, signed_in

pytestmark = pytest.mark.usefixtures("everything")
MINUTE = timedelta(minutes=1)


@pytest.fixture
def now() -> datetime:
    return datetime.now(tz=UTC).replace(microsecond=0)


@pytest.fixture
def account(desk) -> ChannelAccount:
    found = VoiceCalls().account(desk, is_on=True)
    a_line(found, asks_language=False)
    return found


@pytest.fixture
def agent(desk):
    return person_in(desk.unit, Role.AGENT)


@pytest.fixture
def giulia(desk) -> Customer:
    return find_or_add_by_phone(group_id=desk.group.root.pk, phone=GIULIA, name="Giulia Ferri", source="test", now=NOON)


@pytest.fixture
def call(client, account, giulia, now) -> Call:
    tell(client, account, ("", voice()), at=now)
    return Call.objects.get()


def test_the_card_says_who_calls_and_what_is_open(call, agent, desk, giulia, robot, now) -> None:
    case = open_case(
        unit_id=desk.unit.pk, process_key="information", subject="Freni che fischiano", origin="email",
        customer_id=giulia.pk, by=robot, now=now,
    )  # fmt: skip
    browser = signed_in(agent)
    for page in ("/telephony/desk/", f"/telephony/calls/{call.pk}/card/"):
        html = browser.get(page).content.decode()
        assert "Giulia Ferri" in html
        assert "333 123 4567" in html
        assert f"#{case.pk}" in html
        assert "Freni che fischiano" in html
    assert "data-listen" in browser.get("/telephony/desk/").content.decode()


def test_a_call_whose_end_nobody_told_does_not_stay_on_every_page(client, account, agent, giulia, now) -> None:
    tell(client, account, ("", voice()), at=now - 11 * MINUTE)
    assert "data-call=" not in signed_in(agent).get("/telephony/desk/").content.decode()


def test_nothing_is_loaded_where_no_line_is_on(agent, desk) -> None:
    assert signed_in(agent).get("/telephony/desk/").content == b""


def test_another_branch_neither_sees_nor_touches_the_call(call, desk) -> None:
    browser = signed_in(person_in(desk.group.verona_care, Role.AGENT))
    assert b"Giulia" not in browser.get("/telephony/desk/").content
    assert b"Giulia" not in browser.get("/telephony/").content
    for page in ("", "card/"):
        assert browser.get(f"/telephony/calls/{call.pk}/{page}").status_code == 404
    for verb, body in (("take", {}), ("who", {"customer_id": call.customer_id}), ("note", {"text": "x"})):
        assert browser.post(f"/telephony/calls/{call.pk}/{verb}/", body).status_code == 404
    call.refresh_from_db()
    assert (call.person_id, call.notes) == (None, "")


def test_whoever_has_the_caller_takes_the_card_off_the_others(call, agent, desk) -> None:
    other = person_in(desk.unit, Role.AGENT)
    assert signed_in(agent).post(f"/telephony/calls/{call.pk}/take/").status_code == 200
    call.refresh_from_db()
    assert call.person_id == agent.pk
    card = signed_in(other).get(f"/telephony/calls/{call.pk}/card/").content.decode()
    assert "data-gone" in card
    assert 'data-call="' not in signed_in(other).get("/telephony/desk/").content.decode()
    refused = signed_in(other).post(f"/telephony/calls/{call.pk}/take/", headers={"HX-Request": "true"})
    assert refused.status_code == 409


def test_a_phone_that_is_somebodys_says_who_answered(client, call, account, agent, now) -> None:
    Extension.objects.filter(number=DESK_PHONE).update(person=agent)
    tell(client, account, ("step=leg", leg(now, "in-progress")), at=now)
    call.refresh_from_db()
    assert (call.person_id, call.state) == (agent.pk, "talking")


def test_a_note_becomes_a_case_of_whoever_wrote_it_once(call, agent, giulia) -> None:
    body = {"text": "Vuole il preventivo delle pastiglie", "target": "new", "once": "k" * 20}
    browser = signed_in(agent)
    for _turn in range(2):  # a double click
        assert browser.post(f"/telephony/calls/{call.pk}/note/", body).status_code == 200

    case, call = Case.objects.get(), Call.objects.get()
    assert (case.subject, case.origin, case.customer_id, case.assignee_id) == (
        "Vuole il preventivo delle pastiglie", "phone", giulia.pk, agent.pk,
    )  # fmt: skip
    assert (call.case_id, call.person_id, call.notes) == (case.pk, agent.pk, "Vuole il preventivo delle pastiglie")
    assert Message.objects.get().channel == "phone"


def test_a_note_goes_on_an_open_case_or_stays_on_the_call(call, agent, desk, giulia, robot, now) -> None:
    case = open_case(
        unit_id=desk.unit.pk, process_key="information", subject="Freni", origin="email", customer_id=giulia.pk,
        by=robot, now=now,
    )  # fmt: skip
    browser = signed_in(agent)
    browser.post(f"/telephony/calls/{call.pk}/note/", {"text": "Richiama lei", "target": ""})
    assert Message.objects.count() == 0
    browser.post(f"/telephony/calls/{call.pk}/note/", {"text": "Anzi, passa domani", "target": str(case.pk)})
    call.refresh_from_db()
    assert (call.notes, call.case_id) == ("Richiama lei\nAnzi, passa domani", case.pk)
    assert [row.text for row in Message.objects.all()] == ["Anzi, passa domani"]
    page = browser.get(f"/telephony/cases/{case.pk}/").content.decode()
    assert "Giulia Ferri" in page


@pytest.mark.parametrize("text", ["", "   ", "x" * 9000])
def test_a_note_that_cannot_be_kept_says_why_and_changes_nothing(call, agent, text) -> None:
    answer = signed_in(agent).post(
        f"/telephony/calls/{call.pk}/note/", {"text": text, "target": "new"}, headers={"HX-Request": "true"}
    )
    assert answer.status_code == 422
    assert (Case.objects.count(), Call.objects.get().notes) == (0, "")


def test_of_several_with_the_number_somebody_chooses_and_the_case_becomes_theirs(
    client, account, agent, desk, giulia, robot, now
) -> None:
    paolo = find_or_add_by_phone(
        group_id=desk.group.root.pk, phone="+393330000000", name="Paolo Ferri", source="test", now=NOON
    )
    add_contact(customer_id=paolo.pk, kind="phone", value=GIULIA, by=robot, now=NOON)
    tell(client, account, ("", voice()), ("", ended(now, seconds=20)), at=now)
    settle_due(now=now + MINUTE)
    call, case = Call.objects.get(), Case.objects.get()
    assert (call.customer_id, case.customer_id) == (None, None)
    browser = signed_in(agent)
    card = browser.get(f"/telephony/calls/{call.pk}/card/").content.decode()
    assert "Giulia Ferri" in card
    assert "Paolo Ferri" in card

    browser.post(f"/telephony/calls/{call.pk}/who/", {"customer_id": paolo.pk})
    call.refresh_from_db()
    case.refresh_from_db()
    assert (call.customer_id, case.customer_id) == (paolo.pk, paolo.pk)


def test_the_list_finds_by_state_number_and_name(client, account, agent, giulia, now) -> None:
    tell(client, account, ("", voice()), ("", ended(now, seconds=20)), at=now)
    tell(client, account, ("", voice("CA" + "5" * 32, caller="+393339999999")), at=now)
    settle_due(now=now + MINUTE)
    browser = signed_in(agent)

    def listed(query: str) -> set[str]:
        html = browser.get(f"/telephony/?{query}").content.decode()
        return {name for name in ("Giulia Ferri", "333 999 9999") if name in html}

    assert listed("") == {"Giulia Ferri", "333 999 9999"}
    for query in ("tab=waiting", "tab=missed", "find=333+1234567", "find=ferri"):
        assert listed(query) == {"Giulia Ferri"}, query
    for query in ("tab=answered", "mine=1", "find=%2B39333000", "before=1"):
        assert listed(query) == set(), query
    page = browser.get(f"/telephony/calls/{Call.objects.get(provider_id=CALL).pk}/").content.decode()
    assert "Giulia Ferri" in page
    assert b"Giulia" in browser.get(f"/telephony/customers/{giulia.pk}/").content


@pytest.mark.parametrize("calls", [1, 3])
def test_the_list_takes_as_many_statements_for_three_calls_as_for_one(
    client, account, agent, giulia, now, calls
) -> None:
    for number in range(calls):
        tell(client, account, ("", voice(f"CA{number:032}")), at=now)
    browser = signed_in(agent)
    browser.get("/telephony/")

    with CaptureQueriesContext(
        connection,
    ) as seen:
        browser.get("/telephony/")
    rows = [one for one in seen.captured_queries if "telephony_" in one["sql"]]
    assert len(rows) == 1


def test_managers_say_how_a_line_is_answered(account, desk, agent) -> None:
    boss = signed_in(person_in(desk.unit, Role.BRANCH_MANAGER))
    place = f"/telephony/lines/{account.pk}"
    assert boss.get(f"{place}/").status_code == 200
    assert boss.post(f"{place}/save/", {"ring_seconds": "15", "callback_minutes": "30"}).status_code == 200
    assert boss.post(f"{place}/save/", {"ring_seconds": "1", "callback_minutes": "30"}).status_code == 422
    assert boss.post(f"{place}/phones/", {"number": "030 5550188", "person": agent.pk}).status_code == 200
    assert boss.post(f"{place}/phones/", {"number": "abc"}, headers={"HX-Request": "true"}).status_code == 422
    key = {"digit": "4", "action": "say", "label_it": "Per il bar", "label_en": "For coffee"}
    assert boss.post(f"{place}/keys/", key).status_code == 422  # it says nothing yet
    assert boss.post(f"{place}/keys/", key | {"text_it": "È aperto.", "text_en": "It is open."}).status_code == 200
    assert boss.post(f"{place}/keys/", key | {"action": "link"}).status_code == 422
    assert signed_in(agent).get(f"{place}/").status_code == 403

    line = Extension.objects.get(number="+390305550188").line
    assert (line.ring_seconds, line.has_robot) == (15, False)
    added = RobotKey.objects.get(line=line, digit=4)
    assert (added.action, added.text_it) == ("say", "È aperto.")
    assert boss.post(f"/telephony/keys/{added.pk}/remove/").status_code == 200
    assert not RobotKey.objects.filter(pk=added.pk).exists()
