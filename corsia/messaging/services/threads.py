"""Keep the head of each conversation beside its case, and the files of messages as blobs."""

import json
from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from corsia.kernel import blobs
from corsia.kernel.live import CHANNEL
from corsia.messaging.models import Attachment, Message, Thread
from corsia.messaging.ports import Signal
from corsia.messaging.rules.files import kept_media_type, safe_name
from corsia.messaging.rules.incoming import NewFile, preview
from corsia.messaging.services.moving import catch_up
from corsia.messaging.services.signals import signal_case
from corsia.messaging.vocabulary import Direction

# The notice to open pages travels in the same statement: this is on the way of every message.
_UPSERT = """
    WITH head AS (INSERT INTO messaging_thread (case_id, channel, last_message_at, last_direction, preview, messages,
        unread, waiting_since, reply_address, mailbox_id, correspondent_id)
    VALUES (%(case)s, %(channel)s, %(at)s, %(direction)s, %(preview)s, %(messages)s, %(unread)s, %(waiting)s,
        %(address)s, %(mailbox)s, %(correspondent)s)
    ON CONFLICT (case_id) DO UPDATE SET
        last_message_at = excluded.last_message_at, last_direction = excluded.last_direction,
        preview = excluded.preview,
        channel = CASE WHEN excluded.last_direction = 'in' THEN excluded.channel ELSE messaging_thread.channel END,
        messages = messaging_thread.messages + excluded.messages,
        unread = CASE WHEN %(answers)s THEN 0 ELSE messaging_thread.unread + excluded.unread END,
        waiting_since = CASE WHEN %(answers)s THEN NULL
            ELSE coalesce(messaging_thread.waiting_since, excluded.waiting_since) END,
        reply_address = CASE WHEN messaging_thread.reply_address = '' THEN excluded.reply_address
            ELSE messaging_thread.reply_address END,
        mailbox_id = coalesce(messaging_thread.mailbox_id, excluded.mailbox_id),
        correspondent_id = coalesce(excluded.correspondent_id, messaging_thread.correspondent_id) RETURNING case_id)
    SELECT pg_notify(%(live_channel)s, %(live_event)s), (SELECT unit_id FROM cases_case WHERE id = %(case)s) FROM head
"""


def move_head(
    message: Message,
    *,
    count: int = 1,
    waits: bool = False,
    answers: bool = False,
    reply_address: str = "",
    mailbox_id: int | None = None,
    correspondent_id: int | None = None,
) -> None:
    """Bring the head of the message's conversation up to date, in one statement, and tell open pages.

    Args:
        count: how many messages were added; `message` is the one the list shows.
        waits: the customer now waits for us.
        answers: we answered: nobody waits any more.
        correspondent_id: who wrote, or was written to, by a chat channel.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _UPSERT,
            {
                "case": message.case_id,
                "channel": message.channel,
                "at": message.at,
                "direction": message.direction,
                "preview": preview(message.text),
                "messages": count,
                "unread": 1 if waits else 0,
                "waiting": message.at if waits else None,
                "address": reply_address,
                "mailbox": mailbox_id,
                "correspondent": correspondent_id,
                "answers": answers,
                "live_channel": CHANNEL,
                "live_event": json.dumps(
                    {
                        "event": "messaging.message",
                        "unit": message.unit_id,
                        "case": message.case_id,
                        "message": message.pk,
                    }
                ),
            },
        )
        _notice, unit_id = cursor.fetchone()
    if unit_id != message.unit_id:
        catch_up(message, unit_id)


def waits_again(*, case_id: int) -> None:
    """Work out since when the customer waits, after an answer was taken back."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE messaging_thread SET waiting_since = (SELECT min(m.at) FROM messaging_message m"
            " WHERE m.case_id = %(case)s AND m.direction = 'in' AND NOT m.is_automatic AND m.id > coalesce("
            "  (SELECT max(r.id) FROM messaging_message r LEFT JOIN messaging_outgoing o ON o.message_id = r.id"
            "   WHERE r.case_id = %(case)s AND r.direction = 'out' AND NOT r.is_automatic"
            "   AND coalesce(o.state, 'sent') NOT IN ('cancelled', 'blocked', 'failed', 'bounced')), 0))"
            " WHERE case_id = %(case)s",
            {"case": case_id},
        )


def read_by_us(*, case_id: int) -> bool:
    """Write down that somebody of ours looked at the conversation; True when there was something unread."""
    has_changed = bool(Thread.objects.filter(pk=case_id, unread__gt=0).update(unread=0))
    if has_changed:
        signal_case(case_id, Signal.READ)
    return has_changed


def attach(message: Message, files: Sequence[NewFile]) -> list[Attachment]:
    """Keep the files of a message: bytes once by hash, type by content, names made safe."""
    if not files:
        return []
    blob_ids = blobs.keep_all([file.content for file in files])
    rows = [
        Attachment(
            message=message,
            blob_id=blob_id,
            name=safe_name(file.name, position=position),
            media_type=kept_media_type(file.content, file.name, told=file.media_type)[:100],
            size=len(file.content),
            content_id=file.content_id.strip("<>")[:200],
            is_inline=file.is_inline,
        )
        for position, (file, blob_id) in enumerate(zip(files, blob_ids, strict=True), start=1)
    ]
    return list(Attachment.unscoped.bulk_create(rows))


def note_of_ours(case_id: int, *, unit_id: int, text: str, author_id: int | None, name: str, at: datetime) -> Message:
    """Add an internal note to the conversation; it never leaves the house."""
    message: Message = Message.unscoped.create(
        case_id=case_id,
        unit_id=unit_id,
        direction=Direction.NOTE,
        channel="note",
        author_id=author_id,
        author_name=name[:200],
        text=text,
        at=at,
    )
    return message
