"""Who may see, change and merge customers."""

from corsia.kernel.access import right
from corsia.organisation.vocabulary import DESK_ROLES, MANAGER_ROLES, Role

SEE_CUSTOMERS = right("customers.see", *DESK_ROLES, Role.EXPERIENCE_MANAGER)
EDIT_CUSTOMERS = right("customers.edit", *DESK_ROLES)
# Merging wrongly shows one person's story to another: people of the desk's core and managers, never agencies.
MERGE_CUSTOMERS = right("customers.merge", Role.AGENT, Role.SPECIALIST, *MANAGER_ROLES)
IMPORT_MILESTONES = right("customers.import_milestones", *MANAGER_ROLES)
