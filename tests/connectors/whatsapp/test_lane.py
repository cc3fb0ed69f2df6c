"""WhatsApp from end to end: a signed webhook becomes a case, the answer reaches the Graph API, receipts come back."""

import base64
from datetime import UTC, datetime, timedelta

import pytest

from corsia.cases.models import Case
from corsia.customers.models import Consent, ContactPoint, Customer
from corsia.messaging.models import Attachment, Correspondent, Inbound, Message, Outgoing
from corsia.messaging.rules.incoming import NewFile
from corsia.messaging.services import MayNotContact, send_due, write_reply
from corsia.messaging.services.events import read_events
from corsia.messaging.vocabulary import Objection, OutboxState, SendProblem
from tests.conftest import NOON
from tests.connectors.hooks import hook
from tests.connectors.whatsapp.speaker import GIULIA, error, message, raw, status

pytestmark = pytest.mark.usefixtures("everything")
MINUTE = timedelta(minutes=1)
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
PDF = b"%PDF-1.4\n" + b"x" * 40


def text(number: int, words: str = "Quando è pronta la mia auto?", **more: object) -> dict:
    return message(number, "text", text={"body": words}, **more)


def test_a_text_becomes_a_case_and_the_answer_reaches_the_graph_api(arrives, graph, robot) -> None:
    arrives(text(1))

    case = Case.objects.get()
    assert (case.origin, case.subject) == ("whatsapp", "Quando è pronta la mia auto?")
    assert case.customer.display_name == "Giulia Ferri"
    assert list(ContactPoint.objects.values_list("kind", "value")) == [("phone", f"+{GIULIA}")]

    write_reply(case_id=case.pk, text="È pronta alle 17.", by=robot, now=NOON + MINUTE)
    send_due(now=NOON + 2 * MINUTE)

    [sent] = graph.heard
    assert sent.path == "/v23.0/106540352242922/messages"
    assert sent.json == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": GIULIA,
        "type": "text",
        "text": {"body": "È pronta alle 17.", "preview_url": True},
    }
    row = Outgoing.objects.get()
    assert (row.state, row.provider_id) == (OutboxState.SENT, "wamid.out1")

    arrives(status("wamid.out1", "delivered", 1773140530), status("wamid.out1", "read", 1773140540))
    row.refresh_from_db()
    assert row.delivered_at == datetime.fromtimestamp(1773140530, tz=UTC)
    assert row.read_at == datetime.fromtimestamp(1773140540, tz=UTC)


def test_the_webhook_is_set_up_by_whoever_knows_the_verify_token(client, account) -> None:
    asked = {"hub.mode": "subscribe", "hub.challenge": "1158201444"}
    answer = client.get(hook(account), {**asked, "hub.verify_token": "ciao"})
    assert (answer.status_code, answer.content) == (200, b"1158201444")
    assert answer["Content-Type"] == "text/plain"
    for wrong in ("", "salve", "ciao "):
        assert client.get(hook(account), {**asked, "hub.verify_token": wrong}).status_code == 401
    account.hello_secret = None
    account.save(update_fields=["hello_secret"])
    assert client.get(hook(account), {**asked, "hub.verify_token": ""}).status_code == 401


def test_a_call_with_three_messages_and_two_numbers_is_taken_apart(client, account, meta, desk, arrives) -> None:
    verona = meta.account(desk, external_id="200", is_on=True)
    told = text(1)
    value = told["entry"][0]["changes"][0]["value"]
    value["messages"].append({**value["messages"][0], "id": "wamid.2", "text": {"body": "Pronto?"}})
    other = text(3, "Salve Verona")["entry"][0]
    other["changes"][0]["value"]["metadata"]["phone_number_id"] = "200"
    told["entry"].append(other)

    arrives(told)

    assert Inbound.objects.count() == 3
    assert sorted(Inbound.objects.values_list("account_id", flat=True)) == [account.pk, account.pk, verona.pk]
    assert Correspondent.objects.filter(account=verona).count() == 1
    assert Customer.objects.count() == 1  # the same number is the same person


