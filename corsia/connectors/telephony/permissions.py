"""Who answers the phone."""

from corsia.kernel.access import right
from corsia.organisation.vocabulary import DESK_ROLES

ANSWER_CALLS = right("telephony.answer", *DESK_ROLES)
