"""Recall campaigns with how far they have come."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet

from corsia.vehicles.models import Recall, VehicleRecall


@dataclass(frozen=True, kw_only=True)
class RecallRow:
    """A campaign in numbers: VINs of vehicles we know, those of them that are done, and VINs nobody here knows."""

    recall: Recall
    known: int
    closed: int
    unknown: int

    @property
    def open(self) -> int:
        """Known vehicles whose work is not done."""
        return self.known - self.closed

    @property
    def done_pct(self) -> int:
        """Share of the known vehicles that are done, in per cent."""
        return 100 * self.closed // self.known if self.known else 0


@dataclass(frozen=True, kw_only=True)
class RecallPage:
    """A campaign with its VINs: open ones first."""

    row: RecallRow
    vins: list[VehicleRecall]
    unknown: list[str]


def recalls_with_progress(*, before: tuple[Any, int] | None = None, limit: int) -> list[RecallRow]:
    """Return the campaigns, the latest first, from before a day and id on."""
    rows = _counted()
    if before is not None:
        rows = rows.filter(opened_on__lte=before[0]).exclude(opened_on=before[0], pk__gte=before[1])
    return [_row(recall) for recall in rows.order_by("-opened_on", "-pk")[:limit]]


def recall_page(*, recall_id: int, after_id: int | None, is_closed: bool, limit: int) -> RecallPage:
    """Return a campaign with the VINs of vehicles we know, and those we do not.

    Raises:
        NotFound: no such campaign within the scope.
    """
    Recall.objects.find(recall_id)
    row = _row(_counted().get(pk=recall_id))
    vins = VehicleRecall.objects.filter(recall_id=recall_id, vehicle__isnull=False, closed_on__isnull=not is_closed)
    if after_id:
        vins = vins.filter(pk__gt=after_id)
    unknown = VehicleRecall.objects.filter(recall_id=recall_id, vehicle=None).order_by("vin")
    shown: Sequence[str] = unknown.values_list("vin", flat=True)[:limit]
    return RecallPage(row=row, vins=list(vins.select_related("vehicle").order_by("pk")[:limit]), unknown=list(shown))


def open_recalls_of(vehicle_id: int) -> frozenset[str]:
    """Return the codes of the recalls whose work a vehicle still needs."""
    rows = VehicleRecall.objects.filter(vehicle_id=vehicle_id, closed_on=None)
    return frozenset(rows.values_list("recall__code", flat=True))


def _counted() -> "QuerySet[Recall]":
    known = Q(vins__vehicle__isnull=False)
    rows: QuerySet[Any] = Recall.objects.annotate(
        known=Count("vins", filter=known),
        closed=Count("vins", filter=known & Q(vins__closed_on__isnull=False)),
        unknown=Count("vins", filter=Q(vins__vehicle__isnull=True)),
    )
    return rows


def _row(recall: Any) -> RecallRow:
    return RecallRow(recall=recall, known=recall.known, closed=recall.closed, unknown=recall.unknown)
