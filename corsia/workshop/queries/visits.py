"""Visits as pages show them: one with everything, those of a day, those of a customer, a vehicle, a case."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Prefetch, Q, QuerySet

from corsia.kernel.models import AuditEntry
from corsia.organisation.queries import time_zone_of, tree
from corsia.workshop.models import Allocation, Fetch, Loan, Visit, VisitJob, Workshop
from corsia.workshop.vocabulary import LAPSED, VisitState

HISTORY = 40
IN_A_PANEL = 8


@dataclass(frozen=True, kw_only=True)
class VisitPage:
    """A visit with all that is known of it."""

    visit: Visit
    label: str  # of the workshop
    jobs: tuple[VisitJob, ...]
    allocations: tuple[Allocation, ...]
    price_cents: int
    car: str
    fetches: tuple[Fetch, ...]  # the way to fetch the vehicle, then the one that brings it back
    history: tuple[AuditEntry, ...]


@dataclass(frozen=True, kw_only=True)
class Day:
    """The arrivals of a workshop's day, in order, with how many are in which state."""

    visits: tuple[Visit, ...]
    counts: dict[str, int]
    expected: int
    here: int
    over: int
    waiting: int


def visit_page(visit_id: int) -> VisitPage:
    """Return a visit with its jobs, places and trail.

    Raises:
        NotFound: no such visit within the scope.
    """
    visit: Visit = Visit.objects.select_related("customer", "vehicle", "case", "made_by", "online").find(visit_id)
    jobs = tuple(visit.jobs.select_related("job", "package").order_by("position"))
    allocations = visit.allocations.select_related("technician__person", "bay", "visit_job__job", "step")
    loan = getattr(visit, "loan", None)
    trail = AuditEntry.objects.filter(object_kind=Visit._meta.label_lower, object_id=visit.pk).order_by("-pk")
    return VisitPage(
        visit=visit,
        label=tree().label(visit.unit_id),
        jobs=jobs,
        allocations=tuple(allocations.order_by("starts_at")),
        price_cents=sum(row.price_cents for row in jobs),
        car=f"{loan.car.name} · {loan.car.plate}" if loan else "",
        fetches=tuple(visit.fetches.order_by("starts_at")),
        history=tuple(trail[:HISTORY]),
    )


def day_of(unit_ids: Collection[int], on: date) -> Day:
    """Return the arrivals of a day in some workshops of one time zone. Three statements."""
    zone = time_zone_of(next(iter(unit_ids)))
    start = datetime.combine(on, time.min, zone)
    end = datetime.combine(on + timedelta(days=1), time.min, zone)
    visits = tuple(
        _listed(Visit.objects.filter(unit_id__within=frozenset(unit_ids), drop_off_at__gte=start, drop_off_at__lt=end))
        .exclude(state=VisitState.HELD)
        .order_by("drop_off_at", "pk")
    )
    counts = Counter(visit.state for visit in visits)
    return Day(
        visits=visits,
        counts=dict(counts),
        expected=counts[VisitState.BOOKED],
        here=counts[VisitState.HERE],
        over=counts[VisitState.DONE],
        waiting=sum(visit.is_waiting and visit.state != VisitState.CANCELLED for visit in visits),
    )


def loans_of_day(unit_ids: Collection[int], on: date) -> list[Loan]:
    """Return the courtesy cars that are out on a day, by when they leave. One statement."""
    zone = time_zone_of(next(iter(unit_ids)))
    start = datetime.combine(on, time.min, zone)
    end = datetime.combine(on + timedelta(days=1), time.min, zone)
    rows = Loan.objects.filter(unit_id__within=frozenset(unit_ids), starts_at__lt=end, ends_at__gt=start)
    out = rows.exclude(visit__state=VisitState.HELD).select_related("car", "visit__customer")
    return list(out.order_by("starts_at", "pk"))


def counts_by_day(unit_ids: Collection[int], first: date, days: int) -> list[tuple[date, int]]:
    """Return how many visits come on each of some days. One statement."""
    zone = time_zone_of(next(iter(unit_ids)))
    start = datetime.combine(first, time.min, zone)
    end = datetime.combine(first + timedelta(days=days), time.min, zone)
    rows = Visit.objects.filter(unit_id__within=frozenset(unit_ids), drop_off_at__gte=start, drop_off_at__lt=end)
    instants = rows.exclude(state__in=(VisitState.HELD, VisitState.CANCELLED)).values_list("drop_off_at", flat=True)
    counts = Counter(at.astimezone(zone).date() for at in instants)
    every = (first + timedelta(days=number) for number in range(days))
    return [(on, counts[on]) for on in every]


def workshops() -> list[tuple[Workshop, str]]:
    """Return the workshops within the scope with their names, by name. One statement besides the tree."""
    organisation = tree()
    found = [(one, organisation.label(one.unit_id)) for one in Workshop.objects.filter(is_active=True)]
    return sorted(found, key=lambda pair: pair[1])


def visits_of(*, now: datetime, customers: Sequence[int] = (), vehicle: int = 0, case: int = 0) -> list[Visit]:
    """Return the coming visits, the next first, then the past ones, the latest first. Two statements."""
    whose = Q(customer_id__in=list(customers)) if customers else Q(vehicle_id=vehicle) if vehicle else Q(case_id=case)
    rows = list(_listed(Visit.objects.filter(whose)).order_by("-drop_off_at")[: IN_A_PANEL * 2])
    coming = [one for one in rows if one.state in (VisitState.HELD, VisitState.BOOKED, VisitState.HERE)]
    past = [one for one in rows if one not in coming]
    return [*reversed(coming), *past][:IN_A_PANEL]


def _listed(rows: "QuerySet[Visit]") -> "QuerySet[Visit]":
    shown = rows.exclude(state=VisitState.CANCELLED, end_reason=LAPSED)
    jobs = VisitJob.objects.select_related("job", "package").order_by("position")
    hands = Allocation.objects.select_related("technician__person", "bay").order_by("starts_at")
    return shown.select_related("customer", "vehicle", "unit", "loan__car").prefetch_related(
        Prefetch("jobs", jobs), Prefetch("allocations", hands)
    )
