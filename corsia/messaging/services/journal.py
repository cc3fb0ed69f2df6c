"""The raw journal: keep what arrives, byte for byte, before "accepted" is said; hand it to a reader; write its fate."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from procrastinate.exceptions import AlreadyEnqueued

from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.jobs import MAIL, app
from corsia.messaging.models import Inbound
from corsia.messaging.ports import adapter_of
from corsia.messaging.rules import raw_mail
from corsia.messaging.vocabulary import InboundState, Outcome

READ_MAIL = "email.drain"  # the job that reads mails; forms and other sources name their own
READ_EVENTS = "messaging.read_events"  # the job that reads what came through webhooks; one waiting is enough
STALE_AFTER = timedelta(seconds=60)  # a claim older than this was left by a reader that died
MAX_ATTEMPTS = 5


@dataclass(frozen=True, kw_only=True)
class RawItem:
    """Something that arrived.

    Attributes:
        mailbox: address of the mailbox that received it; copies are recognised per mailbox.
        dedupe_key: 32 bytes that recognise a second copy; None takes mailbox, Message-ID and body.
    """

    source: str
    raw: bytes
    mailbox: str = ""
    mailbox_id: int | None = None
    unit_id: int | None = None
    account_id: int | None = None
    envelope_from: str = ""
    envelope_to: tuple[str, ...] = ()
    dedupe_key: bytes | None = None

    @property
    def key(self) -> bytes:
        return self.dedupe_key or raw_mail.dedupe_key(mailbox=self.mailbox, raw=self.raw)


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A claimed row. `attempts` fences it: when somebody claims it again, this claim no longer counts."""

    id: int
    source: str
    raw: bytes
    envelope_from: str
    envelope_to: tuple[str, ...]
    received_at: datetime
    attempts: int
    mailbox_id: int | None
    unit_id: int | None
    account_id: int | None = None
    opens_case: bool = False  # somebody of ours said that a customer wrote it


def store_inbound(items: Sequence[RawItem], *, now: datetime, wake: str = READ_MAIL) -> list[int | None]:
    """Keep all `items` in one transaction, with the job that will read them.

    Once this returns, every item is on disk: it may be acknowledged.

    Args:
        wake: name of the job that reads them; "" when the caller reads them itself.

    Returns:
        For each item the id of its row, or None when a copy was here already: known, and acknowledged all the same.
    """
    if not items:
        return []
    keys = [item.key for item in items]
    unique: dict[bytes, RawItem] = {}
    for key, item in zip(keys, items, strict=True):
        unique.setdefault(key, item)  # of two copies the first is kept
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO messaging_inbound (source, dedupe_key, raw, size, envelope_from, envelope_to, mailbox_id,"
                " unit_id, account_id, received_at, state, outcome, reason, attempts)"
                " SELECT source, dedupe_key, raw, length(raw), envelope_from, envelope_to, mailbox_id,"
                " unit_id, account_id, %s, %s, '', '', 0"
                " FROM unnest(%s::text[], %s::bytea[], %s::bytea[], %s::text[], %s::text[], %s::bigint[], %s::bigint[],"
                " %s::bigint[])"
                " AS t(source, dedupe_key, raw, envelope_from, envelope_to, mailbox_id, unit_id, account_id)"
                " ON CONFLICT (dedupe_key) DO NOTHING RETURNING dedupe_key, id",
                [
                    now,
                    InboundState.RECEIVED,
                    [str(item.source) for item in unique.values()],
                    list(unique),
                    [item.raw for item in unique.values()],
                    [_clean(item.envelope_from)[:320] for item in unique.values()],
                    [_clean("\n".join(item.envelope_to)) for item in unique.values()],
                    [item.mailbox_id for item in unique.values()],
                    [item.unit_id for item in unique.values()],
                    [item.account_id for item in unique.values()],
                ],
            )
            stored = {bytes(key): row_id for key, row_id in cursor.fetchall()}
        if stored and wake:
            wake_reader(wake)
    return [stored.pop(key, None) for key in keys]


