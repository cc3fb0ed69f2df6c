"""The tables of improvement."""

from corsia.improvement.models.action import Action, ActionKpi, ActionUnit, Evidence, KpiReading
from corsia.improvement.models.group import (
    Attendance,
    Group,
    MacroAction,
    Meeting,
    Pain,
    Participant,
    Rating,
    Responsibility,
)
from corsia.improvement.models.spreading import Adoption, ChangeAgent, CultureItem, GoldenRule, Practice

__all__ = [
    "Action",
    "ActionKpi",
    "ActionUnit",
    "Adoption",
    "Attendance",
    "ChangeAgent",
    "CultureItem",
    "Evidence",
    "GoldenRule",
    "Group",
    "KpiReading",
    "MacroAction",
    "Meeting",
    "Pain",
    "Participant",
    "Practice",
    "Rating",
    "Responsibility",
]
