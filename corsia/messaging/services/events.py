"""What webhooks left in the journal is read: messages are filed, reports change what they are about."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.db import transaction

from corsia.kernel import scope
from corsia.kernel.live import tell
from corsia.kernel.safe_fetch import FetchFailed
from corsia.messaging.models import ChannelAccount, DeliveredPart, Message, Outgoing
from corsia.messaging.ports import Adapter, Happening, Unreadable, adapter_of, adapters
from corsia.messaging.queries.accounts import account_of
from corsia.messaging.rules.happenings import MessageChanged, NumberChanged, Objected, OfTheAccount, Receipt
from corsia.messaging.rules.incoming import Filed, IncomingMessage, NewFile
from corsia.messaging.services import journal
from corsia.messaging.services.correspondents import change_number
from corsia.messaging.services.filing import file_message
from corsia.messaging.services.objections import objected
from corsia.messaging.services.threads import waits_again
from corsia.messaging.vocabulary import OutboxState, Outcome, ReadProblem, ReceiptState, SendProblem

logger = logging.getLogger("corsia.messaging")

UNKNOWN_FOR = timedelta(minutes=5)  # a report may overtake the answer that named the message: it is looked at again


class _NotYet(Exception):
    """What a report is about is not here yet."""


def read_events(*, now: datetime, limit: int = 32, ids: Sequence[int] = ()) -> int:
    """Read the oldest events that wait, each in its own transaction; return how many were taken up.

    Args:
        ids: only these rows of the journal; empty for whatever waits.
    """
    sources = list(adapters())
    if not sources:
        return 0
    waiting = journal.claim_waiting(sources=sources, now=now, limit=limit, ids=ids)
    for row in waiting:
        with scope.system("messaging.read_events"):
            _read_one(row, now=now)
    return len(waiting)


def _read_one(row: journal.Waiting, *, now: datetime) -> None:
    adapter = adapter_of(row.source)
    account = account_of(row.account_id)
    if adapter is not None and account is not None:
        account = adapter.account_meant(account, row.raw)
    if adapter is None or account is None:
        _settle(row, Outcome.QUARANTINED, ReadProblem.NO_ACCOUNT)
        return
    try:
        happenings = [
            _with_files(adapter, account, told, is_last=row.attempts >= journal.MAX_ATTEMPTS)
            for told in adapter.read(account, row.raw, at=row.received_at)
        ]
    except Unreadable as error:
        _settle(row, Outcome.QUARANTINED, f"{ReadProblem.NOT_OF_CHANNEL}: {error}")
        return
    except FetchFailed as error:
        journal.note_failure(row, reason=f"{type(error).__name__}: {error}")
        return
    try:
        with transaction.atomic():
            outcome = _filed(row, adapter, account, happenings)
            journal.settle(row, outcome=outcome.outcome, reason=outcome.reason)
            ChannelAccount.unscoped.filter(pk=account.pk).update(last_in_at=row.received_at)
    except _NotYet:
        if now - row.received_at < UNKNOWN_FOR and row.attempts < journal.MAX_ATTEMPTS:
            journal.note_failure(row, reason=ReadProblem.NO_OWN_MESSAGE)
        else:
            _settle(row, Outcome.AUTOMATIC, ReadProblem.NO_OWN_MESSAGE)
    except journal.FiledByAnother:
        logger.info("event %s was filed by another reader meanwhile", row.id)
    except Exception as error:
        logger.exception("event %s could not be filed", row.id)
        journal.note_failure(row, reason=f"{type(error).__name__}: {error}")


def _settle(row: journal.Waiting, outcome: str, reason: str) -> None:
    try:
        with transaction.atomic():
            journal.settle(row, outcome=outcome, reason=reason)
    except journal.FiledByAnother:
        logger.info("event %s was settled by another reader meanwhile", row.id)


def _with_files(adapter: Adapter, account: ChannelAccount, told: Happening, *, is_last: bool) -> Happening:
    """Return a message with the files it names, fetched. At the last attempt it goes without them, and says so."""
    if not isinstance(told, IncomingMessage) or not told.remote_files:
        return told
    files: list[NewFile] = []
    missing = False
    for file in told.remote_files:
        try:
            files.append(adapter.fetch(account, file))
        except FetchFailed:
            if not is_last:
                raise
            missing = True
    flags = (*told.flags, "file_missing") if missing else told.flags
    return replace(told, attachments=(*told.attachments, *files), remote_files=(), flags=flags)


def _filed(row: journal.Waiting, adapter: Adapter, account: ChannelAccount, happenings: list[Happening]) -> Filed:
    """File everything an event tells; its outcome is that of its first message, if it has one."""
    filed = Filed(outcome=Outcome.AUTOMATIC)
    messages = 0
    for told in happenings:
        match told:
            case IncomingMessage():
                found = file_message(replace(told, inbound_id=row.id))
                filed = filed if messages else found
                messages += 1
            case Receipt():
                _note_receipt(told)
            case MessageChanged():
                _change_words(account, told)
            case NumberChanged():
                change_number(account, told)
            case Objected():
                objected(account, told)
            case OfTheAccount():
                adapter.of_account(account, told)
    return filed


def _note_receipt(told: Receipt) -> None:
    """Bring a message of ours on. Reports in any order lead to the same end; a delivered one never failed.

    Raises:
        _NotYet: no message of ours has that name, so far.
    """
    rows = Outgoing.objects.select_for_update(of=("self",))
    row = rows.filter(provider_id=told.provider_id).first()
    if row is None:
        part = DeliveredPart.objects.filter(provider_id=told.provider_id).first()
        if part is None:
            raise _NotYet
        if told.state != ReceiptState.FAILED:
            return  # the last part speaks for all, unless one fails
        row = rows.get(pk=part.outgoing_id)
    if told.state == ReceiptState.FAILED:
        if row.delivered_at is not None or row.state == OutboxState.FAILED:
            return
        row.state = OutboxState.FAILED
        row.last_error = f"{told.problem or SendProblem.NOT_TAKEN}: {told.detail}"[:500]
        row.save(update_fields=["state", "last_error"])
        if row.message is not None:
            waits_again(case_id=row.message.case_id)
    else:
        if told.state == ReceiptState.READ:
            row.read_at = min(row.read_at or told.at, told.at)
        if told.state in (ReceiptState.READ, ReceiptState.DELIVERED):
            row.delivered_at = min(row.delivered_at or told.at, told.at)
            if row.state == OutboxState.FAILED:
                row.state, row.last_error = OutboxState.SENT, ""
        row.save(update_fields=["state", "last_error", "delivered_at", "read_at"])
    if row.message is not None:
        tell("messaging.message", unit_id=row.unit_id, case=row.message.case_id, message=row.message.pk)


def _change_words(account: ChannelAccount, told: MessageChanged) -> None:
    """Show the new words of a message, or that it was taken back; what was first said stays in its whole text."""
    row = (
        Message.objects.select_for_update(of=("self",))
        .filter(header_id=told.header_id, channel=account.channel, direction="in")
        .first()
    )
    if row is None:
        raise _NotYet
    flag = "edited" if told.text is not None else "deleted"
    if told.text is not None and told.text.strip() != row.text:
        row.full_text = row.full_text or row.text
        row.text = told.text.strip()
    if flag not in row.flags.split():
        row.flags = f"{row.flags} {flag}".strip()
    row.save(update_fields=["text", "full_text", "flags"])
    tell("messaging.message", unit_id=row.unit_id, case=row.case_id, message=row.pk)
