"""Tell people, once, under the bell of their page."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import translation

from corsia.kernel.actors import Actor
from corsia.kernel.live import tell
from corsia.organisation.models import Notification, Person

_INSERT = """
    INSERT INTO organisation_notification (person_id, kind, title, text, url, dedupe_key, created_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT (person_id, dedupe_key) DO NOTHING RETURNING id
"""


@transaction.atomic
def notify(
    person_ids: Iterable[int],
    *,
    kind: str,
    title: Any,
    text: Any = "",
    url: str,
    dedupe_key: str,
    now: datetime,
) -> int:
    """Put a notice under the bell of active people, each in their own language, once for each `dedupe_key`.

    Args:
        kind: `<context>.<what>`, for example "cases.overdue".
        title, text: plain or lazily translated; cut to what the page shows (200 and 300 characters).

    Returns:
        How many people had not been told before.
    """
    told = 0
    people = Person.objects.filter(pk__in=set(person_ids), is_active=True).order_by("pk")
    for person in people.prefetch_related("memberships"):
        with translation.override(person.language), connection.cursor() as cursor:
            cursor.execute(_INSERT, [person.pk, kind, str(title)[:200], str(text)[:300], url, dedupe_key[:120], now])
            if cursor.fetchone() is None:
                continue
        told += 1
        units = [membership.unit_id for membership in person.memberships.all() if membership.until is None]
        if units:
            tell("organisation.notice", unit_id=units[0], person=person.pk)
    return told


@transaction.atomic
def read_notice(*, notice_id: int, by: Actor, now: datetime) -> str | None:
    """Mark one of the actor's notices as read; return where it leads, None when it is not theirs."""
    notice = Notification.objects.filter(pk=notice_id, person_id=by.id or 0).first()
    if notice is None:
        return None
    if notice.read_at is None:
        notice.read_at = now
        notice.save(update_fields=["read_at"])
    return notice.url


@transaction.atomic
def read_all_notices(*, by: Actor, now: datetime) -> int:
    """Mark all of the actor's notices as read; return how many were not."""
    return Notification.objects.filter(person_id=by.id or 0, read_at__isnull=True).update(read_at=now)
