"""Which fragments higher contexts hang on shared pages. The page fetches them and knows nothing of their owners.

Slots: "channel.main", "customer.aside", "customer.main", "vehicle.main", "case.aside" (its customer), "case.main",
"case.help" (beside the case and beside its conversation), "playbook.aside", "inbox.aside" (a case), "messaging.nav",
"palette", "frame" (in the corner of every page).
"""

from collections.abc import Mapping, Sequence

from corsia.cases.permissions import WORK_CASES
from corsia.connectors.telephony.permissions import ANSWER_CALLS
from corsia.conversations.permissions import MAKE_DOSSIERS, USE_INBOX
from corsia.customers.permissions import SEE_CUSTOMERS
from corsia.improvement.permissions import SEE_IMPROVEMENT
from corsia.knowledge.permissions import READ_ARTICLES
from corsia.listening.permissions import CLOSE_LOOPS, SEE_ANSWERS
from corsia.messaging.permissions import MANAGE_CHANNELS, MANAGE_MAILBOXES, READ_MESSAGES
from corsia.organisation.permissions import SEE_ORGANISATION
from corsia.privacy.permissions import MANAGE_PRIVACY
from corsia.ui.panels import Panel
from corsia.vehicles.permissions import SEE_VEHICLES
from corsia.workshop.permissions import SEE_WORKSHOP

PANELS: Mapping[str, Sequence[Panel]] = {
    "palette": [
        Panel(url="customers:palette", right=SEE_CUSTOMERS),
        Panel(url="vehicles:palette", right=SEE_VEHICLES),
        Panel(url="cases:palette", right=WORK_CASES),
        Panel(url="knowledge:palette", right=READ_ARTICLES),
        Panel(url="organisation:palette", right=SEE_ORGANISATION),
    ],
    "frame": [Panel(url="telephony:desk", right=ANSWER_CALLS)],
    "channel.main": [
        Panel(url="whatsapp:panel", right=MANAGE_CHANNELS),
        Panel(url="telephony:line", right=MANAGE_CHANNELS),
    ],
    "messaging.nav": [Panel(url="email:nav", right=MANAGE_MAILBOXES)],
    "vehicle.main": [
        Panel(url="customers:vehicle_holders", right=SEE_CUSTOMERS),
        Panel(url="workshop:vehicle_panel", right=SEE_WORKSHOP),
        Panel(url="customers:vehicle_milestones", right=SEE_CUSTOMERS),
    ],
    "case.aside": [
        Panel(url="customers:brief", right=SEE_CUSTOMERS),
        Panel(url="cases:open_panel", right=WORK_CASES),
    ],
    "inbox.aside": [
        Panel(url="cases:playbook_panel", right=WORK_CASES),
        Panel(url="cases:recovery_panel", right=WORK_CASES),
        Panel(url="cases:talk_beside", right=WORK_CASES),
    ],
    "case.main": [
        Panel(url="listening:loops_of_case", right=CLOSE_LOOPS),
        Panel(url="workshop:case_panel", right=SEE_WORKSHOP),
        Panel(url="conversations:case_panel", right=USE_INBOX),
        Panel(url="telephony:case_panel", right=ANSWER_CALLS),
        Panel(url="cases:redress", right=WORK_CASES),
        Panel(url="conversations:dossiers_of_case", right=MAKE_DOSSIERS),
    ],
    "playbook.aside": [Panel(url="improvement:playbook_panel", right=SEE_IMPROVEMENT)],
    "case.help": [
        Panel(url="conversations:articles", right=USE_INBOX),
        Panel(url="improvement:rules_of_case", right=SEE_IMPROVEMENT),
    ],
    "customer.main": [
        Panel(url="cases:customer_panel", right=WORK_CASES),
        Panel(url="workshop:customer_panel", right=SEE_WORKSHOP),
        Panel(url="telephony:customer_panel", right=ANSWER_CALLS),
        Panel(url="customers:dues_of_customer", right=SEE_CUSTOMERS),
        Panel(url="customers:milestones_of_customer", right=SEE_CUSTOMERS),
        Panel(url="listening:customer_panel", right=SEE_ANSWERS),
        Panel(url="messaging:contact_panel", right=READ_MESSAGES),
    ],
    "customer.aside": [Panel(url="privacy:customer_panel", right=MANAGE_PRIVACY)],
}
