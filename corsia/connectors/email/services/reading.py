"""Read stored mails: claim, parse in child processes, file each in its own transaction, write its fate."""

import logging
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from django.db import InterfaceError, OperationalError, transaction

from corsia.connectors.email.parsing import Outcome as ParserOutcome
from corsia.connectors.email.parsing import ParsedMail, Reason
from corsia.connectors.email.parsing.child import shared_pool
from corsia.connectors.email.services.translating import incoming_of, mailbox_for
from corsia.kernel import scope
from corsia.kernel.errors import CorsiaError
from corsia.kernel.held import held
from corsia.messaging.queries import KnownMailbox, receiving_mailboxes
from corsia.messaging.rules.incoming import Filed
from corsia.messaging.services import file_message
from corsia.messaging.services.journal import FiledByAnother, Waiting, claim_waiting, note_failure, settle
from corsia.messaging.vocabulary import InboundSource, Outcome, ReadProblem

logger = logging.getLogger("corsia.email")

SOURCES = (InboundSource.SMTP, InboundSource.IMAP, InboundSource.FILE)
BATCH = 16
# The mail is not at fault when a child was killed or the machine was busy: it gets a second reading.
_WORTH_A_SECOND = frozenset({Reason.CRASHED, Reason.TOO_SLOW, Reason.TOO_MUCH_MEMORY})


@dataclass(frozen=True)
class Read:
    """A stored mail and what became of it; None when it waits for another attempt."""

    inbound_id: int
    filed: Filed | None


def drain(*, now: datetime) -> int:
    """Read one batch of whatever waits; return how many mails it was. Call it until it returns 0."""
    return len(read_stored(now=now))


def read_stored(
    *, now: datetime, ids: Sequence[int] = (), default: KnownMailbox | None = None, is_last_attempt: bool = False
) -> list[Read]:
    """Read stored mails, oldest first.

    A crash anywhere repeats harmlessly: a mail is marked as read in the transaction that files it.

    Args:
        ids: only these; empty for the next batch of whatever waits.
        default: the mailbox for mails that name none of ours; without it they go to quarantine.
        is_last_attempt: a mail that fails goes to quarantine now and not after five attempts.
    """
    with scope.system("email.read"):
        batch = claim_waiting(sources=SOURCES, now=now, limit=len(ids) or BATCH, ids=ids)
        if not batch:
            return []
        known = receiving_mailboxes()
        parsed = _threads().map(shared_pool().parse, [waiting.raw for waiting in batch])
        with held():
            return [
                Read(waiting.id, _file(waiting, mail, known, default=default, is_last_attempt=is_last_attempt))
                for waiting, mail in zip(batch, parsed, strict=True)
            ]


def _file(
    waiting: Waiting,
    mail: ParsedMail,
    known: Mapping[str, KnownMailbox],
    *,
    default: KnownMailbox | None,
    is_last_attempt: bool,
) -> Filed | None:
    if mail.outcome is ParserOutcome.QUARANTINED and mail.reason is not None:
        if mail.reason in _WORTH_A_SECOND and waiting.attempts < 2 and not is_last_attempt:
            return None
        return _quarantine(waiting, f"{mail.reason.value}: {mail.detail}" if mail.detail else mail.reason.value)
    mailbox = mailbox_for(waiting, known, default=default)
    if mailbox is None:
        return _quarantine(waiting, ReadProblem.NO_MAILBOX)
    try:
        with transaction.atomic():
            filed = file_message(incoming_of(mail, waiting, mailbox, known))
            settle(waiting, outcome=filed.outcome, reason=filed.reason)
            return filed
    except FiledByAnother:
        return None
    except (OperationalError, InterfaceError):
        raise  # the database is away: nothing to write down, the claim grows stale and somebody reads it again
    except Exception as error:
        # One mail must not stop the others, whatever is wrong with it: its bytes are kept, the reason is shown.
        logger.exception("Mail %s could not be filed (attempt %s)", waiting.id, waiting.attempts)
        sentence = str(error) if isinstance(error, CorsiaError) else f"{type(error).__name__}: {error}"
        reason = f"{ReadProblem.NOT_FILED}: {sentence}"
        if is_last_attempt:
            return _quarantine(waiting, reason)
        is_quarantined = note_failure(waiting, reason=reason)
        return Filed(outcome=Outcome.QUARANTINED, reason=reason) if is_quarantined else None


def _quarantine(waiting: Waiting, reason: str) -> Filed | None:
    try:
        settle(waiting, outcome=Outcome.QUARANTINED, reason=reason)
    except FiledByAnother:
        return None
    return Filed(outcome=Outcome.QUARANTINED, reason=reason)


def _size() -> int:
    return min(4, os.cpu_count() or 1)


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=_size(), thread_name_prefix="parse")
