"""What cases need others to provide: whether something else must be done before a case is closed."""

from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from corsia.kernel.errors import CorsiaError


class Closing(Protocol):
    """Whoever has a say in the end of a case."""

    def objection(self, case_id: int) -> CorsiaError | None:
        """Return the refusal, in the user's words, while the case must stay open; None when it may be closed."""


def closing() -> Closing:
    """Return whoever has a say."""
    return import_string(settings.CORSIA_CASES_CLOSING)  # type: ignore[no-any-return]
