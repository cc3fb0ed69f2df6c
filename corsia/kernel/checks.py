"""What stops start-up: a view without an access declaration, a field without a privacy class."""

import importlib
import pkgutil
import sys
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, register
from django.urls import URLPattern, URLResolver, get_resolver

from corsia import events
from corsia.events import Fact
from corsia.kernel.access import Access
from corsia.kernel.privacy import unclassed


def declared_views(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[tuple[str, Any, Access | None]]:
    """Yield path, view and declaration of every URL of the product."""
    for entry in (resolver or get_resolver()).url_patterns:
        path = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from declared_views(entry, path)
        elif isinstance(entry, URLPattern):
            view = getattr(entry.callback, "view_class", entry.callback)
            yield path, view, getattr(entry.callback, "access", getattr(view, "access", None))


@register()
def every_view_is_declared(**_: Any) -> list[CheckMessage]:
    """Refuse to start with a view that does not say who may use it."""
    return [
        Error(
            f"The view of /{path} declares no access.",
            hint="Use @access(RIGHT) or @public(limit=...).",
            id="corsia.E001",
        )
        for path, _view, declared in declared_views()
        if declared is None
    ]


def all_facts() -> list[type[Fact]]:
    """Return every fact of the published language."""
    for module in pkgutil.iter_modules(events.__path__):
        importlib.import_module(f"corsia.events.{module.name}")
    found: list[type[Fact]] = []
    waiting: list[type[Fact]] = [Fact]
    while waiting:
        kinds = waiting.pop().__subclasses__()
        waiting += kinds
        found += (one for one in kinds if one.__module__.startswith("corsia.events.") and not one.__subclasses__())
    return found


@register()
def every_field_has_a_privacy_class(**_: Any) -> list[CheckMessage]:
    """Refuse to start with a field of which nobody said whether it is personal and how it goes."""
    if "makemigrations" in sys.argv:
        return []  # a field can be made before it is classed; nothing runs before it is
    return [
        Error(gap, hint="Class it in its context's privacy.py; see docs/how-to/privacy.md.", id="corsia.E002")
        for gap in unclassed(apps.get_models(include_auto_created=True), all_facts())
    ]
