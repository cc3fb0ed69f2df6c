"""What of a process applies to which purchase channel."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class OnlyFor:
    """A limit: `what` (a phase's key, a field's name) holds only for cases of these purchase channels."""

    what: str
    channels: tuple[str, ...]


def open_to(keys: Iterable[str], limits: Collection[OnlyFor], channel: str) -> tuple[str, ...]:
    """Return those keys that hold for a case of `channel`; a case without one ("") has only what is unlimited."""
    if not limits:
        return tuple(keys)
    only = {limit.what: limit.channels for limit in limits}
    return tuple(key for key in keys if key not in only or channel in only[key])


def holds_for(only_for: Collection[str], channel: str) -> bool:
    """Tell whether something limited to these channels (none: unlimited) holds for a case of `channel`."""
    return not only_for or channel in only_for
