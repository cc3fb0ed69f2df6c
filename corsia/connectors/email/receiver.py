"""The SMTP receiver: "250" is said only after the bytes are committed; what arrives together is committed together."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from aiosmtpd.smtp import SMTP, Envelope, Session
from django.db import Error as DatabaseError
from django.db import connection
from django.utils import timezone

from corsia.connectors.email.services.encryption import Encryption
from corsia.messaging.queries import KnownMailbox, mailbox_of, receiving_mailboxes
from corsia.messaging.services.journal import RawItem, store_inbound
from corsia.messaging.vocabulary import InboundSource

logger = logging.getLogger("corsia.smtp")

MAX_TOGETHER = 64  # mails in one commit
MAX_TOGETHER_BYTES = 64 * 1024 * 1024
ADDRESSES_LIVE_SECONDS = 5.0  # a new mailbox receives at the latest after this
MAX_CONNECTIONS = 300
MAX_LINE = 2 * 1024 * 1024  # bytes; RFC 5321 allows 1000, real mails do not keep to it
MAX_RECIPIENTS = 100

OK = "250 2.0.0 Stored"
TRY_LATER = "451 4.3.0 Not stored, please try again later"
UNKNOWN = "550 5.1.1 No such mailbox here"
TOO_MANY_RECIPIENTS = "452 4.5.3 Too many recipients"


@dataclass
class _Arrival:
    items: Sequence[RawItem]
    size: int
    stored: "asyncio.Future[bool]" = field(repr=False)


class Store:
    """Collects what all connections deliver and commits it in one thread with one database connection.

    No waiting on purpose: while one commit runs, the next batch gathers by itself.
    """

    def __init__(self) -> None:
        self._arrivals: asyncio.Queue[_Arrival] = asyncio.Queue()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")
        self._addresses: Mapping[str, KnownMailbox] | None = None
        self._addresses_at = float("-inf")
        self._looking = asyncio.Lock()

    async def keep(self, items: Sequence[RawItem], size: int) -> bool:
        """Return True once the items are committed; False when they are not, for whatever reason."""
        arrival = _Arrival(items, size, asyncio.get_running_loop().create_future())
        await self._arrivals.put(arrival)
        return await arrival.stored

    async def run(self) -> None:
        """Commit batch after batch until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            batch = [await self._arrivals.get()]
            size = batch[0].size
            while not self._arrivals.empty() and len(batch) < MAX_TOGETHER and size < MAX_TOGETHER_BYTES:
                batch.append(self._arrivals.get_nowait())
                size += batch[-1].size
            outcome = await loop.run_in_executor(self._thread, _commit, [arrival.items for arrival in batch])
            for arrival, stored in zip(batch, outcome, strict=True):
                if not arrival.stored.done():  # its connection may be gone
                    arrival.stored.set_result(stored)
                self._arrivals.task_done()

    async def mailbox(self, address: str) -> KnownMailbox | None:
        """Return the mailbox of an address, from a list that is at most a few seconds old.

        Raises:
            DatabaseError: the list was never read, and the database is away.
        """
        async with self._looking:
            loop = asyncio.get_running_loop()
            if loop.time() - self._addresses_at > ADDRESSES_LIVE_SECONDS:
                try:
                    self._addresses = await loop.run_in_executor(self._thread, _read_addresses)
                    self._addresses_at = loop.time()
                except DatabaseError:
                    if self._addresses is None:
                        raise
                    self._addresses_at = loop.time()  # the old list serves; storing will say whether we can
        return mailbox_of([address], self._addresses or {})

    async def close(self) -> None:
        """Let what was accepted for storing finish."""
        await self._arrivals.join()
        self._thread.shutdown(wait=True)


