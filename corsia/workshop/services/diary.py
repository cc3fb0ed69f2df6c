"""What writes in a diary takes its lock first: who comes second waits a moment instead of running into a deadlock."""

from collections.abc import Iterable

from django.db import connection

from corsia.kernel.live import tell
from corsia.workshop.models import Visit

_DIARIES = 0x0C0451A  # of the advisory locks


def lock_diaries(unit_ids: Iterable[int]) -> None:
    """Wait for whoever writes in the diaries of these workshops, and keep them until the transaction ends.

    The constraints of the tables are what makes double booking impossible; this only makes the second one's refusal
    quick and certain.
    """
    with connection.cursor() as cursor:
        for unit_id in sorted(set(unit_ids)):
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_DIARIES, unit_id % 2**31])


def tell_plan(visit: Visit, *, unit_id: int | None = None) -> None:
    """Let open plans draw a visit again: those of its workshop, or of the one it left."""
    tell("workshop.plan", unit_id=unit_id or visit.unit_id, visit=visit.pk)
