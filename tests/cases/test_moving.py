"""A case goes to another unit (T11 "move"): who sees it, who gets it, what its clocks make of it."""

from datetime import timedelta

import pytest

from corsia.cases.models import Alarm, Case, Deadline, Queue, Segment, Task, Watcher
from corsia.cases.permissions import MOVE_CASES, WORK_CASES
from corsia.cases.queries.moving import places_for
from corsia.cases.reactions import take_the_story_along
from corsia.cases.services import (
    CaseClosed,
    MergedElsewhere,
    add_task,
    assign,
    close_case,
    hand_to,
    install_processes,
    merge_cases,
    move_back,
    move_case,
    set_priority,
    watch,
)
from corsia.cases.services.due import find_missed_deadlines
from corsia.cases.services.moving import (
    AlreadyThere,
    NoReason,
    NotATarget,
    NothingToMoveBack,
    ProcessNotUsedThere,
)
from corsia.cases.vocabulary import ClockKind, Holder, Priority
from corsia.cases.web.words import history_lines
from corsia.customers.queries.story import story_of
from corsia.events.cases import CaseAssigned, CaseMoved
from corsia.kernel import scope
from corsia.kernel.access import scope_of
from corsia.kernel.errors import NotAllowed, NotFound
from corsia.kernel.models import AuditEntry
from corsia.organisation.models import Notification, WorkingCalendar
from corsia.organisation.queries import tree
from corsia.organisation.vocabulary import Role, UnitKind
from corsia.organisation.working_time import add
from tests.factories.cases import ROBOT, a_case
from tests.factories.organisation import UnitFactory, actor_in, person_in, small_group
from tests.facts import stated_facts

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("everything")]
HOUR = timedelta(hours=1)


@pytest.fixture
def agency(desk):
    """A call centre outside the house, open day and night, that looks into no department."""
    calendar = WorkingCalendar.objects.create(name="Call center", owner=desk.group.root, is_always_open=True)
    return UnitFactory(
        parent=desk.group.root, kind=UnitKind.AGENCY, name="Pronto Auto", code="pronto", calendar=calendar
    )


@pytest.fixture
def front(agency):
    return actor_in(agency, Role.AGENCY_AGENT)


@pytest.fixture
def case(desk, agency, now):
    return a_case(agency, now=now, customer=desk.customer)


def moved(case, unit, *, by=ROBOT, now, reason="Serve il magazzino"):
    return move_case(case_id=case.pk, unit_id=unit.pk, reason=reason, by=by, now=now)


class TestWhoSeesIt:
    def test_an_outsourced_front_end_hands_work_to_a_department_it_cannot_look_into(self, desk, case, front, now):
        with scope.entered(scope_of(front, WORK_CASES)):
            moved(case, desk.group.brescia_care, by=front, now=now + HOUR)

            with pytest.raises(NotFound):
                Case.objects.find(case.pk)

        case.refresh_from_db()
        assert case.unit_id == desk.group.brescia_care.pk
        with scope.entered(scope_of(desk.actor, WORK_CASES)):
            assert Case.objects.find(case.pk).pk == case.pk
        [fact] = stated_facts(CaseMoved)
        assert (fact.unit_id, tree().unit(fact.old_unit_id).name) == (case.unit_id, "Pronto Auto")
        entry = AuditEntry.objects.get(object_kind="cases.case", verb="moved")
        assert (entry.actor_id, entry.data["reason"]) == (front.id, "Serve il magazzino")
        [line] = history_lines([entry], version=None)
        assert (line.what, line.why) == (
            "l’ha spostata da Pronto Auto a Assistenza, Brescia",
            "Serve il magazzino",
        )

    def test_who_works_only_elsewhere_cannot_move_it(self, desk, case, now):
        stranger = actor_in(desk.group.verona_care)

        with scope.entered(scope_of(stranger, WORK_CASES)), pytest.raises(NotFound):
            moved(case, desk.group.verona_care, by=stranger, now=now)
        with pytest.raises(NotAllowed):
            moved(case, desk.group.verona_care, by=stranger, now=now)

    def test_a_partner_moves_nothing(self, desk, case, agency, now):
        with pytest.raises(NotAllowed):
            moved(case, desk.group.verona_care, by=actor_in(agency, Role.PARTNER), now=now)
        assert Role.PARTNER not in MOVE_CASES.roles
        assert Role.AGENCY_AGENT in MOVE_CASES.roles

    def test_what_the_customers_story_tells_of_it_goes_along(self, desk, case, front, now):
        moved(case, desk.group.brescia_care, by=front, now=now)
        take_the_story_along(stated_facts(CaseMoved)[0], now=now)

        def told(actor):
            with scope.entered(scope_of(actor, WORK_CASES)):
                return [event.detail for event in story_of([desk.customer.pk]).events]

        assert told(front) == []
        assert told(desk.actor) == [f"#{case.pk} · Spia motore accesa"]

    def test_merged_cases_go_along_and_their_survivors_notices_stay_in_the_new_house(
        self, desk, case, agency, front, now
    ):
        absorbed = a_case(agency, now=now, customer=desk.customer)
        beside = a_case(desk.group.verona_care, now=now, customer=desk.customer)
        for other in (absorbed, beside):
            merge_cases(survivor_id=case.pk, absorbed_id=other.pk, by=ROBOT, now=now)
        watch(case_id=case.pk, by=front, now=now)

        with scope.entered(scope_of(front, WORK_CASES)):
            moved(case, desk.group.brescia_care, by=front, now=now)

        units = dict(Case.objects.values_list("pk", "unit_id"))
        care = desk.group.brescia_care.pk
        assert units == {case.pk: care, absorbed.pk: care, beside.pk: desk.group.verona_care.pk}
        assert sorted(fact.case_id for fact in stated_facts(CaseMoved)) == sorted([case.pk, absorbed.pk])
        assert not Watcher.objects.exists()

    def test_a_manager_of_both_goes_on_watching(self, desk, case, now):
        boss = actor_in(desk.group.root, Role.CARE_MANAGER)

        moved(case, desk.group.brescia_care, by=boss, now=now)

        assert list(Watcher.objects.values_list("person_id", flat=True)) == [boss.id]


