"""An unhappy answer opens a case with a call, open until it is written down how it ended; then we ask again."""

from datetime import timedelta

import pytest

from corsia.cases.models import Case, Process, Task
from corsia.cases.services import close_case, open_case
from corsia.cases.services.care import Details, describe
from corsia.customers.models import Milestone
from corsia.customers.services.milestones import state_milestone
from corsia.events.listening import SurveyAnswered
from corsia.kernel.facts import name_of, run_reaction, subscriptions
from corsia.kernel.models import FactRecord
from corsia.listening.links import ANSWER, token_of
from corsia.listening.models import Invitation, ListeningPlan, Loop, Questionnaire, Response, ResponseItem, Touchpoint
from corsia.listening.queries.loops import LoopOpen, loop_sums, loops_of_case
from corsia.listening.services import (
    LoopNeedsReason,
    answer_page,
    end_loop,
    install_questionnaires,
    note_call,
    send_due_invitations,
    settle_left,
)
from corsia.listening.vocabulary import LoopOutcome
from corsia.messaging.models import Outgoing
from tests.conftest import NOON
from tests.factories.cases import ROBOT
from tests.factories.surveys import reachable, sent, surveyed_group
from tests.facts import stated_facts

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def ready(group, everything):
    made = surveyed_group(group, now=NOON)
    install_questionnaires(unit_id=made.root.pk, by=ROBOT, now=NOON)
    return made


def react(now) -> None:
    """Let everything that is subscribed happen, as its jobs do, until nothing new is told."""
    done: set[int] = set()
    while fresh := [row for row in FactRecord.objects.order_by("pk") if row.pk not in done]:
        for row in fresh:
            done.add(row.pk)
            for kind, reactions in subscriptions().items():
                if f"{kind.__module__.rpartition('.')[2]}.{kind.__name__}" == row.kind:
                    for reaction in reactions:
                        run_reaction(fact_id=row.pk, reaction=name_of(reaction), now=now)


def says(invitation: Invitation, page: str, now, **given: str):
    return answer_page(
        token=token_of(invitation.pk, ANSWER), page_key=page, data={key: [value] for key, value in given.items()},
        now=now,
    )  # fmt: skip


def unhappy(ready, score: int = 3):
    invitation = sent(ready.brescia_care, reachable(ready, now=NOON), now=NOON)
    says(invitation, "recommend", NOON + 2 * HOUR, recommend=str(score))
    says(invitation, "why", NOON + 2 * HOUR, why_detractor="Auto sporca")
    react(NOON + 2 * HOUR)
    return Loop.objects.get()


def close(loop: Loop, **changed):
    values = {
        "root_cause": "Lavaggio saltato",
        "cause_id": None,
        "remedy": "Lavaggio offerto",
        "outcome": LoopOutcome.RECOVERED,
        "money_kept_cents": None,
        "by": ROBOT,
        "now": NOON + 20 * HOUR,
    }
    return end_loop(loop_id=loop.pk, **{**values, **changed})


def test_an_unhappy_answer_opens_a_loop_on_its_case_once(ready) -> None:
    loop = unhappy(ready)
    react(NOON + 3 * HOUR)

    assert Loop.objects.count() == 1
    assert (loop.case_id, loop.level, loop.due_at) == (
        loop.response.case_id, 1, NOON + 2 * HOUR + timedelta(hours=48),
    )  # fmt: skip
    assert Case.objects.get(pk=loop.case_id).closed_at is None
    assert Task.objects.filter(case_id=loop.case_id, is_callback=True).count() == 1
    [card] = loops_of_case(loop.case_id)
    assert (card.score, card.text, [item.number for item in card.items]) == (3, "Auto sporca", [3])


