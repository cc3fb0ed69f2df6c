"""A channel: what its webhook delivers becomes one conversation of one customer; what we answer leaves by it."""

import itertools
import json
from datetime import datetime, timedelta

import pytest

from corsia.cases.models import Case, CaseLink, Deadline
from corsia.cases.services import close_case
from corsia.customers.models import Consent, ContactPoint, Customer
from corsia.customers.vocabulary import Purpose
from corsia.kernel.actors import Actor
from corsia.messaging import ports
from corsia.messaging.models import Attachment, ChannelAccount, Correspondent, Inbound, Message, Outgoing, Thread
from corsia.messaging.queries.ways import ways_to
from corsia.messaging.services import MayNotContact, send_due, undo_send, write_reply
from corsia.messaging.services.accounts import AccountDetails, AccountIncomplete, AccountTaken, save_account, switch
from corsia.messaging.services.correspondents import join_customer
from corsia.messaging.services.events import read_events
from corsia.messaging.services.refusals import HolesLeft, TextTooLongForChannel, WayUnknown
from corsia.messaging.vocabulary import Objection, OutboxState, Outcome, SendProblem
from corsia.ui import channels
from tests.conftest import NOON
from tests.factories.messaging import Desk, filed
from tests.messaging.pager import Pager, signature

pytestmark = pytest.mark.usefixtures("everything")
GIULIA, SECRET = "393331234567", "said once to the provider"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def pager(monkeypatch) -> Pager:
    monkeypatch.setattr(ports, "_ADAPTERS", dict(ports._ADAPTERS))
    monkeypatch.setattr(channels, "_LOOKS", dict(channels._LOOKS))
    made = Pager()
    ports.register(made)
    return made


@pytest.fixture
def account(pager, desk: Desk, robot: Actor) -> ChannelAccount:
    details = AccountDetails(
        unit_id=desk.unit.pk, name="Pager Brescia", external_id="100", signing_secret=SECRET, hello_secret="ciao"
    )
    made = save_account(account_id=None, channel="pager", details=details, by=robot, now=NOON)
    return switch(account_id=made.pk, is_on=True, by=robot, now=NOON)


def hook(account: ChannelAccount) -> str:
    return f"/messaging/hooks/pager/{account.hook_key}/"


def call(client, account: ChannelAccount, *told: dict, signed: str | None = None):
    raw = json.dumps(list(told)).encode()
    sign = signature(account, raw) if signed is None else signed
    return client.post(hook(account), raw, content_type="application/json", headers={"X-Pager-Signature": sign})


def text(number: int, words: str = "Quando è pronta la mia auto?", **more: object) -> dict:
    return {"id": f"m{number}", "kind": "text", "from": GIULIA, "name": "Giulia Ferri", "text": words, **more}


def arrives(client, account: ChannelAccount, *told: dict, at: datetime = NOON) -> None:
    assert call(client, account, *told).status_code == 200
    Inbound.objects.filter(state="received").update(received_at=at)
    read_events(now=at)


def test_a_message_is_on_disk_before_it_is_acknowledged_and_becomes_a_case_of_its_customer(client, account) -> None:
    answer = call(client, account, text(1))

    assert answer.status_code == 200
    kept = Inbound.objects.get()
    assert (kept.source, kept.account_id, kept.state) == ("pager", account.pk, "received")
    assert json.loads(bytes(kept.raw))["text"] == "Quando è pronta la mia auto?"

    assert read_events(now=NOON) == 1
    case = Case.objects.get()
    assert (case.origin, case.unit_id, case.subject) == ("pager", account.unit_id, "Quando è pronta la mia auto?")
    assert (case.customer.display_name, case.customer.source) == ("Giulia Ferri", "pager")
    assert list(ContactPoint.objects.values_list("kind", "value")) == [("phone", f"+{GIULIA}")]
    thread, correspondent = Thread.objects.get(), Correspondent.objects.get()
    assert (thread.channel, thread.correspondent_id, thread.unread) == ("pager", correspondent.pk, 1)
    assert (correspondent.customer_id, correspondent.is_proven) == (case.customer_id, True)
    kept.refresh_from_db()
    assert (kept.state, kept.outcome) == ("parsed", Outcome.NEW_CASE)