def test_a_number_guarded_by_another_secret_cannot_be_written_to(client, account, meta, desk, arrives) -> None:
    meta.account(desk, external_id="200", is_on=True, signing_secret="of another firm")
    told = text(1)
    told["entry"][0]["changes"][0]["value"]["metadata"]["phone_number_id"] = "200"

    arrives(told)

    row = Inbound.objects.get()
    assert (row.state, row.reason, row.account_id) == ("quarantined", "no_account", account.pk)
    assert Case.objects.count() == 0


def test_a_photo_is_fetched_in_two_steps_and_filed_with_its_caption(arrives, graph) -> None:
    graph.files["65463453"] = PNG
    arrives(message(1, "image", image={"id": "65463453", "mime_type": "image/png", "caption": "Ecco il graffio"}))

    assert Message.objects.get().text == "Ecco il graffio"
    assert Attachment.objects.get().name == "Foto.png"
    assert [one.path for one in graph.heard] == ["/v23.0/65463453", "/media/65463453"]
    assert all(one.headers["authorization"] == "Bearer t0ken" for one in graph.heard)


def test_files_leave_part_by_part_and_a_second_attempt_goes_on_where_the_first_stopped(arrives, graph, robot) -> None:
    arrives(text(1))
    files = [
        NewFile(name="preventivo.pdf", content=PDF, media_type="application/pdf"),
        NewFile(name="auto.png", content=PNG, media_type="image/png"),
    ]
    case = Case.objects.get()
    write_reply(case_id=case.pk, text="Ecco il preventivo.", attachments=files, by=robot, now=NOON)
    graph.fails_at = 2
    send_due(now=NOON + MINUTE)
    row = Outgoing.objects.get()
    assert (row.state, row.last_error.split(":")[0]) == (OutboxState.WAITING, SendProblem.PROVIDER_DOWN)

    graph.fails_at = 0
    send_due(now=row.send_after)

    told = graph.posted("/messages")
    document = {"id": "media-1", "caption": "Ecco il preventivo.", "filename": "preventivo.pdf"}
    assert [one["type"] for one in told] == ["document", "image", "image"]
    assert told[0]["document"] == document
    assert told[2]["image"] == {"id": "media-3"}
    row.refresh_from_db()
    assert (row.state, row.provider_id) == (OutboxState.SENT, "wamid.out3")
    arrives(status("wamid.out1", "delivered", 1773140530))
    assert Inbound.objects.filter(state="received").count() == 0  # the receipt of the first part is known as ours
    arrives(status("wamid.out1", "failed", 1773140531, errors=[{"code": 131052, "title": "Media download error"}]))
    row.refresh_from_db()
    assert (row.state, row.last_error) == (OutboxState.FAILED, "file_refused: 131052 Media download error")


@pytest.mark.parametrize(
    ("code", "http", "state", "problem", "minutes"),
    [
        (131026, 400, OutboxState.FAILED, SendProblem.NUMBER_REFUSED, None),
        (131047, 400, OutboxState.FAILED, Objection.WINDOW_CLOSED, None),
        (132015, 400, OutboxState.FAILED, SendProblem.TEXT_REFUSED, None),
        (190, 401, OutboxState.WAITING, SendProblem.ACCOUNT_REFUSED, 30),
        (130429, 429, OutboxState.WAITING, SendProblem.TOO_FAST, 2),
        (131048, 400, OutboxState.WAITING, SendProblem.TOO_FAST, 60),
        (131000, 500, OutboxState.WAITING, SendProblem.PROVIDER_DOWN, 0.5),
        (999999, 400, OutboxState.FAILED, SendProblem.NOT_TAKEN, None),
        (999999, 503, OutboxState.WAITING, SendProblem.PROVIDER_DOWN, 0.5),
    ],
)
def test_each_refusal_is_worded_and_tried_again_only_where_that_helps(
    arrives, graph, robot, code, http, state, problem, minutes
) -> None:
    arrives(text(1))
    write_reply(case_id=Case.objects.get().pk, text="Un momento", by=robot, now=NOON)
    graph.refusal = (http, error(code, "Refused", "in detail"))
    send_due(now=NOON + MINUTE)

    row = Outgoing.objects.get()
    assert (row.state, row.last_error) == (state, f"{problem}: {code} Refused in detail")
    if minutes is not None:
        assert row.send_after == NOON + MINUTE + timedelta(minutes=minutes)


