"""Fetch mail from IMAP mailboxes: new UIDs only, flagged as seen after our COMMIT, never deleted."""

import imaplib
import logging
import re
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction

from corsia.connectors.email.services.oauth import TokenRefused, access_token, forget_token
from corsia.kernel import scope
from corsia.messaging.models import Mailbox
from corsia.messaging.services.journal import RawItem, store_inbound
from corsia.messaging.vocabulary import InboundSource

logger = logging.getLogger("corsia.email")

TIMEOUT_SECONDS = 30
BATCH = 20  # mails fetched and committed together
BATCH_BYTES = 20 * 1024 * 1024
MAX_A_POLL = 1_000  # mails of one mailbox in one run: the others have their turn too
_PLAIN_PORT = 143
_UID = re.compile(rb"UID (\d+)")
_SIZE = re.compile(rb"RFC822\.SIZE (\d+)")


class ImapFailed(Exception):
    """The mailbox cannot be read; the sentence says why and is shown in the settings."""


@dataclass(frozen=True)
class Polled:
    """What one visit brought."""

    fetched: int
    too_large: int


def poll_mailboxes(*, now: datetime) -> int:
    """Visit every active mailbox with an IMAP server; return how many mails came. One that fails stops no other."""
    fetched = 0
    with scope.system("email.poll"):
        for mailbox in Mailbox.objects.filter(is_active=True).exclude(imap_host="").order_by("last_polled_at", "pk"):
            try:
                polled = poll(mailbox, now=now)
            except ImapFailed as failure:
                logger.warning("Mailbox %s: %s", mailbox.address, failure)
                Mailbox.objects.filter(pk=mailbox.pk).update(last_polled_at=now, last_error=str(failure)[:300])
                continue
            fetched += polled.fetched
            notice = f"too_large: {polled.too_large}" if polled.too_large else ""
            Mailbox.objects.filter(pk=mailbox.pk).update(last_polled_at=now, last_error=notice)
    return fetched


def poll(mailbox: Mailbox, *, now: datetime) -> Polled:
    """Store what is new in one mailbox.

    A stop at any moment loses nothing: the UID up to which we read moves in the transaction that stores the mails, and
    a mail fetched twice is recognised as a copy.

    Raises:
        ImapFailed: the server cannot be reached, refuses the login, or says something else than IMAP.
    """
    with _opened(mailbox, now=now) as server:
        validity = _validity(server, mailbox)
        # After the server renumbered its mails, all of them are looked at again; those we have are known as copies.
        last = mailbox.imap_last_uid if validity == mailbox.imap_uid_validity else 0
        sizes = _new_uids(server, after=last)
        fitting = [(uid, size) for uid, size in sizes if size <= settings.MAX_MAIL_BYTES][:MAX_A_POLL]
        too_large = sum(1 for _uid, size in sizes if size > settings.MAX_MAIL_BYTES)
        fetched = 0
        for batch in _batches(fitting):
            raws = _fetch(server, batch)
            _store(mailbox, raws, validity=validity, last_uid=batch[-1], now=now)
            _flag_seen(server, batch)
            fetched += len(raws)
        if not fitting and (validity != mailbox.imap_uid_validity):
            Mailbox.objects.filter(pk=mailbox.pk).update(imap_uid_validity=validity, imap_last_uid=last)
    return Polled(fetched=fetched, too_large=too_large)


def check_connection(mailbox: Mailbox, *, now: datetime) -> int:
    """Return how many mails the folder holds.

    Raises:
        ImapFailed: says in plain words what does not work.
    """
    with _opened(mailbox, now=now) as server:
        _typ, data = server.status(_quoted(mailbox.imap_folder), "(MESSAGES)")
        found = re.search(rb"MESSAGES (\d+)", data[0] or b"")
        return int(found[1]) if found else 0


@contextmanager
def _opened(mailbox: Mailbox, *, now: datetime) -> Iterator[imaplib.IMAP4]:
    token = _token(mailbox, now=now)
    server = _connect(mailbox)
    try:
        _login(server, mailbox, token)
        answer, data = server.select(_quoted(mailbox.imap_folder))
        if answer != "OK":
            raise ImapFailed(f"folder_missing: {mailbox.imap_folder}: {_words(data)}")
        yield server
    except (imaplib.IMAP4.error, OSError) as error:
        raise ImapFailed(f"broken_off: {_words([error])}") from error
    finally:
        try:
            server.logout()
        except (imaplib.IMAP4.error, OSError):
            server.shutdown()


