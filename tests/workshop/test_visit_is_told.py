"""A visit that is booked, moved, cancelled or near is told to the customer with its link; what is late says nothing."""

from datetime import UTC, datetime, timedelta

import pytest

from corsia.cases.services import install_processes
from corsia.customers.models import Customer, Holding, Milestone
from corsia.customers.services import end_holding, state_dues_near
from corsia.events import workshop as facts
from corsia.events.customers import MilestoneReached
from corsia.kernel import scope
from corsia.messaging.models import Outgoing, PlannedContact
from corsia.messaging.occasions import OCCASIONS, values_told
from corsia.messaging.services import install_templates
from corsia.messaging.services.planned import RuleData, make_due_contacts, plan_contacts, save_rule
from corsia.vehicles.models import Due
from corsia.workshop.links import booking_link, holding_id_of
from corsia.workshop.models import Visit, Workshop
from corsia.workshop.occasions_of_visits import BOOKED, CANCELLED, MOVED, NEAR
from corsia.workshop.queries.catalogue import bundle
from corsia.workshop.queries.visits import loans_of_day
from corsia.workshop.services import booking, reminders
from tests.factories.customers import ROBOT
from tests.factories.messaging import a_mailbox
from tests.factories.orders import Floor, floor_of
from tests.factories.organisation import small_group
from tests.factories.workshop import SERVICE, shop_of
from tests.facts import stated_facts

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("everything")]

NOON = datetime(2026, 3, 10, 11, 0, tzinfo=UTC)  # a Tuesday
NINE = datetime(2026, 3, 17, 8, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
RULES = ((BOOKED, "visit-booked"), (MOVED, "visit-moved"), (CANCELLED, "visit-cancelled"), (NEAR, "visit-near"))


@pytest.fixture
def floor() -> Floor:
    group = small_group()
    with scope.system("test"):
        install_processes(unit_id=group.root.pk, by=ROBOT, now=NOON - 30 * DAY)
        install_templates(unit_id=group.root.pk, by=ROBOT, now=NOON - 30 * DAY)
    a_mailbox(group.root)
    floor = floor_of(shop_of(group))
    for occasion, template in (*RULES, ("customers.dues_near", "dues-near")):
        data = RuleData(
            name=template, occasion=occasion, follow_up="message", process_key="contact", template_key=template
        )
        save_rule(rule_id=None, unit_id=floor.shop.unit.parent.parent_id, data=data, by=ROBOT, now=NOON)
    return floor


def booked(floor: Floor, *, car: bool = False, customer=None, vehicle=None) -> Visit:
    held = booking.hold(
        customer_id=(customer or floor.mario).pk, vehicle_id=(vehicle or floor.panda).pk, unit_id=floor.shop.unit.pk,
        starts_at=NINE, bundle=bundle(job_ids=[floor.shop.jobs[SERVICE].pk]), wants_car=car, by=ROBOT, now=NOON,
    )  # fmt: skip
    return booking.confirm(visit_id=held.pk, by=ROBOT, now=NOON)


def moved(visit: Visit, at: datetime, *, now: datetime) -> None:
    booking.move(visit_id=visit.pk, unit_id=visit.unit_id, starts_at=at, by=ROBOT, now=now)


def told(fact) -> None:
    for _twice in range(2):
        plan_contacts(fact, now=fact.occurred_at)
    make_due_contacts(now=fact.occurred_at + timedelta(minutes=1))


def sent() -> list[str]:
    return [row.body for row in Outgoing.objects.order_by("pk")]


def test_each_step_is_told_once_in_the_customers_language(floor: Floor) -> None:
    visit = booked(floor, customer=floor.giulia, vehicle=floor.ypsilon)
    told(stated_facts(facts.VisitBooked)[0])
    for number in (1, 2):
        moved(visit, NINE + number * HOUR, now=NOON + number * HOUR)
        told(stated_facts(facts.VisitMoved)[-1])
    reminders.remind(now=NINE - DAY + HOUR)
    told(stated_facts(facts.VisitNear)[0])
    booking.cancel(visit_id=visit.pk, reason="x", by=ROBOT, now=NINE - HOUR)
    told(stated_facts(facts.VisitCancelled)[0])

    texts = sent()
    assert [hour in text for hour, text in zip(("09:00", "10:00", "11:00", "11:00", "11:00"), texts, strict=True)] == [
        True
    ] * 5
    assert all(booking_link(visit.pk) in text for text in texts)
    assert "Tuesday 17 March 2026, 09:00" in texts[0]
    assert "Dear Giulia Neri" in texts[0]


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("it", "martedì 17 marzo 2026, 08:35 circa, veniamo noi a prendere il Suo veicolo"),
        ("en", "about Tuesday 17 March 2026, 08:35, we come for your vehicle"),
    ],
)
def test_whose_vehicle_is_fetched_is_told_when_the_driver_comes(floor: Floor, language: str, expected: str) -> None:
    Workshop.objects.update(drivers=1, drive_minutes=45)
    Customer.objects.filter(pk=floor.mario.pk).update(language=language)
    held = booking.hold(
        customer_id=floor.mario.pk, vehicle_id=floor.panda.pk, unit_id=floor.shop.unit.pk, starts_at=NINE,
        is_fetched=True, bundle=bundle(job_ids=[floor.shop.jobs[SERVICE].pk]), by=ROBOT, now=NOON,
    )  # fmt: skip
    visit = booking.confirm(visit_id=held.pk, address="Via Roma 12, Brescia", by=ROBOT, now=NOON)
    told(stated_facts(facts.VisitBooked)[0])
    reminders.remind(now=NINE - DAY + HOUR)
    told(stated_facts(facts.VisitNear)[0])

    assert [expected in text for text in sent()] == [True, True]
    assert not any("09:00" in text for text in sent())
    assert all(booking_link(visit.pk) in text for text in sent())


