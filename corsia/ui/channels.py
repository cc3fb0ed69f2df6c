"""How channels are called and drawn: each is registered by whoever owns it, every page asks here."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class ChannelLook:
    """The name and icon of a way by which something is said to us.

    Attributes:
        key: at most ten characters, stored with messages and cases.
        label: translated lazily.
    """

    key: str
    label: Any
    icon: str


_LOOKS: dict[str, ChannelLook] = {}


def register_channel(key: str, *, label: Any, icon: str) -> None:
    """Make a channel known by name and icon.

    Raises:
        ValueError: the key is too long for the tables, or another channel has it.
    """
    look = ChannelLook(key, label, icon)
    if len(key) > 10:
        raise ValueError(f"The channel {key!r} has a key of more than ten characters.")
    if _LOOKS.setdefault(key, look) != look:
        raise ValueError(f"Two channels are called {key!r}.")


def channel_look(key: str) -> ChannelLook | None:
    """Return how a channel looks; None for what came through none: internal cases, or a connector taken out since."""
    return _LOOKS.get(key)


def channel_choices(keys: Iterable[str] = ()) -> list[tuple[str, Any]]:
    """Return keys and labels for a form, all or these, in the order of registration."""
    wanted = set(keys)
    return [(look.key, look.label) for look in _LOOKS.values() if not wanted or look.key in wanted]
