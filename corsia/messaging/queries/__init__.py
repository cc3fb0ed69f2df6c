"""Reads of messages that other contexts may use."""

from corsia.messaging.queries.contact import known_contact
from corsia.messaging.queries.mailboxes import KnownMailbox, mailbox_for_unit, mailbox_of, receiving_mailboxes
from corsia.messaging.queries.messages import MessageRow, messages_of, thread_heads
from corsia.messaging.queries.originals import original_digests
from corsia.messaging.queries.texts import TextChoice, texts_for

__all__ = [
    "KnownMailbox",
    "MessageRow",
    "TextChoice",
    "known_contact",
    "mailbox_for_unit",
    "mailbox_of",
    "messages_of",
    "original_digests",
    "receiving_mailboxes",
    "texts_for",
    "thread_heads",
]
