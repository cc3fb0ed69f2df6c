"""Which fragments higher contexts hang on shared pages. The page fetches them and knows nothing of their owners.

Slots so far: "customer.aside", "customer.main", "vehicle.main", "case.aside", "palette" (search results).
"""

from collections.abc import Mapping, Sequence

from corsia.listening.permissions import SEE_ANSWERS
from corsia.ui.panels import Panel

PANELS: Mapping[str, Sequence[Panel]] = {
    "customer.main": [
        Panel(url="listening:customer_panel", right=SEE_ANSWERS),
    ],
}
