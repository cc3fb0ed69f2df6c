"""The same mails handed in many times at once, and read by several readers meanwhile."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connection
from django.utils import timezone

from corsia.cases.models import Case
from corsia.connectors.email.services import drain
from corsia.kernel import scope
from corsia.messaging.models import Inbound, Message, Outgoing
from corsia.messaging.services.journal import RawItem, store_inbound
from corsia.messaging.vocabulary import Direction, InboundSource, InboundState
from tests.conftest import NOON
from tests.factories.messaging import Desk, a_desk, raw_mail
from tests.factories.organisation import small_group

READERS = 3


def mail(number: int, *, forged: bool = False, way: int = 0) -> bytes:
    """Return a mail; a forged one bears the id of another's, a copy differs in what servers added on its way."""
    return raw_mail(
        sender=f"Cliente {number} <cliente{number}@example.com>",
        header_id=f"<mail{number}@example.com>",
        subject=f"Domanda {number}",
        text=f"Tutt'altro {number}" if forged else f"Buongiorno, domanda {number}",
        extra=f"Received: from way{way}.example\r\n",
    )


def hand_in_copies(desk: Desk, *, mails: int, copies: int) -> None:
    """Hand in `copies` of each of `mails` at once, and once of each a mail that took its id, and read all of them."""
    start = Barrier(copies)

    def hand_in(way: int) -> None:
        try:
            start.wait(timeout=60)
            for number in range(mails):
                items = [mail(number, way=way)]
                if way == number % copies:
                    items.insert(0, mail(number, forged=True, way=way))
                store_inbound(
                    [
                        RawItem(
                            source=InboundSource.SMTP, raw=raw, mailbox=desk.mailbox.address, mailbox_id=desk.mailbox.pk
                        )
                        for raw in items
                    ],
                    now=timezone.now(),
                )
                if way < READERS and number % 5 == 0:
                    drain(now=timezone.now())
        finally:
            connection.close()

    with ThreadPoolExecutor(copies) as senders:
        for done in [senders.submit(hand_in, way) for way in range(copies)]:
            done.result()
    while drain(now=timezone.now()):
        pass


def assert_each_once(*, mails: int, copies: int) -> None:
    """Hand in the copies at a new desk: every mail is there once, every forged one too, each with what follows."""
    with scope.system("test"):
        desk = a_desk(small_group(), now=NOON)
        hand_in_copies(desk, mails=mails, copies=copies)

        texts = Message.objects.filter(direction=Direction.IN).values_list("text", flat=True)
        assert sorted(texts) == sorted(
            [f"Buongiorno, domanda {number}" for number in range(mails)]
            + [f"Tutt'altro {number}" for number in range(mails)]
        )
        assert set(Inbound.objects.values_list("state", flat=True)) == {InboundState.PARSED}
        assert Inbound.objects.count() == 2 * mails
        assert Case.objects.count() == 2 * mails
        answered = list(Outgoing.objects.values_list("to_address", flat=True))
        assert sorted(answered) == sorted(f"cliente{number}@example.com" for number in range(mails)), "one a day each"