def test_a_failure_that_meta_reports_later_is_shown_and_the_case_waits_again(arrives, graph, robot) -> None:
    arrives(text(1))
    case = Case.objects.get()
    write_reply(case_id=case.pk, text="Un momento", by=robot, now=NOON)
    send_due(now=NOON + MINUTE)
    problem = {"code": 131026, "title": "Message undeliverable", "error_data": {"details": "Not on WhatsApp"}}
    arrives(status("wamid.out1", "failed", 1773140531, errors=[problem]))

    row = Outgoing.objects.get()
    assert row.state == OutboxState.FAILED
    assert row.last_error == "number_refused: 131026 Message undeliverable: Not on WhatsApp"


def test_after_a_day_free_words_are_refused(arrives, graph, robot) -> None:
    arrives(text(1))
    with pytest.raises(MayNotContact) as refusal:
        write_reply(case_id=Case.objects.get().pk, text="Buongiorno", by=robot, now=NOON + timedelta(hours=24))
    assert refusal.value.data["reason"] == Objection.WINDOW_CLOSED
    assert graph.heard == []


@pytest.mark.parametrize("word", ["STOP", "stop.", " Stop ", "ARRESTA", "Disiscrivimi"])
def test_stop_opens_no_case_is_kept_as_a_statement_and_start_takes_it_back(arrives, robot, word) -> None:
    arrives(text(1))
    arrives(text(2, word), at=NOON + MINUTE)

    case = Case.objects.select_related("thread").get()
    assert list(Message.objects.order_by("pk").values_list("is_automatic", flat=True)) == [False, True]
    assert set(Consent.objects.values_list("channel", "is_given")) == {("whatsapp", False)}
    with pytest.raises(MayNotContact) as refusal:
        write_reply(case_id=case.pk, text="Un momento", by=robot, now=NOON + 2 * MINUTE)
    assert refusal.value.data["reason"] == Objection.OPTED_OUT

    arrives(text(3, "START"), at=NOON + 3 * MINUTE)
    write_reply(case_id=case.pk, text="Bentornata", by=robot, now=NOON + 4 * MINUTE)
    assert Outgoing.objects.count() == 1


def test_a_question_with_the_word_stop_in_it_is_a_question(arrives) -> None:
    arrives(text(1, "Stop alle 8?"))
    assert Case.objects.count() == 1
    assert Consent.objects.count() == 0


def test_who_changes_the_number_stays_one_customer(arrives) -> None:
    new = "393337654321"
    arrives(text(1))
    notice = {"type": "user_changed_number", "wa_id": new, "body": "User changed number", "customer": GIULIA}
    arrives(message(2, "system", system=notice))
    arrives(message(3, "text", text={"body": "Dal numero nuovo"}, sender=new), at=NOON + MINUTE)

    assert (Customer.objects.count(), Case.objects.count(), Correspondent.objects.count()) == (1, 1, 1)
    assert set(ContactPoint.objects.values_list("value", flat=True)) == {f"+{GIULIA}", f"+{new}"}


def test_what_is_no_call_of_metas_is_kept_in_quarantine(client, account, meta) -> None:
    for body in (b"{", b"[]", b'{"entry": []}', b'{"entry": [{"changes": [{"value": 3}]}]}', raw(text(1, sender=""))):
        assert meta.call(client, account, body).status_code == 200
    read_events(now=NOON)
    states = list(Inbound.objects.values_list("state", flat=True))
    assert states == ["quarantined"] * 5
