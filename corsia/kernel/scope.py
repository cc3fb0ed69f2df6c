"""Which units' rows the running code may see. Without a scope every scoped query raises: it fails closed."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from django.core.exceptions import ObjectDoesNotExist
from django.db import models
from django.db.models import lookups

from corsia.kernel.errors import NotFound
from corsia.kernel.row_security import announced

M = TypeVar("M", bound=models.Model)


class NoScope(RuntimeError):
    """Scoped rows were asked for outside any scope: wrap the door (view, job, command) in one."""


@dataclass(frozen=True)
class Scope:
    """The part of the organisation tree that is visible.

    Attributes:
        units: ids of the units whose rows are visible.
        shared: `units` and all their ancestors: rows that a unit shares with everything below it, such as customers.
        everything: no restriction; only jobs, reactions and commands have it, or roles held at the root.
        reason: why the scope was opened, for traces.
    """

    units: frozenset[int]
    shared: frozenset[int]
    everything: bool = False
    reason: str = ""


_current: ContextVar[Scope | None] = ContextVar("corsia_scope", default=None)


def current_scope() -> Scope:
    """Return the active scope.

    Raises:
        NoScope: the calling code was not entered through a door that opens one.
    """
    scope = _current.get()
    if scope is None:
        raise NoScope("No scope is active. Open one at the door: @access, scope.system(...) or scope.entered(...).")
    return scope


@contextmanager
def entered(scope: Scope) -> Iterator[Scope]:
    """Make `scope` the active one for the block, here and, for web processes, in the database session."""
    token = _current.set(scope)
    try:
        with announced(units=scope.units, shared=scope.shared, everything=scope.everything):
            yield scope
    finally:
        _current.reset(token)


@contextmanager
def entered_without_database(scope: Scope) -> Iterator[Scope]:
    """Make `scope` the active one for an asynchronous view; what it asks of the database enters a scope of its own."""
    token = _current.set(scope)
    try:
        yield scope
    finally:
        _current.reset(token)


@contextmanager
def system(reason: str) -> Iterator[Scope]:
    """Open the whole tree to a job, reaction or command; `reason` names which."""
    with entered(Scope(units=frozenset(), shared=frozenset(), everything=True, reason=reason)) as scope:
        yield scope


class ScopedQuerySet(models.QuerySet[M]):
    """Rows within the active scope."""

    def lock(self, pk: int) -> M:
        """Return the row locked for update.

        Raises:
            NotFound: no such row within the scope.
        """
        try:
            return self.select_for_update(of=("self",)).get(pk=pk)
        except ObjectDoesNotExist:
            raise NotFound(kind=self.model._meta.label) from None

    def find(self, pk: int) -> M:
        """Return the row, or raise NotFound when it is not within the scope."""
        try:
            return self.get(pk=pk)
        except ObjectDoesNotExist:
            raise NotFound(kind=self.model._meta.label) from None


class ScopedManager(models.Manager.from_queryset(ScopedQuerySet)):  # type: ignore[misc]
    """The default manager of every business table: only rows of visible units, and an error without a scope."""

    def get_queryset(self) -> ScopedQuerySet[Any]:
        scope = current_scope()
        rows: ScopedQuerySet[Any] = super().get_queryset()
        if scope.everything:
            return rows
        units = scope.shared if self.model.shared_with_descendants else scope.units
        visible: ScopedQuerySet[Any] = rows.filter(**{f"{self.model.unit_path}__within": units})
        return visible


@models.ForeignKey.register_lookup
@models.BigAutoField.register_lookup
@models.BigIntegerField.register_lookup
class Within(lookups.Lookup):
    """`unit_id__within=ids`: one array parameter, so that a tree of thousands of units plans as fast as one unit."""

    lookup_name = "within"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        left, left_params = self.process_lhs(compiler, connection)
        return f"{left} = ANY(%s::bigint[])", (*left_params, sorted(self.rhs))


class ScopedModel(models.Model):
    """A table whose rows belong to a unit, directly or through `unit_path`.

    `unscoped` is for doors that authenticate by other means (a token, an address); the list of modules that may use it
    stands in tests/architecture.
    """

    unit_path: ClassVar[str] = "unit_id"
    shared_with_descendants: ClassVar[bool] = False

    objects: ClassVar[Any] = ScopedManager()
    unscoped: ClassVar[Any] = models.Manager.from_queryset(ScopedQuerySet)()

    class Meta:
        abstract = True


def visible_ids(ids: Iterable[int]) -> frozenset[int]:
    """Return those of `ids` that the active scope contains."""
    scope = current_scope()
    return frozenset(ids) if scope.everything else frozenset(ids) & scope.units
