"""Notices by mail: what each person chose, put together and kept until their hours of silence are over."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid, NotFound
from corsia.organisation.models import NoticeChoice, NoticeSettings, Notification, Person
from corsia.organisation.notice_times import NoticeTimes, mailed_at
from corsia.organisation.ports import NoticeKind, notice_kind, notice_kinds, post
from corsia.organisation.queries.people import working_hours_of_person
from corsia.organisation.queries.tree import tree
from corsia.organisation.vocabulary import Digest

BATCH = 100  # people in one run of the job


class NoSilenceAtAll(Invalid):
    code = "organisation.no_silence_at_all"
    message = gettext_lazy("Silence from %(hour)s to %(hour)s is none, or all day. Enter two different hours, or none.")


class HalfASilence(Invalid):
    code = "organisation.half_a_silence"
    message = gettext_lazy("Enter both hours of the silence, or none.")


@dataclass(frozen=True, kw_only=True)
class NoticeWishes:
    """How a person wants their notices.

    Attributes:
        choices: kind -> (under the bell, by mail); kinds that are not named stay as they are.
    """

    digest: str = Digest.AT_ONCE
    digest_at: time = time(8)
    quiet_from: time | None = None
    quiet_until: time | None = None
    only_on_duty: bool = False
    urgent_pierces: bool = True
    choices: Mapping[str, tuple[bool, bool]]


@transaction.atomic
def choose_notices(*, wishes: NoticeWishes, by: Actor, now: datetime) -> NoticeSettings:
    """Write down how the actor wants their own notices.

    Raises:
        NoSilenceAtAll, HalfASilence: the hours of silence are no period.
    """
    person = Person.objects.select_for_update().filter(pk=by.id or 0).first()
    if person is None:
        raise NotFound(kind=Person._meta.label)
    if (wishes.quiet_from is None) != (wishes.quiet_until is None):
        raise HalfASilence
    if wishes.quiet_from is not None and wishes.quiet_from == wishes.quiet_until:
        raise NoSilenceAtAll(hour=f"{wishes.quiet_from:%H:%M}")
    row, _is_new = NoticeSettings.objects.update_or_create(
        person=person,
        defaults={
            "digest": Digest(wishes.digest),
            "digest_at": wishes.digest_at,
            "quiet_from": wishes.quiet_from,
            "quiet_until": wishes.quiet_until,
            "only_on_duty": wishes.only_on_duty,
            "urgent_pierces": wishes.urgent_pierces,
        },
    )
    known = {kind.key for kind in notice_kinds()}
    for kind, (by_bell, by_mail) in wishes.choices.items():
        if kind in known:
            NoticeChoice.objects.update_or_create(
                person=person, kind=kind, defaults={"by_bell": by_bell, "by_mail": by_mail}
            )
    audit(person, "notices_chosen", by=by, now=now)
    return row


def times_of(person: Person, *, unit_id: int | None) -> NoticeTimes:
    """Return when a person wants mails about notices; `unit_id` is where they work."""
    row = getattr(person, "notice_settings", None) or NoticeSettings(person=person)
    zone = tree().time_zone_name(unit_id) if unit_id else settings.TIME_ZONE
    return NoticeTimes(
        zone=zone,
        digest=row.digest,
        digest_at=row.digest_at,
        quiet=(row.quiet_from, row.quiet_until) if row.quiet_from and row.quiet_until else None,
        duty=working_hours_of_person(person.pk, unit_id) if row.only_on_duty and unit_id else None,
        urgent_pierces=row.urgent_pierces,
    )


def mail_due_notices(*, now: datetime, limit: int = BATCH) -> int:
    """Hand to the post what is due, one mail for each person; return how many mails were written.

    Each person has a transaction of their own, in which the mail is written and its notices are marked: both or none.
    """
    due = Notification.objects.filter(mail_after__lte=now, mailed_at=None)
    people = list(due.order_by("person_id").values_list("person_id", flat=True).distinct()[:limit])
    return sum(_mail(person_id, now=now) for person_id in people)


@transaction.atomic
def _mail(person_id: int, *, now: datetime) -> bool:
    rows = list(
        Notification.objects.select_for_update(skip_locked=True)
        .filter(person_id=person_id, mail_after__lte=now, mailed_at=None)
        .order_by("pk")
    )
    if not rows:
        return False
    person = Person.objects.select_related("notice_settings").get(pk=person_id)
    held = person.memberships.filter(until=None).order_by("pk").values_list("unit_id", flat=True).first()
    kinds = {row.kind: notice_kind(row.kind) for row in rows}
    # Silence may have been asked for, or an absence begun, since they were told.
    times = times_of(person, unit_id=held)
    later = {
        row.pk: at
        for row in rows
        if (at := mailed_at(_at_once(times), now=now, is_urgent=kinds[row.kind].is_urgent)) > now
    }
    for pk, at in later.items():
        Notification.objects.filter(pk=pk).update(mail_after=at)
    due = [row for row in rows if row.pk not in later]
    # What they have read under the bell in the meantime is no news.
    news = [row for row in due if not (row.by_bell and row.read_at)] if person.is_active else []
    if news:
        with translation.override(person.language):
            post().mail(
                person_id=person.pk,
                subject=_subject(news, kinds),
                text=_text(news, kinds),
                key=f"notices:{news[0].pk}-{news[-1].pk}",
                now=now,
            )
    Notification.objects.filter(pk__in=[row.pk for row in due]).update(mailed_at=now)
    return bool(news)


def _at_once(times: NoticeTimes) -> NoticeTimes:
    return NoticeTimes(zone=times.zone, quiet=times.quiet, duty=times.duty, urgent_pierces=times.urgent_pierces)


def _subject(rows: Sequence[Notification], kinds: Mapping[str, NoticeKind]) -> str:
    if len(rows) == 1:
        return _headline(rows[0], kinds[rows[0].kind])
    return ngettext("%(count)s notice", "%(count)s notices", len(rows)) % {"count": len(rows)}


def _text(rows: Iterable[Notification], kinds: Mapping[str, NoticeKind]) -> str:
    parts = []
    for row in rows:
        kind = kinds[row.kind]
        lines = [_headline(row, kind)]
        if kind.may_mail_text and row.text:
            lines.append(row.text)
        lines.append(f"{settings.PUBLIC_URL.rstrip('/')}{row.url}")
        parts.append("\n".join(lines))
    choose = f"{settings.PUBLIC_URL.rstrip('/')}{reverse('organisation:my_notices')}"
    parts.append(_("You choose here what you are told by mail, and when: %(url)s") % {"url": choose})
    return "\n\n".join(parts)


def _headline(row: Notification, kind: NoticeKind) -> str:
    return row.title if kind.may_mail_title else str(kind.label)
