"""A conversation of the web chat as its visitor may see it: their words and ours to them, never a note or a mail."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from corsia.messaging.models import Attachment, ChannelAccount, Correspondent
from corsia.messaging.rules.visits import CHANNEL

SHOWN = 60  # messages in one go


@dataclass(frozen=True, kw_only=True)
class VisitFile:
    id: int
    name: str
    media_type: str
    size: int


@dataclass(frozen=True, kw_only=True)
class VisitMessage:
    """One message.

    Attributes:
        author: whom of ours they hear; "" for their own.
        content: a card or choices, one of `rules.cards`.
        is_read: the other side saw it.
    """

    id: int
    case_id: int
    is_theirs: bool
    is_automatic: bool
    author: str
    text: str
    content: dict[str, Any] | None
    at: datetime
    is_read: bool
    files: tuple[VisitFile, ...]


@dataclass(frozen=True, kw_only=True)
class Conversation:
    """What a visitor sees.

    Attributes:
        has_more: there are older messages.
        case_id: of the latest message; None before the first.
    """

    messages: tuple[VisitMessage, ...] = ()
    has_more: bool = False
    case_id: int | None = None


_CASES = """
    SELECT t.case_id FROM messaging_thread t WHERE t.correspondent_id = %(who)s
    UNION SELECT m.case_id FROM messaging_outgoing o JOIN messaging_message m ON m.id = o.message_id
    WHERE o.correspondent_id = %(who)s
"""
# A row that is being sent counts as sent: the notice of it may come before the last word is written.
_MESSAGES = f"""
    SELECT m.id, m.case_id, m.direction = 'in', m.is_automatic, coalesce(nullif(p.first_name, ''), m.author_name),
        m.text, o.content, m.at,
        CASE WHEN m.direction = 'in' THEN coalesce(t.unread = 0, false) ELSE o.read_at IS NOT NULL END
    FROM messaging_message m
    LEFT JOIN messaging_outgoing o ON o.message_id = m.id
    LEFT JOIN messaging_thread t ON t.case_id = m.case_id
    LEFT JOIN organisation_person p ON p.id = m.author_id
    WHERE m.case_id IN ({_CASES}) AND (%(before)s = 0 OR m.id < %(before)s) AND (
        (m.direction = 'in' AND m.channel = '{CHANNEL}' AND m.from_address = %(name)s)
        OR (m.direction = 'out' AND o.correspondent_id = %(who)s AND o.state IN ('sent', 'sending')))
    ORDER BY m.id DESC LIMIT %(limit)s
"""


def visitor_of(account: ChannelAccount, external_id: str) -> Correspondent | None:
    """Return who writes with a visitor's name, None before their first message."""
    return (
        Correspondent.unscoped.select_related("account", "customer")
        .filter(account=account, external_id=external_id)
        .first()
    )


def conversation_of(visitor: Correspondent, *, before: int = 0, limit: int = SHOWN) -> Conversation:
    """Return the latest messages of a visitor, oldest first, in two statements.

    Args:
        before: only older ones than this message; 0 for the latest.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _MESSAGES, {"who": visitor.pk, "name": visitor.external_id, "before": before, "limit": limit + 1}
        )
        rows = cursor.fetchall()
    shown = rows[:limit][::-1]
    files: dict[int, list[VisitFile]] = {}
    ids = [row[0] for row in shown]
    for file in Attachment.unscoped.filter(message_id__in=ids).order_by("pk") if ids else ():
        files.setdefault(file.message_id, []).append(
            VisitFile(id=file.pk, name=file.name, media_type=file.media_type, size=file.size)
        )
    return Conversation(
        messages=tuple(_message(row, tuple(files.get(row[0], ()))) for row in shown),
        has_more=len(rows) > limit,
        case_id=shown[-1][1] if shown else None,
    )


def _message(row: tuple[Any, ...], files: tuple[VisitFile, ...]) -> VisitMessage:
    pk, case_id, is_theirs, is_automatic, author, text, content, at, is_read = row
    return VisitMessage(
        id=pk,
        case_id=case_id,
        is_theirs=is_theirs,
        is_automatic=is_automatic,
        author="" if is_theirs else author,
        text=text,
        content=_read_json(content),
        at=at,
        is_read=bool(is_read),
        files=files,
    )


def _read_json(content: Any) -> dict[str, Any] | None:
    if isinstance(content, str):
        content = json.loads(content)
    return content if isinstance(content, dict) else None
