"""What customers need of others: groups of customers that a higher context knows, such as the segments of a survey."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from corsia.kernel.actors import Actor


@dataclass(frozen=True, kw_only=True)
class Segment:
    """A group of customers to choose by.

    Attributes:
        group: the heading it stands under in the choice.
    """

    key: str
    label: Any
    group: str


class Segments(Protocol):
    """Whoever groups customers."""

    def choices(self, actor: Actor) -> Sequence[Segment]:
        """Return the segments that somebody may choose by, those of one heading beside each other."""

    def customer_ids(self, key: str, actor: Actor) -> Any:
        """Return a query for the ids of a segment's customers, merged records too; of none for an unknown key."""


def segments() -> Segments:
    """Return whoever groups customers."""
    return import_string(settings.CORSIA_CUSTOMERS_SEGMENTS)  # type: ignore[no-any-return]


def grouped(found: Collection[Segment]) -> list[tuple[str, list[Segment]]]:
    """Return segments under their headings, in their order."""
    groups: dict[str, list[Segment]] = {}
    for one in found:
        groups.setdefault(one.group, []).append(one)
    return list(groups.items())
