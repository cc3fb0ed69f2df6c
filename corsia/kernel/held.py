"""What a run over many rows reads once: settings that may be a second old, such as the tree or the process versions."""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

T = TypeVar("T")

_values: ContextVar[dict[Hashable, Any] | None] = ContextVar("corsia_held", default=None)


@contextmanager
def held() -> Iterator[None]:
    """Let `once` remember within the block. For runs of a second, not longer: what changes meanwhile is not seen."""
    token = _values.set({})
    try:
        yield
    finally:
        _values.reset(token)


def once(key: Hashable, read: Callable[[], T]) -> T:
    """Return what `read` returned for this key in the present block; outside of one, read it now."""
    values = _values.get()
    if values is None:
        return read()
    if key not in values:
        values[key] = read()
    found: T = values[key]
    return found
