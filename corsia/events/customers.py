"""What customers tell."""

from dataclasses import dataclass
from typing import ClassVar

from corsia.events import Fact


@dataclass(frozen=True, kw_only=True)
class CustomerFact(Fact):
    subject: ClassVar[str] = "customer_id"

    customer_id: int


@dataclass(frozen=True, kw_only=True)
class CustomerAdded(CustomerFact):
    source: str


@dataclass(frozen=True, kw_only=True)
class CustomersMerged(CustomerFact):
    """`customer_id` lives on; `absorbed_id` points at it until the merge is taken back."""

    absorbed_id: int


@dataclass(frozen=True, kw_only=True)
class CustomersUnmerged(CustomerFact):
    absorbed_id: int


@dataclass(frozen=True, kw_only=True)
class ConsentStated(CustomerFact):
    purpose: str
    channel: str
    is_given: bool


@dataclass(frozen=True, kw_only=True)
class HoldingChanged(CustomerFact):
    """A customer became or stopped being owner, driver or payer of a vehicle."""

    vehicle_id: int
    role: str
    is_current: bool


@dataclass(frozen=True, kw_only=True)
class MilestoneReached(CustomerFact):
    """Something came to pass that a customer waits for or should hear of: `occurred_at` is when it did."""

    milestone_id: int
    kind: str
    vehicle_id: int | None
    reference: str  # number of the order or invoice
    detail: str  # the new state, in words
