"""A contact becomes a case."""

from datetime import timedelta

import pytest

from corsia.cases.models import Case, Deadline, Queue, Segment, Task
from corsia.cases.services import ProcessNotInUse, open_case
from corsia.cases.vocabulary import ClockKind, Holder, Origin
from corsia.events.cases import CaseAssigned, CaseOpened, TemplateDue
from corsia.kernel.models import AuditEntry
from corsia.organisation.models import Absence, PersonSkill, Skill
from tests.factories.cases import ROBOT, a_case, a_customer, ready_group
from tests.factories.organisation import person_in
from tests.facts import stated_facts

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("everything")]


@pytest.fixture
def ready(group, now):
    return ready_group(group, now=now)


def test_a_new_case_stands_in_the_first_phase_with_its_clocks_running_in_our_hands(ready, now):
    case = a_case(ready.brescia_care, now=now, customer=a_customer(ready, now=now))

    assert case.phase.key == "new"
    assert [(row.holder, row.started_at, row.ended_at) for row in Segment.objects.filter(case=case)] == [
        (Holder.US, now, None)
    ]
    clocks = {row.clock: row for row in Deadline.objects.filter(case=case)}
    # 12:00 in Rome, open until 12:30 and from 14:00: two hours of work end at 15:30, three quarters of them at 15:00.
    assert clocks[ClockKind.FIRST_ANSWER].due_at == now + timedelta(hours=3, minutes=30)
    assert clocks[ClockKind.FIRST_ANSWER].warn_at == now + timedelta(hours=3)
    assert clocks[ClockKind.PHASE].due_at == now + timedelta(hours=3, minutes=30)
    assert clocks[ClockKind.SOLUTION].limit_minutes == 1440
    assert set(clocks) == {ClockKind.FIRST_ANSWER, ClockKind.PHASE, ClockKind.SOLUTION}
    assert Case.objects.get(pk=case.pk).due_at == now + timedelta(hours=3, minutes=30)
    assert stated_facts() == [
        CaseOpened(
            unit_id=ready.brescia_care.pk,
            occurred_at=now,
            case_id=case.pk,
            customer_id=case.customer_id,
            process="information",
            origin="email",
            title="Spia motore accesa",
        )
    ]
    assert AuditEntry.objects.get(object_kind="cases.case").verb == "opened"


def test_the_priority_chooses_its_own_limits(ready, now):
    urgent = a_case(ready.brescia_care, now=now, customer=a_customer(ready, now=now), priority=4)

    assert Deadline.objects.get(case=urgent, clock=ClockKind.FIRST_ANSWER).limit_minutes == 30


def test_a_case_without_a_customer_owes_nobody_an_answer(ready, now):
    case = a_case(ready.brescia_care, now=now, process_key="nonconformity", origin=Origin.INTERNAL)

    assert not Deadline.objects.filter(case=case, clock=ClockKind.FIRST_ANSWER).exists()


def test_opening_takes_few_statements_on_the_way_of_every_mail(ready, now, django_assert_max_num_queries):
    customer = a_customer(ready, now=now)
    a_case(ready.brescia_care, now=now, customer=customer)  # the version is in memory from now on

    with django_assert_max_num_queries(11):
        a_case(ready.brescia_care, now=now, customer=customer)


def test_opening_with_automatic_assignment_takes_few_statements_too(ready, now, django_assert_max_num_queries):
    customer = a_customer(ready, now=now)
    person_in(ready.brescia_care)
    Queue.objects.create(unit=ready.brescia_care, name="Assistenza", assigns_itself=True)
    a_case(ready.brescia_care, now=now, customer=customer)

    with django_assert_max_num_queries(15):
        case = a_case(ready.brescia_care, now=now, customer=customer)

    assert case.assignee_id is not None


def test_an_unknown_process_is_refused_and_nothing_is_stored(ready, now):
    with pytest.raises(ProcessNotInUse) as refusal:
        a_case(ready.brescia_care, now=now, process_key="missing")

    assert refusal.value.data == {"process": "missing", "unit": "Assistenza"}
    assert Case.objects.count() == 0
    assert stated_facts() == []


def test_entering_the_first_phase_asks_for_its_template(ready, now):
    case = a_case(ready.brescia_care, now=now, customer=a_customer(ready, now=now), process_key="complaint")

    assert [fact.template for fact in stated_facts(TemplateDue)] == ["complaint-received"]
    assert case.phase.key == "received"


def test_entering_the_first_phase_makes_its_task_for_a_role(ready, now):
    case = a_case(ready.brescia_care, now=now, customer=a_customer(ready, now=now), process_key="warranty")

    task = Task.objects.get(case=case)
    assert (task.title, task.role, task.assignee_id) == (
        "Verificare scadenza della garanzia e tagliandi eseguiti",
        "specialist",
        None,
    )
    assert task.due_at == now + timedelta(hours=5, minutes=30)  # four working hours, over the lunch break


def test_the_queue_gives_the_case_to_the_least_busy_who_is_there(ready, now):
    busy, away, free = (person_in(ready.brescia_care, last_name=name) for name in ("Rossi", "Bianchi", "Verdi"))
    Absence.objects.create(
        person=away, kind="holiday", starts_at=now - timedelta(days=1), ends_at=now + timedelta(days=1)
    )
    a_case(ready.brescia_care, now=now, assignee_id=busy.pk)
    queue = Queue.objects.create(unit=ready.brescia, name="Assistenza", assigns_itself=True)

    case = a_case(ready.brescia_care, now=now, customer=a_customer(ready, now=now))

    assert (case.queue_id, case.assignee_id) == (queue.pk, free.pk)
    assert stated_facts(CaseAssigned)[-1].assignee_id == free.pk


def test_the_owner_advisor_gets_their_customer_however_busy_others_are(ready, now):
    advisor = person_in(ready.brescia_care, last_name="Rossi")
    person_in(ready.brescia_care, last_name="Verdi")
    a_case(ready.brescia_care, now=now, assignee_id=advisor.pk)
    Queue.objects.create(unit=ready.brescia, name="Assistenza", assigns_itself=True)

    case = a_case(ready.brescia_care, now=now, customer=a_customer(ready, now=now, owner_advisor=advisor))

    assert case.assignee_id == advisor.pk


def test_the_language_of_the_customer_decides_before_the_load(ready, now):
    english = person_in(ready.brescia_care, last_name="Rossi")
    person_in(ready.brescia_care, last_name="Verdi")
    skill = Skill.objects.create(key="en", name_it="Inglese", name_en="English")
    PersonSkill.objects.create(person=english, skill=skill, since=now.date())
    a_case(ready.brescia_care, now=now, assignee_id=english.pk)
    Queue.objects.create(unit=ready.brescia, name="Assistenza", assigns_itself=True)

    case = a_case(ready.brescia_care, now=now, customer=a_customer(ready, now=now), language="en")

    assert case.assignee_id == english.pk


def test_nobody_of_another_branch_is_given_the_case(ready, now):
    person_in(ready.verona_care)
    Queue.objects.create(unit=ready.root, name="Gruppo", assigns_itself=True)

    case = a_case(ready.brescia_care, now=now, customer=a_customer(ready, now=now))

    assert case.assignee_id is None
    assert case.queue is not None


def test_a_refused_opening_inside_a_larger_transaction_leaves_it_usable(ready, now):
    with pytest.raises(ProcessNotInUse):
        open_case(
            unit_id=ready.brescia.pk,
            process_key="missing",
            subject="x",
            origin=Origin.PHONE,
            customer_id=None,
            by=ROBOT,
            now=now,
        )

    assert a_case(ready.brescia, now=now).pk
