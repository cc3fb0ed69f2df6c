"""Terms: set by managers, enforced by a nightly job in batches, each in a transaction of its own."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from corsia.customers.models import Customer
from corsia.kernel.access import demand
from corsia.kernel.actors import Actor, system
from corsia.kernel.audit import audit, rewrite_entries
from corsia.kernel.errors import Invalid
from corsia.kernel.facts import kind_of
from corsia.kernel.privacy import FACTS, terms
from corsia.organisation.models import Unit
from corsia.organisation.queries import tree, unit_of
from corsia.privacy.models import Erasure, RetentionRun, RetentionSettings, RetentionTerm
from corsia.privacy.permissions import MANAGE_PRIVACY
from corsia.privacy.queries.retention import Portion, families_past_term, past_term, portions, rules
from corsia.privacy.queries.rows import all_rows, erased_word
from corsia.privacy.services.erasing import (
    blobs_of,
    change_rows,
    drop_blobs,
    erase_rows,
)
from corsia.privacy.vocabulary import ErasureReason

BATCH = 5_000
FAMILIES = 200
MOST_BATCHES = 400  # of one table in one night: two million rows, the rest goes the night after

_BLANK_OLD_FACTS = """
    UPDATE kernel_factrecord f SET payload = f.payload || (
        SELECT jsonb_object_agg(part, ''::text) FROM unnest(%(parts)s::text[]) part
        WHERE jsonb_typeof(f.payload -> part) = 'string'
    )
    WHERE f.id IN (
        SELECT o.id FROM kernel_factrecord o
        WHERE o.kind = %(kind)s AND o.occurred_at < %(before)s AND o.unit_id = ANY(%(units)s::bigint[])
          AND EXISTS (SELECT 1 FROM unnest(%(parts)s::text[]) part
                      WHERE jsonb_typeof(o.payload -> part) = 'string' AND o.payload ->> part <> '')
        LIMIT %(limit)s)
"""


@transaction.atomic
def save_terms(*, unit_id: int, is_on: bool, days: Mapping[str, int], by: Actor, now: datetime) -> None:
    """Set how long a unit and everything below it keeps things, and whether the nightly job enforces it.

    Raises:
        NotFound: no such unit.
        NotAllowed: the actor does not manage privacy in the unit.
        Invalid: a term that does not exist, or that is shorter than a day.
    """
    unit = unit_of(unit_id)
    demand(by, MANAGE_PRIVACY, unit_id)
    known = {term.key for term in terms()}
    if set(days) - known or any(length < 1 for length in days.values()):
        raise Invalid
    before = rules()[unit_id]
    settings, _is_new = RetentionSettings.objects.update_or_create(
        unit_id=unit_id, defaults={"is_on": is_on, "changed_by_id": by.id, "changed_at": now}
    )
    changed = {key: length for key, length in days.items() if length != before.days[key]}
    for key, length in changed.items():
        RetentionTerm.objects.update_or_create(unit_id=unit_id, key=key, defaults={"days": length})
    audit(settings, "terms_saved", by=by, now=now, unit=unit.pk, is_on=is_on, days=changed)


def enforce_terms(*, now: datetime) -> dict[str, int]:
    """Erase what is past its term wherever it is switched on; return table label -> rows.

    It may be stopped at any moment and run again: each batch is finished or not begun.
    """
    done: Counter[str] = Counter()
    for portion in portions(now=now):
        for _number in range(MOST_BATCHES):
            rows = _one_batch(portion, now=now)
            done[portion.table.model.lower()] += rows
            if rows < BATCH:
                break
    for _number in range(MOST_BATCHES):
        families = _erase_families(now=now)
        done["customers.customer"] += families
        if families < FAMILIES:
            break
    counts = {label: rows for label, rows in done.items() if rows}
    RetentionRun.objects.create(ran_at=now, rows=counts)
    return counts


@transaction.atomic
def _one_batch(portion: Portion, *, now: datetime) -> int:
    table, label = portion.table, portion.table.model.lower()
    if label == "kernel.factrecord":
        return _empty_old_facts(portion)
    if label == "kernel.auditentry":
        entries = list(past_term(portion).values_list("pk", flat=True)[:BATCH])
        rewrite_entries(entries, why="term", now=now)
        return len(entries)
    ids = list(past_term(portion).values_list("pk", flat=True)[:BATCH])
    if not ids:
        return 0
    if not table.deletes_rows:
        top = next(unit for unit in tree().units.values() if unit.parent_id is None)
        word = erased_word(portion.units[0] if portion.units else top.pk)
        return change_rows(table, Q(pk__in=ids), word=word, only=frozenset({portion.term.key}))
    blobs = blobs_of({label: ids})
    rows = all_rows(table.model_class).filter(pk__in=ids)
    deleted = int(rows._raw_delete(rows.db))
    drop_blobs(blobs)
    return deleted


def _empty_old_facts(portion: Portion) -> int:
    changed = 0
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL corsia.may_rewrite = 'on'")
        for fact, parts in FACTS.items():
            if parts.personal and changed < BATCH:
                values: dict[str, Any] = {
                    "parts": list(parts.personal),
                    "kind": kind_of(fact),
                    "before": portion.before,
                    "units": list(portion.units or ()),
                    "limit": BATCH - changed,
                }
                cursor.execute(_BLANK_OLD_FACTS, values)
                changed += cursor.rowcount
        cursor.execute("SET LOCAL corsia.may_rewrite = 'off'")
    return changed


@transaction.atomic
def _erase_families(*, now: datetime) -> int:
    """Erase customers whose term is over, as if they had asked for it, and record each."""
    roots = Customer.unscoped.filter(families_past_term(now=now)).order_by("pk")[:FAMILIES]
    by_unit: dict[int, list[int]] = {}
    for pk, unit_id in roots.values_list("pk", "unit_id"):
        by_unit.setdefault(unit_id, []).append(pk)
    for unit_id, ids in by_unit.items():
        merged = Customer.unscoped.filter(merged_into__in=ids).values_list("pk", flat=True)
        erase_rows([*ids, *merged], word=erased_word(unit_id), why="term", now=now)
        erasures = Erasure.objects.bulk_create(
            Erasure(unit_id=unit_id, customer_id=pk, reason=ErasureReason.TERM, asked_at=now, done_at=now) for pk in ids
        )
        audit(Unit(pk=unit_id), "customers_erased", by=system("privacy.terms"), now=now, erasures=len(erasures))
    return sum(map(len, by_unit.values()))
