"""The journey map: stages with their touchpoints, and what is known of each; personas and what matters to them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Max, Q

from corsia.cases.models import Case
from corsia.cases.vocabulary import Origin
from corsia.kernel.scope import current_scope
from corsia.listening.models import Finding, ListeningPlan, Persona, PersonaMoment, Response, Touchpoint
from corsia.listening.queries.questionnaires import CLOSING
from corsia.listening.rules.journey import next_review
from corsia.listening.rules.nps import Score, Tally, shown_score, tally
from corsia.listening.vocabulary import LifeState, PlanState, Sign, Stage
from corsia.organisation.queries import tree

DAYS = 90  # of answers that the map counts


@dataclass(frozen=True, kw_only=True)
class Card:
    """A touchpoint on the map.

    Attributes:
        responses: answers given in the last 90 days within the scope, whether or not they recommend.
        answers, score: of the survey with most scores, as answers of different surveys are never added up; the score is
            None under ten of them.
        open_minus: findings against us that are not settled; `worst` the highest severity among them, 0 for none.
        review_on: the day on which it is to be looked at anew; None for what is not lived.
    """

    touchpoint: Touchpoint
    place: str
    may_edit: bool
    responses: int
    answers: Tally
    score: Score | None
    open_minus: int
    worst: int
    plans: int
    review_on: date | None
    is_overdue: bool


@dataclass(frozen=True, kw_only=True)
class StageColumn:
    """A stage of the corridor."""

    key: str
    label: str
    cards: Sequence[Card]


@dataclass(frozen=True, kw_only=True)
class JourneyMap:
    """The corridor, and what stands out on it."""

    stages: Sequence[StageColumn]
    moments_of_truth: Sequence[Card]
    overdue: int
    retired: int

    @property
    def cards(self) -> int:
        """All touchpoints shown."""
        return sum(len(stage.cards) for stage in self.stages)


def journey_map(*, now: datetime, with_retired: bool = False, edits: Iterable[int] = ()) -> JourneyMap:
    """Return the corridor as the scope sees it: everybody's touchpoints above it, its own answers and findings.

    Args:
        edits: the units in which the reader may change touchpoints.
    """
    rows = list(Touchpoint.objects.select_related("owner").order_by("position", "unit_id", "pk"))
    retired = sum(row.state == LifeState.RETIRED for row in rows)
    shown = [row for row in rows if with_retired or row.state != LifeState.RETIRED]
    numbers, ids = _numbers([row.pk for row in shown], now=now), frozenset(edits)
    cards = [_card(row, numbers, edits=ids, now=now) for row in shown]
    return JourneyMap(
        stages=[
            StageColumn(
                key=stage.value,
                label=str(stage.label),
                cards=[card for card in cards if card.touchpoint.stage == stage],
            )
            for stage in Stage
        ],
        moments_of_truth=[card for card in cards if card.touchpoint.is_moment_of_truth],
        overdue=sum(card.is_overdue for card in cards),
        retired=retired,
    )


def card_of(touchpoint_id: int, *, now: datetime, edits: Iterable[int] = ()) -> Card:
    """Return one touchpoint as the map shows it.

    Raises:
        NotFound: none such within the scope.
    """
    row = Touchpoint.objects.select_related("owner").find(touchpoint_id)
    return _card(row, _numbers([row.pk], now=now), edits=frozenset(edits), now=now)


@dataclass(frozen=True, kw_only=True)
class _Numbers:
    responses: Mapping[int, int]
    scores: Mapping[int, Mapping[int, int]]
    minus: Mapping[int, tuple[int, int]]
    plans: Mapping[int, int]


def _numbers(touchpoint_ids: Sequence[int], *, now: datetime) -> _Numbers:
    since = now - timedelta(days=DAYS)
    given = Response.objects.filter(touchpoint_id__in=touchpoint_ids, answered_at__gt=since, answered_at__lte=now)
    responses: dict[int, int] = defaultdict(int)
    surveys: dict[int, dict[tuple[int | None, str], dict[int, int]]] = defaultdict(lambda: defaultdict(dict))
    counted = given.order_by().values_list(
        "touchpoint_id", "invitation__plan_id", "version__questionnaire__key", "score"
    )
    for touchpoint_id, plan_id, key, score, count in counted.annotate(n=Count("pk")):
        responses[touchpoint_id] += count
        if score is not None:
            scores_of = surveys[touchpoint_id][plan_id, key or CLOSING]
            scores_of[score] = scores_of.get(score, 0) + count
    largest = {pk: max(theirs.values(), key=lambda one: sum(one.values())) for pk, theirs in surveys.items()}
    found = Finding.objects.filter(touchpoint_id__in=touchpoint_ids, sign=Sign.MINUS, settled_on=None).order_by()
    # A question that is answered badly is one matter, in however many months and units.
    matters = Count("pk", filter=Q(month=None)) + Count("item", filter=Q(month__isnull=False), distinct=True)
    minus = found.values_list("touchpoint_id").annotate(n=matters, worst=Max("severity"))
    plans = ListeningPlan.objects.filter(touchpoint_id__in=touchpoint_ids, state=PlanState.RUNNING).order_by()
    return _Numbers(
        responses=responses,
        scores=largest,
        minus={pk: (count, worst) for pk, count, worst in minus},
        plans=dict(plans.values_list("touchpoint_id").annotate(n=Count("pk"))),
    )


def _card(row: Touchpoint, numbers: _Numbers, *, edits: frozenset[int], now: datetime) -> Card:
    places = tree()
    answers = tally(numbers.scores.get(row.pk, {}))
    open_minus, worst = numbers.minus.get(row.pk, (0, 0))
    is_lived = row.state in (LifeState.ACTIVE, LifeState.REVIEW)
    today = now.astimezone(places.time_zone(row.unit_id)).date()
    review_on = next_review(row.reviewed_on, row.review_months) if is_lived and row.reviewed_on else None
    return Card(
        touchpoint=row,
        place=places.label(row.unit_id),
        may_edit=row.unit_id in edits or current_scope().everything,
        responses=numbers.responses.get(row.pk, 0),
        answers=answers,
        score=shown_score(answers),
        open_minus=open_minus,
        worst=worst,
        plans=numbers.plans.get(row.pk, 0),
        review_on=review_on,
        is_overdue=is_lived and (review_on is None or review_on <= today),
    )


@dataclass(frozen=True, kw_only=True)
class PersonaCard:
    """A persona with the moments that matter to it, in the order of the journey."""

    persona: Persona
    place: str
    may_edit: bool
    goals: Sequence[str]
    frustrations: Sequence[str]
    moments: Sequence[PersonaMoment]


def personas(*, edits: Iterable[int] = ()) -> list[PersonaCard]:
    """Return the personas within the scope and those shared from above."""
    order = {stage: place for place, stage in enumerate(Stage.values)}
    moments: dict[int, list[PersonaMoment]] = defaultdict(list)
    for moment in PersonaMoment.objects.select_related("touchpoint"):
        moments[moment.persona_id].append(moment)
    for found in moments.values():
        found.sort(key=lambda one: (order[one.touchpoint.stage], one.touchpoint.position, one.pk))
    places, ids = tree(), frozenset(edits)
    return [
        PersonaCard(
            persona=persona,
            place=places.label(persona.unit_id),
            may_edit=persona.unit_id in ids,
            goals=_lines(persona.goals),
            frustrations=_lines(persona.frustrations),
            moments=moments[persona.pk],
        )
        for persona in Persona.objects.order_by("position", "pk")
    ]


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def touchpoints_in_order() -> list[Touchpoint]:
    """Return the touchpoints that are not retired, in the order of the journey."""
    order = {stage: place for place, stage in enumerate(Stage.values)}
    rows = Touchpoint.objects.exclude(state=LifeState.RETIRED)
    return sorted(rows, key=lambda row: (order[row.stage], row.position, row.pk))


_ABOUT = {"spare-parts": "parts-counter", "return": "parts-counter", "technical": "reception", "warranty": "reception"}


def touchpoint_of_case(case: Case, *, is_after_remedy: bool = False) -> int | None:
    """Return the shipped touchpoint that the survey at the closing of a case is about, as it stands at its unit.

    Complaints are about their handling, and about the remedy when they are asked once more; parts and workshop about
    the counter and the reception; everything else about how the customer reached us. None where the journey has no
    such touchpoint.
    """
    process = case.version.process
    if is_after_remedy:
        key = "goodwill"
    elif process.is_complaint:
        key = "complaint-handling"
    else:
        key = _ABOUT.get(process.key) or ("contact-centre" if case.origin == Origin.PHONE else "written-contact")
    nearest = {unit.pk: place for place, unit in enumerate(tree().chain(case.unit_id))}
    # Not through the scope: the journey of the group holds for a branch whoever asks.
    rows = Touchpoint.unscoped.filter(unit_id__in=list(nearest), key=key).values_list("pk", "unit_id")
    found = sorted(rows, key=lambda row: nearest[row[1]])
    return found[0][0] if found else None
