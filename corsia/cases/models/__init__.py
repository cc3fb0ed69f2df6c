"""The tables of cases, by noun."""

from corsia.cases.models.case import Case, CaseLink, Tag, Task, Watcher
from corsia.cases.models.clock import Alarm, Deadline, Segment
from corsia.cases.models.desk import BulkChange, BulkRun, Queue, SavedView
from corsia.cases.models.process import (
    Limit,
    Phase,
    PhaseAction,
    PhaseRequirement,
    Process,
    ProcessVersion,
    Transition,
)

__all__ = [
    "Alarm",
    "BulkChange",
    "BulkRun",
    "Case",
    "CaseLink",
    "Deadline",
    "Limit",
    "Phase",
    "PhaseAction",
    "PhaseRequirement",
    "Process",
    "ProcessVersion",
    "Queue",
    "SavedView",
    "Segment",
    "Tag",
    "Task",
    "Transition",
    "Watcher",
]
