"""Who may do what with cases."""

from corsia.kernel.access import right
from corsia.organisation.vocabulary import DESK_ROLES, MANAGER_ROLES, Role

WORK_CASES = right("cases.work", *{*DESK_ROLES, *MANAGER_ROLES})
ASSIGN_OTHERS = right("cases.assign_others", *{*DESK_ROLES, *MANAGER_ROLES} - {Role.AGENCY_AGENT, Role.PARTNER})
MANAGE_PROCESSES = right("cases.manage_processes", *MANAGER_ROLES)
