"""The workshops of the invented group: catalogue, people, bays, courtesy cars, months of visits, a full fortnight."""

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from django.contrib.auth.hashers import make_password

from corsia.config.demo import fetches
from corsia.config.demo.copying import Table, analyze
from corsia.config.demo.group import PASSWORD, WORKSHOP, DemoGroup, newcomer
from corsia.config.demo.names import TOWNS
from corsia.config.demo.registry import DemoCustomer, Registry
from corsia.config.demo.workshop_catalogue import BODYWORK, DIAGNOSIS, ELECTRIC, ENGINE, JOBS, PACKAGES, SKILLS
from corsia.organisation.models import Absence, Membership, Person, PersonSkill, Skill, Unit
from corsia.organisation.queries import absences_of
from corsia.organisation.vocabulary import AbsenceKind, Role
from corsia.vehicles.models import Vehicle
from corsia.workshop.models import (
    Allocation,
    Bay,
    CourtesyCar,
    Job,
    JobFit,
    JobPart,
    JobStep,
    Loan,
    Package,
    PackageJob,
    Technician,
    Visit,
    VisitJob,
    Workshop,
)
from corsia.workshop.queries.catalogue import Bundle, bundle
from corsia.workshop.queries.diary import grid_of
from corsia.workshop.rules.grid import Grid, run_bits
from corsia.workshop.rules.promise import promised
from corsia.workshop.vocabulary import BayKind, Source, VisitState

PAST_DAYS, COMING_DAYS = 91, 28
FULL = 0.7  # of the coming fortnight
LATER = 0.25
_MISSED, _CANCELLED = 0.035, 0.05
_APART = timedelta(days=4)  # no vehicle comes more often
_TRIES = 8
_SEED = 36
_TECHNICIANS = {"brescia": 9, "verona": 8, "milano-certosa": 8}
_USUAL = 5
_BODY_SHOPS = ("brescia", "verona", "bergamo")
_LIFTS = 4
_CARS = (("Panda", "bianca"), ("Panda", "grigia"), ("Ypsilon", "blu"), ("500 elettrica", "verde"))
_REASONS = ("Ha trovato prima altrove", "Rimanda al mese prossimo", "Auto venduta", "Impegno di lavoro")
_WISHES = (
    "Fischia in frenata la mattina.", "La spia si accende in autostrada.", "Per favore controllate anche le gomme.",
    "Rumore sulle buche, davanti a destra.", "Mi serve entro le 17.", "",
)  # fmt: skip
# What the technicians of a shop know, in the order in which they are hired.
_KNOWLEDGE = (
    {ENGINE: 3, DIAGNOSIS: 2},
    {ENGINE: 2, DIAGNOSIS: 3},
    {ENGINE: 2, ELECTRIC: 2},
    {ENGINE: 2},
    {ENGINE: 1},
    {ENGINE: 2, DIAGNOSIS: 1},
    {ENGINE: 1, ELECTRIC: 3},
    {ENGINE: 2},
    {ENGINE: 1},
)


@dataclass
class _Hand:
    """A technician while days are filled."""

    id: int
    skills: dict[str, int]
    away: list[tuple[datetime, datetime]]

    def can(self, step: JobStep) -> bool:
        return step.skill is None or self.skills.get(step.skill.key, 0) >= step.level

    def is_away(self, start: datetime, end: datetime) -> bool:
        return any(since < end and start < until for since, until in self.away)


@dataclass
class _Shop:
    """A workshop while its days are filled."""

    workshop: Workshop
    town: int
    hands: list[_Hand]
    bays: dict[str, list[int]]
    cars: list[int]


@dataclass(frozen=True)
class _Task:
    """Something a vehicle comes for."""

    jobs: tuple[tuple[int, int | None, int], ...]  # job, package, cents
    steps: tuple[tuple[int, JobStep], ...]  # place of its job, step
    fuel: str
    weight: int


def load(group: DemoGroup, registry: Registry, *, now: datetime, factor: float = 1.0) -> int:
    """Write everything and return how many visits there are."""
    rng = random.Random(f"{_SEED}|{now.date().isoformat()}")  # its own: the rest of the demonstration stays as it was
    skills = _skills()
    _catalogue(group.root, skills)
    shops = [_shop(group, number, skills, rng=rng, now=now) for number in range(len(TOWNS))]
    visits = _Filling(registry, shops, _tasks(group.root), rng=rng, now=now).fill(factor)
    fetches.load(shops[0].workshop, now=now)
    return visits