def test_a_case_is_not_closed_before_its_loop_is(ready) -> None:
    loop = unhappy(ready)

    with pytest.raises(LoopOpen):
        close_case(case_id=loop.case_id, by=ROBOT, now=NOON + 4 * HOUR)
    with pytest.raises(LoopOpen):
        close_case(case_id=loop.case_id, end_kind="cancelled", by=ROBOT, now=NOON + 4 * HOUR)

    close(loop)
    assert close_case(case_id=loop.case_id, by=ROBOT, now=NOON + 21 * HOUR).closed_at == NOON + 21 * HOUR


@pytest.mark.parametrize("empty", [{"root_cause": " "}, {"remedy": ""}, {"outcome": ""}, {"outcome": "fine"}])
def test_a_loop_does_not_end_without_cause_remedy_and_outcome(ready, empty) -> None:
    loop = unhappy(ready)

    with pytest.raises(LoopNeedsReason):
        close(loop, **empty)
    assert Loop.objects.get().closed_at is None


def test_the_call_is_about_the_bad_things_only(ready) -> None:
    loop = unhappy(ready)

    note_call(
        loop_id=loop.pk, said={"recommend": "Era sporca dentro", "why_detractor": "x", "none": "y"}, by=ROBOT,
        now=NOON + 5 * HOUR,
    )  # fmt: skip

    loop.refresh_from_db()
    assert loop.called_at == NOON + 5 * HOUR
    assert Task.objects.get(is_callback=True).done_at == NOON + 5 * HOUR
    assert [(item.question, item.said) for item in loop.items.all()] == [("recommend", "Era sporca dentro")]


def test_ten_days_later_the_customer_is_asked_again_and_unhappy_again_goes_one_level_up(ready) -> None:
    loop = unhappy(ready)
    close(loop)
    close_case(case_id=loop.case_id, by=ROBOT, now=NOON + 21 * HOUR)
    after = Invitation.objects.get(follows=loop)
    assert after.send_after == NOON + 20 * HOUR + 10 * DAY

    assert send_due_invitations(now=NOON + 5 * DAY) == 0
    assert send_due_invitations(now=NOON + 11 * DAY) == 1
    after.refresh_from_db()
    assert (after.sent_at, Outgoing.objects.filter(subject__contains="rimediato").count()) == (NOON + 11 * DAY, 1)

    says(after, "recommend", NOON + 12 * DAY, recommend="2")
    settle_left(now=NOON + 12 * DAY + HOUR)
    react(NOON + 12 * DAY + HOUR)

    again = Loop.objects.exclude(pk=loop.pk).get()
    assert (again.level, again.case_id) == (2, loop.case_id)
    assert Case.objects.get(pk=loop.case_id).closed_at is None


def test_a_nine_after_the_remedy_ends_it(ready) -> None:
    loop = unhappy(ready)
    close(loop)
    close_case(case_id=loop.case_id, by=ROBOT, now=NOON + 21 * HOUR)
    send_due_invitations(now=NOON + 11 * DAY)
    after = Invitation.objects.get(follows=loop)

    says(after, "recommend", NOON + 12 * DAY, recommend="9")
    says(after, "why", NOON + 12 * DAY, why_promoter="Grazie")
    react(NOON + 12 * DAY)

    assert Loop.objects.count() == 1
    assert Case.objects.get(pk=loop.case_id).closed_at == NOON + 21 * HOUR


@pytest.mark.parametrize("outcome", [LoopOutcome.LOST, LoopOutcome.UNREACHABLE])
def test_whoever_is_lost_is_not_asked_again(ready, outcome) -> None:
    close(unhappy(ready), outcome=outcome)

    assert Invitation.objects.filter(follows__isnull=False).count() == 0


def test_what_was_left_in_the_middle_counts_and_is_told_once(ready) -> None:
    invitation = sent(ready.brescia_care, reachable(ready, now=NOON), now=NOON)
    says(invitation, "recommend", NOON + 2 * HOUR, recommend="3")
    assert settle_left(now=NOON + 2 * HOUR + timedelta(minutes=29)) == 0
    assert settle_left(now=NOON + 2 * HOUR + timedelta(minutes=30)) == 1
    assert settle_left(now=NOON + 9 * HOUR) == 0
    [told] = stated_facts(SurveyAnswered)
    assert (told.is_complete, told.score, told.is_detractor, told.low_items) == (False, 3, True, 1)

    says(invitation, "why", NOON + 10 * HOUR, why_detractor="Ora ho tempo")
    assert len(stated_facts(SurveyAnswered)) == 1
    kept = Response.objects.get()
    assert (kept.completed_at, kept.text) == (NOON + 10 * HOUR, "Ora ho tempo")


