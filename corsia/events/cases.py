"""What cases tell."""

from dataclasses import dataclass
from typing import ClassVar

from corsia.events import Fact


@dataclass(frozen=True, kw_only=True)
class CaseFact(Fact):
    """Something about one case."""

    subject: ClassVar[str] = "customer_id"

    case_id: int
    customer_id: int | None


@dataclass(frozen=True, kw_only=True)
class CaseOpened(CaseFact):
    process: str
    origin: str
    title: str


@dataclass(frozen=True, kw_only=True)
class CaseAssigned(CaseFact):
    assignee_id: int | None


@dataclass(frozen=True, kw_only=True)
class PhaseEntered(CaseFact):
    process: str
    phase: str


@dataclass(frozen=True, kw_only=True)
class TemplateDue(CaseFact):
    """Entering a phase asks that a template be sent."""

    template: str


@dataclass(frozen=True, kw_only=True)
class CaseClosed(CaseFact):
    process: str
    end_kind: str
    assignee_id: int | None
    sends_survey: bool
    language: str


@dataclass(frozen=True, kw_only=True)
class CaseReopened(CaseFact):
    reason: str


@dataclass(frozen=True, kw_only=True)
class CasesMerged(CaseFact):
    """`case_id` lives on; `absorbed_id` points at it."""

    absorbed_id: int


@dataclass(frozen=True, kw_only=True)
class CaseMoved(CaseFact):
    """The case belongs to another unit. `unit_id` is where it went, by now perhaps gone further."""

    old_unit_id: int


@dataclass(frozen=True, kw_only=True)
class DeadlineMissed(CaseFact):
    clock: str
    deadline_id: int


@dataclass(frozen=True, kw_only=True)
class RecoveryEnded(CaseFact):
    """Somebody who was forgotten was won back, is lost, or could not be reached."""

    recovery_id: int
    item_id: int
    outcome: str
    attempts: int
    waited_days: int  # from the beginning of their wait, as far as it is known
