"""Who may work in the inbox."""

from corsia.kernel.access import right
from corsia.organisation.vocabulary import DESK_ROLES, MANAGER_ROLES, Role

USE_INBOX = right("conversations.use_inbox", *DESK_ROLES)
MANAGE_MACROS = right("conversations.manage_macros", *MANAGER_ROLES)
MANAGE_BOT = right("conversations.manage_bot", *MANAGER_ROLES)
# Handing a whole case out of the house is not for people of an outsourced front end.
MAKE_DOSSIERS = right("conversations.make_dossiers", *{*DESK_ROLES, *MANAGER_ROLES} - {Role.AGENCY_AGENT})
