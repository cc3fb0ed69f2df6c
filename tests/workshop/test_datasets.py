"""What the workshop publishes follows every change of it, by whatever table; no name and no customer is in it."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from corsia.analytics.services import refresh
from corsia.cases.models import Case, Cause
from corsia.kernel import scope
from corsia.messaging.models import Message
from corsia.organisation.models import Absence
from corsia.organisation.vocabulary import AbsenceKind
from corsia.vehicles.models import Vehicle
from corsia.workshop.datasets import DATASETS
from corsia.workshop.models import Allocation, Clocking, Job, Loan, Order, OrderLine, Visit, VisitJob
from corsia.workshop.services import delivery, reception
from corsia.workshop.services.approvals import withdraw_line
from corsia.workshop.services.capacity_days import count_days
from corsia.workshop.services.reception import Reception
from tests.analytics.rows import everything_stored, stored
from tests.factories.cases import a_case, ready_group
from tests.factories.customers import ROBOT
from tests.factories.orders import Floor, floor_of, made_ready, proposed, received, worked
from tests.factories.organisation import small_group
from tests.factories.workshop import shop_of, visit_in

pytestmark = pytest.mark.django_db(transaction=True)

AT = datetime(2026, 3, 10, 8, 0, tzinfo=UTC)
LATER = AT + timedelta(days=2)


@pytest.fixture(autouse=True)
def warehouse(settings, tmp_path):
    settings.WAREHOUSE = tmp_path / "warehouse"


@pytest.fixture
def floor(db) -> Floor:
    """A workshop with an order in course, a contact about it and its days written down; all of it in the warehouse."""
    with scope.system("test"):
        floor = floor_of(shop_of(ready_group(small_group(), now=AT)))
        order = received(floor, at=AT)
        worked(floor, order.lines.get(), at=AT + timedelta(minutes=5), minutes=60)
        case = a_case(floor.shop.unit.parent, now=AT, customer=floor.mario)
        Message.objects.create(
            case=case, unit=case.unit, direction="in", channel="phone", customer=floor.mario, text="?",
            at=AT + timedelta(hours=1),
        )  # fmt: skip
        Loan.objects.create(
            unit=floor.shop.unit, visit=order.visit, car=floor.shop.car, starts_at=AT, ends_at=AT + timedelta(hours=5)
        )
        count_days(now=LATER)
        refresh(now=LATER)
        yield floor


def told(dataset: str, *names: str, **keep: object) -> list[tuple]:
    rows = [row for row in stored(f"workshop.{dataset}") if all(row[name] == value for name, value in keep.items())]
    return [tuple(row[name] for name in names) for row in rows]


def close(order: Order, at: datetime) -> None:
    made_ready(order, at=at - timedelta(hours=1))
    delivery.close_order(order_id=order.pk, invoice_reference="F-1", km=None, by=ROBOT, now=at)


def _mark_the_cause(floor: Floor) -> None:
    Case.objects.update(cause=Cause.objects.get(key="vehicle-state"))


CHANGES: dict[str, Callable[[Floor], object]] = {
    "extra work was declined": lambda floor: withdraw_line(
        line_id=proposed(Order.objects.get(), at=AT).pk, by=ROBOT, now=AT
    ),
    "an order was closed": lambda floor: close(Order.objects.get(), LATER),
    "a time was corrected": lambda floor: Clocking.objects.update(ended_at=AT + timedelta(minutes=42)),
    "a line was sold with other minutes": lambda floor: OrderLine.objects.update(minutes=33),
    "a line is gone": lambda floor: (Clocking.objects.all().delete(), OrderLine.objects.all().delete()),
    "an allocation was moved": lambda floor: Allocation.objects.update(ends_at=AT + timedelta(minutes=20)),
    "an allocation was taken back": lambda floor: Allocation.objects.all().delete(),
    "a loan was longer": lambda floor: Loan.objects.update(ends_at=AT + timedelta(days=1)),
    "a job changed its kind": lambda floor: Job.objects.update(group="tyres"),
    "the vehicle has a make": lambda floor: Vehicle.objects.update(make="Maserati"),
    "the visit was moved": lambda floor: Visit.objects.update(drop_off_at=AT - timedelta(days=40)),
    "the visit is for no job": lambda floor: (Allocation.objects.all().delete(), VisitJob.objects.all().delete()),
    "the cause was set": _mark_the_cause,
    "the customer wrote again": lambda floor: Message.objects.create(
        case=Case.objects.get(), unit=floor.shop.unit, direction="in", channel="email", customer=floor.mario, text="?",
        at=AT + timedelta(hours=3),
    ),
    "somebody was away": lambda floor: (
        Absence.objects.create(
            person=floor.shop.technicians["anna"].person,
            kind=AbsenceKind.SICKNESS,
            starts_at=AT,
            ends_at=AT + timedelta(hours=2),
        ),
        count_days(now=LATER),
    ),
}  # fmt: skip


def test_refreshes_hold_after_every_change_what_a_build_from_nothing_holds(floor, tmp_path, settings) -> None:
    seen = everything_stored()
    for number, (what, change) in enumerate(CHANGES.items()):
        change(floor)
        refresh(now=LATER)
        kept, folder = everything_stored(), settings.WAREHOUSE
        settings.WAREHOUSE = tmp_path / f"other{number}"
        refresh(now=LATER, anew=True)

        assert everything_stored() == kept, what
        assert kept != seen, f"{what}: nothing changed"

        # Its notes are of the other build now: the next change begins from there.
        seen = kept
        assert folder != settings.WAREHOUSE


def test_hours_of_a_line_are_shared_by_the_time_clocked_to_the_last_second(floor) -> None:
    order = Order.objects.get()
    line = order.lines.get()
    worked(floor, line, at=AT + timedelta(hours=2), minutes=7, who="anna")
    worked(floor, line, at=AT + timedelta(hours=2), minutes=19, who="hans")
    close(order, LATER)
    refresh(now=LATER)

    rows = told("hours", "sold_seconds", "spent_seconds", is_of_order=True)

    assert sum(sold for sold, _spent in rows) == line.minutes * 60 == 4500
    assert sorted(rows) == [(366, 420), (995, 1140), (3139, 3600)]


def test_a_time_belongs_to_the_day_it_began_and_counts_once_it_ended(floor) -> None:
    line, luca = Order.objects.get().lines.get(), floor.shop.technicians["luca"]
    night = datetime(2026, 3, 10, 22, 30, tzinfo=UTC)  # half past eleven in Brescia
    worked(floor, line, at=night, minutes=90)
    Clocking.objects.create(
        order_id=line.order_id, line=line, technician=luca, started_at=LATER, start_key="0" * 31 + "1"
    )
    count_days(now=LATER + timedelta(days=2))
    refresh(now=LATER + timedelta(days=2))

    days = dict(told("hours", "day", "worked_seconds", is_of_order=False, person_id=luca.person_id))

    assert days == {
        date(2026, 3, 10): 9000,
        date(2026, 3, 11): 0,
        date(2026, 3, 12): 0,  # the time that still runs
        date(2026, 3, 13): 0,
    }
    assert told("hours", "sold_seconds", is_of_order=True) == []  # the order is not closed


def test_a_come_back_is_work_of_the_same_kind_within_thirty_days(floor) -> None:
    first = Order.objects.get()
    close(first, LATER)
    closed_at = Order.objects.get().closed_at
    for days, code, is_again in ((29, "TAG30", True), (31, "TAG30", False), (29, "FRENI", False)):
        again = received(floor, at=closed_at + timedelta(days=days), code=code)
        refresh(now=LATER)

        found = {row[0]: row[1:] for row in told("order", "order_id", "is_comeback", "has_come_back")}

        assert found == {first.pk: (False, is_again), again.pk: (is_again, False)}, (days, code)
        visit = again.visit
        again.delete()
        Visit.objects.filter(pk=visit.pk).delete()


def test_what_a_customer_says_counts_once_for_the_order_received_last(floor) -> None:
    _mark_the_cause(floor)
    at = AT + timedelta(minutes=30)
    visit = visit_in(floor.shop, floor.mario, floor.ypsilon, at=at, code="FRENI", technician="anna", bay="2")
    other = reception.receive(visit_id=visit.pk, data=Reception(), by=ROBOT, now=at)
    refresh(now=LATER)

    found = {row[0]: row[1:] for row in told("order", "order_id", "contacts", "status_contacts")}

    assert found == {other.pk: (1, 1), Order.objects.exclude(pk=other.pk).get().pk: (0, 0)}


def test_no_dataset_of_the_workshop_names_a_customer_or_holds_words(floor) -> None:
    names = {column.name for dataset in DATASETS for column in dataset.columns}

    assert not {name for name in names if "customer" in name or "name" in name or "plate" in name}
    everything = str(everything_stored())
    for word in (floor.mario.last_name or floor.mario.display_name, floor.panda.plate):
        assert word
        assert word not in everything
