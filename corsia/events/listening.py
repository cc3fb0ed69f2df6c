"""What surveys tell."""

from dataclasses import dataclass
from typing import ClassVar

from corsia.events import Fact


@dataclass(frozen=True, kw_only=True)
class SurveyFact(Fact):
    subject: ClassVar[str] = "customer_id"

    invitation_id: int
    case_id: int
    customer_id: int


@dataclass(frozen=True, kw_only=True)
class SurveySent(SurveyFact):
    pass


@dataclass(frozen=True, kw_only=True)
class SurveyAnswered(SurveyFact):
    score: int  # 0 to 10
    is_detractor: bool
    wants_callback: bool
    text: str
