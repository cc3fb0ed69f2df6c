"""Who may see and who may lead improvement. Participants of a group work in it whatever their role."""

from corsia.kernel.access import right
from corsia.organisation.vocabulary import MANAGER_ROLES, Role

SEE_IMPROVEMENT = right("improvement.see", *Role)
LEAD_IMPROVEMENT = right("improvement.lead", *MANAGER_ROLES, Role.CONSULTANT)
