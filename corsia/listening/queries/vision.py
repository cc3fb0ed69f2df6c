"""The vision as the page shows it: promise, factors with their guidelines, the register of what others do."""

from collections.abc import Sequence
from dataclasses import dataclass

from corsia.listening.models import Benchmark, Guideline, Promise
from corsia.listening.vocabulary import Factor, Standing
from corsia.organisation.queries import tree


@dataclass(frozen=True, kw_only=True)
class FactorRow:
    """A factor of distinctiveness and what it means where."""

    key: str
    label: str
    guidelines: Sequence[Guideline]


@dataclass(frozen=True, kw_only=True)
class Vision:
    """Everything the page of the vision shows.

    Attributes:
        promise: of the unit, else the nearest above it that has one.
    """

    promise: Promise | None
    factors: Sequence[FactorRow]
    benchmarks: Sequence[Benchmark]
    ahead: int
    behind: int


BENCHMARKS = 100


def vision(*, unit_id: int, service: str = "", point_format: str = "") -> Vision:
    """Return the vision as it holds at a unit.

    Args:
        service, point_format: only guidelines for these, and those for every service or place.
    """
    chain = [unit.pk for unit in tree().chain(unit_id)]
    promises = {row.unit_id: row for row in Promise.objects.filter(unit_id__in=chain)}
    rows = Guideline.objects.order_by("service", "point_format", "pk")
    if service:
        rows = rows.filter(service__in=["", service])
    if point_format:
        rows = rows.filter(point_format__in=["", point_format])
    guidelines = list(rows)
    benchmarks = list(Benchmark.objects.select_related("touchpoint").order_by("-noted_on", "-pk")[:BENCHMARKS])
    return Vision(
        promise=next((promises[pk] for pk in chain if pk in promises), None),
        factors=[
            FactorRow(
                key=factor.value,
                label=str(factor.label),
                guidelines=[row for row in guidelines if row.factor == factor],
            )
            for factor in Factor
        ],
        benchmarks=benchmarks,
        ahead=sum(row.standing == Standing.AHEAD for row in benchmarks),
        behind=sum(row.standing == Standing.BEHIND for row in benchmarks),
    )
