"""The tables of cases, by noun."""

from corsia.cases.models.case import Case, CaseLink, Tag, Task, Watcher
from corsia.cases.models.clock import Alarm, Deadline, Segment
from corsia.cases.models.desk import BulkChange, BulkRun, Queue, SavedView
from corsia.cases.models.discussion import Discussion, DiscussionFile, DiscussionLine, DiscussionMember
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
from corsia.cases.models.recovery import Recovery, RecoveryAttempt, RecoveryItem, RecoveryLine, RecoveryList
from corsia.cases.models.register import ProcessProposal, ProposalVote
    "Alarm",
    "BulkChange",
    "BulkRun",
    "Case",
    "CaseLink",
    "Deadline",
    "Limit",
    "Phase",
    "PhaseAction",
    "Discussion",
    "DiscussionFile",
    "DiscussionLine",
    "DiscussionMember",
    "PhaseRequirement",
    "Process",
    "ProcessVersion",
    "Queue",
    "SavedView",
    "Segment",
    "ProcessProposal",
    "Tag",
    "ProposalVote",
    "Task",
    "Recovery",
    "RecoveryAttempt",
    "RecoveryItem",
    "RecoveryLine",
    "RecoveryList",
    "Transition",
    "Watcher",
]
