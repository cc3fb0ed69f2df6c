"""The one automatic answer to a first mail: at most one a day to an address, so that two robots never talk."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Exists

from corsia.cases.models import Case
from corsia.customers.vocabulary import ConsentChannel, Purpose
from corsia.messaging.models import AutomaticSend, Mailbox, Message, Outgoing
from corsia.messaging.rules.incoming import IncomingMessage, header_key
from corsia.messaging.rules.templates import one_line
from corsia.messaging.services.gate import may_contact
from corsia.messaging.services.queueing import marked_subject, new_header_id
from corsia.messaging.services.texts import MissingValue, render_text, values_of, wording
from corsia.messaging.vocabulary import Channel, Direction, SentReason
from corsia.organisation.models import Unit

RECEIVED = "received"  # key of the text
ONE_A_DAY = timedelta(hours=24)


@dataclass(frozen=True)
class Answer:
    """An acknowledgement that is not stored yet: its place in the conversation and in the outbox."""

    message: Message
    outgoing: Outgoing


def acknowledgement(case: Case, *, unit: Unit, group: Unit, mail: IncomingMessage, sender: str) -> Answer | None:
    """Return "we have your message" if the mailbox does so and nothing forbids it, for the caller to store."""
    taken = AutomaticSend.objects.filter(address=sender, sent_at__gt=mail.at - ONE_A_DAY)
    mailbox = (
        Mailbox.unscoped.filter(~Exists(taken), pk=mail.mailbox_id or 0, acknowledges=True, is_active=True)
        .only("address", "name")
        .first()
    )
    if mailbox is None or sender == mailbox.address.lower():
        return None
    text = wording(unit, RECEIVED, case.language)
    if text is None or not _may_answer(case, sender, now=mail.at) or not is_first_today(sender, now=mail.at):
        return None
    try:
        rendered = render_text(text, values_of(case, unit=unit, group=group))
    except MissingValue:
        return None  # a courtesy that cannot be filled in is left out; the case itself is there
    header_id, answers = new_header_id(), header_key(mail.header_id)
    subject = marked_subject(rendered.subject, case.pk)
    message = Message(
        case=case,
        unit_id=case.unit_id,
        direction=Direction.OUT,
        channel=Channel.EMAIL,
        customer_id=case.customer_id,
        author_name=mailbox.name,
        from_address=mailbox.address,
        to_addresses=sender,
        subject=subject,
        text=rendered.body,
        header_id=header_id,
        in_reply_to=answers,
        is_automatic=True,
        at=mail.at,
    )
    outgoing = Outgoing(
        message=message,
        unit_id=case.unit_id,
        reason=SentReason.ACKNOWLEDGEMENT,
        mailbox=mailbox,
        to_address=sender,
        to_name=one_line(mail.from_name)[:200],
        subject=subject,
        body=rendered.body,
        header_id=header_id,
        in_reply_to=answers,
        references=answers,
        idempotency_key=f"received:{case.pk}",
        send_after=mail.at,
        created_at=mail.at,
    )
    return Answer(message, outgoing)


def _may_answer(case: Case, sender: str, *, now: datetime) -> bool:
    """Ask the gate, except about somebody whose record is as old as this mail: nothing is known of them yet."""
    if case.customer is not None and case.customer.created_at == now:
        return True
    verdict = may_contact(
        customer_id=case.customer_id,
        channel=ConsentChannel.EMAIL,
        purpose=Purpose.SERVICE,
        now=now,
        address=sender,
        counts=False,
    )
    return verdict.allowed


def is_first_today(address: str, *, now: datetime) -> bool:
    """Take the address's one automatic mail of the last 24 hours; False when it was taken already."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO messaging_automaticsend AS a (address, sent_at) VALUES (%(address)s, %(now)s)"
            " ON CONFLICT (address) DO UPDATE SET sent_at = excluded.sent_at WHERE a.sent_at <= %(before)s"
            " RETURNING id",
            {"address": address.casefold()[:320], "now": now, "before": now - ONE_A_DAY},
        )
        return cursor.fetchone() is not None
