"""Tell people, once, as they chose: under the bell of their page, by mail, both or not at all."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import F, FilteredRelation, Q
from django.utils import translation

from corsia.kernel.actors import Actor
from corsia.kernel.live import tell
from corsia.organisation.models import Notification, Person
from corsia.organisation.notice_times import mailed_at
from corsia.organisation.ports import NoticeKind, notice_kind
from corsia.organisation.services.notice_mail import times_of

_INSERT = """
    INSERT INTO organisation_notification
        (person_id, kind, title, text, url, dedupe_key, created_at, by_bell, mail_after)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (person_id, dedupe_key) DO NOTHING RETURNING id
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
    """Tell active people something, each in their own language and as they chose, once for each `dedupe_key`.

    Args:
        kind: `<context>.<what>`, for example "cases.overdue".
        title, text: plain or lazily translated; cut to what the page shows (200 and 300 characters).

    Returns:
        How many people had not been told before.
    """
    told, kind_told = 0, notice_kind(kind)
    chosen = FilteredRelation("notice_choices", condition=Q(notice_choices__kind=kind))
    people = Person.objects.filter(pk__in=set(person_ids), is_active=True).order_by("pk")
    people = people.annotate(choice=chosen, by_bell=F("choice__by_bell"), by_mail=F("choice__by_mail"))
    for person in people.select_related("notice_settings").prefetch_related("memberships"):
        by_bell = person.by_bell is not False  # without a choice: under the bell only
        by_mail = person.by_mail and not kind_told.has_own_mail
        if not by_bell and not by_mail:
            continue
        units = [membership.unit_id for membership in person.memberships.all() if membership.until is None]
        mail_after = _mail_after(person, kind=kind_told, units=units, now=now) if by_mail else None
        values: list[Any] = [url, dedupe_key[:120], now, by_bell, mail_after]
        with translation.override(person.language), connection.cursor() as cursor:
            cursor.execute(_INSERT, [person.pk, kind, str(title)[:200], str(text)[:300], *values])
            if cursor.fetchone() is None:
                continue
        told += 1
        if units and by_bell:
            tell("organisation.notice", unit_id=units[0], person=person.pk)
    return told


def _mail_after(person: Person, *, kind: NoticeKind, units: list[int], now: datetime) -> datetime:
    times = times_of(person, unit_id=units[0] if units else None)
    return mailed_at(times, now=now, is_urgent=kind.is_urgent)


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


def blur_reading(*, kind: str, dedupe_keys: Iterable[str], at: datetime) -> int:
    """Write one instant on all of these notices that were read: when each was is nobody's to know.

    Returns:
        How many were read.
    """
    rows = Notification.objects.filter(kind=kind, dedupe_key__in=list(dedupe_keys), read_at__isnull=False)
    return rows.update(read_at=at)


@transaction.atomic
def read_all_notices(*, by: Actor, now: datetime) -> int:
    """Mark all of the actor's notices as read; return how many were not."""
    return Notification.objects.filter(person_id=by.id or 0, read_at__isnull=True).update(read_at=now)
