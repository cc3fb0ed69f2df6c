"""Cases move: the clock has a culprit, phases ask for what they need, closing is not the end."""

import itertools
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corsia.cases.models import Alarm, Case, Deadline, Segment, Task
from corsia.cases.queries import may_reopen
from corsia.cases.services import (
    CannotWorkThere,
    CaseClosed,
    Details,
    FieldsMissing,
    NoSuchWay,
    TasksOpen,
    add_task,
    assign,
    close_case,
    customer_wrote,
    describe,
    enter_phase,
    finish_task,
    hand_over,
    hand_to,
    reopen_case,
    set_priority,
    snooze,
    take,
    watch,
    we_answered,
)
from corsia.cases.services.assignment import AlreadyTaken
from corsia.cases.services.care import SnoozeInThePast
from corsia.cases.vocabulary import NEVER, ClockKind, EndKind, Holder
from corsia.events.cases import CaseClosed as CaseClosedFact
from corsia.events.cases import CaseReopened, DeadlineMissed, PhaseEntered
from corsia.kernel.models import AuditEntry
from corsia.organisation.models import Notification
from tests.factories.cases import ROBOT, a_case
from tests.factories.organisation import actor_in, person_in
from tests.facts import stated_facts

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("everything")]


def hour(now, hours):
    return now + timedelta(hours=hours)


def clock(case, kind):
    return Deadline.objects.filter(case=case, clock=kind).latest("pk")


def test_the_clocks_stand_still_while_the_customer_has_the_case(desk, now):
    case = a_case(desk.group.brescia_care, now=now, customer=desk.customer)

    hand_to(case_id=case.pk, holder="customer", reason="manca il libretto", by=ROBOT, now=hour(now, 0.25))

    answer = clock(case, ClockKind.FIRST_ANSWER)
    assert (answer.due_at, answer.warn_at, answer.left_seconds) == (None, None, 105 * 60)
    assert Case.objects.get(pk=case.pk).due_at == NEVER
    hand_to(case_id=case.pk, holder="us", by=ROBOT, now=hour(now, 24))
    answer = clock(case, ClockKind.FIRST_ANSWER)
    # At 12:00 the next day 105 minutes are left: 30 before lunch, 75 from 14:00.
    assert (answer.due_at, answer.left_seconds) == (hour(now, 27.25), None)
    assert Case.objects.get(pk=case.pk).due_at == hour(now, 27.25)


def test_segments_tell_who_held_the_case_how_long(desk, now):
    case = a_case(desk.group.brescia_care, now=now, customer=desk.customer)
    hand_to(case_id=case.pk, holder="part", by=ROBOT, now=hour(now, 3))
    hand_to(case_id=case.pk, holder="us", by=ROBOT, now=hour(now, 27))

    rows = Segment.objects.filter(case=case).order_by("started_at")
    assert [(row.holder, row.started_at, row.ended_at, row.working_seconds) for row in rows] == [
        ("us", now, hour(now, 3), 90 * 60),
        ("part", hour(now, 3), hour(now, 27), 17 * 1800),
        ("us", hour(now, 27), None, None),
    ]


