"""May a case go from one phase to another, and what is missing before it may."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from corsia.cases.vocabulary import RequiredField


@dataclass(frozen=True)
class Filled:
    """What is known on a case, as far as phases may ask for it."""

    customer: bool = False
    vehicle: bool = False
    purchase_channel: bool = False
    assignee: bool = False
    cause: bool = False
    root_cause: bool = False
    remedy: bool = False
    reference: bool = False


def is_allowed(*, source: str, target: str, ways_out: Collection[str]) -> bool:
    """Tell whether a case may go from `source` to `target`, both phase keys, given the keys `source` leads to."""
    return target != source and target in ways_out


def missing_fields(required: Iterable[str], filled: Filled) -> list[RequiredField]:
    """Return the required fields that are empty, in the order in which people fill them in."""
    wanted = set(required)
    return [field for field in RequiredField if field in wanted and not getattr(filled, field.value)]
