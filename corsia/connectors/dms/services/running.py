"""Go through a file by its mapping, batch by batch: say what it would do, or do it. What is unchanged costs little."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from django.db import connection, transaction

from corsia.connectors.dms.rules.mapping import Mapping, Table
from corsia.connectors.dms.rules.records import Cells, FileUnreadable, is_corrected, records
from corsia.connectors.dms.rules.rows import LONGEST_KEY, Fault, Plan
from corsia.connectors.dms.rules.summary import Counts
from corsia.connectors.dms.services.references import References
from corsia.connectors.dms.services.taking_in import Row, Setting, take_in
from corsia.connectors.dms.services.ties import Tie, tie, ties_of
from corsia.connectors.dms.vocabulary import Target, Wrong
from corsia.kernel.actors import Actor
from corsia.kernel.held import held
from corsia.kernel.importing import Outcome, Verb
from corsia.organisation.queries import day_in, group_of
from corsia.vehicles.services import link_recalls, recompute_dues

BATCH = 5_000
DUES_AT_ONCE = 2_000  # vehicles; of more the night computes what they are due for
_ANALYSE_AT = (2, 8, 32, 128)  # batches after which PostgreSQL looks at its tables anew
_TABLES = (
    *("customers_customer", "customers_contactpoint", "customers_searchkey", "customers_holding"),
    *("vehicles_vehicle", "vehicles_plate", "vehicles_odometerreading", "workshop_order", "workshop_orderline"),
    "dms_externalrecord",
)


@dataclass(slots=True)
class Found:
    """What a batch found out about one record."""

    number: int
    place: int  # of its table in the mapping
    target: Target
    key: str
    cells: Cells
    outcome: Outcome | Fault


@dataclass(kw_only=True)
class Run:
    """One going through of a file.

    Attributes:
        tell: is given what each batch found that is new, changed or left out, with the counts so far; within the
            transaction of the batch where it is not a rehearsal.
        skip: records that an earlier run has come through already.
    """

    source_id: int
    unit_id: int
    mapping: Mapping
    facts_since: datetime
    is_rehearsal: bool
    by: Actor
    now: datetime
    tell: Callable[[Sequence[Found], Counts, int], None]
    skip: int = 0
    batch: int = field(default_factory=lambda: BATCH)
    counts: Counts = field(default_factory=Counts)
    _seen: set[int] = field(default_factory=set)
    _done: int = 0
    _batches: int = 0

    def go(self, *, file_name: str, content: bytes) -> Counts:
        """Go through a file.

        Raises:
            FileUnreadable: it is no such file; batches before that place were taken in.
        """
        self._references = References(source_id=self.source_id, unit_id=self.unit_id)
        self._setting = Setting(
            source_id=self.source_id,
            unit_id=self.unit_id,
            group_id=group_of(self.unit_id).pk,
            facts_since=self.facts_since,
            gives_readings=not any(table.target is Target.READINGS for table in self.mapping.tables),
            today=day_in(self.unit_id, self.now),
            is_rehearsal=self.is_rehearsal,
            by=self.by,
            now=self.now,
            would_be=self._references.would_be,
        )
        tables = self.mapping.tables_of("" if is_corrected(content) else file_name)
        if is_corrected(content):
            tables = tuple(sorted(self.mapping.tables, key=lambda one: list(Target).index(one.target)))
        if not tables:
            raise FileUnreadable("tables", file_name[:80])
        for table in tables:
            self._table(table, self.mapping.tables.index(table), content)
        if not self.is_rehearsal:
            self._finish()
        return self.counts

    def _table(self, table: Table, place: int, content: bytes) -> None:
        plan = Plan(self.mapping, table)
        self._seen = set()
        found = (one for one in records(content, self.mapping.format, table, place=place) if plan.concerns(one[1]))
        while batch := list(islice(found, self.batch)):
            self._done += len(batch)
            if self._done <= self.skip:
                self._seen.update(hash(plan.key_of(cells)) for _number, cells in batch)
                continue
            with held(), nullcontext() if self.is_rehearsal else transaction.atomic():
                self._batch(plan, place, batch)
            self._batches += 1
            if self._batches in _ANALYSE_AT and not self.is_rehearsal:
                with connection.cursor() as cursor:
                    cursor.execute(f"ANALYZE {', '.join(_TABLES)}")

    def _batch(self, plan: Plan, place: int, batch: Sequence[tuple[int, Cells]]) -> None:
        target = plan.table.target
        found: list[Found] = []
        keyed = list(self._keyed(plan, place, batch, found))
        ties = ties_of(source_id=self.source_id, kind=target, keys=[key for _number, key, _cells in keyed])
        same = 0
        read: list[tuple[int, str, Cells, bytes, Tie | None]] = []
        values = []
        for number, key, cells in keyed:
            digest, known = plan.digest_of(cells), ties.get(key)
            if known is not None and known.digest == digest:
                same += 1
                continue
            told = plan.values_of(cells)
            if isinstance(told, Fault):
                found.append(Found(number, place, target, key, cells, told))
            else:
                read.append((number, key, cells, digest, known))
                values.append(told)
        rows = []
        taken = []
        for one, resolved in zip(read, self._references.resolve(target, values), strict=True):
            number, key, cells, _digest, known = one
            if isinstance(resolved, Fault):
                found.append(Found(number, place, target, key, cells, resolved))
            else:
                rows.append(Row(key, known.local_id if known else None, resolved))
                taken.append(one)
        outcomes = take_in(target, rows, master=plan.table.master, setting=self._setting) if rows else []
        for (number, key, cells, _digest, _known), outcome in zip(taken, outcomes, strict=True):
            found.append(Found(number, place, target, key, cells, outcome))
        self._tie(target, taken, outcomes)
        self._count(found, same)
        self.tell([one for one in found if _is_told(one)], self.counts, self._done)

    def _keyed(
        self, plan: Plan, place: int, batch: Sequence[tuple[int, Cells]], found: list[Found]
    ) -> Iterator[tuple[int, str, Cells]]:
        """Yield the records that have a number of their own, each once; the others are left out."""
        column = plan.table.key[0]
        for number, cells in batch:
            key = plan.key_of(cells)
            fault = None
            if not key:
                fault = Fault(Wrong.KEY_MISSING, column)
            elif len(key) > LONGEST_KEY:
                fault = Fault(Wrong.TOO_LONG, column, key[:80])
            elif hash(key) in self._seen:
                fault = Fault(Wrong.KEY_TWICE, column, key[:80])
            if fault is not None:
                found.append(Found(number, place, plan.table.target, key[:LONGEST_KEY], cells, fault))
                continue
            self._seen.add(hash(key))
            yield number, key, cells

    def _tie(
        self,
        target: Target,
        taken: Sequence[tuple[int, str, Cells, bytes, Tie | None]],
        outcomes: Sequence[Outcome],
    ) -> None:
        new: list[tuple[str, int, bytes]] = []
        known: list[tuple[int, int, bytes]] = []
        for (_number, key, _cells, digest, before), outcome in zip(taken, outcomes, strict=True):
            if self.is_rehearsal:
                if outcome.verb is not Verb.REFUSED and before is None:
                    self._references.is_now(target, key, outcome.row_id)
                continue
            if outcome.row_id is None:
                continue
            # A row of which a part was refused is looked at again the next time, changed or not.
            kept = digest if outcome.verb is not Verb.REFUSED else b""
            if before is None:
                new.append((key, outcome.row_id, kept))
            else:
                known.append((before.record_id, outcome.row_id, kept))
        tie(source_id=self.source_id, kind=target, new=new, known=known)

    def _count(self, found: Sequence[Found], same: int) -> None:
        counts = self.counts
        counts.rows += same + len(found)
        counts.same += same
        for one in found:
            verb = Verb.REFUSED if isinstance(one.outcome, Fault) else one.outcome.verb
            counts.new += verb is Verb.NEW
            counts.changed += verb is Verb.CHANGED
            counts.same += verb is Verb.SAME
            counts.left_out += verb is Verb.REFUSED

    def _finish(self) -> None:
        """Let recalls find their vehicles, and a few vehicles know at once what they are due for."""
        touched = sorted(one for one in self._setting.touched if one > 0)
        if touched:
            with transaction.atomic():
                link_recalls()
                if len(touched) <= DUES_AT_ONCE:
                    recompute_dues(vehicle_ids=touched, now=self.now)


def _is_told(one: Found) -> bool:
    return isinstance(one.outcome, Fault) or one.outcome.verb is Verb.REFUSED or bool(one.outcome.differences)
