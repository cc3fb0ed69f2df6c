"""An interview through signed webhooks: key by key, repeated, out of order, hung up; nothing before agreeing."""

import itertools
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import pytest

from corsia.connectors.telephony.models import Call
from corsia.connectors.telephony.services.interviews import NobodyOnTheLine, carry_out, transfer
from corsia.customers.services import find_or_add_by_phone, record_consent
from corsia.events.listening import SurveyAnswered
from corsia.listening.models import Interview, InterviewKey, InterviewSetup, InterviewWords, Response, ResponseItem
from corsia.listening.services import (
    InterviewedAlready,
    NothingToAsk,
    WantsNoSurveys,
    call_due,
    send_due_invitations,
    settle_left,
)
from corsia.messaging.models import ChannelAccount, Inbound
from corsia.organisation.vocabulary import Role
from tests.conftest import NOON
from tests.connectors.providers import Heard, Provider, running
from tests.connectors.telephony.speaker import (
    CALL,
    GIULIA,
    VoiceCalls,
    a_line,
    ended,
    leg,
    query_of,
    tell,
    voice,
    words,
)
from tests.factories.interviews import calling_plan, in_force, to_be_called
from tests.factories.organisation import actor_in, person_in, signed_in
from tests.facts import stated_facts

pytestmark = pytest.mark.usefixtures("everything")
MORNING = NOON - timedelta(hours=4)  # 08:00 in Rome, before the first slot: nothing planned then is due at once
THEIRS = "CA" + "7" * 32
NINE = "987654321"


class Exchange(Provider):
    """The provider that places calls and redirects them."""

    def reply(self, heard: Heard) -> tuple[int, Any]:
        if not heard.headers.get("authorization", "").startswith("Basic "):
            return 401, {"code": 20003}
        return 201, {"sid": THEIRS, "status": "queued"}


@pytest.fixture
def exchange(settings) -> Iterator[Exchange]:
    with running(Exchange(), settings) as server:
        settings.VOICE_API = server.url
        yield server


@pytest.fixture
def account(desk, exchange) -> ChannelAccount:
    found = VoiceCalls().account(desk, is_on=True)
    a_line(found, asks_language=False)
    return found


@pytest.fixture
def version(desk):
    return in_force(desk.group.root, now=NOON)


@pytest.fixture
def giulia(desk):
    return find_or_add_by_phone(group_id=desk.group.root.pk, phone=GIULIA, name="Giulia", source="test", now=NOON)


@pytest.fixture
def agent(desk):
    return actor_in(desk.unit, Role.AGENT)


@pytest.fixture
def talking(client, account, giulia) -> Call:
    """Giulia, who talks to somebody of ours."""
    tell(client, account, ("", voice()), ("step=leg", leg(NOON, "in-progress")), at=NOON)
    return Call.objects.get()


@pytest.fixture
def interview(talking, version, agent) -> Interview:
    return transferred(talking, agent)


def transferred(call, agent) -> Interview:
    """Transfer a caller, as the worker does a moment later."""
    begun = transfer(call_id=call.pk, by=agent, now=NOON)
    carry_out(interview_id=begun.pk, now=NOON)
    return begun


@pytest.fixture
def asks(client, account, monkeypatch):
    """Return what is heard after a request of the provider at one of our addresses."""

    def heard(query: str, *, sid: str = CALL, at=NOON, **form: str):
        monkeypatch.setattr("django.utils.timezone.now", lambda: at)
        raw = voice(sid, status="in-progress", **form)
        response = VoiceCalls().ask(client, account, raw, query)
        assert response.status_code == 200, response.content
        return ElementTree.fromstring(response.content)  # noqa: S314  (ours)

    return heard


@pytest.fixture
def presses(asks):
    """Press keys one after another from the start; return the addresses with their keys, and what is heard last."""

    def go(interview: Interview, keys: str, *, sid: str = CALL, at=NOON):
        heard = asks(f"step=ask&i={interview.pk}", sid=sid, at=at)
        turns = []
        for key in keys:
            query = query_of(heard)
            pressed = "" if key == "-" else key
            turns.append((query, pressed))
            heard = asks(query, sid=sid, at=at, Digits=pressed)
        return turns, heard

    return go


def kept() -> dict[str, int | None]:
    return dict(ResponseItem.objects.order_by("pk").values_list("question", "number"))


def state_of(interview: Interview) -> tuple:
    interview.refresh_from_db()
    response = Response.objects.first()
    return (
        interview.outcome,
        interview.purpose,
        kept(),
        response is not None and response.completed_at is not None,
        len(stated_facts(SurveyAnswered)),
    )


