"""An answer is taken once, from whoever holds the link, and a disappointed customer is called back."""

import random
from datetime import timedelta

import pytest

from corsia.cases.models import Case, Task
from corsia.customers.models import Consent
from corsia.customers.queries import consent_of
from corsia.customers.vocabulary import Purpose
from corsia.events.listening import SurveyAnswered
from corsia.kernel import scope
from corsia.kernel.actors import customer
from corsia.kernel.facts import name_of, run_reaction, subscriptions
from corsia.kernel.models import FactRecord
from corsia.listening.links import ANSWER, STOP, token_of
from corsia.listening.models import Invitation, Questionnaire, QuestionnaireVersion, Response, SurveySettings
from corsia.listening.queries import results, survey_behind
from corsia.listening.services import (
    AlreadyAnswered,
    ScoreOutOfRange,
    SurveyExpired,
    SurveyUnknown,
    answer_survey,
    stop_surveys,
)
from corsia.listening.vocabulary import SurveyState
from tests.conftest import NOON
from tests.factories.cases import a_case
from tests.factories.surveys import answered, invited, reachable, response_to, sent, surveyed_group
from tests.facts import stated_facts

HOUR = timedelta(hours=1)
LATER = NOON + timedelta(hours=2)


@pytest.fixture
def ready(group, everything):
    return surveyed_group(group, now=NOON)


@pytest.fixture
def invitation(ready):
    return sent(ready.brescia_care, reachable(ready, now=NOON), now=NOON)


def answer(invitation, score=9, now=LATER, **fields) -> Response:
    values = {"text": "", "wants_callback": False, **fields}
    return answer_survey(token=token_of(invitation.pk, ANSWER), score=score, now=now, **values)


def test_zero_is_an_answer(invitation) -> None:
    answer(invitation, 0, text="  Mai più.  ")

    [kept] = Response.objects.all()
    assert (kept.score, kept.text, kept.answered_at) == (0, "Mai più.", LATER)
    assert kept.invited_at == invitation.sent_at is not None
    [fact] = stated_facts(SurveyAnswered)
    assert (fact.score, fact.is_detractor, fact.wants_callback, fact.case_id) == (0, True, False, invitation.case_id)


def test_a_link_answers_once(invitation) -> None:
    answer(invitation, 10)

    with pytest.raises(AlreadyAnswered):
        answer(invitation, 0)
    assert [kept.score for kept in Response.objects.all()] == [10]
    assert len(stated_facts(SurveyAnswered)) == 1


@pytest.mark.parametrize("score", [-1, 11])
def test_scores_beside_the_scale_are_refused(invitation, score) -> None:
    with pytest.raises(ScoreOutOfRange):
        answer(invitation, score)
    assert Response.objects.count() == 0


def test_a_link_ends_with_its_last_day(invitation) -> None:
    with pytest.raises(SurveyExpired):
        answer(invitation, now=invitation.expires_at)

    answer(invitation, now=invitation.expires_at - timedelta(seconds=1))
    assert Response.objects.count() == 1


def test_a_link_of_an_invitation_that_was_never_sent_opens_nothing(ready) -> None:
    waiting = invited(ready.brescia_care, reachable(ready, now=NOON), now=NOON)

    with pytest.raises(SurveyUnknown):
        answer(waiting)
    assert survey_behind(token_of(waiting.pk, ANSWER), now=NOON).state is SurveyState.UNKNOWN


def test_the_link_to_unsubscribe_answers_nothing(invitation) -> None:
    with pytest.raises(SurveyUnknown):
        answer_survey(token=token_of(invitation.pk, STOP), score=9, text="", wants_callback=False, now=LATER)
    assert Response.objects.count() == 0


def react_to_answers() -> None:
    """Let everything that is subscribed to answers happen, as its jobs do."""
    for record in FactRecord.objects.filter(kind="listening.SurveyAnswered"):
        for reaction in subscriptions()[SurveyAnswered]:
            run_reaction(fact_id=record.pk, reaction=name_of(reaction), now=LATER)


def test_a_disappointed_customer_reopens_the_case_with_a_callback_once(invitation) -> None:
    answer(invitation, 3, text="Auto consegnata in ritardo")
    react_to_answers()
    react_to_answers()

    case = Case.objects.get(pk=invitation.case_id)
    assert (case.closed_at, case.reopened_times) == (None, 1)
    assert Task.objects.filter(case=case, is_callback=True, done_at=None).count() == 1


def test_a_promoter_leaves_the_case_closed(invitation) -> None:
    answer(invitation, 9)
    react_to_answers()

    assert Case.objects.get(pk=invitation.case_id).closed_at == NOON
    assert Task.objects.filter(is_callback=True).count() == 0


def test_the_units_threshold_decides_who_is_disappointed(ready, invitation) -> None:
    SurveySettings.objects.create(unit=ready.brescia, detractor_at_most=4)

    answer(invitation, 5)

    assert [fact.is_detractor for fact in stated_facts(SurveyAnswered)] == [False]


def test_unsubscribing_is_recorded_once_and_works_after_expiry_and_answer(invitation) -> None:
    answer(invitation, 9)
    for days in (40, 41):
        stop_surveys(
            token=token_of(invitation.pk, STOP), by=customer("unsubscribe link"), now=NOON + timedelta(days=days)
        )

    assert consent_of(invitation.customer_id, Purpose.SURVEY).is_given is False
    [consent] = Consent.objects.all()
    assert (consent.source, consent.recorded_by_id) == ("unsubscribe link", None)


