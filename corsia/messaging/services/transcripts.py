"""Mail somebody a text that they asked for on a public page: no message of a case, no template, never by itself."""

import uuid
from datetime import datetime

from django.db import transaction

from corsia.messaging.models import Outgoing
from corsia.messaging.queries.mailboxes import mailbox_for_unit
from corsia.messaging.services.acknowledging import is_first_today
from corsia.messaging.services.queueing import new_header_id, wake_sender
from corsia.messaging.services.refusals import MayNotContact
from corsia.messaging.vocabulary import Objection, SentReason
from corsia.organisation.queries import unit_of


@transaction.atomic
def mail_text(*, unit_id: int, to: str, subject: str, body: str, now: datetime) -> Outgoing:
    """Put a text that somebody asked for into the outbox; one a day to an address that they only typed.

    Raises:
        MayNotContact: the unit has no mailbox, or the address had such a mail today.
    """
    mailbox = mailbox_for_unit(unit_of(unit_id))
    if mailbox is None:
        raise MayNotContact.because(Objection.NO_MAILBOX)
    if not is_first_today(f"text:{to}", now=now):
        raise MayNotContact.because(Objection.TOO_SOON)
    outgoing: Outgoing = Outgoing.unscoped.create(
        unit_id=unit_id,
        reason=SentReason.ACKNOWLEDGEMENT,
        mailbox=mailbox,
        to_address=to[:320],
        subject=subject[:300],
        body=body,
        header_id=new_header_id(),
        idempotency_key=f"text:{uuid.uuid4().hex}",
        send_after=now,
        created_at=now,
    )
    wake_sender(send_after=now, now=now)
    return outgoing