def _connect(mailbox: Mailbox) -> imaplib.IMAP4:
    try:
        if mailbox.imap_port == _PLAIN_PORT:
            server = imaplib.IMAP4(mailbox.imap_host, mailbox.imap_port, timeout=TIMEOUT_SECONDS)
            if "STARTTLS" in server.capabilities:
                server.starttls(ssl.create_default_context())
            elif mailbox.imap_host not in ("127.0.0.1", "::1", "localhost"):
                server.shutdown()
                raise ImapFailed("no_encryption: the password would travel in the clear")
            return server
        return imaplib.IMAP4_SSL(
            mailbox.imap_host, mailbox.imap_port, ssl_context=ssl.create_default_context(), timeout=TIMEOUT_SECONDS
        )
    except ssl.SSLError as error:
        raise ImapFailed(f"bad_certificate: {_words([error])}") from error
    except (OSError, imaplib.IMAP4.error) as error:
        raise ImapFailed(f"unreachable: {mailbox.imap_host}:{mailbox.imap_port}: {_words([error])}") from error


def _token(mailbox: Mailbox, *, now: datetime) -> str:
    """Return the access token to sign in with, "" where a password is used."""
    if not mailbox.oauth_provider:
        return (mailbox.imap_secret or "") if mailbox.imap_is_oauth else ""
    try:
        return access_token(mailbox, now=now)
    except TokenRefused as refusal:
        raise ImapFailed(str(refusal)) from refusal


def _login(server: imaplib.IMAP4, mailbox: Mailbox, token: str) -> None:
    try:
        if token:
            # A refusal comes with a challenge that says why in JSON; an empty answer to it ends the attempt.
            answers = iter([f"user={mailbox.imap_user}\x01auth=Bearer {token}\x01\x01".encode()])
            server.authenticate("XOAUTH2", lambda _challenge: next(answers, b""))
        else:
            server.login(mailbox.imap_user, mailbox.imap_secret or "")
    except imaplib.IMAP4.error as error:
        if mailbox.oauth_provider:
            forget_token(mailbox)
        raise ImapFailed(f"login_failed: {_words([error])}") from error


def _validity(server: imaplib.IMAP4, mailbox: Mailbox) -> int:
    _name, data = server.response("UIDVALIDITY")
    value = data[0] if data else None
    if value is None:
        raise ImapFailed(f"broken_off: no UIDVALIDITY for {mailbox.imap_folder}")
    return int(value)


def _new_uids(server: imaplib.IMAP4, *, after: int) -> list[tuple[int, int]]:
    """Return UID and size of the mails after a UID, in order."""
    _typ, data = server.uid("FETCH", f"{after + 1}:*", "(UID RFC822.SIZE)")
    found = []
    for line in data or []:
        text = line[0] if isinstance(line, tuple) else line
        uid, size = _UID.search(text or b""), _SIZE.search(text or b"")
        # "n:*" always names the last mail, even when it is older than n.
        if uid and size and int(uid[1]) > after:
            found.append((int(uid[1]), int(size[1])))
    return sorted(found)


def _batches(sizes: Sequence[tuple[int, int]]) -> Iterator[list[int]]:
    batch: list[int] = []
    total = 0
    for uid, size in sizes:
        if batch and (len(batch) >= BATCH or total + size > BATCH_BYTES):
            yield batch
            batch, total = [], 0
        batch.append(uid)
        total += size
    if batch:
        yield batch


def _fetch(server: imaplib.IMAP4, uids: Sequence[int]) -> list[bytes]:
    """Return the bytes of mails without marking them as seen."""
    _typ, data = server.uid("FETCH", ",".join(map(str, uids)), "(UID BODY.PEEK[])")
    return [line[1] for line in data or [] if isinstance(line, tuple)]


@transaction.atomic
def _store(mailbox: Mailbox, raws: Sequence[bytes], *, validity: int, last_uid: int, now: datetime) -> None:
    store_inbound(
        [
            RawItem(
                source=InboundSource.IMAP,
                raw=raw,
                mailbox=mailbox.address,
                mailbox_id=mailbox.pk,
                unit_id=mailbox.unit_id,
                envelope_to=(mailbox.address,),
            )
            for raw in raws
        ],
        now=now,
    )
    Mailbox.objects.filter(pk=mailbox.pk).update(imap_uid_validity=validity, imap_last_uid=last_uid)


def _flag_seen(server: imaplib.IMAP4, uids: Sequence[int]) -> None:
    """Mark as seen what is committed. A failure here does no harm: the mails are stored and known."""
    server.uid("STORE", ",".join(map(str, uids)), "+FLAGS.SILENT", "(\\Seen)")


def _quoted(folder: str) -> str:
    return '"' + folder.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _words(parts: Sequence[object]) -> str:
    texts = [part.decode("utf-8", "replace") if isinstance(part, bytes) else str(part) for part in parts if part]
    return " ".join(" ".join(texts).split())[:200]
