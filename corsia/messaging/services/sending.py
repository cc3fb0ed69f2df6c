"""Empty the outbox: claim what is due, ask the gate again, hand it to the mail server, write its fate."""

import logging
import smtplib
from collections.abc import Sequence
from datetime import datetime, timedelta

from anymail.exceptions import AnymailAPIError, AnymailRecipientsRefused
from django.conf import settings
from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection as database
from django.db import transaction

from corsia.cases.services import we_answered
from corsia.kernel import scope
from corsia.kernel.actors import Actor, ActorKind, system
from corsia.kernel.blobs import content_of
from corsia.kernel.live import tell
from corsia.messaging.models import Attachment, ChannelAccount, Outgoing
from corsia.messaging.ports import Signal
from corsia.messaging.queries.ways import objection_to
from corsia.messaging.rules.gate import ALLOWED, Verdict
from corsia.messaging.rules.incoming import NewFile, ReportedBounce
from corsia.messaging.rules.templates import one_line
from corsia.messaging.services.bounces import came_back
from corsia.messaging.services.carriers import Carriers, SendFailed
from corsia.messaging.services.contact import hold_row_back, take_leave
from corsia.messaging.services.mail_format import wire_mail
from corsia.messaging.services.signals import signal
from corsia.messaging.services.threads import waits_again
from corsia.messaging.vocabulary import TO_COLLEAGUES, Objection, OutboxState, SendProblem, SentReason
from corsia.organisation.models import Person

logger = logging.getLogger("corsia.messaging")

STALE_AFTER = timedelta(minutes=5)  # longer than the mail server's timeout: the sender died
MAX_ATTEMPTS = 8
BATCH = 20


def send_due(*, now: datetime, limit: int = BATCH) -> int:
    """Send the mails that are due, oldest first, at most `limit`; return how many were taken up.

    Each row has its own transaction: one that fails, or a sender that dies, holds up nothing else. A sender that dies
    after the server took the mail and before that is written sends it once more with the same Message-ID; surveys are
    marked first instead, and never sent twice.
    """
    with scope.system("messaging.send_due"):
        claimed = _claim(now=now, limit=limit)
        if not claimed:
            return 0
        server = None if settings.SANDBOX else get_connection(fail_silently=False)
        carriers = Carriers(now=now)
        try:
            for outgoing_id, was_interrupted in claimed:
                _send_one(outgoing_id, server, carriers, was_interrupted=was_interrupted, now=now)
        finally:
            if server is not None:
                server.close()
    return len(claimed)


def _claim(*, now: datetime, limit: int) -> list[tuple[int, bool]]:
    """Take due rows for this sender alone; return id and whether an earlier sender left it half done."""
    with transaction.atomic(), database.cursor() as cursor:
        cursor.execute(
            "WITH due AS (SELECT id, state FROM messaging_outgoing WHERE state IN ('waiting', 'sending')"
            "  AND send_after <= %(now)s AND (state = 'waiting' OR claimed_at < %(stale)s)"
            "  ORDER BY send_after LIMIT %(limit)s FOR UPDATE SKIP LOCKED)"
            " UPDATE messaging_outgoing o SET state = 'sending', claimed_at = %(now)s, attempts = o.attempts + 1"
            " FROM due WHERE o.id = due.id RETURNING o.id, due.state = 'sending', o.send_after",
            {"now": now, "stale": now - STALE_AFTER, "limit": limit},
        )
        return [(row[0], row[1]) for row in sorted(cursor.fetchall(), key=lambda row: (row[2], row[0]))]


def _send_one(
    outgoing_id: int, server: BaseEmailBackend | None, carriers: Carriers, *, was_interrupted: bool, now: datetime
) -> None:
    row = (
        Outgoing.objects.select_related(
            "message__case", "message__author", "message__customer", "mailbox", "correspondent__account"
        )
        .filter(pk=outgoing_id, state=OutboxState.SENDING)
        .first()
    )
    if row is None:
        return
    if was_interrupted and row.reason == SentReason.SURVEY:
        _settle(row, OutboxState.FAILED, f"{SendProblem.INTERRUPTED}", now=now)
        return
    verdict = _ask_gate(row, now=now)
    if verdict.is_later:
        _tell(row)
        return
    if not verdict:
        _settle(row, OutboxState.BLOCKED, verdict.reason, now=now)
        return
    provider_id = ""
    try:
        if row.correspondent is not None:
            provider_id = carriers.hand_over(row, row.correspondent, files=_files(row), language=_language(row))
        elif server is not None:
            _hand_over(row, server)
    except SendFailed as failure:
        _failed(row, failure, now=now)
        return
    _sent(row, provider_id, now=now)


def _ask_gate(row: Outgoing, *, now: datetime) -> Verdict:
    if row.reason in TO_COLLEAGUES:
        return ALLOWED  # no customer is written to
    if row.correspondent is not None:
        objection = objection_to(row.correspondent, has_content=bool(row.content), now=now)
    else:
        objection = "" if row.mailbox is not None else Objection.NO_MAILBOX
    if objection:
        verdict = Verdict(False, objection)
        hold_row_back(row, verdict, now=now)
        return verdict
    return take_leave(row, now=now)


