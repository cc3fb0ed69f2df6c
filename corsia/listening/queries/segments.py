"""What waves told of customers: shown on their page, and chosen by in lists."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q

from corsia.listening.models import ListeningPlan, WaveSegment
from corsia.listening.vocabulary import Band

LATEST_WAVES = 8
LATEST_OF_CUSTOMER = 4


@dataclass(frozen=True, kw_only=True)
class Wave:
    """A plan that is over, with the bands in which customers stand."""

    plan_id: int
    name: str
    bands: Sequence[Band]


def segments_of(customer_ids: Collection[int]) -> list[WaveSegment]:
    """Return what the latest waves told of a customer, the latest first."""
    rows = WaveSegment.objects.filter(customer_id__in=customer_ids).select_related("plan")
    return list(rows.order_by("-answered_at", "-pk")[:LATEST_OF_CUSTOMER])


def latest_waves(unit_ids: Collection[int]) -> list[Wave]:
    """Return the latest plans that left segments at these units."""
    held = {
        str(band): Exists(WaveSegment.objects.filter(plan=OuterRef("pk"), band=band, unit_id__in=unit_ids))
        for band in Band
    }
    # Not through the scope: a plan of the group left segments at the branches.
    rows = ListeningPlan.unscoped.annotate(**held).filter(Q(promoter=True) | Q(passive=True) | Q(detractor=True))
    return [
        Wave(plan_id=row.pk, name=row.name, bands=[band for band in Band if getattr(row, str(band))])
        for row in rows.order_by("-pk")[:LATEST_WAVES]
    ]


def customers_in(*, plan_id: int, band: Band, unit_ids: Collection[int]) -> Any:
    """Return a query for the customers who stand in a band of a wave."""
    rows = WaveSegment.objects.filter(plan_id=plan_id, band=band, unit_id__in=unit_ids)
    return rows.values_list("customer_id", flat=True)
