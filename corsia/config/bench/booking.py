"""How fast the first good slot is found in nine-tenths full diaries, and whether many clients ever get the same one."""

import os
import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from datetime import time as wall

from django.core.management import call_command
from django.db import connection, connections
from django.utils import timezone

from corsia.config.bench import Figure, machine, percentile
from corsia.config.bench.data import _unit
from corsia.config.demo.copying import Table, analyze
from corsia.customers.models import Customer
from corsia.customers.vocabulary import CustomerKind
from corsia.kernel import scope
from corsia.kernel.actors import system
from corsia.organisation.models import OpenHours, Person, PersonSkill, Skill, Unit, WorkingCalendar
from corsia.organisation.vocabulary import UnitKind
from corsia.workshop.models import Allocation, Bay, Job, JobStep, Technician, Visit, VisitJob, Workshop
from corsia.workshop.queries import diary as reading
from corsia.workshop.queries.catalogue import Bundle, bundle
from corsia.workshop.queries.offers import Wish, offers
from corsia.workshop.services import booking
from corsia.workshop.services.slots import NothingFree, SlotTaken
from corsia.workshop.vocabulary import BayKind, JobGroup, VisitState

DATABASE = "corsia_bench_workshop"
WORKSHOPS, TECHNICIANS, DAYS, FULL = 11, 20, 60, 0.9
ASKED = 300
CLIENTS, ATTEMPTS = 32, 10_000
ROBOT = system("bench")
_SKILLS = ("engine", "diagnosis", "electric")
_MINUTES = (30, 45, 60, 75, 90, 120, 150, 180, 240)
_SEED = 11


def build(progress: Callable[[str], None]) -> None:
    """Make the workshops with their diaries."""
    call_command("migrate", verbosity=0)
    rng = random.Random(_SEED)
    with scope.system("bench"):
        root = _unit(None, UnitKind.GROUP, "Gruppo", "bench")
        calendar = WorkingCalendar.objects.create(name="Officina", owner=root)
        OpenHours.objects.bulk_create(
            OpenHours(calendar=calendar, weekday=day, opens_at=wall(opens), closes_at=wall(closes))
            for day in range(6)
            for opens, closes in ((8, 12), (13, 18))
        )
        Unit.objects.filter(pk=root.pk).update(calendar=calendar)
        skills = Skill.objects.bulk_create(Skill(key=key, name_it=key, name_en=key) for key in _SKILLS)
        jobs = _jobs(root, skills)
        customer = Customer.objects.create(
            unit=root, kind=CustomerKind.PERSON, last_name="Prova", display_name="Prova", created_at=timezone.now()
        )
        for number in range(WORKSHOPS):
            unit = _unit(root, UnitKind.BRANCH, f"Officina {number}", f"bench-{number}")
            _fill(unit, customer, jobs, skills, rng=rng)
            progress(f"workshop {number + 1} of {WORKSHOPS}")
        analyze(Visit, VisitJob, Allocation)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bench_size (cases integer)")


def measure_suggestion() -> Iterator[Figure]:
    """Yield how long the first good slots take with the diary in memory, and after a booking somewhere."""
    rng = random.Random(_SEED)
    now = timezone.now()
    took: dict[str, list[float]] = {"nothing changed": [], "one diary changed": [], "nothing in memory": []}
    with scope.system("bench"):
        units = tuple(Workshop.objects.order_by("pk").values_list("unit_id", flat=True))
        works = [bundle(job_ids=[pk]) for pk in Job.objects.values_list("pk", flat=True)]
        for number in range(ASKED):
            wish = Wish(unit_ids=units, earliest=now + timedelta(days=rng.randint(0, 9)))
            for name, seconds in took.items():
                if name == "nothing in memory":
                    if number >= ASKED // 10:
                        continue
                    reading._kept.clear()
                elif name == "one diary changed":
                    with connection.cursor() as cursor:
                        cursor.execute("INSERT INTO workshop_diarychange (unit_id) VALUES (%s)", [rng.choice(units)])
                work = rng.choice(works)
                began = time.perf_counter()
                offers(bundle=work, wish=wish, now=now)
                seconds.append(1000 * (time.perf_counter() - began))
                if name == "nothing in memory" or not number:
                    offers(bundle=work, wish=wish, now=now)
        taken = Allocation.objects.count()
    conditions = (
        f"{machine()}; {WORKSHOPS} workshops, {WORKSHOPS * TECHNICIANS} technicians, {DAYS} days, {taken} allocations,"
        f" {int(FULL * 100)} % full, quarters of an hour; {ASKED} questions, what is read of the database included;"
        f" load {os.getloadavg()[0]:.1f}"
    )
    for name, values in took.items():
        for share, mark in ((0.5, "p50"), (0.95, "p95")):
            goal = "<= 50" if mark == "p95" and name != "nothing in memory" else ""
            value = round(percentile(values, share), 1)
            yield Figure("suggestion", f"first good slots, {name}, {mark}", value, "ms", goal, conditions)


