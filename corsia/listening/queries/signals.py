"""What the numbers say about themselves: today against the past, teams against the rest, branches ranked with care."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from corsia.kernel.scope import current_scope
from corsia.kernel.statements import Statement
from corsia.listening.queries.places import place_name
from corsia.listening.queries.results import subtree
from corsia.listening.queries.surveys import CLOSING, OF_SURVEY, versions_of
from corsia.listening.rules import control_charts as charts
from corsia.listening.rules.comparing import Compared, against_the_rest
from corsia.listening.rules.nps import Score, Tally, adjusted_variance, net_promoter_score, shown_score
from corsia.listening.rules.shrinking import FEWEST, Estimate, Shrunk, shrink
from corsia.organisation.models import Person
from corsia.organisation.queries import Tree, tree
from corsia.organisation.queries.agreements import units_under_agreement
from corsia.organisation.vocabulary import UnitKind

PAST_WEEKS = 26  # before the period: what is usual
LATEST = 200  # answers about a unit from which it is told whose work they are about
FEWEST_PEOPLE = 5  # a smaller team's figure is almost that of one person: it needs an agreement with the staff

# Recommendations that were given in our own surveys, complete or not; every table of this page counts these.
_WHERE = f"""
    WHERE {{within}} AND a.answered_at >= %(since)s AND a.answered_at <= %(until)s
        AND a.score IS NOT NULL AND a.channel <> 'import' AND {OF_SURVEY}
        AND (%(chosen)s::bigint[] IS NULL OR a.unit_id = ANY(%(chosen)s::bigint[]))
"""
_COUNTS = """
    count(*) FILTER (WHERE a.score >= 9), count(*) FILTER (WHERE a.score IN (7, 8)),
    count(*) FILTER (WHERE a.score <= 6)
