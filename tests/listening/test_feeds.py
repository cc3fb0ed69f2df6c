"""A feed that stops is found by what does not come; one that runs as ever is left in peace."""

import math
from datetime import date, datetime, timedelta
from fractions import Fraction

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from corsia.kernel import scope
from corsia.listening.models import Invitation, ListeningPlan, Questionnaire, Response, Touchpoint
from corsia.listening.queries.feeds import DAYS, feeds
from corsia.listening.rules.feeds import RARE, Run, judge, poisson_up_to
from corsia.listening.services import tell_stopped_feeds
from corsia.listening.vocabulary import PlanState
from corsia.organisation.models import Notification
from corsia.organisation.vocabulary import Role
from tests.conftest import NOON
from tests.factories.customers import person
from tests.factories.organisation import person_in, signed_in

MONDAY = date(2026, 3, 2)


def days(counts: list[int]) -> list[tuple[date, int]]:
    return [(MONDAY + timedelta(days=place), count) for place, count in enumerate(counts)]


def weeks(count: int) -> list[int]:
    """Ten a working day, four on Saturdays, none on Sundays."""
    return [10, 10, 10, 10, 10, 4, 0] * count


@given(count=st.integers(0, 60), mean=st.floats(0.01, 60))
def test_the_tail_agrees_with_the_sum_by_fractions(count, mean) -> None:
    exact, term = Fraction(0), Fraction(1)
    for k in range(count + 1):
        exact += term
        term = term * Fraction(mean) / (k + 1)
    assert poisson_up_to(count, mean) == pytest.approx(float(exact) * math.exp(-mean), rel=1e-9, abs=1e-300)


def test_a_feed_as_ever_is_usual_also_on_a_sunday_without_events() -> None:
    judged = judge(days(weeks(8)))
    assert (judged.run, judged.days, judged.seen, judged.expected) == (Run.USUAL, 7, 54, 54.0)


def test_a_working_day_without_events_is_silence() -> None:
    judged = judge([*days([*weeks(8), 0])])
    assert (judged.run, judged.days, judged.seen, judged.expected) == (Run.SILENT, 1, 0, 10.0)


def test_a_thin_feed_is_found_by_its_week() -> None:
    judged = judge(days([*weeks(7), 4, 5, 4, 3, 5, 2, 0]))
    assert (judged.run, judged.days, judged.seen, judged.expected) == (Run.FEW, 7, 23, 54.0)


def test_the_limit_is_where_the_tail_says() -> None:
    """With an even past the rule is Poisson's own: the first count at or above the limit is left in peace."""
    fewest = next(count for count in range(11) if poisson_up_to(count, 10) >= RARE)
    assert fewest == 2
    assert judge(days([*([10] * 28), fewest])).run is Run.USUAL
    assert judge(days([*([10] * 28), fewest - 1])).run is Run.FEW


def test_an_uneven_past_asks_for_more_before_it_speaks() -> None:
    uneven = [25, 0, 3, 22, 1, 14, 5, 0, 24, 15, 2, 21, 1, 12, 19, 9, 0, 2, 24, 0, 18, 3, 12, 9, 20, 1, 13, 5]
    assert judge(days([*uneven, 0])).run is Run.USUAL
    assert judge(days([*([10] * 28), 0])).run is Run.SILENT


@pytest.mark.parametrize("count", [0, 1, 21])
def test_a_young_feed_is_not_judged(count) -> None:
    assert judge(days([5] * count)).run is Run.LEARNING


def test_what_never_came_is_not_missed() -> None:
    assert judge(days([0] * 40)).run is Run.USUAL


@pytest.fixture
def plan(group, everything) -> ListeningPlan:
    touchpoint = Touchpoint.objects.create(
        unit=group.root, key="handover", name_it="Riconsegna", name_en="Hand-over", stage="service"
    )
    questionnaire = Questionnaire.objects.create(unit=group.root, key="nps-workshop", name_it="NPS", name_en="NPS")
    return ListeningPlan.objects.create(
        unit=group.brescia,
        name="Dopo la commessa",
        touchpoint=touchpoint,
        questionnaire=questionnaire,
        occasion="order_closed",
        starts_on=NOON.date() - timedelta(days=90),
        state=PlanState.RUNNING,
        changed_at=NOON,
    )


