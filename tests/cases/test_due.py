"""What becomes due by itself: found once, told once, escalated up the tree, made up for after a stop."""

import threading
from datetime import timedelta

import pytest
from django.db import connection

from corsia.cases.models import Alarm, Case, Deadline
from corsia.cases.services import (
    add_tag,
    add_task,
    assign,
    close_case,
    due,
    finish_task,
    hand_to,
    remove_tag,
    remove_task,
    set_priority,
    snooze,
    touch,
    watch,
    we_answered,
)
from corsia.cases.vocabulary import NEVER, AlarmKind, ClockKind
from corsia.events.cases import DeadlineMissed
from corsia.kernel import scope
from corsia.organisation.models import Notification
from corsia.organisation.vocabulary import Role
from tests.factories.cases import ROBOT, a_case
from tests.factories.organisation import person_in
from tests.facts import stated_facts

LATER = timedelta(days=30)


@pytest.mark.django_db
@pytest.mark.usefixtures("everything")
class TestFinding:
    def test_a_broken_promise_is_found_once_at_its_due_instant(self, desk, now):
        case = a_case(desk.group.brescia_care, now=now, customer=desk.customer, assignee_id=desk.agent.pk)
        answer = Deadline.objects.get(case=case, clock=ClockKind.FIRST_ANSWER)

        assert due.find_missed_deadlines(now=answer.due_at - timedelta(seconds=1)) == 0
        assert due.find_missed_deadlines(now=answer.due_at) == 2  # the phase has the same limit
        assert due.find_missed_deadlines(now=answer.due_at + timedelta(hours=1)) == 0

        answer.refresh_from_db()
        assert answer.missed_at == answer.due_at
        assert sorted(fact.clock for fact in stated_facts(DeadlineMissed)) == ["first_answer", "phase"]
        assert Alarm.objects.filter(case=case, kind=AlarmKind.OVERDUE, cleared_at=None).count() == 2
        assert Notification.objects.filter(person=desk.agent, kind="cases.overdue").count() == 2

    def test_a_warning_gives_way_to_the_alarm(self, desk, now):
        case = a_case(desk.group.brescia_care, now=now, customer=desk.customer, assignee_id=desk.agent.pk)
        answer = Deadline.objects.get(case=case, clock=ClockKind.FIRST_ANSWER)

        due.find_warnings(now=answer.warn_at)
        assert Alarm.objects.filter(deadline=answer, kind=AlarmKind.ABOUT_TO_BREAK, cleared_at=None).count() == 1
        due.find_missed_deadlines(now=answer.due_at)

        standing = Alarm.objects.filter(deadline=answer, cleared_at=None)
        assert [alarm.kind for alarm in standing] == [AlarmKind.OVERDUE]

    def test_after_a_long_stop_a_broken_promise_gets_no_early_warning(self, desk, now):
        a_case(desk.group.brescia_care, now=now, customer=desk.customer)

        due.find_missed_deadlines(now=now + LATER)
        due.find_warnings(now=now + LATER)

        assert not Alarm.objects.filter(kind=AlarmKind.ABOUT_TO_BREAK).exists()

    def test_a_clock_in_other_hands_breaks_nothing(self, desk, now):
        case = a_case(desk.group.brescia_care, now=now, customer=desk.customer)
        hand_to(case_id=case.pk, holder="manufacturer", by=ROBOT, now=now)

        assert due.find_missed_deadlines(now=now + LATER) == 0

    def test_answering_clears_the_alarm_and_stops_its_escalation(self, desk, now):
        case = a_case(desk.group.brescia_care, now=now, customer=desk.customer)
        answer = Deadline.objects.get(case=case, clock=ClockKind.FIRST_ANSWER)
        due.find_missed_deadlines(now=answer.due_at)

        we_answered(case_id=case.pk, by=desk.actor, now=answer.due_at + timedelta(minutes=1))

        assert Alarm.objects.get(deadline=answer).cleared_at == answer.due_at + timedelta(minutes=1)

    def test_after_45_minutes_of_standstill_everything_due_is_done_in_one_run(self, desk, now, monkeypatch):
        monkeypatch.setattr(due, "BATCH", 3)
        for _ in range(7):
            a_case(desk.group.brescia_care, now=now, customer=desk.customer)

        assert due.find_missed_deadlines(now=now + LATER) == 21  # first answer, phase and solution of each

        assert not Deadline.objects.filter(missed_at=None).exists()

    def test_an_untouched_case_becomes_neglected_once_and_a_touch_ends_it(self, desk, now):
        case = a_case(desk.group.brescia_care, now=now, customer=desk.customer)
        neglected_from = Case.objects.get(pk=case.pk).neglected_from
        # Sixteen working hours after noon of Tuesday: five that day, 8.5 on Wednesday, 2.5 on Thursday until 11:00.
        assert neglected_from == now + timedelta(days=1, hours=23)

        assert due.find_neglected(now=neglected_from - timedelta(seconds=1)) == 0
        assert due.find_neglected(now=neglected_from) == 1
        assert due.find_neglected(now=neglected_from + timedelta(hours=1)) == 0
        assign(case_id=case.pk, person_id=desk.agent.pk, by=desk.actor, now=neglected_from + timedelta(hours=2))

        alarm = Alarm.objects.get(case=case, kind=AlarmKind.NEGLECTED)
        assert alarm.cleared_at == neglected_from + timedelta(hours=2)
        assert Case.objects.get(pk=case.pk).neglected_from > neglected_from

    @pytest.mark.parametrize(
        "work",
        [
            lambda case, task, **who: add_tag(case_id=case, label="officina", **who),
            lambda case, task, **who: remove_tag(case_id=case, label="vip", **who),
            lambda case, task, **who: finish_task(task_id=task, **who),
            lambda case, task, **who: remove_task(task_id=task, **who),
            lambda case, task, **who: set_priority(case_id=case, priority=3, **who),
            lambda case, task, **who: touch(case_id=case, **who),
        ],
    )
    def test_whatever_somebody_does_with_a_neglected_case_ends_the_neglect(self, desk, now, work):
        case = a_case(desk.group.brescia_care, now=now, customer=desk.customer)
        add_tag(case_id=case.pk, label="vip", by=ROBOT, now=now)
        task = add_task(case_id=case.pk, title="Chiamare", by=ROBOT, now=now)
        at = Case.objects.get(pk=case.pk).neglected_from
        due.find_neglected(now=at)

        work(case.pk, task.pk, by=desk.actor, now=at + timedelta(hours=1))

        case.refresh_from_db()
        assert case.last_activity_at == at + timedelta(hours=1)
        assert at + timedelta(hours=1) < case.neglected_from < NEVER
        assert Alarm.objects.get(case=case, kind=AlarmKind.NEGLECTED).cleared_at == at + timedelta(hours=1)

    def test_looking_on_and_doing_again_what_is_done_is_no_touch(self, desk, now):
        case = a_case(desk.group.brescia_care, now=now, customer=desk.customer)
        add_tag(case_id=case.pk, label="vip", by=ROBOT, now=now)
        task = add_task(case_id=case.pk, title="Chiamare", by=ROBOT, now=now)
        finish_task(task_id=task.pk, by=desk.actor, now=now)
        later = now + timedelta(hours=2)

        add_tag(case_id=case.pk, label="VIP", by=desk.actor, now=later)
        remove_tag(case_id=case.pk, label="mai messo", by=desk.actor, now=later)
        finish_task(task_id=task.pk, by=desk.actor, now=later)
        watch(case_id=case.pk, by=desk.actor, now=later)

        case.refresh_from_db()
        assert case.last_activity_at == now

    def test_a_closed_case_cannot_be_neglected_whatever_is_done_with_it(self, desk, now):
        case = a_case(desk.group.brescia_care, now=now, customer=desk.customer)
        close_case(case_id=case.pk, by=desk.actor, now=now)

        add_tag(case_id=case.pk, label="vip", by=desk.actor, now=now + timedelta(hours=1))
        touch(case_id=case.pk, by=desk.actor, now=now + timedelta(hours=1))

        case.refresh_from_db()
        assert (case.neglected_from, case.last_activity_at) == (NEVER, now)

    def test_an_alarm_climbs_the_tree_and_tells_each_level_once(self, desk, now):
        branch = person_in(desk.group.brescia, Role.BRANCH_MANAGER)
        top = person_in(desk.group.root, Role.CARE_MANAGER)
        elsewhere = person_in(desk.group.verona, Role.BRANCH_MANAGER)
        case = a_case(desk.group.brescia_care, now=now, customer=desk.customer, assignee_id=desk.agent.pk)
        answer = Deadline.objects.get(case=case, clock=ClockKind.SOLUTION)
        Deadline.objects.filter(case=case).exclude(pk=answer.pk).delete()
        due.find_missed_deadlines(now=answer.due_at)

        for _ in range(4):
            alarm = Alarm.objects.get(deadline=answer)
            if alarm.escalate_at:
                assert due.escalate_alarms(now=alarm.escalate_at - timedelta(seconds=1)) == 0
                assert due.escalate_alarms(now=alarm.escalate_at) == 1

        told = list(Notification.objects.order_by("pk").values_list("person_id", flat=True))
        assert told == [desk.agent.pk, branch.pk, top.pk]
        assert elsewhere.pk not in told
        assert Alarm.objects.get(deadline=answer).cleared_at is None

    def test_without_an_assignee_the_managers_hear_first(self, desk, now):
        branch = person_in(desk.group.brescia, Role.BRANCH_MANAGER)
        case = a_case(desk.group.brescia_care, now=now, customer=desk.customer)

        due.find_missed_deadlines(now=Deadline.objects.get(case=case, clock=ClockKind.PHASE).due_at)

        assert set(Notification.objects.values_list("person_id", flat=True)) == {branch.pk}

    def test_a_snooze_ends_by_itself_and_tells_the_assignee(self, desk, now):
        case = a_case(desk.group.brescia_care, now=now, customer=desk.customer, assignee_id=desk.agent.pk)
        snooze(case_id=case.pk, until=now + timedelta(hours=5), by=desk.actor, now=now)

        assert due.wake_snoozed(now=now + timedelta(hours=5) - timedelta(seconds=1)) == 0
        assert due.wake_snoozed(now=now + timedelta(hours=5)) == 1

        assert Case.objects.get(pk=case.pk).snoozed_until is None
        assert [notice.kind for notice in Notification.objects.filter(person=desk.agent)] == ["cases.awake"]

    def test_a_closed_case_raises_no_alarm_and_clears_those_it_had(self, desk, now):
        case = a_case(desk.group.brescia_care, now=now, customer=desk.customer)
        due.find_missed_deadlines(now=now + LATER)

        close_case(case_id=case.pk, by=ROBOT, now=now + LATER)

        assert not Alarm.objects.filter(cleared_at=None).exists()
        assert due.find_neglected(now=now + LATER * 2) == 0
        assert due.escalate_alarms(now=now + LATER * 2) == 0


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_find_everything_exactly_once(desk, now):
    with scope.system("test"):
        for _ in range(12):
            a_case(desk.group.brescia_care, now=now, customer=desk.customer, assignee_id=desk.agent.pk)
    found, start = [], threading.Barrier(2)

    def work() -> None:
        try:
            with scope.system("test"):
                start.wait()
                found.append(due.find_missed_deadlines(now=now + LATER))
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    with scope.system("test"):
        assert sum(found) == 36
        assert len(stated_facts(DeadlineMissed)) == 36
        assert Alarm.objects.count() == 36
        assert Notification.objects.count() == 36
