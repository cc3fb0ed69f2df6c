"""What surveys tell."""

from dataclasses import dataclass
from typing import ClassVar

from corsia.events import Fact


@dataclass(frozen=True, kw_only=True)
class SurveySent(Fact):
    subject: ClassVar[str] = "customer_id"

    invitation_id: int
    case_id: int | None
    customer_id: int


@dataclass(frozen=True, kw_only=True)
class SurveyAnswered(Fact):
    """Told once for each response: when it is complete, or was left in the middle for good."""

    subject: ClassVar[str] = "customer_id"

    response_id: int
    invitation_id: int | None
    case_id: int | None
    customer_id: int | None
    score: int | None  # 0 to 10, None where the recommendation was not asked or not answered
    is_detractor: bool
    wants_callback: bool
    is_complete: bool
    low_items: int  # how many questions were answered so badly that the customer is asked what happened
    text: str


@dataclass(frozen=True, kw_only=True)
class LoopClosed(Fact):
    """What was done about an unhappy answer came to its end."""

    subject: ClassVar[str] = "customer_id"

    loop_id: int
    case_id: int | None
    customer_id: int | None
    outcome: str
    level: int  # 1 for the first, 2 when the remedy had not helped
    hours: int  # from the answer to the end, rounded