def events(plan: ListeningPlan, counts: dict[int, int], *, sent: bool = True, now: datetime = NOON) -> None:
    """Let so many invitations be made so many days ago at noon."""
    customer = Invitation.objects.values_list("customer", flat=True).first() or person(plan.unit).pk
    number = Invitation.objects.count()
    for ago, count in counts.items():
        for _ in range(count):
            number += 1
            at = now - timedelta(days=ago, minutes=1)
            Invitation.objects.create(
                unit_id=plan.unit_id, plan=plan, occasion_id=number, customer_id=customer, language="it", created_at=at,
                send_after=at, expires_at=at + timedelta(days=400), sent_at=at if sent else None,
            )  # fmt: skip


def test_a_feed_that_stopped_stands_first_and_its_managers_are_told_once(plan, group) -> None:
    boss = person_in(group.brescia, Role.BRANCH_MANAGER)
    person_in(group.verona, Role.BRANCH_MANAGER)
    events(plan, dict.fromkeys(range(4, DAYS + 1), 4))
    assert tell_stopped_feeds(now=NOON) == 1
    assert tell_stopped_feeds(now=NOON + timedelta(days=1)) == 0

    [feed] = feeds(now=NOON).lines
    assert (feed.judged.run, feed.judged.days, feed.judged.seen, feed.judged.expected) == (Run.SILENT, 3, 0, 12.0)
    assert feed.last_at == NOON - timedelta(days=4, minutes=1)
    assert feed.week == (12, 12, 0)
    assert list(Notification.objects.values_list("person_id", "kind")) == [(boss.pk, "listening.feed")]


def test_the_page_says_what_came_and_what_usually_does_to_those_whose_unit_it_is(plan, group) -> None:
    now = timezone.now()
    ListeningPlan.objects.update(starts_on=now.date() - timedelta(days=90))
    events(plan, dict.fromkeys(range(4, DAYS + 1), 4), now=now)
    boss = person_in(group.brescia, Role.BRANCH_MANAGER)
    other = person_in(group.verona, Role.BRANCH_MANAGER)

    html = signed_in(boss).get("/listening/feeds/").content.decode()
    assert "Dopo la commessa" in html
    assert "0 negli ultimi 3 giorni, di solito circa 12" in html
    assert "Dopo la commessa" not in signed_in(other).get("/listening/feeds/").content.decode()


def test_days_counts_and_answers_are_told_apart(plan) -> None:
    events(plan, {1: 2, 0: 3})
    asked = Invitation.objects.order_by("-created_at").first()
    Response.objects.create(
        unit_id=plan.unit_id, invitation=asked, plan=plan, score=9, started_at=NOON, answered_at=NOON
    )
    [feed] = feeds(now=NOON).lines
    assert [(day.on, day.came, day.sent, day.answered, day.height) for day in feed.days[-3:]] == [
        (NOON.date() - timedelta(days=2), 0, 0, 0, 0),
        (NOON.date() - timedelta(days=1), 2, 2, 0, 67),
        (NOON.date(), 3, 3, 1, 100),
    ]
    assert feed.judged.run is Run.USUAL  # two came yesterday; none ever did before


def test_what_should_have_left_is_said(plan, group) -> None:
    events(plan, {0: 2, 1: 1}, sent=False)
    later = NOON + timedelta(hours=2)
    found = feeds(now=later)
    assert (found.overdue, found.overdue_since) == (3, NOON - timedelta(days=1, minutes=1))
    assert feeds(now=NOON).overdue == 1  # the others are not late yet


def test_an_ended_plan_is_no_feed(plan) -> None:
    ListeningPlan.objects.update(state=PlanState.ENDED)
    assert feeds(now=NOON).lines == []
    with scope.system("test"):
        assert tell_stopped_feeds(now=NOON) == 0


def test_the_page_asks_the_database_little(plan, group, django_assert_max_num_queries) -> None:
    events(plan, dict.fromkeys(range(30), 3))
    browser = signed_in(person_in(group.root, Role.CARE_MANAGER))
    browser.get("/listening/feeds/")
    with django_assert_max_num_queries(12):
        browser.get("/listening/feeds/")
