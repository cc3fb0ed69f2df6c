"""What customers answered, counted for the results page: one statement for the scores, one for the trend."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import BooleanField, Case, Count, Q, QuerySet, Value, When
from django.db.models.functions import TruncMonth

from corsia.cases.models import Task
from corsia.kernel.scope import current_scope
from corsia.listening.models import Answer, Invitation
from corsia.listening.queries.places import place_name
from corsia.listening.rules.nps import Score, Tally, shares, shown_score, tally
from corsia.organisation.models import Unit
from corsia.organisation.queries import Tree, tree
from corsia.organisation.vocabulary import UnitKind

TREND_MONTHS = 12
COMMENTS = 8
_MOST_COUNTED = 100  # callbacks are counted up to here, more is "99+"


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

    answer: Answer
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


def results(*, days: int, now: datetime, unit_id: int | None = None) -> Results:
    """Count the answers of the last `days`, against as many days before.

    Args:
        unit_id: only this unit and what is below it; None for the whole scope.
    """
    since, before = now - timedelta(days=days), now - timedelta(days=2 * days)
    answers, invitations, callbacks = Answer.objects.all(), Invitation.objects.all(), Task.objects.all()
    if unit_id is not None:
        within = subtree(unit_id)
        answers = answers.filter(invitation__unit_id__within=within)
        invitations = invitations.filter(unit_id__within=within)
        callbacks = callbacks.filter(case__unit_id__within=within)

    counted = answers.filter(answered_at__gt=before, answered_at__lte=now).values(
        "invitation__unit_id", "score", is_current=_since(since)
    )
    now_scores: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    old_scores: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for row in counted.annotate(count=Count("pk")):
        target = now_scores if row["is_current"] else old_scores
        target[row["invitation__unit_id"]][row["score"]] += row["count"]

    sums = invitations.filter(sent_at__gt=since, sent_at__lte=now).aggregate(
        sent=Count("pk"), answered=Count("pk", filter=Q(answer__isnull=False))
    )
    all_now = _together(now_scores.values())
    recent = answers.filter(answered_at__gt=since, answered_at__lte=now).exclude(text="")
    return Results(
        since=since,
        until=now,
        answers=tally(all_now),
        score=shown_score(tally(all_now)),
        delta=_delta(tally(all_now), tally(_together(old_scores.values()))),
        sent=sums["sent"],
        answered_of_sent=sums["answered"],
        with_words=recent.count(),
        callbacks=len(callbacks.filter(is_callback=True, done_at=None).values_list("pk")[:_MOST_COUNTED]),
        months=_months(answers, now=now),
        bars=_bars(all_now),
        branches=_branches(now_scores, old_scores),
        comments=_comments(recent),
    )


def _comments(recent: "QuerySet[Answer]") -> list[Comment]:
    latest = recent.select_related("invitation__case", "invitation__customer").order_by("-answered_at", "-pk")
    places = tree()
    return [Comment(answer=answer, place=place_name(places, answer.invitation.unit_id)) for answer in latest[:COMMENTS]]


def _since(since: datetime) -> Case:
    return Case(When(answered_at__gt=since, then=Value(True)), default=Value(False), output_field=BooleanField())


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


def _months(answers: "QuerySet[Answer]", *, now: datetime) -> list[tuple[datetime, Tally]]:
    zone = ZoneInfo(settings.TIME_ZONE)
    newest = now.astimezone(zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    starts = [newest]
    while len(starts) < TREND_MONTHS:
        starts.insert(0, (starts[0] - timedelta(days=1)).replace(day=1))
    counted = (
        answers.filter(answered_at__gte=starts[0], answered_at__lte=now)
        .values("score", month=TruncMonth("answered_at", tzinfo=zone))
        .annotate(count=Count("pk"))
    )
    scores: dict[tuple[int, int], dict[int, int]] = defaultdict(dict)
    for row in counted:
        scores[row["month"].year, row["month"].month][row["score"]] = row["count"]
    return [(start, tally(scores[start.year, start.month])) for start in starts]