"""
# By the number of the last midnight that was passed: three times as fast as asking each answer for its local day.
_DAILY = Statement(
    f"""
    SELECT width_bucket(a.answered_at, %(midnights)s::timestamptz[]), {_COUNTS}
    FROM listening_response a {_WHERE} GROUP BY 1
    """,
    column="a.unit_id",
    is_report=True,
)
_BY_UNIT = Statement(
    f"SELECT a.unit_id, {_COUNTS} FROM listening_response a {_WHERE} GROUP BY 1", column="a.unit_id", is_report=True
)
# Whose work is in the latest answers about each unit; a handful is enough to know whether they are a handful.
_WHO = Statement(
    f"""
    SELECT u.id, array_agg(DISTINCT i.assignee_id) FROM unnest(%(units)s::bigint[]) u(id)
    CROSS JOIN LATERAL (
        SELECT a.invitation_id FROM listening_response a {_WHERE} AND a.unit_id = u.id
        ORDER BY a.answered_at DESC LIMIT %(latest)s) a
    JOIN listening_invitation i ON i.id = a.invitation_id
    WHERE i.assignee_id IS NOT NULL GROUP BY 1
    """,
    column="a.unit_id",
    is_report=True,
)
_WHOSE = Statement(
    f"""
    SELECT a.unit_id, i.assignee_id, {_COUNTS}
    FROM listening_response a LEFT JOIN listening_invitation i ON i.id = a.invitation_id {_WHERE} GROUP BY 1, 2
    """,
    column="a.unit_id",
    is_report=True,
)


@dataclass(frozen=True, kw_only=True)
class Today:
    """The charts of the period against the half year before it, and what they say about the last day.

    Attributes:
        past: None where it holds too little to say what is usual; the charts are then empty.
    """

    past: charts.Past | None
    days: Sequence[charts.Day]
    steps: Sequence[charts.Step]
    bad_days: Sequence[charts.Bad]
    verdict: charts.Verdict

    @property
    def today(self) -> charts.Day:
        """The last day, which may still be going on."""
        return self.days[-1]

    @property
    def usual(self) -> Score | None:
        """The score of the past."""
        return shown_score(self.past.answers) if self.past else None


@dataclass(frozen=True, kw_only=True)
class Team:
    """One line of the table of teams, or of people."""

    name: str
    compared: Compared


@dataclass(frozen=True, kw_only=True)
class Teams:
    """Those compared with the rest, the most surely different first.

    Attributes:
        too_small: how many have too few answers to be compared.
        withheld: how many are not shown for want of an agreement with the staff.
    """

    lines: Sequence[Team]
    too_small: int = 0
    withheld: int = 0

    @property
    def different(self) -> list[Team]:
        """Those that chance alone hardly explains."""
        return [line for line in self.lines if line.compared.verdict]

    @property
    def alike(self) -> list[Team]:
        """All others."""
        return [line for line in self.lines if not line.compared.verdict]


@dataclass(frozen=True, kw_only=True)
class Ranked:
    """One branch in its place."""

    name: str
    answers: Tally
    score: Score
    shrunk: Shrunk


@dataclass(frozen=True, kw_only=True)
class Ranking:
    """Branches by what they most probably are, and those that cannot be ranked."""

    lines: Sequence[Ranked]
    mean: float | None
    too_small: Sequence[str] = ()
    withheld: int = 0

    @property
    def is_there(self) -> bool:
        """Whether there are enough branches to say how much they differ."""
        return self.mean is not None


@dataclass(frozen=True, kw_only=True)
class Signals:
    """Everything the page shows at once.

    Attributes:
        people: None where no agreement with the staff holds in any unit of these answers.
    """

    since: date
    until: date
    answers: Tally
    today: Today
    teams: Teams
    ranking: Ranking
    people: Teams | None


def signals(
    *, days: int, now: datetime, survey: str = CLOSING, unit_id: int | None = None, with_people: bool = False
) -> Signals:
    """Judge the recommendations of the last `days`, today included.

    Args:
        survey: key of a questionnaire: answers to different questions are not one population.
        unit_id: only this unit and what is below it; None for the whole scope.
        with_people: compare single people too, where an agreement with the staff holds.
    """
    zone = ZoneInfo(settings.TIME_ZONE)
    today = now.astimezone(zone).date()
    first = today - timedelta(days=days - 1)
    narrowed = {"chosen": None if unit_id is None else subtree(unit_id), **versions_of(survey)}
    narrowed |= {"since": _midnight(first, zone), "until": now}
    units = {unit: _tally(counts) for unit, *counts in _BY_UNIT.rows(**narrowed)}
    covered = units_under_agreement(today=today)
    people = _people_of(units.keys() - covered, narrowed)
    exposed = {unit for unit in units if unit not in covered and 0 < len(people[unit]) < FEWEST_PEOPLE}
    return Signals(
        since=first,
        until=today,
        answers=sum(units.values(), Tally()),
        today=_today(first=first, last=today, zone=zone, narrowed=narrowed),
        teams=_teams(units, exposed),
        ranking=_ranking(units, people, covered),
        people=_single_people(covered, narrowed) if with_people else None,
    )


def may_show_people(*, now: datetime) -> bool:
    """Tell whether an agreement with the staff holds anywhere in the scope."""
    today = now.astimezone(ZoneInfo(settings.TIME_ZONE)).date()
    scope, covered = current_scope(), units_under_agreement(today=today)
    return bool(covered) if scope.everything else bool(covered & scope.units)


def _today(*, first: date, last: date, zone: ZoneInfo, narrowed: Mapping[str, Any]) -> Today:
    begin = first - timedelta(weeks=PAST_WEEKS)
    midnights = [_midnight(begin + timedelta(days=place), zone) for place in range((last - begin).days + 1)]
    rows = _DAILY.rows(midnights=midnights, **{**narrowed, "since": midnights[0]})
    answered = {begin + timedelta(days=place - 1): _tally(counts) for place, *counts in rows}

    def days(since: date, until: date) -> list[charts.Day]:
        every = (since + timedelta(days=place) for place in range((until - since).days + 1))
        return [charts.Day(on=on, answers=answered.get(on, Tally())) for on in every]

    past, period = charts.past_of(days(begin, first - timedelta(days=1))), days(first, last)
    if past is None:
        return Today(past=None, days=period, steps=(), bad_days=(), verdict=charts.Verdict())
    steps, bad_days = charts.ewma(period, past), charts.detractor_days(period, past)
    return Today(past=past, days=period, steps=steps, bad_days=bad_days, verdict=charts.verdict(steps, bad_days))


def _teams(units: Mapping[int, Tally], exposed: set[int]) -> Teams:
    compared, places = against_the_rest(units), tree()
    lines = [Team(name=place_name(places, unit), compared=one) for unit, one in compared.items() if unit not in exposed]
    return Teams(
        lines=_surest_first(lines),
        too_small=sum(not answers.is_shown for answers in units.values()),
        withheld=len(exposed & compared.keys()),
    )


def _single_people(covered: frozenset[int], narrowed: Mapping[str, Any]) -> Teams | None:
    people: dict[int, Tally] = defaultdict(Tally)
    others = Tally()
    for unit, person, *counts in _WHOSE.rows(**narrowed):
        answers = _tally(counts)
        if person is None or unit not in covered:
            others += answers
        else:
            people[person] += answers
    if not people:
        return None
    compared = against_the_rest(people, others=others)
    names = {row.pk: str(row) for row in Person.objects.filter(pk__in=compared)}
    lines = [Team(name=names[key], compared=one) for key, one in compared.items()]
    return Teams(
        lines=sorted(lines, key=lambda line: line.name),  # no ranking of people
        too_small=len(people) - len(compared),
    )


def _surest_first(lines: Iterable[Team]) -> list[Team]:
    return sorted(lines, key=lambda line: (line.compared.corrected, line.compared.difference, line.name))


def _ranking(units: Mapping[int, Tally], people: Mapping[int, set[int]], covered: frozenset[int]) -> Ranking:
    places = tree()
    answers: dict[int, Tally] = defaultdict(Tally)
    exposed: dict[int, set[int]] = defaultdict(set)
    for unit, counted in units.items():
        if (branch := _branch_of(places, unit)) is not None:
            answers[branch] += counted
            if unit not in covered:
                exposed[branch] |= people[unit]
    withheld = {branch for branch, them in exposed.items() if 0 < len(them) < FEWEST_PEOPLE}
    ranked = [branch for branch in answers if answers[branch].is_shown and branch not in withheld]
    too_small = sorted(places.unit(branch).name for branch in answers if not answers[branch].is_shown)
    if len(ranked) < FEWEST:
        return Ranking(lines=(), mean=None, too_small=too_small, withheld=len(withheld))
    scores = [net_promoter_score(answers[branch]) for branch in ranked]
    variances = [adjusted_variance(answers[branch]) for branch in ranked]
    together = shrink(
        [Estimate(value=score.points, variance=each) for score, each in zip(scores, variances, strict=True)],
        lowest=-100.0,
        highest=100.0,
    )
    lines = [
        Ranked(name=places.unit(branch).name, answers=answers[branch], score=score, shrunk=shrunk)
        for branch, score, shrunk in zip(ranked, scores, together.shrunk, strict=True)
    ]
    return Ranking(
        lines=sorted(lines, key=lambda line: (-line.shrunk.value, line.name)),
        mean=together.mean,
        too_small=too_small,
        withheld=len(withheld),
    )


def _people_of(units: Iterable[int], narrowed: Mapping[str, Any]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    if chosen := sorted(units):
        found.update((unit, set(people)) for unit, people in _WHO.rows(units=chosen, latest=LATEST, **narrowed))
    return found


def _branch_of(places: Tree, unit_id: int) -> int | None:
    return next((unit.pk for unit in places.chain(unit_id) if unit.kind == UnitKind.BRANCH), None)


def _tally(counts: Sequence[int]) -> Tally:
    promoters, passives, detractors = counts
    return Tally(promoters=promoters, passives=passives, detractors=detractors)


def _midnight(on: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(on, time(), tzinfo=zone)