class TestWhereItMayGo:
    def test_nowhere_but_to_open_units_of_the_same_group(self, desk, case, now):
        rivals = small_group("rivali")
        closed = UnitFactory(parent=desk.group.brescia, kind=UnitKind.DEPARTMENT, is_active=False)

        for unit_id in (rivals.brescia_care.pk, desk.group.root.pk, closed.pk, 999_999):
            with pytest.raises(NotATarget):
                move_case(case_id=case.pk, unit_id=unit_id, reason="x", by=ROBOT, now=now)
        case.refresh_from_db()
        assert (case.unit.name, stated_facts(CaseMoved)) == ("Pronto Auto", [])
        assert [
            (place.name, [unit.name for unit in place.units]) for place in places_for(case, organisation=tree())
        ] == [
            ("Brescia", ["Brescia", "Assistenza"]),
            ("Verona", ["Verona", "Assistenza"]),
        ]

    def test_not_to_where_it_is_and_not_without_a_reason(self, desk, case, agency, now):
        with pytest.raises(AlreadyThere):
            moved(case, agency, now=now)
        with pytest.raises(NoReason):
            moved(case, desk.group.brescia_care, reason="  ", now=now)

    def test_not_once_it_is_over(self, desk, case, agency, now):
        survivor = a_case(agency, now=now, customer=desk.customer)
        closed = a_case(agency, now=now)
        close_case(case_id=closed.pk, by=ROBOT, now=now)
        merge_cases(survivor_id=survivor.pk, absorbed_id=case.pk, by=ROBOT, now=now)

        with pytest.raises(CaseClosed):
            moved(closed, desk.group.brescia_care, now=now)
        with pytest.raises(MergedElsewhere):
            moved(case, desk.group.brescia_care, now=now)

    def test_not_where_its_process_is_unknown(self, desk, now):
        install_processes(unit_id=desk.group.verona.pk, by=ROBOT, now=now)
        case = a_case(desk.group.verona_care, now=now)

        with pytest.raises(ProcessNotUsedThere) as refusal:
            moved(case, desk.group.brescia_care, now=now)
        assert refusal.value.data["owner"] == "Verona"
        moved(case, desk.group.verona, now=now)


