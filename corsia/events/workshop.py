"""What the workshop tells."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from corsia.events import Fact


@dataclass(frozen=True, kw_only=True)
class WorkshopFact(Fact):
    subject: ClassVar[str] = "customer_id"

    customer_id: int
    vehicle_id: int | None


@dataclass(frozen=True, kw_only=True)
class VisitBooked(WorkshopFact):
    visit_id: int
    drop_off_at: datetime
    promised_at: datetime


@dataclass(frozen=True, kw_only=True)
class VisitMoved(WorkshopFact):
    """The customer comes at another time or place, or may come for the vehicle at another hour."""

    visit_id: int
    drop_off_at: datetime
    promised_at: datetime


@dataclass(frozen=True, kw_only=True)
class VisitNear(WorkshopFact):
    """The vehicle is expected tomorrow, and its customer was not reminded of it yet."""

    visit_id: int
    drop_off_at: datetime
    promised_at: datetime


@dataclass(frozen=True, kw_only=True)
class VisitCancelled(WorkshopFact):
    visit_id: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class OrderFact(WorkshopFact):
    order_id: int
    number: str  # as printed


@dataclass(frozen=True, kw_only=True)
class OrderOpened(OrderFact):
    promised_at: datetime


@dataclass(frozen=True, kw_only=True)
class CheckDone(OrderFact):
    """The vehicle was looked through: nothing was found, or extra work is proposed."""

    extra_lines: int


@dataclass(frozen=True, kw_only=True)
class ExtraWorkDecided(OrderFact):
    is_approved: bool
    total_cents: int


@dataclass(frozen=True, kw_only=True)
class PromiseChanged(OrderFact):
    """The vehicle will be ready at another hour than was said."""

    promised_at: datetime
    reason: str


@dataclass(frozen=True, kw_only=True)
class VehicleReady(OrderFact):
    promised_at: datetime


@dataclass(frozen=True, kw_only=True)
class OrderClosed(OrderFact):
    km: int | None
