"""What rules about contacting customers would mean, told with examples, before they are saved."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from corsia.customers.vocabulary import ConsentChannel, Purpose
from corsia.messaging.queries.contact_rules import quiet_hours_with, rules_in_force
from corsia.messaging.rules.budget import Budget, Counted
from corsia.messaging.rules.contact_rules import RuleSet
from corsia.messaging.rules.gate import Verdict, timed
from corsia.messaging.rules.quiet import QuietHours, obeys_quiet_hours
from corsia.organisation.models import Unit
from corsia.organisation.queries import holidays_at, tree

SUNDAY = 6


@dataclass(frozen=True)
class Example:
    """A customer in a situation, and when they could be written to; `asked_at` is when somebody would like to."""

    sentence: str
    asked_at: datetime
    verdict: Verdict


@dataclass(frozen=True, kw_only=True)
class Situation:
    """A situation to try the rules on; `had` contacts of the same purpose came in the days before."""

    at: datetime
    channel: ConsentChannel
    purpose: Purpose
    had: int = 0
    just_wrote: bool = False


def examples(rules: RuleSet, *, unit_id: int, now: datetime, tried: Situation | None = None) -> list[Example]:
    """Return what typical customers could expect of rules that are not saved yet, the tried situation first."""
    zone, quiet = tree().time_zone(unit_id), quiet_hours_with(rules, unit_id=unit_id)
    budgets = [rules.budget, *_above(unit_id)]
    today = now.astimezone(zone).date()
    evening = _wall(today, time(21, 30), zone)
    sunday = _wall(today + timedelta(days=(SUNDAY - today.weekday()) % 7 or 7), time(11), zone)
    shown = [_tried(tried, quiet=quiet, budgets=budgets)] if tried else []
    shown += [
        Example(
            _("Their car is ready, and a text message is to tell them in the evening"),
            evening,
            _ask(Purpose.SERVICE, evening, quiet=quiet),
        ),
        Example(
            _("They wrote on WhatsApp ten minutes ago, late in the evening, and are answered"),
            evening,
            _ask(Purpose.SERVICE, evening, quiet=quiet, wrote_at=evening - timedelta(minutes=10)),
        ),
        Example(
            _("They agreed to advertising, and a mail is to leave on Sunday morning"),
            sunday,
            _ask(Purpose.MARKETING, sunday, quiet=quiet),
        ),
    ]
    holiday = next(iter(sorted(day for day in holidays_at(tree().place(unit_id)) if day > today)), None)
    if holiday is not None:
        morning = _wall(holiday, time(10), zone)
        name = holidays_at(tree().place(unit_id))[holiday]
        shown.append(
            Example(
                _("They are to be called on the next public holiday (%(name)s)") % {"name": name},
                morning,
                _ask(Purpose.SERVICE, morning, quiet=quiet),
            )
        )
    noon = _wall(today, time(12), zone)
    had = [Counted(noon, Purpose.MARKETING)] * rules.marketing
    shown.append(
        Example(
            ngettext(
                "They had %(count)s advertisement today, and the next one is planned",
                "They had %(count)s advertisements today, and the next one is planned",
                rules.marketing,
            )
            % {"count": rules.marketing},
            noon,
            _ask(Purpose.MARKETING, noon, quiet=None, budgets=budgets, counted=had),
        )
    )
    others = rules.total - rules.kept_for_service
    crowded = [Counted(noon, Purpose.SURVEY)] * others
    shown.append(
        Example(
            ngettext(
                "They had %(count)s survey or advertisement today, and their car is ready",
                "They had %(count)s surveys and advertisements today, and their car is ready",
                others,
            )
            % {"count": others},
            noon,
            _ask(Purpose.SERVICE, noon, quiet=None, budgets=budgets, counted=crowded),
        )
    )
    return shown


def stricter_above(rules: RuleSet, *, unit_id: int) -> list[Unit]:
    """Return the units above whose rules allow fewer contacts than these: theirs hold as well."""
    return [
        unit
        for unit in tree().chain(unit_id)[1:]
        for above in [rules_in_force(unit.pk)]
        if above.set_by == unit
        and any(
            getattr(above.rules, name) < getattr(rules, name)
            for name in ("total", "surveys", "marketing", "manufacturer")
        )
    ]


def _above(unit_id: int) -> Sequence[Budget]:
    above = tree().chain(unit_id)[1:]
    return rules_in_force(above[0].pk).budgets if above else ()


def _tried(situation: Situation, *, quiet: QuietHours, budgets: Sequence[Budget]) -> Example:
    is_answer = situation.just_wrote
    days = max(budget.days for budget in budgets)
    counted = [
        Counted(situation.at - timedelta(hours=24 * days * (n + 1) // (situation.had + 1)), situation.purpose)
        for n in range(situation.had)
    ]
    verdict = timed(
        purpose=situation.purpose,
        now=situation.at,
        quiet=quiet if obeys_quiet_hours(channel=situation.channel, purpose=situation.purpose) else None,
        wrote_at=situation.at - timedelta(minutes=1) if is_answer else None,
        is_answer=is_answer,
        budgets=() if is_answer else budgets,
        counted=sorted(counted, key=lambda one: one.at),
    )
    return Example(_("The situation you entered"), situation.at, verdict)


def _ask(
    purpose: Purpose,
    at: datetime,
    *,
    quiet: QuietHours | None,
    wrote_at: datetime | None = None,
    budgets: Sequence[Budget] = (),
    counted: Sequence[Counted] = (),
) -> Verdict:
    return timed(
        purpose=purpose,
        now=at,
        quiet=quiet,
        wrote_at=wrote_at,
        is_answer=wrote_at is not None,
        budgets=budgets,
        counted=counted,
    )


def _wall(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, tzinfo=zone)