def _skills() -> dict[str, Skill]:
    for key, it, en in SKILLS:
        Skill.objects.get_or_create(key=key, defaults={"name_it": it, "name_en": en})
    return {skill.key: skill for skill in Skill.objects.filter(key__in=[key for key, _it, _en in SKILLS])}


def _catalogue(root: Unit, skills: dict[str, Skill]) -> None:
    jobs = Job.objects.bulk_create(
        Job(
            unit=root, code=work.code, name_it=work.it, name_en=work.en, group=work.group, price_cents=work.cents,
            is_online=work.is_online,
        )
        for work in JOBS
    )  # fmt: skip
    JobStep.objects.bulk_create(
        JobStep(
            job=job, position=place, skill=skills.get(step.skill), level=step.level, bay_kind=step.bay,
            minutes=step.minutes,
        )
        for job, work in zip(jobs, JOBS, strict=True)
        for place, step in enumerate(work.steps)
    )  # fmt: skip
    JobPart.objects.bulk_create(
        JobPart(job=job, code=code, name=name, quantity=Decimal(quantity), price_cents=cents)
        for job, work in zip(jobs, JOBS, strict=True)
        for code, name, quantity, cents in work.parts
    )
    JobFit.objects.bulk_create(
        JobFit(job=job, fuel=work.fuel) for job, work in zip(jobs, JOBS, strict=True) if work.fuel
    )
    by_code = {job.code: job for job in jobs}
    for code, it, en, cents, inside, is_online in PACKAGES:
        package = Package.objects.create(
            unit=root, code=code, name_it=it, name_en=en, price_cents=cents, is_online=is_online
        )
        PackageJob.objects.bulk_create(
            PackageJob(package=package, job=by_code[one], position=place) for place, one in enumerate(inside)
        )


def _shop(group: DemoGroup, number: int, skills: dict[str, Skill], *, rng: random.Random, now: datetime) -> _Shop:
    town = TOWNS[number]
    unit = group.units[f"{town.slug}/{WORKSHOP}"]
    workshop = Workshop.objects.create(unit=unit, is_online=True)
    there = list(Person.objects.filter(memberships__unit=unit, memberships__role=Role.MECHANIC).order_by("pk"))
    people = [*there, *_hired(unit, _TECHNICIANS.get(town.slug, _USUAL) - len(there), rng=rng, now=now)]
    knowledge = [dict(_KNOWLEDGE[place % len(_KNOWLEDGE)]) for place in range(len(people))]
    if town.slug in _BODY_SHOPS:
        knowledge[-1] = {BODYWORK: 3}
        knowledge[-2] |= {BODYWORK: 1}
    since = now.date() - timedelta(days=700)
    PersonSkill.objects.filter(person__in=people, skill__in=skills.values()).delete()
    PersonSkill.objects.bulk_create(
        PersonSkill(person=person, skill=skills[key], level=level, since=since)
        for person, known in zip(people, knowledge, strict=True)
        for key, level in known.items()
    )
    _absences(people[1:], rng=rng, now=now)
    away = defaultdict(list)
    window = {"start": now - timedelta(days=PAST_DAYS), "end": now + timedelta(days=COMING_DAYS)}
    for one in absences_of([person.pk for person in people], **window):
        away[one.person_id].append((one.starts_at, one.ends_at))
    technicians = Technician.objects.bulk_create(
        Technician(unit=unit, person=person, position=place) for place, person in enumerate(people)
    )
    kinds = [
        *((f"Ponte {place + 1}", BayKind.LIFT) for place in range(_LIFTS + (len(people) > _USUAL) * 3)),
        ("Diagnosi", BayKind.DIAGNOSIS),
        ("Gommista", BayKind.TYRES),
        ("Assetto", BayKind.ALIGNMENT),
        ("Alta tensione", BayKind.HIGH_VOLTAGE),
        *([("Carrozzeria", BayKind.BODY)] if town.slug in _BODY_SHOPS else []),
    ]
    bays = Bay.objects.bulk_create(
        Bay(unit=unit, name=name, kind=kind, position=place) for place, (name, kind) in enumerate(kinds)
    )
    cars = CourtesyCar.objects.bulk_create(
        CourtesyCar(unit=unit, name=f"{model} {color}", plate=f"GX{100 + 10 * number + place}CB")
        for place, (model, color) in enumerate(_CARS[: 2 + number % 3])
    )
    by_kind: dict[str, list[int]] = defaultdict(list)
    for bay in bays:
        by_kind[bay.kind].append(bay.pk)
    hands = [
        _Hand(technician.pk, known, away[technician.person_id])
        for technician, known in zip(technicians, knowledge, strict=True)
    ]
    return _Shop(workshop, number, hands, by_kind, [car.pk for car in cars])


