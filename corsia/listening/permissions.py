"""Who may see what customers answered, and decide how they are asked."""

from corsia.kernel.access import right
from corsia.organisation.vocabulary import DESK_ROLES, MANAGER_ROLES, Role

SEE_RESULTS = right("listening.see_results", *MANAGER_ROLES, Role.CONSULTANT)
MANAGE_SURVEYS = right("listening.manage_surveys", *MANAGER_ROLES)
SEE_ANSWERS = right("listening.see_answers", *DESK_ROLES, Role.EXPERIENCE_MANAGER)  # of one customer, beside the case
HEAR_VOICES = right("listening.hear_voices", *DESK_ROLES, *MANAGER_ROLES, Role.CONSULTANT)  # words and scores, newest
CLOSE_LOOPS = right("listening.close_loops", *DESK_ROLES, Role.EXPERIENCE_MANAGER)
# The list of unhappy customers: whoever calls them back sees those of their unit, whoever reads results also the sums.
SEE_LOOPS = right("listening.see_loops", *DESK_ROLES, Role.EXPERIENCE_MANAGER, Role.CONSULTANT)
MANAGE_LISTENING = right(
    "listening.manage_listening", *MANAGER_ROLES, Role.CONSULTANT
)  # journey, plans, questionnaires
SEE_PARTICIPANTS = right("listening.see_participants", *MANAGER_ROLES)  # who said what in a session, by name
INTERVIEW = right(
    "listening.interview", *DESK_ROLES, Role.EXPERIENCE_MANAGER
)  # people, on the phone, by plans that call
