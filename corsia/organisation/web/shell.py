"""What the frame of every page needs: theme, rail, palette."""

from typing import Any

from django.http import HttpRequest

from corsia.organisation.models import Person
from corsia.organisation.vocabulary import Theme
from corsia.ui.panels import panel_urls
from corsia.ui.rail import shown_entries


def shell(request: HttpRequest) -> dict[str, Any]:
    """Return the context of the frame; empty of entries for people who are not signed in."""
    chosen = request.COOKIES.get("theme", "")
    person = getattr(request, "user", None)
    if not isinstance(person, Person):
        return {"theme": chosen if chosen in Theme.values else Theme.AUTO}
    return {
        "theme": chosen if chosen in Theme.values else person.theme,
        "has_hotkeys": person.has_hotkeys,
        "rail": shown_entries(request.actor, request.path),  # type: ignore[attr-defined]
        "palette_urls": panel_urls("palette", None, request.actor),  # type: ignore[attr-defined]
        "now": request.received_at,  # type: ignore[attr-defined]
    }
