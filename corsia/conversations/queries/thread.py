"""One conversation: what was said, noted and done on a case, in order."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from corsia.cases.models import Case, Deadline
from corsia.cases.queries.definitions import PhaseDefinition, VersionDefinition, definition
from corsia.cases.vocabulary import ClockKind, EndKind, Holder
from corsia.conversations.queries.happenings import Happening, happenings
from corsia.kernel.errors import NotFound
from corsia.messaging.models import Message
from corsia.messaging.queries import MessageRow, messages_of
from corsia.messaging.rules.files import SAFE_IMAGES
from corsia.messaging.vocabulary import OutboxState
from corsia.organisation.queries import time_zone_of

RECENT = 50  # messages of one page of a thread


@dataclass(frozen=True, kw_only=True)
class ThreadItem:
    """A message or a line about what happened; `day` is set on the first item of each local day."""

    at: datetime
    key: str
    message: MessageRow | None = None
    happening: Happening | None = None
    day: date | None = None

    @property
    def is_pending(self) -> bool:
        """Whether its delivery may still change."""
        sending = self.message.sending if self.message else None
        return sending is not None and sending.state not in (OutboxState.CANCELLED, OutboxState.BOUNCED)

    @property
    def pictures(self) -> list[object]:
        """The files that may be shown within the page."""
        return [file for file in self.message.files if file.media_type in SAFE_IMAGES] if self.message else []

    @property
    def other_files(self) -> list[object]:
        """The files to download."""
        return [file for file in self.message.files if file.media_type not in SAFE_IMAGES] if self.message else []


@dataclass(frozen=True, kw_only=True)
class ThreadPage:
    """Some items and whether messages stand before them."""

    items: tuple[ThreadItem, ...]
    first_message_id: int
    has_older: bool


@dataclass(frozen=True, kw_only=True)
class RunningClock:
    """A promise that runs, or waits while somebody else holds the case."""

    label: str
    due_at: datetime | None
    limit_minutes: int
    spent_percent: int
    tone: str  # "ok", "warn", "bad"


@dataclass(frozen=True, kw_only=True)
class ConversationHead:
    """What stands above a thread, and what its actions need."""

    case: Case
    name: str
    first_name: str
    channel: str
    reply_address: str
    mailbox: str
    unread: int
    clocks: tuple[RunningClock, ...]
    holder: Holder
    version: VersionDefinition
    phase: PhaseDefinition
    next_phases: tuple[PhaseDefinition, ...]
    ends: tuple[EndKind, ...]
    is_snoozed: bool

    @property
    def is_open(self) -> bool:
        """Whether it can still be worked on."""
        return self.case.closed_at is None


def conversation_head(*, case_id: int, now: datetime) -> ConversationHead:
    """Return the head of a conversation, in two statements.

    Raises:
        NotFound: no such case within the scope.
    """
    rows = Case.objects.select_related("customer", "vehicle", "assignee", "thread__mailbox", "version__process", "unit")
    case = rows.filter(pk=case_id).first()
    if case is None:
        raise NotFound(kind=Case._meta.label)
    version = definition(case.version_id)
    phase = version.phase_of(case.phase_id)
    thread = getattr(case, "thread", None)
    customer = case.customer
    name = customer.display_name if customer else (thread.reply_address if thread else "") or f"#{case.pk}"
    kinds = {known.end_kind for known in version.phases if known.end_kind}
    return ConversationHead(
        case=case,
        name=name,
        first_name=(customer.first_name if customer else "") or name,
        channel=thread.channel if thread else case.origin,
        reply_address=thread.reply_address if thread else "",
        mailbox=thread.mailbox.address if thread and thread.mailbox else "",
        unread=thread.unread if thread else 0,
        clocks=tuple(_clocks(case, now)),
        holder=Holder(case.holder),
        version=version,
        phase=phase,
        next_phases=tuple(version.phase(key) for key in phase.ways_for(case.purchase_channel)),
        ends=tuple(kind for kind in EndKind if kind in kinds),
        is_snoozed=case.snoozed_until is not None and case.snoozed_until > now,
    )


def _clocks(case: Case, now: datetime) -> Iterable[RunningClock]:
    if case.closed_at is not None:
        return
    running = Deadline.objects.filter(case_id=case.pk, met_at__isnull=True, dropped_at__isnull=True)
    for row in sorted(running, key=lambda row: (row.due_at is None, row.due_at or row.started_at)):
        spent = 0
        if row.due_at is not None:
            whole = max(1.0, (row.due_at - row.started_at).total_seconds())
            spent = max(2, min(100, round((now - row.started_at).total_seconds() / whole * 100)))
        is_late = row.due_at is not None and row.due_at < now
        yield RunningClock(
            label=str(ClockKind(row.clock).label),
            due_at=row.due_at,
            limit_minutes=row.limit_minutes,
            spent_percent=spent,
            tone="bad" if is_late else "warn" if spent >= 60 else "ok",
        )


def thread_page(*, case: Case, now: datetime, before_id: int | None = None) -> ThreadPage:
    """Return the latest messages of a case with what happened between them, oldest first.

    Args:
        case: found within the scope.
        before_id: a message id: the page of messages before it.
    """
    messages = messages_of(case.pk, before_id=before_id, limit=RECENT + 1, now=now)
    has_older = len(messages) > RECENT
    messages = messages[-RECENT:]
    until = None
    if before_id is not None:
        until = Message.objects.filter(pk=before_id, case__conversation=case.pk).values_list("at", flat=True).first()
    lines = happenings(
        case_id=case.pk, version_id=case.version_id, since=messages[0].at if has_older else None, until=until
    )
    zone, items, last = time_zone_of(case.unit_id), [], None
    for item in _merged(messages, lines):
        day = item.at.astimezone(zone).date()
        items.append(replace(item, day=day) if day != last else item)
        last = day
    return ThreadPage(items=tuple(items), first_message_id=messages[0].id if messages else 0, has_older=has_older)


def items_after(
    *, case: Case, message_id: int, audit_id: int, pending: Sequence[int], now: datetime
) -> list[ThreadItem]:
    """Return what an open page does not show yet, and the messages in `pending` as they are now.

    Args:
        message_id: the last message the page shows, 0 for none.
        audit_id: the last line about something that happened, 0 for none.
        pending: messages it shows whose delivery was not decided.
    """
    rows = messages_of(case.pk, after_id=message_id, limit=RECENT, now=now)
    wanted = {pk for pk in pending if pk <= message_id}
    if wanted:
        shown = messages_of(case.pk, after_id=min(wanted) - 1, limit=RECENT, now=now)
        rows = [row for row in shown if row.id in wanted] + rows
    return _merged(rows, happenings(case_id=case.pk, version_id=case.version_id, after_id=audit_id))


def message_item(*, case: Case, message_id: int, now: datetime) -> ThreadItem:
    """Return one message of a case.

    Raises:
        NotFound: no such message on this case.
    """
    for row in messages_of(case.pk, before_id=message_id + 1, limit=1, now=now):
        if row.id == message_id:
            return _merged([row], [])[0]
    raise NotFound(kind=Message._meta.label)


def original_text(*, case: Case, message_id: int) -> str:
    """Return the whole text of a message, quotes and signature included.

    Raises:
        NotFound: no such message on this case.
    """
    row = Message.objects.filter(pk=message_id, case__conversation=case.pk).only("full_text", "text").first()
    if row is None:
        raise NotFound(kind=Message._meta.label)
    return str(row.full_text or row.text)


def _merged(messages: Sequence[MessageRow], lines: Sequence[Happening]) -> list[ThreadItem]:
    items = [ThreadItem(at=row.at, key=f"m{row.id}", message=row) for row in messages]
    items += [ThreadItem(at=row.at, key=f"a{row.id}", happening=row) for row in lines]
    return sorted(items, key=lambda item: (item.at, item.happening is None, item.key))
