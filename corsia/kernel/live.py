"""Tell open pages that something changed. Only ids travel: each page fetches what its own rights let it see."""

import json

from django.db import connection

CHANNEL = "corsia_live"


def tell(event: str, *, unit_id: int, **ids: int | str) -> None:
    """Notify every web process when the current transaction commits.

    Args:
        event: what changed, `<context>.<noun>`, for example "cases.case".
        ids: plain ids that the page needs to fetch it.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, json.dumps({"event": event, "unit": unit_id, **ids})])
