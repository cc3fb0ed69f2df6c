"""The conversation of a case, ready to be shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, ExpressionWrapper, OuterRef, Q
from django.db.models.functions import Coalesce, JSONObject

from corsia.messaging.models import Attachment, CertifiedRecord, Message, Outgoing, Thread
from corsia.messaging.vocabulary import RECEIPTS, CertifiedKind, OutboxState, explained


@dataclass(frozen=True)
class FileRow:
    """An attachment of a shown message."""

    id: int
    name: str
    media_type: str
    size: int
    is_inline: bool


@dataclass(frozen=True)
class ReceiptRow:
    """What a provider of certified mail says about a mail of ours; `recipient` is "" where it means all of them."""

    kind: str
    at: datetime
    recipient: str

    @property
    def label(self) -> str:
        return str(CertifiedKind(self.kind).label)

    @property
    def is_bad(self) -> bool:
        return self.kind not in (CertifiedKind.ACCEPTED, CertifiedKind.TAKEN_OVER, CertifiedKind.DELIVERED)


@dataclass(frozen=True)
class SendingRow:
    """What became of an outgoing message.

    Attributes:
        can_undo: it has not left; until `send_after` it can be taken back.
        reason: why it did not leave, as a sentence; `detail` is the other server's own words.
    """

    id: int
    state: str
    label: str
    send_after: datetime
    sent_at: datetime | None
    to_address: str
    can_undo: bool
    can_retry: bool
    is_later: bool
    delivered_at: datetime | None
    read_at: datetime | None
    reason: str
    detail: str
    receipts: tuple[ReceiptRow, ...]


@dataclass(frozen=True)
class MessageRow:
    """One message of the thread."""

    id: int
    case_id: int
    unit_id: int
    direction: str
    channel: str
    author_id: int | None
    author_name: str
    from_address: str
    to_addresses: tuple[str, ...]
    cc_addresses: tuple[str, ...]
    subject: str
    text: str
    has_original: bool
    has_html: bool
    is_automatic: bool
    is_sender_unproven: bool
    flags: tuple[str, ...]
    at: datetime
    files: tuple[FileRow, ...]
    sending: SendingRow | None


UNDO_SHOWN_SECONDS = 60  # a later `send_after` than this was chosen by a person: it is "send later"


def messages_of(
    case_id: int, *, after_id: int = 0, before_id: int | None = None, limit: int = 50, now: datetime | None = None
) -> list[MessageRow]:
    """Return messages of a case and of those merged into it within the scope, oldest first, in three statements.

    Args:
        after_id: only younger ones, oldest of them first; for what came in since.
        before_id: only older ones; the latest `limit` of them.
        now: decides whether an outgoing message can still be taken back.
    """
    rows = (
        Message.objects.filter(case__conversation=case_id)
        .select_related("author")
        .defer("html")
        .annotate(has_html=ExpressionWrapper(~Q(html=""), output_field=BooleanField()))
    )
    if before_id is not None:
        rows = rows.filter(pk__lt=before_id)
    if after_id:
        found = list(rows.filter(pk__gt=after_id).order_by("pk")[:limit])
    else:
        found = list(reversed(rows.order_by("-pk")[:limit]))
    ids = [row.pk for row in found]
    files: dict[int, list[FileRow]] = {}
    for file in Attachment.objects.filter(message_id__in=ids).order_by("pk") if ids else ():
        files.setdefault(file.message_id, []).append(
            FileRow(file.pk, file.name, file.media_type, file.size, file.is_inline)
        )
    sendings = {row.message_id: row for row in sendings_of(ids)} if ids else {}
    return [_shown(row, tuple(files.get(row.pk, ())), sendings.get(row.pk), now) for row in found]


def sendings_of(message_ids: Sequence[int]) -> Any:
    """Return the outbox rows of these messages, each with the receipts of certified mail as `receipts`."""
    receipts = CertifiedRecord.unscoped.filter(message=OuterRef("message"), kind__in=RECEIPTS).order_by("pk")
    told = JSONObject(kind="kind", at=Coalesce("stated_at", "received_at"), recipient="recipient")
    return Outgoing.objects.filter(message_id__in=message_ids).annotate(receipts=ArraySubquery(receipts.values(_=told)))


def thread_heads(case_ids: Sequence[int]) -> dict[int, Thread]:
    """Return the heads of the conversations of these cases within the scope, by case."""
    return {row.case_id: row for row in Thread.objects.filter(case_id__in=list(case_ids))}


def _shown(row: Any, files: tuple[FileRow, ...], sending: Outgoing | None, now: datetime | None) -> MessageRow:
    return MessageRow(
        id=row.pk,
        case_id=row.case_id,
        unit_id=row.unit_id,
        direction=row.direction,
        channel=row.channel,
        author_id=row.author_id,
        author_name=row.author.full_name if row.author else row.author_name,
        from_address=row.from_address,
        to_addresses=tuple(row.to_addresses.split()),
        cc_addresses=tuple(row.cc_addresses.split()),
        subject=row.subject,
        text=row.text,
        has_original=bool(row.full_text),
        has_html=row.has_html,  # annotated
        is_automatic=row.is_automatic,
        is_sender_unproven=row.is_sender_unproven,
        flags=tuple(row.flags.split()),
        at=row.at,
        files=files,
        sending=_sending(sending, now) if sending else None,
    )


def _sending(row: Outgoing, now: datetime | None) -> SendingRow:
    reason, detail = explained(row.last_error) if row.last_error else ("", "")
    return SendingRow(
        id=row.pk,
        state=row.state,
        label=str(OutboxState(row.state).label),
        send_after=row.send_after,
        sent_at=row.sent_at,
        to_address=row.to_address,
        can_undo=row.state == OutboxState.WAITING and row.attempts == 0 and (now is None or now < row.send_after),
        can_retry=row.state in (OutboxState.FAILED, OutboxState.BLOCKED),
        is_later=(row.send_after - row.created_at).total_seconds() > UNDO_SHOWN_SECONDS,
        delivered_at=row.delivered_at,
        read_at=row.read_at,
        reason=reason,
        detail=detail,
        receipts=tuple(
            ReceiptRow(kind=one["kind"], at=datetime.fromisoformat(one["at"]), recipient=one["recipient"])
            for one in getattr(row, "receipts", ())
        ),
    )