@pytest.mark.parametrize("signed", ["", "0" * 64])
def test_what_the_provider_did_not_sign_is_refused_and_leaves_no_row(client, account, signed) -> None:
    assert call(client, account, text(1), signed=signed).status_code == 401
    assert Inbound.objects.count() == 0


def test_a_signature_over_other_bytes_of_another_account_or_without_a_secret_is_refused(
    client, account, desk, robot
) -> None:
    raw = json.dumps([text(1)]).encode()
    other = save_account(
        account_id=None,
        channel="pager",
        details=AccountDetails(unit_id=desk.unit.pk, name="Other", external_id="200", signing_secret="other"),
        by=robot,
        now=NOON,
    )
    bare = save_account(
        account_id=None,
        channel="pager",
        details=AccountDetails(unit_id=desk.unit.pk, name="Bare", external_id="300"),
        by=robot,
        now=NOON,
    )

    def posted(to: ChannelAccount, body: bytes, sign: str) -> int:
        headers = {"X-Pager-Signature": sign}
        return client.post(hook(to), body, content_type="application/json", headers=headers).status_code

    assert posted(account, raw + b" ", signature(account, raw)) == 401
    assert posted(account, raw, signature(other, raw)) == 401
    assert posted(bare, raw, signature(bare, raw)) == 401
    assert client.post("/messaging/hooks/pager/nobody/", raw, content_type="text/plain").status_code == 401
    assert client.post("/messaging/hooks/smoke/nobody/", raw, content_type="text/plain").status_code == 401
    assert Inbound.objects.count() == 0


def test_the_provider_makes_sure_of_the_webhook_by_our_secret_alone(client, account) -> None:
    assert client.get(hook(account), {"secret": "ciao"}).content == b"hello"
    assert client.get(hook(account), {"secret": "salve"}).status_code == 401
    assert client.put(hook(account)).status_code == 405


def test_the_same_event_a_hundred_times_is_one_message(client, account) -> None:
    for _turn in range(100):
        assert call(client, account, text(1)).status_code == 200
    arrives(client, account, text(1))

    assert Message.objects.count() == 1
    assert Case.objects.count() == 1


def test_one_person_has_one_conversation_until_it_is_closed_for_long(client, account, robot) -> None:
    arrives(client, account, text(1))
    arrives(client, account, text(2, "Ci siete?"), at=NOON + MINUTE)
    [case] = Case.objects.all()
    assert list(Message.objects.order_by("pk").values_list("text", flat=True)) == [
        "Quando è pronta la mia auto?",
        "Ci siete?",
    ]

    close_case(case_id=case.pk, by=robot, now=NOON + 2 * MINUTE)
    arrives(client, account, text(3, "Grazie, un'altra cosa"), at=NOON + 3 * MINUTE)
    case.refresh_from_db()
    assert case.closed_at is None  # within the days of its process it goes on

    close_case(case_id=case.pk, by=robot, now=NOON + 4 * MINUTE)
    arrives(client, account, text(4, "Sei mesi dopo"), at=NOON + timedelta(days=180))
    newest = Case.objects.order_by("-pk").first()
    assert newest.pk != case.pk
    assert CaseLink.objects.filter(source=newest, target=case).exists()
    assert Customer.objects.count() == 1


def test_who_wrote_by_mail_and_calls_themselves_by_their_number_is_one_customer(client, desk, account) -> None:
    filed(desk, at=NOON)
    [giulia] = Customer.objects.all()
    ContactPoint.objects.create(customer=giulia, kind="phone", value=f"+{GIULIA}", created_at=NOON)

    arrives(client, account, text(1))

    assert Customer.objects.count() == 1
    assert {case.customer_id for case in Case.objects.all()} == {giulia.pk}
    assert Case.objects.count() == 2  # the agent decides whether they are one


