"""What listening needs others to provide: a telephone that calls people."""

from dataclasses import dataclass
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string


class NotPlaced(Exception):
    """The call was not made; `code` says why in one word, `is_lasting` whether trying again is of no use."""

    def __init__(self, code: str, *, is_lasting: bool = False) -> None:
        self.code, self.is_lasting = code, is_lasting
        super().__init__(code)


@dataclass(frozen=True, kw_only=True)
class Placed:
    """A call on its way.

    Attributes:
        provider_id: of the call, as its provider calls it.
    """

    provider_id: str


class Dialler(Protocol):
    """Whoever places calls. What is said in them is asked of services.interviewing.hear."""

    def line_for(self, unit_id: int) -> int | None:
        """Return the account whose number calls for a unit; None where no line is on."""

    def place(self, *, account_id: int, interview_id: int, phone: str, ring_seconds: int) -> Placed:
        """Call a number for an interview.

        Args:
            phone: E.164.

        Raises:
            NotPlaced: nobody's telephone rings.
        """


def dialler() -> Dialler:
    """Return whoever places calls."""
    return import_string(settings.CORSIA_LISTENING_DIALLER)  # type: ignore[no-any-return]
