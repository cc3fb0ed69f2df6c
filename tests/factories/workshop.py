"""A workshop for tests: three technicians, four bays, a courtesy car and five jobs; rows come from it as needed."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from corsia.customers.models import Customer
from corsia.organisation.models import PersonSkill, Skill, Unit
from corsia.organisation.vocabulary import Role, UnitKind
from corsia.vehicles.models import Vehicle
from corsia.workshop.models import (
    Allocation,
    Bay,
    CourtesyCar,
    Job,
    JobStep,
    Package,
    PackageJob,
    Technician,
    Visit,
    VisitJob,
    Workshop,
)
from corsia.workshop.vocabulary import BayKind, JobGroup, VisitState
from tests.factories.organisation import TODAY, Group, UnitFactory, person_in

SERVICE, BRAKES, DIAGNOSIS, BATTERY, TYRES = "TAG30", "FRENI", "DIAG", "HVBAT", "GOMME"


@dataclass
class Shop:
    """One workshop with what stands in it, found by name."""

    unit: Unit
    workshop: Workshop
    technicians: dict[str, Technician]  # "anna" knows engines and diagnosis, "luca" engines, "hans" high voltage too
    bays: dict[str, Bay]  # "1" and "2" are lifts, "D" diagnosis, "H" high voltage
    car: CourtesyCar
    jobs: dict[str, Job]
    package: Package  # service, then brakes


def shop_of(group: Group, *, branch: Unit | None = None) -> Shop:
    """Make a workshop below a branch, open as the group is: 8:30-12:30 and 14-18:30 from Monday to Friday."""
    branch = branch or group.brescia
    number = Unit.objects.filter(parent=branch, code__startswith=f"{branch.code}-officina").count()
    code = f"{branch.code}-officina{number or ''}"
    unit = UnitFactory(parent=branch, kind=UnitKind.DEPARTMENT, name="Officina", code=code)
    workshop = Workshop.unscoped.create(unit=unit, is_online=True)
    skills = {key: _skill(key) for key in ("engine", "diagnosis", "high-voltage")}
    known = {
        "anna": {"engine": 2, "diagnosis": 3},
        "luca": {"engine": 2},
        "hans": {"engine": 1, "high-voltage": 3},
    }
    technicians = {}
    for position, (name, levels) in enumerate(known.items()):
        person = person_in(unit, Role.MECHANIC, first_name=name.capitalize())
        for key, level in levels.items():
            PersonSkill.objects.create(person=person, skill=skills[key], level=level, since=TODAY)
        technicians[name] = Technician.unscoped.create(unit=unit, person=person, position=position)
    kinds = {"1": BayKind.LIFT, "2": BayKind.LIFT, "D": BayKind.DIAGNOSIS, "H": BayKind.HIGH_VOLTAGE}
    bays = {
        name: Bay.unscoped.create(unit=unit, name=name, kind=kind, position=position)
        for position, (name, kind) in enumerate(kinds.items())
    }
    jobs = {
        code: job_in(group.root, code, group=kind, steps=[(skills[skill] if skill else None, bay, minutes)])
        for code, kind, skill, bay, minutes in (
            (SERVICE, JobGroup.SERVICE, "engine", BayKind.LIFT, 75),
            (BRAKES, JobGroup.REPAIR, "engine", BayKind.LIFT, 60),
            (DIAGNOSIS, JobGroup.REPAIR, "diagnosis", BayKind.DIAGNOSIS, 45),
            (BATTERY, JobGroup.HIGH_VOLTAGE, "high-voltage", BayKind.HIGH_VOLTAGE, 180),
            (TYRES, JobGroup.TYRES, None, BayKind.LIFT, 45),
        )
    }
    package, _ = Package.unscoped.get_or_create(
        unit=group.root,
        code="P30",
        defaults={"name_it": "Tagliando e freni", "name_en": "Service and brakes", "is_online": True},
    )
    for position, code in enumerate((SERVICE, BRAKES)):
        PackageJob.unscoped.get_or_create(package=package, job=jobs[code], defaults={"position": position})
    car = CourtesyCar.unscoped.create(unit=unit, name="Panda bianca", plate="GG000CC")
    return Shop(unit, workshop, technicians, bays, car, jobs, package)


def job_in(root: Unit, code: str, *, group: JobGroup, steps: list[tuple[Skill | None, BayKind, int]]) -> Job:
    """Make a job of a group's catalogue, or return the one that is there."""
    job, is_new = Job.unscoped.get_or_create(
        unit=root,
        code=code,
        defaults={
            "name_it": f"Lavoro {code}", "name_en": f"Job {code}", "group": group, "price_cents": 12_000,
            "is_online": group == JobGroup.SERVICE,
        },
    )  # fmt: skip
    if is_new:
        for position, (skill, bay_kind, minutes) in enumerate(steps):
            JobStep.unscoped.create(job=job, position=position, skill=skill, bay_kind=bay_kind, minutes=minutes)
    return job


def visit_in(
    shop: Shop,
    customer: Customer,
    vehicle: Vehicle | None,
    *,
    at: datetime,
    code: str = SERVICE,
    technician: str = "luca",
    bay: str = "1",
    state: VisitState = VisitState.BOOKED,
) -> Visit:
    """Make a booked visit of one job, its first step at `at`, promised for an hour after it ends."""
    job = shop.jobs[code]
    step = JobStep.unscoped.filter(job=job).order_by("position").first()
    ends_at = at + timedelta(minutes=step.minutes)
    visit = Visit.unscoped.create(
        unit=shop.unit,
        customer=customer,
        vehicle=vehicle,
        state=state,
        drop_off_at=at,
        promised_at=ends_at + timedelta(hours=1),
        made_at=at - timedelta(days=3),
    )
    line = VisitJob.unscoped.create(visit=visit, job=job, position=0, price_cents=job.price_cents)
    Allocation.unscoped.create(
        unit=shop.unit,
        visit=visit,
        visit_job=line,
        step=step,
        technician=shop.technicians[technician],
        bay=shop.bays[bay],
        starts_at=at,
        ends_at=ends_at,
    )
    return visit


def _skill(key: str) -> Skill:
    skill, _ = Skill.objects.get_or_create(key=key, defaults={"name_it": key, "name_en": key})
    return skill
