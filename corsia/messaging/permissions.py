"""Who may do what with messages."""

from corsia.kernel.access import right
from corsia.organisation.vocabulary import DESK_ROLES, MANAGER_ROLES, Role

READ_MESSAGES = right("messaging.read", *DESK_ROLES, Role.EXPERIENCE_MANAGER)
WRITE_MESSAGES = right("messaging.write", *DESK_ROLES)
SEE_OUTBOX = right("messaging.see_outbox", *MANAGER_ROLES)
MANAGE_TEMPLATES = right("messaging.manage_templates", *MANAGER_ROLES)
MANAGE_MAILBOXES = right("messaging.manage_mailboxes", Role.ADMINISTRATOR)
MANAGE_CONTACT_RULES = right("messaging.manage_contact_rules", *MANAGER_ROLES)
MANAGE_CHANNELS = right("messaging.manage_channels", *MANAGER_ROLES)
SEE_QUARANTINE = right("messaging.see_quarantine", Role.ADMINISTRATOR)
