"""Every channel's webhook against forged, repeated, reordered and unknown calls: one sweep over the registry.

A channel without a speaker here fails the first test; so does one whose adapter proves nothing.
"""

import itertools
import json
import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test import Client

from corsia.cases.models import Case
from corsia.customers.models import Customer
from corsia.kernel import scope
from corsia.messaging.models import ChannelAccount, Correspondent, Inbound, Message, Outgoing, Thread
from corsia.messaging.ports import Adapter, adapters
from corsia.messaging.rules.gate import ALLOWED, consent_channel
from corsia.messaging.rules.quiet import RINGING
from corsia.messaging.services import write_reply
from corsia.messaging.services.contact import take_leave
from corsia.messaging.services.events import read_events
from corsia.messaging.vocabulary import OutboxState
from corsia.messaging.web.hooks import MAX_BYTES
from tests.conftest import NOON
from tests.connectors.hooks import Speaker, arrive, hook
from tests.connectors.meta.speaker import InstagramCalls, MessengerCalls
from tests.connectors.sms.speaker import TwilioCalls
from tests.connectors.telegram.speaker import TelegramCalls
from tests.connectors.telephony.speaker import VoiceCalls
from tests.connectors.whatsapp.speaker import MetaCalls
from tests.factories.messaging import ROBOT, a_desk
from tests.factories.organisation import small_group

SPEAKERS: dict[str, Speaker] = {
    speaker.channel: speaker
    for speaker in (MetaCalls(), TwilioCalls(), TelegramCalls(), MessengerCalls(), InstagramCalls())
}
# Channels without a provider that calls: their hook takes nothing from anybody.
CLOSED = {"chat"}
# Channels that bring calls, no messages: what they do is tried in their own folder, their doors here.
CALLS: dict[str, Speaker] = {"voice": VoiceCalls()}
DOORS = SPEAKERS | CALLS
every = pytest.mark.parametrize("speaker", SPEAKERS.values(), ids=list(SPEAKERS))
every_door = pytest.mark.parametrize("speaker", DOORS.values(), ids=list(DOORS))
signed = pytest.mark.parametrize(
    "speaker", [one for one in DOORS.values() if one.covers_bytes], ids=[
        name for name, one in DOORS.items() if one.covers_bytes
    ],
)  # fmt: skip
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def no_provider_is_asked(settings) -> None:
    """Names and files are not what is tried here: in a sandbox nothing leaves."""
    settings.SANDBOX = True


@pytest.fixture
def account(speaker, desk, everything) -> ChannelAccount:
    return speaker.account(desk)


def rows() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (Inbound, Message, Case, Customer, Correspondent))


def test_every_channel_of_the_registry_is_swept() -> None:
    assert set(adapters()) - CLOSED == set(DOORS)


def test_an_adapter_that_proves_nothing_cannot_be_made() -> None:
    class Careless(Adapter):
        kind = next(iter(adapters().values())).kind

        def read(self, account, raw, *, at):
            return []

        def deliver(self, account, parcel):
            return ""

    with pytest.raises(TypeError, match="verify"):
        Careless()


@pytest.mark.parametrize("channel", sorted(CLOSED))
def test_a_channel_without_a_provider_takes_nothing(client, desk, everything, channel) -> None:
    made = ChannelAccount.objects.create(
        unit=desk.unit,
        channel=channel,
        name="x",
        external_id="x",
        hook_key="k" * 20,
        signing_secret="s",
        created_at=NOON,
    )
    assert client.post(hook(made), b"{}", content_type="application/json").status_code == 401
    assert Inbound.objects.count() == 0


