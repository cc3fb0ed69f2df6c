"""SMS: signed forms in, forms with a password out, STOP and START, reports in any order."""

import json
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corsia.cases.models import Case
from corsia.connectors.sms.segments import Segments, segments_of
from corsia.customers.models import Consent, ContactPoint
from corsia.customers.services import find_or_add_by_phone
from corsia.kernel.signatures import form_signature, is_form_signed
from corsia.messaging.models import Attachment, ChannelAccount, Inbound, Message, Outgoing
from corsia.messaging.ports import adapter_of
from corsia.messaging.services import MayNotContact, send_due, write_reply
from corsia.messaging.vocabulary import Objection, OutboxState, SendProblem
from tests.conftest import NOON, fixtures_folder
from tests.connectors.hooks import arrive
from tests.connectors.providers import running
from tests.connectors.sms.speaker import ACCOUNT, GIULIA, OURS, Carrier, TwilioCalls, error, form, status

pytestmark = pytest.mark.usefixtures("everything")
MINUTE = timedelta(minutes=1)


@pytest.fixture
def carrier(settings) -> Iterator[Carrier]:
    with running(Carrier(), settings) as server:
        settings.SMS_API = server.url
        yield server


@pytest.fixture
def account(desk, carrier) -> ChannelAccount:
    return TwilioCalls().account(desk, is_on=True)


@pytest.fixture
def arrives(client, account):
    def told(*calls: bytes, at=NOON) -> None:
        arrive(TwilioCalls(), client, account, *calls, at=at)

    return told


# ---- the signature, with the vectors of Twilio's own library ----


def vectors() -> dict:
    return json.loads((fixtures_folder("webhooks") / "signature_vectors.json").read_text())["twilio"]


def body_of(params: dict[str, str]) -> bytes:
    return urlencode(params).encode()


def test_twilios_own_vectors_are_accepted_with_and_without_port() -> None:
    told = vectors()
    raw, token, signatures = body_of(told["params"]), told["auth_token"], told["signatures"]
    with_port = told["url"].replace("mycompany.com", "mycompany.com:443")

    assert form_signature(token, told["url"], raw) == signatures["as_given"]
    assert form_signature(token, with_port, raw) == signatures["https_443"]
    for url in (told["url"], with_port):
        for signature in signatures.values():
            assert is_form_signed(token, url, raw, signature)


def test_any_changed_byte_of_address_form_signature_or_secret_is_refused() -> None:
    told = vectors()
    raw, token, signature = body_of(told["params"]), told["auth_token"], told["signatures"]["as_given"]
    for place in range(len(raw)):
        changed = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
        assert not is_form_signed(token, told["url"], changed, signature), changed
    for place in range(len(told["url"])):
        if told["url"][place : place + 3] == "://":
            continue
        changed = told["url"][:place] + "x" + told["url"][place + 1 :]
        if changed != told["url"]:
            assert not is_form_signed(token, changed, raw, signature), changed
    for wrong in ("", signature[:-1], signature.lower(), f" {signature}", "é"):
        assert not is_form_signed(token, told["url"], raw, wrong)
    for secret in ("", None, "12346"):
        assert not is_form_signed(secret, told["url"], raw, form_signature(secret or "", told["url"], raw)) or secret


# ---- in and out ----


def test_a_text_becomes_a_case_and_the_answer_leaves_as_a_form(arrives, account, carrier, robot, settings) -> None:
    arrives(form("SM1", Body="Quando è pronta la mia auto?"))
    case = Case.objects.get()
    assert (case.origin, case.subject) == ("sms", "Quando è pronta la mia auto?")
    assert list(ContactPoint.objects.values_list("value", flat=True)) == [GIULIA]

    write_reply(case_id=case.pk, text="Alle 17. Perché non passa prima?", by=robot, now=NOON + MINUTE)
    send_due(now=NOON + 2 * MINUTE)

    [sent] = carrier.heard
    assert sent.form == {
        "To": GIULIA,
        "From": OURS,
        "Body": "Alle 17. Perché non passa prima?",
        "StatusCallback": f"{settings.PUBLIC_URL}/messaging/hooks/sms/{account.hook_key}/",
    }
    arrives(status("SMout1", "delivered"), status("SMout1", "sent"))
    row = Outgoing.objects.get()
    assert (row.state, row.provider_id) == (OutboxState.SENT, "SMout1")
    assert row.delivered_at is not None


def test_where_a_messaging_service_is_named_it_sends(arrives, account, carrier, robot) -> None:
    account.hello_secret = "MG1"
    account.save(update_fields=["hello_secret"])
    arrives(form("SM1", Body="Ciao"))
    write_reply(case_id=Case.objects.get().pk, text="Buongiorno", by=robot, now=NOON)
    send_due(now=NOON + MINUTE)
    assert carrier.heard[0].form["MessagingServiceSid"] == "MG1"


def test_a_picture_comes_in_from_behind_the_password(arrives, carrier) -> None:
    carrier.pictures["/media/1"] = b"%PDF-1.4 of a carrier"
    arrives(form("SM1", Body="", NumMedia="1", MediaUrl0=f"{carrier.url}/media/1", MediaContentType0="application/pdf"))
    assert Attachment.objects.count() == 1
    assert Case.objects.get().subject == "Immagine via SMS"


