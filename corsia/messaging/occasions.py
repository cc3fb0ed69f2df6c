"""Which events a contact may follow: later contexts register theirs beside these, and add a line to subscriptions.

An occasion turns its fact into what the rules need to know, and can say what happened lately, for previews.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from corsia.customers.models import Milestone
from corsia.customers.vocabulary import MilestoneKind
from corsia.events import Fact
from corsia.events.customers import MilestoneReached


@dataclass(frozen=True, kw_only=True)
class Happened:
    """One event. `row_id` is the id of the row it is about, unique within the occasion."""

    row_id: int
    unit_id: int
    customer_id: int
    vehicle_id: int | None
    reached_at: datetime
    reference: str = ""
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class Occasion:
    """A kind of event.

    Attributes:
        read: what a fact says, None where it is of another occasion.
        rows: the events within the scope, one row each, with the columns that Happened has and `id` for `row_id`.
    """

    key: str
    title: Any
    fact: type[Fact]
    read: Callable[[Any], Happened | None]
    rows: Callable[[], QuerySet[Any]]

    def recent(self, since: datetime, until: datetime, limit: int) -> Sequence[Happened]:
        """Return the events between two instants, the latest first, at most `limit`."""
        rows = self.rows().filter(reached_at__gte=since, reached_at__lte=until)
        return [_happened(row) for row in rows.order_by("-reached_at", "-pk")[:limit]]

    def find(self, row_id: int) -> Happened | None:
        """Return one event; None where its row is gone."""
        row = self.rows().filter(pk=row_id).first()
        return _happened(row) if row is not None else None


def _happened(row: Any) -> Happened:
    return Happened(
        row_id=row.pk,
        unit_id=row.unit_id,
        customer_id=row.customer_id,
        vehicle_id=row.vehicle_id,
        reached_at=row.reached_at,
        reference=row.reference,
        detail=row.detail,
    )


OCCASIONS: dict[str, Occasion] = {}
_VALUES: dict[str, Callable[[int], Mapping[str, str]]] = {}
_HOLDS: dict[str, Callable[[int], bool]] = {}


def register_occasion(occasion: Occasion) -> None:
    """Let rules follow an event.

    Raises:
        ValueError: the key is taken.
    """
    if occasion.key in OCCASIONS:
        raise ValueError(f"The occasion {occasion.key} is registered twice.")
    OCCASIONS[occasion.key] = occasion


def register_values(key: str, values: Callable[[int], Mapping[str, str]]) -> None:
    """Give the texts that follow an occasion more keys: a context says what they are for the id of a row.

    Raises:
        ValueError: another context says so already.
    """
    if key in _VALUES:
        raise ValueError(f"The values of {key} are registered twice.")
    _VALUES[key] = values


def values_told(key: str, row_id: int) -> Mapping[str, str]:
    """Return what other contexts say of one event, for the keys of its text."""
    return _VALUES[key](row_id) if key in _VALUES else {}


def register_holds(key: str, holds: Callable[[int], bool]) -> None:
    """Let a context say, by the id of a row, whether what happened still holds when its contact is due.

    Where it may hold again, it raises a CorsiaError: the contact is shown with it, and asked about again later.

    Raises:
        ValueError: another context says so already.
    """
    if key in _HOLDS:
        raise ValueError(f"Whether {key} still holds is registered twice.")
    _HOLDS[key] = holds


def still_holds(key: str, row_id: int) -> bool:
    """Tell whether what happened may still be told: a car that was ready and is gone is not to be fetched."""
    return _HOLDS[key](row_id) if key in _HOLDS else True


def _milestones(kind: MilestoneKind) -> Occasion:
    def read(fact: MilestoneReached) -> Happened | None:
        if fact.kind != kind:
            return None
        return Happened(
            row_id=fact.milestone_id,
            unit_id=fact.unit_id,
            customer_id=fact.customer_id,
            vehicle_id=fact.vehicle_id,
            reached_at=fact.occurred_at,
            reference=fact.reference,
            detail=fact.detail,
        )

    def rows() -> QuerySet[Any]:
        return Milestone.objects.filter(kind=kind)  # type: ignore[no-any-return]

    return Occasion(key=f"customers.{kind.value}", title=kind.label, fact=MilestoneReached, read=read, rows=rows)


for _kind in MilestoneKind:
    register_occasion(_milestones(_kind))
