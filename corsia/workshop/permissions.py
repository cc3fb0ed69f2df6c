"""Who may book, plan, receive, work and set up in a workshop."""

from corsia.kernel.access import right
from corsia.organisation.vocabulary import MANAGER_ROLES, Role

SEE_WORKSHOP = right(
    "workshop.see",
    Role.AGENT,
    Role.BOOKER,
    Role.RECEPTIONIST,
    Role.MECHANIC,
    Role.SPECIALIST,
    Role.WAREHOUSE,
    *MANAGER_ROLES,
)
BOOK = right("workshop.book", Role.AGENT, Role.BOOKER, Role.RECEPTIONIST, *MANAGER_ROLES)
PLAN = right("workshop.plan", Role.RECEPTIONIST, *MANAGER_ROLES)
RECEIVE = right("workshop.receive", Role.RECEPTIONIST, *MANAGER_ROLES)
WORK_ON_VEHICLES = right("workshop.work", Role.MECHANIC, Role.RECEPTIONIST, *MANAGER_ROLES)
SET_UP_WORKSHOP = right("workshop.set_up", *MANAGER_ROLES)
KEEP_PARTS = right("workshop.keep_parts", Role.WAREHOUSE, Role.RECEPTIONIST, *MANAGER_ROLES)