@pytest.mark.parametrize(("told", "word"), [({}, "STOP"), ({}, "arresta"), ({"OptOutType": "STOP"}, "quit")])
def test_stop_ends_what_we_begin_even_for_who_never_wrote_and_start_takes_it_back(arrives, desk, told, word) -> None:
    customer = find_or_add_by_phone(
        group_id=desk.group.root.pk, phone=GIULIA, name="Giulia Ferri", source="test", now=NOON
    )
    arrives(form("SM1", Body=word, **told))

    assert Case.objects.count() == 0
    assert set(Consent.objects.values_list("customer_id", "channel", "is_given")) == {(customer.pk, "sms", False)}
    arrives(form("SM2", Body="START"), at=NOON + MINUTE)
    latest = {row.purpose: row.is_given for row in Consent.objects.order_by("stated_at")}
    assert latest["survey"] is True
    assert latest["marketing"] is False  # it was never agreed to before


def test_after_stop_an_agent_cannot_write_until_the_customer_does(arrives, robot) -> None:
    arrives(form("SM1", Body="Ciao"))
    arrives(form("SM2", Body="STOP"), at=NOON + MINUTE)
    with pytest.raises(MayNotContact) as refusal:
        write_reply(case_id=Case.objects.get().pk, text="Ma", by=robot, now=NOON + 2 * MINUTE)
    assert refusal.value.data["reason"] == Objection.OPTED_OUT


@pytest.mark.parametrize(
    ("code", "http", "state", "problem"),
    [
        (21211, 400, OutboxState.FAILED, SendProblem.NUMBER_REFUSED),
        (21610, 400, OutboxState.FAILED, Objection.OPTED_OUT),
        (20003, 401, OutboxState.WAITING, SendProblem.ACCOUNT_REFUSED),
        (20429, 429, OutboxState.WAITING, SendProblem.TOO_FAST),
        (20500, 500, OutboxState.WAITING, SendProblem.PROVIDER_DOWN),
        (99999, 400, OutboxState.FAILED, SendProblem.NOT_TAKEN),
    ],
)
def test_each_refusal_is_worded(arrives, carrier, robot, code, http, state, problem) -> None:
    arrives(form("SM1", Body="Ciao"))
    write_reply(case_id=Case.objects.get().pk, text="Buongiorno", by=robot, now=NOON)
    carrier.refusal = (http, error(code, "Refused", http))
    send_due(now=NOON + MINUTE)
    row = Outgoing.objects.get()
    assert (row.state, row.last_error) == (state, f"{problem}: {code} Refused")


def test_a_failure_that_is_reported_later_is_shown(arrives, carrier, robot) -> None:
    arrives(form("SM1", Body="Ciao"))
    write_reply(case_id=Case.objects.get().pk, text="Buongiorno", by=robot, now=NOON)
    send_due(now=NOON + MINUTE)
    arrives(status("SMout1", "undelivered", ErrorCode="30006"))
    row = Outgoing.objects.get()
    assert (row.state, row.last_error) == (OutboxState.FAILED, "number_refused: 30006")


def test_the_answer_is_twiml_and_another_account_of_the_provider_is_refused(client, account) -> None:
    calls = TwilioCalls()
    answer = calls.call(client, account, form("SM1", Body="Ciao"))
    assert (answer["Content-Type"], answer.content[-11:]) == ("text/xml", b"<Response/>")
    other = form("SM2", Body="Ciao").replace(ACCOUNT.encode(), b"AC" + b"9" * 32)
    assert calls.call(client, account, other).status_code == 401
    assert Inbound.objects.count() == 1


def test_a_form_that_names_no_message_is_kept_in_quarantine(arrives) -> None:
    arrives(f"AccountSid={ACCOUNT}&Foo=1".encode())
    assert Inbound.objects.get().state == "quarantined"
    assert Message.objects.count() == 0


# ---- as how many messages a text is billed ----


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Segments("GSM-7", 0, 160)),
        ("a" * 160, Segments("GSM-7", 1, 0)),
        ("a" * 161, Segments("GSM-7", 2, 145)),
        ("à" * 160, Segments("GSM-7", 1, 0)),
        ("€" * 80, Segments("GSM-7", 1, 0)),
        ("€" * 81, Segments("GSM-7", 2, 143)),  # 76 fit into the first: the 77th would be cut in half
        ("’" + "a" * 69, Segments("UCS-2", 1, 0)),
        ("’" + "a" * 70, Segments("UCS-2", 2, 63)),
        ("😀" * 35, Segments("UCS-2", 1, 0)),
        ("😀" * 36, Segments("UCS-2", 2, 61)),
    ],
)
def test_a_text_is_counted_as_carriers_do(text, expected) -> None:
    assert segments_of(text) == expected


@given(st.text(alphabet="abcà€[’😀", max_size=700))
def test_the_parts_hold_the_text_and_one_less_would_not(text: str) -> None:
    """The oracle fills parts letter by letter, as the standard words it."""
    found = segments_of(text)
    unicode = any(letter in "’😀" for letter in text)
    width = {"€": 2, "[": 2, "😀": 2} if not unicode else {"😀": 2}
    sizes = [width.get(letter, 1) for letter in text]
    alone, joined = (70, 67) if unicode else (160, 153)
    if sum(sizes) <= alone:
        expected = min(1, len(text))
    else:
        rooms = [joined]
        for size in sizes:
            if rooms[-1] < size:
                rooms.append(joined)
            rooms[-1] -= size
        expected = len(rooms)
    assert found.parts == expected
    assert adapter_of("sms").parts(text) == expected
