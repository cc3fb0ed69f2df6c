"""Tell open pages that something changed. Only ids travel: each page fetches what its own rights let it see."""

import hashlib
import json

from django.db import connection

CHANNEL = "corsia_live"
OUTSIDE = "corsia_outside"  # heard by the pages of people without a login

# Told by triggers of the tables that decide who may see what, with one of: "person", an id; "session", a digest;
# "everybody", true. The open streams concerned end, and their browsers ask again with the rights they have then.
ENDS = "live.ends"


def tell(event: str, *, unit_id: int, **ids: int | str) -> None:
    """Notify every web process when the current transaction commits.

    Args:
        event: what changed, `<context>.<noun>`, for example "cases.case".
        ids: plain ids that the page needs to fetch it.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, json.dumps({"event": event, "unit": unit_id, **ids})])


def tell_outside(ear: str, event: str) -> None:
    """Notify the open pages of somebody without a login when the current transaction commits.

    Args:
        ear: the name under which their pages listen; it opens nothing.
        event: what changed, one word: what they may see of it they fetch with their own key.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [OUTSIDE, json.dumps({"ear": ear, "event": event})])


def session_digest(session_key: str) -> str:
    """Return the name of a session in notifications: whoever hears them must not be able to take the session over."""
    return hashlib.sha256(session_key.encode()).hexdigest()
