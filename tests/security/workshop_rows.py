"""Rows of the workshop for the sweeps: a workshop with everything, a catalogue, visits in each state."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from corsia.customers.models import Customer
from corsia.organisation.models import PersonSkill, Skill
from corsia.organisation.vocabulary import Role
from corsia.workshop.models import (
    Bay,
    CourtesyCar,
    Job,
    JobFit,
    JobPart,
    JobStep,
    Package,
    PackageJob,
    Technician,
    Visit,
    Workshop,
)
from corsia.workshop.queries.catalogue import bundle
from corsia.workshop.services import booking
from corsia.workshop.vocabulary import BayKind, JobGroup
from tests.factories.cases import ROBOT
from tests.factories.organisation import person_in

if TYPE_CHECKING:
    from tests.security.world import Place


def workshop_rows(place: "Place", now: datetime) -> dict[str, int]:
    """Make one of everything, marked. The desk's calendar is always open."""
    canary, unit = place.canary, place.desk
    workshop = Workshop.unscoped.create(unit=unit, is_online=True)
    skill, _ = Skill.objects.get_or_create(key="engine", defaults={"name_it": "Motori", "name_en": "Engines"})
    technicians = []
    for number in range(3):
        mechanic = person_in(unit, Role.MECHANIC, first_name=f"Tino {number}", last_name=canary)
        PersonSkill.objects.create(person=mechanic, skill=skill, level=2, since=now.date())
        technicians.append(Technician.unscoped.create(unit=unit, person=mechanic, position=number))
    bays = [
        Bay.unscoped.create(unit=unit, name=f"{canary} {number}", kind=BayKind.LIFT, position=number)
        for number in range(3)
    ]
    cars = [
        CourtesyCar.unscoped.create(unit=unit, name=f"{canary} {number}", plate=f"WK{unit.pk:03}{number}")
        for number in range(2)
    ]
    job = Job.unscoped.create(
        unit=place.branch, code="TAG", name_it=f"{canary} tagliando", name_en=canary, group=JobGroup.SERVICE,
        price_cents=10_000, is_online=True,
    )  # fmt: skip
    step = JobStep.unscoped.create(job=job, position=0, skill=skill, bay_kind=BayKind.LIFT, minutes=60)
    part = JobPart.unscoped.create(job=job, code="OLIO", name=canary, quantity=4, price_cents=1_200)
    fit = JobFit.unscoped.create(job=job)
    package = Package.unscoped.create(
        unit=place.branch, code="P30", name_it=f"{canary} 30.000", name_en=canary, price_cents=20_000, is_online=True
    )
    inside = PackageJob.unscoped.create(package=package, job=job, position=0)
    customer = Customer.unscoped.get(pk=place.rows["customer_id"])
    work = bundle(job_ids=[job.pk])

    def visit(days: int, *, confirmed: bool = True, car: bool = False) -> Visit:
        at = (now + timedelta(days=days)).replace(hour=9, minute=0, second=0, microsecond=0)
        made = at - timedelta(days=2)
        held = booking.hold(
            customer_id=customer.pk, unit_id=unit.pk, starts_at=at, bundle=work, wish=canary, wants_car=car,
            case_id=place.rows["case_id"], vehicle_id=place.rows["vehicle_id"] if car else None, by=ROBOT, now=made,
        )  # fmt: skip
        return booking.confirm(visit_id=held.pk, by=ROBOT, now=made) if confirmed else held

    def fetched(days: int) -> None:
        at = (now + timedelta(days=days)).replace(hour=12, minute=0, second=0, microsecond=0)
        held = booking.hold(
            customer_id=customer.pk, unit_id=unit.pk, starts_at=at, bundle=work, is_fetched=True, by=ROBOT, now=now
        )
        booking.confirm(visit_id=held.pk, address=f"{canary} Via Roma 1"[:200], by=ROBOT, now=now)

    Workshop.unscoped.filter(pk=workshop.pk).update(drivers=1)
    fetched(6)
    booked, late = visit(5, car=True), visit(-2)
    later = (now + timedelta(days=8)).replace(minute=0, second=0, microsecond=0)
    held = booking.hold(
        customer_id=customer.pk, unit_id=unit.pk, starts_at=later, bundle=work, wish=canary, by=ROBOT, now=now
    )  # fmt: skip
    spare = Technician.unscoped.create(
        unit=unit, person=person_in(unit, Role.MECHANIC, first_name="Toni", last_name=canary), position=9
    )
    return {
        "workshop_unit_id": unit.pk,
        "workshop_id": workshop.pk,
        "technician_id": technicians[0].pk,
        "bay_id": bays[0].pk,
        "courtesy_car_id": cars[0].pk,
        "spare_technician_id": spare.pk,
        "spare_bay_id": Bay.unscoped.create(unit=unit, name=f"{canary} 9", kind=BayKind.WASH, position=9).pk,
        "spare_car_id": CourtesyCar.unscoped.create(unit=unit, name=f"{canary} 9", plate=f"WK{unit.pk:03}9").pk,
        "new_hand_id": person_in(unit, Role.MECHANIC, first_name="Tina", last_name=canary).pk,
        "workshop_job_id": job.pk,
        "workshop_step_id": step.pk,
        "workshop_part_id": part.pk,
        "workshop_fit_id": fit.pk,
        "package_id": package.pk,
        "package_job_id": inside.pk,
        "workshop_visit_id": booked.pk,
        "late_visit_id": late.pk,
        "held_visit_id": held.pk,
    }
