"""The Monday pack: the numbers of the week, by mail to the managers of each unit, once."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import formats, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from corsia.analytics.models import WeeklyPack
from corsia.analytics.queries.asking import Figure
from corsia.analytics.queries.figures import refreshed_at
from corsia.analytics.queries.week import Week, week_of
from corsia.analytics.rules.metrics import Metric
from corsia.analytics.rules.spoken import spoken_value
from corsia.analytics.vocabulary import Withheld
from corsia.organisation.actors import actor_of
from corsia.organisation.models import Person
from corsia.organisation.ports import post
from corsia.organisation.queries import managed_units, managers_at, tree, wanting_mail
from corsia.organisation.services import notify
from corsia.organisation.vocabulary import UnitKind
from corsia.ui.numbers import number

KIND = "analytics.week"
AT = time(7)  # of the unit's own wall clock
LATEST = timedelta(days=2)  # a pack that could not leave for so long is old news
_KINDS = (UnitKind.MANUFACTURER, UnitKind.MARKET, UnitKind.GROUP, UnitKind.BRANCH)


def send_due_packs(*, now: datetime) -> int:
    """Mail the packs that are due; return how many mails were written.

    A unit's pack is due on Monday at seven on its own clock, once the warehouse holds the whole week.
    """
    fresh = refreshed_at()
    return sum(send_pack(unit_id=unit, monday=monday, now=now) for unit, monday in _due(now=now, fresh=fresh))


def _due(*, now: datetime, fresh: datetime | None) -> Iterator[tuple[int, date]]:
    organisation = tree()
    for unit_id in managed_units(today=now.date()):
        unit, zone = organisation.units.get(unit_id), organisation.time_zone(unit_id)
        if unit is None or not unit.is_active or unit.kind not in _KINDS:
            continue
        local = now.astimezone(zone)
        monday = local.date() - timedelta(days=local.weekday())
        due_at = datetime.combine(monday, AT, tzinfo=zone)
        week_over = datetime.combine(monday, time.min, tzinfo=zone)
        if fresh is not None and due_at <= now < due_at + LATEST and fresh >= week_over:
            yield unit_id, monday


@transaction.atomic
def send_pack(*, unit_id: int, monday: date, now: datetime) -> int:
    """Mail the numbers of the week before `monday` to a unit's managers, unless it was done; return how many mails."""
    pack, is_new = WeeklyPack.objects.get_or_create(
        unit_id=unit_id, monday=monday, defaults={"sent_at": now, "people": 0}
    )
    if not is_new:
        return 0
    managers = managers_at(unit_id, today=monday)
    notify(
        [person.pk for person in managers],
        kind=KIND,
        title=gettext_lazy("The numbers of last week are ready"),
        url=page_of(unit_id, monday),
        dedupe_key=f"week:{unit_id}:{monday}",
        now=now,
    )
    written = 0
    for person in wanting_mail(managers, kind=KIND):
        week = week_of(unit_id=unit_id, monday=monday, actor=actor_of(person, today=monday))
        with translation.override(person.language):
            written += post().mail(
                person_id=person.pk,
                subject=subject_of(week),
                text=text_of(week, person=person),
                key=f"week:{unit_id}:{monday}:{person.pk}",
                now=now,
            )
    pack.people = written
    pack.save(update_fields=["people"])
    return written


def page_of(unit_id: int, monday: date) -> str:
    """Return the address of the page that shows the same numbers."""
    return f"{reverse('analytics:week')}?unit={unit_id}&monday={monday.isoformat()}"


def subject_of(week: Week) -> str:
    """Return the subject of the mail, in the language in force."""
    return _("%(unit)s, %(first)s – %(last)s: the numbers of the week") % {"unit": _name(week), **_days(week)}


def text_of(week: Week, *, person: Person) -> str:
    """Return the mail, in the language in force: each number beside that of the week before, and where it leads."""
    root = settings.PUBLIC_URL.rstrip("/")
    parts = [
        _("Good morning %(name)s,") % {"name": person.first_name},
        _("here are the numbers of %(unit)s for the week %(first)s – %(last)s, beside those of the week before.")
        % {"unit": _name(week), **_days(week)},
        "\n".join(_line(metric, figure) for metric, figure in week.figures),
    ]
    if week.reasons.rows:
        lines = [_reason(place, row) for place, row in enumerate(week.reasons.rows, 1)]
        parts.append("\n".join([_("Why customers got in touch"), *lines]))
    parts.append(
        _("Every number with its formula and its cases: %(url)s")
        % {"url": root + page_of(week.unit_id, week.period.end)}
    )
    parts.append(
        _("You choose here what you are told by mail, and when: %(url)s")
        % {"url": root + reverse("organisation:my_notices")}
    )
    return "\n\n".join(parts)


def _line(metric: Metric, figure: Figure) -> str:
    said = f"{metric.name}: {_said(figure)}"
    if figure.n is not None:
        said += f" (n = {formats.number_format(figure.n, 0, force_grouping=True)})"
    if figure.previous is not None and figure.previous.value is not None:
        before = _("week before: %(value)s") % {"value": _said(figure.previous)}
        return f"• {said} · {before}"
    return f"• {said}"


def _reason(place: int, row: Any) -> str:
    share = f" · {number(row.share * 100)} %" if row.share is not None else ""
    return f"{place}. {row.label}: {_said(row.figure)}{share}"


def _said(figure: Figure) -> str:
    if figure.value is not None:
        return spoken_value(figure.value, figure.measure)
    return str(Withheld(figure.why).label) if figure.why else "–"


def _name(week: Week) -> str:
    return tree().label(week.unit_id)


def _days(week: Week) -> dict[str, str]:
    return {
        "first": formats.date_format(week.period.first, "j F"),
        "last": formats.date_format(week.period.last, "j F"),
    }
