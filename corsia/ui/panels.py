"""Panels: fragments that higher contexts hang on shared pages, fetched by hx-get."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.urls import reverse
from django.utils.module_loading import import_string

from corsia.kernel.access import Right, may
from corsia.kernel.actors import Actor


@dataclass(frozen=True)
class Panel:
    """A fragment's URL name, which takes the id of the page's object, and the right that shows it."""

    url: str
    right: Right | None = None


@cache
def _registered() -> Mapping[str, Sequence[Panel]]:
    return import_string(settings.CORSIA_PANELS)  # type: ignore[no-any-return]


def panel_urls(slot: str, object_id: int | None, actor: Actor) -> list[str]:
    """Return the URLs of the panels that this actor sees in a slot of a page."""
    arguments = [] if object_id is None else [object_id]
    return [
        reverse(panel.url, args=arguments)
        for panel in _registered().get(slot, ())
        if panel.right is None or may(actor, panel.right)
    ]