def _hired(unit: Unit, count: int, *, rng: random.Random, now: datetime) -> list[Person]:
    taken = set(Person.objects.values_list("email", flat=True))
    names = [newcomer(rng, taken) for _ in range(count)]
    people = Person.objects.bulk_create(
        Person(
            email=email, password=_hashed(), first_name=first, last_name=last,
            job_title=str(Role.MECHANIC.label), is_demo=True,
        )
        for first, last, email in names
    )  # fmt: skip
    since = now.date().replace(day=1) - timedelta(days=1100)
    Membership.objects.bulk_create(
        Membership(person=person, unit=unit, role=Role.MECHANIC, since=since) for person in people
    )
    return people


_made: list[str] = []


def _hashed() -> str:
    """Return the password that all invented people have: hashing it takes longer than hiring somebody."""
    if not _made:
        _made.append(make_password(PASSWORD))
    return _made[0]


def _absences(people: Sequence[Person], *, rng: random.Random, now: datetime) -> None:
    midnight = datetime.combine(now.date(), datetime.min.time(), UTC)
    rows = []
    for person in rng.sample(list(people), k=max(1, len(people) // 4)):
        first = midnight + timedelta(days=rng.randint(1, 9))
        kind = rng.choice((AbsenceKind.HOLIDAY, AbsenceKind.TRAINING))
        rows.append(
            Absence(person=person, kind=kind, starts_at=first, ends_at=first + timedelta(days=rng.choice((1, 2, 5))))
        )
    Absence.objects.bulk_create(rows)


def _tasks(root: Unit) -> list[_Task]:
    weights = {work.code: work.weight for work in JOBS}
    fuels = {work.code: work.fuel for work in JOBS}
    found = []
    for job in Job.objects.filter(unit=root).order_by("pk"):
        found.append(_task(bundle(job_ids=[job.pk]), fuels[job.code], weights[job.code]))
    for package in Package.objects.filter(unit=root).order_by("pk"):
        inside = package.jobs.values_list("job__code", flat=True)
        fuel = next((fuels[code] for code in inside if fuels[code]), "")
        found.append(_task(bundle(job_ids=[], package_id=package.pk), fuel, 5))
    return found


def _task(work: Bundle, fuel: str, weight: int) -> _Task:
    return _Task(
        jobs=tuple((line.job.pk, line.package_id, line.price_cents) for line in work.lines),
        steps=tuple((place, step) for place, line in enumerate(work.lines) for step in line.steps),
        fuel=fuel,
        weight=weight,
    )


class _Filling:
    """Fills the diaries, day after day."""

    def __init__(
        self, registry: Registry, shops: Sequence[_Shop], tasks: Sequence[_Task], *, rng: random.Random, now: datetime
    ) -> None:
        self.rng, self.now, self.shops = rng, now, shops
        self.customers = [[one for one in town if one.vehicles] for town in registry.by_town]
        self.seen: dict[int, datetime] = {}
        self.fuels = dict(Vehicle.objects.values_list("pk", "fuel"))
        self.tasks = {
            (shop.town, hand.id): [
                task
                for task in tasks
                if all(hand.can(step) and step.bay_kind in shop.bays for _place, step in task.steps)
            ]
            for shop in shops
            for hand in shop.hands
        }
        self._visits = Table(
            Visit, "unit", "customer", "vehicle", "state", "source", "wish", "is_waiting", "drop_off_at",
            "promised_at", "ended_at", "end_reason", "made_at",
        )  # fmt: skip
        self._jobs = Table(VisitJob, "visit", "job", "package", "position", "price_cents")
        self._allocations = Table(
            Allocation, "unit", "visit", "visit_job", "step", "technician", "bay", "starts_at", "ends_at"
        )
        self._loans = Table(Loan, "unit", "visit", "car", "starts_at", "ends_at")

    def fill(self, factor: float) -> int:
        """Fill all diaries; tests take a share of the hands."""
        for shop in self.shops:
            first_on = self.now.date() - timedelta(days=PAST_DAYS)
            grid = grid_of(shop.workshop, first_on=first_on, days=PAST_DAYS + COMING_DAYS)
            for number in range(len(grid.days)):
                if grid.days[number][1]:
                    self._day(shop, grid, number, first_on + timedelta(days=number), share=min(1.0, factor * 8))
        written = self._visits.write()
        for table in (self._jobs, self._allocations, self._loans):
            table.write()
        analyze(Visit, VisitJob, Allocation, Loan)
        return written

    def _day(self, shop: _Shop, grid: Grid, number: int, on: date, *, share: float) -> None:
        rng = self.rng
        begin, slots = grid.days[number]
        ahead = (on - self.now.date()).days
        taken: dict[int, int] = defaultdict(int)  # bays
        lent: set[int] = set()
        for hand in shop.hands:
            if rng.random() > share or hand.is_away(grid.start_of(begin), grid.end_of(begin + slots - 1)):
                continue
            full = min(0.95, max(0.2, rng.gauss(LATER if ahead > 15 else FULL, 0.12)))
            at, used = begin, 0
            while used < full * slots and at < begin + slots:
                at += rng.choice((0, 0, 1, 1, 2, 3))
                took = self._visit(shop, grid, hand, at, begin + slots, taken, lent)
                at, used = at + (took or 2), used + took

    def _visit(
        self, shop: _Shop, grid: Grid, hand: _Hand, at: int, end: int, taken: dict[int, int], lent: set[int]
    ) -> int:
        """Write one visit from a slot on and return how many slots it took; 0 when nothing fits."""
        rng = self.rng
        tasks = self.tasks[shop.town, hand.id]
        task = rng.choices(tasks, [one.weight for one in tasks])[0]
        places, slot = [], at
        for place, step in task.steps:
            length = grid.slots_for(step.minutes)
            run = run_bits(slot, length)
            bay = next((one for one in shop.bays[step.bay_kind] if not taken[one] & run), None)
            if bay is None or slot + length > end:
                return 0
            places.append((place, step, bay, slot, length))
            slot += length
        starts, ends = grid.start_of(at), grid.end_of(slot - 1)
        who = self._whose(shop, task, starts)
        if who is None:
            return 0
        is_waiting = slot - at <= 5 and rng.random() < 0.3
        until = promised(work_ends=ends, closes=grid.end_of(end - 1), is_waiting=is_waiting)
        state, ended = self._state(starts, ends, until)
        made = min(starts - timedelta(days=rng.randint(1, 12), hours=rng.randint(0, 5)), self.now - timedelta(hours=1))
        visit = self._visits.add(
            shop.workshop.unit_id, who[0].id, who[1], state, Source.WEB if rng.random() < 0.2 else Source.DESK,
            rng.choice(_WISHES) if rng.random() < 0.4 else "", is_waiting, starts, until, ended,
            rng.choice(_REASONS) if state == VisitState.CANCELLED else "", made,
        )  # fmt: skip
        lines = [
            self._jobs.add(visit, job, package, place, cents) for place, (job, package, cents) in enumerate(task.jobs)
        ]
        if state in (VisitState.MISSED, VisitState.CANCELLED):
            return slot - at
        for place, step, bay, first, length in places:
            taken[bay] |= run_bits(first, length)
            self._allocations.add(
                shop.workshop.unit_id, visit, lines[place], step.pk, hand.id, bay, grid.start_of(first),
                grid.end_of(first, length),
            )  # fmt: skip
        car = next((one for one in shop.cars if one not in lent), None)
        if car and not is_waiting and slot - at > 5 and rng.random() < 0.25:
            lent.add(car)
            self._loans.add(shop.workshop.unit_id, visit, car, starts, until)
        return slot - at

    def _whose(self, shop: _Shop, task: _Task, at: datetime) -> tuple[DemoCustomer, int] | None:
        people = self.customers[shop.town]
        for _try in range(_TRIES if people else 0):
            customer = self.rng.choice(people)
            vehicle = self.rng.choice(customer.vehicles)
            last = self.seen.get(vehicle.id)
            if (not task.fuel or self.fuels[vehicle.id] == task.fuel) and (last is None or abs(at - last) > _APART):
                self.seen[vehicle.id] = at
                return customer, vehicle.id
        return None

    def _state(self, starts: datetime, ends: datetime, until: datetime) -> tuple[VisitState, datetime | None]:
        dice = self.rng.random()
        if until < self.now:
            if dice < _MISSED:
                return VisitState.MISSED, starts + timedelta(hours=1)
            if dice < _MISSED + _CANCELLED:
                return VisitState.CANCELLED, starts - timedelta(days=1)
            return VisitState.DONE, ends
        if starts <= self.now:
            return VisitState.HERE, None
        if dice < _CANCELLED / 2:
            return VisitState.CANCELLED, self.now - timedelta(hours=2)
        return VisitState.BOOKED, None
