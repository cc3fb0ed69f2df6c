"""What our people write: answers that leave, with an undo window, and notes that never do."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from corsia.cases.models import Case
from corsia.cases.services import touch
from corsia.cases.services.telling import later
from corsia.customers.models import ContactPoint
from corsia.customers.vocabulary import ConsentChannel, ContactKind, Purpose
from corsia.kernel.access import demand
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import NotFound
from corsia.kernel.live import tell
from corsia.messaging.models import Mailbox, Message, Outgoing, Thread
from corsia.messaging.permissions import WRITE_MESSAGES
from corsia.messaging.queries.mailboxes import mailbox_for_unit
from corsia.messaging.rules.incoming import NewFile, preview
from corsia.messaging.rules.templates import one_line
from corsia.messaging.services.chat_replies import ChatWords, chosen_way, write_by_chat
from corsia.messaging.services.gate import may_contact
from corsia.messaging.services.queueing import (
    UNDO_WINDOW,
    new_header_id,
    reply_subject,
    tell_sent,
    thread_ids,
    wake_sender,
)
from corsia.messaging.services.refusals import (
    AddressInvalid,
    CannotRetry,
    MayNotContact,
    TooLateToUndo,
    TooManyCopies,
    check_words,
)
from corsia.messaging.services.threads import attach, move_head, note_of_ours, waits_again
from corsia.messaging.vocabulary import Channel, Direction, Objection, OutboxState, SentReason
from corsia.organisation.models import Person
from corsia.organisation.queries import unit_of
from corsia.organisation.services import notify

MAX_CC = 10


@transaction.atomic
def write_reply(
    *,
    case_id: int,
    text: str,
    by: Actor,
    now: datetime,
    send_after: datetime | None = None,
    to: str | None = None,
    cc: Sequence[str] = (),
    attachments: Sequence[NewFile] = (),
    cancel_if_customer_writes: bool = True,
    way: str = "",
    ready_made: str = "",
    values: Sequence[str] = (),
    card: Mapping[str, Any] | None = None,
) -> Message:
    """Answer the customer of a case, by the way they last wrote or another. It can be taken back for some seconds.

    Args:
        send_after: a later instant chosen by the writer; None for the undo window.
        to: an e-mail address; None for the customer's on this case.
        way: the key of one of `queries.ways_to`; "" for the first that is open.
        card: one of `rules.cards`, shown in place of `text` where the channel shows cards.
        ready_made: a text the channel's provider approved, with `values` for its holes, in place of `text`.
        cancel_if_customer_writes: with `send_after`: a new message of the customer stops it, for the writer to look.

    Raises:
        MayNotContact: flags, address or mailbox forbid it; `data["reason"]` is an Objection.
        EmptyText, TextTooLong, AddressInvalid, TooManyCopies, FilesTooLarge: what was given cannot be sent.
    """
    case = Case.objects.select_related("customer", "thread__mailbox").filter(pk=case_id).first()
    if case is None:
        raise NotFound(kind="cases.Case")
    demand(by, WRITE_MESSAGES, case.unit_id)
    thread: Thread | None = getattr(case, "thread", None)
    chosen = None if to else chosen_way(case, way, now=now)
    if chosen is not None and chosen.correspondent_id is not None:
        return write_by_chat(
            case,
            chosen,
            ChatWords(text=text, attachments=attachments, ready_made=ready_made, values=values, card=card),
            send_after=send_after,
            cancel_if_customer_writes=cancel_if_customer_writes,
            by=by,
            now=now,
        )
    check_words(text, attachments)
    to_address = _valid(to) if to else chosen.address if chosen and way else _address_of(case, thread)
    if not to_address:
        raise MayNotContact.because(Objection.NO_ADDRESS)
    copies = [_valid(address) for address in cc if address.strip()]
    if len(copies) > MAX_CC:
        raise TooManyCopies(limit=MAX_CC)
    mailbox = _mailbox_of(case, thread)
    if mailbox is None:
        raise MayNotContact.because(Objection.NO_MAILBOX)
    verdict = may_contact(
        customer_id=case.customer_id,
        channel=ConsentChannel.EMAIL,
        purpose=Purpose.SERVICE,
        now=now,
        address=to_address,
        is_answer=True,
        unit_id=case.unit_id,
    )
    if not verdict:
        raise MayNotContact.because(verdict.reason)
    author = Person.objects.filter(pk=by.id).first() if by.id else None
    header_id, subject = new_header_id(), reply_subject(case.subject, case.pk)
    in_reply_to, references = thread_ids(case.pk)
    message: Message = Message.unscoped.create(
        case=case,
        unit_id=case.unit_id,
        direction=Direction.OUT,
        channel=Channel.EMAIL,
        customer_id=case.customer_id,
        author=author,
        author_name=by.name[:200],
        from_address=mailbox.address,
        to_addresses=to_address,
        cc_addresses="\n".join(copies),
        subject=subject,
        text=text.strip(),
        header_id=header_id,
        in_reply_to=in_reply_to,
        at=now,
    )
    attach(message, attachments)
    leaves_at = max(send_after, now + UNDO_WINDOW) if send_after else now + UNDO_WINDOW
    Outgoing.unscoped.create(
        message=message,
        unit_id=case.unit_id,
        reason=SentReason.REPLY,
        mailbox=mailbox,
        to_address=to_address,
        to_name=one_line(case.customer.display_name)[:200] if case.customer else "",
        cc_addresses="\n".join(copies),
        subject=subject,
        body=_signed(text.strip(), author),
        header_id=header_id,
        in_reply_to=in_reply_to,
        references=references,
        idempotency_key=f"reply:{message.pk}",
        send_after=leaves_at,
        # Within the undo window the writer believes it sent; only a chosen later time gives way to the customer.
        cancel_if_customer_writes=bool(send_after) and cancel_if_customer_writes,
        created_at=now,
    )
    move_head(message, answers=True, reply_address=to_address, mailbox_id=mailbox.pk)
    audit(message, "replied", by=by, now=now, case=case.pk)
    tell_sent(message)
    wake_sender(send_after=leaves_at, now=now)
    return message


@transaction.atomic
def undo_send(*, message_id: int, by: Actor, now: datetime) -> Message:
    """Take back a message that has not left: within the undo window, or before its chosen time.

    Returns:
        The message, for its text to go back into the composer; it stays on the case as taken back.

    Raises:
        TooLateToUndo: it left, or is leaving.
    """
    outgoing = (
        Outgoing.objects.select_for_update(of=("self",)).select_related("message").filter(message_id=message_id).first()
    )
    if outgoing is None:
        raise NotFound(kind="messaging.Outgoing")
    demand(by, WRITE_MESSAGES, outgoing.unit_id)
    if outgoing.state != OutboxState.WAITING or outgoing.attempts or now >= outgoing.send_after:
        raise TooLateToUndo
    outgoing.state = OutboxState.CANCELLED
    outgoing.save(update_fields=["state"])
    message: Message = outgoing.message
    waits_again(case_id=message.case_id)
    audit(message, "send_undone", by=by, now=now, case=message.case_id)
    _tell_again(message)
    return message


@transaction.atomic
def try_again(*, outgoing_id: int, by: Actor, now: datetime) -> Outgoing:
    """Send a message again that failed or was held back; whether it may leave is asked anew.

    Raises:
        CannotRetry: it did not fail.
    """
    outgoing: Outgoing = Outgoing.objects.lock(outgoing_id)
    demand(by, WRITE_MESSAGES, outgoing.unit_id)
    if outgoing.state not in (OutboxState.FAILED, OutboxState.BLOCKED) or not outgoing.body or not outgoing.to_address:
        raise CannotRetry
    outgoing.state, outgoing.attempts, outgoing.last_error = OutboxState.WAITING, 0, ""
    outgoing.send_after, outgoing.claimed_at = now, None
    outgoing.save(update_fields=["state", "attempts", "last_error", "send_after", "claimed_at"])
    audit(outgoing, "tried_again", by=by, now=now)
    wake_sender(send_after=now, now=now)
    if outgoing.message:
        _tell_again(outgoing.message)
    return outgoing


@transaction.atomic
def write_note(*, case_id: int, text: str, by: Actor, now: datetime, mentions: Sequence[int] = ()) -> Message:
    """Add an internal note to a case; people in `mentions` are told under their bell. It never leaves the house."""
    case: Case = Case.objects.find(case_id)
    demand(by, WRITE_MESSAGES, case.unit_id)
    check_words(text, ())
    touch(case_id=case.pk, by=by, now=now)
    message = note_of_ours(case.pk, unit_id=case.unit_id, text=text.strip(), author_id=by.id, name=by.name, at=now)
    audit(message, "noted", by=by, now=now, case=case.pk)
    if mentions:
        notify(
            mentions,
            kind="messaging.mentioned",
            title=later(_("%(name)s mentioned you on #%(case)s"), name=by.name, case=case.pk),
            text=preview(text),
            url=_case_url(case.pk),
            dedupe_key=f"note:{message.pk}",
            now=now,
        )
    _tell_again(message)
    return message


def _case_url(case_id: int) -> str:
    return reverse("cases:case", args=[case_id])


def _tell_again(message: Message) -> None:

    tell("messaging.message", unit_id=message.unit_id, case=message.case_id, message=message.pk)


def _valid(address: str) -> str:
    plain = address.strip()
    try:
        validate_email(plain)
    except ValidationError:
        raise AddressInvalid(address=one_line(plain)[:100]) from None
    return plain


def _address_of(case: Case, thread: Thread | None) -> str:
    if thread is not None and thread.reply_address:
        return thread.reply_address
    if case.customer_id is None:
        return ""
    points = ContactPoint.objects.filter(customer_id=case.customer_id, kind=ContactKind.EMAIL)
    return next(iter(points.order_by("-is_primary", "pk").values_list("value", flat=True)[:1]), "")


def _mailbox_of(case: Case, thread: Thread | None) -> Mailbox | None:
    if thread is not None and thread.mailbox is not None and thread.mailbox.is_active:
        return thread.mailbox
    return mailbox_for_unit(unit_of(case.unit_id))


def _signed(text: str, author: Person | None) -> str:
    signature = author.signature.strip() if author else ""
    return f"{text}\n\n-- \n{signature}" if signature else text
