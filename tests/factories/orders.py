"""The floor of a workshop for tests: who works there, whose cars come, and orders in the course of a day."""

from base64 import b64decode
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from corsia.customers.models import Customer
from corsia.customers.services import add_contact
from corsia.kernel import scope
from corsia.organisation.models import Person
from corsia.organisation.vocabulary import Role
from corsia.vehicles.models import Vehicle
from corsia.workshop.models import Clocking, Order, OrderLine
from corsia.workshop.rules.checklist import CHECKLIST
from corsia.workshop.services import approvals, delivery, reception, work
from corsia.workshop.services.approvals import Proposal
from corsia.workshop.services.reception import LineData, PictureData, Reception
from corsia.workshop.services.work import ClockOff
from tests.factories.customers import ADDED_AT, ROBOT, car, gives, person
from tests.factories.organisation import person_in, small_group
from tests.factories.workshop import Shop, shop_of, visit_in

PNG = b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)  # one pixel


@dataclass
class Floor:
    """A workshop with a receptionist and two customers; Giulia reads English."""

    shop: Shop
    desk: Person
    mario: Customer
    panda: Vehicle
    giulia: Customer
    ypsilon: Vehicle


def floor_of(shop: Shop | None = None) -> Floor:
    """Make the floor of a workshop, of a small group of its own unless one is given."""
    shop = shop or shop_of(small_group())
    root = shop.unit.parent.parent
    mario, giulia = person(root, language="it"), person(root, "Giulia Neri", language="en")
    for customer, address in ((mario, "mario@example.it"), (giulia, "giulia@example.it")):
        with scope.system("test"):
            add_contact(customer_id=customer.pk, kind="email", value=address, by=ROBOT, now=ADDED_AT)
    panda, ypsilon = car(root), car(root, plate="EF456GH", make="Lancia", model="Ypsilon")
    gives(mario, panda)
    gives(giulia, ypsilon)
    return Floor(shop, person_in(shop.unit, Role.RECEPTIONIST), mario, panda, giulia, ypsilon)


def received(floor: Floor, *, at: datetime, code: str = "TAG30", **fields) -> Order:
    """Receive Mario's Panda for a visit of one job."""
    visit = visit_in(floor.shop, floor.mario, floor.panda, at=at, code=code)
    return reception.receive(visit_id=visit.pk, data=Reception(**fields), by=ROBOT, now=at)


def worked(
    floor: Floor, line: OrderLine, *, at: datetime, minutes: int = 60, who: str = "luca", key: UUID | None = None
) -> Clocking:
    """Clock a technician on a line and off again."""
    technician, key = floor.shop.technicians[who], key or uuid4()
    until = at + timedelta(minutes=minutes)
    work.clock_on(line_id=line.pk, technician_id=technician.pk, at=at, key=key, by=ROBOT, now=at)
    end = ClockOff(key=uuid4(), start_key=key, line_id=line.pk, technician_id=technician.pk, started_at=at, at=until)
    return work.clock_off(data=end, by=ROBOT, now=until)


def proposed(order: Order, *, at: datetime, text: str = "Pastiglie anteriori", cents: int = 18_900) -> OrderLine:
    """Propose extra work with a photo."""
    data = Proposal(
        line=LineData(kind="labour", text=text, minutes=40, price_cents=cents),
        reason="Restano 2 mm su 10.",
        picture=PictureData(content=PNG, is_for_customer=True),
    )
    return approvals.propose_extra(order_id=order.pk, data=data, by=ROBOT, now=at)


def checked(order: Order, *, at: datetime, but: int = 0) -> None:
    """Find everything of the check list in order, except the last `but` things."""
    for check in CHECKLIST[: len(CHECKLIST) - but]:
        work.record_finding(
            order_id=order.pk, item=check.key, verdict="good", note="", key=uuid4(), at=at, by=ROBOT, now=at
        )


def made_ready(order: Order, *, at: datetime) -> Order:
    """Finish every agreed line and say that the vehicle is ready."""
    for line in order.lines.filter(state="approved"):
        work.finish_line(line_id=line.pk, at=at, by=ROBOT, now=at)
    return delivery.set_ready(order_id=order.pk, by=ROBOT, now=at)