steps = st.lists(
    st.tuples(
        st.sampled_from(["us", "customer", "part", "manufacturer", "insurer", "close", "reopen", "wrote"]),
        st.integers(1, 5_000),
    ),
    max_size=9,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
def test_the_sum_of_the_segments_is_the_time_the_case_was_open(desk, now, steps):
    case = a_case(desk.group.brescia_care, now=now, customer=desk.customer)
    at, is_open, open_seconds, since, held = now, True, 0, now, {"us": 0}
    holder = "us"
    for what, minutes in steps:
        before, at = at, at + timedelta(minutes=minutes)
        if is_open:
            held[holder] = held.get(holder, 0) + minutes * 60
        if what == "close" and is_open:
            close_case(case_id=case.pk, end_kind=EndKind.SOLVED, by=ROBOT, now=at)
            open_seconds += (at - since).total_seconds()
            is_open = False
        elif what == "reopen" and not is_open:
            reopen_case(case_id=case.pk, reason="", by=ROBOT, now=at)
            since, is_open, holder = at, True, "us"
        elif what == "wrote" and is_open:
            customer_wrote(case_id=case.pk, now=at)
            holder = "us"
        elif what in Holder.values and is_open:
            hand_to(case_id=case.pk, holder=what, by=ROBOT, now=at)
            holder = what
        assert before < at
    if is_open:
        open_seconds += (at - since).total_seconds()

    rows = list(Segment.objects.filter(case=case).order_by("started_at"))
    lengths = {}
    for row in rows:
        lengths[row.holder] = lengths.get(row.holder, 0) + ((row.ended_at or at) - row.started_at).total_seconds()
    assert sum(lengths.values()) == open_seconds
    assert {key: value for key, value in lengths.items() if value} == {k: v for k, v in held.items() if v}
    assert all(row.ended_at is None or row.ended_at <= later.started_at for row, later in itertools.pairwise(rows))
    assert sum(1 for row in rows if row.ended_at is None) == (1 if is_open else 0)


def test_an_answer_keeps_the_promise_and_the_customers_next_message_makes_another(desk, now):
    case = a_case(desk.group.brescia_care, now=now, customer=desk.customer)

    we_answered(case_id=case.pk, by=desk.actor, now=hour(now, 0.25))
    assert clock(case, ClockKind.FIRST_ANSWER).met_at == hour(now, 0.25)
    assert not Deadline.objects.filter(case=case, clock=ClockKind.NEXT_ANSWER).exists()

    customer_wrote(case_id=case.pk, now=hour(now, 2))
    following = clock(case, ClockKind.NEXT_ANSWER)
    assert (following.limit_minutes, following.due_at) == (240, hour(now, 6))
    customer_wrote(case_id=case.pk, now=hour(now, 3))
    assert Deadline.objects.filter(case=case, clock=ClockKind.NEXT_ANSWER).count() == 1


def test_the_first_answer_takes_the_case_on_from_its_first_phase_and_the_next_leaves_it(desk, now):
    case = a_case(desk.group.brescia_care, now=now, customer=desk.customer)

    we_answered(case_id=case.pk, by=desk.actor, now=hour(now, 0.25))

    case.refresh_from_db()
    assert (case.phase.key, case.phase_entered_at, case.holder) == ("working", hour(now, 0.25), "us")
    assert [(fact.phase, fact.occurred_at) for fact in stated_facts(PhaseEntered)] == [("working", hour(now, 0.25))]
    moved = AuditEntry.objects.get(verb="phase_entered")
    assert (moved.actor_id, moved.data["old"], moved.data["new"]) == (desk.agent.pk, "new", "working")
    we_answered(case_id=case.pk, by=desk.actor, now=hour(now, 0.5))
    case.refresh_from_db()
    assert case.phase_entered_at == hour(now, 0.25)
    assert len(stated_facts(PhaseEntered)) == 1


def test_an_answer_leaves_the_case_with_whoever_has_it_in_hand(desk, now):
    case = a_case(desk.group.brescia_care, now=now, customer=desk.customer)
    hand_to(case_id=case.pk, holder="customer", by=desk.actor, now=hour(now, 0.1))

    we_answered(case_id=case.pk, by=desk.actor, now=hour(now, 0.2))

    case.refresh_from_db()
    assert (case.phase.key, case.holder) == ("working", "customer")
    assert clock(case, ClockKind.PHASE).due_at is None


def test_an_answer_moves_no_case_whose_phase_still_asks_for_something(desk, now):
    case = a_case(desk.group.brescia_care, now=now, process_key="technical", customer=desk.customer)

    we_answered(case_id=case.pk, by=desk.actor, now=hour(now, 0.25))

    case.refresh_from_db()
    assert case.phase.key == "asked"  # the vehicle is not known
    assert clock(case, ClockKind.FIRST_ANSWER).met_at == hour(now, 0.25)
    assert stated_facts(PhaseEntered) == []


def test_a_message_of_the_customer_brings_the_case_back_into_our_hands_awake(desk, now):
    case = a_case(desk.group.brescia_care, now=now, customer=desk.customer)
    hand_to(case_id=case.pk, holder="customer", by=ROBOT, now=hour(now, 0.1))
    snooze(case_id=case.pk, until=hour(now, 48), by=ROBOT, now=hour(now, 0.2))

    customer_wrote(case_id=case.pk, now=hour(now, 2))

    case.refresh_from_db()
    assert (case.holder, case.snoozed_until, case.last_activity_at) == ("us", None, hour(now, 2))
    assert clock(case, ClockKind.FIRST_ANSWER).due_at is not None


def test_an_answer_that_comes_late_says_so_before_the_minute_job_does(desk, now):
    case = a_case(desk.group.brescia_care, now=now, customer=desk.customer)
    due = clock(case, ClockKind.FIRST_ANSWER).due_at
    phase = clock(case, ClockKind.PHASE)  # as long: the answer that takes the case on is late for it as well

    we_answered(case_id=case.pk, by=desk.actor, now=due + timedelta(seconds=1))

    answer = clock(case, ClockKind.FIRST_ANSWER)
    assert (answer.missed_at, answer.met_at) == (due, due + timedelta(seconds=1))
    missed = [(fact.clock, fact.deadline_id) for fact in stated_facts(DeadlineMissed)]
    assert missed == [("first_answer", answer.pk), ("phase", phase.pk)]
    assert not Alarm.objects.filter(deadline=answer).exists()


def test_a_case_goes_only_where_its_process_leads(desk, now):
    case = a_case(desk.group.brescia_care, now=now, customer=desk.customer, process_key="complaint")

    with pytest.raises(NoSuchWay) as refusal:
        enter_phase(case_id=case.pk, phase_key="solved", by=ROBOT, now=now)

    assert refusal.value.data["ways"] in ("Preso in carico, Annullato", "Taken in charge, Cancelled")
    assert Case.objects.get(pk=case.pk).phase_id == case.phase_id
    assert stated_facts(PhaseEntered) == []


def test_entering_a_phase_ends_its_clock_starts_the_next_and_does_what_it_does(desk, now):
    case = a_case(desk.group.brescia_care, now=now, customer=desk.customer, process_key="complaint")

    enter_phase(case_id=case.pk, phase_key="taken_charge", by=ROBOT, now=hour(now, 0.25))

    received, taken = Deadline.objects.filter(case=case, clock=ClockKind.PHASE).order_by("pk")
    assert received.met_at == hour(now, 0.25)
    assert (taken.phase.key, taken.limit_minutes, taken.met_at) == ("taken_charge", 480, None)
    assert Task.objects.get(case=case).title == "Chiamare il cliente e ascoltare che cosa è successo"
    assert [fact.phase for fact in stated_facts(PhaseEntered)] == ["taken_charge"]


def test_a_phase_with_a_holder_hands_the_case_over_and_the_next_one_takes_it_back(desk, now):
    case = a_case(desk.group.brescia_care, now=now, customer=desk.customer)

    enter_phase(case_id=case.pk, phase_key="waiting_customer", by=ROBOT, now=hour(now, 0.25))
    assert (Case.objects.get(pk=case.pk).holder, clock(case, ClockKind.SOLUTION).due_at) == ("customer", None)
    enter_phase(case_id=case.pk, phase_key="working", by=ROBOT, now=hour(now, 24))

    assert Case.objects.get(pk=case.pk).holder == "us"
    assert clock(case, ClockKind.SOLUTION).due_at is not None


def complaint_with_remedy_agreed(desk, now):
    case = a_case(
        desk.group.brescia_care,
        now=now,
        customer=desk.customer,
        process_key="complaint",
        assignee_id=desk.agent.pk,
    )
    for phase in ("taken_charge", "remedy_agreed"):
        enter_phase(case_id=case.pk, phase_key=phase, by=ROBOT, now=now)
    return case


def test_a_complaint_cannot_end_without_its_root_cause_and_remedy(desk, now):
    case = complaint_with_remedy_agreed(desk, now)

    with pytest.raises(FieldsMissing) as refusal:
        enter_phase(case_id=case.pk, phase_key="solved", by=ROBOT, now=now)

    assert refusal.value.fields == ["root_cause", "remedy"]
    assert Case.objects.get(pk=case.pk).closed_at is None


def test_closing_straight_away_does_not_get_around_what_the_last_phase_asks(desk, now):
    case = a_case(desk.group.brescia_care, now=now, customer=desk.customer, process_key="complaint")

    with pytest.raises(FieldsMissing) as refusal:
        close_case(case_id=case.pk, by=ROBOT, now=now)

    assert refusal.value.fields == ["root_cause", "remedy"]
    close_case(case_id=case.pk, by=ROBOT, now=now, end_kind=EndKind.CANCELLED)
    assert Case.objects.get(pk=case.pk).end_kind == "cancelled"


def test_a_complaint_ends_with_both_and_its_tasks_done(desk, now):
    case = complaint_with_remedy_agreed(desk, now)
    filling = Details(root_cause="Ricambio errato", remedy="Buono da 80 €")

    with pytest.raises(TasksOpen):
        enter_phase(case_id=case.pk, phase_key="solved", filling=filling, by=ROBOT, now=now)
    assert Case.objects.get(pk=case.pk).remedy == ""  # all or nothing
    for task in Task.objects.filter(case=case):
        finish_task(task_id=task.pk, by=desk.actor, now=now)
    enter_phase(case_id=case.pk, phase_key="solved", filling=filling, by=ROBOT, now=hour(now, 1))

    case = Case.objects.get(pk=case.pk)
    assert (case.closed_at, case.end_kind, case.due_at, case.neglected_from) == (hour(now, 1), "solved", NEVER, NEVER)
    assert not Deadline.objects.filter(case=case, met_at=None, dropped_at=None).exists()
    (fact,) = stated_facts(CaseClosedFact)
    assert (fact.end_kind, fact.sends_survey, fact.assignee_id) == ("solved", True, desk.agent.pk)


def test_a_cancelled_case_asks_nobody_how_it_went(desk, now):
    case = a_case(desk.group.brescia_care, now=now, customer=desk.customer)

    enter_phase(case_id=case.pk, phase_key="cancelled", by=ROBOT, now=now)

    assert [fact.sends_survey for fact in stated_facts(CaseClosedFact)] == [False]


def test_a_closed_case_takes_no_message_until_it_is_reopened_where_it_was(desk, now):
    case = a_case(desk.group.brescia_care, now=now, customer=desk.customer)
    enter_phase(case_id=case.pk, phase_key="working", by=ROBOT, now=now)
    close_case(case_id=case.pk, by=ROBOT, now=hour(now, 1))

    with pytest.raises(CaseClosed):
        customer_wrote(case_id=case.pk, now=hour(now, 2))
    reopen_case(case_id=case.pk, reason="ha risposto", by=ROBOT, now=hour(now, 2))
    customer_wrote(case_id=case.pk, now=hour(now, 2))

    case = Case.objects.get(pk=case.pk)
    assert (case.phase.key, case.closed_at, case.end_kind, case.reopened_times) == ("working", None, "", 1)
    assert clock(case, ClockKind.NEXT_ANSWER).met_at is None
    assert [fact.reason for fact in stated_facts(CaseReopened)] == ["ha risposto"]


def test_an_answer_reopens_within_the_processs_days_and_not_a_second_later(desk, now):
    case = a_case(desk.group.brescia_care, now=now, customer=desk.customer)
    assert not may_reopen(case, now)
    case = close_case(case_id=case.pk, by=ROBOT, now=now)

    assert may_reopen(case, now + timedelta(days=14))
    assert not may_reopen(case, now + timedelta(days=14, seconds=1))


def test_another_priority_changes_running_promises_and_going_back_restores_them(desk, now):
    case = a_case(desk.group.brescia_care, now=now, customer=desk.customer)
    before = list(Deadline.objects.filter(case=case).order_by("pk").values_list("clock", "due_at", "limit_minutes"))

    set_priority(case_id=case.pk, priority=4, by=ROBOT, now=now + timedelta(minutes=10, microseconds=7))
    # Ten minutes of thirty are gone: twenty are left, at 12:30 sharp minus the microseconds already spent.
    assert clock(case, ClockKind.FIRST_ANSWER).due_at == now + timedelta(minutes=30)
    set_priority(case_id=case.pk, priority=2, by=ROBOT, now=now + timedelta(minutes=20))

    after = list(Deadline.objects.filter(case=case).order_by("pk").values_list("clock", "due_at", "limit_minutes"))
    assert after == before


def test_a_changed_limit_never_unbreaks_a_broken_promise(desk, now):
    case = a_case(desk.group.brescia_care, now=now, customer=desk.customer, priority=4)
    due = clock(case, ClockKind.FIRST_ANSWER).due_at

    set_priority(case_id=case.pk, priority=1, by=ROBOT, now=due + timedelta(hours=5))

    answer = clock(case, ClockKind.FIRST_ANSWER)
    assert (answer.due_at, answer.limit_minutes) == (due, 30)


def test_two_people_who_take_at_once_do_not_both_get_the_case(desk, now):
    case = a_case(desk.group.brescia_care, now=now, customer=desk.customer)
    colleague = actor_in(desk.group.brescia_care)

    take(case_id=case.pk, by=desk.actor, now=now)
    with pytest.raises(AlreadyTaken):
        take(case_id=case.pk, by=colleague, now=now)

    assert Case.objects.get(pk=case.pk).assignee_id == desk.agent.pk


def test_nobody_is_given_a_case_they_could_not_open(desk, now):
    case = a_case(desk.group.brescia_care, now=now, customer=desk.customer)

    with pytest.raises(CannotWorkThere):
        assign(case_id=case.pk, person_id=person_in(desk.group.verona_care).pk, by=desk.actor, now=now)

    assert Case.objects.get(pk=case.pk).assignee_id is None


def test_a_hand_over_tells_the_colleague_and_leaves_a_watcher(desk, now):
    case = a_case(desk.group.brescia_care, now=now, customer=desk.customer, assignee_id=desk.agent.pk)
    colleague = person_in(desk.group.brescia_care)

    hand_over(case_id=case.pk, person_id=colleague.pk, reason="domani sono in ferie", by=desk.actor, now=now)

    assert Case.objects.get(pk=case.pk).assignee_id == colleague.pk
    assert [watcher.person_id for watcher in case.watchers.all()] == [desk.agent.pk]
    notice = Notification.objects.get(person=colleague)
    assert (notice.kind, notice.title) == (
        "cases.handed_over",
        f"{desk.agent.full_name} ti ha passato la pratica #{case.pk}",
    )
    assert AuditEntry.objects.get(verb="handed_over").data["reason"] == "domani sono in ferie"


def test_watchers_hear_that_the_case_closed_and_whoever_closed_it_does_not(desk, now):
    case = a_case(desk.group.brescia_care, now=now, customer=desk.customer)
    colleague = actor_in(desk.group.brescia_care)
    watch(case_id=case.pk, by=desk.actor, now=now)
    watch(case_id=case.pk, by=colleague, now=now)

    close_case(case_id=case.pk, by=colleague, now=now)

    assert list(Notification.objects.values_list("person_id", "kind")) == [(desk.agent.pk, "cases.closed")]


def test_a_snooze_ends_later_than_now(desk, now):
    case = a_case(desk.group.brescia_care, now=now, customer=desk.customer)

    with pytest.raises(SnoozeInThePast):
        snooze(case_id=case.pk, until=now, by=ROBOT, now=now)


def test_details_keep_old_and_new_in_the_audit_trail(desk, now):
    case = a_case(desk.group.brescia_care, now=now, customer=desk.customer)

    describe(case_id=case.pk, details=Details(subject="  Spia   motore "), by=desk.actor, now=now)

    entry = AuditEntry.objects.get(verb="described")
    assert entry.data == {"old": {"subject": "Spia motore accesa"}, "new": {"subject": "Spia motore"}}


def test_a_task_done_twice_is_done_once(desk, now):
    case = a_case(desk.group.brescia_care, now=now, customer=desk.customer)
    task = add_task(case_id=case.pk, title=" Richiamare ", assignee_id=desk.agent.pk, by=ROBOT, now=now)

    finish_task(task_id=task.pk, by=desk.actor, now=hour(now, 1))
    finish_task(task_id=task.pk, by=desk.actor, now=hour(now, 2))

    assert Task.objects.get(pk=task.pk).done_at == hour(now, 1)
    assert AuditEntry.objects.filter(verb="task_done").count() == 1
