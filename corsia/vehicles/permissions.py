"""Who may see and change vehicles."""

from corsia.kernel.access import right
from corsia.organisation.vocabulary import DESK_ROLES, MANAGER_ROLES, Role

SEE_VEHICLES = right("vehicles.see", *DESK_ROLES, Role.EXPERIENCE_MANAGER)
EDIT_VEHICLES = right("vehicles.edit", *DESK_ROLES)
MANAGE_DUES = right("vehicles.manage_dues", *MANAGER_ROLES)  # service plans and recall campaigns