def test_what_is_late_is_held_back(floor: Floor) -> None:
    """A message planned for a visit that was cancelled or moved meanwhile says nothing wrong."""
    visit = booked(floor)
    [fact] = stated_facts(facts.VisitBooked)
    plan_contacts(fact, now=NOON)
    reminders.remind(now=NINE - DAY + HOUR)
    plan_contacts(stated_facts(facts.VisitNear)[0], now=NINE - DAY + HOUR)
    moved(visit, NINE + 2 * DAY, now=NINE - DAY + 2 * HOUR)
    near = PlannedContact.objects.get(rule__occasion=NEAR)

    assert values_told(NEAR, near.occasion_id) == {}
    assert values_told(BOOKED, visit.pk) == {"visit_link": booking_link(visit.pk)}
    booking.cancel(visit_id=visit.pk, reason="x", by=ROBOT, now=NINE)
    assert values_told(BOOKED, visit.pk) == {}
    make_due_contacts(now=NINE)
    assert sent() == []


def test_previews_know_what_happened_lately(floor: Floor) -> None:
    visit = booked(floor)

    assert [one.row_id for one in OCCASIONS[BOOKED].recent(NOON - HOUR, NOON + HOUR, 9)] == [visit.pk]
    assert list(OCCASIONS[NEAR].recent(NOON - HOUR, NINE, 9)) == []
    reminders.remind(now=NINE - DAY + HOUR)
    assert [one.row_id for one in OCCASIONS[NEAR].recent(NOON, NINE, 9)] == [visit.pk]


def test_a_due_leads_to_the_page_of_its_car_until_it_is_sold(floor: Floor) -> None:
    Due.objects.create(
        unit=floor.panda.unit, vehicle=floor.panda, kind="service", cycle="1", due_on=(NOON + 9 * DAY).date(),
        reason="date", recomputed_at=NOON,
    )  # fmt: skip
    state_dues_near(now=NOON)
    milestone = Milestone.objects.get()
    holding = Holding.objects.get(customer=floor.mario)
    told(next(fact for fact in stated_facts(MilestoneReached) if fact.kind == "dues_near"))

    [text] = sent()
    link = values_told("customers.dues_near", milestone.pk)["car_link"]
    assert link in text
    token = link.rstrip("/").rpartition("/")[2]
    assert holding_id_of(token, today=NOON.date() + 400 * DAY) == holding.pk
    assert holding_id_of(token, today=NOON.date() + 401 * DAY) is None
    end_holding(holding_id=holding.pk, until=NOON.date() + DAY, by=ROBOT, now=NOON)
    assert values_told("customers.dues_near", milestone.pk) == {}


def test_the_day_lists_the_courtesy_cars_that_are_out(floor: Floor) -> None:
    visit = booked(floor, car=True)

    assert [(one.car, one.visit_id) for one in loans_of_day([floor.shop.unit.pk], NINE.date())] == [
        (floor.shop.car, visit.pk)
    ]
    assert loans_of_day([floor.shop.unit.pk], NINE.date() + DAY) == []
