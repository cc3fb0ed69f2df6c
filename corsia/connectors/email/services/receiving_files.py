"""Take mails from files as if they had just arrived: stored first, then read, each exactly once however often."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from corsia.connectors.email.services.mail_files import MailFile
from corsia.connectors.email.services.reading import read_stored
from corsia.messaging.models import Inbound, Message
from corsia.messaging.queries import KnownMailbox, mailbox_of
from corsia.messaging.rules.incoming import Filed
from corsia.messaging.rules.raw_mail import recipients, split_head
from corsia.messaging.services.journal import RawItem, store_inbound
from corsia.messaging.vocabulary import InboundSource, InboundState, Outcome

BATCH = 16


@dataclass(frozen=True)
class Received:
    """One mail of a file and what became of it."""

    file: str
    filed: Filed


def receive_files(
    mails: Iterable[MailFile], *, known: Mapping[str, KnownMailbox], into: KnownMailbox | None, now: datetime
) -> Iterator[Received]:
    """Store and read mails from files, in order, a few at a time.

    Args:
        into: the mailbox for mails that name none of ours, or None.
    """
    source = iter(mails)
    while batch := list(islice(source, BATCH)):
        yield from _receive(batch, known=known, into=into, now=now)


def _receive(
    batch: Sequence[MailFile], *, known: Mapping[str, KnownMailbox], into: KnownMailbox | None, now: datetime
) -> Iterator[Received]:
    items = [_item(mail, known=known, into=into) for mail in batch]
    before = _rows_of(items)
    ids = store_inbound(items, now=now, wake="")
    # A copy that an earlier run stored and never read, because it was stopped, is read now.
    unread = [row.pk for row in before.values() if row.state == InboundState.RECEIVED]
    wanted = [row_id for row_id in (*ids, *unread) if row_id is not None]
    read: dict[int, Filed | None] = {}
    # Large mails are read a few at a time: until all of them had their turn.
    while pending := [row_id for row_id in wanted if row_id not in read]:
        done = read_stored(now=now, ids=pending, default=into, is_last_attempt=True)
        if not done:
            break  # a worker took the rest
        read |= {row.inbound_id: row.filed for row in done}
    rows = before | _rows_of(items)
    for mail, item, row_id in zip(batch, items, ids, strict=True):
        row = rows[item.key]
        is_new = row_id is not None or row.pk in unread
        yield Received(mail.file, (read.get(row.pk) or _fate(row)) if is_new else _copy(row))


def _item(mail: MailFile, *, known: Mapping[str, KnownMailbox], into: KnownMailbox | None) -> RawItem:
    mailbox = mailbox_of(recipients(split_head(mail.raw)[0]), known) or into
    return RawItem(
        source=InboundSource.FILE,
        raw=mail.raw,
        mailbox=mailbox.address if mailbox else "",
        mailbox_id=mailbox.id if mailbox else None,
        unit_id=mailbox.unit_id if mailbox else None,
    )


def _rows_of(items: Sequence[RawItem]) -> dict[bytes, Inbound]:
    rows = Inbound.objects.filter(dedupe_key__in=[item.key for item in items]).defer("raw")
    return {bytes(row.dedupe_key): row for row in rows}


def _fate(row: Inbound) -> Filed:
    """Return what became of a mail that somebody else read, or has yet to read."""
    row.refresh_from_db(fields=["outcome", "reason", "state"])
    case_id, message_id = _place(row)
    return Filed(
        outcome=row.outcome or row.state, case_id=case_id, message_id=message_id, reason=row.reason or row.state
    )


def _copy(row: Inbound) -> Filed:
    """Return where the mail is that this one is a copy of."""
    case_id, message_id = _place(row)
    return Filed(
        outcome=Outcome.DUPLICATE, case_id=case_id, message_id=message_id, reason=f"received before: {row.outcome}"
    )


def _place(row: Inbound) -> tuple[int | None, int | None]:
    found = Message.unscoped.filter(inbound_id=row.pk).values_list("case_id", "pk").first()
    return found or (None, None)
