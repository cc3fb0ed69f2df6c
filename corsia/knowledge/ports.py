"""What knowledge needs others to provide: which processes there are. config/ports.py plugs it in."""

from collections.abc import Sequence
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string


class Processes(Protocol):
    """The processes in use at a unit."""

    def names(self, unit_id: int) -> Sequence[tuple[str, str, str]]:
        """Return key, Italian name and English name of each."""

    def phases(self, unit_id: int, process_key: str) -> Sequence[tuple[str, str, str]]:
        """Return the same of the phases of one of them that do not end a case; none for a process not in use."""


def processes() -> Processes:
    """Return whoever knows the processes."""
    return import_string(settings.CORSIA_KNOWLEDGE_PROCESSES)  # type: ignore[no-any-return]
