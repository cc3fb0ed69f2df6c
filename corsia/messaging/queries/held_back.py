"""What was held back or put off, within the scope, for those who answer for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from corsia.messaging.models import HeldBack
from corsia.messaging.queries.contact_page import HeldRow, held_rows

PAGE = 40


@dataclass(frozen=True, kw_only=True)
class HeldFilter:
    """What to show; empty means all.

    Attributes:
        is_final: True only what will not leave, False only what was put off.
        unit_ids: only of these units.
        since: only from this instant on.
    """

    reason: str = ""
    purpose: str = ""
    is_final: bool | None = None
    unit_ids: Sequence[int] = ()
    since: datetime | None = None


@dataclass(frozen=True)
class HeldPage:
    """A page of rows, the youngest first; `older` is the id to go on from, None on the last page."""

    rows: list[HeldRow]
    older: int | None


def held_page(wanted: HeldFilter, *, before: int | None) -> HeldPage:
    """Return a page of what was held back."""
    rows = HeldBack.objects.order_by("-pk")
    if wanted.reason:
        rows = rows.filter(reason=wanted.reason)
    if wanted.purpose:
        rows = rows.filter(purpose=wanted.purpose)
    if wanted.is_final is not None:
        rows = rows.filter(is_final=wanted.is_final)
    if wanted.unit_ids:
        rows = rows.filter(unit_id__in=wanted.unit_ids)
    if wanted.since is not None:
        rows = rows.filter(at__gte=wanted.since)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = held_rows(rows[: PAGE + 1])
    return HeldPage(rows=found[:PAGE], older=found[PAGE - 1].row.pk if len(found) > PAGE else None)
