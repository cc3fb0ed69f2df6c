"""Text a number what its holder just asked for, such as a link the phone robot offered."""

from datetime import datetime

from django.db import transaction

from corsia.customers.vocabulary import Purpose
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.messaging.models import Correspondent, Outgoing
from corsia.messaging.queries.texting import texting_account
from corsia.messaging.rules.templates import one_line
from corsia.messaging.services.gate import may_contact
from corsia.messaging.services.greeting import new_key
from corsia.messaging.services.queueing import wake_sender
from corsia.messaging.vocabulary import SentReason
from corsia.organisation.queries import tree


@transaction.atomic
def text_number(
    *,
    unit_id: int,
    phone: str,
    text: str,
    idempotency_key: str,
    customer_id: int | None,
    by: Actor,
    now: datetime,
) -> Outgoing | None:
    """Put a text into the outbox for a number whose holder asked for it, once for each `idempotency_key`.

    Args:
        phone: E.164. That it is theirs must be known: they are on the phone with us.

    Returns:
        Its row. It answers what they asked a moment ago, so it leaves at any hour, and stands in no conversation: the
        caller notes it where it belongs. None when no account of the unit texts this number, or the customer may not
        be written to.
    """
    if (found := Outgoing.unscoped.filter(idempotency_key=idempotency_key).first()) is not None:
        return found
    account = texting_account(unit_id, phone=phone)
    if account is None:
        return None
    verdict = may_contact(
        customer_id=customer_id,
        channel=account.channel,
        purpose=Purpose.SERVICE,
        now=now,
        address=phone,
        is_answer=True,
    )
    if not verdict:
        return None
    correspondent, _is_new = Correspondent.unscoped.get_or_create(
        account=account,
        external_id=phone,
        defaults={
            "group_id": tree().group(unit_id).pk,
            "phone": phone,
            "customer_id": customer_id,
            "first_seen_at": now,
        },
    )
    key = new_key(account.channel)
    row: Outgoing = Outgoing.unscoped.create(
        unit_id=unit_id,
        reason=SentReason.ACKNOWLEDGEMENT,
        channel=account.channel,
        correspondent=correspondent,
        to_address=phone,
        to_name=one_line(correspondent.name)[:200],
        subject="",
        body=text,
        header_id=key,
        idempotency_key=idempotency_key,
        send_after=now,
        created_at=now,
    )
    audit(row, "texted", by=by, now=now)
    wake_sender(send_after=now, now=now)
    return row