def measure_booking(*, attempts: int = ATTEMPTS) -> Iterator[Figure]:
    """Yield what becomes of many clients who book the same slots: overlaps must be none."""
    now = timezone.now()
    with scope.system("bench"):
        unit_id = Workshop.objects.order_by("pk").values_list("unit_id", flat=True)[0]
        Visit.objects.filter(unit_id=unit_id).delete()
        job = Job.objects.get(code="J0")
        work = bundle(job_ids=[job.pk])
        workshop = Workshop.objects.get(unit_id=unit_id)
        first_on = (now + timedelta(days=1)).date()
        grid = reading.grid_of(workshop, first_on=first_on, days=DAYS)
        starts = [grid.start_of(slot) for first, slots in grid.days for slot in range(first, first + slots)]
        customer_id = Customer.objects.values_list("pk", flat=True)[0]
    results: dict[str, int] = {"booked": 0, "refused with next slots": 0, "refused, nothing free": 0}
    seconds: list[float] = []

    def client(number: int) -> None:
        try:
            for attempt in range(number, attempts, CLIENTS):
                at = starts[attempt // CLIENTS % len(starts)]
                began = time.perf_counter()
                name = _attempt(unit_id, customer_id, at, work, now=now)
                seconds.append(time.perf_counter() - began)
                results[name] += 1
        finally:
            connections.close_all()

    began = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as clients:
        list(clients.map(client, range(CLIENTS)))
    whole = time.perf_counter() - began
    conditions = (
        f"{machine()}; {CLIENTS} clients with a connection each in one process, {attempts} bookings of one hour in one"
        f" workshop of {TECHNICIANS} technicians; load {os.getloadavg()[0]:.1f}"
    )
    figures: list[tuple[str, float, str, str]] = [
        ("overlaps", _overlaps(), "", "0"),
        ("bookings tried", sum(results.values()), "", ""),
        *((name, count, "", "0" if "nothing" in name else "") for name, count in results.items()),
        ("tried a second", round(attempts / whole, 1), "a second", ""),
        ("one booking p95", round(1000 * percentile(seconds, 0.95)), "ms", ""),
    ]
    for name, value, unit, goal in figures:
        yield Figure("booking", name, value, unit, goal, conditions)


def _attempt(unit_id: int, customer_id: int, at: datetime, work: Bundle, *, now: datetime) -> str:
    with scope.system("bench"):
        try:
            visit = booking.hold(
                customer_id=customer_id, unit_id=unit_id, starts_at=at, bundle=work, by=ROBOT, now=now,
                keeps_others=True,
            )  # fmt: skip
            booking.confirm(visit_id=visit.pk, by=ROBOT, now=now)
        except SlotTaken:
            return "refused with next slots"
        except NothingFree:
            return "refused, nothing free"
    return "booked"


def _overlaps() -> int:
    """Count pairs that share a technician or a bay at one time, in plain SQL."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM workshop_allocation a JOIN workshop_allocation b ON a.id < b.id"
            " AND (a.technician_id = b.technician_id OR a.bay_id = b.bay_id)"
            " AND a.starts_at < b.ends_at AND b.starts_at < a.ends_at"
            " WHERE a.unit_id = b.unit_id AND a.unit_id = (SELECT min(unit_id) FROM workshop_workshop)"
        )
        return int(cursor.fetchone()[0])


def _jobs(root: Unit, skills: list[Skill]) -> list[JobStep]:
    steps = []
    for number, minutes in enumerate((60, *_MINUTES)):
        job = Job.objects.create(
            unit=root, code=f"J{number}", name_it=f"Lavoro {number}", name_en=f"Job {number}", group=JobGroup.REPAIR
        )
        skill = skills[number % len(skills)] if number else skills[0]
        steps.append(
            JobStep.objects.create(job=job, position=0, skill=skill, level=1, bay_kind=BayKind.LIFT, minutes=minutes)
        )
    return steps


def _fill(unit: Unit, customer: Customer, steps: list[JobStep], skills: list[Skill], *, rng: random.Random) -> None:
    workshop = Workshop.objects.create(unit=unit, horizon_days=DAYS)
    people = Person.objects.bulk_create(
        Person(email=f"t{unit.pk}-{n}@bench.example", first_name="Tino", last_name=str(n)) for n in range(TECHNICIANS)
    )
    PersonSkill.objects.bulk_create(
        PersonSkill(person=person, skill=skill, level=rng.randint(1, 3), since=date(2020, 1, 1))
        for person in people
        for skill in [skills[0], *rng.sample(skills[1:], k=rng.randint(0, 2))]
    )
    technicians = Technician.objects.bulk_create(
        Technician(unit=unit, person=person, position=n) for n, person in enumerate(people)
    )
    bays = Bay.objects.bulk_create(
        Bay(unit=unit, name=f"P{n}", kind=BayKind.LIFT, position=n) for n in range(TECHNICIANS)
    )
    grid = reading.grid_of(workshop, first_on=timezone.now().date(), days=DAYS)
    visits = Table(
        Visit, "unit", "customer", "state", "source", "wish", "is_waiting", "drop_off_at", "promised_at",
        "end_reason", "made_at",
    )  # fmt: skip
    lines = Table(VisitJob, "visit", "job", "position", "price_cents")
    rows = Table(Allocation, "unit", "visit", "visit_job", "step", "technician", "bay", "starts_at", "ends_at")
    now = timezone.now()
    for technician, bay in zip(technicians, bays, strict=True):
        for begin, slots in grid.days:
            at = begin
            while at < begin + slots:
                step = rng.choice(steps)
                length = min(grid.slots_for(step.minutes), begin + slots - at)
                if rng.random() < FULL:
                    start, end = grid.start_of(at), grid.end_of(at, length)
                    visit = visits.add(unit.pk, customer.pk, VisitState.BOOKED, "desk", "", False, start, end, "", now)
                    line = lines.add(visit, step.job_id, 0, 0)
                    rows.add(unit.pk, visit, line, step.pk, technician.pk, bay.pk, start, end)
                at += length
    for table in (visits, lines, rows):
        table.write()
