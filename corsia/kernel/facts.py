"""Tell a fact and have every subscribed reaction happen once, in the same database transaction that made it true."""

import dataclasses
import importlib
import json
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from datetime import datetime
from functools import cache
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from corsia.events import Fact
from corsia.kernel import scope
from corsia.kernel.jobs import FACTS, TRANSIENT, app
from corsia.kernel.models import FactRecord, ReactionFailure

MAX_DEPTH = 8

Reaction = Callable[..., None]
_cause: ContextVar[tuple[int, int] | None] = ContextVar("corsia_cause", default=None)


class OutsideTransaction(RuntimeError):
    """A fact was told outside the transaction that makes it true: it could be told and then not be."""


class TooDeep(RuntimeError):
    """Facts cause facts in a circle: look at the chain of `caused_by` of this record."""


def publish(fact: Fact) -> int:
    """Record `fact` and queue one job for each reaction, on the same connection.

    Returns:
        The id of the record.

    Raises:
        OutsideTransaction: no transaction is open.
        TooDeep: the chain of causes is longer than MAX_DEPTH.
    """
    [record_id] = publish_all([fact])
    return record_id


def publish_all(facts: Sequence[Fact]) -> list[int]:
    """Record facts that became true together, with one statement for all and one for their jobs.

    Returns:
        The ids of the records, in the order of the facts.

    Raises:
        OutsideTransaction, TooDeep: as for `publish`.
    """
    if not facts:
        return []
    if not connection.in_atomic_block:
        raise OutsideTransaction(type(facts[0]).__name__)
    cause, depth = _cause.get() or (None, -1)
    if depth + 1 > MAX_DEPTH:
        raise TooDeep(f"{kind_of(type(facts[0]))} after fact {cause}")
    with connection.cursor() as cursor:
        cursor.execute(
            _RECORD,
            [
                cause,
                depth + 1,
                [kind_of(type(fact)) for fact in facts],
                [json.dumps(_payload(fact), ensure_ascii=False) for fact in facts],
                [fact.unit_id for fact in facts],
                [getattr(fact, fact.subject) if fact.subject else None for fact in facts],
                [fact.occurred_at for fact in facts],
            ],
        )
        record_ids = [int(row[0]) for row in cursor.fetchall()]
    jobs: list[dict[str, Any]] = [
        {"fact_id": record_id, "reaction": name_of(reaction)}
        for fact, record_id in zip(facts, record_ids, strict=True)
        for reaction in subscriptions().get(type(fact), ())
        if not _passes_over(reaction, fact)
    ]
    if len(jobs) == 1:
        react.defer(**jobs[0])
    elif jobs:
        react.batch_defer(*jobs)
    return record_ids


def _passes_over(reaction: Reaction, fact: Fact) -> bool:
    """Tell whether the reaction said beforehand that it has nothing to do with such a fact: no job for it then."""
    passes_over = getattr(reaction, "passes_over", None)
    return passes_over is not None and bool(passes_over(fact))


# Written by hand: every service states facts, and building this statement took longer than running it.
_RECORD = """
    INSERT INTO kernel_factrecord (kind, payload, unit_id, subject_id, occurred_at, caused_by_id, depth)
    SELECT kind, payload::jsonb, unit_id, subject_id, occurred_at, %s::bigint, %s::smallint
    FROM unnest(%b::text[], %b::text[], %s::bigint[], %s::bigint[], %s::timestamptz[])
        WITH ORDINALITY AS told(kind, payload, unit_id, subject_id, occurred_at, place)
    ORDER BY place RETURNING id
"""


