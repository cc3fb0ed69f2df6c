"""Copies of one mail are one message; a mail that took another's id is a message of its own."""

import pytest

from corsia.cases.models import Case
from corsia.connectors.email.services import drain
from corsia.kernel import scope
from corsia.messaging.models import Inbound
from corsia.messaging.services import send_due
from corsia.messaging.services.journal import RawItem, store_inbound
from corsia.messaging.vocabulary import InboundSource, Outcome
from tests.conftest import NOON
from tests.connectors.email.copies import assert_each_once
from tests.factories.messaging import a_desk, raw_mail
from tests.factories.organisation import small_group


@pytest.mark.django_db(transaction=True)
def test_ten_copies_at_once_of_ten_mails_are_ten_messages_and_nothing_else_is_dropped() -> None:
    assert_each_once(mails=10, copies=10)


@pytest.mark.django_db(transaction=True)
def test_another_corsia_that_answers_is_not_answered(mailoutbox) -> None:
    """The automatic answer of a second installation, with keys and names of its own, ends the exchange."""
    with scope.system("test"):
        desk = a_desk(small_group(), now=NOON)
        elsewhere = "assistenza@altrogruppo.example"

        def arrives(raw: bytes, *, at) -> None:
            item = RawItem(source=InboundSource.SMTP, raw=raw, mailbox=desk.mailbox.address, mailbox_id=desk.mailbox.pk)
            store_inbound([item], now=at)
            while drain(now=at) + send_due(now=at):
                pass

        arrives(raw_mail(sender=f"Altro Gruppo <{elsewhere}>"), at=NOON)
        [ours] = mailoutbox
        # What an installation like ours would answer to that: our own mail, as it would come from there.
        theirs = ours.message().as_bytes().replace(desk.mailbox.address.encode(), b"@@").replace(
            elsewhere.encode(), desk.mailbox.address.encode()
        ).replace(b"@@", elsewhere.encode())  # fmt: skip
        for number in range(5):
            answer = theirs.replace(b"Message-ID: <", f"Message-ID: <other{number}.".encode())
            arrives(answer.replace(b"corsia.example", b"altrogruppo.example"), at=NOON)

        assert len(mailoutbox) == 1
        assert Case.objects.count() == 1
        outcomes = list(Inbound.objects.order_by("pk").values_list("outcome", flat=True))
        assert outcomes == [Outcome.NEW_CASE] + [Outcome.AUTOMATIC] * 5