def test_a_nameless_stranger_stays_nobody_until_somebody_says_who_it_is(client, account, desk, robot) -> None:
    arrives(client, account, {**text(1), "from": "visitor-a", "name": ""})
    [case], [stranger] = Case.objects.all(), Correspondent.objects.all()
    assert (case.customer_id, stranger.customer_id, Customer.objects.count()) == (None, None, 0)

    filed(desk, at=NOON)
    giulia = Customer.objects.get()
    join_customer(correspondent_id=stranger.pk, customer_id=giulia.pk, by=robot, now=NOON)

    assert Message.objects.get(case=case).customer_id == giulia.pk
    arrives(client, account, {**text(2), "from": "visitor-a", "name": ""}, at=NOON + MINUTE)
    assert Correspondent.objects.get().customer_id == giulia.pk


def answer_to(client, account, robot, words: str = "È pronta alle 17.", **more: object) -> tuple[Case, Message]:
    arrives(client, account, text(1))
    case = Case.objects.get()
    return case, write_reply(case_id=case.pk, text=words, by=robot, now=NOON + MINUTE, **more)


def test_an_answer_leaves_by_the_channel_after_its_undo_window(client, account, pager, robot) -> None:
    case, _message = answer_to(client, account, robot)
    row = Outgoing.objects.get()
    assert (row.channel, row.to_address, row.send_after) == ("pager", GIULIA, NOON + MINUTE + timedelta(seconds=5))
    send_due(now=NOON + MINUTE + timedelta(seconds=4))
    assert pager.delivered == []

    send_due(now=NOON + MINUTE + timedelta(seconds=5))

    [parcel] = pager.delivered
    assert (parcel.to, parcel.text, parcel.answers, parcel.files) == (GIULIA, "È pronta alle 17.", "m1", [])
    row.refresh_from_db()
    assert (row.state, row.provider_id) == (OutboxState.SENT, "page-1")
    first = Deadline.objects.get(case=case, clock="first_answer")
    assert first.met_at is not None


def test_an_answer_can_be_taken_back_before_it_leaves(client, account, pager, robot) -> None:
    _case, message = answer_to(client, account, robot)
    undo_send(message_id=message.pk, by=robot, now=NOON + MINUTE + timedelta(seconds=3))
    send_due(now=NOON + timedelta(hours=1))
    assert pager.delivered == []


def test_outside_the_window_only_an_approved_text_leaves(client, account, pager, robot) -> None:
    arrives(client, account, text(1))
    case = Case.objects.select_related("thread").get()
    late = NOON + timedelta(hours=24)
    [way] = ways_to(case, now=late)
    assert (way.objection, way.needs_ready_made) == (Objection.WINDOW_CLOSED, True)
    with pytest.raises(MayNotContact) as refusal:
        write_reply(case_id=case.pk, text="Buongiorno", by=robot, now=late)
    assert refusal.value.data["reason"] == Objection.WINDOW_CLOSED
    with pytest.raises(HolesLeft):
        write_reply(case_id=case.pk, text="", ready_made="welcome_back", by=robot, now=late)

    said = write_reply(case_id=case.pk, text="", ready_made="welcome_back", values=["Giulia"], by=robot, now=late)
    send_due(now=late + MINUTE)

    assert said.text == "Buongiorno Giulia."
    [parcel] = pager.delivered
    assert parcel.content == {"text": "welcome_back", "values": ["Giulia"]}


def test_a_window_that_closes_while_an_answer_waits_holds_it_back(client, account, pager, robot) -> None:
    later = NOON + timedelta(hours=30)
    answer_to(client, account, robot, send_after=later)

    send_due(now=later)

    row = Outgoing.objects.get()
    assert (row.state, row.last_error) == (OutboxState.BLOCKED, Objection.WINDOW_CLOSED)
    assert pager.delivered == []


