"""Who has a case open, who types, and what they have read."""

from datetime import datetime, timedelta

from django.db import connection, transaction

from corsia.cases.models import Case
from corsia.conversations.models import Mention, Viewing
from corsia.conversations.queries.viewing import FRESH
from corsia.kernel.actors import Actor
from corsia.kernel.live import tell
from corsia.messaging import services as messaging
from corsia.messaging.ports import Signal
from corsia.messaging.services.signals import signal_case

KEPT = timedelta(minutes=10)  # who looked at what is nobody's business afterwards

# One statement: the old state comes back, so that colleagues are told only when something changed for them.
_HERE = """
    WITH old AS (
        SELECT is_typing, seen_at FROM conversations_viewing WHERE case_id = %(case)s AND person_id = %(person)s
    )
    INSERT INTO conversations_viewing (case_id, person_id, is_typing, seen_at)
    VALUES (%(case)s, %(person)s, %(typing)s, %(now)s)
    ON CONFLICT (case_id, person_id) DO UPDATE SET is_typing = excluded.is_typing, seen_at = excluded.seen_at
    RETURNING (SELECT is_typing FROM old), (SELECT seen_at FROM old)
"""


@transaction.atomic
def be_here(*, case_id: int, is_typing: bool, by: Actor, now: datetime) -> None:
    """Note that the actor has the case open, and tell colleagues on the same case when that is news.

    Raises:
        NotFound: no such case within the scope.
    """
    case = Case.objects.find(case_id)
    with connection.cursor() as cursor:
        cursor.execute(_HERE, {"case": case.pk, "person": by.id, "typing": is_typing, "now": now})
        was_typing, seen_at = cursor.fetchone()
    if seen_at is None or seen_at < now - FRESH or was_typing != is_typing:
        tell("conversations.viewing", unit_id=case.unit_id, case=case.pk)
    if is_typing:
        signal_case(case.pk, Signal.TYPING)


@transaction.atomic
def leave(*, case_id: int, by: Actor) -> None:
    """Note that the actor closed the case's page.

    Raises:
        NotFound: no such case within the scope.
    """
    case = Case.objects.find(case_id)
    deleted, _rows = Viewing.objects.filter(case_id=case.pk, person_id=by.id or 0).delete()
    if deleted:
        tell("conversations.viewing", unit_id=case.unit_id, case=case.pk)


def forget_viewings(*, now: datetime) -> int:
    """Remove what pages said that were closed without a word; return how many."""
    deleted, _rows = Viewing.objects.filter(seen_at__lt=now - KEPT).delete()
    return deleted


@transaction.atomic
def mark_read(*, case_id: int, by: Actor, now: datetime) -> None:
    """Note that somebody of ours read the conversation, and that the actor saw who called them by name.

    Raises:
        NotFound: no such case within the scope.
    """
    case = Case.objects.find(case_id)
    read = messaging.read_by_us(case_id=case.pk)
    seen = Mention.objects.filter(case_id=case.pk, person_id=by.id or 0, seen_at__isnull=True).update(seen_at=now)
    if read or seen:
        tell("conversations.read", unit_id=case.unit_id, case=case.pk)
