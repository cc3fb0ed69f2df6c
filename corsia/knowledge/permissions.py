"""Who may read, write and approve what the house knows."""

from corsia.kernel.access import right
from corsia.organisation.vocabulary import MANAGER_ROLES, Role

READ_ARTICLES = right("knowledge.read_articles", *Role)
WRITE_ARTICLES = right("knowledge.write_articles", *MANAGER_ROLES, Role.SPECIALIST)
APPROVE_ARTICLES = right("knowledge.approve_articles", *MANAGER_ROLES)
MANAGE_SITES = right("knowledge.manage_sites", *MANAGER_ROLES)
