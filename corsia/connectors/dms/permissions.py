"""Who lets the dealer's own system speak: what it says is written over what people typed."""

from corsia.kernel.access import right
from corsia.organisation.vocabulary import Role

MANAGE_DMS = right("dms.manage", Role.BRANCH_MANAGER, Role.CARE_MANAGER, Role.ADMINISTRATOR)
