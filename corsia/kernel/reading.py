"""Who looked at whose data: one row for each opened page that is declared to show personal data."""

from typing import Any

from django.conf import settings
from django.db import connection

from corsia.kernel.http import StaffRequest

# One statement, and once a minute at most for one person, page and row: pages that refresh themselves add nothing.
_INSERT = """
    INSERT INTO kernel_reading (at, minute, actor_id, actor_name, door, row_kind, row_id)
    VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
"""


def log_reading(request: StaffRequest, response: Any) -> None:
    """Write down that the person got a page with personal data; a refusal showed nothing and leaves no row.

    Only ids are kept: neither what was searched for nor what was found.
    """
    match = request.resolver_match
    if not settings.CORSIA_LOG_READINGS or match is None or getattr(response, "status_code", 500) >= 400:
        return
    named = next(((name, value) for name, value in match.kwargs.items() if isinstance(value, int)), ("", None))
    at = request.received_at
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT,
            [
                at,
                int(at.timestamp()) // 60,
                request.actor.id,
                request.actor.name[:200],
                match.view_name[:80],
                named[0].removesuffix("_id")[:40],
                named[1],
            ],
        )
