"""Who may work in the inbox."""

from corsia.kernel.access import right
from corsia.organisation.vocabulary import DESK_ROLES, MANAGER_ROLES

USE_INBOX = right("conversations.use_inbox", *DESK_ROLES)
MANAGE_MACROS = right("conversations.manage_macros", *MANAGER_ROLES)
