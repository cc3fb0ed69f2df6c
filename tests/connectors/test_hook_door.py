"""The door in front of Django takes calls of providers together; it lets in, refuses and keeps what Django does."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from corsia.config.asgi import application
from corsia.kernel import scope
from corsia.kernel.client_address import count_key
from corsia.kernel.limits import Limit, used
from corsia.messaging.models import ChannelAccount
from corsia.messaging.web import hook_door
from corsia.messaging.web.hooks import DOOR, MAX_BYTES
from tests.conftest import NOON
from tests.connectors.hooks import Speaker, hook
from tests.connectors.test_every_hook import DOORS, every_door
from tests.factories.messaging import a_desk
from tests.factories.organisation import small_group

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass
class Answer:
    status: int
    body: bytes
    headers: dict[str, str]


async def knock(
    path: str, raw: bytes, headers: dict[str, str], *, method: str = "POST", peer: str = "192.0.2.7", query: str = ""
) -> Answer:
    """Call as a server hands it on, in two pieces."""
    pieces = [
        {"type": "http.request", "body": raw[:10], "more_body": True},
        {"type": "http.request", "body": raw[10:], "more_body": False},
    ]
    answer = Answer(0, b"", {})

    async def receive() -> dict[str, Any]:
        return pieces.pop(0) if pieces else await asyncio.get_running_loop().create_future()

    async def send(message: Any) -> None:
        answer.status = message.get("status", answer.status)
        answer.headers |= {name.decode().lower(): value.decode() for name, value in message.get("headers", ())}
        answer.body += message.get("body", b"")

    given = {"host": "testserver", "content-length": str(len(raw)), **headers}
    await application(
        {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "scheme": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "client": (peer, 4711),
            "server": ("testserver", 80),
            "headers": [(name.lower().encode(), value.encode()) for name, value in given.items()],
        },
        receive,
        send,
    )
    return answer


def at_once(calls: Sequence[Callable[[], Awaitable[Answer]]]) -> list[Answer]:
    async def main() -> list[Answer]:
        return list(await asyncio.gather(*(call() for call in calls)))

    return asyncio.run(main())


@pytest.fixture(autouse=True)
def no_provider_is_asked(settings) -> None:
    settings.SANDBOX = True
    settings.ALLOWED_HOSTS = ["testserver"]


def account_of(speaker: Speaker, **secrets: str) -> ChannelAccount:
    with scope.system("test"):
        return speaker.account(a_desk(small_group(), now=NOON), **secrets)


def journal() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM messaging_inbound")
        return int(cursor.fetchone()[0])


@every_door
def test_every_call_is_answered_as_behind_django(speaker) -> None:
    account = account_of(speaker)
    good, other = speaker.text(1, "Buongiorno"), speaker.text(2, "Buonasera")
    typed = {"content-type": speaker.media_type}
    calls: dict[str, tuple[str, bytes, dict[str, str]]] = {
        "signed": (hook(account), good, speaker.headers(account, good)),
        "signed, again": (hook(account), good, speaker.headers(account, good)),
        "a kind that nobody knows": (hook(account), speaker.unknown(3), speaker.headers(account, speaker.unknown(3))),
        "unsigned": (hook(account), good, {}),
        "signed with nothing": (hook(account), good, speaker.headers(account, good, secret="")),
        "for nobody": ("/messaging/hooks/whatsapp/nobody/", good, speaker.headers(account, good)),
        "of no channel": (f"/messaging/hooks/none/{account.hook_key}/", good, speaker.headers(account, good)),
        "too large": (hook(account), b"x" * (MAX_BYTES + 1), {}),
        "of another's bytes": (hook(account), other[:-1], speaker.headers(account, other)),
    }
    client = Client()
    for name, (path, raw, headers) in calls.items():
        [door] = at_once([lambda path=path, raw=raw, headers=headers: knock(path, raw, {**typed, **headers})])
        kept = journal()
        django = client.post(path, raw, content_type=speaker.media_type, headers=headers)

        assert (door.status, door.body) == (django.status_code, django.content), name
        assert door.headers["content-type"].split(";")[0] == django.headers["Content-Type"].split(";")[0], name
        assert journal() == kept, name  # what Django was told afterwards was the same call
    assert journal() == (2 if speaker.covers_bytes else 3)


def test_calls_that_come_together_share_one_commit_and_each_event_is_kept_once() -> None:
    speaker = DOORS["whatsapp"]
    account = account_of(speaker)
    texts = [speaker.text(number % 25, "Buongiorno") for number in range(50)]  # each of them twice
    answers = at_once([lambda raw=raw: knock(hook(account), raw, speaker.headers(account, raw)) for raw in texts])

    assert [answer.status for answer in answers] == [200] * 50
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), count(DISTINCT dedupe_key), count(DISTINCT xmin::text) FROM messaging_inbound")
        rows, keys, transactions = cursor.fetchone()
    assert (rows, keys) == (25, 25)
    assert transactions <= 2  # the first call goes by itself, the others gathered meanwhile


def test_a_forged_call_among_good_ones_is_refused_by_itself() -> None:
    speaker = DOORS["whatsapp"]
    account = account_of(speaker)
    raws = [speaker.text(number, "Buongiorno") for number in range(9)]
    answers = at_once(
        [
            lambda raw=raw, place=place: knock(
                hook(account), raw, speaker.headers(account, raw, secret="forged" if place % 3 == 1 else None)
            )
            for place, raw in enumerate(raws)
        ]
    )

    assert [answer.status for answer in answers] == [200, 401, 200] * 3
    assert journal() == 6


def test_a_call_that_breaks_its_adapter_does_not_take_the_others_with_it(monkeypatch) -> None:
    speaker = DOORS["whatsapp"]
    account = account_of(speaker)
    whole = type(hook_door.adapter_of("whatsapp")).split

    def breaks(self: Any, account: Any, call: Any) -> Any:
        if b"PANIC" in call.raw:
            raise RuntimeError("a fault of ours")
        return whole(self, account, call)

    monkeypatch.setattr(type(hook_door.adapter_of("whatsapp")), "split", breaks)
    raws = [speaker.text(number, "PANIC" if number == 3 else "Buongiorno") for number in range(6)]
    answers = at_once([lambda raw=raw: knock(hook(account), raw, speaker.headers(account, raw)) for raw in raws])

    assert [answer.status for answer in answers] == [200, 200, 200, 503, 200, 200]
    assert journal() == 5


def sql(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def test_while_nothing_can_be_kept_providers_are_asked_to_call_again() -> None:
    speaker = DOORS["whatsapp"]
    account = account_of(speaker)
    raw = speaker.text(1, "Buongiorno")
    sql("ALTER TABLE messaging_inbound RENAME TO elsewhere")
    try:
        [answer] = at_once([lambda: knock(hook(account), raw, speaker.headers(account, raw))])
    finally:
        sql("ALTER TABLE elsewhere RENAME TO messaging_inbound")
    assert (answer.status, answer.headers["retry-after"]) == (503, "30")
    assert journal() == 0

    [answer] = at_once([lambda: knock(hook(account), raw, speaker.headers(account, raw))])
    assert (answer.status, journal()) == (200, 1)


def test_two_doors_that_lock_each_other_out_try_once_more() -> None:
    speaker = DOORS["whatsapp"]
    account = account_of(speaker)
    raw = speaker.text(1, "Buongiorno")
    sql(
        "CREATE SEQUENCE tries",
        "CREATE FUNCTION locked_out_once() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF nextval('tries') = 1 THEN"
        " RAISE EXCEPTION 'deadlock detected' USING ERRCODE = 'deadlock_detected'; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER locked_out BEFORE INSERT ON messaging_inbound FOR EACH ROW EXECUTE FUNCTION locked_out_once()",
    )
    try:
        [answer] = at_once([lambda: knock(hook(account), raw, speaker.headers(account, raw))])
    finally:
        sql(
            "DROP TRIGGER locked_out ON messaging_inbound",
            "DROP FUNCTION locked_out_once()",
            "DROP SEQUENCE tries",
        )
    assert (answer.status, journal()) == (200, 1)


def test_uses_are_counted_by_address_over_both_doors(monkeypatch, settings) -> None:
    speaker = DOORS["whatsapp"]
    account = account_of(speaker)
    three = Limit(DOOR.name, times=3, seconds=86_400)
    monkeypatch.setattr(hook_door, "DOOR", three)
    raws = [speaker.text(number, "Buongiorno") for number in range(5)]

    def call(raw: bytes, **told: Any) -> Answer:
        headers = {**speaker.headers(account, raw), **told.pop("told", {})}
        return at_once([lambda: knock(hook(account), raw, headers, **told)])[0]

    assert [call(raw).status for raw in raws] == [200, 200, 200, 429, 429]
    assert int(call(raws[0]).headers["retry-after"]) > 0
    # What a stranger says of its address changes nothing; another address has uses of its own.
    assert call(raws[0], told={"X-Forwarded-For": "198.51.100.1"}).status == 429
    assert call(raws[4], peer="192.0.2.8").status == 200
    assert journal() == 4


def test_uses_are_counted_under_the_name_that_django_gives_them() -> None:
    speaker = DOORS["whatsapp"]
    account = account_of(speaker)
    raws = [speaker.text(number, "Buongiorno") for number in range(2)]
    client = Client(REMOTE_ADDR="192.0.2.7")
    before = timezone.now()
    at_once([lambda: knock(hook(account), raws[0], speaker.headers(account, raws[0]))])
    assert speaker.call(client, account, raws[1]).status_code == 200

    # The window may turn between the two.
    windows = {int(moment.timestamp()) // DOOR.seconds: moment for moment in (before, timezone.now())}
    assert sum(used(DOOR, key=count_key("192.0.2.7"), now=moment) for moment in windows.values()) == 2


def test_what_the_door_does_not_take_goes_on_to_django() -> None:
    speaker = DOORS["whatsapp"]
    account = account_of(speaker)
    greeting = f"hub.mode=subscribe&hub.verify_token={account.hello_secret}&hub.challenge=1234"
    hello, put = at_once(
        [
            lambda: knock(hook(account), b"", {}, method="GET", query=greeting),
            lambda: knock(hook(account), b"", {}, method="PUT"),
        ]
    )

    assert (hello.status, hello.body, put.status) == (200, b"1234", 405)
    assert journal() == 0
