"""The one automatic answer to a first mail: at most one a day to an address, so that two robots never talk."""

from datetime import datetime, timedelta

from django.db import connection

from corsia.cases.models import Case
from corsia.customers.models import Customer
from corsia.customers.vocabulary import ConsentChannel, Purpose
from corsia.messaging.models import Mailbox, Message, Outgoing
from corsia.messaging.rules.incoming import IncomingMessage, header_key
from corsia.messaging.rules.templates import one_line
from corsia.messaging.services.gate import may_contact
from corsia.messaging.services.queueing import marked_subject, new_header_id, wake_sender
from corsia.messaging.services.texts import MissingValue, render_text, values_of, wording
from corsia.messaging.vocabulary import Channel, Direction, SentReason
from corsia.organisation.models import Unit

RECEIVED = "received"  # key of the text
ONE_A_DAY = timedelta(hours=24)


def acknowledgement(case: Case, customer: Customer | None, *, unit: Unit, mail: IncomingMessage, sender: str) -> int:
    """Queue "we have your message" if the mailbox does so and nothing forbids it; return how many were added."""
    mailbox = Mailbox.unscoped.filter(pk=mail.mailbox_id or 0, acknowledges=True, is_active=True).first()
    if mailbox is None or sender == mailbox.address.lower():
        return 0
    text = wording(unit, RECEIVED, case.language)
    if text is None:
        return 0
    verdict = may_contact(
        customer_id=case.customer_id,
        channel=ConsentChannel.EMAIL,
        purpose=Purpose.SERVICE,
        now=mail.at,
        address=sender,
    )
    if not verdict or not is_first_today(sender, now=mail.at):
        return 0
    if customer is not None:
        case.customer = customer  # at hand already: no statement for it
    try:
        rendered = render_text(text, values_of(case))
    except MissingValue:
        return 0  # a courtesy that cannot be filled in is left out; the case itself is there
    header_id, answers = new_header_id(), header_key(mail.header_id)
    subject = marked_subject(rendered.subject, case.pk)
    message = Message.unscoped.create(
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
    Outgoing.unscoped.create(
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
    wake_sender(send_after=mail.at, now=mail.at)
    return 1


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
