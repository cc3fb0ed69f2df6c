"""Files of a server, fetched by SFTP: only from the server whose key somebody entered; nothing is changed there."""

import asyncio
import stat
from collections.abc import Awaitable, Callable, Collection
from datetime import datetime, timedelta

import asyncssh
from django.conf import settings

from corsia.connectors.dms.models import Delivery, Source
from corsia.connectors.dms.rules.records import LARGEST_FILE
from corsia.connectors.dms.services.deliveries import keep_delivery, plain_name
from corsia.connectors.dms.services.folders import QUIET, order_of
from corsia.connectors.dms.vocabulary import Way
from corsia.kernel.actors import system
from corsia.kernel.errors import CorsiaError

PATIENCE = timedelta(minutes=10)  # of a whole visit
_HANDSHAKE = 20  # seconds
_MOST_FILES = 2_000  # of a folder


class HostKeyUnusable(ValueError):
    """The key that was entered for a server is none."""


def pull_all(*, now: datetime) -> int:
    """Fetch what is new on the server of every source in use; return of how many files. Its own failure stops none."""
    if settings.SANDBOX:
        return 0
    sources = Source.objects.filter(is_active=True).exclude(sftp_host="")
    return sum(pull(source=source, now=now) for source in sources)


def pull(*, source: Source, now: datetime) -> int:
    """Fetch what is new on a source's server and keep it; return of how many files.

    What went wrong is said on the source. A file is known by name, size and time of change, so nothing is fetched
    twice and nothing need be moved there.
    """
    known = set(Delivery.objects.filter(source=source).exclude(stamp="").values_list("stamp", flat=True))
    error = ""
    fetched: list[tuple[str, str, bytes]] = []
    try:
        fetched = asyncio.run(asyncio.wait_for(_fetch(source, known, now=now), PATIENCE.total_seconds()))
    except (OSError, asyncssh.Error, TimeoutError, HostKeyUnusable) as wrong:
        error = f"{source.sftp_host}: {wrong or type(wrong).__name__}"
    contents = {name: (stamp, content) for name, stamp, content in fetched}
    kept = 0
    for name in order_of(list(contents), source):
        stamp, content = contents[name]
        try:
            keep_delivery(
                source_id=source.pk,
                file_name=name,
                content=content,
                way=Way.SFTP,
                stamp=stamp,
                by=system(source.name),
                now=now,
            )
            kept += 1
        except CorsiaError as wrong:
            error = f"{name}: {wrong}"
    Source.objects.filter(pk=source.pk).update(pulled_at=now, pull_error=error[:300])
    return kept


def known_hosts_of(source: Source) -> asyncssh.SSHKnownHosts:
    """Return the one key that a source's server may show.

    Raises:
        HostKeyUnusable: it is no key.
    """
    lines = [line.split() for line in source.sftp_host_key.splitlines() if line.strip() and not line.startswith("#")]
    keys = [" ".join(words[-2:] if len(words) < 4 else words[1:3]) for words in lines if len(words) >= 2]
    place = source.sftp_host if source.sftp_port == 22 else f"[{source.sftp_host}]:{source.sftp_port}"
    try:
        for key in keys:
            asyncssh.import_public_key(key)
        if not keys:
            raise HostKeyUnusable
        return asyncssh.import_known_hosts("".join(f"{place} {key}\n" for key in keys))
    except (ValueError, asyncssh.KeyImportError):
        raise HostKeyUnusable("the key of the server cannot be read") from None


async def _fetch(source: Source, known: Collection[str], *, now: datetime) -> list[tuple[str, str, bytes]]:
    """Return name, stamp and bytes of each whole file that is not known."""
    options: dict[str, object] = {
        "username": source.sftp_user,
        "known_hosts": known_hosts_of(source),
        "client_keys": [asyncssh.import_private_key(source.sftp_key)] if source.sftp_key else None,
        "password": source.sftp_secret or None,
        "agent_path": None,
        "config": None,  # nothing of the account that runs us
        "connect_timeout": _HANDSHAKE,
        "login_timeout": _HANDSHAKE,
    }
    found: list[tuple[str, str, bytes]] = []
    async with (
        asyncssh.connect(source.sftp_host, source.sftp_port, **options) as connection,
        connection.start_sftp_client() as client,
    ):
        folder = source.sftp_folder or "."
        for entry in (await client.readdir(folder))[:_MOST_FILES]:
            name, attributes = str(entry.filename), entry.attrs
            size, changed = attributes.size or 0, attributes.mtime or 0
            stamp = f"{name}|{size}|{changed}"
            if not _is_file(attributes.permissions) or name != plain_name(name) or name.startswith("."):
                continue
            is_written = changed > (now - QUIET).timestamp()
            if stamp[:300] in known or is_written or not 0 < size <= LARGEST_FILE:
                continue
            if sum(len(content) for _name, _stamp, content in found) + size > LARGEST_FILE:
                break  # the next visit goes on
            async with client.open(f"{folder}/{name}", "rb") as file:
                content = await _read(file.read, size)
            if len(content) == size:  # it grew or shrank meanwhile: the next visit takes it
                found.append((name, stamp, content))
    return found


async def _read(read: Callable[[int], Awaitable[bytes]], size: int) -> bytes:
    return bytes(await read(size + 1))


def _is_file(permissions: int | None) -> bool:
    return permissions is None or stat.S_ISREG(permissions)
