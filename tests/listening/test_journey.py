"""Touchpoints, personas, the vision: written, moved, looked at anew, and what the map says of them."""

from datetime import date, timedelta

import pytest

from corsia.kernel import scope
from corsia.kernel.access import scope_of
from corsia.kernel.errors import NotAllowed
from corsia.listening.models import (
    Persona,
    PersonaMoment,
    Promise,
    Questionnaire,
    QuestionnaireVersion,
    Response,
    Touchpoint,
)
from corsia.listening.permissions import SEE_RESULTS
from corsia.listening.queries.journey import journey_map, personas
from corsia.listening.queries.vision import vision
from corsia.listening.rules.journey import next_review
from corsia.listening.services import (
    FindingData,
    GuidelineData,
    PersonaData,
    PersonaThere,
    TouchpointData,
    TouchpointRetired,
    add_finding,
    install_touchpoints,
    move_touchpoint,
    review_touchpoint,
    save_guideline,
    save_persona,
    save_promise,
    save_touchpoint,
    settle_finding,
    tell_due_touchpoints,
)
from corsia.listening.vocabulary import Factor, LifeState, Stage
from corsia.organisation.models import Notification
from corsia.organisation.vocabulary import Role
from tests.conftest import NOON
from tests.factories.cases import ROBOT
from tests.factories.organisation import actor_in, person_in

TODAY = date(2026, 3, 10)
pytestmark = pytest.mark.usefixtures("everything")


@pytest.fixture
def journey(group):
    install_touchpoints(unit_id=group.root.pk, by=ROBOT, now=NOON)
    return group


def point(key: str) -> Touchpoint:
    return Touchpoint.objects.get(key=key)


def keys_of(stage: str) -> list[str]:
    rows = Touchpoint.objects.filter(stage=stage).order_by("position", "pk")
    return list(rows.values_list("key", flat=True))


def answer(touchpoint: Touchpoint, unit, score: int | None, *, days_ago: int = 1) -> Response:
    at = NOON - timedelta(days=days_ago)
    return Response.objects.create(
        unit=unit, touchpoint=touchpoint, score=score, started_at=at, answered_at=at, completed_at=at, settled_at=at
    )


def test_shipped_touchpoints_are_installed_once_and_changes_stay(journey) -> None:
    Touchpoint.objects.filter(key="quotation").update(name_it="Offerta")

    again = install_touchpoints(unit_id=journey.root.pk, by=ROBOT, now=NOON)

    assert again == []
    assert point("quotation").name_it == "Offerta"
    assert set(Touchpoint.objects.values_list("stage", flat=True)) == set(Stage.values)
    assert set(Touchpoint.objects.filter(is_moment_of_truth=True).values_list("key", flat=True)) == {
        "quotation",
        "order-to-delivery",
    }
    assert set(Touchpoint.objects.values_list("is_digital", flat=True)) == {True, False}


def test_a_touchpoint_moves_between_stages_and_others_close_the_gap(journey) -> None:
    assert keys_of("buy") == ["test-drive", "quotation", "order-to-delivery"]

    move_touchpoint(
        touchpoint_id=point("showroom-visit").pk, stage="buy", before_id=point("quotation").pk, by=ROBOT, now=NOON
    )

    assert keys_of("buy") == ["test-drive", "showroom-visit", "quotation", "order-to-delivery"]
    assert list(Touchpoint.objects.filter(stage="buy").order_by("position").values_list("position", flat=True)) == [
        0,
        1,
        2,
        3,
    ]
    assert keys_of("brand") == ["website", "social"]


def test_a_touchpoint_moves_within_its_stage_and_to_the_end(journey) -> None:
    first = point("test-drive")

    move_touchpoint(touchpoint_id=first.pk, stage="buy", before_id=None, by=ROBOT, now=NOON)

    assert keys_of("buy") == ["quotation", "order-to-delivery", "test-drive"]


def test_whoever_manages_a_branch_cannot_move_what_the_group_drew(journey) -> None:
    boss = actor_in(journey.brescia, Role.BRANCH_MANAGER)
    with scope.entered(scope_of(boss, SEE_RESULTS)), pytest.raises(NotAllowed):
        move_touchpoint(touchpoint_id=point("website").pk, stage="buy", before_id=None, by=boss, now=NOON)

    assert point("website").stage == "brand"


