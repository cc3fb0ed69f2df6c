"""Bring the warehouse up to date with the database: exactly once, whatever stops it on the way.

What a refresh has read is named by one number, the *horizon*: every transaction with a lower number has ended and was
seen. A transaction that is still open, or commits later, has a number at or above the horizon, so its changes are read
by the next refresh, whatever ids its rows have. Rows are taken as they are now and replace those of their key: reading
a change twice gives the same rows. The files are written beside the old ones and take effect with the manifest, in one
rename; a refresh that dies before it has changed nothing, and the next one does the same work again.
"""

import hashlib
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import connection, transaction

from corsia.analytics.models import Build, ChangedRow
from corsia.analytics.queries.manifest import Manifest, Shelf, home, read_manifest, write_manifest
from corsia.analytics.services.storing import Storing, tallied_as
from corsia.kernel.datasets import Dataset, datasets
from corsia.privacy.queries.erased import erased_customer_ids

ERASURES = "privacy_erasure"  # its key is the customer
_LOCK = 719_203_114  # one refresh at a time for this database
_STORED = 1  # grows when files of the same datasets are laid out differently


@dataclass(frozen=True)
class Refreshed:
    """What a refresh did.

    Attributes:
        keys: dataset -> keys that were built anew; None where it was built from nothing.
        rows: rows in the warehouse now.
    """

    keys: dict[str, int | None]
    rows: int
    generation: int


def refresh(*, now: datetime, anew: bool = False) -> Refreshed | None:
    """Write what changed since the last refresh; None where another one is running.

    Args:
        anew: build everything from nothing, for example after a backup was restored.
    """
    home().mkdir(parents=True, exist_ok=True)
    with _alone() as is_alone:
        return _refresh(now=now, anew=anew) if is_alone else None


def _refresh(*, now: datetime, anew: bool) -> Refreshed:
    horizon = _horizon()
    old = read_manifest()
    if anew or old is None or not _belongs(old, horizon):
        old = None
        build = str(Build.objects.create(token=uuid.uuid4(), forgotten_before=horizon, began_at=now).token)
    else:
        build = old.build
    since = old.horizon if old else 0
    storing = Storing(erased=erased_customer_ids())
    newly_erased = _newly_erased(since, horizon) if old else []
    shelves: dict[str, Shelf] = {}
    done: dict[str, int | None] = {}
    for dataset in datasets():
        shape = shape_of(dataset)
        shelf = old.shelves.get(dataset.name) if old else None
        if shelf is None or shelf.shape != shape:
            shelves[dataset.name] = storing.from_nothing(dataset, shape)
            done[dataset.name] = None
        else:
            keys = _changed_keys(dataset, since, horizon)
            done[dataset.name] = len(keys)
            if shelf.tallied != tallied_as(dataset):
                shelf = storing.tallied_anew(dataset, shelf)
            shelves[dataset.name] = storing.with_changes(dataset, shelf, keys=keys, newly_erased=newly_erased)
    manifest = Manifest(
        build=build, generation=old.generation if old else 0, horizon=horizon, refreshed_at=now, shelves=shelves
    )
    if old is None or manifest.files() != old.files():
        manifest = replace(manifest, generation=manifest.generation + 1)
    write_manifest(manifest)
    storing.sweep(keep=manifest.files() | (old.files() if old else set()))
    _forget(build, horizon)
    return Refreshed(keys=done, rows=sum(shelf.rows for shelf in shelves.values()), generation=manifest.generation)


def shape_of(dataset: Dataset) -> str:
    """Return a hash that changes with whatever decides what a dataset's files hold."""
    parts = [str(_STORED), dataset.select, dataset.key, dataset.day]
    parts += [f"{column.name} {column.type} {column.is_customer}" for column in dataset.columns]
    parts += [f"{counted.name} {counted.start} {counted.end}" for counted in dataset.counted]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


_RUNNING = """
    WITH now AS MATERIALIZED (SELECT pg_current_snapshot() AS snapshot),
    running AS (SELECT pg_snapshot_xip(snapshot)::text::bigint AS xid FROM now)
    SELECT COALESCE(
        (SELECT min(xid) FROM running WHERE NOT EXISTS (
            SELECT FROM pg_stat_activity a JOIN pg_database d ON d.oid = a.datid
            WHERE d.datname <> current_database() AND a.backend_xid::text::bigint = running.xid & 4294967295
        )),
        (SELECT pg_snapshot_xmax(snapshot)::text::bigint FROM now))
"""


def _horizon() -> int:
    """Return the number below which every transaction of this database has ended, and all of it can be seen.

    A transaction of which it is not known that it is another database's holds the horizon back.
    """
    with connection.cursor() as cursor:
        cursor.execute(_RUNNING)
        return int(cursor.fetchone()[0])


def _belongs(old: Manifest, horizon: int) -> bool:
    """Tell whether the files are this database's, from a past of it of which nothing was forgotten since."""
    build = Build.objects.order_by("-pk").first()
    if build is None or str(build.token) != old.build:
        return False
    return bool(build.forgotten_before <= old.horizon <= horizon)


def _changed_keys(dataset: Dataset, since: int, horizon: int) -> list[int]:
    changed = ChangedRow.objects.filter(
        xid__gte=since, xid__lt=horizon, source__in=[follow.source for follow in dataset.follows]
    )
    return sorted(changed.values_list("key", flat=True).distinct())


def _newly_erased(since: int, horizon: int) -> list[int]:
    changed = ChangedRow.objects.filter(xid__gte=since, xid__lt=horizon, source=ERASURES)
    customers = list(changed.values_list("key", flat=True).distinct())
    return erased_customer_ids(among=customers) if customers else []


@transaction.atomic
def _forget(build: str, horizon: int) -> None:
    """Drop the notes that the manifest in force has seen."""
    Build.objects.filter(token=build).update(forgotten_before=horizon)
    Build.objects.exclude(token=build).delete()
    ChangedRow.objects.filter(xid__lt=horizon).delete()


@contextmanager
def _alone() -> Iterator[bool]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
        is_alone = bool(cursor.fetchone()[0])
        try:
            yield is_alone
        finally:
            if is_alone:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