@every_door
def test_a_forged_call_is_refused_and_leaves_no_row(client, speaker, account, desk) -> None:
    raw = speaker.text(1, "Buongiorno")
    proof = speaker.headers(account, raw)
    [(header, right)] = proof.items()
    other = speaker.account(desk, external_id="999", signing_secret="another secret")
    bare = speaker.account(desk, external_id="998", signing_secret="")
    ChannelAccount.objects.filter(pk=bare.pk).update(signing_secret=None)
    bare.refresh_from_db()
    forged = {
        "no header": (account, {}),
        "an empty header": (account, {header: ""}),
        "a wrong one": (account, {header: right[:-2] + ("AA" if right[-2:] != "AA" else "BB")}),
        "letters beyond ASCII": (account, {header: "é"}),
        "another account's secret": (account, speaker.headers(account, raw, secret="another secret")),
        "for another account": (other, proof),
        "an empty secret": (account, speaker.headers(account, raw, secret="")),
        "an account without a secret": (bare, speaker.headers(bare, raw, secret="")),
    }
    for name, (target, headers) in forged.items():
        assert speaker.call(client, target, raw, headers).status_code == 401, name
    for place in ("nobody", account.hook_key[:-1], account.hook_key + "x"):
        wrong = f"/messaging/hooks/{account.channel}/{place}/"
        assert client.post(wrong, raw, content_type=speaker.media_type, headers=proof).status_code == 401, place
    elsewhere = f"/messaging/hooks/nochannel/{account.hook_key}/"
    assert client.post(elsewhere, raw, content_type=speaker.media_type, headers=proof).status_code == 401

    assert rows() == (0, 0, 0, 0, 0)
    assert speaker.call(client, account, raw).status_code == 200
    assert Inbound.objects.count() == 1


@signed
def test_a_right_signature_over_other_bytes_is_refused(client, speaker, account) -> None:
    raw = speaker.text(1, "Buongiorno")
    proof = speaker.headers(account, raw)
    changed = [raw + b" ", raw.replace(b"Buongiorno", b"Buonasera!"), raw[:-1], b""]
    if speaker.media_type == "application/json":
        told = json.loads(raw)
        changed += [json.dumps(told).encode(), json.dumps(told, indent=1).encode()]
        changed = [one for one in changed if one != raw]
    for body in changed:
        assert speaker.call(client, account, body, proof).status_code == 401, body
    assert rows() == (0, 0, 0, 0, 0)


@every_door
def test_other_methods_and_too_much_are_refused(client, speaker, account) -> None:
    for method in ("put", "patch", "delete"):
        assert getattr(client, method)(hook(account)).status_code == 405
    assert client.get(hook(account)).status_code == 401
    assert speaker.call(client, account, b"x" * (MAX_BYTES + 1)).status_code == 413
    assert rows() == (0, 0, 0, 0, 0)


@every_door
def test_a_form_with_parts_is_refused_as_any_other_forged_call(client, speaker, account) -> None:
    assert client.post(hook(account), {"MessageSid": "SM1", "Body": "x"}).status_code == 401  # multipart/form-data
    assert rows() == (0, 0, 0, 0, 0)


@every
def test_a_text_with_a_nul_is_kept_and_shown_without_it(client, speaker, account) -> None:
    arrive(speaker, client, account, speaker.text(1, "Buon\x00giorno"))

    assert Message.objects.get().text == "Buongiorno"


@every
def test_at_night_the_away_text_leaves_at_once_or_with_the_next_morning(client, speaker, desk, everything) -> None:
    account, night = speaker.account(desk, is_on=True), NOON + timedelta(hours=11)
    ChannelAccount.objects.filter(pk=account.pk).update(away_it="Ora siamo chiusi.")
    arrive(speaker, client, account, speaker.text(1, "Buonasera"), at=night)

    row = Outgoing.objects.get()
    assert row.body == "Ora siamo chiusi."
    assert take_leave(row, now=night + MINUTE) == ALLOWED
    late = take_leave(row, now=night + 3 * 60 * MINUTE)  # nobody waits for it any more: it does not ring at two
    assert (late.not_before is not None) is (consent_channel(account.channel) in RINGING)