def _hand_over(row: Outgoing, server: BaseEmailBackend) -> None:
    """Give one mail to the mail server.

    Raises:
        SendFailed: it was not taken; says whether another attempt makes sense.
    """
    mail = wire_mail(row, files=_files(row), language=_language(row), connection=server)
    try:
        mail.send(fail_silently=False)
    except smtplib.SMTPRecipientsRefused as error:
        code, words = next(iter(error.recipients.values()), (0, b""))
        raise SendFailed(SendProblem.ADDRESS_REFUSED, _words(code, words), is_final=500 <= code < 600) from error
    except smtplib.SMTPSenderRefused as error:
        detail = _words(error.smtp_code, error.smtp_error)
        raise SendFailed(SendProblem.SENDER_REFUSED, detail, is_final=500 <= error.smtp_code < 600) from error
    except smtplib.SMTPAuthenticationError as error:
        # Somebody must correct the password: the mails wait for it.
        raise SendFailed(SendProblem.LOGIN_FAILED, _words(error.smtp_code, error.smtp_error), is_final=False) from error
    except smtplib.SMTPResponseException as error:
        detail = _words(error.smtp_code, error.smtp_error)
        raise SendFailed(SendProblem.MAIL_REFUSED, detail, is_final=500 <= error.smtp_code < 600) from error
    except AnymailRecipientsRefused as error:
        raise SendFailed(SendProblem.ADDRESS_REFUSED, one_line(str(error)), is_final=True) from error
    except AnymailAPIError as error:
        status = error.status_code or 0
        is_final = 400 <= status < 500 and status not in (401, 403, 408, 429)
        raise SendFailed(SendProblem.MAIL_REFUSED, one_line(str(error)), is_final=is_final) from error
    except (OSError, smtplib.SMTPException) as error:
        server.close()  # a broken connection is not used again; the next mail opens a fresh one
        raise SendFailed(SendProblem.UNREACHABLE, one_line(str(error)), is_final=False) from error


def _language(row: Outgoing) -> str:
    if row.reason in TO_COLLEAGUES:
        found = Person.objects.filter(email__iexact=row.to_address).values_list("language", flat=True).first()
        return str(found or "it")
    return str(row.message.case.language if row.message else row.language or "it")


def _files(row: Outgoing) -> Sequence[NewFile]:
    if row.message_id is None:
        return ()
    return [
        NewFile(name=file.name, content=content_of(file.blob_id), media_type=file.media_type)
        for file in Attachment.objects.filter(message_id=row.message_id).order_by("pk")
    ]


@transaction.atomic
def _sent(row: Outgoing, provider_id: str, *, now: datetime) -> None:
    changed = Outgoing.objects.filter(pk=row.pk, state=OutboxState.SENDING).update(
        state=OutboxState.SENT, sent_at=now, last_error="", secret_body=None, provider_id=provider_id[:200]
    )
    if row.correspondent is not None:
        ChannelAccount.objects.filter(pk=row.correspondent.account_id).update(last_out_at=now)
        signal(row.correspondent, Signal.MESSAGE)
    if changed and row.message is not None:
        if row.reason == SentReason.REPLY:
            we_answered(case_id=row.message.case_id, by=_author(row), now=now)
        _tell(row)


@transaction.atomic
def _failed(row: Outgoing, failure: SendFailed, *, now: datetime) -> None:
    logger.warning("Outgoing %s was not sent (attempt %s): %s", row.pk, row.attempts, failure)
    stored = f"{failure.problem}: {failure.detail}"[:500]
    if row.correspondent is not None:
        ChannelAccount.objects.filter(pk=row.correspondent.account_id).update(
            last_error=stored[:300], last_error_at=now
        )
    if failure.is_final and failure.problem == SendProblem.ADDRESS_REFUSED:
        # Refused at the door is the same as a bounce, only sooner.
        row.state = OutboxState.SENT
        came_back(row, ReportedBounce(recipient=row.to_address, is_hard=True, diagnostic=failure.detail), now=now)
        Outgoing.objects.filter(pk=row.pk).update(state=OutboxState.FAILED, last_error=stored, secret_body=None)
        return
    if failure.is_final or row.attempts >= MAX_ATTEMPTS:
        _settle(row, OutboxState.FAILED, stored, now=now)
        return
    wait = failure.after or timedelta(seconds=min(30 * 3 ** (row.attempts - 1), 6 * 3600))  # 30 s, 90 s ... 6 h
    Outgoing.objects.filter(pk=row.pk, state=OutboxState.SENDING).update(
        state=OutboxState.WAITING, send_after=now + wait, last_error=stored
    )
    _tell(row)


@transaction.atomic
def _settle(row: Outgoing, state: str, reason: str, *, now: datetime) -> None:
    """Write that a mail will not leave; its case waits for us again."""
    Outgoing.objects.filter(pk=row.pk, state=OutboxState.SENDING).update(
        state=state, last_error=reason[:500], secret_body=None
    )
    if row.message is not None:
        waits_again(case_id=row.message.case_id)
    _tell(row)


def _tell(row: Outgoing) -> None:
    if row.message is not None:
        tell("messaging.message", unit_id=row.unit_id, case=row.message.case_id, message=row.message.pk)


def _author(row: Outgoing) -> Actor:
    """Return who answered, for the audit trail. The right was asked when they wrote; now the house sends."""
    author = row.message.author if row.message else None
    return Actor(kind=ActorKind.SYSTEM, id=author.pk, name=author.full_name) if author else system("outbox")


def _words(code: int, words: bytes | str) -> str:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return one_line(f"{code} {text}")[:300]
