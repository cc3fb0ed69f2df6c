"""The audit trail: written in the same transaction as the change, sealed in a hash chain, unchangeable."""

import hashlib
import json
import logging
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import Exists, OuterRef

from corsia.kernel.actors import Actor, ActorKind, system
from corsia.kernel.jobs import DUE, NO_RETRY, app, instant
from corsia.kernel.models import AuditEntry, AuditSeal
from corsia.kernel.privacy import CODES, keep_codes

SEAL_BATCH = 10_000
HEADS = "audit-heads.txt"
RESEALED = "resealed"
EMPTIED = "emptied"  # in the values of an entry whose texts an erasure took


keep_codes("kernel.auditseal", resealed=("digest", "why"))  # verifying a rewritten run needs it


_log = logging.getLogger("corsia.audit")


class BrokenSeal(RuntimeError):
    """A run of the audit trail does not match its seal: see `corsia doctor` before erasing anything."""


def audit(row: models.Model, verb: str, *, by: Actor, now: datetime, **data: Any) -> None:
    """Write down that `by` did `verb` to `row`; `data` holds old and new values, never secrets or message texts."""
    with connection.cursor() as cursor:
        cursor.execute(
            _ENTRY,
            [
                now,
                str(by.kind),
                by.id,
                by.name[:200],
                verb,
                row._meta.label_lower,
                row.pk,
                getattr(row, "unit_id", None),
                json.dumps(data, ensure_ascii=False),
            ],
        )


def audit_all(
    kind: type[models.Model],
    verb: str,
    rows: Sequence[tuple[int, int | None, dict[str, Any]]],
    *,
    by: Actor,
    now: datetime,
) -> None:
    """Write down that `by` did `verb` to many rows of a kind, with one statement.

    Args:
        rows: id, unit and data of each.
    """
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            _ENTRIES,
            [
                now,
                str(by.kind),
                by.id,
                by.name[:200],
                verb,
                kind._meta.label_lower,
                [row_id for row_id, _unit_id, _data in rows],
                [unit_id for _row_id, unit_id, _data in rows],
                [json.dumps(data, ensure_ascii=False) for _row_id, _unit_id, data in rows],
            ],
        )


# Written by hand: every service writes its trail, and building this statement took longer than running it.
_ENTRY = """
    INSERT INTO kernel_auditentry (at, actor_kind, actor_id, actor_name, verb, object_kind, object_id, unit_id, data)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb)
"""


_ENTRIES = """
    INSERT INTO kernel_auditentry (at, actor_kind, actor_id, actor_name, verb, object_kind, object_id, unit_id, data)
    SELECT %s::timestamptz, %s, %s::bigint, %s, %s, %s, object_id, unit_id, data::jsonb
    FROM unnest(%b::bigint[], %b::bigint[], %b::text[]) AS done(object_id, unit_id, data)
"""


@app.periodic(cron="* * * * *")
@app.task(name="kernel.seal_audit", queue=DUE, retry=NO_RETRY, queueing_lock="kernel.seal_audit")
def seal_audit(timestamp: int) -> None:
    """Seal the entries since the last seal."""
    seal(now=instant(timestamp))


@app.periodic(cron="41 1 * * *")
@app.task(name="kernel.export_audit_head", queue=DUE, retry=NO_RETRY, queueing_lock="kernel.export_audit_head")
def export_audit_head(timestamp: int) -> None:
    """Say the head of the chain where the database's own superuser cannot take it back: in a file and in the log."""
    line = head_line(now=instant(timestamp))
    if line:
        _log.info("audit head %s", line)
        with (Path(settings.VAR) / HEADS).open("a", encoding="utf-8") as heads:
            heads.write(f"{line}\n")


def head_line(*, now: datetime) -> str:
    """Return instant, number, last entry and digest of the latest seal; "" where nothing was ever sealed."""
    last = AuditSeal.objects.order_by("-last_id").first()
    return f"{now.isoformat()} {last.pk} {last.last_id} {bytes(last.digest).hex()}" if last else ""


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
    """Return the ids of the seals whose entries or predecessor no longer match: empty when nobody touched the trail.

    A run out of which an erasure took values matches the digest that the erasure's own entry states, which is sealed
    itself further down the chain.
    """
    broken, before = [], b""
    for seal_ in AuditSeal.objects.order_by("pk").iterator():
        entries = _sealed_by(seal_)
        digest = _digest(before, entries)
        if len(entries) != seal_.entries or (
            digest != bytes(seal_.digest) and digest.hex() != _digest_after_erasure(seal_)
        ):
            broken.append(seal_.pk)
        before = bytes(seal_.digest)
    return broken


def rewrite_entries(entry_ids: Sequence[int], *, why: str, now: datetime) -> None:
    """Empty the texts of some entries, for an erasure, and state the new digest of each run they stand in.

    Who did what to which row, and when, stays, with numbers and codes; a customer's own name as the actor goes.

    Raises:
        BrokenSeal: a run did not match before: rewriting it would hide that somebody touched it.
    """
    seals = list(
        AuditSeal.objects.filter(
            Exists(AuditEntry.objects.filter(pk__in=entry_ids, pk__range=(OuterRef("first_id"), OuterRef("last_id"))))
        ).order_by("pk")
    )
    for seal_ in seals:
        digest = _digest(_digest_before(seal_), _sealed_by(seal_))
        if digest != bytes(seal_.digest) and digest.hex() != _digest_after_erasure(seal_):
            raise BrokenSeal(seal_.pk)
    with connection.cursor() as cursor:
        entries = list(AuditEntry.objects.filter(pk__in=entry_ids))
        cursor.execute("SET LOCAL corsia.may_rewrite = 'on'")
        cursor.execute(
            "UPDATE kernel_auditentry e SET data = v.data::jsonb,"
            " actor_name = CASE e.actor_kind WHEN %s THEN '' ELSE e.actor_name END"
            " FROM unnest(%s::bigint[], %s::text[]) AS v(id, data) WHERE e.id = v.id",
            [ActorKind.CUSTOMER, [entry.pk for entry in entries], [json.dumps(emptied(entry)) for entry in entries]],
        )
        cursor.execute("SET LOCAL corsia.may_rewrite = 'off'")
    for seal_ in seals:
        digest = _digest(_digest_before(seal_), _sealed_by(seal_))
        audit(seal_, RESEALED, by=system("privacy"), now=now, digest=digest.hex(), why=why)


def emptied(entry: AuditEntry) -> dict[str, Any]:
    """Return an entry's values without texts, except the codes that its verb is declared to keep."""
    kept = CODES.get((entry.object_kind, entry.verb), frozenset())
    data = {name: value if name in kept else _without_texts(value) for name, value in entry.data.items()}
    return {**data, EMPTIED: True} if data else {}


def _without_texts(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_texts(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_without_texts(one) for one in value]
    return "" if isinstance(value, str) else value


def _sealed_by(seal_: AuditSeal) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(pk__range=(seal_.first_id, seal_.last_id)).order_by("pk"))


def _digest_before(seal_: AuditSeal) -> bytes:
    return bytes(seal_.previous.digest) if seal_.previous else b""


def _digest_after_erasure(seal_: AuditSeal) -> str:
    """Return the digest that the latest erasure in a run stated; "" where there was none."""
    told = AuditEntry.objects.filter(object_kind=AuditSeal._meta.label_lower, object_id=seal_.pk, verb=RESEALED)
    latest = told.order_by("-pk").first()
    return str(latest.data.get("digest", "")) if latest else ""


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
