"""The rows of past cases on their way into the tables."""

from datetime import datetime
from typing import Any

from corsia.cases.models import Case, Deadline, Segment, Task
from corsia.config.demo.copying import Table, json
from corsia.config.demo.item_rows import ItemRows
from corsia.kernel.models import AuditEntry, FactRecord
from corsia.listening.models import Invitation, Response
from corsia.messaging.models import Message, Thread
from corsia.organisation.models import Person

FIRST_NUMBER = 1001  # cases have numbers that look like those of a group at work


class PastRows:
    """One collection of rows for each table that a past case touches."""

    def __init__(self) -> None:
        self._cases = Table(
            Case,
            *(
                "unit",
                "version",
                "phase",
                "customer",
                "vehicle",
                "assignee",
                "subject",
                "origin",
                "priority",
                "language",
            ),
            *("holder", "reference", "root_cause", "remedy", "opened_at", "phase_entered_at", "last_activity_at"),
            *("due_at", "neglected_from", "closed_at", "end_kind", "closed_from", "reopened_times"),
            first_id=FIRST_NUMBER,
        )
        self._segments = Table(Segment, "case", "holder", "started_at", "ended_at", "working_seconds", "reason")
        self._deadlines = Table(
            Deadline,
            *("case", "clock", "limit_minutes", "started_at", "due_at", "warn_at", "met_at", "dropped_at", "missed_at"),
        )
        self._messages = Table(
            Message,
            *("case", "unit", "direction", "channel", "customer", "author", "author_name", "from_address"),
            *("to_addresses", "cc_addresses", "subject", "text", "full_text", "html", "header_id", "in_reply_to"),
            *("is_automatic", "is_sender_unproven", "flags", "at"),
        )
        self._threads = Table(
            Thread,
            *("case", "channel", "last_message_at", "last_direction", "preview", "messages", "unread"),
            *("reply_address", "mailbox"),
        )
        self._facts = Table(FactRecord, "kind", "payload", "unit_id", "subject_id", "occurred_at", "depth")
        self._audit = Table(
            AuditEntry,
            "at",
            "actor_kind",
            "actor_id",
            "actor_name",
            "verb",
            "object_kind",
            "object_id",
            "unit_id",
            "data",
        )
        self._invitations = Table(
            Invitation,
            *("case", "unit", "customer", "assignee", "language", "created_at", "send_after", "expires_at"),
            *("sent_at", "cancelled_at", "cancel_reason", "cancel_detail"),
        )
        self._responses = Table(
            Response,
            *("invitation", "unit", "customer", "case", "channel", "language", "score", "text", "wants_callback"),
            *("invited_at", "started_at", "answered_at", "completed_at", "settled_at", "device"),
        )
        self._items = ItemRows()
        self._tasks = Table(
            Task, "case", "title", "assignee", "role", "due_at", "created_at", "done_at", "done_by", "is_callback"
        )

    def _flush(self) -> None:
        for table in (
            *(self._cases, self._segments, self._deadlines, self._messages, self._threads, self._tasks),
            *(self._invitations, self._responses, self._items, self._facts, self._audit),
        ):
            table.write()

    def _log(self, case_id: int, unit_id: int, at: datetime, by: Person | None, verb: str, **data: Any) -> None:
        kind, name = ("person", by.full_name) if by else ("system", "mail room")
        self._audit.add(at, kind, by.pk if by else None, name, verb, "cases.case", case_id, unit_id, json(data))
