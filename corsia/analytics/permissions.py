"""Who may see numbers."""

from corsia.kernel.access import right
from corsia.organisation.vocabulary import DESK_ROLES, MANAGER_ROLES, Role

SEE_NUMBERS = right("analytics.see", *MANAGER_ROLES, Role.CONSULTANT)
BUILD_METRICS = right("analytics.build", *MANAGER_ROLES)
SEE_OWN_NUMBERS = right("analytics.see_own", *DESK_ROLES)
