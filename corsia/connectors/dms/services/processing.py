"""Work on one file: look at it first, take it in once somebody said yes, or at once where its source may."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from django.db import connection, transaction

from corsia.connectors.dms.models import Delivery, Difference, LeftOutRow
from corsia.connectors.dms.rules.mapping import MappingUnusable, read_mapping
from corsia.connectors.dms.rules.records import FileUnreadable
from corsia.connectors.dms.rules.refusals import unreadable
from corsia.connectors.dms.rules.rows import Fault
from corsia.connectors.dms.rules.summary import Counts
from corsia.connectors.dms.services.running import Found, Run
from corsia.connectors.dms.vocabulary import DeliveryState, Way
from corsia.kernel import blobs
from corsia.kernel.actors import system
from corsia.kernel.audit import audit
from corsia.kernel.importing import copy_rows

MOST_DIFFERENCES = 50_000  # that are kept of one file; the counts are of all
BY_ITSELF = (Way.FOLDER, Way.SFTP)


def process(*, delivery_id: int, now: datetime) -> Delivery:
    """Do what a file waits for; safe to be run again after it was broken off."""
    delivery: Delivery = Delivery.objects.select_related("source", "mapping").get(pk=delivery_id)
    with _alone(delivery.source_id):
        delivery.refresh_from_db()
        if delivery.state == DeliveryState.RECEIVED:
            _look(delivery, now=now)
        if delivery.state == DeliveryState.CONFIRMED:
            _apply(delivery, now=now)
    return delivery


def apply_at_once(*, delivery_id: int, now: datetime) -> Delivery:
    """Take a file in without a look before, as somebody at the console asks for."""
    Delivery.objects.filter(pk=delivery_id, state=DeliveryState.RECEIVED).update(state=DeliveryState.CONFIRMED)
    return process(delivery_id=delivery_id, now=now)


@contextmanager
def _alone(source_id: int) -> Iterator[None]:
    """Let one file of a source be worked on at a time, whoever asks."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtextextended('dms.source', %s))", [source_id])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(hashtextextended('dms.source', %s))", [source_id])


def _look(delivery: Delivery, *, now: datetime) -> None:
    counts = _gone_through(delivery, is_rehearsal=True, now=now)
    if counts is None:
        return
    delivery.state, delivery.checked_at = DeliveryState.CHECKED, now
    source = delivery.source
    if source.is_automatic and delivery.way in BY_ITSELF and counts.left_out_pct <= source.most_left_out_pct:
        delivery.state = DeliveryState.CONFIRMED
    delivery.done = 0
    delivery.save(update_fields=["state", "checked_at", "done"])


def _apply(delivery: Delivery, *, now: datetime) -> None:
    counts = _gone_through(delivery, is_rehearsal=False, now=now)
    if counts is None:
        return
    with transaction.atomic():
        delivery.state, delivery.applied_at = DeliveryState.APPLIED, now
        delivery.save(update_fields=["state", "applied_at"])
        figures = {name: getattr(counts, name) for name in ("rows", "new", "changed", "same", "left_out")}
        audit(delivery, "delivery_applied", by=system(delivery.source.name), now=now, **figures)


def _gone_through(delivery: Delivery, *, is_rehearsal: bool, now: datetime) -> Counts | None:
    """Go through a file and return its counts; None where it cannot be read, which is said on it."""
    is_resumed = not is_rehearsal and delivery.done > 0
    if not is_resumed:
        Difference.objects.filter(delivery=delivery).delete()
        LeftOutRow.objects.filter(delivery=delivery).delete()
    if delivery.mapping is None or delivery.content_id is None:
        _fail(delivery, "empty", "")
        return None
    try:
        run = Run(
            source_id=delivery.source_id,
            unit_id=delivery.unit_id,
            mapping=read_mapping(delivery.mapping.toml),
            facts_since=delivery.source.facts_since,
            is_rehearsal=is_rehearsal,
            by=system(delivery.source.name),
            now=now,
            tell=lambda found, counts, done: _keep(delivery, found, counts, done),
            skip=delivery.done if is_resumed else 0,
            counts=_counts_of(delivery) if is_resumed else Counts(),
        )
        return run.go(file_name=delivery.file_name, content=blobs.content_of(delivery.content_id))
    except FileUnreadable as wrong:
        _fail(delivery, wrong.why, wrong.detail)
    except MappingUnusable as wrong:
        _fail(delivery, "mapping", "; ".join(f"{one.line}: {one.words}" for one in wrong.problems))
    return None


def _fail(delivery: Delivery, why: str, detail: str) -> None:
    delivery.state = DeliveryState.FAILED
    delivery.error = unreadable(why, detail)[:300]
    delivery.save(update_fields=["state", "error"])


def _counts_of(delivery: Delivery) -> Counts:
    return Counts(
        rows=delivery.rows,
        new=delivery.new,
        changed=delivery.changed,
        same=delivery.same,
        left_out=delivery.left_out,
    )


def _keep(delivery: Delivery, found: Sequence[Found], counts: Counts, done: int) -> None:
    """Write down what a batch found, and how far the run has come."""
    room = MOST_DIFFERENCES - Difference.objects.filter(delivery=delivery).count()
    copy_rows(
        Difference,
        ("delivery_id", "number", "kind", "external_id", "local_id", "field", "before", "after"),
        list(_differences(delivery.pk, found))[: max(0, room)],
    )
    LeftOutRow.objects.bulk_create(_left_out(delivery.pk, found), batch_size=2000)
    for name in ("rows", "new", "changed", "same", "left_out"):
        setattr(delivery, name, getattr(counts, name))
    delivery.done = done
    delivery.save(update_fields=["rows", "new", "changed", "same", "left_out", "done"])


def _differences(delivery_id: int, found: Sequence[Found]) -> Iterator[tuple[object, ...]]:
    for one in found:
        if isinstance(one.outcome, Fault):
            continue
        for name, before, after in one.outcome.differences:
            yield delivery_id, one.number, one.target.value, one.key, one.outcome.row_id, name, before, after


def _left_out(delivery_id: int, found: Sequence[Found]) -> Iterator[LeftOutRow]:
    for one in found:
        outcome = one.outcome
        if isinstance(outcome, Fault):
            why, column, cell = outcome.why.value, outcome.column, outcome.cell
        elif outcome.why:
            why, column, cell = outcome.why, outcome.field, outcome.cell
        else:
            continue
        yield LeftOutRow(
            delivery_id=delivery_id,
            number=one.number,
            place=one.place,
            cells=[[name, value.replace("\x00", "")[:4000]] for name, value in one.cells.items() if name],
            why=why,
            column=column[:120],
            cell=cell.replace("\x00", "")[:80],
        )
