"""Telegram: a bot that people write to, with files, a shared number, a link that opened it, and a block."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from corsia.cases.models import Case
from corsia.customers.models import Consent, ContactPoint, Customer
from corsia.customers.services import find_or_add_by_phone
from corsia.messaging.models import Attachment, ChannelAccount, Correspondent, Inbound, Message, Outgoing
from corsia.messaging.rules.incoming import NewFile
from corsia.messaging.services import MayNotContact, send_due, write_reply
from corsia.messaging.services.accounts import ProviderRefused, switch
from corsia.messaging.vocabulary import Objection, OutboxState, SendProblem
from tests.conftest import NOON
from tests.connectors.hooks import arrive, hook
from tests.connectors.providers import running
from tests.connectors.telegram.speaker import GIULIA, TOKEN, BotApi, TelegramCalls, error, raw, update

pytestmark = pytest.mark.usefixtures("everything")
MINUTE = timedelta(minutes=1)
PHONE = "393331234567"


@pytest.fixture
def bot(settings) -> Iterator[BotApi]:
    with running(BotApi(), settings) as server:
        settings.TELEGRAM_API = server.url
        yield server


@pytest.fixture
def account(desk, bot) -> ChannelAccount:
    return TelegramCalls().account(desk, is_on=True)


@pytest.fixture
def arrives(client, account):
    def told(*calls: bytes, at=NOON) -> None:
        arrive(TelegramCalls(), client, account, *calls, at=at)

    return told


def own_contact(number: int) -> bytes:
    contact = {"phone_number": PHONE, "first_name": "Giulia", "user_id": GIULIA}
    return update(number, contact=contact)


def test_switching_the_channel_on_tells_telegram_where_to_call(account, bot, settings) -> None:
    assert bot.webhooks == [
        {
            "url": settings.PUBLIC_URL + hook(account),
            "secret_token": "our-webhook-secret-1234",
            "allowed_updates": ["message", "edited_message", "callback_query", "my_chat_member"],
        }
    ]


def test_a_bot_that_telegram_does_not_know_stays_off(desk, bot, robot) -> None:
    wrong = TelegramCalls().account(desk, token="1:wrong")
    with pytest.raises(ProviderRefused):
        switch(account_id=wrong.pk, is_on=True, by=robot, now=NOON)
    wrong.refresh_from_db()
    assert wrong.is_active is False


def test_in_a_sandbox_nobody_is_told(desk, bot, settings) -> None:
    settings.SANDBOX = True
    assert TelegramCalls().account(desk, is_on=True).is_active is True
    assert bot.heard == []


def test_a_text_becomes_a_case_and_the_answer_leaves_by_the_bot(arrives, bot, robot) -> None:
    arrives(update(1, text="Quando è pronta la mia auto?"))
    case = Case.objects.get()
    assert (case.origin, case.customer.display_name, case.language) == ("telegram", "Giulia Ferri", "it")

    write_reply(case_id=case.pk, text="Alle 17.", by=robot, now=NOON + MINUTE)
    send_due(now=NOON + 2 * MINUTE)

    assert bot.heard[-1].path == f"/bot{TOKEN}/sendMessage"
    assert bot.heard[-1].json == {"chat_id": str(GIULIA), "text": "Alle 17."}
    row = Outgoing.objects.get()
    assert (row.state, row.provider_id) == (OutboxState.SENT, f"{GIULIA}:701")


def test_files_go_both_ways(arrives, bot, robot) -> None:
    bot.files["large"] = b"%PDF-1.4 of a photo"
    sizes = [{"file_id": "small", "width": 90}, {"file_id": "large", "width": 1280}]
    arrives(update(1, photo=sizes, caption="Il graffio"))
    assert Message.objects.get().text == "Il graffio"
    assert Attachment.objects.get().name == "Foto.jpg"

    file = NewFile(name="preventivo.pdf", content=b"%PDF-1.4\n" + b"x" * 40, media_type="application/pdf")
    write_reply(case_id=Case.objects.get().pk, text="Ecco.", attachments=[file], by=robot, now=NOON)
    send_due(now=NOON + MINUTE)
    sent = bot.heard[-1]
    assert sent.path.endswith("/sendDocument")
    assert b'name="caption"\r\n\r\nEcco.\r\n' in sent.body
    assert b'name="document"; filename="preventivo.pdf"\r\nContent-Type: application/pdf' in sent.body


def test_who_shares_their_own_number_is_the_customer_who_has_it(arrives, desk) -> None:
    known = find_or_add_by_phone(
        group_id=desk.group.root.pk, phone=f"+{PHONE}", name="Giulia Ferri", source="test", now=NOON
    )
    arrives(update(1, text="Buongiorno"))
    assert Case.objects.get().customer_id != known.pk

    arrives(own_contact(2), at=NOON + MINUTE)

    correspondent = Correspondent.objects.get()
    assert (correspondent.customer_id, correspondent.is_proven, correspondent.phone) == (known.pk, True, f"+{PHONE}")
    assert Case.objects.get().customer_id == known.pk
    assert set(Message.objects.values_list("customer_id", flat=True)) == {known.pk}


def test_a_number_nobody_has_is_added_to_who_shares_it(arrives) -> None:
    arrives(update(1, text="Buongiorno"), own_contact(2))
    assert Customer.objects.count() == 1
    assert list(ContactPoint.objects.values_list("value", flat=True)) == [f"+{PHONE}"]
    assert Correspondent.objects.get().is_proven is True


def test_somebody_elses_number_proves_nothing(arrives, desk) -> None:
    known = find_or_add_by_phone(
        group_id=desk.group.root.pk, phone=f"+{PHONE}", name="Paolo Ferri", source="test", now=NOON
    )
    arrives(update(1, contact={"phone_number": PHONE, "first_name": "Paolo", "user_id": 42}))
    assert Correspondent.objects.get().phone == ""
    assert Case.objects.get().customer_id != known.pk
    assert Message.objects.get().text == f"Contatto condiviso:\nPaolo\n+{PHONE}"


@pytest.mark.parametrize(
    ("parts", "text", "flags", "is_quiet"),
    [
        ({"text": "/start"}, "Ha aperto la conversazione.", "", False),
        ({"text": "/start targa_AB123CD"}, "Ha aperto la conversazione dal link “targa_AB123CD”.", "", False),
        ({"text": "/orari"}, "/orari", "", False),
        (
            {"location": {"latitude": 45.5, "longitude": 10.2}},
            "Luogo: 45.5, 10.2\nhttps://www.openstreetmap.org/?mlat=45.5&mlon=10.2",
            "",
            False,
        ),
        ({"text": "Inoltro", "forward_origin": {"type": "user"}}, "Inoltro", "forwarded", False),
        (
            {"hologram": {"depth": 3}},
            "Qualcosa di un tipo che qui non si può mostrare (hologram). Chiedi di dirlo con altre parole.",
            "unknown",
            False,
        ),
        ({"pinned_message": {"message_id": 1}}, "Un avviso di Telegram.", "", True),
    ],
)
def test_each_kind_of_message_is_filed(arrives, parts, text, flags, is_quiet) -> None:
    arrives(update(1, text="Prima"), update(2, **parts))
    found = Message.objects.order_by("pk").last()
    assert (found.text, found.flags, found.is_automatic) == (text, flags, is_quiet)
    assert Case.objects.count() == 1


def test_changed_words_and_a_group_that_is_no_customer(arrives) -> None:
    arrives(update(1, text="Vengo alle 8"))
    edited = {"message_id": 1, "chat": {"id": GIULIA, "type": "private"}, "text": "Vengo alle 9"}
    arrives(raw(2, edited_message=edited))
    arrives(update(3, text="Ciao a tutti", chat={"id": -100, "type": "supergroup"}))
    arrives(raw(4, inline_query={"id": "1", "query": "x"}))

    found = Message.objects.get()
    assert (found.text, found.full_text, found.flags) == ("Vengo alle 9", "Vengo alle 8", "edited")
    assert set(Inbound.objects.values_list("state", flat=True)) == {"parsed"}


def test_who_blocks_the_bot_has_said_no_and_who_starts_it_again_yes(arrives, robot) -> None:
    arrives(update(1, text="Ciao"))
    chat = {"id": GIULIA, "type": "private"}
    arrives(raw(2, my_chat_member={"chat": chat, "new_chat_member": {"status": "kicked"}}), at=NOON + MINUTE)
    case = Case.objects.get()
    with pytest.raises(MayNotContact) as refusal:
        write_reply(case_id=case.pk, text="Ma", by=robot, now=NOON + 2 * MINUTE)
    assert refusal.value.data["reason"] == Objection.OPTED_OUT
    assert set(Consent.objects.values_list("channel", "is_given")) == {("chat", False)}

    arrives(raw(3, my_chat_member={"chat": chat, "new_chat_member": {"status": "member"}}), at=NOON + 3 * MINUTE)
    write_reply(case_id=case.pk, text="Bentornata", by=robot, now=NOON + 4 * MINUTE)


@pytest.mark.parametrize(
    ("http", "told", "state", "problem", "seconds"),
    [
        (429, error(429, "Too Many Requests: retry after 7", retry_after=7), "waiting", SendProblem.TOO_FAST, 7),
        (403, error(403, "Forbidden: bot was blocked by the user"), "failed", Objection.OPTED_OUT, None),
        (400, error(400, "Bad Request: chat not found"), "failed", SendProblem.NUMBER_REFUSED, None),
        (401, error(401, "Unauthorized"), "waiting", SendProblem.ACCOUNT_REFUSED, 1800),
        (502, error(502, "Bad Gateway"), "waiting", SendProblem.PROVIDER_DOWN, 30),
    ],
)
def test_each_refusal_is_worded(arrives, bot, robot, http, told, state, problem, seconds) -> None:
    arrives(update(1, text="Ciao"))
    write_reply(case_id=Case.objects.get().pk, text="Buongiorno", by=robot, now=NOON)
    bot.refusal = (http, told)
    send_due(now=NOON + MINUTE)
    row = Outgoing.objects.get()
    assert (row.state, row.last_error) == (state, f"{problem}: {http} {told['description']}")
    assert TOKEN not in row.last_error
    if seconds is not None:
        assert row.send_after == NOON + MINUTE + timedelta(seconds=seconds)
