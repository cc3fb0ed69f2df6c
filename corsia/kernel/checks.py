"""What stops start-up: a view without an access declaration."""

from collections.abc import Iterator
from typing import Any

from django.core.checks import CheckMessage, Error, register
from django.urls import URLPattern, URLResolver, get_resolver

from corsia.kernel.access import Access


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
