"""The tables of cases, by noun."""

from corsia.cases.models.case import Case, CaseLink, Tag, Task, Watcher
from corsia.cases.models.clock import Alarm, Deadline, Segment
from corsia.cases.models.desk import BulkChange, BulkRun, Queue, SavedView
from corsia.cases.models.discussion import Discussion, DiscussionFile, DiscussionLine, DiscussionMember
from corsia.cases.models.playbook import PlaybookRun, StepTick
from corsia.cases.models.process import (
    Cause,
    Limit,
    Phase,
    PhaseAction,
    PhaseRequirement,
    PhaseRole,
    Process,
    ProcessVersion,
    Transition,
)
from corsia.cases.models.recovery import Recovery, RecoveryAttempt, RecoveryItem, RecoveryLine, RecoveryList
from corsia.cases.models.redress import Goodwill, GoodwillBudget, GoodwillLimit, LegalWarranty
from corsia.cases.models.register import ProcessProposal, ProposalVote

__all__ = [
    "Alarm",
    "BulkChange",
    "BulkRun",
    "Case",
    "CaseLink",
    "Cause",
    "Deadline",
    "Discussion",
    "DiscussionFile",
    "DiscussionLine",
    "DiscussionMember",
    "Goodwill",
    "GoodwillBudget",
    "GoodwillLimit",
    "LegalWarranty",
    "Limit",
    "Phase",
    "PhaseAction",
    "PhaseRequirement",
    "PhaseRole",
    "PlaybookRun",
    "Process",
    "ProcessProposal",
    "ProcessVersion",
    "ProposalVote",
    "Queue",
    "Recovery",
    "RecoveryAttempt",
    "RecoveryItem",
    "RecoveryLine",
    "RecoveryList",
    "SavedView",
    "Segment",
    "StepTick",
    "Tag",
    "Task",
    "Transition",
    "Watcher",
]
