"""The audit trail: written in the same transaction as the change, sealed in a hash chain, unchangeable."""

import hashlib
import json
from datetime import datetime
from typing import Any

from django.db import models, transaction

from corsia.kernel.actors import Actor
from corsia.kernel.jobs import DUE, NO_RETRY, app, instant
from corsia.kernel.models import AuditEntry, AuditSeal

SEAL_BATCH = 10_000


def audit(row: models.Model, verb: str, *, by: Actor, now: datetime, **data: Any) -> None:
    """Write down that `by` did `verb` to `row`; `data` holds old and new values, never secrets or message texts."""
    AuditEntry.objects.create(
        at=now,
        actor_kind=by.kind,
        actor_id=by.id,
        actor_name=by.name[:200],
        verb=verb,
        object_kind=row._meta.label_lower,
        object_id=row.pk,
        unit_id=getattr(row, "unit_id", None),
        data=data,
    )


@app.periodic(cron="* * * * *")
@app.task(name="kernel.seal_audit", queue=DUE, retry=NO_RETRY, queueing_lock="kernel.seal_audit")
def seal_audit(timestamp: int) -> None:
    """Seal the entries since the last seal."""
    seal(now=instant(timestamp))


@transaction.atomic
def seal(*, now: datetime) -> int:
    """Chain the unsealed entries and return how many they were.

    Entries of the last minute wait for the next run: a transaction still open could add one with a lower id.
    """
    last = AuditSeal.objects.select_for_update().order_by("-last_id").first()
    waiting = AuditEntry.objects.filter(pk__gt=last.last_id if last else 0, at__lt=now).order_by("pk")
    entries = list(waiting[:SEAL_BATCH])
    if not entries:
        return 0
    AuditSeal.objects.create(
        first_id=entries[0].pk,
        last_id=entries[-1].pk,
        entries=len(entries),
        digest=_digest(bytes(last.digest) if last else b"", entries),
        previous=last,
        sealed_at=now,
    )
    return len(entries)


def broken_seals() -> list[int]:
    """Return the ids of the seals whose entries or predecessor no longer match: empty when nobody touched the trail."""
    broken, before = [], b""
    for seal_ in AuditSeal.objects.order_by("pk").iterator():
        entries = list(AuditEntry.objects.filter(pk__range=(seal_.first_id, seal_.last_id)).order_by("pk"))
        if len(entries) != seal_.entries or _digest(before, entries) != bytes(seal_.digest):
            broken.append(seal_.pk)
        before = bytes(seal_.digest)
    return broken


def _digest(before: bytes, entries: list[AuditEntry]) -> bytes:
    chain = hashlib.sha256(before)
    for entry in entries:
        fields = [
            entry.pk,
            entry.at.isoformat(),
            entry.actor_kind,
            entry.actor_id,
            entry.actor_name,
            entry.verb,
            entry.object_kind,
            entry.object_id,
            entry.unit_id,
            entry.data,
        ]
        chain.update(json.dumps(fields, sort_keys=True, ensure_ascii=False).encode())
    return chain.digest()
