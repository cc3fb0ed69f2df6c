"""What the organisation needs others to provide: how much work waits where. config/ports.py plugs it in."""

from collections.abc import Mapping
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string


class Workload(Protocol):
    """Open cases, within the active scope."""

    def by_unit(self) -> Mapping[int, int]:
        """Return the open cases of each unit that has any, without those of the units below it."""

    def by_person(self) -> Mapping[int, int]:
        """Return the open cases of each person that has any."""


def workload() -> Workload:
    """Return whoever knows the open cases."""
    return import_string(settings.CORSIA_WORKLOAD)  # type: ignore[no-any-return]
