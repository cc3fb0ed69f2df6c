"""Who may make the web forms at which customers write."""

from corsia.kernel.access import right
from corsia.organisation.vocabulary import MANAGER_ROLES

MANAGE_FORMS = right("portal.manage_forms", *MANAGER_ROLES)
