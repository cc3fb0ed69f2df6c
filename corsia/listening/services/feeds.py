"""Somebody is told when a feed of events stops: no customer complains of not having been asked."""

from datetime import datetime

from django.urls import reverse
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from corsia.listening.queries.feeds import Feed, feeds
from corsia.listening.rules.feeds import Run
from corsia.organisation.models import Unit
from corsia.organisation.queries import managers_above, tree
from corsia.organisation.services import notify


def tell_stopped_feeds(*, now: datetime) -> int:
    """Tell the managers of a plan's unit, once for each trouble, that fewer events come than usual; return how many."""
    told = 0
    for feed in feeds(now=now).lines:
        if not feed.judged.is_alarm:
            continue
        unit_id = feed.plan.unit_id if feed.plan else Unit.objects.get(parent=None).pk
        today = now.astimezone(tree().time_zone(unit_id)).date()
        people = {person.pk for person in managers_above(unit_id, level=1, today=today)}
        if feed.plan and feed.plan.changed_by_id:
            people.add(feed.plan.changed_by_id)
        told += notify(
            people,
            kind="listening.feed",
            title=_("Fewer events than usual reach the surveys"),
            text=_said(feed),
            url=reverse("listening:feeds"),
            dedupe_key=_trouble(feed, now),
            now=now,
        )
    return told


def _in_words(feed: Feed) -> str:
    judged = feed.judged
    said = ngettext(
        "%(seen)s in the last day, usually about %(expected)s",
        "%(seen)s in the last %(days)s days, usually about %(expected)s",
        judged.days,
    ) % {"seen": judged.seen, "expected": round(judged.expected), "days": judged.days}
    return f"{feed.name}: {said}"


_said = lazy(_in_words, str)  # in the language of whoever is told


def _trouble(feed: Feed, now: datetime) -> str:
    """Return what stays the same while a trouble lasts: the last event of a silent feed, the week of a thin one."""
    if feed.judged.run is Run.SILENT and feed.last_at is not None:
        since = feed.last_at.date().isoformat()
    else:
        since = "{}-{}".format(*now.isocalendar()[:2])
    return f"listening.feed.{feed.plan.pk if feed.plan else 0}.{since}"
