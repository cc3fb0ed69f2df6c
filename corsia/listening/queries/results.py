"""What customers answered to one survey, counted for the results page: scores, their trend, words.

Scores of two years are counted once, by the month and the period they fall into; every figure is a sum of those.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from corsia.cases.models import Task
from corsia.kernel.scope import current_scope
from corsia.kernel.statements import Statement
from corsia.listening.models import Response
from corsia.listening.queries.invitations import attached
from corsia.listening.queries.places import place_name
from corsia.listening.queries.surveys import CLOSING, OF_SURVEY, versions_of
from corsia.listening.rules.nps import Score, Tally, shares, shown_score, tally
from corsia.organisation.models import Unit
from corsia.organisation.queries import Tree, tree
from corsia.organisation.vocabulary import UnitKind

_Scores = defaultdict[int, defaultdict[int, int]]  # by unit or month, by score

TREND_MONTHS = 12
COMMENTS = 8
_MOST_COUNTED = 100  # callbacks are counted up to here, more is "99+"

_CHOSEN = "(%(chosen)s::bigint[] IS NULL OR a.unit_id = ANY(%(chosen)s::bigint[]))"
# Answers collected elsewhere have pages of their own: they are compared with ours, not counted among them.
_OURS = f"{{within}} AND a.answered_at <= %(until)s AND a.channel <> 'import' AND {OF_SURVEY} AND {_CHOSEN}"
# With those who left the recommendation out: of whoever was invited in the period they are among those who answered.
_SCORES = Statement(
    f"""
    SELECT a.unit_id, a.score, width_bucket(a.answered_at, %(edges)s::timestamptz[]), count(*),
        count(*) FILTER (WHERE a.invited_at >= %(since)s)
    FROM listening_response a
    WHERE {_OURS} AND a.answered_at >= %(first)s
    GROUP BY 1, 2, 3
    """,
    column="a.unit_id",
    is_report=True,
)
_SENT = Statement(
    f"""
    SELECT count(*) FROM listening_invitation a
    WHERE {{within}} AND a.sent_at >= %(since)s AND a.sent_at <= %(until)s AND {OF_SURVEY} AND {_CHOSEN}
    """,
    column="a.unit_id",
    is_report=True,
)
_WITH_WORDS = Statement(
    f"SELECT count(*) FROM listening_response a WHERE {_OURS} AND a.answered_at >= %(since)s AND a.text <> ''",
    column="a.unit_id",
    is_report=True,
)
_LATEST_WORDS = Statement(
    f"""
    SELECT a.id FROM listening_response a WHERE {_OURS} AND a.answered_at >= %(since)s AND a.text <> ''
    ORDER BY a.answered_at DESC, a.id DESC LIMIT %(limit)s
    """,
    column="a.unit_id",
    is_report=True,
)


@dataclass(frozen=True, kw_only=True)
class BranchResult:
    """One line of the table of branches."""

    id: int
    name: str
    answers: Tally
    score: Score | None
    delta: int | None  # points against the period before; None when either is not shown
    promoters_pct: int
    passives_pct: int
    detractors_pct: int

    @property
    def detractors_from(self) -> int:
        """Where the red part of a bar of 100 begins."""
        return 100 - self.detractors_pct


@dataclass(frozen=True, kw_only=True)
class Bar:
    """How many answered with one score; the height is in per cent of the highest bar."""

    score: int
    count: int
    height: int

    @property
    def top(self) -> int:
        """Where the bar begins in a box of 100."""
        return 100 - self.height


@dataclass(frozen=True, kw_only=True)
class Comment:
    """An answer with words, and the unit it is about."""

    answer: Response
    place: str


@dataclass(frozen=True, kw_only=True)
class Results:
    """Everything the results page shows for a period and a part of the tree."""

    since: datetime
    until: datetime
    answers: Tally
    score: Score | None
    delta: int | None
    sent: int
    answered_of_sent: int
    with_words: int
    callbacks: int
    months: Sequence[tuple[datetime, Tally]]
    bars: Sequence[Bar]
    branches: Sequence[BranchResult]
    comments: Sequence[Comment]

    @property
    def response_pct(self) -> int | None:
        """Share of the invitations sent in the period that were answered, in whole per cent."""
        return round(100 * self.answered_of_sent / self.sent) if self.sent else None

    @property
    def shares(self) -> tuple[int, int, int]:
        """Promoters, passives and detractors in per cent."""
        return shares(self.answers)


def branches_in_scope() -> list[Unit]:
    """Return the branches of which something is visible, by name."""
    scope, places = current_scope(), tree()
    visible = places.units.keys() if scope.everything else scope.units & places.units.keys()
    found = {branch.pk: branch for unit_id in visible if (branch := _branch_of(places, unit_id)) is not None}
    return sorted(found.values(), key=lambda unit: unit.name)


def subtree(unit_id: int) -> list[int]:
    """Return the ids of a unit and of everything below it."""
    places = tree()
    path = places.unit(unit_id).path
    return [unit.pk for unit in places.units.values() if unit.path.startswith(path)]


def results(*, days: int, now: datetime, unit_id: int | None = None, survey: str = CLOSING) -> Results:
    """Count the answers of the last `days`, against as many days before.

    Args:
        unit_id: only this unit and what is below it; None for the whole scope.
        survey: key of a questionnaire: answers to different questions are not one population.
    """
    since, before = now - timedelta(days=days), now - timedelta(days=2 * days)
    within = None if unit_id is None else subtree(unit_id)
    asked = {"since": since, "until": now, "chosen": within, **versions_of(survey)}

    months = _month_starts(now)
    edges = sorted({before, since, *months})
    now_scores: _Scores = defaultdict(lambda: defaultdict(int))
    old_scores: _Scores = defaultdict(lambda: defaultdict(int))
    by_month: _Scores = defaultdict(lambda: defaultdict(int))
    answered_of_sent = 0
    for unit, score, place, count, invited in _SCORES.rows(first=edges[0], edges=edges, **asked):
        answered_of_sent += invited
        if score is None:
            continue
        begins = edges[place - 1]
        if begins >= since:
            now_scores[unit][score] += count
        elif begins >= before:
            old_scores[unit][score] += count
        if month := bisect_right(months, begins):
            by_month[month - 1][score] += count

    [(sent,)] = _SENT.rows(**asked)
    [(with_words,)] = _WITH_WORDS.rows(**asked)
    all_now = _together(now_scores.values())
    return Results(
        since=since,
        until=now,
        answers=tally(all_now),
        score=shown_score(tally(all_now)),
        delta=_delta(tally(all_now), tally(_together(old_scores.values()))),
        sent=sent,
        answered_of_sent=answered_of_sent,
        with_words=with_words,
        callbacks=_open_callbacks(within),
        months=[(start, tally(by_month[place])) for place, start in enumerate(months)],
        bars=_bars(all_now),
        branches=_branches(now_scores, old_scores),
        comments=_comments([pk for (pk,) in _LATEST_WORDS.rows(limit=COMMENTS, **asked)]),
    )


def _month_starts(now: datetime) -> list[datetime]:
    starts = [now.astimezone(ZoneInfo(settings.TIME_ZONE)).replace(day=1, hour=0, minute=0, second=0, microsecond=0)]
    while len(starts) < TREND_MONTHS:
        starts.insert(0, (starts[0] - timedelta(days=1)).replace(day=1))
    return starts


def _open_callbacks(within: Sequence[int] | None) -> int:
    tasks = Task.objects.filter(is_callback=True, done_at=None)
    if within is not None:
        tasks = tasks.filter(case__unit_id__within=within)
    return len(tasks.values_list("pk")[:_MOST_COUNTED])


def _comments(ids: Sequence[int]) -> list[Comment]:
    answers = Response.objects.select_related("case", "customer").prefetch_related(attached()).in_bulk(ids)
    places = tree()
    return [Comment(answer=answers[pk], place=place_name(places, answers[pk].unit_id)) for pk in ids]


def _together(parts: Iterable[Mapping[int, int]]) -> dict[int, int]:
    whole: dict[int, int] = defaultdict(int)
    for part in parts:
        for score, count in part.items():
            whole[score] += count
    return whole


def _delta(current: Tally, earlier: Tally) -> int | None:
    new, old = shown_score(current), shown_score(earlier)
    return round(new.points) - round(old.points) if new and old else None


def _bars(scores: Mapping[int, int]) -> list[Bar]:
    highest = max(scores.values(), default=0)
    return [
        Bar(score=score, count=count, height=-(-100 * count // highest) if highest else 0)
        for score in range(11)
        for count in [scores.get(score, 0)]
    ]


def _branch_of(places: Tree, unit_id: int) -> Unit | None:
    return next((unit for unit in places.chain(unit_id) if unit.kind == UnitKind.BRANCH), None)


def _branches(
    now_scores: Mapping[int, Mapping[int, int]], old_scores: Mapping[int, Mapping[int, int]]
) -> list[BranchResult]:
    places = tree()
    branch_of = {unit_id: _branch_of(places, unit_id) for unit_id in {*now_scores, *old_scores}}
    lines = []
    for branch in {unit.pk: unit for unit in branch_of.values() if unit is not None}.values():
        mine = [unit_id for unit_id, owner in branch_of.items() if owner is not None and owner.pk == branch.pk]
        answers = tally(_together(now_scores.get(unit_id, {}) for unit_id in mine))
        if answers.answers == 0:
            continue
        promoters, passives, detractors = shares(answers)
        lines.append(
            BranchResult(
                id=branch.pk,
                name=branch.name,
                answers=answers,
                score=shown_score(answers),
                delta=_delta(answers, tally(_together(old_scores.get(unit_id, {}) for unit_id in mine))),
                promoters_pct=promoters,
                passives_pct=passives,
                detractors_pct=detractors,
            )
        )
    # Those with too few answers to be ranked come last.
    return sorted(lines, key=lambda line: (line.score is None, -(line.score.points if line.score else 0), line.name))
