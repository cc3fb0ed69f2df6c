"""Every view declares who may use it. A view without a declaration stops start-up (see checks.py)."""

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpResponse, HttpResponseRedirect

from corsia.kernel import limits, scope
from corsia.kernel.actors import Actor
from corsia.kernel.client_address import address_key
from corsia.kernel.errors import NotAllowed
from corsia.kernel.http import StaffRequest
from corsia.kernel.limits import Limit
from corsia.kernel.reading import log_reading

RIGHTS: dict[str, "Right"] = {}


@dataclass(frozen=True)
class Right:
    """A verb somebody may do, and the roles that include it."""

    name: str
    roles: frozenset[str]


def right(name: str, *roles: str) -> Right:
    """Declare a right in a context's permissions.py; `name` is `<context>.<verb_noun>`.

    Raises:
        ValueError: the name is taken.
    """
    if name in RIGHTS:
        raise ValueError(f"The right {name} is declared twice.")
    RIGHTS[name] = Right(name=name, roles=frozenset(roles))
    return RIGHTS[name]


@dataclass(frozen=True)
class Access:
    """What a view declares. `right` None means: anybody signed in (`signed_in`) or anybody at all (`public`).

    Attributes:
        takes_bytes: the view reads the body as it came, whatever it is called; nobody parses it before.
    """

    right: Right | None = None
    signed_in: bool = True
    personal: bool = False
    limit: Limit | None = None
    takes_bytes: bool = False


def access(needed: Right | None, *, personal: bool = False, limit: Limit | None = None) -> Callable[[Any], Any]:
    """Let the view run for people who hold `needed` somewhere, within the units where they hold it.

    Args:
        needed: None for pages that every signed-in person has (own profile, search palette); the scope is then that of
            all the person's roles.
        personal: the page shows personal data: it is never cached, and each reading is logged.
    """
    declared = Access(right=needed, personal=personal, limit=limit)

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        if inspect.iscoroutinefunction(view):

            @functools.wraps(view)
            async def guarded_async(request: StaffRequest, *args: Any, **kwargs: Any) -> Any:
                refused = _door(request, declared)
                if refused is not None:
                    return refused
                with scope.entered_without_database(scope_of(request.actor, needed)):
                    return _finish(await view(request, *args, **kwargs), declared)

            guarded_async.access = declared  # type: ignore[attr-defined]
            return guarded_async

        @functools.wraps(view)
        def guarded(request: StaffRequest, *args: Any, **kwargs: Any) -> Any:
            refused = _door(request, declared)
            if refused is not None:
                return refused
            with scope.entered(scope_of(request.actor, needed)):
                if limit is not None:
                    limits.spend(limit, key=f"person:{request.actor.id}", now=request.received_at)
                response = view(request, *args, **kwargs)
                if declared.personal:
                    log_reading(request, response)
                return _finish(response, declared)

        guarded.access = declared  # type: ignore[attr-defined]
        return guarded

    return decorate


def public(*, limit: Limit, personal: bool = False, takes_bytes: bool = False) -> Callable[[Any], Any]:
    """Let anybody use the view, as often as `limit` says per address. The view opens its own scope from its token."""
    declared = Access(signed_in=False, personal=personal, limit=limit, takes_bytes=takes_bytes)

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(view)
        def guarded(request: StaffRequest, *args: Any, **kwargs: Any) -> Any:
            if request.method not in ("GET", "HEAD"):
                limits.spend(limit, key=address_key(request), now=request.received_at)
            return _finish(view(request, *args, **kwargs), declared)

        guarded.access = declared  # type: ignore[attr-defined]
        return guarded

    return decorate


def declare(view: Any, declared: Access) -> Any:
    """Mark a view of a library (sign-in pages, for example) with its declaration."""
    view.access = declared
    return view


def may(actor: Actor, needed: Right, unit_id: int | None = None) -> bool:
    """Tell whether `actor` holds `needed` in the unit, or anywhere when no unit is given."""
    units = actor.units_with(needed.roles)
    return bool(units) if unit_id is None else unit_id in units


def demand(actor: Actor, needed: Right, unit_id: int) -> None:
    """Raise NotAllowed unless a person holds `needed` in the unit; the system and its jobs always may."""
    if actor.kind == "person" and not may(actor, needed, unit_id):
        raise NotAllowed(right=needed.name)


def scope_of(actor: Actor, needed: Right | None) -> scope.Scope:
    """Return the part of the tree where the actor may do `needed`, or where they have any role."""
    units = actor.units_with(needed.roles if needed else frozenset(actor.roles))
    return scope.Scope(units=units, shared=actor.shared_with(units), reason=f"person:{actor.id}")


def _door(request: StaffRequest, declared: Access) -> HttpResponse | None:
    if not request.user.is_authenticated:
        is_fragment = bool(request.headers.get("HX-Request"))
        # Afterwards people come back to the page they were on, never to a fragment of it.
        page = (request.htmx.current_url_abs_path or "/") if is_fragment else request.get_full_path()
        answer = redirect_to_login(page)
        if is_fragment:
            # A fragment must not receive the sign-in page: the whole page goes there instead.
            return HttpResponse(status=401, headers={"HX-Redirect": answer["Location"]})
        return HttpResponseRedirect(answer["Location"])
    if declared.right is not None and not may(request.actor, declared.right):
        raise NotAllowed(right=declared.right.name)
    return None


def _finish(response: Any, declared: Access) -> Any:
    if declared.personal or declared.signed_in:
        response.headers.setdefault("Cache-Control", "no-store, private")
    return response
