"""Certified mail: receipts stand beside the mail of ours that they are about, envelopes beside what came in them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from corsia.connectors.email.parsing import parse_mail, wire
from corsia.connectors.email.services.reading import read_stored
from corsia.messaging.models import CertifiedRecord, Message, Outgoing
from corsia.messaging.queries import messages_of
from corsia.messaging.rules.incoming import CertifiedMail
from corsia.messaging.services import file_message, send_due, store_inbound, write_reply
from corsia.messaging.services.journal import RawItem
from corsia.messaging.vocabulary import InboundSource, OutboxState, Outcome
from tests.conftest import NOON
from tests.factories.messaging import CUSTOMER, ROBOT, Desk, filed, mail_for

LATER = NOON + timedelta(hours=1)
DELIVERED_AT = datetime(2026, 3, 10, 10, 32, 11, tzinfo=UTC)
pytestmark = pytest.mark.usefixtures("everything")


def answered(desk: Desk) -> Outgoing:
    """Answer a customer's mail and let the answer leave."""
    case_id = filed(desk, at=NOON).case_id
    message = write_reply(case_id=case_id, text="Venga domani.", by=ROBOT, now=NOON)
    send_due(now=LATER)
    outgoing: Outgoing = Outgoing.objects.get(message=message)
    assert outgoing.state == OutboxState.SENT
    return outgoing


def facts_xml(kind: str, *, recipient: str = CUSTOMER, day: str = "10/03/2026", hour: str = "11:32:11") -> str:
    delivery = f"<consegna>{recipient}</consegna>" if "consegna" in kind else ""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><postacert tipo="{kind}" errore="nessuno"><intestazione>'
        f'<mittente>assistenza@bellandi.example</mittente><destinatari tipo="certificato">{recipient}</destinatari>'
        "<oggetto>x</oggetto></intestazione><dati><gestore-emittente>ACME PEC S.p.A. &amp; C.</gestore-emittente>"
        f'<data zona="+0100"><giorno>{day}</giorno><ora>{hour}</ora></data>'
        f"<identificativo>opec21.2026.1@pec.example</identificativo>{delivery}</dati></postacert>"
    )


def receipt(about: str, kind: str, **facts: str) -> bytes:
    return (
        f"X-Ricevuta: {kind}\r\nX-Riferimento-Message-ID: <{about}>\r\nFrom: posta-certificata@pec.example\r\n"
        f"To: assistenza@bellandi.example\r\nSubject: {kind.upper()}: x\r\nMessage-ID: <r-{kind}@pec.example>\r\n"
        "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\nContent-Type: text/plain\r\n\r\n"
        "Ricevuta\r\n--m\r\nContent-Type: application/xml; name=daticert.xml\r\n\r\n"
        f"{facts_xml(kind, **facts)}\r\n--m--\r\n"
    ).encode()


def arrives(desk: Desk, raw: bytes) -> str:
    item = RawItem(
        raw=raw,
        source=InboundSource.SMTP,
        mailbox=desk.mailbox.address,
        envelope_from="posta-certificata@pec.example",
        envelope_to=(desk.mailbox.address,),
    )
    store_inbound([item], now=LATER)
    read = read_stored(now=LATER)
    assert len(read) == 1
    assert read[0].filed is not None
    return read[0].filed.outcome


def test_what_the_provider_states_is_read_from_daticert_xml() -> None:
    pec = parse_mail(receipt("ours@example.com", "avvenuta-consegna")).pec

    assert pec is not None
    assert (pec.provider, pec.identifier) == ("ACME PEC S.p.A. & C.", "opec21.2026.1@pec.example")
    assert (pec.stated_at, pec.recipients) == (DELIVERED_AT, (CUSTOMER,))


@pytest.mark.parametrize(("day", "hour"), [("31/02/2026", "11:32:11"), ("10/03/2026", "25:61:61"), ("", "")])
def test_an_instant_that_does_not_exist_is_none(day: str, hour: str) -> None:
    pec = parse_mail(receipt("ours@example.com", "accettazione", day=day, hour=hour)).pec

    assert pec is not None
    assert pec.stated_at is None


def test_what_was_read_crosses_from_the_child_unchanged() -> None:
    mail = parse_mail(receipt("ours@example.com", "avvenuta-consegna"))
    record, contents = wire.encode(mail)

    assert wire.decode(record, memoryview(b"".join(contents))) == mail


def test_acceptance_and_delivery_stand_on_the_message_they_are_about(desk: Desk) -> None:
    outgoing = answered(desk)

    assert arrives(desk, receipt(outgoing.header_id, "accettazione", hour="11:30:00")) == Outcome.RECEIPT
    assert arrives(desk, receipt(outgoing.header_id, "avvenuta-consegna")) == Outcome.RECEIPT

    case_id = outgoing.message.case_id
    shown = next(row for row in messages_of(case_id) if row.id == outgoing.message_id)
    assert [(one.kind, one.at, one.recipient) for one in shown.sending.receipts] == [
        ("accettazione", datetime(2026, 3, 10, 10, 30, tzinfo=UTC), ""),
        ("avvenuta-consegna", DELIVERED_AT, CUSTOMER),
    ]
    assert Message.objects.filter(case_id=case_id).count() == 3, "a receipt is no message"


def test_a_receipt_that_comes_twice_is_kept_once(desk: Desk) -> None:
    outgoing = answered(desk)
    mail = mail_for(
        desk,
        at=LATER,
        header_id="<r@pec.example>",
        certified=CertifiedMail(
            kind="avvenuta-consegna", original_id=outgoing.header_id, identifier="1", recipients=(CUSTOMER,)
        ),
    )

    file_message(mail)
    file_message(replace(mail, header_id="<r2@pec.example>"))

    assert CertifiedRecord.objects.count() == 1


def test_a_delivery_to_somebody_we_did_not_write_to_is_not_believed(desk: Desk) -> None:
    outgoing = answered(desk)

    outcome = arrives(desk, receipt(outgoing.header_id, "avvenuta-consegna", recipient="altri@example.com"))

    assert outcome == Outcome.AUTOMATIC
    assert CertifiedRecord.objects.count() == 0


def test_a_receipt_about_nothing_of_ours_opens_no_case(desk: Desk) -> None:
    assert arrives(desk, receipt("unknown@example.com", "accettazione")) == Outcome.AUTOMATIC
    assert CertifiedRecord.objects.count() == 0
    assert Message.objects.count() == 0


def test_a_failed_delivery_is_a_bounce_and_a_receipt(desk: Desk) -> None:
    outgoing = answered(desk)

    assert arrives(desk, receipt(outgoing.header_id, "errore-consegna")) == Outcome.BOUNCE
    assert CertifiedRecord.objects.get().kind == "errore-consegna"


def test_the_envelope_of_a_certified_mail_is_kept_beside_its_message(desk: Desk) -> None:
    envelope = CertifiedMail(
        kind="messaggio",
        envelope_from="posta-certificata@pec.example",
        envelope_subject="POSTA CERTIFICATA: Diffida",
        identifier="opec21",
        stated_at=DELIVERED_AT,
    )

    done = filed(desk, at=NOON, certified=envelope, flags=("pec",))

    record = CertifiedRecord.objects.get()
    assert (record.message_id, record.kind, record.stated_at) == (done.message_id, "messaggio", DELIVERED_AT)
    assert record.envelope_subject == "POSTA CERTIFICATA: Diffida"
