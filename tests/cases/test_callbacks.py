"""A customer whom the survey shows disappointed, or who asks for it, is called back: by somebody, by a time."""

from datetime import timedelta

import pytest

from corsia.cases.models import Case, Queue, Task
from corsia.cases.services import ask_for_callback, assign, close_case, merge_cases, set_priority
from corsia.cases.vocabulary import Priority
from corsia.events.cases import CaseReopened
from corsia.kernel.models import AuditEntry
from corsia.organisation.models import Absence, Notification
from corsia.organisation.vocabulary import Role
from tests.factories.cases import ROBOT, a_case
from tests.factories.organisation import person_in
from tests.facts import stated_facts

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("everything")]


@pytest.fixture
def case(desk, now):
    return a_case(desk.group.brescia_care, now=now, customer=desk.customer)


def ask(case, now, *, score=3, is_detractor=True, level=1):
    return ask_for_callback(case_id=case.pk, score=score, is_detractor=is_detractor, level=level, by=ROBOT, now=now)


def test_a_disappointed_customer_reopens_the_case_with_a_call_to_make(case, now):
    close_case(case_id=case.pk, by=ROBOT, now=now)

    ask(case, now + timedelta(days=40))

    case.refresh_from_db()
    assert case.closed_at is None
    task = Task.objects.get(case=case)
    assert (task.is_callback, task.title) == (True, "Richiamare il cliente: ha risposto al sondaggio con 3")
    assert len(stated_facts(CaseReopened)) == 1


class TestWhoCallsADisappointedCustomer:
    """The case's assignee, else whom the queue chooses, else the nearest manager: never nobody."""

    def ask(self, case, now):
        close_case(case_id=case.pk, by=ROBOT, now=now)
        ask(case, now)
        case.refresh_from_db()
        return Task.objects.get(case=case)

    def told(self, person):
        return [(row.kind, row.title) for row in Notification.objects.filter(person=person).order_by("pk")]

    def test_the_assignee_gets_the_call_with_its_time_and_the_manager_knows(self, desk, now):
        manager = person_in(desk.group.brescia, Role.BRANCH_MANAGER, language="en")
        case = a_case(desk.group.brescia_care, now=now, customer=desk.customer, assignee_id=desk.agent.pk)

        task = self.ask(case, now)

        # Noon of Tuesday in Brescia: half an hour before lunch, three and a half after it.
        assert (task.assignee_id, task.due_at) == (desk.agent.pk, now + timedelta(hours=5, minutes=30))
        assert (case.priority, case.assignee_id) == (Priority.HIGH, desk.agent.pk)
        assert self.told(desk.agent) == [
            ("cases.callback", f"Richiama il cliente della pratica #{case.pk} entro: 10 mar, 17:30")
        ]
        assert self.told(manager) == [
            ("cases.callback", f"Survey answered with 3: the customer of #{case.pk} is to be called by 10 mar, 17:30")
        ]
        entry = AuditEntry.objects.get(verb="callback_asked")
        assert (entry.data["new"], entry.data["score"], entry.data["task"]) == (desk.agent.pk, 3, task.pk)

    def test_without_assignee_the_queue_chooses_and_the_case_goes_along(self, desk, now):
        Queue.objects.create(unit=desk.group.brescia_care, name="Tutto", assigns_itself=True)
        case = a_case(desk.group.brescia_care, now=now, customer=desk.customer)
        assign(case_id=case.pk, person_id=None, by=ROBOT, now=now)

        task = self.ask(case, now)

        assert (task.assignee_id, case.assignee_id) == (desk.agent.pk, desk.agent.pk)

    def test_an_assignee_who_is_away_is_not_waited_for(self, desk, now):
        manager = person_in(desk.group.brescia, Role.BRANCH_MANAGER)
        case = a_case(desk.group.brescia_care, now=now, customer=desk.customer, assignee_id=desk.agent.pk)
        Absence.objects.create(
            person=desk.agent, kind="holiday", starts_at=now - timedelta(days=1), ends_at=now + timedelta(days=9)
        )

        task = self.ask(case, now)

        assert (task.assignee_id, case.assignee_id) == (manager.pk, desk.agent.pk)
        assert [kind for kind, _title in self.told(manager)] == ["cases.callback"]

    def test_when_the_remedy_did_not_help_a_manager_calls(self, desk, now):
        manager = person_in(desk.group.brescia, Role.BRANCH_MANAGER)
        case = a_case(desk.group.brescia_care, now=now, customer=desk.customer, assignee_id=desk.agent.pk)

        assert ask(case, now).assignee_id == desk.agent.pk
        assert ask(case, now, level=2).assignee_id == manager.pk

    def test_a_survey_without_a_score_is_named_by_a_dash(self, desk, now):
        case = a_case(desk.group.brescia_care, now=now, customer=desk.customer, assignee_id=desk.agent.pk)

        assert ask(case, now, score=None).title == "Richiamare il cliente: ha risposto al sondaggio con –"

    def test_an_urgent_case_stays_urgent_and_a_merged_one_is_called_about_on_its_survivor(self, desk, case, now):
        absorbed, survivor = case, a_case(desk.group.brescia_care, now=now, customer=desk.customer)
        set_priority(case_id=survivor.pk, priority=Priority.URGENT, by=ROBOT, now=now)
        merge_cases(survivor_id=survivor.pk, absorbed_id=absorbed.pk, by=ROBOT, now=now)

        ask(absorbed, now)

        survivor.refresh_from_db()
        assert (survivor.priority, Task.objects.get().case_id) == (Priority.URGENT, survivor.pk)
        assert Case.objects.get(pk=absorbed.pk).closed_at == now


def test_a_happy_customer_who_wants_a_call_gets_one(case, now):
    close_case(case_id=case.pk, by=ROBOT, now=now)

    ask(case, now, score=9, is_detractor=False)

    assert Task.objects.get().is_callback
    assert Case.objects.get(pk=case.pk).priority == Priority.NORMAL
