"""Messenger and Instagram: what comes in, what leaves and under which of Meta's rules, reports by instants."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from corsia.cases.models import Case
from corsia.connectors.meta.graph import pieces
from corsia.messaging.models import Attachment, ChannelAccount, Correspondent, Inbound, Message, Outgoing
from corsia.messaging.rules.incoming import NewFile
from corsia.messaging.services import MayNotContact, send_due, write_reply
from corsia.messaging.vocabulary import Objection, OutboxState, SendProblem
from tests.conftest import NOON
from tests.connectors.hooks import arrive, hook
from tests.connectors.meta.speaker import AT, GIULIA, Graph, InstagramCalls, MessengerCalls, error, message, told
from tests.connectors.providers import running

pytestmark = pytest.mark.usefixtures("everything")
MINUTE = timedelta(minutes=1)
CALLS = {"messenger": MessengerCalls(), "instagram": InstagramCalls()}


@pytest.fixture
def graph(settings) -> Iterator[Graph]:
    with running(Graph(), settings) as server:
        settings.MESSENGER_API = settings.INSTAGRAM_API = f"{server.url}/v23.0"
        yield server


@pytest.fixture(params=sorted(CALLS))
def account(request, desk, graph) -> ChannelAccount:
    return CALLS[request.param].account(desk, is_on=True)


@pytest.fixture
def arrives(client, account):
    def call(*calls: bytes, at=NOON) -> None:
        arrive(CALLS[account.channel], client, account, *calls, at=at)

    return call


def test_a_text_becomes_a_case_with_the_name_that_meta_tells_and_is_answered(arrives, account, graph, robot) -> None:
    now = datetime.now(tz=UTC)
    arrives(told(message(1, text="Quando è pronta la mia auto?")), at=now)
    case = Case.objects.get()
    assert (case.origin, case.customer.display_name) == (account.channel, "Giulia Ferri")

    arrives(told(message(2, text="Pronto?")), at=now)
    assert len([one for one in graph.heard if one.method == "GET"]) == 1  # the name is asked for once

    write_reply(case_id=case.pk, text="Alle 17.", by=robot, now=now)
    send_due(now=now + MINUTE)
    [sent] = graph.posted("/messages")
    assert sent == {
        "recipient": {"id": GIULIA},
        "messaging_type": "RESPONSE",
        "message": {"text": "Alle 17."},
    }
    assert Outgoing.objects.get().provider_id == "m_out1"


@pytest.mark.parametrize(("hours", "tag"), [(23, None), (25, "HUMAN_AGENT"), (167, "HUMAN_AGENT")])
def test_after_a_day_a_person_answers_with_metas_tag(arrives, graph, robot, hours, tag) -> None:
    now = datetime.now(tz=UTC)
    arrives(told(message(1, text="Ciao")), at=now - timedelta(hours=hours))
    write_reply(case_id=Case.objects.get().pk, text="Buongiorno", by=robot, now=now)
    send_due(now=now + MINUTE)
    [sent] = graph.posted("/messages")
    assert sent.get("tag") == tag
    assert sent["messaging_type"] == ("MESSAGE_TAG" if tag else "RESPONSE")


def test_after_a_week_nothing_leaves(arrives, graph, robot) -> None:
    arrives(told(message(1, text="Ciao")))
    with pytest.raises(MayNotContact) as refusal:
        write_reply(case_id=Case.objects.get().pk, text="Buongiorno", by=robot, now=NOON + timedelta(days=7))
    assert refusal.value.data["reason"] == Objection.WINDOW_CLOSED
    assert graph.posted("/messages") == []


def test_files_come_in_by_their_address_and_leave_as_links_of_ours(arrives, graph, robot, client) -> None:
    graph.files["/f/1"] = b"%PDF-1.4 of a page"
    arrives(told(message(1, attachments=[{"type": "file", "payload": {"url": f"{graph.url}/f/1"}}])))
    assert Attachment.objects.get().name == "Documento 1"

    files = [NewFile(name="a.pdf", content=b"%PDF-1.4\n" + b"x" * 40, media_type="application/pdf")]
    write_reply(case_id=Case.objects.get().pk, text="Ecco.", attachments=files, by=robot, now=NOON)
    send_due(now=NOON + MINUTE)
    words, file = graph.posted("/messages")
    assert words["message"] == {"text": "Ecco."}
    assert file["message"]["attachment"]["type"] == "file"
    assert "/messaging/provider-files/" in file["message"]["attachment"]["payload"]["url"]


@pytest.mark.parametrize(
    ("item", "text", "flags", "is_quiet"),
    [
        ({"postback": {"mid": "m_2", "title": "Orari", "payload": "HOURS"}}, "Orari", "", False),
        ({"reaction": {"mid": "m_1", "action": "react", "emoji": "❤"}}, "Ha reagito: ❤", "", True),
        ({"reaction": {"mid": "m_1", "action": "unreact"}}, "Ha tolto la reazione.", "", True),
        (message(2, text="Bella", reply_to={"story": {"url": "https://x.it/s", "id": "1"}}), "Bella", "", False),
        (
            message(2, attachments=[{"type": "story_mention", "payload": {}}]),
            "Ci ha menzionati nella sua storia.",
            "",
            False,
        ),
        (
            message(2, attachments=[{"type": "share", "title": "Promo", "payload": {"url": "https://x.it"}}]),
            "Condiviso: Promo https://x.it",
            "",
            False,
        ),
        (
            message(2, attachments=[{"type": "location", "payload": {"coordinates": {"lat": 45.5, "long": 10.2}}}]),
            "Luogo: 45.5, 10.2\nhttps://www.openstreetmap.org/?mlat=45.5&mlon=10.2",
            "",
            False,
        ),
        (
            message(2, is_unsupported=True),
            "Qualcosa di un tipo che qui non si può mostrare (Meta non dice quale). Chiedi di dirlo con altre parole.",
            "unknown",
            False,
        ),
    ],
)  # fmt: skip
def test_each_kind_is_filed(arrives, graph, item, text, flags, is_quiet) -> None:
    arrives(told(message(1, text="Prima")), told(item))
    found = Message.objects.order_by("pk").last()
    assert (found.text, found.flags, found.is_automatic) == (text, flags, is_quiet)
    assert Case.objects.count() == 1


def test_a_story_that_is_answered_is_told_below_the_words(arrives, graph) -> None:
    arrives(told(message(1, text="Bella", reply_to={"story": {"url": "https://x.it/s", "id": "1"}})))
    assert Message.objects.get().full_text == "Bella\n\nRisponde alla nostra storia: https://x.it/s"


def test_echoes_of_ours_other_apps_and_comments_become_no_message(arrives, account, graph) -> None:
    arrives(told(message(1, text="Ours", is_echo=True)))
    for name in ("standby", "changes"):
        whole = {"object": "page", "entry": [{"id": account.external_id, "time": AT, name: [{"field": "feed"}]}]}
        arrives(json.dumps(whole).encode())
    assert (Message.objects.count(), Inbound.objects.count()) == (0, 3)
    assert set(Inbound.objects.values_list("state", flat=True)) == {"parsed"}


def test_changed_and_withdrawn_words(arrives, graph) -> None:
    arrives(told(message(1, text="Vengo alle 8")))
    arrives(told({"message_edit": {"mid": "m_1", "text": "Vengo alle 9", "num_edit": 1}}))
    arrives(told(message(1, is_deleted=True)))
    found = Message.objects.get()
    assert (found.text, found.full_text, found.flags) == ("Vengo alle 9", "Vengo alle 8", "edited deleted")


def test_a_report_by_an_instant_is_for_everything_that_left_before_it(arrives, graph, robot) -> None:
    arrives(told(message(1, text="Ciao")))
    case = Case.objects.get()
    for number in range(3):
        write_reply(case_id=case.pk, text=f"Parte {number}", by=robot, now=NOON)
    send_due(now=NOON + MINUTE)
    rows = list(Outgoing.objects.order_by("pk"))
    at = datetime.fromtimestamp(AT / 1000, tz=UTC)
    for row, minutes in zip(rows, (-2, -1, 5), strict=True):
        Outgoing.objects.filter(pk=row.pk).update(sent_at=at + minutes * MINUTE)

    arrives(told({"read": {"watermark": AT}}), told({"delivery": {"watermark": AT}}))

    assert [row.read_at for row in Outgoing.objects.order_by("pk")] == [at, at, None]
    assert [row.delivered_at for row in Outgoing.objects.order_by("pk")] == [at, at, None]


@pytest.mark.parametrize(
    ("http", "told_error", "state", "problem"),
    [
        (400, error(10, "Outside of allowed window", 2018278), OutboxState.FAILED, Objection.WINDOW_CLOSED),
        (400, error(551, "This person isn't available"), OutboxState.FAILED, SendProblem.NUMBER_REFUSED),
        (400, error(100, "No matching user", 2018001), OutboxState.FAILED, SendProblem.NUMBER_REFUSED),
        (400, error(613, "Rate limit"), OutboxState.WAITING, SendProblem.TOO_FAST),
        (401, error(190, "Expired"), OutboxState.WAITING, SendProblem.ACCOUNT_REFUSED),
        (500, error(2, "Service down"), OutboxState.WAITING, SendProblem.PROVIDER_DOWN),
        (400, error(9999, "New"), OutboxState.FAILED, SendProblem.NOT_TAKEN),
    ],
)
def test_each_refusal_is_worded(arrives, graph, robot, http, told_error, state, problem) -> None:
    arrives(told(message(1, text="Ciao")))
    write_reply(case_id=Case.objects.get().pk, text="Buongiorno", by=robot, now=NOON)
    graph.refusal = (http, told_error)
    send_due(now=NOON + MINUTE)
    row = Outgoing.objects.get()
    words = f"{problem}: {told_error['error']['code']} {told_error['error']['message']}"
    assert (row.state, row.last_error) == (state, words)


def test_a_name_that_meta_does_not_tell_holds_nothing_up(arrives, graph) -> None:
    graph.refusal = (500, error(2, "Service down"))
    arrives(told(message(1, text="Ciao")))
    assert (Case.objects.get().customer_id, Correspondent.objects.get().name) == (None, "")


def test_the_webhook_is_set_up_by_whoever_knows_the_verify_token(client, account) -> None:
    asked = {"hub.mode": "subscribe", "hub.challenge": "77", "hub.verify_token": "ciao"}
    assert client.get(hook(account), asked).content == b"77"
    assert client.get(hook(account), {**asked, "hub.verify_token": "x"}).status_code == 401


@pytest.mark.parametrize("text", ["", "breve", "è " * 900, "x" * 2500, "😀" * 600, "parola " * 300 + "\n" + "y" * 990])
def test_a_long_text_is_parted_between_words_and_nothing_is_lost(text) -> None:
    found = pieces(text, 1000)
    assert all(0 < len(piece.encode()) <= 1000 for piece in found)
    assert "".join("".join(found).split()) == "".join(text.split())
