"""The robot: a person is one key away at any point and whenever nobody presses one; links leave by SMS, once."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corsia.cases.services import open_case
from corsia.connectors.telephony.models import Call, RobotKey
from corsia.connectors.telephony.rules.speech import Said, response, say, spoken_hours
from corsia.customers.models import Customer
from corsia.customers.services import find_or_add_by_phone
from corsia.messaging.models import ChannelAccount, Message, Outgoing
from corsia.messaging.services import send_due
from corsia.messaging.vocabulary import OutboxState
from tests.conftest import NOON
from tests.connectors.providers import running
from tests.connectors.sms.speaker import Carrier, TwilioCalls
from tests.connectors.telephony.speaker import (
    CALL,
    DESK_PHONE,
    GIULIA,
    VoiceCalls,
    a_line,
    query_of,
    tell,
    voice,
    words,
)

pytestmark = pytest.mark.usefixtures("everything")
NIGHT = NOON + timedelta(hours=10)
PERSON = "step=menu&n=1&l=it"


@pytest.fixture
def carrier(settings) -> Iterator[Carrier]:
    with running(Carrier(), settings) as server:
        settings.SMS_API = server.url
        yield server


@pytest.fixture
def account(desk, carrier) -> ChannelAccount:
    return VoiceCalls().account(desk, is_on=True)


@pytest.fixture
def line(account):
    return a_line(account)


@pytest.fixture
def sms(desk, carrier) -> ChannelAccount:
    return TwilioCalls().account(desk, external_id="+393399550140", is_on=True)


@pytest.fixture
def hears(client, account, line, monkeypatch):
    """Return what a caller hears after a request that arrives at an instant."""

    def heard(raw: bytes, query: str = "", *, at=NOON):
        monkeypatch.setattr("django.utils.timezone.now", lambda: at)
        return tell(client, account, (query, raw), at=at)[0]

    return heard


def rings(heard) -> list[str]:
    return [one.text for one in heard.iter("Number")]


def pressing(digit: str, **more: str) -> bytes:
    return voice(status="in-progress", Digits=digit, **more)


def test_first_the_language_then_the_keys_and_a_person_at_the_end(hears) -> None:
    first = hears(voice())
    assert "Per l'italiano, prema 1." in words(first)
    assert "For English, press 2." in words(first)
    assert "prema 0" in words(first)
    [gather] = first.iter("Gather")
    assert (gather.get("numDigits"), gather.get("actionOnEmptyResult")) == ("1", "true")

    italian = hears(pressing("1"), query_of(first))
    assert words(italian).startswith("Per gli orari: 1. Per prenotare: 2.")
    assert words(italian).endswith("Per parlare con una persona, prema 0 oppure resti in linea.")
    assert {one.get("language") for one in italian.iter("Say")} == {"it-IT"}
    english = hears(pressing("2"), query_of(first))
    assert words(english) == (
        "For opening hours: 1. To book: 2. For your car: 3. To speak with a person, press 0 or stay on the line."
    )
    assert {one.get("language") for one in english.iter("Say")} == {"en-GB"}


def test_whoever_is_known_is_spoken_to_in_their_language_at_once(hears, desk) -> None:
    giulia = find_or_add_by_phone(group_id=desk.group.root.pk, phone=GIULIA, name="Giulia", source="test", now=NOON)
    Customer.objects.filter(pk=giulia.pk).update(language="en")
    assert words(hears(voice())) == (
        "Welcome to Gruppo Bellandi. For opening hours: 1. To book: 2. For your car: 3."
        " To speak with a person, press 0 or stay on the line."
    )


@pytest.mark.parametrize("step", ["step=lang", "step=menu&n=1&l=it", "step=menu&n=7&l=en", "step=menu&n=20&l=it"])
@pytest.mark.parametrize("digit", ["0", ""])
def test_zero_and_no_key_lead_to_a_person_wherever_the_caller_is(hears, step, digit) -> None:
    heard = hears(pressing(digit), step)
    assert rings(heard) == [DESK_PHONE]
    [dial] = heard.iter("Dial")
    assert (dial.get("record"), dial.get("timeout")) == ("do-not-record", "25")


def test_every_turn_of_the_menu_waits_for_a_key_that_leads_to_a_person(hears, sms) -> None:
    """Walk through all keys for several turns: each answer is a menu with 0, or a person."""
    for digit in "123456789*#":
        query = "step=menu&n=1&l=it"
        for _turn in range(3):
            heard = hears(pressing(digit), query)
            gathers = list(heard.iter("Gather"))
            assert rings(heard) or (len(gathers) == 1 and "prema 0" in words(heard)), digit
            if not gathers:
                break
            query = query_of(heard)
            assert rings(hears(pressing("0"), query)) == [DESK_PHONE]


def test_a_caller_who_goes_round_and_round_gets_a_person(hears) -> None:
    assert rings(hears(pressing("1"), "step=menu&n=20&l=it")) == [DESK_PHONE]


def test_the_hours_are_said(hears) -> None:
    said = words(hears(pressing("1"), PERSON))
    assert "dalle 08:00 alle" in said.lower() or "dalle 08:30 alle" in said.lower() or "dalle 09:00 alle" in said, said
    assert "–" not in said


def test_a_link_leaves_by_sms_once_and_the_menu_goes_on(hears, sms, carrier, client, account) -> None:
    hears(voice())
    heard = hears(pressing("2"), PERSON)
    assert "Le stiamo inviando un SMS con il link." in words(heard)
    assert "prema 0" in words(heard)
    hears(pressing("2"), PERSON)  # sent twice by the provider
    hears(pressing("2"), query_of(heard))  # and pressed again
    hears(pressing("3"), "step=menu&n=3&l=it")
    send_due(now=NOON)

    assert [one.form["Body"] for one in carrier.heard] == [
        "Prenoti qui: https://example.com/book",
        "Ecco: https://example.com/car",
    ]
    assert {one.form["To"] for one in carrier.heard} == {GIULIA}
    assert Call.objects.get().menu == "2 2 3"
    assert Message.objects.count() == 0  # no case: the outbox shows it


def test_it_leaves_at_night_too_since_they_asked_for_it_now(hears, sms, carrier) -> None:
    hears(voice(), at=NIGHT)
    hears(pressing("2"), PERSON, at=NIGHT)
    send_due(now=NIGHT)
    assert len(carrier.heard) == 1


@pytest.mark.parametrize("at", [NOON, NIGHT])
def test_the_link_is_noted_on_the_open_case_and_leaves_at_any_hour(hears, sms, desk, robot, carrier, at) -> None:
    giulia = find_or_add_by_phone(group_id=desk.group.root.pk, phone=GIULIA, name="Giulia", source="test", now=NOON)
    case = open_case(
        unit_id=desk.unit.pk,
        process_key="information",
        subject="Freni",
        origin="email",
        customer_id=giulia.pk,
        by=robot,
        now=NOON,
    )
    hears(voice(), at=at)
    hears(pressing("2"), PERSON, at=at)
    hears(pressing("2"), "step=menu&n=2&l=it", at=at)
    send_due(now=at)
    note = Message.objects.get()
    assert (note.case_id, note.direction) == (case.pk, "note")
    assert note.text.endswith("Prenoti qui: https://example.com/book")
    assert Outgoing.objects.get().state == OutboxState.SENT
    assert len(carrier.heard) == 1


@pytest.mark.parametrize("caller", ["+390305550177", "anonymous"])
def test_who_cannot_get_an_sms_is_told_so_and_gets_a_person(hears, sms, caller) -> None:
    heard = hears(pressing("2", From=caller), PERSON)
    assert words(heard).startswith("Non possiamo inviare un SMS al Suo numero.")
    assert rings(heard) == [DESK_PHONE]
    assert Outgoing.objects.count() == 0


def test_without_an_sms_channel_the_robot_says_so_and_gives_a_person(hears) -> None:
    heard = hears(pressing("2"), PERSON)
    assert words(heard).startswith("Non possiamo inviare un SMS")
    assert rings(heard) == [DESK_PHONE]


def test_outside_the_hours_the_caller_hears_when_we_open_and_may_leave_a_message(hears) -> None:
    first = hears(voice(), at=NIGHT)
    assert "Ora siamo chiusi." in words(first)
    heard = hears(pressing("0"), "step=lang", at=NIGHT)
    assert rings(heard) == []
    [record] = heard.iter("Record")
    assert (record.get("maxLength"), record.get("transcribe")) == ("120", "false")
    assert "Viene registrato solo il Suo messaggio" in words(heard)
    left = hears(
        voice(status="in-progress", RecordingUrl="https://x.example/RE1", RecordingDuration="4"), "step=left&l=it"
    )
    assert words(left) == "Grazie. Abbiamo ricevuto il Suo messaggio e La richiamiamo. Arrivederci."
    silent = hears(voice("CA" + "9" * 32, status="in-progress"), "step=left&l=it")
    assert words(silent) == "Abbiamo il Suo numero e La richiamiamo. Arrivederci."


def test_nobody_answers_nobody_is_left_without_an_answer(hears, line) -> None:
    heard = hears(voice(status="in-progress", DialCallStatus="no-answer"), "step=dialed&l=it")
    assert words(heard).startswith("In questo momento nessuno dei nostri colleghi può rispondere.")
    assert len(list(heard.iter("Record"))) == 1
    line.takes_messages = False
    line.save()
    heard = hears(voice(status="in-progress", DialCallStatus="busy"), "step=dialed&l=it")
    assert list(heard.iter("Record")) == []
    assert words(heard).endswith("Abbiamo il Suo numero e La richiamiamo. Arrivederci.")


def test_a_line_without_a_robot_rings_at_once(hears, line) -> None:
    line.has_robot = False
    line.save()
    heard = hears(voice())
    assert (rings(heard), list(heard.iter("Gather"))) == ([DESK_PHONE], [])


def test_switched_off_the_phones_ring_as_if_the_robot_were_not_there(hears, account) -> None:
    ChannelAccount.objects.filter(pk=account.pk).update(is_active=False)
    heard = hears(voice())
    assert (rings(heard), words(heard)) == ([DESK_PHONE], "")


def test_managers_words_are_said_and_are_never_commands(hears, account) -> None:
    ChannelAccount.objects.filter(pk=account.pk).update(
        greeting_it="Buongiorno <Dial>+39899</Dial> & benvenuti \x07", greeting_en="Hello"
    )
    RobotKey.objects.filter(digit=1).update(action="say", text_it="</Say><Hangup/>", text_en="x")
    heard = hears(voice())
    assert "Buongiorno <Dial>+39899</Dial> & benvenuti" in words(heard)
    assert rings(heard) == []
    said = hears(pressing("1"), PERSON)
    assert "</Say><Hangup/>" in words(said)
    assert list(said.iter("Hangup")) == []


def test_a_request_sent_twice_gets_the_same_answer(client, account, line) -> None:
    answers = {VoiceCalls().ask(client, account, pressing("1"), PERSON).content for _turn in range(3)}
    assert len(answers) == 1


def test_a_signature_for_another_place_in_the_call_is_refused(client, account, line) -> None:
    from django.conf import settings

    from tests.connectors.hooks import hook

    proof = VoiceCalls().proof(account.signing_secret, f"{settings.PUBLIC_URL}{hook(account)}?step=menu", pressing("2"))
    answer = client.post(
        f"{hook(account)}?step=dialed", pressing("2"), content_type=VoiceCalls.media_type, headers=proof
    )
    assert answer.status_code == 401
    assert Call.objects.count() == 0


@given(st.text())
def test_any_text_makes_an_answer_that_can_be_read(text) -> None:
    from xml.etree import ElementTree

    heard = ElementTree.fromstring(response(say(Said("it", text))))  # noqa: S314
    assert [one.tag for one in heard] == ["Say"]


def test_hours_are_read_as_people_say_them() -> None:
    assert spoken_hours("lunedì – venerdì: 08:30–12:30, 14:00–18:30\ndomenica: chiuso", "it") == (
        "lunedì a venerdì: dalle 08:30 alle 12:30, dalle 14:00 alle 18:30. domenica: chiuso"
    )
    assert spoken_hours("Monday – Friday: 08:30–12:30", "en") == "Monday to Friday: from 08:30 to 12:30"


def test_the_call_is_named(hears) -> None:
    hears(voice())
    assert Call.objects.get().provider_id == CALL
