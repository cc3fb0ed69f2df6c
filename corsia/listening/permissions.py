"""Who may see what customers answered, and decide how they are asked."""

from corsia.kernel.access import right
from corsia.organisation.vocabulary import DESK_ROLES, MANAGER_ROLES, Role

SEE_RESULTS = right("listening.see_results", *MANAGER_ROLES, Role.CONSULTANT)
MANAGE_SURVEYS = right("listening.manage_surveys", *MANAGER_ROLES)
SEE_ANSWERS = right("listening.see_answers", *DESK_ROLES, Role.EXPERIENCE_MANAGER)  # of one customer, beside the case