@every_door
def test_what_nobody_has_seen_yet_is_kept(client, speaker, account) -> None:
    raw = speaker.unknown(1)
    arrive(speaker, client, account, raw)

    kept = Inbound.objects.get()
    assert bytes(kept.raw) == raw
    if kept.state == "quarantined":
        assert kept.reason  # it says what is wrong with it, and waits for a second try
        assert Message.objects.count() == 0
    else:
        assert Message.objects.get().flags == "unknown"


@every_door
def test_what_is_signed_and_is_nothing_of_the_channels_waits_in_quarantine(client, speaker, account) -> None:
    for raw in (b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b"[" * 2000):
        if speaker.call(client, account, raw, speaker.proof(account.signing_secret, "", b"")).status_code == 200:
            continue  # its proof does not cover the bytes
        try:
            headers = speaker.headers(account, raw)
        except ValueError:
            continue  # the provider itself could not have signed it
        assert speaker.call(client, account, raw, headers).status_code in (200, 401)
    while read_events(now=NOON):
        continue
    assert set(Inbound.objects.values_list("state", flat=True)) <= {"quarantined"}
    assert Case.objects.count() == 0


@every
@pytest.mark.django_db(transaction=True)
def test_the_same_event_a_hundred_times_at_once_has_one_effect(speaker) -> None:
    with scope.system("test"):
        desk = a_desk(small_group(), now=NOON)
        account = speaker.account(desk)
    raw = speaker.text(1, "Buongiorno")
    headers, answers, errors = speaker.headers(account, raw), [], []

    def deliver() -> None:
        try:
            client = Client()
            for _turn in range(10):
                answers.append(speaker.call(client, account, raw, headers).status_code)
            with scope.system("test"):
                while read_events(now=NOON):
                    continue
        except Exception as error:  # noqa: BLE001  (told below)
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=deliver) for _each in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    assert answers == [200] * 100
    with scope.system("test"):
        assert rows() == (1, 1, 1, int(bool(Case.objects.get().customer_id)), 1)


def state_after(speaker: Speaker, client: Client, account: ChannelAccount, order: list[bytes]) -> dict[str, object]:
    """Return the end that a conversation comes to when its calls arrive in an order, whoever came first."""
    for turn, raw in enumerate(order):
        arrive(speaker, client, account, raw, at=NOON + (turn + 2) * MINUTE)
    for turn in range(4):  # what came before its time is looked at again
        while read_events(now=NOON + timedelta(minutes=10 + 2 * turn)):
            continue
    row = Outgoing.objects.get(provider_id="ours-1")
    return {
        "messages": sorted(Message.objects.filter(direction="in").values_list("text", "full_text", "flags")),
        "cases": Case.objects.count(),
        "customers": Customer.objects.count(),
        "sent": (row.state, row.delivered_at is not None, row.read_at),
        "unread": Thread.objects.get().unread,
        "journal": sorted(Inbound.objects.values_list("state", "outcome")),
    }


@every
@pytest.mark.parametrize("step", [pytest.param(11, id="some"), pytest.param(1, id="all", marks=pytest.mark.prove)])
def test_the_events_of_a_conversation_in_any_order_come_to_the_same_end(client, speaker, account, step) -> None:
    ChannelAccount.objects.filter(pk=account.pk).update(is_active=True)
    account.refresh_from_db()
    arrive(speaker, client, account, speaker.text(1, "Prima"))
    case = Case.objects.get()
    write_reply(case_id=case.pk, text="Un momento", by=ROBOT, now=NOON)
    Outgoing.objects.update(state=OutboxState.SENT, provider_id="ours-1", sent_at=NOON)
    story = list(speaker.story("ours-1"))
    orders = list(itertools.permutations(story))
    assert len(orders) == 120

    ends = []
    for order in orders[::step]:
        with transaction.atomic():
            ends.append(state_after(speaker, client, account, list(order)))
            transaction.set_rollback(True)

    differing = [end for end in ends if end != ends[0]]
    assert differing == []
