"""Who may do what with cases."""

from corsia.kernel.access import right
from corsia.organisation.vocabulary import DESK_ROLES, MANAGER_ROLES, Role

WORK_CASES = right("cases.work", *{*DESK_ROLES, *MANAGER_ROLES})
ASSIGN_OTHERS = right("cases.assign_others", *{*DESK_ROLES, *MANAGER_ROLES} - {Role.AGENCY_AGENT, Role.PARTNER})
# An outsourced front end hands work to departments it cannot look into; a partner outside the group does not.
MOVE_CASES = right("cases.move", *{*DESK_ROLES, *MANAGER_ROLES} - {Role.PARTNER})
MANAGE_PROCESSES = right("cases.manage_processes", *MANAGER_ROLES)
READ_PROCESSES = right("cases.read_processes", *MANAGER_ROLES, Role.CONSULTANT)
RUN_RECOVERY = right("cases.run_recovery", *MANAGER_ROLES)
# Among colleagues: who works for an agency or a partner takes part only where somebody added them.
HEAR_DISCUSSIONS = right("cases.hear_discussions", *{*DESK_ROLES, *MANAGER_ROLES} - {Role.AGENCY_AGENT, Role.PARTNER})
ASK_GOODWILL = right("cases.ask_goodwill", *{*DESK_ROLES, *MANAGER_ROLES} - {Role.AGENCY_AGENT})
APPROVE_GOODWILL = right("cases.approve_goodwill", *MANAGER_ROLES)
# Who approves does not set how much they may approve.
SET_GOODWILL = right("cases.set_goodwill", Role.ADMINISTRATOR)
