"""Who may hand out, erase and time personal data."""

from corsia.kernel.access import right
from corsia.organisation.vocabulary import Role

MANAGE_PRIVACY = right("privacy.manage", Role.CARE_MANAGER, Role.ADMINISTRATOR)
