"""Which terms hold where, and what is past them."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from corsia.cases.models import Case
from corsia.customers.models import Customer, Holding
from corsia.customers.privacy import RELATIONSHIP
from corsia.kernel.audit import EMPTIED
from corsia.kernel.privacy import TABLES, Table, Term, Words, terms
from corsia.kernel.scope import ScopedModel
from corsia.organisation.models import Unit
from corsia.organisation.queries import tree
from corsia.privacy.models import Erasure, RetentionRun, RetentionSettings, RetentionTerm
from corsia.privacy.queries.rows import all_rows, changes, still_there

TRAILS = {"kernel.auditentry", "kernel.factrecord"}  # of their rows only parts are emptied; see services/trail.py
COUNTED = 10_000  # the preview counts no further


@dataclass(frozen=True)
class Rules:
    """What holds in a unit.

    Attributes:
        days: term key -> days.
        source: the unit whose switch it follows; None where nobody has ever set one.
    """

    is_on: bool
    days: dict[str, int]
    source: Unit | None


@dataclass(frozen=True)
class Portion:
    """Rows that one term ends: those of some units, or those of no unit at all (`units` None)."""

    table: Table
    term: Term
    units: tuple[int, ...] | None
    before: datetime

    @property
    def wanted(self) -> Q:
        return self.table.ages_if & Q(**{f"{self.table.ages_from}__lt": self.before}) & self.of_units

    @property
    def of_units(self) -> Q:
        path = unit_path(self.table)
        return Q() if self.units is None or path is None else Q(**{f"{path}__in": self.units})


def unit_path(table: Table) -> str | None:
    """Return the lookup of a table's unit; None for tables that belong to none."""
    model = table.model_class
    if issubclass(model, ScopedModel):
        return model.unit_path
    return "unit_id" if table.model.lower() in TRAILS else None


def rules() -> dict[int, Rules]:
    """Return what holds in every unit: the nearest switch above it, and of each term the nearest length."""
    switches = {row.unit_id: row for row in RetentionSettings.unscoped.all()}
    lengths: dict[int, dict[str, int]] = defaultdict(dict)
    for row in RetentionTerm.unscoped.all():
        lengths[row.unit_id][row.key] = row.days
    places, defaults = tree(), {term.key: term.days or 0 for term in terms()}
    found = {}
    for unit_id in places.units:
        chain = places.chain(unit_id)
        source = next((unit for unit in chain if unit.pk in switches), None)
        days = dict(defaults)
        for unit in reversed(chain):
            days |= lengths.get(unit.pk, {})
        found[unit_id] = Rules(is_on=bool(source and switches[source.pk].is_on), days=days, source=source)
    return found


def portions(*, now: datetime, only_units: frozenset[int] | None = None, even_off: bool = False) -> Iterator[Portion]:
    """Yield what is to be looked through for rows past their term.

    Args:
        only_units: the units meant; None means all, and then the tables that belong to no unit too. These end only
            when every top unit has switched on, and by the longest of their terms.
        even_off: also where nobody switched on, for the preview.
    """
    holding = rules()
    tops = [unit.pk for unit in tree().units.values() if unit.parent_id is None]
    for table in TABLES.values():
        if not table.ages_from:
            continue
        for term in sorted(table.terms(), key=lambda one: one.key):
            if term.days is None:
                continue
            if unit_path(table) is None:
                if only_units is None and tops and all(even_off or holding[top].is_on for top in tops):
                    days = max(holding[top].days[term.key] for top in tops)
                    yield Portion(table, term, None, now - timedelta(days=days))
                continue
            by_days: dict[int, list[int]] = defaultdict(list)
            for unit_id, held in holding.items():
                if (even_off or held.is_on) and (only_units is None or unit_id in only_units):
                    by_days[held.days[term.key]].append(unit_id)
            for days, units in by_days.items():
                yield Portion(table, term, tuple(units), now - timedelta(days=days))


def past_term(portion: Portion) -> QuerySet[Any]:
    """Return the rows of a portion that still carry what the term ends."""
    rows = all_rows(portion.table.model_class).filter(portion.wanted)
    label = portion.table.model.lower()
    if label == "kernel.auditentry":
        return rows.exclude(data={}).exclude(data__has_key=EMPTIED)
    if portion.table.deletes_rows or label in TRAILS:
        return rows
    return rows.filter(still_there(changes(portion.table, word="", only=frozenset({portion.term.key}))))


def families_past_term(*, now: datetime, only_units: frozenset[int] | None = None, even_off: bool = False) -> Q:
    """Return which customers are past their term: no open or recent case, no vehicle, and not erased before.

    Merged records follow the record they were merged into.
    """
    found = Q(pk__in=[])
    by_days: dict[int, list[int]] = defaultdict(list)
    for unit_id, held in rules().items():
        if (even_off or held.is_on) and (only_units is None or unit_id in only_units):
            by_days[held.days[RELATIONSHIP.key]].append(unit_id)
    for days, units in by_days.items():
        before = now - timedelta(days=days)
        family = Q(customer=OuterRef("pk")) | Q(customer__merged_into=OuterRef("pk"))
        living = Case.unscoped.filter(family & (Q(closed_at=None) | Q(closed_at__gte=before)))
        holds = Holding.unscoped.filter(family & (Q(until=None) | Q(until__gte=before.date())))
        erased = Erasure.unscoped.filter(customer=OuterRef("pk"))
        recent = Customer.unscoped.filter(merged_into=OuterRef("pk"), created_at__gte=before)
        found |= (
            Q(unit_id__in=units, merged_into=None, created_at__lt=before)
            & ~Q(Exists(living))
            & ~Q(Exists(holds))
            & ~Q(Exists(erased))
            & ~Q(Exists(recent))
        )
    return found


def last_run_at() -> datetime | None:
    """Return when the nightly run last happened."""
    return RetentionRun.objects.order_by("-ran_at").values_list("ran_at", flat=True).first()


def is_run_due(last: datetime | None, *, local_now: datetime) -> bool:
    """Tell whether the nightly run is due: between one and five at night, or at any hour when a night was missed."""
    if last is not None and local_now - last < timedelta(hours=20):
        return False
    is_night = 1 <= local_now.hour < 5
    return is_night or (last is not None and local_now - last >= timedelta(hours=30))


@dataclass(frozen=True)
class Due:
    """How many rows a run would take now; at most COUNTED are counted."""

    title: Words
    term: Words
    rows: int
    is_deleted: bool

    @property
    def is_more(self) -> bool:
        return self.rows > COUNTED


def due(*, now: datetime, units: frozenset[int]) -> list[Due]:
    """Return what a run would take in some units, whether they are switched on or not."""
    totals: dict[tuple[str, str], Due] = {}
    for portion in portions(now=now, only_units=units, even_off=True):
        if portion.table.model.lower() == "kernel.factrecord":
            continue  # counting its parts would read every fact; they go with the cases they tell of
        rows = past_term(portion)[: COUNTED + 1].count()
        key = (portion.table.model, portion.term.key)
        before = totals[key].rows if key in totals else 0
        if rows:
            totals[key] = Due(portion.table.title, portion.term.title, before + rows, portion.table.deletes_rows)
    customers = Customer.unscoped.filter(families_past_term(now=now, only_units=units, even_off=True))
    count = customers[: COUNTED + 1].count()
    if count:
        title = TABLES["customers.customer"].title
        totals[("customers", "")] = Due(title, RELATIONSHIP.title, count, is_deleted=False)
    return list(totals.values())
