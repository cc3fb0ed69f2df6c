"""Half a year of two workshops as it comes: late, declined, over midnight, still running, booked and not come."""

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from uuid import UUID

from corsia.cases.models import Case, Cause
from corsia.customers.models import Customer
from corsia.organisation.models import Absence, Unit
from corsia.organisation.vocabulary import AbsenceKind
from corsia.vehicles.models import Vehicle
from corsia.workshop.models import Allocation, CapacityDay, Clocking, Loan, Order, OrderLine, Visit, VisitJob
from corsia.workshop.services.capacity_days import Present, rows_of
from corsia.workshop.vocabulary import LineKind, LineState, OrderStage, Source, VisitState
from tests.analytics.world import FIRST, NOW, World, some_instant
from tests.factories.workshop import Shop, shop_of

CLOCK_CHANGES = datetime(2026, 3, 28, 22, 40, tzinfo=UTC)  # the night in which Rome's clock skips an hour
VISITS = 70  # of each workshop


def fill_workshops(world: World, *, seed: int = 5, branches: Sequence[Unit] = ()) -> list[Shop]:
    """Add two workshops, or one to each of some branches, and let some cases ask how a vehicle stands."""
    rng = random.Random(seed)
    state = Cause.objects.get(key="vehicle-state")
    asked = [case.pk for case in Case.objects.order_by("pk") if rng.random() < 0.7]
    Case.objects.filter(pk__in=asked).update(cause=state, root_cause=state.name_it)
    vehicles = [Vehicle.objects.create(unit=world.group.root, make=("Fiat", "Jeep", "")[n % 3]) for n in range(14)]
    shops = [shop_of(world.group, branch=branch) for branch in branches or (world.group.brescia, world.group.verona)]
    for shop in shops:
        _Filling(shop, world.customers, vehicles, rng).fill()
    return shops