def test_what_the_channel_cannot_take_is_refused_at_once(client, account, robot) -> None:
    arrives(client, account, text(1))
    case = Case.objects.get()
    with pytest.raises(TextTooLongForChannel) as refusal:
        write_reply(case_id=case.pk, text="a" * 201, by=robot, now=NOON)
    assert (refusal.value.data["limit"], refusal.value.data["length"]) == (200, 201)
    with pytest.raises(WayUnknown):
        write_reply(case_id=case.pk, text="a", way="chat:999999", by=robot, now=NOON)
    assert Outgoing.objects.count() == 0


@pytest.mark.parametrize("order", list(itertools.permutations(["sent", "delivered", "read"])))
def test_receipts_in_any_order_lead_to_the_same_end(client, account, robot, order) -> None:
    answer_to(client, account, robot)
    send_due(now=NOON + 2 * MINUTE)
    at = {"sent": 1773140580, "delivered": 1773140590, "read": 1773140600}

    for turn, state in enumerate(order):
        told = {"id": f"r{turn}", "kind": "receipt", "of": "page-1", "state": state, "at": at[state]}
        arrives(client, account, told, at=NOON + 3 * MINUTE)

    row = Outgoing.objects.get()
    assert row.state == OutboxState.SENT
    assert int(row.delivered_at.timestamp()) == at["delivered"]
    assert int(row.read_at.timestamp()) == at["read"]


def test_a_receipt_that_overtakes_our_own_note_waits_for_it_and_an_unknown_one_is_settled(client, account) -> None:
    told = {"id": "r1", "kind": "receipt", "of": "page-9", "state": "sent", "at": 1773140580}
    arrives(client, account, told)
    row = Inbound.objects.get()
    assert (row.state, row.attempts) == ("received", 1)

    read_events(now=NOON + timedelta(minutes=6))
    row.refresh_from_db()
    assert (row.state, row.outcome) == ("parsed", Outcome.AUTOMATIC)


def test_a_refusal_for_good_is_shown_and_one_for_now_is_tried_again_when_the_provider_says(
    client, account, pager, robot
) -> None:
    answer_to(client, account, robot)
    pager.refuse(is_final=False, after=timedelta(minutes=7))
    due = NOON + 2 * MINUTE
    send_due(now=due)
    row = Outgoing.objects.get()
    assert (row.state, row.send_after) == (OutboxState.WAITING, due + timedelta(minutes=7))

    pager.refuse(is_final=True)
    send_due(now=row.send_after)
    row.refresh_from_db()
    assert row.state == OutboxState.FAILED
    assert row.last_error.startswith(SendProblem.NOT_TAKEN)
    account.refresh_from_db()
    assert account.last_error_at is not None


def test_more_than_the_provider_takes_in_a_minute_waits_for_the_next(client, account, pager, robot) -> None:
    arrives(client, account, text(1))
    case = Case.objects.get()
    for number in range(5):
        write_reply(case_id=case.pk, text=f"Parte {number}", by=robot, now=NOON)

    send_due(now=NOON + MINUTE)
    assert len(pager.delivered) == 3
    send_due(now=NOON + 2 * MINUTE)
    send_due(now=NOON + 3 * MINUTE)
    assert sorted(parcel.text for parcel in pager.delivered) == [f"Parte {number}" for number in range(5)]


def test_a_file_that_cannot_be_fetched_is_tried_again_and_at_last_the_message_is_filed_without_it(
    client, account, pager
) -> None:
    pager.is_file_there = False
    arrives(client, account, text(1, files=["libretto.pdf"]))
    assert (Case.objects.count(), Inbound.objects.get().attempts) == (0, 1)

    for turn in range(1, 5):
        read_events(now=NOON + turn * 2 * MINUTE)
    message = Message.objects.get()
    assert (message.text, message.flags, Attachment.objects.count()) == (
        "Quando è pronta la mia auto?",
        "file_missing",
        0,
    )

    pager.is_file_there = True
    arrives(client, account, text(2, files=["foto.pdf"]), at=NOON + timedelta(hours=1))
    assert Attachment.objects.get().name == "foto.pdf"