def test_the_link_to_answer_does_not_unsubscribe(invitation) -> None:
    with pytest.raises(SurveyUnknown):
        stop_surveys(token=token_of(invitation.pk, ANSWER), by=customer(""), now=LATER)
    assert Consent.objects.count() == 0


def test_what_the_link_shows_is_about_the_visit_not_the_person(invitation) -> None:
    page = survey_behind(token_of(invitation.pk, ANSWER), now=LATER)

    assert (page.state, page.place, page.group, page.happened_on) == (
        SurveyState.OPEN,
        "Brescia",
        "Gruppo Bellandi",
        NOON,
    )
    assert "Giulia" not in repr(page)


def test_results_count_the_period_the_branches_and_the_months(ready) -> None:
    giulia = reachable(ready, now=NOON)
    for place, score in enumerate([10] * 6 + [8] * 2 + [3] * 2):
        answered(ready.brescia_care, giulia, score, at=NOON - timedelta(days=1, minutes=place), text="Bene")
    answered(ready.verona_care, giulia, 10, at=NOON - timedelta(days=2))
    answered(ready.brescia_care, giulia, 0, at=NOON - timedelta(days=31))
    answered(ready.brescia_care, giulia, 0, at=NOON + timedelta(days=2))  # not yet

    found = results(days=30, now=NOON)

    assert (found.answers.promoters, found.answers.passives, found.answers.detractors) == (7, 2, 2)
    assert round(found.score.points, 1) == 45.5
    assert found.delta is None  # one answer before is no score to compare with
    assert [(line.name, line.answers.answers, line.score is None) for line in found.branches] == [
        ("Brescia", 10, False),
        ("Verona", 1, True),
    ]
    assert (found.sent, found.answered_of_sent, found.with_words) == (11, 11, 10)
    assert [bar.count for bar in found.bars] == [0, 0, 0, 2, 0, 0, 0, 0, 2, 0, 7]
    assert found.bars[10].height == 100
    assert [(month.month, answers.answers) for month, answers in found.months][-2:] == [(2, 1), (3, 11)]
    assert len(found.months) == 12

    only_verona = results(days=30, now=NOON, unit_id=ready.verona.pk)
    assert only_verona.answers.answers == 1
    assert only_verona.score is None


@pytest.mark.parametrize("seed", range(4))
def test_the_response_rate_is_that_of_a_slow_count(ready, seed) -> None:
    rng = random.Random(seed)
    giulia, units = reachable(ready, now=NOON), [ready.brescia_care, ready.verona_care]
    asked = Questionnaire.objects.create(unit=ready.root, key="other", name_it="Altro", name_en="Other")
    other = QuestionnaireVersion.objects.create(questionnaire=asked, number=1, definition={}, saved_at=NOON)
    for _number in range(60):
        unit = rng.choice(units)
        left = NOON - timedelta(days=rng.choice([2, 20, 29, 30, 31, 45, 80]), hours=rng.randrange(24))
        invitation = Invitation.objects.create(
            case=a_case(unit, now=left, customer=giulia),
            customer=giulia,
            unit=unit,
            version=rng.choice([None, None, other]),
            language="it",
            created_at=left,
            send_after=left,
            sent_at=rng.choice([left, left, left, None]),
            expires_at=left + timedelta(days=90),
        )
        at = min(left + timedelta(days=rng.choice([0, 1, 16, 40])), NOON)
        if invitation.sent_at is not None and rng.random() < 0.6:
            response = response_to(invitation, rng.choice([None, 0, 7, 10]), at=at)
            response.version, response.channel = other if invitation.version else None, rng.choice(["email", "phone"])
            response.save()
    # Whoever scans a code was not invited.
    Response.objects.create(unit=units[0], score=9, channel="qr", started_at=NOON, answered_at=NOON)

    rates = []
    for days in (30, 90):
        for survey, version in (("case", None), ("other", other)):
            for branch in (None, ready.verona):
                found = results(days=days, now=NOON, survey=survey, unit_id=branch.pk if branch else None)
                asked = [
                    one
                    for one in Invitation.objects.filter(sent_at__isnull=False)
                    if NOON - timedelta(days=days) <= one.sent_at <= NOON
                    and one.version_id == (version and version.pk)
                    and (branch is None or one.unit_id == ready.verona_care.pk)
                ]
                answered_ones = [one for one in asked if Response.objects.filter(invitation=one).exists()]
                rates.append((len(asked), len(answered_ones)))
                assert (found.sent, found.answered_of_sent) == rates[-1]
    assert any(0 < some < every for every, some in rates)


def test_results_of_another_branch_are_not_counted(ready) -> None:
    giulia = reachable(ready, now=NOON)
    answered(ready.brescia_care, giulia, 9, at=NOON - HOUR)
    answered(ready.verona_care, giulia, 1, at=NOON - HOUR)
    seen = frozenset({ready.verona.pk, ready.verona_care.pk})

    with scope.entered(scope.Scope(units=seen, shared=seen)):
        found = results(days=30, now=NOON)

    assert [bar.count for bar in found.bars] == [0, 1] + [0] * 9
    assert [line.name for line in found.branches] == ["Verona"]
