"""What happens to an order is told to the customer with the visit link, and closing it plans the survey."""

from datetime import UTC, datetime, timedelta

import pytest

from corsia.cases.services import install_processes
from corsia.customers.models import Milestone
from corsia.events import workshop as facts
from corsia.events.customers import MilestoneReached
from corsia.kernel import scope
from corsia.listening.models import Invitation, ListeningPlan, Questionnaire, QuestionnaireVersion, Touchpoint
from corsia.listening.queries.questionnaires import shipped
from corsia.listening.services import install_touchpoints, invite_by_plans
from corsia.listening.services.plans import PlanData, save_plan, set_plan_state
from corsia.listening.vocabulary import VersionState
from corsia.messaging.models import Outgoing, PlannedContact
from corsia.messaging.occasions import OCCASIONS, values_told
from corsia.messaging.services import install_templates
from corsia.messaging.services.planned import RuleData, make_due_contacts, plan_contacts, save_rule
from corsia.workshop.links import visit_link
from corsia.workshop.models import Order
from corsia.workshop.occasions import CHECKED, OPENED, PROMISED
from corsia.workshop.services import delivery, reception
from tests.factories.customers import ROBOT
from tests.factories.messaging import a_mailbox
from tests.factories.orders import Floor, checked, floor_of, made_ready, received
from tests.factories.organisation import small_group
from tests.factories.workshop import shop_of
from tests.facts import stated_facts

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("everything")]

