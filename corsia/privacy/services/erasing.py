"""Erase what is known of a customer: set-based, in one transaction, as every context declared it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import models, transaction
from django.db.models import Q, QuerySet

from corsia.customers.models import Customer
from corsia.kernel.models import Blob
from corsia.kernel.privacy import CLEANERS, TABLES, Table
from corsia.privacy.queries.rows import all_rows, changes, ids_of, still_there, subject_of
from corsia.privacy.services.trail import empty_entries, empty_facts

Counts = dict[str, int]


@transaction.atomic
def erase_rows(customer_ids: Sequence[int], *, word: str, why: str, now: datetime) -> Counts:
    """Erase everything personal of some customer records.

    Args:
        customer_ids: whole families: records merged into one another go together.
        word: stands with the row's number where a text must not be empty, "Erased #12".
        why: what the seals of the audit trail say, naming no person.

    Returns:
        Table label -> rows erased or changed.
    """
    list(Customer.unscoped.filter(pk__in=customer_ids).order_by("pk").select_for_update().values_list("pk"))
    ids = ids_of(subject_of(customer_ids))
    counts: Counts = {}
    counts["kernel.auditentry"] = empty_entries(ids, why=why, now=now)
    counts["kernel.factrecord"] = empty_facts(ids, customer_ids=customer_ids)
    blobs = blobs_of(ids)
    for label, table in TABLES.items():
        if ids.get(label) and not table.deletes_rows:
            counts[label] = change_rows(table, Q(pk__in=ids[label]), word=word)
    for table in deleting_order():
        label = table.model.lower()
        if ids.get(label):
            counts[label] = delete_rows(table, Q(pk__in=ids[label]))
    counts["kernel.blob"] = drop_blobs(blobs)
    for clean in CLEANERS:
        clean()
    return {label: count for label, count in counts.items() if count}


def change_rows(table: Table, wanted: Q, *, word: str, only: frozenset[str] | None = None, limit: int = 0) -> int:
    """Empty the fields of some rows that are not empty yet, and return how many rows changed."""
    values = changes(table, word=word, only=only)
    if not values:
        return 0
    rows = all_rows(table.model_class).filter(wanted).filter(still_there(values))
    if limit:
        rows = all_rows(table.model_class).filter(pk__in=list(rows.values_list("pk", flat=True)[:limit]))
    return int(rows.update(**values))


def delete_rows(table: Table, wanted: Q, *, limit: int = 0) -> int:
    """Delete some rows in one statement and return how many they were."""
    rows: QuerySet[Any] = all_rows(table.model_class).filter(wanted)
    ids = list(rows.values_list("pk", flat=True)[:limit] if limit else rows.values_list("pk", flat=True))
    if not ids:
        return 0
    deleted = all_rows(table.model_class).filter(pk__in=ids)
    return int(deleted._raw_delete(deleted.db))


def deleting_order() -> Iterator[Table]:
    """Yield the tables whose rows erasure deletes, those that point at others first."""
    waiting = {label: table for label, table in TABLES.items() if table.deletes_rows and table.model != "kernel.Blob"}
    while waiting:
        pointed_at = {
            target
            for label, table in waiting.items()
            for target in _targets(table.model_class)
            if target in waiting and target != label
        }
        free = [label for label in waiting if label not in pointed_at] or list(waiting)
        for label in free:
            yield waiting.pop(label)


def _targets(model: type[models.Model]) -> set[str]:
    return {
        column.related_model._meta.label_lower  # type: ignore[union-attr]
        for column in model._meta.concrete_fields
        if column.is_relation
    }


def blob_columns() -> Iterator[tuple[type[models.Model], str]]:
    """Yield every column that points at bytes."""
    for table in TABLES.values():
        for column in table.model_class._meta.concrete_fields:
            if column.is_relation and column.related_model is Blob:
                yield table.model_class, column.name


def blobs_of(ids: Mapping[str, Sequence[Any]]) -> set[int]:
    """Return the bytes that some rows point at."""
    found: set[int] = set()
    for model, name in blob_columns():
        rows = all_rows(model).filter(pk__in=ids.get(model._meta.label_lower, ()))
        found.update(blob for blob in rows.values_list(f"{name}_id", flat=True) if blob)
    return found


def drop_blobs(blob_ids: set[int]) -> int:
    """Delete the bytes among some that nothing points at any more, and return how many they were."""
    left = set(blob_ids)
    for model, name in blob_columns():
        if left:
            left -= set(all_rows(model).filter(**{f"{name}__in": left}).values_list(f"{name}_id", flat=True))
    if not left:
        return 0
    rows = Blob.objects.filter(pk__in=left)
    return int(rows._raw_delete(rows.db))
