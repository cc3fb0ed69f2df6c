"""What the group's vehicles are due for: service plans, years of visits, two recalls, and owners who were told."""

import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from corsia.config.demo.copying import Table, analyze
from corsia.config.demo.driving import Driven, all_driven, days_read
from corsia.config.demo.group import CARE, WORKSHOP, DemoGroup
from corsia.config.demo.names import TOWNS
from corsia.config.demo.registry import Registry
from corsia.config.demo.today import Today
from corsia.customers.models import DueTold, Milestone
from corsia.customers.services import in_words, owners_to_tell, tell_owner
from corsia.customers.vocabulary import MilestoneKind
from corsia.messaging.services.ready_rules import use_ready_rules
from corsia.organisation.models import Unit
from corsia.vehicles.models import Due, OdometerReading, ServiceEvent, Vehicle, VehicleRecall
from corsia.vehicles.queries import due_rows
from corsia.vehicles.services import PlanData, RecallData, add_vins, recompute_all, save_plan, save_recall
from corsia.vehicles.vocabulary import EventKind

_PLANS = (
    PlanData(make="Fiat", interval_km=15_000, interval_months=12),
    PlanData(make="Fiat", model="Ducato", fuel="diesel", interval_km=40_000, interval_months=24),
    PlanData(make="Fiat", model="500", fuel="electric", interval_months=24),
    PlanData(make="Alfa Romeo", interval_km=20_000, interval_months=12),
    PlanData(make="Jeep", interval_km=15_000, interval_months=12),
    PlanData(make="Lancia", interval_km=15_000, interval_months=12),
    PlanData(make="Peugeot", interval_km=25_000, interval_months=12),
    PlanData(make="Citroën", interval_km=25_000, interval_months=12),
)
_NEARLY_DONE = RecallData(
    code="RC-6417",
    title_it="Airbag lato guida",
    title_en="Driver airbag",
    text_it="Sostituire il generatore di gas dell'airbag lato guida. Tempo: 0,8 ore. Ricambio a carico della casa.",
    text_en="Replace the gas generator of the driver airbag. Time: 0.8 hours. The maker pays for the part.",
    opened_on=date(2026, 1, 19),
)
_JUST_OPENED = RecallData(
    code="RC-6582",
    title_it="Cablaggio della batteria di servizio",
    title_en="Wiring of the service battery",
    text_it="Controllare il percorso del cablaggio e mettere la guaina. Tempo: 0,5 ore.",
    text_en="Check how the wiring runs and add the sleeve. Time: 0.5 hours.",
    opened_on=date(2026, 6, 3),
)
_YEAR = 365
_TOLD_TODAY = 24  # owners; the others were told during the last weeks
_OURS = 0.72  # share of the vehicles that come to us for service
_INSPECTED = 0.8
_CHANGES_TYRES = 0.3


