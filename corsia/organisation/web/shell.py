"""What the frame of every page needs: theme, rail, dialogs."""

from typing import Any

from django.http import HttpRequest

from corsia.kernel.actors import customer
from corsia.organisation.models import Person
from corsia.organisation.vocabulary import Theme
from corsia.ui.frame import frame


def shell(request: HttpRequest) -> dict[str, Any]:
    """Return the context of the frame; empty of entries for people who are not signed in."""
    chosen = request.COOKIES.get("theme", "")
    person = getattr(request, "user", None)
    if not isinstance(person, Person):
        return {"theme": chosen if chosen in Theme.values else Theme.AUTO, **frame(customer(""), request.path)}
    return {
        "theme": chosen if chosen in Theme.values else person.theme,
        "has_hotkeys": person.has_hotkeys,
        **frame(request.actor, request.path),  # type: ignore[attr-defined]
        "now": request.received_at,  # type: ignore[attr-defined]
    }