def show_facts_at(unit_id: int, *, subject_id: int, part: str, row_id: int, but: Sequence[str] = ()) -> None:
    """Show the facts of a story about a row that moved at the unit where it is now, and no longer where it was.

    What was told stays as it was told, its unit included; only who sees it changes. The row's own trail says why.

    Args:
        part: the field of the facts that names the row.
        but: contexts whose facts stay where they were told.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL corsia.may_rewrite = 'on'")
        cursor.execute(
            "UPDATE kernel_factrecord SET unit_id = %(unit)s WHERE subject_id = %(subject)s AND unit_id <> %(unit)s"
            " AND payload->%(part)s::text = to_jsonb(%(row)s::bigint)"
            " AND split_part(kind, '.', 1) <> ALL(%(but)s::text[])",
            {"unit": unit_id, "subject": subject_id, "part": part, "row": row_id, "but": list(but)},
        )
        cursor.execute("SET LOCAL corsia.may_rewrite = 'off'")


@app.task(name="kernel.react", queue=FACTS, retry=TRANSIENT)
def react(fact_id: int, reaction: str) -> None:
    """Let one reaction to one fact take effect, once however often this runs."""
    run_reaction(fact_id=fact_id, reaction=reaction, now=timezone.now())


def run_reaction(*, fact_id: int, reaction: str, now: datetime) -> bool:
    """Run a reaction unless it already took effect; a failure is recorded, then raised again for the retry.

    Returns:
        True when it took effect now, False when it had before.
    """
    record = FactRecord.objects.get(pk=fact_id)
    run = import_string(reaction)
    token = _cause.set((record.pk, record.depth))
    try:
        with transaction.atomic(), scope.system(reaction):
            if not _claim(record, reaction, now):
                return False
            run(fact_of(record), now=now)
            ReactionFailure.objects.filter(fact=record, reaction=reaction).delete()
        return True
    except Exception:  # recorded for the "failed reactions" page, then raised: the job's retry sees it
        _record_failure(record, reaction, now)
        raise
    finally:
        _cause.reset(token)


def _claim(record: FactRecord, reaction: str, now: datetime) -> bool:
    """Insert the receipt first: a second run waits here for the first one's commit, then finds it and does nothing."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO kernel_reactionreceipt (fact_id, reaction, done_at) VALUES (%s, %s, %s) "
            "ON CONFLICT DO NOTHING RETURNING id",
            [record.pk, reaction, now],
        )
        return cursor.fetchone() is not None


def _record_failure(record: FactRecord, reaction: str, now: datetime) -> None:
    error = traceback.format_exc(limit=-6)[-4000:]
    failure, is_new = ReactionFailure.objects.get_or_create(
        fact=record,
        reaction=reaction,
        defaults={"error": error, "first_failed_at": now, "last_failed_at": now},
    )
    if not is_new:
        failure.error, failure.last_failed_at, failure.attempts = error, now, failure.attempts + 1
        failure.save(update_fields=["error", "last_failed_at", "attempts"])


def fact_of(record: FactRecord) -> Fact:
    """Return the fact as the dataclass it was told as."""
    module, _, name = record.kind.rpartition(".")
    kind = getattr(importlib.import_module(f"corsia.events.{module}"), name)
    fields = {field.name: field for field in dataclasses.fields(kind)}
    values = {key: value for key, value in record.payload.items() if key in fields}
    for key, field in fields.items():
        if field.type in (datetime, "datetime") or "datetime" in str(field.type):
            values[key] = datetime.fromisoformat(values[key]) if values.get(key) else None
    return kind(**values)  # type: ignore[no-any-return]


def kind_of(fact: type[Fact]) -> str:
    """Return the stable name of a fact's class: `<context>.<Class>`."""
    return f"{fact.__module__.rpartition('.')[2]}.{fact.__name__}"


def name_of(reaction: Reaction) -> str:
    """Return the stable name of a reaction, which is also where it is found."""
    return f"{reaction.__module__}.{reaction.__qualname__}"


@cache
def subscriptions() -> Mapping[type[Fact], Sequence[Reaction]]:
    """Return THE table fact -> reactions, from config/subscriptions.py."""
    return import_string(settings.CORSIA_SUBSCRIPTIONS)  # type: ignore[no-any-return]


def _payload(fact: Fact) -> dict[str, Any]:
    return {
        field.name: value.isoformat() if isinstance(value := getattr(fact, field.name), datetime) else value
        for field in dataclasses.fields(fact)
    }