def test_the_sums_say_how_soon_and_how_well(ready) -> None:
    close(unhappy(ready), money_kept_cents=120_000)

    found = loop_sums(since=NOON - DAY, until=NOON + 30 * DAY)
    assert (found.opened, found.ended, found.in_time, found.decided, found.recovered) == (1, 1, 1, 1, 1)
    assert (found.median_hours, found.money_kept_cents, found.money_known) == (18.0, 120_000, 1)
    assert (found.in_time_pct, found.recovered_pct) == (100, 100)


class TestPlans:
    """A plan invites after an event, without a case; whoever is unhappy then gets one."""

    @pytest.fixture
    def plan(self, ready) -> ListeningPlan:
        touchpoint = Touchpoint.objects.create(
            unit=ready.root, key="workshop", name_it="Officina", name_en="Workshop", stage="service"
        )
        return ListeningPlan.objects.create(
            unit=ready.root,
            name="Officina",
            touchpoint=touchpoint,
            questionnaire=Questionnaire.objects.get(key="csi-workshop"),
            starts_on=NOON.date(),
            occasion="customers.order_closed",
            delay_minutes=3 * 24 * 60,
            state="running",
            changed_at=NOON,
        )

    def closed_order(self, ready, customer, *, now=NOON) -> Milestone:
        made, _is_new = state_milestone(
            kind="order_closed", unit_id=ready.brescia_care.pk, customer_id=customer.pk, vehicle_id=None,
            reached_at=now, reference="C-77", detail="", by=ROBOT, now=now,
        )  # fmt: skip
        react(now)
        return made

    def test_a_closed_work_order_is_followed_by_the_survey_after_its_delay(self, ready, plan) -> None:
        giulia = reachable(ready, now=NOON)
        self.closed_order(ready, giulia)
        [invitation] = Invitation.objects.all()

        assert (invitation.case_id, invitation.plan_id, invitation.send_after) == (None, plan.pk, NOON + 3 * DAY)
        assert send_due_invitations(now=NOON + 2 * DAY) == 0
        assert send_due_invitations(now=NOON + 3 * DAY) == 1
        [mail] = Outgoing.objects.filter(reason="survey")
        assert (mail.message_id, mail.customer_id, mail.to_address) == (None, giulia.pk, "giulia@example.it")
        assert "/portal/survey/" in mail.body
        assert Case.objects.count() == 0

        says(invitation, "recommend", NOON + 4 * DAY, recommend="8")
        says(invitation, "arrival", NOON + 4 * DAY, booking="9", reception="2", estimate="8")
        settle_left(now=NOON + 5 * DAY)
        react(NOON + 5 * DAY)

        case = Case.objects.get()
        loop = Loop.objects.get()
        assert (case.customer_id, loop.case_id) == (giulia.pk, case.pk)
        [card] = loops_of_case(case.pk)
        assert [(item.question, item.number) for item in card.items] == [("reception", 2)]
        assert ResponseItem.objects.count() == 4

    def test_the_same_event_invites_once_and_a_full_quota_stops_what_is_on_its_way(self, ready, plan) -> None:
        ListeningPlan.objects.update(quota=1)
        first, second = reachable(ready, now=NOON), reachable(ready, now=NOON, email="b@example.it", last_name="Verdi")
        self.closed_order(ready, first)
        self.closed_order(ready, second)
        react(NOON)
        assert Invitation.objects.filter(plan=plan).count() == 2
        send_due_invitations(now=NOON + 3 * DAY, limit=1)
        asked = Invitation.objects.get(sent_at__isnull=False)  # either: both were due at the same instant
        says(asked, "recommend", NOON + 3 * DAY, recommend="9")

        assert send_due_invitations(now=NOON + 3 * DAY + HOUR) == 0
        late = Invitation.objects.exclude(pk=asked.pk).get()
        assert (late.sent_at, late.cancel_reason) == (None, "quota_full")

    @pytest.mark.parametrize("changed", [{"state": "paused"}, {"state": "ended"}, {"starts_on": (NOON + DAY).date()}])
    def test_a_plan_that_does_not_run_invites_nobody(self, ready, plan, changed) -> None:
        ListeningPlan.objects.update(**changed)
        self.closed_order(ready, reachable(ready, now=NOON))

        assert Invitation.objects.count() == 0

    def test_a_sample_draws_the_same_events_every_time(self, ready, plan) -> None:
        ListeningPlan.objects.update(design="sample", sample_pct=30)
        people = [reachable(ready, now=NOON, email=f"c{n}@example.it", last_name=f"Rossi{n}") for n in range(30)]
        for customer in people:
            self.closed_order(ready, customer)

        drawn = Invitation.objects.filter(cancelled_at=None).count()
        assert Invitation.objects.count() == 30
        assert Invitation.objects.filter(cancel_reason="not_in_sample").count() == 30 - drawn
        assert 2 <= drawn <= 18


