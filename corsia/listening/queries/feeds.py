"""What arrives and what leaves, day by day: the events that plans follow, their invitations, and the answers."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext

from corsia.kernel.statements import Statement
from corsia.listening.models import ListeningPlan
from corsia.listening.rules.feeds import Judged, judge
from corsia.listening.vocabulary import Instrument, PlanState
from corsia.messaging.occasions import OCCASIONS
from corsia.organisation.queries import tree

DAYS = 56  # whole days that are judged, before today
SHOWN = 28  # of them on the page, with today
LATE = timedelta(hours=1)  # an invitation that should have left before is overdue

_CLOSING = 0  # stands for the survey at the closing of a case, which has no plan
_DAILY = Statement(
    """
    SELECT COALESCE(a.plan_id, 0), width_bucket(a.created_at, %(midnights)s::timestamptz[]), 'came', count(*),
        max(a.created_at)
    FROM listening_invitation a
    WHERE {within} AND a.created_at >= %(since)s AND a.created_at <= %(until)s AND a.follows_id IS NULL
    GROUP BY 1, 2
    UNION ALL
    SELECT COALESCE(a.plan_id, 0), width_bucket(a.sent_at, %(midnights)s::timestamptz[]), 'sent', count(*), NULL
    FROM listening_invitation a
    WHERE {within} AND a.sent_at >= %(since)s AND a.sent_at <= %(until)s AND a.follows_id IS NULL
    GROUP BY 1, 2
    UNION ALL
    SELECT COALESCE(a.plan_id, 0), width_bucket(r.answered_at, %(midnights)s::timestamptz[]), 'answered', count(*), NULL
    FROM listening_response r JOIN listening_invitation a ON a.id = r.invitation_id
    WHERE {within} AND r.answered_at >= %(since)s AND r.answered_at <= %(until)s AND a.follows_id IS NULL
    GROUP BY 1, 2
    """,
    column="a.unit_id",
    is_report=True,
)
# Interviews by keypad wait for their hour: services.interview_calls tells of those.
_OVERDUE = Statement(
    """
    SELECT count(*), min(a.send_after) FROM listening_invitation a
    LEFT JOIN listening_listeningplan p ON p.id = a.plan_id
    WHERE {within} AND a.sent_at IS NULL AND a.cancelled_at IS NULL AND a.send_after < %(before)s
        AND COALESCE(p.instrument, '') NOT IN (%(ivr)s, %(phone)s)
    """,
    column="a.unit_id",
)


@dataclass(frozen=True, kw_only=True)
class FeedDay:
    """One day of a feed; the heights of its bars are in per cent of the feed's highest day."""

    on: date
    came: int
    sent: int
    answered: int
    height: int

    @property
    def top(self) -> int:
        """Where the bar begins in a box of 100."""
        return 100 - self.height


@dataclass(frozen=True, kw_only=True)
class Feed:
    """The events of one survey.

    Attributes:
        plan: None for the survey at the closing of a case.
        last_at: when the last event came, within the days that are judged; None without any.
    """

    plan: ListeningPlan | None
    name: str
    event: str
    place: str
    last_at: datetime | None
    days: Sequence[FeedDay]
    judged: Judged

    @property
    def week(self) -> tuple[int, int, int]:
        """Events, invitations and answers of the last seven days, today included."""
        last = self.days[-7:]
        return sum(day.came for day in last), sum(day.sent for day in last), sum(day.answered for day in last)


@dataclass(frozen=True, kw_only=True)
class Feeds:
    """All that run, those that ask for a look first.

    Attributes:
        overdue: invitations that should have left more than an hour ago and did not.
        overdue_since: when the oldest of them should have.
    """

    lines: Sequence[Feed]
    overdue: int
    overdue_since: datetime | None


def feeds(*, now: datetime) -> Feeds:
    """Return what came and left within the scope."""
    zone = ZoneInfo(settings.TIME_ZONE)
    today = now.astimezone(zone).date()
    dates = [today - timedelta(days=DAYS - place) for place in range(DAYS + 1)]
    midnights = [datetime.combine(on, time(), tzinfo=zone) for on in dates]
    counted: dict[int, dict[str, dict[date, int]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(int)))
    last: dict[int, datetime] = {}
    for plan_id, place, what, count, latest in _DAILY.rows(midnights=midnights, since=midnights[0], until=now):
        counted[plan_id][what][dates[place - 1]] = count
        if latest is not None:
            last[plan_id] = max(latest, last.get(plan_id, latest))

    followed = ListeningPlan.objects.filter(state=PlanState.RUNNING).exclude(occasion="").order_by("name", "pk")
    found = [
        _feed(plan.pk, plan, dates, counted[plan.pk], last.get(plan.pk))
        for plan in followed
        if plan.starts_on <= today and (plan.ends_on is None or plan.ends_on >= today)
    ]
    if _CLOSING in counted:
        found.append(_feed(_CLOSING, None, dates, counted[_CLOSING], last.get(_CLOSING)))
    [(overdue, since)] = _OVERDUE.rows(before=now - LATE, ivr=Instrument.IVR, phone=Instrument.PHONE)
    return Feeds(
        lines=sorted(found, key=lambda one: (not one.judged.is_alarm, one.name)), overdue=overdue, overdue_since=since
    )


def _feed(
    plan_id: int,
    plan: ListeningPlan | None,
    dates: Sequence[date],
    counted: dict[str, dict[date, int]],
    last_at: datetime | None,
) -> Feed:
    came, began = counted["came"], plan.starts_on if plan else min(counted["came"], default=dates[-1])
    highest = max((came[on] for on in dates[-SHOWN:]), default=0)
    return Feed(
        plan=plan,
        name=plan.name if plan else gettext("At the closing of a case"),
        event=str(OCCASIONS[plan.occasion].title) if plan and plan.occasion in OCCASIONS else gettext("Case closed"),
        place=tree().label(plan.unit_id) if plan else "",
        last_at=last_at,
        days=[
            FeedDay(
                on=on,
                came=came[on],
                sent=counted["sent"][on],
                answered=counted["answered"][on],
                height=-(-100 * came[on] // highest) if highest else 0,
            )
            for on in dates[-SHOWN:]
        ],
        # Today is not over: it is shown, not judged.
        judged=judge([(on, came[on]) for on in dates[:-1] if on >= began]),
    )
