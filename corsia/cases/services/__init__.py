"""The verbs of cases. Other contexts call them from here."""

from corsia.cases.services.assignment import (
    AlreadyTaken,
    CannotWorkThere,
    assign,
    hand_over,
    take,
)
from corsia.cases.services.callbacks import ask_for_callback
from corsia.cases.services.care import (
    Details,
    add_tag,
    describe,
    remove_tag,
    set_priority,
    snooze,
    unwatch,
    watch,
)
from corsia.cases.services.desk import QueueDetails, delete_view, save_queue, save_view
from corsia.cases.services.discussions import (
    add_to_discussion,
    discussion_of,
    edit_line,
    resolve_discussion,
    say,
    see_discussion,
)
from corsia.cases.services.locking import CaseClosed
from corsia.cases.services.movement import (
    FieldsMissing,
    MergedElsewhere,
    NoSuchWay,
    TasksOpen,
    close_case,
    customer_wrote,
    enter_phase,
    hand_to,
    reopen_case,
    we_answered,
)
from corsia.cases.services.moving import move_back, move_case
from corsia.cases.services.opening import ProcessNotInUse, open_case
from corsia.cases.services.playbooks import tick_step, untick_step
from corsia.cases.services.processes import install_processes
from corsia.cases.services.recovery import (
    RecoveryDetails,
    add_cases,
    change_recovery,
    end_item,
    end_recovery,
    note_attempt,
    start_recovery,
)
from corsia.cases.services.recovery_lists import confirm_list, discard_list, keep_list
from corsia.cases.services.register import (
    ProposalDetails,
    give_process_owner,
    join_proposals,
    propose_process,
    steer_proposal,
    vote,
)
from corsia.cases.services.relations import (
    link_cases,
    merge_cases,
    set_parent,
    split_case,
    unlink_cases,
    unmerge_case,
)
from corsia.cases.services.tasks import add_task, finish_task, remove_task, take_up_task
from corsia.cases.services.touching import touch

__all__ = [
    "AlreadyTaken",
    "CannotWorkThere",
    "CaseClosed",
    "Details",
    "FieldsMissing",
    "MergedElsewhere",
    "NoSuchWay",
    "ProcessNotInUse",
    "ProposalDetails",
    "QueueDetails",
    "RecoveryDetails",
    "TasksOpen",
    "add_cases",
    "add_tag",
    "add_task",
    "add_to_discussion",
    "ask_for_callback",
    "assign",
    "change_recovery",
    "close_case",
    "confirm_list",
    "customer_wrote",
    "delete_view",
    "describe",
    "discard_list",
    "discussion_of",
    "edit_line",
    "end_item",
    "end_recovery",
    "enter_phase",
    "finish_task",
    "give_process_owner",
    "hand_over",
    "hand_to",
    "install_processes",
    "join_proposals",
    "keep_list",
    "link_cases",
    "merge_cases",
    "move_back",
    "move_case",
    "note_attempt",
    "open_case",
    "propose_process",
    "remove_tag",
    "remove_task",
    "reopen_case",
    "resolve_discussion",
    "save_queue",
    "save_view",
    "say",
    "see_discussion",
    "set_parent",
    "set_priority",
    "snooze",
    "split_case",
    "start_recovery",
    "steer_proposal",
    "take",
    "take_up_task",
    "tick_step",
    "touch",
    "unlink_cases",
    "unmerge_case",
    "untick_step",
    "unwatch",
    "vote",
    "watch",
    "we_answered",
]