@pytest.mark.parametrize(("reference", "is_reopened"), [("C-77", True), ("C-78", False)])
def test_an_unhappy_answer_about_a_work_order_reopens_the_case_that_names_it(ready, reference, is_reopened) -> None:
    customer = reachable(ready, now=NOON)
    case = open_case(
        unit_id=ready.brescia_care.pk, process_key="complaint", subject="Freni", origin="phone",
        customer_id=customer.pk, by=ROBOT, now=NOON - 3 * DAY,
    )  # fmt: skip
    details = Details(reference=reference, root_cause="Pastiglie", remedy="Sostituite")
    describe(case_id=case.pk, details=details, by=ROBOT, now=NOON - 2 * DAY)
    Process.objects.update(sends_survey=False)
    close_case(case_id=case.pk, by=ROBOT, now=NOON - 2 * DAY)
    touchpoint = Touchpoint.objects.create(unit=ready.root, key="x", name_it="X", name_en="X", stage="service")
    ListeningPlan.objects.create(
        unit=ready.root, name="Officina", touchpoint=touchpoint, starts_on=NOON.date(), state="running",
        questionnaire=Questionnaire.objects.get(key="csi-workshop"), occasion="customers.order_closed",
        changed_at=NOON,
    )  # fmt: skip
    state_milestone(
        kind="order_closed", unit_id=ready.brescia_care.pk, customer_id=customer.pk, vehicle_id=None,
        reached_at=NOON, reference="C-77", detail="", by=ROBOT, now=NOON,
    )  # fmt: skip
    react(NOON)
    assert send_due_invitations(now=NOON + HOUR) == 1
    says(Invitation.objects.get(), "recommend", NOON + 2 * HOUR, recommend="3")
    settle_left(now=NOON + 3 * HOUR)
    react(NOON + 3 * HOUR)

    loop = Loop.objects.get()
    case.refresh_from_db()
    assert (loop.case_id == case.pk, case.closed_at is None, case.reopened_times) == (
        is_reopened, is_reopened, int(is_reopened),
    )  # fmt: skip
    assert Case.objects.count() == (1 if is_reopened else 2)


def test_an_open_case_of_nobody_unhappy_closes_as_ever(ready) -> None:
    case = open_case(
        unit_id=ready.brescia_care.pk, process_key="information", subject="Orari", origin="phone",
        customer_id=reachable(ready, now=NOON).pk, by=ROBOT, now=NOON,
    )  # fmt: skip
    assert close_case(case_id=case.pk, by=ROBOT, now=NOON + HOUR).closed_at == NOON + HOUR
