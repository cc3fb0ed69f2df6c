"""The SMTP receiver: 250 means on disk, every fault means come back later, strangers' mailboxes are refused."""

import asyncio
import contextlib
import smtplib
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from corsia.cases.models import Case
from corsia.connectors.email.receiver import listen
from corsia.connectors.email.services import drain
from corsia.kernel import scope
from corsia.messaging.models import Inbound, Message
from corsia.messaging.vocabulary import Direction
from tests.conftest import NOON
from tests.factories.messaging import Desk, a_desk, raw_mail

TO = "assistenza@bellandi.example"
pytestmark = pytest.mark.django_db(transaction=True)  # the receiver has connections of its own


@contextlib.contextmanager
def receiving(max_bytes: int = 100_000, **options) -> Iterator[int]:
    """Run a receiver in a thread and yield its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    loop = asyncio.new_event_loop()
    ready, stop = asyncio.Event(), asyncio.Event()
    began = threading.Event()

    async def run() -> None:
        listening = listen(host="127.0.0.1", port=port, max_bytes=max_bytes, ready=ready, stop=stop, **options)
        task = asyncio.create_task(listening)
        await ready.wait()
        began.set()
        await task

    thread = threading.Thread(target=loop.run_until_complete, args=(run(),))
    thread.start()
    assert began.wait(10)
    try:
        yield port
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(20)
        assert not thread.is_alive()
        loop.close()


def send(port: int, raw: bytes, *, to: str | list[str] = TO, sender: str = "giulia.ferri@example.com") -> None:
    with smtplib.SMTP("127.0.0.1", port, timeout=30) as client:
        client.sendmail(sender, to, raw)


@pytest.fixture
def desk(transactional_db, group) -> Desk:
    with scope.system("test"):
        return a_desk(group, now=NOON)


def test_a_mail_is_on_disk_when_it_is_acknowledged(desk: Desk) -> None:
    with receiving() as port:
        send(port, raw_mail())
        row = Inbound.objects.get()

    assert bytes(row.raw) == raw_mail()
    assert (row.mailbox_id, row.unit_id, row.envelope_from) == (
        desk.mailbox.pk,
        desk.unit.pk,
        "giulia.ferri@example.com",
    )
    assert row.envelope_to == TO


def test_an_unknown_mailbox_is_refused_at_the_door_and_a_tag_is_not(desk: Desk) -> None:
    with receiving() as port:
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refusal:
            send(port, raw_mail(), to="nobody@bellandi.example")
        send(port, raw_mail(), to="Assistenza+c7-00@Bellandi.example")

    assert refusal.value.recipients["nobody@bellandi.example"][0] == 550
    assert Inbound.objects.get().envelope_to == "Assistenza+c7-00@Bellandi.example"


def test_a_mail_above_the_limit_is_refused_for_good(desk: Desk) -> None:
    with receiving(max_bytes=5_000) as port:
        with smtplib.SMTP("127.0.0.1", port) as client:
            client.ehlo()
            assert client.esmtp_features["size"] == "5000"
        with pytest.raises(smtplib.SMTPResponseException) as refusal:
            send(port, raw_mail(text="x" * 6_000))

    assert refusal.value.smtp_code == 552
    assert Inbound.objects.count() == 0


def test_when_it_cannot_be_stored_the_sender_is_asked_to_come_back_and_then_welcome(desk: Desk) -> None:
    with receiving() as port:
        send(port, raw_mail(header_id="<before@x>"))
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE messaging_inbound RENAME TO messaging_inbound_away")
        try:
            with pytest.raises(smtplib.SMTPDataError) as refusal:
                send(port, raw_mail())
        finally:
            with connection.cursor() as cursor:
                cursor.execute("ALTER TABLE messaging_inbound_away RENAME TO messaging_inbound")
        send(port, raw_mail())

    assert refusal.value.smtp_code == 451
    assert Inbound.objects.count() == 2


def test_a_database_that_threw_us_out_is_used_again(desk: Desk) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        began = cursor.fetchone()[0]
    with receiving() as port:
        send(port, raw_mail(header_id="<before@x>"))
        with (
            connection.cursor() as cursor
        ):  # the receiver's own connections, not those that threads of other tests keep
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_start >= %s",
                [began],
            )
            assert cursor.rowcount > 0
        codes = []
        for _attempt in range(3):
            try:
                send(port, raw_mail())
                codes.append(250)
            except (smtplib.SMTPDataError, smtplib.SMTPRecipientsRefused):
                codes.append(451)

    assert codes[-1] == 250
    assert Inbound.objects.count() == 2


def test_fifty_copies_at_once_are_one_message(desk: Desk) -> None:
    with receiving() as port, ThreadPoolExecutor(50) as senders:
        list(senders.map(lambda number: send(port, raw_mail(extra=f"Received: by mx{number}\r\n")), range(50)))
    with scope.system("test"):
        while drain(now=NOON):
            continue

        assert Inbound.objects.count() == 1
        assert Message.objects.filter(direction=Direction.IN).count() == 1
        assert Case.objects.count() == 1


def test_a_mail_to_two_of_our_mailboxes_is_kept_for_each_and_one_to_two_tags_once(desk: Desk) -> None:
    from tests.factories.messaging import a_mailbox

    a_mailbox(desk.group.verona_care, "verona@bellandi.example")
    with receiving() as port:
        send(port, raw_mail(), to=[TO, "verona@bellandi.example", "assistenza+x@bellandi.example"])

    rows = list(Inbound.objects.order_by("unit_id").values_list("envelope_to", flat=True))
    assert rows == [f"{TO}\nassistenza+x@bellandi.example", "verona@bellandi.example"]
