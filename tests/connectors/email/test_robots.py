"""Two servers that answer by themselves: an address gets one automatic mail a day, and the exchange dies."""

import smtplib
import socket
from datetime import timedelta
from email import message_from_bytes

import pytest
from aiosmtpd.controller import Controller
from django.utils import timezone

from corsia.cases.models import Case
from corsia.connectors.email.services import drain
from corsia.kernel import scope
from corsia.messaging.models import Message, Outgoing, Thread
from corsia.messaging.services import send_due, write_reply
from corsia.messaging.vocabulary import Direction
from tests.conftest import NOON
from tests.connectors.email.test_receiver import receiving, send
from tests.factories.messaging import ROBOT, Desk, a_desk, raw_mail
from tests.factories.organisation import small_group

pytestmark = pytest.mark.django_db(transaction=True)


class Robot:
    """A mail server that answers every mail at once, and does not say that it is a machine."""

    def __init__(self, port: int, *, threads: bool) -> None:
        self.port, self.threads, self.received = port, threads, []

    async def handle_DATA(self, server, session, envelope) -> str:
        mail = message_from_bytes(envelope.content)
        self.received.append(mail)
        if len(self.received) < 40:
            extra = f"In-Reply-To: {mail['Message-ID']}\r\n" if self.threads else ""
            to = (mail["Reply-To"] if self.threads else mail["From"]).partition("<")[2].rstrip(">")
            number = len(self.received)
            answer = raw_mail(
                to=to,
                sender="Robot <robot@elsewhere.example>",
                subject="Abbiamo ricevuto la Sua mail",
                text=f"La Sua mail n. {number} è importante per noi.",
                header_id=f"<robot{number}@elsewhere.example>",
                extra=extra,
            )
            with smtplib.SMTP("127.0.0.1", self.port, timeout=20) as client:
                client.sendmail("robot@elsewhere.example", [to], answer)
        return "250 OK"


@pytest.fixture
def desk(transactional_db) -> Desk:
    with scope.system("test"):
        return a_desk(small_group(), now=NOON)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.mark.parametrize("threads", [True, False])
def test_a_robot_gets_one_automatic_mail_a_day_and_the_exchange_dies(desk: Desk, settings, threads: bool) -> None:
    with receiving() as port:
        robot = Robot(port, threads=threads)
        elsewhere = Controller(robot, hostname="127.0.0.1", port=free_port())
        elsewhere.start()
        try:
            settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
            settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", elsewhere.port
            send(port, raw_mail(sender="Robot <robot@elsewhere.example>"), sender="robot@elsewhere.example")
            rounds = 0
            for hour in range(12):
                now = timezone.now() + timedelta(hours=hour, minutes=1)
                while drain(now=now) + send_due(now=now):
                    rounds += 1
        finally:
            elsewhere.stop()

    assert len(robot.received) == 1
    assert robot.received[0]["Auto-Submitted"] == "auto-replied"
    assert rounds < 10
    with scope.system("test"):
        assert Case.objects.count() == (1 if threads else 2)


def test_two_corsias_do_not_talk_to_each_other(desk: Desk, settings) -> None:
    """Our own acknowledgement, delivered to a mailbox of ours, opens nothing and is not answered."""
    with receiving() as port:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
        from tests.factories.messaging import a_mailbox

        a_mailbox(desk.group.verona_care, "verona@bellandi.example")
        send(port, raw_mail(sender="Verona <verona@bellandi.example>"), sender="verona@bellandi.example")
        for _round in range(6):
            drain(now=timezone.now())
            send_due(now=timezone.now())

    with scope.system("test"):
        assert Case.objects.count() == 1
        assert Outgoing.objects.filter(reason="acknowledgement").count() == 0


def test_question_answer_and_its_answer_stay_one_conversation_over_real_servers(desk: Desk, settings) -> None:
    received = []

    class Customer:
        async def handle_DATA(self, server, session, envelope) -> str:
            received.append((envelope.mail_from, message_from_bytes(envelope.content)))
            return "250 OK"

    provider = Controller(Customer(), hostname="127.0.0.1", port=free_port())
    provider.start()
    try:
        with receiving() as port, scope.system("test"):
            settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
            settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", provider.port
            send(port, raw_mail())
            now = timezone.now()  # the receiver's own clock
            drain(now=now)
            case = Case.objects.get()
            write_reply(case_id=case.pk, text="Venga domani.", by=ROBOT, now=now)
            send_due(now=now + timedelta(minutes=1))
            sender, answer = received[-1]
            reply = raw_mail(
                to=answer["Reply-To"],
                subject=f"Re: {answer['Subject']}",
                text="Perfetto, a domani.",
                header_id="<second@example.com>",
                extra=f"In-Reply-To: {answer['Message-ID']}\r\nReferences: <first@example.com>\r\n",
            )
            send(port, reply, to=answer["Reply-To"].partition("<")[2].rstrip(">"))
            bounce_to = sender
            drain(now=now + timedelta(minutes=2))

            assert bounce_to.startswith(f"assistenza+c{case.pk}-")
            assert [mail["In-Reply-To"] for _sender, mail in received] == ["<first@example.com>"] * 2
            texts = Message.objects.filter(case=case).exclude(is_automatic=True).order_by("pk")
            assert [(row.direction, row.text) for row in texts] == [
                (Direction.IN, "Buongiorno, la spia motore resta accesa."),
                (Direction.OUT, "Venga domani."),
                (Direction.IN, "Perfetto, a domani."),
            ]
            assert Case.objects.count() == 1
            assert Thread.objects.get().waiting_since == texts[2].at
    finally:
        provider.stop()