NINE = datetime(2026, 3, 10, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def floor() -> Floor:
    group = small_group()
    with scope.system("test"):
        install_processes(unit_id=group.root.pk, by=ROBOT, now=NINE - timedelta(days=30))
        install_templates(unit_id=group.root.pk, by=ROBOT, now=NINE - timedelta(days=30))
    a_mailbox(group.root)
    return floor_of(shop_of(group))


def ruled(floor: Floor, occasion: str, template: str) -> None:
    data = RuleData(
        name=template, occasion=occasion, follow_up="message", process_key="contact", template_key=template,
        delay_minutes=0,
    )  # fmt: skip
    save_rule(rule_id=None, unit_id=floor.shop.unit.parent.parent_id, data=data, by=ROBOT, now=NINE)


def told(fact) -> None:
    plan_contacts(fact, now=fact.occurred_at)
    make_due_contacts(now=fact.occurred_at + timedelta(minutes=1))


def sent() -> list[str]:
    return [row.body for row in Outgoing.objects.order_by("pk")]


def test_who_brings_a_vehicle_gets_the_link_to_follow_it(floor: Floor) -> None:
    ruled(floor, OPENED, "workshop-received")
    order = received(floor, at=NINE)

    [fact] = stated_facts(facts.OrderOpened)
    told(fact)
    told(fact)

    [text] = sent()
    assert visit_link(order.pk) in text
    assert "10/03/2026, 11:15" in text
    assert "ordine 2026/1" in text


def promise(order: Order, at: datetime) -> facts.PromiseChanged:
    reception.change_promise(order_id=order.pk, promised_at=at, reason="Manca un pezzo", by=ROBOT, now=NINE)
    return stated_facts(facts.PromiseChanged)[-1]


def test_each_hour_promised_anew_is_told_once(floor: Floor) -> None:
    ruled(floor, PROMISED, "workshop-promise")
    order = received(floor, at=NINE)
    first = order.promised_at
    for hours in (1, 2):
        told(promise(order, first + hours * HOUR))

    for fact in stated_facts(facts.PromiseChanged):
        told(fact)

    assert [("12:15" in text, "13:15" in text) for text in sent()] == [(True, False), (False, True)]
    assert all(visit_link(order.pk) in text for text in sent())


def test_an_hour_that_was_changed_again_before_it_was_told_is_not(floor: Floor) -> None:
    ruled(floor, PROMISED, "workshop-promise")
    order = received(floor, at=NINE)
    for hours in (1, 2):
        plan_contacts(promise(order, order.promised_at + hours * HOUR), now=NINE)

    make_due_contacts(now=NINE + HOUR)

    assert ["13:15" in text for text in sent()] == [True]
    assert PlannedContact.objects.filter(state="held").values_list("why", flat=True).get() == "overtaken"


def test_who_has_fetched_the_vehicle_is_not_told_that_it_is_ready(floor: Floor) -> None:
    ruled(floor, "customers.vehicle_ready", "vehicle-ready")
    order = made_ready(received(floor, at=NINE), at=NINE)
    [fact] = stated_facts(MilestoneReached)
    plan_contacts(fact, now=NINE)
    delivery.close_order(order_id=order.pk, invoice_reference="F-1", km=None, by=ROBOT, now=NINE)

    make_due_contacts(now=NINE + HOUR)

    assert sent() == []
    assert PlannedContact.objects.values_list("state", "why").get() == ("held", "overtaken")


def test_a_vehicle_that_went_back_to_the_check_is_told_of_when_it_is_ready_again(floor: Floor) -> None:
    ruled(floor, "customers.vehicle_ready", "vehicle-ready")
    order = made_ready(received(floor, at=NINE), at=NINE)
    [fact] = stated_facts(MilestoneReached)
    plan_contacts(fact, now=NINE)
    delivery.to_quality(order_id=order.pk, by=ROBOT, now=NINE)
    make_due_contacts(now=NINE + HOUR)
    meanwhile = sent()

    delivery.set_ready(order_id=order.pk, by=ROBOT, now=NINE + 2 * HOUR)
    for stated in stated_facts(MilestoneReached):  # the second time of a day states nothing new
        plan_contacts(stated, now=NINE + 2 * HOUR)
    make_due_contacts(now=NINE + 3 * HOUR)

    assert (meanwhile, len(sent())) == ([], 1)


def test_who_waits_for_the_vehicle_is_told_also_where_another_system_says_so(floor: Floor) -> None:
    ruled(floor, "customers.vehicle_ready", "vehicle-ready")
    made_ready(received(floor, at=NINE), at=NINE)
    Milestone.objects.update(reference="V-0412")  # of no order of ours
    Order.objects.update(stage="closed", closed_at=NINE, invoice_reference="F-1")

    [fact] = stated_facts(MilestoneReached)
    told(fact)

    assert len(sent()) == 1


def test_a_check_that_is_done_is_told_once(floor: Floor) -> None:
    ruled(floor, CHECKED, "workshop-checked")
    order = received(floor, at=NINE)
    checked(order, at=NINE)

    [fact] = stated_facts(facts.CheckDone)
    told(fact)

    assert [visit_link(order.pk) in text for text in sent()] == [True]
    assert [one.row_id for one in OCCASIONS[CHECKED].recent(NINE - HOUR, NINE + HOUR, 9)] == [order.pk]


def test_the_text_of_a_ready_vehicle_may_name_the_link_of_its_order(floor: Floor) -> None:
    order = made_ready(received(floor, at=NINE), at=NINE)
    milestone = Milestone.objects.get()

    assert values_told("customers.vehicle_ready", milestone.pk) == {"visit_link": visit_link(order.pk)}
    Milestone.objects.update(reference="V-0412")
    assert values_told("customers.vehicle_ready", milestone.pk) == {}


def test_nothing_is_sent_where_no_rule_says_so(floor: Floor) -> None:
    received(floor, at=NINE)

    for fact in stated_facts(facts.OrderOpened):
        told(fact)

    assert not PlannedContact.objects.exists()


def test_closing_an_order_plans_the_survey(floor: Floor) -> None:
    root = floor.shop.unit.parent.parent
    install_touchpoints(unit_id=root.pk, by=ROBOT, now=NINE)
    row = Questionnaire.objects.create(unit=root, key="nps-workshop", name_it="NPS officina", name_en="NPS")
    QuestionnaireVersion.objects.create(
        questionnaire=row, number=1, state=VersionState.IN_FORCE, definition=dict(shipped()["nps-workshop"]),
        saved_at=NINE, published_at=NINE,
    )  # fmt: skip
    data = PlanData(
        name="Officina", touchpoint_id=Touchpoint.objects.get(key="handback").pk, population="retail",
        instrument="survey", questionnaire_id=row.pk, starts_on=NINE.date(), occasion="customers.order_closed",
        delay_minutes=60,
    )  # fmt: skip
    plan: ListeningPlan = save_plan(plan_id=None, unit_id=root.pk, data=data, by=ROBOT, now=NINE)
    set_plan_state(plan_id=plan.pk, state="running", by=ROBOT, now=NINE)
    order: Order = made_ready(received(floor, at=NINE), at=NINE)

    delivery.close_order(order_id=order.pk, invoice_reference="F-1", km=None, by=ROBOT, now=NINE + HOUR)
    for fact in stated_facts(MilestoneReached):
        invite_by_plans(fact, now=fact.occurred_at)

    invitation = Invitation.objects.get()
    assert (invitation.customer_id, invitation.unit_id) == (floor.mario.pk, floor.shop.unit.pk)
    assert invitation.send_after >= NINE + 2 * HOUR
