"""Who may do what with the organisation."""

from corsia.kernel.access import right
from corsia.organisation.vocabulary import MANAGER_ROLES, Role

SEE_ORGANISATION = right("organisation.see", *Role)
MANAGE_UNITS = right("organisation.manage_units", Role.ADMINISTRATOR, Role.CARE_MANAGER)
MANAGE_PEOPLE = right("organisation.manage_people", *MANAGER_ROLES)
MANAGE_SKILLS = right("organisation.manage_skills", Role.ADMINISTRATOR, Role.CARE_MANAGER)
MANAGE_AGREEMENTS = right("organisation.manage_agreements", Role.ADMINISTRATOR)
READ_AUDIT = right("organisation.read_audit", Role.ADMINISTRATOR)
RUN_SYSTEM = right("organisation.run_system", Role.ADMINISTRATOR)