def test_a_branch_adds_a_touchpoint_of_its_own_that_others_do_not_see(journey) -> None:
    boss = actor_in(journey.brescia, Role.BRANCH_MANAGER)
    data = TouchpointData(name_it="Notte dell'usato", name_en="Used car night", stage="brand", review_months=6)
    with scope.entered(scope_of(boss, SEE_RESULTS)):
        saved = save_touchpoint(touchpoint_id=None, unit_id=journey.brescia.pk, data=data, by=boss, now=NOON)
        assert (saved.key, saved.reviewed_on) == ("used-car-night", TODAY)
        assert journey_map(now=NOON).cards == Touchpoint.unscoped.count()

    verona = actor_in(journey.verona, Role.BRANCH_MANAGER)
    with scope.entered(scope_of(verona, SEE_RESULTS)):
        assert journey_map(now=NOON).cards == Touchpoint.unscoped.count() - 1


def test_the_map_counts_answers_of_90_days_and_shows_no_score_under_ten(journey) -> None:
    website, quotation = point("website"), point("quotation")
    for score in (10, 10, 9, 9, 10, 8, 7, 6, 3):
        answer(website, journey.brescia, score)
    answer(website, journey.brescia, None)
    answer(website, journey.brescia, 10, days_ago=91)
    for score in (10, 10, 9, 9, 10, 8, 7, 6, 3, 9):
        answer(quotation, journey.brescia, score)

    cards = {card.touchpoint.key: card for stage in journey_map(now=NOON).stages for card in stage.cards}

    assert (cards["website"].responses, cards["website"].answers.answers, cards["website"].score) == (10, 9, None)
    score = cards["quotation"].score
    assert score is not None
    assert score.points == pytest.approx(100 * (6 - 2) / 10)


def test_answers_of_different_surveys_are_not_added_up(journey) -> None:
    quotation = point("quotation")
    row = Questionnaire.objects.create(unit=journey.root, key="agents", name_it="Agenti", name_en="Agents")
    version = QuestionnaireVersion.objects.create(questionnaire=row, number=1, definition={}, saved_at=NOON)
    for score in (10,) * 12:
        answer(quotation, journey.brescia, score)
    for score in (0,) * 11:
        Response.objects.filter(pk=answer(quotation, journey.brescia, score).pk).update(version=version)

    [card] = [card for card in journey_map(now=NOON).moments_of_truth if card.touchpoint.key == "quotation"]

    assert card.score is not None
    assert (card.responses, card.answers.answers, card.score.points) == (23, 12, 100)


def test_the_map_of_a_branch_counts_its_own_answers_only(journey) -> None:
    quotation = point("quotation")
    for _ in range(10):
        answer(quotation, journey.verona, 10)
    answer(quotation, journey.brescia, 0)
    boss = actor_in(journey.brescia, Role.BRANCH_MANAGER)
    with scope.entered(scope_of(boss, SEE_RESULTS)):
        [card] = [card for card in journey_map(now=NOON).moments_of_truth if card.touchpoint.key == "quotation"]

    assert (card.responses, card.score) == (1, None)


def test_open_criticalities_leave_the_map_when_they_are_settled(journey) -> None:
    reception = point("reception")

    def found(severity: int, sign: str = "minus"):
        data = FindingData(
            touchpoint_id=reception.pk, instrument="focus", sign=sign, severity=severity, title="Attesa", found_on=TODAY
        )
        return add_finding(unit_id=journey.brescia.pk, data=data, by=ROBOT, now=NOON)

    worst = found(5)
    found(2)
    found(4, sign="plus")

    def numbers() -> tuple[int, int]:
        [card] = [
            card for stage in journey_map(now=NOON).stages for card in stage.cards if card.touchpoint == reception
        ]
        return card.open_minus, card.worst

    assert numbers() == (2, 5)
    settle_finding(finding_id=worst.pk, by=ROBOT, now=NOON)
    assert numbers() == (1, 2)