def test_changed_words_keep_what_was_first_said(client, account) -> None:
    arrives(client, account, text(1, "Vengo alle 8"))
    arrives(client, account, {"id": "e1", "kind": "edit", "of": "m1", "text": "Vengo alle 9"})
    arrives(client, account, {"id": "e2", "kind": "edit", "of": "m1", "text": None})

    message = Message.objects.get()
    assert (message.text, message.full_text, message.flags) == ("Vengo alle 9", "Vengo alle 8", "edited deleted")


def test_a_new_number_is_still_the_same_customer_and_the_same_conversation(client, account, robot) -> None:
    arrives(client, account, text(1))
    arrives(client, account, {"id": "n1", "kind": "number", "old": GIULIA, "new": "393337654321"})
    arrives(client, account, {**text(2, "Dal numero nuovo"), "from": "393337654321"}, at=NOON + MINUTE)

    assert (Customer.objects.count(), Case.objects.count(), Correspondent.objects.count()) == (1, 1, 1)
    assert set(ContactPoint.objects.values_list("value", flat=True)) == {f"+{GIULIA}", "+393337654321"}


def test_who_says_stop_gets_nothing_until_they_write_again(client, account, pager, robot) -> None:
    arrives(client, account, text(1))
    arrives(client, account, {"id": "s1", "kind": "stop", "from": GIULIA}, at=NOON + MINUTE)
    case = Case.objects.select_related("thread").get()
    with pytest.raises(MayNotContact) as refusal:
        write_reply(case_id=case.pk, text="Un momento", by=robot, now=NOON + 2 * MINUTE)
    assert refusal.value.data["reason"] == Objection.OPTED_OUT
    assert set(Consent.objects.values_list("purpose", "is_given")) == {(purpose, False) for purpose in Purpose}

    arrives(client, account, text(2, "Anzi, ditemi"), at=NOON + 3 * MINUTE)
    write_reply(case_id=case.pk, text="Un momento", by=robot, now=NOON + 4 * MINUTE)
    assert Outgoing.objects.count() == 1


def test_the_first_words_follow_the_hours_and_are_said_once_a_day(client, account, pager) -> None:
    ChannelAccount.objects.update(greeting_it="Buongiorno, arriviamo.", away_it="Ora siamo chiusi.")
    arrives(client, account, text(1))
    arrives(client, account, text(2, "Allora?"), at=NOON + MINUTE)
    assert [row.body for row in Outgoing.objects.all()] == ["Buongiorno, arriviamo."]

    night = NOON + timedelta(hours=12)
    other = {**text(3), "from": "393330000000", "name": "Ada Neri"}
    arrives(client, account, other, at=night)
    assert Outgoing.objects.order_by("-pk").first().body == "Ora siamo chiusi."
    pager.delivered.clear()
    send_due(now=night + MINUTE)
    assert [parcel.text for parcel in pager.delivered][-1] == "Ora siamo chiusi."  # said now: tomorrow it is wrong


def test_a_channel_is_switched_on_once_it_is_complete_and_off_it_keeps_what_arrives(
    client, account, desk, pager, robot
) -> None:
    bare = save_account(
        account_id=None,
        channel="pager",
        details=AccountDetails(unit_id=desk.unit.pk, name="Bare", external_id="300"),
        by=robot,
        now=NOON,
    )
    with pytest.raises(AccountIncomplete):
        switch(account_id=bare.pk, is_on=True, by=robot, now=NOON)
    with pytest.raises(AccountTaken):
        save_account(
            account_id=None,
            channel="pager",
            details=AccountDetails(unit_id=desk.unit.pk, name="Twice", external_id="100"),
            by=robot,
            now=NOON,
        )

    switch(account_id=account.pk, is_on=False, by=robot, now=NOON)
    arrives(client, account, text(1))
    case = Case.objects.select_related("thread").get()
    assert [way.objection for way in ways_to(case, now=NOON)] == [Objection.NO_ACCOUNT]


def test_what_the_channel_does_not_send_is_kept_in_quarantine(client, account) -> None:
    arrives(client, account, {"id": "x1", "kind": "hologram"})
    row = Inbound.objects.get()
    assert (row.state, row.reason) == ("quarantined", "not_of_channel: hologram")