def wake_reader(name: str) -> None:
    """Queue the reading job unless it waits already. Called last in the transaction: see below.

    A reader that starts between our look and our commit may miss these rows; it looks again before it ends, and the
    tick of each minute takes what is left.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM procrastinate_jobs WHERE queueing_lock = %s AND status = 'todo'", [name])
        if cursor.fetchone():
            return
    try:
        with transaction.atomic():
            app.configure_task(name, queue=MAIL, queueing_lock=name).defer()
    except AlreadyEnqueued:
        return  # another door was faster: one waiting reader is enough


def claim_waiting(
    *,
    sources: Sequence[str],
    now: datetime,
    limit: int = 16,
    max_bytes: int = 32 * 1024 * 1024,
    ids: Sequence[int] = (),
) -> list[Waiting]:
    """Take the oldest rows that wait, for this reader alone: oldest first, `max_bytes` at most (but one always).

    Args:
        ids: only these rows, whether their claim is stale or not; empty for whatever waits.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "WITH waiting AS (SELECT id, size FROM messaging_inbound"
            "   WHERE state = %(received)s AND source = ANY(%(sources)s)"
            "   AND (claimed_at IS NULL OR claimed_at < %(stale)s) AND (%(all)s OR id = ANY(%(ids)s::bigint[]))"
            "   ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED),"
            " chosen AS (SELECT id, sum(size) OVER (ORDER BY id) - size AS before FROM waiting)"
            " UPDATE messaging_inbound AS i SET claimed_at = %(now)s, attempts = i.attempts + 1 FROM chosen"
            " WHERE i.id = chosen.id AND chosen.before < %(bytes)s"
            " RETURNING i.id, i.source, i.raw, i.envelope_from, i.envelope_to, i.received_at, i.attempts,"
            " i.mailbox_id, i.unit_id, i.account_id, i.opens_case",
            {
                "received": InboundState.RECEIVED,
                "sources": [str(source) for source in sources],
                "stale": now - STALE_AFTER,
                "all": not ids,
                "ids": list(ids),
                "limit": limit,
                "bytes": max_bytes,
                "now": now,
            },
        )
        rows = sorted(cursor.fetchall())
    return [
        Waiting(
            id=row[0],
            source=row[1],
            raw=bytes(row[2]),
            envelope_from=row[3],
            envelope_to=tuple(row[4].split()),
            received_at=row[5],
            attempts=row[6],
            mailbox_id=row[7],
            unit_id=row[8],
            account_id=row[9],
            opens_case=row[10],
        )
        for row in rows
    ]


class FiledByAnother(Exception):
    """Somebody else claimed the row meanwhile: what was done for it must be undone."""


def settle(waiting: Waiting, *, outcome: str, reason: str = "") -> None:
    """Write what became of a row, as the last thing in the transaction that made it so.

    Raises:
        FiledByAnother: the claim no longer holds; the transaction must not commit.
    """
    quarantined = outcome == Outcome.QUARANTINED
    changed = Inbound.objects.filter(pk=waiting.id, state=InboundState.RECEIVED, attempts=waiting.attempts).update(
        state=InboundState.QUARANTINED if quarantined else InboundState.PARSED, outcome=outcome, reason=reason[:300]
    )
    if not changed:
        raise FiledByAnother


def note_failure(waiting: Waiting, *, reason: str) -> bool:
    """Write down that filing failed; the row waits for its next attempt, or goes to quarantine after the last.

    Returns:
        True when it went to quarantine.
    """
    rows = Inbound.objects.filter(pk=waiting.id, state=InboundState.RECEIVED, attempts=waiting.attempts)
    if waiting.attempts < MAX_ATTEMPTS:
        rows.update(reason=reason[:300])
        return False
    return bool(rows.update(state=InboundState.QUARANTINED, outcome=Outcome.QUARANTINED, reason=reason[:300]))


def retry(*, inbound_id: int, by: Actor, now: datetime) -> bool:
    """Let a quarantined row be read again, from its untouched bytes; False when it is no longer in quarantine."""
    with transaction.atomic():
        changed = Inbound.objects.filter(pk=inbound_id, state=InboundState.QUARANTINED).update(
            state=InboundState.RECEIVED, outcome="", reason="", attempts=0, claimed_at=None
        )
        if changed:
            audit(Inbound(pk=inbound_id), "read_again", by=by, now=now)
            for source in Inbound.objects.filter(pk=inbound_id).values_list("source", flat=True):
                wake_reader(READ_EVENTS if adapter_of(source) else READ_MAIL)
    return bool(changed)


def _clean(text: str) -> str:
    return text.replace("\x00", "").encode("utf-8", "replace").decode()
