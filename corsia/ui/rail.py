"""The navigation rail: entries registered in config/rail.py, shown by right."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.module_loading import import_string

from corsia.kernel.access import Right, may
from corsia.kernel.actors import Actor


@dataclass(frozen=True)
class Entry:
    """One entry.

    Attributes:
        label: lazily translated, one short word.
        url: URL name; its path prefix decides which entry is current.
        badge: URL name of a fragment with the number on the icon, refreshed live; "" without one.
        unless: whoever has this right comes there by another entry.
    """

    key: str
    label: Any
    url: str
    icon: str
    right: Right
    hotkey: str = ""
    badge: str = ""
    unless: Right | None = None


@dataclass(frozen=True)
class ShownEntry:
    """An entry as the template needs it."""

    label: str
    href: str
    icon: str
    hotkey: str
    badge: str
    is_current: bool


@cache
def _registered() -> list[Entry]:
    return import_string(settings.CORSIA_RAIL)  # type: ignore[no-any-return]


def shown_entries(actor: Actor, path: str) -> list[ShownEntry]:
    """Return the entries the actor may open, with the one of `path` marked; the longest matching prefix wins."""
    allowed = [
        (entry, reverse(entry.url))
        for entry in _registered()
        if may(actor, entry.right) and not (entry.unless and may(actor, entry.unless))
    ]
    current = max((href for _, href in allowed if path.startswith(href)), key=len, default="")
    return [
        ShownEntry(
            label=str(entry.label),
            href=href,
            icon=entry.icon,
            hotkey=entry.hotkey,
            badge=reverse(entry.badge) if entry.badge else "",
            is_current=href == current,
        )
        for entry, href in allowed
    ]