@pytest.mark.parametrize(
    ("reviewed", "months", "due"),
    [
        (date(2026, 3, 10), 12, date(2027, 3, 10)),
        (date(2025, 8, 31), 6, date(2026, 2, 28)),
        (date(2026, 12, 5), 1, date(2027, 1, 5)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
    ],
)
def test_the_day_of_the_next_review(reviewed: date, months: int, due: date) -> None:
    assert next_review(reviewed, months) == due


def test_owners_are_told_once_when_a_review_falls_due(journey) -> None:
    owner = person_in(journey.root, Role.CONSULTANT)
    boss = person_in(journey.root, Role.CARE_MANAGER)
    Touchpoint.objects.filter(key="quotation").update(reviewed_on=TODAY - timedelta(days=365), owner=owner)
    Touchpoint.objects.filter(key="website").update(reviewed_on=TODAY - timedelta(days=365))
    Touchpoint.objects.filter(key="reception").update(
        reviewed_on=TODAY - timedelta(days=365), owner=owner, state=LifeState.RETIRED
    )

    assert tell_due_touchpoints(now=NOON) == 2
    assert tell_due_touchpoints(now=NOON + timedelta(days=1)) == 0
    assert dict(Notification.objects.values_list("person_id", "text")) == {
        owner.pk: "Preventivo",
        boss.pk: "Sito e configuratore",
    }
    assert journey_map(now=NOON).overdue == 2

    review_touchpoint(touchpoint_id=point("quotation").pk, by=ROBOT, now=NOON)

    assert (point("quotation").reviewed_on, journey_map(now=NOON).overdue) == (TODAY, 1)


def test_a_review_ends_the_state_under_review_but_a_retired_touchpoint_has_none(journey) -> None:
    Touchpoint.objects.filter(key="website").update(state=LifeState.REVIEW)
    Touchpoint.objects.filter(key="social").update(state=LifeState.RETIRED)

    assert review_touchpoint(touchpoint_id=point("website").pk, by=ROBOT, now=NOON).state == LifeState.ACTIVE
    with pytest.raises(TouchpointRetired):
        review_touchpoint(touchpoint_id=point("social").pk, by=ROBOT, now=NOON)


def test_a_persona_has_exactly_the_moments_that_were_written(journey) -> None:
    data = PersonaData(name="Marta", population="retail", goals="Un'auto sicura\n\nPoco tempo")
    drive, quotation = point("test-drive"), point("quotation")
    marta = save_persona(
        persona_id=None,
        unit_id=journey.root.pk,
        data=data,
        moments={quotation.pk: "Prezzo finito", drive.pk: "Da sola", point("social").pk: ""},
        by=ROBOT,
        now=NOON,
    )

    [card] = personas()
    assert card.goals == ["Un'auto sicura", "Poco tempo"]
    assert [moment.touchpoint.key for moment in card.moments] == ["test-drive", "quotation"]

    save_persona(
        persona_id=marta.pk,
        unit_id=journey.root.pk,
        data=data,
        moments={drive.pk: "Subito"},
        by=ROBOT,
        now=NOON,
    )
    assert list(PersonaMoment.objects.values_list("touchpoint__key", "expects")) == [("test-drive", "Subito")]
    with pytest.raises(PersonaThere):
        save_persona(persona_id=None, unit_id=journey.root.pk, data=data, moments={}, by=ROBOT, now=NOON)
    assert Persona.objects.count() == 1


def test_the_promise_of_the_nearest_unit_holds_and_guidelines_are_filtered(journey) -> None:
    save_promise(unit_id=journey.root.pk, text_it="Del gruppo", text_en="", by=ROBOT, now=NOON)
    save_promise(unit_id=journey.brescia.pk, text_it="Di Brescia", text_en="", by=ROBOT, now=NOON)
    for service, text in (("", "Ovunque"), ("workshop", "In officina"), ("sales", "In vendita")):
        data = GuidelineData(factor=Factor.CERTAINTY, text=text, service=service)
        save_guideline(guideline_id=None, unit_id=journey.root.pk, data=data, by=ROBOT, now=NOON)

    at_brescia = vision(unit_id=journey.brescia_care.pk, service="workshop").promise
    assert isinstance(at_brescia, Promise)
    assert at_brescia.text_it == "Di Brescia"
    found = vision(unit_id=journey.verona.pk, service="workshop")
    assert found.promise is not None
    assert found.promise.text_it == "Del gruppo"
    assert [row.text for row in found.factors[0].guidelines] == ["Ovunque", "In officina"]
    assert [factor.key for factor in found.factors] == list(Factor.values)