class Handler:
    """What the receiver does with a mail; answers are SMTP's."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def handle_RCPT(  # noqa: N802 (aiosmtpd's name)
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if len(envelope.rcpt_tos) >= MAX_RECIPIENTS:
            return TOO_MANY_RECIPIENTS
        try:
            mailbox = await self.store.mailbox(address)
        except DatabaseError:
            logger.warning("The list of mailboxes could not be read: senders are asked to come back.")
            return TRY_LATER
        if mailbox is None:
            return UNKNOWN
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        raw = bytes(envelope.original_content or b"")
        try:
            items = await self._items(raw, envelope)
        except DatabaseError:
            return TRY_LATER
        return OK if items and await self.store.keep(items, len(raw) * len(items)) else TRY_LATER

    async def _items(self, raw: bytes, envelope: Envelope) -> list[RawItem]:
        """Return one item for each mailbox that the mail is for."""
        recipients: dict[KnownMailbox, list[str]] = {}
        for address in envelope.rcpt_tos:
            mailbox = await self.store.mailbox(address)
            if mailbox is not None:
                recipients.setdefault(mailbox, []).append(address)
        return [
            RawItem(
                source=InboundSource.SMTP,
                raw=raw,
                mailbox=mailbox.address,
                mailbox_id=mailbox.id,
                unit_id=mailbox.unit_id,
                envelope_from=envelope.mail_from or "<>",
                envelope_to=tuple(addresses),
            )
            for mailbox, addresses in recipients.items()
        ]


class Receiver(SMTP):
    """aiosmtpd's protocol with our limits."""

    line_length_limit = MAX_LINE
    open_connections = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        is_encrypted_now = self._original_transport is not None  # STARTTLS makes the same connection a second time
        super().connection_made(transport)
        if is_encrypted_now or self._handler_coroutine is None:
            return
        type(self).open_connections += 1
        # The task ends with the connection, whatever becomes of it; a failed handshake is not reported as lost.
        self._handler_coroutine.add_done_callback(type(self)._closed)
        if type(self).open_connections > MAX_CONNECTIONS and isinstance(transport, asyncio.Transport):
            transport.write(b"421 4.3.2 Too busy, please try again later\r\n")
            transport.close()

    @classmethod
    def _closed(cls, _task: "asyncio.Task[None]") -> None:
        cls.open_connections -= 1


async def listen(
    *,
    host: str,
    port: int,
    max_bytes: int,
    encryption: Encryption | None = None,
    requires_tls: bool = False,
    ready: "asyncio.Event | None" = None,
    stop: "asyncio.Event | None" = None,
) -> None:
    """Receive mail until `stop` is set, then finish what was accepted.

    Args:
        encryption: offers STARTTLS with this certificate; None offers none.
        requires_tls: takes mail only over STARTTLS. Never for a public MX: senders without it could not deliver.

    Raises:
        OSError: the port cannot be opened.
    """
    store, stop = Store(), stop or asyncio.Event()
    handler = Handler(store)

    def protocol() -> Receiver:
        return Receiver(
            handler,
            data_size_limit=max_bytes,
            enable_SMTPUTF8=True,
            ident="Corsia",
            timeout=120,
            tls_context=encryption.context() if encryption else None,
            require_starttls=requires_tls,
        )

    storing = asyncio.create_task(store.run())
    server = await asyncio.get_running_loop().create_server(protocol, host=host, port=port)
    if ready is not None:
        ready.set()
    waiting = asyncio.create_task(stop.wait())
    try:
        # A storing task that ends has a fault of ours: end too, so that the supervisor starts a fresh receiver.
        await asyncio.wait({storing, waiting}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        server.close()
        waiting.cancel()
        if not storing.done():
            await store.close()
            storing.cancel()
        await asyncio.gather(storing, return_exceptions=True)
    if not storing.cancelled() and (fault := storing.exception()):
        raise fault


def _commit(batches: Sequence[Sequence[RawItem]]) -> list[bool]:
    """Commit all deliveries together; when that fails, one by one, so that one bad mail holds back no other."""
    if _stored([item for items in batches for item in items]):
        return [True] * len(batches)
    return [len(batches) > 1 and _stored(items) for items in batches]


def _stored(items: Sequence[RawItem]) -> bool:
    try:
        store_inbound(items, now=timezone.now())
    except DatabaseError as error:
        logger.warning("Not stored, the sender is asked to come back: %s", str(error).strip())
        connection.close()  # the next one opens a fresh connection: the database may be back
        return False
    return True


def _read_addresses() -> Mapping[str, KnownMailbox]:
    try:
        return receiving_mailboxes()
    except DatabaseError:
        connection.close()
        raise
