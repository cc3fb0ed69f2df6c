"""Which fragments higher contexts hang on shared pages. The page fetches them and knows nothing of their owners.

Slots so far: "customer.aside", "customer.main", "vehicle.main", "case.aside", "palette" (search results).
"""

from collections.abc import Mapping, Sequence

from corsia.conversations.permissions import USE_INBOX
from corsia.listening.permissions import SEE_ANSWERS
from corsia.ui.panels import Panel

PANELS: Mapping[str, Sequence[Panel]] = {
    "case.main": [Panel(url="conversations:case_panel", right=USE_INBOX)],
    "customer.main": [
        Panel(url="listening:customer_panel", right=SEE_ANSWERS),
    ],
}