def test_a_caller_is_transferred_and_answers_key_by_key(interview, exchange, presses, talking, giulia) -> None:
    [order] = exchange.heard
    assert order.path.endswith(f"/Calls/{CALL}.json")
    assert order.form["Url"].endswith(f"?step=ask&i={interview.pk}")

    turns, heard = presses(interview, "21" + NINE + "2")
    assert words(heard) == "Abbiamo finito. Grazie per il tempo che ci ha dedicato. Arrivederci."
    assert [one.tag for one in heard] == ["Say", "Hangup"]
    response = Response.objects.get()
    assert (response.channel, response.customer_id, response.version_id) == ("ivr", giulia.pk, interview.version_id)
    assert response.completed_at == NOON
    assert list(kept().values()) == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]
    assert ResponseItem.objects.filter(is_low=True).count() == 6
    assert state_of(interview)[:2] == ("done", "complaint")
    [fact] = stated_facts(SurveyAnswered)
    assert (fact.is_complete, fact.low_items, fact.response_id) == (True, 6, response.pk)
    assert turns[2][0] == f"step=ask&i={interview.pk}&n=2"


def test_each_question_waits_for_one_key_and_every_key_is_an_answer(interview, presses) -> None:
    _turns, heard = presses(interview, "11")
    [gather] = heard.iter("Gather")
    assert (gather.get("numDigits"), gather.get("timeout"), gather.get("finishOnKey")) == ("1", "6", "")
    assert gather.get("actionOnEmptyResult") == "true"
    assert {one.get("language") for one in heard.iter("Say")} == {"it-IT"}


def test_nothing_is_kept_before_they_agree(interview, presses, asks) -> None:
    before = Inbound.objects.count()
    turns, _heard = presses(interview, "2")
    assert turns[0][0] == f"step=ask&i={interview.pk}&n=0"
    assert (InterviewKey.objects.count(), Inbound.objects.count()) == (0, before)
    interview.refresh_from_db()
    assert (interview.purpose, interview.outcome) == ("", "")


def test_who_declines_leaves_nothing_behind(interview, presses, asks) -> None:
    turns, heard = presses(interview, "22")
    assert words(heard).startswith("Va bene, non conserviamo nessuna risposta.")
    assert [one.tag for one in heard] == ["Say", "Hangup"]
    assert state_of(interview) == ("declined", "", {}, False, 0)
    assert (InterviewKey.objects.count(), Response.objects.count()) == (0, 0)
    late = asks(turns[1][0], Digits="1")  # a key that comes after they declined agrees to nothing
    assert words(late).startswith("Va bene")
    assert (InterviewKey.objects.count(), Response.objects.count()) == (0, 0)


def test_every_event_may_come_twice_and_in_any_order(interview, presses, asks, client, account) -> None:
    """All orders of the last requests of a call end at the same, also its end before its keys; one comes twice."""
    turns, _heard = presses(interview, "11" + "98")
    wanted = None
    for order in itertools.permutations(["agree", "first", "second", "end"]):
        InterviewKey.objects.all().delete()
        Interview.objects.filter(pk=interview.pk).update(outcome="", ended_at=None, purpose="", response=None)
        Response.objects.all().delete()
        Call.objects.filter(pk__gt=0).update(state="talking", ended_at=None)
        for name in (*order, order[0]):
            if name == "end":
                asks(f"step=asked&i={interview.pk}", CallStatus="completed")
                continue
            query, pressed = turns[{"agree": 1, "first": 2, "second": 3}[name]]
            asks(query, Digits=pressed)
        found = state_of(interview)
        wanted = wanted or found
        assert found == wanted == ("partial", "information", {"overall": 9, "waiting": 8}, False, 0), order


def test_a_request_sent_twice_hears_the_same(interview, presses, asks) -> None:
    turns, _heard = presses(interview, "11" + "98")
    for query, pressed in turns:
        answers = {ElementTree.tostring(asks(query, Digits=pressed)) for _time in range(2)}
        assert len(answers) == 1
    other = asks(turns[2][0], Digits="0")  # the first key of a turn stands
    assert query_of(other) == f"step=ask&i={interview.pk}&n=3"
    assert kept() == {"overall": 9, "waiting": 8}