class TestWhoGetsIt:
    def test_the_queue_there_gives_it_to_somebody_who_is_told(self, desk, case, agency, now):
        former = person_in(agency, Role.AGENCY_AGENT)
        assign(case_id=case.pk, person_id=former.pk, by=ROBOT, now=now)
        queue = Queue.objects.create(unit=desk.group.brescia_care, name="Assistenza", assigns_itself=True)

        moved(case, desk.group.brescia_care, now=now)

        case.refresh_from_db()
        assert (case.queue_id, case.assignee_id) == (queue.pk, desk.agent.pk)
        assert stated_facts(CaseAssigned)[-1].assignee_id == desk.agent.pk
        assert list(Notification.objects.filter(kind="cases.moved").values_list("person_id", flat=True)) == [
            desk.agent.pk
        ]

    def test_without_one_nobody_has_it_and_the_managers_are_told(self, desk, case, agency, now):
        boss = person_in(desk.group.brescia, Role.BRANCH_MANAGER)
        assign(case_id=case.pk, person_id=person_in(agency, Role.AGENCY_AGENT).pk, by=ROBOT, now=now)

        moved(case, desk.group.brescia_care, now=now)

        case.refresh_from_db()
        assert case.assignee_id is None
        assert list(Notification.objects.filter(kind="cases.moved").values_list("person_id", flat=True)) == [boss.pk]

    def test_who_works_there_too_keeps_it(self, desk, case, now):
        boss = person_in(desk.group.root, Role.CARE_MANAGER)
        assign(case_id=case.pk, person_id=boss.pk, by=ROBOT, now=now)

        moved(case, desk.group.brescia_care, now=now)

        case.refresh_from_db()
        assert case.assignee_id == boss.pk

    def test_tasks_of_those_left_behind_go_to_the_role_or_to_nobody(self, desk, case, agency, now):
        former = person_in(agency, Role.AGENCY_AGENT)
        keeper = person_in(desk.group.brescia_care, Role.WAREHOUSE)
        mine = add_task(case_id=case.pk, title="Richiamare", assignee_id=former.pk, by=ROBOT, now=now)
        of_role = Task.objects.create(case=case, title="Ricambio", role=Role.WAREHOUSE, assignee=former, created_at=now)

        moved(case, desk.group.brescia_care, now=now)

        owners = dict(Task.objects.values_list("pk", "assignee_id"))
        assert owners == {mine.pk: None, of_role.pk: keeper.pk}

    def test_an_alarm_that_stands_is_told_to_the_new_house(self, desk, case, now):
        boss = person_in(desk.group.brescia, Role.BRANCH_MANAGER)
        late = now + timedelta(days=30)
        find_missed_deadlines(now=late)
        assert Alarm.objects.filter(case=case, kind="overdue", cleared_at=None).exists()

        moved(case, desk.group.brescia_care, now=late)

        told = set(Notification.objects.filter(kind="cases.overdue").values_list("person_id", flat=True))
        assert told == {boss.pk}

    def test_moving_back_gives_it_to_who_had_it(self, desk, case, agency, now):
        former = person_in(agency, Role.AGENCY_AGENT)
        assign(case_id=case.pk, person_id=former.pk, by=ROBOT, now=now)
        with pytest.raises(NothingToMoveBack):
            move_back(case_id=case.pk, by=ROBOT, now=now)
        moved(case, desk.group.brescia_care, now=now)

        move_back(case_id=case.pk, by=ROBOT, now=now + HOUR)

        case.refresh_from_db()
        assert (case.unit_id, case.assignee_id) == (agency.pk, former.pk)


class TestClocks:
    """At the agency time runs day and night; in Brescia from 8:30 to 12:30 and from 14 to 18:30, Monday to Friday."""

    def due(self, case, clock=ClockKind.SOLUTION):
        return Deadline.objects.get(case=case, clock=clock, met_at=None, dropped_at=None)

    def test_what_was_spent_stays_spent_and_the_rest_runs_by_the_new_hours(self, desk, case, now):
        limit = timedelta(minutes=self.due(case).limit_minutes)
        assert self.due(case).due_at == now + limit  # noon on Tuesday, day and night
        at = now + 3 * HOUR

        moved(case, desk.group.brescia_care, now=at)

        [first, second] = Segment.objects.filter(case=case).order_by("started_at")
        assert (first.ended_at, first.working_seconds, first.past_unit.name) == (at, 3 * 3600, "Pronto Auto")
        assert (second.started_at, second.holder, second.past_unit_id) == (at, Holder.US, None)
        care = tree().hours(desk.group.brescia_care.pk)
        assert self.due(case).due_at == add(care, at, limit - 3 * HOUR)
        case.refresh_from_db()
        assert case.due_at == min(Deadline.objects.filter(case=case).values_list("due_at", flat=True))

    def test_a_broken_promise_gets_no_new_day(self, desk, case, now):
        due_at = self.due(case).due_at

        moved(case, desk.group.brescia_care, now=due_at + HOUR)

        assert self.due(case).due_at == due_at

    def test_while_the_customer_has_it_nothing_runs_and_nothing_is_lost(self, desk, case, now):
        hand_to(case_id=case.pk, holder=Holder.CUSTOMER, reason="manca la targa", by=ROBOT, now=now + HOUR)
        left = self.due(case).left_seconds

        moved(case, desk.group.brescia_care, now=now + 2 * HOUR)

        row = self.due(case)
        assert (row.due_at, row.left_seconds) == (None, left)
        assert Segment.objects.get(case=case, ended_at=None).reason == "manca la targa"

    def test_another_priority_afterwards_counts_each_stretch_by_its_own_hours(self, desk, case, now):
        moved(case, desk.group.brescia_care, now=now + 3 * HOUR)
        promised = self.due(case).due_at

        set_priority(case_id=case.pk, priority=Priority.URGENT, by=ROBOT, now=now + 4 * HOUR)
        set_priority(case_id=case.pk, priority=Priority.NORMAL, by=ROBOT, now=now + 5 * HOUR)

        assert self.due(case).due_at == promised

    def test_there_and_back_again_in_a_moment_changes_no_day(self, desk, case, now):
        promised = set(Deadline.objects.filter(case=case).values_list("clock", "due_at", "warn_at"))

        moved(case, desk.group.brescia_care, now=now + HOUR)
        move_back(case_id=case.pk, by=ROBOT, now=now + HOUR)

        assert set(Deadline.objects.filter(case=case).values_list("clock", "due_at", "warn_at")) == promised
