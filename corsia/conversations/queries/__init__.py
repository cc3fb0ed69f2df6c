"""What the inbox reads. Everything is imported from here; the modules part it by noun."""

from corsia.conversations.queries.composer import ReadyText, drafts_of, filled, macros, macros_of, ready_texts
from corsia.conversations.queries.inbox import (
    CAP,
    InboxPage,
    InboxRow,
    TabCounts,
    inbox_row,
    inbox_rows,
    tab_counts,
    unread_count,
)
from corsia.conversations.queries.thread import (
    ConversationHead,
    ThreadItem,
    ThreadPage,
    conversation_head,
    items_after,
    message_item,
    original_text,
    thread_page,
)
from corsia.conversations.queries.viewing import Viewer, viewers_of

__all__ = [
    "CAP",
    "ConversationHead",
    "InboxPage",
    "InboxRow",
    "ReadyText",
    "TabCounts",
    "ThreadItem",
    "ThreadPage",
    "Viewer",
    "conversation_head",
    "drafts_of",
    "filled",
    "inbox_row",
    "inbox_rows",
    "items_after",
    "macros",
    "macros_of",
    "message_item",
    "original_text",
    "ready_texts",
    "tab_counts",
    "thread_page",
    "unread_count",
    "viewers_of",
]