def test_who_hangs_up_in_the_middle_counts(interview, presses, client, account) -> None:
    presses(interview, "11" + "30")
    assert state_of(interview)[0] == ""
    tell(client, account, ("", ended(NOON)), at=NOON)  # the call that was transferred ended
    assert state_of(interview) == ("partial", "information", {"overall": 3, "waiting": 0}, False, 0)
    assert settle_left(now=NOON + timedelta(minutes=31)) == 1
    [fact] = stated_facts(SurveyAnswered)
    assert (fact.is_complete, fact.low_items) == (False, 2)


def test_who_hangs_up_before_agreeing_has_left(interview, presses, client, account) -> None:
    presses(interview, "1")
    tell(client, account, ("", ended(NOON)), at=NOON)
    assert state_of(interview) == ("left", "", {}, False, 0)


def test_wrong_keys_and_silence_on_the_line(interview, presses) -> None:
    _turns, heard = presses(interview, "11#")
    assert words(heard).startswith("Questo tasto non è tra le risposte.")
    _turns, heard = presses(interview, "")  # a start told once more goes on where they are
    assert words(heard).startswith("Questo tasto non è tra le risposte.")


def test_silence_ends_it_and_what_was_answered_counts(interview, presses) -> None:
    _turns, heard = presses(interview, "11" + "5" + "--")
    assert [one.tag for one in heard] == ["Say", "Hangup"]
    assert state_of(interview) == ("partial", "information", {"overall": 5}, False, 0)


def test_required_and_left_out_is_not_complete(interview, presses) -> None:
    presses(interview, "11" + "###" + "99999999" + "2")
    found = state_of(interview)
    assert (found[0], found[3], "overall" in found[2]) == ("partial", False, False)


def test_a_recording_is_played_in_place_of_the_words(interview, presses, version, client) -> None:
    from corsia.kernel.blobs import keep

    setup = InterviewSetup.objects.create(questionnaire=version.questionnaire, slots=["morning"])
    common = {"setup": setup, "script": "A", "language": "it", "changed_at": NOON}
    InterviewWords.objects.create(prompt="greeting", sound_id=keep(b"ID3 ciao"), media_type="audio/mpeg", **common)
    InterviewWords.objects.create(prompt="reason", text="Informazione 1, reclamo 2.", **common)
    _turns, heard = presses(interview, "")
    [played] = heard.iter("Play")
    assert words(heard) == "Informazione 1, reclamo 2."
    found = client.get(played.text.partition("http://")[2].partition("/")[2].join(["/", ""]))
    assert (found.status_code, found.content, found["Content-Type"]) == (200, b"ID3 ciao", "audio/mpeg")
    assert client.get(played.text.rpartition("/telephony")[1] + "/sounds/1/" + "0" * 32 + "/").status_code == 404


def test_a_signature_of_nobody_answers_nothing(interview, presses, client, account) -> None:
    from tests.connectors.hooks import hook

    path = f"{hook(account)}?step=ask&i={interview.pk}&n=0"
    answer = client.post(
        path, voice(Digits="1"), content_type=VoiceCalls.media_type, headers={"x-twilio-signature": "x"}
    )
    assert answer.status_code == 401
    interview.refresh_from_db()
    assert interview.answered_at is None


@pytest.mark.parametrize("query", ["step=ask&i={other}", "step=ask", "step=ask&i=0", "step=ask&i=x&n=0"])
def test_no_interview_is_no_interview(interview, asks, query) -> None:
    heard = asks(query.format(other=interview.pk + 1000), Digits="1")
    assert [one.tag for one in heard] == ["Hangup"]


def test_another_call_is_not_this_interview(interview, asks) -> None:
    heard = asks(f"step=ask&i={interview.pk}", sid="CA" + "8" * 32)
    assert [one.tag for one in heard] == ["Hangup"]


def test_only_who_is_on_the_phone_is_transferred_and_once(talking, version, agent, exchange) -> None:
    begun = transferred(talking, agent)
    with pytest.raises(InterviewedAlready):
        transfer(call_id=talking.pk, by=agent, now=NOON)
    assert (len(exchange.heard), begun.outcome) == (1, "")
    Call.objects.update(state="ended")
    with pytest.raises(NobodyOnTheLine):
        transfer(call_id=talking.pk, by=agent, now=NOON)


def test_without_a_questionnaire_nobody_is_transferred(talking, agent, exchange) -> None:
    with pytest.raises(NothingToAsk):
        transfer(call_id=talking.pk, by=agent, now=NOON)
    assert (exchange.heard, Interview.objects.count()) == ([], 0)


