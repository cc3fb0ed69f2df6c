"""What our people write by a chat channel: free words while its window is open, else a text its provider approved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from corsia.cases.models import Case
from corsia.customers.vocabulary import Purpose
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.messaging.models import Correspondent, Message, Outgoing
from corsia.messaging.ports import Adapter, ReadyMadeUnknown, adapter_of
from corsia.messaging.queries.ways import Way, objection_to, ways_to
from corsia.messaging.rules.incoming import NewFile
from corsia.messaging.rules.templates import one_line
from corsia.messaging.services.gate import may_contact
from corsia.messaging.services.greeting import new_key
from corsia.messaging.services.queueing import tell_sent, wake_sender
from corsia.messaging.services.refusals import (
    FilesNotTaken,
    HolesLeft,
    MayNotContact,
    TextTooLongForChannel,
    WayUnknown,
    check_words,
)
from corsia.messaging.services.threads import attach, move_head
from corsia.messaging.vocabulary import Direction, Objection, SentReason
from corsia.organisation.models import Person


@dataclass(frozen=True, kw_only=True)
class ChatWords:
    """What is to be said: words with files, or the name of an approved text with the values of its holes."""

    text: str = ""
    attachments: Sequence[NewFile] = ()
    ready_made: str = ""
    values: Sequence[str] = ()
    card: Mapping[str, Any] | None = None  # shown in place of the words where the channel shows cards


def chosen_way(case: Case, key: str, *, now: datetime) -> Way | None:
    """Return the way that was chosen, or the first open one; None when there is none at all.

    Raises:
        WayUnknown: the chosen one is not a way to this customer.
    """
    ways = ways_to(case, now=now)
    if key:
        found = next((way for way in ways if way.key == key), None)
        if found is None:
            raise WayUnknown
        return found
    return ways[0] if ways else None


def write_by_chat(
    case: Case,
    way: Way,
    words: ChatWords,
    *,
    send_after: datetime | None,
    cancel_if_customer_writes: bool,
    by: Actor,
    now: datetime,
) -> Message:
    """Put a chat message into the outbox. The caller asked whether `by` may write on the case.

    Raises:
        MayNotContact: the window, a "no" of the customer or a flag forbids it.
        EmptyText, TextTooLongForChannel, FilesNotTaken, HolesLeft, WayUnknown: what was given cannot be sent.
    """
    row = Correspondent.unscoped.select_related("account").get(pk=way.correspondent_id or 0)
    adapter = adapter_of(row.account.channel)
    if adapter is None:
        raise MayNotContact.because(Objection.NO_ACCOUNT)
    text, content = _ready(adapter, row, words) if words.ready_made else (words.text.strip(), None)
    _check(adapter, text, words)
    if words.card is not None and adapter.kind.shows_cards:
        content = dict(words.card)
    if objection := objection_to(row, has_content=content is not None, now=now):
        raise MayNotContact.because(objection)
    verdict = may_contact(
        customer_id=case.customer_id,
        channel=adapter.kind.key,
        purpose=Purpose.SERVICE,
        now=now,
        address=row.external_id,
        is_answer=True,
    )
    if not verdict:
        raise MayNotContact.because(verdict.reason)
    author = Person.objects.filter(pk=by.id).first() if by.id else None
    key = new_key(row.account.channel)
    message: Message = Message.unscoped.create(
        case=case,
        unit_id=case.unit_id,
        direction=Direction.OUT,
        channel=row.account.channel,
        customer_id=case.customer_id,
        author=author,
        author_name=by.name[:200],
        from_address=row.account.address,
        to_addresses=row.external_id,
        text=text,
        header_id=key,
        at=now,
    )
    attach(message, words.attachments)
    leaves_at = max(send_after, now + adapter.kind.undo) if send_after else now + adapter.kind.undo
    Outgoing.unscoped.create(
        message=message,
        unit_id=case.unit_id,
        reason=SentReason.REPLY,
        channel=row.account.channel,
        correspondent=row,
        to_address=row.external_id,
        to_name=one_line(case.customer.display_name if case.customer else row.name)[:200],
        subject="",
        body=text,
        header_id=key,
        content=content,
        idempotency_key=f"reply:{message.pk}",
        send_after=leaves_at,
        cancel_if_customer_writes=bool(send_after) and cancel_if_customer_writes,
        created_at=now,
    )
    move_head(message, answers=True, correspondent_id=row.pk)
    audit(message, "replied", by=by, now=now, case=case.pk)
    tell_sent(message)
    wake_sender(send_after=leaves_at, now=now)
    return message


def _ready(adapter: Adapter, row: Correspondent, words: ChatWords) -> tuple[str, dict[str, object]]:
    known = {text.key: text for text in adapter.ready_made(row.account, language=row.language)}
    text = known.get(words.ready_made)
    if text is None:
        raise WayUnknown
    given = [one_line(value) for value in words.values if value.strip()]
    if len(given) != text.holes:
        raise HolesLeft(holes=text.holes)
    try:
        return adapter.content_of(row.account, key=words.ready_made, values=given)
    except ReadyMadeUnknown:
        raise WayUnknown from None


def _check(adapter: Adapter, text: str, words: ChatWords) -> None:
    kind = adapter.kind
    if not (words.attachments and not text):  # a picture needs no words beside it
        check_words(text, words.attachments)
    if len(text) > kind.max_text:
        raise TextTooLongForChannel(channel=kind.label, limit=kind.max_text, length=len(text))
    too_large = any(len(file.content) > kind.max_file_bytes for file in words.attachments)
    if words.attachments and (not kind.takes_files or too_large):
        raise FilesNotTaken(channel=kind.label)
