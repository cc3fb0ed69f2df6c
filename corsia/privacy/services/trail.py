"""Take personal texts out of the trails that otherwise never change: audit entries and facts."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Q

from corsia.kernel.actors import ActorKind
from corsia.kernel.audit import EMPTIED, rewrite_entries
from corsia.kernel.facts import kind_of
from corsia.kernel.models import AuditEntry
from corsia.kernel.privacy import FACTS

SUBJECT = ""  # of facts that belong to a customer by their subject

_BLANK_PARTS = """
    UPDATE kernel_factrecord f SET payload = f.payload || (
        SELECT jsonb_object_agg(part, ''::text) FROM unnest(%(parts)s::text[]) part
        WHERE jsonb_typeof(f.payload -> part) = 'string'
    )
    WHERE f.kind = %(kind)s AND {whose}
      AND EXISTS (SELECT 1 FROM unnest(%(parts)s::text[]) part
                  WHERE jsonb_typeof(f.payload -> part) = 'string' AND f.payload ->> part <> '')
"""
_OF_SUBJECT = "f.subject_id = ANY(%(ids)s::bigint[])"
_OF_ROW = "(f.payload ->> %(key)s)::bigint = ANY(%(ids)s::bigint[])"


def entries_about(ids: Mapping[str, Sequence[int]]) -> list[int]:
    """Return the audit entries about any of some rows that still carry values; `ids` are row ids by table label."""
    found: list[int] = []
    for label, rows in ids.items():
        about = AuditEntry.objects.filter(
            object_kind=label, object_id__in=[row for row in rows if isinstance(row, int)]
        )
        tells = (~Q(data={}) & ~Q(data__has_key=EMPTIED)) | (Q(actor_kind=ActorKind.CUSTOMER) & ~Q(actor_name=""))
        found += about.filter(tells).values_list("pk", flat=True)
    return found


def empty_entries(ids: Mapping[str, Sequence[int]], *, why: str, now: datetime) -> int:
    """Empty the values of the audit entries about some rows, and return how many entries they were."""
    entries = entries_about(ids)
    rewrite_entries(entries, why=why, now=now)
    return len(entries)


def empty_facts(ids: Mapping[str, Sequence[int]], *, customer_ids: Sequence[int]) -> int:
    """Empty the personal parts of the facts about some customers and their rows; return how many facts changed."""
    changed = 0
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL corsia.may_rewrite = 'on'")
        for kind, parts, key, rows in _kinds(ids, customer_ids):
            if rows and parts:
                whose = _OF_ROW if key else _OF_SUBJECT
                values: dict[str, Any] = {"kind": kind, "parts": parts, "ids": list(rows), "key": key}
                cursor.execute(_BLANK_PARTS.format(whose=whose), values)
                changed += cursor.rowcount
        cursor.execute("SET LOCAL corsia.may_rewrite = 'off'")
    return changed


def _kinds(
    ids: Mapping[str, Sequence[int]], customer_ids: Sequence[int]
) -> Iterator[tuple[str, list[str], str, Sequence[int]]]:
    for fact, declared in FACTS.items():
        rows = ids.get(declared.model.lower(), ()) if declared.model else customer_ids
        yield kind_of(fact), list(declared.personal), declared.key, rows