def test_who_wants_no_surveys_is_not_transferred(talking, version, giulia, agent, exchange) -> None:
    record_consent(
        customer_id=giulia.pk, purpose="survey", channel="any", is_given=False, source="test", by=agent, now=NOON
    )
    with pytest.raises(WantsNoSurveys):
        transfer(call_id=talking.pk, by=agent, now=NOON)
    assert exchange.heard == []


def test_a_transfer_that_the_provider_refuses_is_said_and_may_be_tried_again(
    talking, version, agent, exchange, desk
) -> None:
    exchange.refusal = (404, {"code": 20404})
    transferred(talking, agent)
    assert list(Interview.objects.values_list("outcome", "detail")) == [("failed", "http 404")]
    page = signed_in(person_in(desk.unit, Role.AGENT)).get(f"/telephony/calls/{talking.pk}/card/").content.decode()
    assert "Il gestore non ha accettato il trasferimento." in page
    assert f"/telephony/calls/{talking.pk}/interview/" in page
    exchange.refusal = None
    again = transferred(talking, agent)
    again.refresh_from_db()
    assert (again.outcome, len(exchange.heard)) == ("", 2)


def test_a_transfer_carried_out_twice_is_asked_for_once_they_hear_it(interview, exchange, presses) -> None:
    presses(interview, "")
    carry_out(interview_id=interview.pk, now=NOON)
    assert len(exchange.heard) == 1


def test_in_a_sandbox_nothing_leaves(talking, version, agent, exchange, settings) -> None:
    settings.SANDBOX = True
    transferred(talking, agent)
    assert exchange.heard == []


def test_the_card_offers_it_while_they_talk(talking, version, desk, exchange) -> None:
    browser = signed_in(person_in(desk.unit, Role.AGENT))
    page = browser.get(f"/telephony/calls/{talking.pk}/card/")
    assert f"/telephony/calls/{talking.pk}/interview/" in page.content.decode()
    done = browser.post(f"/telephony/calls/{talking.pk}/interview/")
    assert done.status_code == 200
    assert f"/telephony/calls/{talking.pk}/interview/" not in done.content.decode()
    assert Interview.objects.get().begun_by is not None


# ---- called by us ----


@pytest.fixture
def plan(desk, version):
    InterviewSetup.objects.create(questionnaire=version.questionnaire, slots=["morning", "afternoon"], most_attempts=2)
    return calling_plan(version, desk.group.root, now=NOON)


@pytest.fixture
def invitation(plan, desk, giulia):
    return to_be_called(plan, desk.unit, giulia, now=MORNING)


def called_at(invitation) -> Any:
    """Plan the first attempt, and return the instant at which it is due."""
    assert call_due(now=MORNING) == 0
    return invitation.interviews.get(attempt=1).planned_at


def test_the_system_calls_and_the_answer_is_the_invitations(invitation, account, exchange, presses) -> None:
    assert send_due_invitations(now=NOON) == 0  # no mail: they are called
    at = called_at(invitation)
    assert call_due(now=at) == 1
    assert call_due(now=at) == 0
    interview = Interview.objects.get()
    [order] = exchange.heard
    assert order.path.endswith("/Calls.json")
    assert (order.form["To"], order.form["From"]) == (GIULIA, account.external_id)
    assert order.form["Url"].endswith(f"?step=ask&i={interview.pk}")
    assert order.form["StatusCallback"].endswith(f"?step=asked&i={interview.pk}")
    assert (order.form["Timeout"], order.form["MachineDetection"]) == ("25", "Enable")
    assert (interview.provider_id, interview.slot) == (THEIRS, "afternoon" if invitation.pk % 2 else "morning")
    invitation.refresh_from_db()
    assert invitation.sent_at == at

    presses(interview, "11" + NINE + "2", sid=THEIRS)
    assert Response.objects.get().invitation_id == invitation.pk
    assert Response.objects.get().touchpoint_id == invitation.plan.touchpoint_id
    interview.refresh_from_db()
    assert interview.outcome == "done"
    assert Call.objects.count() == 0  # no call of the desk