def load(group: DemoGroup, registry: Registry, today: Today, *, now: datetime) -> None:
    """Write years of visits in one go, compute what is due, and tell the owners."""
    rng = random.Random(f"dues|{now.date().isoformat()}")  # its own: the rest of the demonstration stays as it was
    elena = today.actor(group.person("elena.conti@bellandi.example"))
    for plan in _PLANS:
        save_plan(unit_id=group.root.pk, data=plan, by=elena, now=now - timedelta(days=200))
    _visits(group, registry, rng=rng, today=now.date())
    for data, filters, done_pct in (
        (_NEARLY_DONE, {"make": "Jeep", "model": "Renegade", "fuel": "diesel"}, 86),
        (_JUST_OPENED, {"make": "Fiat", "model": "500", "fuel": "hybrid"}, 9),
    ):
        opened_on = min(data.opened_on, now.date() - timedelta(days=30))
        shown = RecallData(**{**data.__dict__, "opened_on": opened_on})
        recall = save_recall(recall_id=None, unit_id=group.root.pk, data=shown, by=elena, now=now)
        known = Vehicle.objects.filter(first_registered_on__gte=now.date() - timedelta(days=9 * _YEAR), **filters)
        vins = list(known.order_by("pk").values_list("vin", flat=True)[:240])
        strangers = [f"{vin[:11]}9{number:05d}" for number, vin in enumerate(vins[:: max(1, len(vins) // 9)])]
        if vins:
            add_vins(recall_id=recall.pk, text="\n".join([*vins, *strangers]), by=elena, now=now)
        _close(group, recall.pk, done_pct, opened_on=opened_on, rng=rng, today=now.date())
    analyze(ServiceEvent, OdometerReading, VehicleRecall)
    recompute_all(now=now)
    analyze(Due)
    use_ready_rules(unit_id=group.root.pk, keys={"dues-near"}, by=elena, now=now - timedelta(days=40))
    _tell(rng=rng, now=now)
    today.react()


def _visits(group: DemoGroup, registry: Registry, *, rng: random.Random, today: date) -> None:
    cars, known = all_driven(), days_read()
    events = Table(ServiceEvent, "unit", "vehicle", "kind", "done_on", "km", "reference", "place")
    readings = Table(OdometerReading, "vehicle", "km", "read_on", "source", "goes_back")
    number = 10_000
    for customer in registry.customers:
        place = _workshop(group, customer.town)
        for owned in customer.vehicles:
            car = cars.get(owned.id)
            if car is None:
                continue
            for kind, day in _history(car, rng):
                number += 1
                km = car.km_on(day)
                events.add(group.root.pk, car.id, kind.value, day, km, f"OL-{number}", place.pk)
                if kind is not EventKind.TYRES and (car.id, day) not in known:
                    known.add((car.id, day))
                    readings.add(car.id, km, day, "workshop", False)
    events.write()
    readings.write()


def _history(car: Driven, rng: random.Random) -> Iterator[tuple[EventKind, date]]:
    """Yield what was done to a vehicle until the day it was last read."""
    if rng.random() < _OURS:
        every = min(float(_YEAR), 15_000 / max(1.0, car.km / max(1, (car.read_on - car.registered).days)))
        habit = rng.gauss(1.05, 0.08)
        day = car.registered
        while (day := day + timedelta(days=max(60, round(every * habit * rng.gauss(1.0, 0.06))))) <= car.read_on:
            if day > car.read_on - timedelta(days=5 * _YEAR):
                yield EventKind.SERVICE, day
    if rng.random() < _INSPECTED:
        for years in range(4, 20, 2):
            day = car.registered.replace(day=1) + timedelta(days=round(years * 365.25) + rng.randrange(26))
            if day <= car.read_on:
                yield EventKind.INSPECTION, day
    if rng.random() < _CHANGES_TYRES:
        for year in (car.read_on.year - 1, car.read_on.year):
            for month in (4, 11):
                day = date(year, month, rng.randint(2, 28))
                if car.registered < day <= car.read_on:
                    yield EventKind.TYRES, day


def _close(
    group: DemoGroup, recall_id: int, done_pct: int, *, opened_on: date, rng: random.Random, today: date
) -> None:
    rows = list(VehicleRecall.objects.filter(recall_id=recall_id, vehicle__isnull=False).order_by("pk"))
    events = Table(ServiceEvent, "unit", "vehicle", "kind", "done_on", "km", "reference", "place")
    done = rng.sample(rows, k=len(rows) * done_pct // 100)
    for number, row in enumerate(done):
        row.closed_on = opened_on + timedelta(days=rng.randrange(1, max(2, (today - opened_on).days)))
        row.closing_reference = f"OL-R{recall_id}{number:04d}"
        place = _workshop(group, rng.randrange(len(TOWNS)))
        events.add(
            *(group.root.pk, row.vehicle_id, EventKind.RECALL.value, row.closed_on),
            *(None, row.closing_reference, place.pk),
        )
    VehicleRecall.objects.bulk_update(done, ["closed_on", "closing_reference"], batch_size=500)
    events.write()


def _tell(*, rng: random.Random, now: datetime) -> None:
    """Tell some owners now; the others heard during the last weeks, written in one go."""
    owners = list(owners_to_tell(now=now))
    rng.shuffle(owners)
    for customer_id, due_ids in owners[:_TOLD_TODAY]:
        at = now - timedelta(minutes=rng.randint(20, 200))
        tell_owner(customer_id=customer_id, due_ids=due_ids, now=at)
    rest = dict(owners[_TOLD_TODAY:])
    wanted = Due.objects.filter(pk__in=[pk for ids in rest.values() for pk in ids])
    rows = {row.due.pk: row for row in due_rows(wanted.select_related("vehicle", "recall__recall"), on=now.date())}
    milestones = Table(
        Milestone, "unit", "kind", "customer", "vehicle", "reached_at", "day", "reference", "detail", "stated_at"
    )
    told = Table(DueTold, "due", "customer", "milestone")
    for customer_id, due_ids in rest.items():
        mine = [rows[pk] for pk in due_ids]
        vehicles = {row.vehicle.pk for row in mine}
        at = (now - timedelta(days=rng.randint(2, 28))).replace(hour=4, minute=20)
        milestone_id = milestones.add(
            *(mine[0].due.place_id or mine[0].due.unit_id, MilestoneKind.DUES_NEAR.value, customer_id),
            *(vehicles.pop() if len(vehicles) == 1 else None, at, at.date(), "", in_words(mine), at),
        )
        for pk in due_ids:
            told.add(pk, customer_id, milestone_id)
    milestones.write()
    told.write()


def _workshop(group: DemoGroup, town: int) -> Unit:
    slug = TOWNS[town].slug
    return group.units.get(f"{slug}/{WORKSHOP}") or group.units[f"{slug}/{CARE}"]
