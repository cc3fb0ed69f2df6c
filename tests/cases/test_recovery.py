"""Forgotten customers: who goes first, what attempts do, how each ends."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corsia.cases.models import Case, RecoveryItem
from corsia.cases.queries import desk as desk_queries
from corsia.cases.queries.desk import Filters
from corsia.cases.queries.waiting import Temper, tempers_of
from corsia.cases.rules.recovery import Wait, extra_days, forecast, rank_at, urgency_days
from corsia.cases.rules.script import filled, unknown_keys
from corsia.cases.services import Details, close_case, enter_phase, merge_cases
from corsia.cases.services.recovery import (
    NotWaiting,
    OutcomeMissing,
    RecoveryDetails,
    RecoveryOver,
    ScriptUnusable,
    StillWaiting,
    TooFewAttempts,
    add_cases,
    end_item,
    end_recovery,
    note_attempt,
    start_recovery,
    wake_recoveries,
)
from corsia.cases.vocabulary import EndKind
from corsia.events.listening import SurveyAnswered
from corsia.events.messaging import MessageReceived, MessageSent
from corsia.kernel.errors import NotAllowed
from corsia.kernel.facts import publish
from corsia.organisation.queries import tree
from corsia.organisation.vocabulary import Role
from tests.factories.cases import ROBOT, a_case, a_customer
from tests.factories.organisation import actor_in
from tests.facts import stated_facts

DAY = timedelta(days=1)
ALL = ("recovered", "lost", "unreachable")


@given(st.integers(0, 400), st.integers(0, 30), st.booleans(), st.none() | st.integers(0, 10), st.integers(0, 400))
def test_the_order_is_that_of_days_waited_plus_what_makes_them_worse(days, contacts, complaint, score, later):
    now = datetime(2026, 3, 10, 11, tzinfo=UTC)
    wait = Wait(since=now - days * DAY, unanswered=contacts, is_complaint=complaint, last_score=score)
    expected = days + 10 * (min(12, contacts)) + (30 if complaint else 0)
    if score in (0, 1, 2, 3, 4, 5, 6):
        expected += {0: 35, 1: 30, 2: 25, 3: 20, 4: 15, 5: 10, 6: 5}[score]

    assert urgency_days(rank_at(wait), now=now) == expected
    assert urgency_days(rank_at(wait), now=now + later * DAY) == expected + later  # all age alike: no order changes
    assert extra_days(wait) == expected - days


class TestForecast:
    TODAY = date(2026, 3, 10)

    def test_a_steady_pace_gives_an_interval_around_what_it_needs(self):
        found = forecast(waiting=100, ended_by_day=[10] * 14, today=self.TODAY)

        assert found is not None
        assert (found.ended, found.days) == (140, 14)
        assert found.soonest < self.TODAY + 10 * DAY < found.latest
        assert (found.latest - found.soonest).days <= 3

    def test_a_few_ends_give_a_wide_one_and_fewer_than_five_none(self):
        few = forecast(waiting=100, ended_by_day=[5], today=self.TODAY)

        assert few is not None
        # The exact 80 % interval of a Poisson mean with five seen is 2.43 to 9.27.
        assert few.soonest == self.TODAY + 11 * DAY  # 100 / 9.27 = 10.8
        assert few.latest == self.TODAY + 42 * DAY  # 100 / 2.43 = 41.1
        assert forecast(waiting=100, ended_by_day=[4, 0, 0], today=self.TODAY) is None

    def test_an_empty_queue_has_no_forecast(self):
        assert forecast(waiting=0, ended_by_day=[9] * 14, today=self.TODAY) is None


def test_a_script_fills_its_keys_once_and_leaves_a_gap_for_what_is_not_known():
    text = "Buongiorno {{customer_name}}, {{ plate }} … {{__class__}}"

    assert unknown_keys(text) == ["__class__"]
    assert filled(text, {"customer_name": "{{plate}}", "plate": ""}) == "Buongiorno {{plate}}, ______ … ______"


@pytest.fixture
def manager(desk):
    return actor_in(desk.group.brescia, Role.CARE_MANAGER)


@pytest.fixture
def recovery(desk, manager, everything, now):
    details = RecoveryDetails(name="Dimenticati di febbraio", process_key="information", max_attempts=2)
    return start_recovery(unit_id=desk.group.brescia.pk, details=details, by=manager, now=now)


@pytest.fixture
def old(desk, everything, now):
    return a_case(desk.group.brescia_care, now=now - 40 * DAY, customer=desk.customer)


def joined(recovery, case, manager, now, temper=None) -> RecoveryItem:
    assert add_cases(recovery_id=recovery.pk, case_ids=[case.pk], tempers={case.pk: temper or Temper()}, by=manager,
                     now=now) == 1  # fmt: skip
    return RecoveryItem.objects.get(recovery=recovery, case=case)


def listed(now, *, after="", tab="unit"):
    page = desk_queries.page(Filters(tab=tab), actor_id=None, organisation=tree(), now=now, after=after)
    return [row.case.pk for row in page.rows], page.after


@pytest.mark.django_db
class TestTurns:
    def test_they_go_first_the_oldest_and_angriest_on_top(self, desk, recovery, old, manager, now):
        urgent = a_case(desk.group.brescia_care, now=now, customer=desk.customer, priority=4)
        angry = a_case(desk.group.brescia_care, now=now - 20 * DAY, customer=a_customer(desk.group, now=now))
        before, _after = listed(now)
        joined(recovery, old, manager, now)
        joined(recovery, angry, manager, now, Temper(unanswered=2, last_score=2))  # 20 + 20 + 25 days

        assert before.index(urgent.pk) < len(before)
        assert listed(now)[0][:2] == [angry.pk, old.pk]
        assert set(listed(now)[0]) == set(before)

    def test_pages_go_on_from_them_to_the_others_without_loss(self, desk, recovery, manager, now, monkeypatch):
        monkeypatch.setattr(desk_queries, "PAGE", 2)
        cases = [a_case(desk.group.brescia_care, now=now - n * DAY, customer=desk.customer) for n in range(7)]
        for few in (0, 1, 2, 3, 4):
            RecoveryItem.objects.all().delete()
            Case.objects.update(recovery_rank_at=None)
            if few:
                add_cases(
                    recovery_id=recovery.pk, case_ids=[c.pk for c in cases[:few]], tempers={}, by=manager, now=now
                )
            seen, after = listed(now)
            while after:
                more, after = listed(now, after=after)
                seen += more
            assert sorted(seen) == sorted(case.pk for case in cases), few
            assert seen[:few] == [case.pk for case in reversed(cases[:few])], few

    def test_until_the_next_attempt_is_due_a_case_stands_in_line_like_any_other(self, recovery, old, manager, now):
        item = joined(recovery, old, manager, now)
        note_attempt(item_id=item.pk, way="phone", result="no_answer", by=manager, now=now)
        old.refresh_from_db()
        item.refresh_from_db()
        assert old.recovery_rank_at is None
        assert item.next_try_at == now + 2 * DAY  # Thursday noon: the unit is open

        assert wake_recoveries(now=now + 2 * DAY - timedelta(seconds=1)) == 0
        assert wake_recoveries(now=now + 3 * DAY) == 1
        assert wake_recoveries(now=now + 3 * DAY) == 0
        old.refresh_from_db()
        assert old.recovery_rank_at == item.rank_at

    def test_the_wait_is_what_the_customers_story_says(self, desk, recovery, old, manager, now):
        def tell(fact, at, **fields):
            return publish(fact(unit_id=old.unit_id, occurred_at=at, case_id=old.pk, customer_id=desk.customer.pk,
                                **fields))  # fmt: skip

        mail = {"message_id": 1, "channel": "email", "preview": "…"}
        tell(MessageReceived, now - 60 * DAY, **mail)
        tell(MessageSent, now - 50 * DAY, **mail)
        tell(MessageReceived, now - 45 * DAY, **mail)
        tell(MessageReceived, now - 3 * DAY, **mail)
        for at, score in ((90, 9), (80, 3)):
            tell(SurveyAnswered, now - at * DAY, response_id=1, invitation_id=1, score=score, is_detractor=score < 7,
                 wants_callback=False, is_complete=True, low_items=0, text="")  # fmt: skip

        assert tempers_of([desk.customer.pk]) == {
            desk.customer.pk: Temper(waiting_since=now - 45 * DAY, unanswered=2, last_score=3)
        }

    def test_nobody_is_in_two_recoveries_at_once(self, desk, recovery, old, manager, now):
        joined(recovery, old, manager, now)
        details = RecoveryDetails(name="Un'altra", process_key="information")
        other = start_recovery(unit_id=desk.group.brescia.pk, details=details, by=manager, now=now)

        assert add_cases(recovery_id=other.pk, case_ids=[old.pk], tempers={}, by=manager, now=now) == 0
        assert add_cases(recovery_id=recovery.pk, case_ids=[old.pk], tempers={}, by=manager, now=now) == 0

    def test_cases_of_another_branch_stay_out(self, desk, recovery, manager, now):
        foreign = a_case(desk.group.verona_care, now=now, customer=desk.customer)

        assert add_cases(recovery_id=recovery.pk, case_ids=[foreign.pk], tempers={}, by=manager, now=now) == 0


@pytest.mark.django_db
class TestEnds:
    def test_closing_asks_how_it_ended_and_notes_it(self, desk, recovery, old, manager, now):
        item = joined(recovery, old, manager, now)
        with pytest.raises(OutcomeMissing):
            close_case(case_id=old.pk, by=desk.actor, now=now)
        assert Case.objects.get(pk=old.pk).closed_at is None

        close_case(case_id=old.pk, filling=Details(recovery_outcome="recovered"), by=desk.actor, now=now)

        item.refresh_from_db()
        assert (item.outcome, item.ended_at, item.ended_by_id) == ("recovered", now, desk.agent.pk)
        assert Case.objects.get(pk=old.pk).recovery_rank_at is None
        (fact,) = [fact for fact in stated_facts() if type(fact).__name__ == "RecoveryEnded"]
        assert (fact.outcome, fact.attempts, fact.waited_days) == ("recovered", 0, 40)

    def test_a_phase_that_closes_asks_too(self, desk, recovery, old, manager, now):
        joined(recovery, old, manager, now)
        enter_phase(case_id=old.pk, phase_key="working", by=desk.actor, now=now)
        with pytest.raises(OutcomeMissing):
            enter_phase(case_id=old.pk, phase_key="answered", by=desk.actor, now=now)

    def test_nobody_is_unreachable_before_the_last_attempt(self, recovery, old, manager, now):
        item = joined(recovery, old, manager, now)
        note_attempt(item_id=item.pk, way="phone", result="no_answer", by=manager, now=now)
        with pytest.raises(TooFewAttempts) as refusal:
            end_item(item_id=item.pk, outcome="unreachable", by=manager, now=now)
        assert refusal.value.data == {"made": 1, "needed": 2}

        note_attempt(item_id=item.pk, way="mail", result="wrong_contact", by=manager, now=now + DAY)
        end_item(item_id=item.pk, outcome="unreachable", by=manager, now=now + DAY)

        item.refresh_from_db()
        assert (item.outcome, item.attempts, item.next_try_at) == ("unreachable", 2, None)
        assert Case.objects.get(pk=old.pk).closed_at is None  # what is left to do goes on
        with pytest.raises(NotWaiting):
            note_attempt(item_id=item.pk, way="phone", result="reached", by=manager, now=now + DAY)

    @pytest.mark.parametrize(("end_kind", "outcome"), [(EndKind.SOLVED, "recovered"), (EndKind.CANCELLED, "lost")])
    def test_what_the_system_closes_says_it_by_itself(self, recovery, old, manager, now, end_kind, outcome):
        item = joined(recovery, old, manager, now)
        close_case(case_id=old.pk, end_kind=end_kind, by=ROBOT, now=now)

        item.refresh_from_db()
        assert item.outcome == outcome

    def test_a_merge_takes_the_turn_along(self, desk, recovery, old, manager, now):
        item = joined(recovery, old, manager, now)
        survivor = a_case(desk.group.brescia_care, now=now, customer=desk.customer)

        merge_cases(survivor_id=survivor.pk, absorbed_id=old.pk, by=manager, now=now)

        item.refresh_from_db()
        assert (item.case_id, item.ended_at) == (survivor.pk, None)
        assert Case.objects.get(pk=survivor.pk).recovery_rank_at == item.rank_at
        assert Case.objects.get(pk=old.pk).recovery_rank_at is None

    def test_a_recovery_ends_only_when_nobody_waits(self, recovery, old, manager, now):
        item = joined(recovery, old, manager, now)
        with pytest.raises(StillWaiting):
            end_recovery(recovery_id=recovery.pk, by=manager, now=now)
        end_item(item_id=item.pk, outcome="lost", by=manager, now=now)
        end_recovery(recovery_id=recovery.pk, by=manager, now=now)
        with pytest.raises(RecoveryOver):
            add_cases(recovery_id=recovery.pk, case_ids=[old.pk], tempers={}, by=manager, now=now)


@pytest.mark.django_db
def test_agents_start_no_recovery_and_scripts_have_known_keys_only(desk, everything, manager, now):
    details = RecoveryDetails(name="Mia", process_key="information")
    with pytest.raises(NotAllowed):
        start_recovery(unit_id=desk.group.brescia_care.pk, details=details, by=desk.actor, now=now)
    wrong = RecoveryDetails(name="Mia", process_key="information", script_it="{{password}}")
    with pytest.raises(ScriptUnusable):
        start_recovery(unit_id=desk.group.brescia.pk, details=wrong, by=manager, now=now)