@pytest.mark.parametrize(
    ("form", "outcome"),
    [
        ({"CallStatus": "no-answer"}, "no_answer"),
        ({"CallStatus": "busy"}, "busy"),
        ({"CallStatus": "failed"}, "failed"),
    ],
)
def test_who_is_not_reached_is_called_again_in_another_slot_and_then_no_more(
    invitation, account, exchange, asks, form, outcome
) -> None:
    at = called_at(invitation)
    for number in (1, 2):
        assert call_due(now=at) == 1
        interview = Interview.objects.get(attempt=number)
        for _time in range(2):
            asks(f"step=asked&i={interview.pk}", sid=THEIRS, at=at, **form)
        interview.refresh_from_db()
        assert interview.outcome == outcome
        following = Interview.objects.filter(attempt=number + 1).first()
        if number == 1:
            assert following.slot != interview.slot
            assert following.planned_at >= at + timedelta(hours=3)
            at = following.planned_at
    assert list(Interview.objects.order_by("attempt").values_list("attempt", "outcome")) == [(1, outcome), (2, outcome)]


def test_a_machine_hears_nothing_and_is_called_again(invitation, account, exchange, asks) -> None:
    at = called_at(invitation)
    call_due(now=at)
    interview = Interview.objects.get()
    heard = asks(f"step=ask&i={interview.pk}", sid=THEIRS, at=at, AnsweredBy="machine_start")
    assert [one.tag for one in heard] == ["Hangup"]
    asks(f"step=asked&i={interview.pk}", sid=THEIRS, at=at, CallStatus="completed")
    assert list(Interview.objects.order_by("attempt").values_list("outcome", flat=True)) == ["machine", ""]


@pytest.mark.parametrize("keys", ["12", "1", "11" + "5"])
def test_whoever_was_reached_is_not_called_again(invitation, account, exchange, asks, presses, keys) -> None:
    at = called_at(invitation)
    call_due(now=at)
    interview = Interview.objects.get()
    presses(interview, keys, sid=THEIRS, at=at)
    asks(f"step=asked&i={interview.pk}", sid=THEIRS, at=at, CallStatus="completed")
    assert Interview.objects.count() == 1
    assert Interview.objects.get().outcome == {"12": "declined", "1": "left", "115": "partial"}[keys]


def test_the_register_of_objections_is_asked_when_the_call_is_due(invitation, account, exchange, giulia, desk) -> None:
    from corsia.customers.models import CustomerFlag

    at = called_at(invitation)
    CustomerFlag.objects.create(customer=giulia, flag="do_not_call", set_at=MORNING)
    assert call_due(now=at) == 0
    invitation.refresh_from_db()
    assert (invitation.cancel_reason, invitation.cancel_detail) == ("not_allowed", "do_not_call")
    assert (exchange.heard, Interview.objects.get().outcome) == ([], "cancelled")


def test_at_night_nobody_is_called_but_later(invitation, account, exchange) -> None:
    at = called_at(invitation)
    night = at.replace(hour=22)
    assert call_due(now=night) == 0
    interview = Interview.objects.get()
    assert exchange.heard == []
    assert (interview.outcome, interview.planned_at > night + timedelta(hours=8)) == ("", True)


def test_without_a_line_or_a_number_nobody_is_called_and_the_list_says_why(invitation, account, exchange) -> None:
    at = called_at(invitation)
    ChannelAccount.objects.filter(pk=account.pk).update(is_active=False)
    assert call_due(now=at) == 0
    invitation.refresh_from_db()
    assert (invitation.cancel_reason, invitation.cancel_detail, exchange.heard) == ("cannot_send", "no line", [])


def test_a_provider_that_refuses_is_tried_again_as_often_as_planned(invitation, account, exchange) -> None:
    at = called_at(invitation)
    exchange.refusal = (500, {})
    assert call_due(now=at) == 0
    assert list(Interview.objects.order_by("attempt").values_list("outcome", "detail")) == [
        ("failed", "http 500"),
        ("", ""),
    ]


def test_a_call_that_nobody_tells_of_any_more_is_over(invitation, account, exchange) -> None:
    at = called_at(invitation)
    call_due(now=at)
    call_due(now=at + timedelta(minutes=61))
    first = Interview.objects.get(attempt=1)
    assert (first.outcome, first.detail) == ("failed", "lost")


def test_in_a_sandbox_nobody_is_called(invitation, account, exchange, settings) -> None:
    at = called_at(invitation)
    settings.SANDBOX = True
    assert call_due(now=at) == 1
    assert exchange.heard == []


def test_an_invitation_that_ends_before_its_first_call_is_taken_back(invitation, account, exchange) -> None:
    invitation.expires_at = MORNING + timedelta(minutes=1)
    invitation.save()
    assert call_due(now=MORNING) == 0
    invitation.refresh_from_db()
    assert (invitation.cancel_reason, Interview.objects.count()) == ("cannot_send", 0)
