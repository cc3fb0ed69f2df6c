"""What the assistant says on a chat channel: words of ours that no person wrote, and that answer no clock."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from corsia.cases.models import Case
from corsia.kernel.errors import NotFound
from corsia.messaging.models import Correspondent, Message, Outgoing
from corsia.messaging.ports import adapter_of
from corsia.messaging.services.greeting import new_key
from corsia.messaging.services.queueing import wake_sender
from corsia.messaging.services.threads import move_head
from corsia.messaging.vocabulary import Direction, SentReason


@transaction.atomic
def say_by_chat(
    *,
    case_id: int,
    text: str,
    content: Mapping[str, Any] | None,
    name: str,
    key: str,
    now: datetime,
) -> Message | None:
    """Answer whoever wrote last on a case by a chat channel, as the assistant; once for each `key`.

    Their waiting goes on: nobody of ours has answered them.

    Args:
        content: one of `rules.cards`; left out where the channel shows none.
        name: what the assistant is called.

    Returns:
        None when it was said before, or nobody wrote by a chat channel.
    """
    case = Case.objects.select_related("customer", "thread__correspondent__account").filter(pk=case_id).first()
    if case is None:
        raise NotFound(kind="cases.Case")
    thread = getattr(case, "thread", None)
    row: Correspondent | None = thread.correspondent if thread else None
    adapter = adapter_of(row.account.channel) if row else None
    if row is None or adapter is None or Outgoing.unscoped.filter(idempotency_key=key).exists():
        return None
    header = new_key(row.account.channel)
    message: Message = Message.unscoped.create(
        case=case,
        unit_id=case.unit_id,
        direction=Direction.OUT,
        channel=row.account.channel,
        customer_id=case.customer_id,
        author_name=name[:200],
        from_address=row.account.address,
        to_addresses=row.external_id,
        text=text[: adapter.kind.max_text],
        header_id=header,
        is_automatic=True,
        at=now,
    )
    Outgoing.unscoped.create(
        message=message,
        unit_id=case.unit_id,
        reason=SentReason.ACKNOWLEDGEMENT,
        channel=row.account.channel,
        correspondent=row,
        to_address=row.external_id,
        to_name=row.name,
        subject="",
        body=message.text,
        header_id=header,
        content=dict(content) if content and adapter.kind.shows_cards else None,
        idempotency_key=key,
        send_after=now,
        created_at=now,
    )
    move_head(message, correspondent_id=row.pk)
    wake_sender(send_after=now, now=now)
    return message