class _Filling:
    """Fills one workshop, from its first visit on."""

    def __init__(self, shop: Shop, customers: list[Customer], vehicles: list[Vehicle], rng: random.Random) -> None:
        self.shop, self.customers, self.vehicles, self.rng = shop, customers, vehicles, rng
        self.numbers, self.free, self.car_free = count(1), dict.fromkeys(shop.technicians, FIRST), FIRST

    def fill(self) -> None:
        self._capacity()
        instants = [CLOCK_CHANGES, *(some_instant(self.rng) for _ in range(VISITS))]
        for place, at in enumerate(sorted(instants)):
            visit = self._visit(at.replace(microsecond=0), place)
            if visit is None or visit.state in (VisitState.DONE, VisitState.HERE):
                self._order(visit, at)
        running = Order.objects.filter(unit=self.shop.unit).latest("pk").lines.first()
        self._clock(running, "hans", NOW - timedelta(hours=1), None)

    def _capacity(self) -> None:
        luca = self.shop.technicians["luca"]
        away = datetime(2026, 3, 4, 9, 17, 31, tzinfo=UTC)
        for start, ends in ((away, away + timedelta(days=9)), (away + timedelta(days=2), away + timedelta(days=11))):
            Absence.objects.create(person=luca.person, kind=AbsenceKind.SICKNESS, starts_at=start, ends_at=ends)
        there = [Present(technician_id=one.pk, person_id=one.person_id) for one in self.shop.technicians.values()]
        there += [Present(bay_id=bay.pk) for bay in self.shop.bays.values()] + [Present(car_id=self.shop.car.pk)]
        days = rows_of(self.shop.unit.pk, there, first=date(2026, 1, 2), until=NOW.date())
        CapacityDay.objects.bulk_create(days)

    def _visit(self, at: datetime, place: int) -> Visit | None:
        """Return a visit, or nothing for a vehicle that comes without one."""
        rng, shop = self.rng, self.shop
        if rng.random() < 0.15:
            return None
        state = rng.choice(
            (*[VisitState.DONE] * 5, VisitState.HERE, VisitState.BOOKED, VisitState.MISSED, VisitState.CANCELLED)
        )
        if state in (VisitState.HERE, VisitState.BOOKED):
            state = state if place > VISITS - 5 else VisitState.DONE
        ended = {
            VisitState.DONE: at + timedelta(hours=3),
            VisitState.MISSED: at + timedelta(hours=1),
            VisitState.CANCELLED: at - timedelta(hours=rng.choice((1, 23, 24, 25, 200))),
        }.get(state)
        visit = Visit.objects.create(
            unit=shop.unit, customer=rng.choice(self.customers), vehicle=rng.choice([*self.vehicles, None]),
            state=state, source=rng.choice((Source.DESK, Source.WEB)), drop_off_at=at,
            promised_at=at + timedelta(hours=4), ended_at=ended,
            end_reason=rng.choice(("lapsed", "Rimanda")) if state == VisitState.CANCELLED else "",
            made_at=at - timedelta(hours=rng.choice((-1, 1, 30, 400)), seconds=rng.randrange(4000)),
        )  # fmt: skip
        if state in (VisitState.HERE, VisitState.BOOKED):
            Visit.objects.filter(pk=visit.pk).update(vehicle=None)
            visit.vehicle = None
        for position, job in enumerate(rng.sample(list(shop.jobs.values()), rng.choice((0, 1, 1, 2)))):
            line = VisitJob.objects.create(visit=visit, job=job, position=position, price_cents=job.price_cents)
            if state == VisitState.DONE:
                self._plan(visit, line, at)
        if state == VisitState.DONE and at > self.car_free and rng.random() < 0.5:
            self.car_free = at + timedelta(hours=rng.choice((3, 30, 75)))
            Loan.objects.create(unit=shop.unit, visit=visit, car=shop.car, starts_at=at, ends_at=self.car_free)
        return visit

    def _plan(self, visit: Visit, line: VisitJob, at: datetime) -> None:
        taken = Allocation.objects.filter(unit=self.shop.unit)
        ends = at + timedelta(hours=self.rng.choice((1, 2, 5, 20)))
        busy = {
            pk for row in taken.filter(starts_at__lt=ends, ends_at__gt=at) for pk in (row.technician_id, -row.bay_id)
        }
        who = next((one for one in self.shop.technicians.values() if one.pk not in busy), None)
        bay = next((one for one in self.shop.bays.values() if -one.pk not in busy), None)
        if who and bay:
            Allocation.objects.create(
                unit=self.shop.unit, visit=visit, visit_job=line, step=line.job.steps.first(), technician=who, bay=bay,
                starts_at=at, ends_at=ends,
            )  # fmt: skip

    def _order(self, visit: Visit | None, at: datetime) -> None:
        rng = self.rng
        ready = at + timedelta(hours=rng.lognormvariate(1.8, 1.2)) if rng.random() < 0.9 else None
        closed = ready + timedelta(hours=rng.lognormvariate(3, 1.5)) if ready and rng.random() < 0.9 else None
        if closed and closed > NOW:
            ready = closed = None
        promised, number = rng.choice((ready, at + timedelta(hours=6))) or at, next(self.numbers)
        order = Order.objects.create(
            unit=self.shop.unit, number=number, year=2026, visit=visit,
            customer=visit.customer if visit else rng.choice(self.customers),
            vehicle=(visit and visit.vehicle) or rng.choice(self.vehicles),
            stage=OrderStage.CLOSED if closed else OrderStage.READY if ready else OrderStage.WORKING,
            promised_at=at + timedelta(hours=30), first_promised_at=promised if number % 7 else None,
            received_at=at, ready_at=ready, closed_at=closed,
        )  # fmt: skip
        for position in range(rng.choice((0, 1, 2, 3, 4))):
            self._line(order, position, at)

    def _line(self, order: Order, position: int, at: datetime) -> None:
        rng = self.rng
        state = rng.choice((LineState.DONE, LineState.DONE, LineState.DECLINED, LineState.APPROVED, LineState.PROPOSED))
        job = rng.choice([*self.shop.jobs.values(), None])
        line = OrderLine.objects.create(
            order=order, position=position, kind=rng.choice((LineKind.LABOUR, LineKind.LABOUR, LineKind.PART)),
            state=state, job=job, text="Lavoro", quantity=Decimal(1), minutes=rng.choice((0, 30, 75, 77)),
            price_cents=rng.choice((0, 10_000, 10_500, 12_345)), is_extra=rng.random() < 0.3,
            done_at=at if state == LineState.DONE else None,
        )  # fmt: skip
        for who in rng.sample(list(self.free), rng.choice((0, 1, 1, 2, 3))):
            start = max(self.free[who], at) + timedelta(minutes=rng.randint(0, 50), microseconds=rng.randrange(10**6))
            ends = start + timedelta(seconds=rng.choice((0.4, 59, 1800, 4000, 9001)))
            self._clock(line, who, start, min(ends, NOW - timedelta(hours=2)))

    def _clock(self, line: OrderLine | None, who: str, start: datetime, ends: datetime | None) -> None:
        if line is None or (ends is not None and ends <= start):
            return
        Clocking.objects.create(
            order_id=line.order_id, line=line, technician=self.shop.technicians[who], started_at=start, ended_at=ends,
            start_key=self._key(), end_key=self._key() if ends else None,
        )  # fmt: skip
        self.free[who] = ends or start

    def _key(self) -> UUID:
        return UUID(int=self.rng.getrandbits(128))
