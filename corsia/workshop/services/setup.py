"""A workshop is set up: how it plans, who works in it, its bays and courtesy cars."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from corsia.kernel.access import demand
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid, NotFound, Refused
from corsia.organisation.models import Person, Unit
from corsia.organisation.queries import day_in, tree
from corsia.organisation.queries.people import people_with_roles
from corsia.workshop.models import Allocation, Bay, CourtesyCar, Fetch, Loan, Technician, Workshop
from corsia.workshop.permissions import SET_UP_WORKSHOP, WORK_ON_VEHICLES
from corsia.workshop.vocabulary import BayKind


class WorkshopThere(Refused):
    code = "workshop.workshop_there"
    message = _("%(unit)s takes vehicles in already.")


class WorksElsewhere(Refused):
    code = "workshop.works_elsewhere"
    message = _("%(person)s works in another workshop. Take them out there first.")


class NameTaken(Refused):
    code = "workshop.name_taken"
    message = _("“%(name)s” is there already. Choose another name.")


class StillPlanned(Refused):
    code = "workshop.still_planned"
    message = _("%(name)s is still in the diary from now on: %(count)s times. Move that first, on the plan.")


class NameMissing(Invalid):
    code = "workshop.thing_unnamed"
    message = _("Write a name.")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How a workshop plans."""

    grain_minutes: int = 15
    hold_minutes: int = 10
    horizon_days: int = 60
    applies_nights: bool = False
    notice_hours: int = 24
    is_online: bool = False
    drivers: int = 0
    drive_minutes: int = 45
    is_active: bool = True


@transaction.atomic
def open_workshop(*, unit_id: int, by: Actor, now: datetime) -> Workshop:
    """Let a unit take vehicles in.

    Raises:
        WorkshopThere: it does already.
    """
    unit: Unit = tree().unit(unit_id)
    demand(by, SET_UP_WORKSHOP, unit.pk)
    workshop, is_new = Workshop.objects.get_or_create(unit_id=unit.pk)
    if not is_new:
        raise WorkshopThere(unit=unit.name)
    audit(workshop, "workshop_opened", by=by, now=now)
    return workshop  # type: ignore[no-any-return]


@transaction.atomic
def set_workshop(*, workshop_id: int, settings: Settings, by: Actor, now: datetime) -> Workshop:
    """Change how a workshop plans; what is booked stays as it is.

    Raises:
        StillPlanned: a driver who is taken out is still on the road from now on.
    """
    workshop = _locked(workshop_id, by)
    planned = Fetch.objects.filter(unit_id=workshop.unit_id, driver__gt=settings.drivers, ends_at__gt=now).count()
    if planned:
        raise StillPlanned(name=gettext("Driver %(number)s") % {"number": settings.drivers + 1}, count=planned)
    for name, value in asdict(settings).items():
        setattr(workshop, name, value)
    workshop.save(update_fields=list(asdict(settings)))
    audit(workshop, "workshop_set", by=by, now=now, **asdict(settings))
    return workshop


def hands_of(unit_id: int, *, now: datetime) -> list[Person]:
    """Return the people of a unit who may work on vehicles."""
    return people_with_roles(unit_id, WORK_ON_VEHICLES.roles, today=day_in(unit_id, now))


@transaction.atomic
def add_technician(*, workshop_id: int, person_id: int, by: Actor, now: datetime) -> Technician:
    """Let somebody of the unit work in its workshop; who was there before comes back.

    Raises:
        NotFound: nobody of the unit who may work on vehicles.
        WorksElsewhere: they work in another workshop.
    """
    workshop = _locked(workshop_id, by)
    person = next((one for one in hands_of(workshop.unit_id, now=now) if one.pk == person_id), None)
    if person is None:
        raise NotFound(kind=Person._meta.label)
    place = Technician.objects.filter(unit_id=workshop.unit_id).count()
    try:
        with transaction.atomic():
            technician: Technician
            technician, _is_new = Technician.objects.update_or_create(
                unit_id=workshop.unit_id,
                person=person,
                defaults={"is_active": True},
                create_defaults={"is_active": True, "position": place},
            )
    except IntegrityError as clash:  # perhaps in a workshop that is out of sight
        raise WorksElsewhere(person=person.full_name) from clash
    audit(technician, "technician_added", by=by, now=now, person=person.pk)
    return technician


@transaction.atomic
def retire_technician(*, technician_id: int, by: Actor, now: datetime) -> Technician:
    """Take somebody out of a workshop; what they did stays.

    Raises:
        StillPlanned: work is planned for them.
    """
    technician: Technician = Technician.objects.select_related("person").lock(technician_id)
    planned = Allocation.objects.filter(technician=technician, ends_at__gt=now).count()
    _retire(technician, name=technician.person.full_name, planned=planned, by=by, now=now)
    return technician


@transaction.atomic
def add_bay(*, workshop_id: int, name: str, kind: BayKind | str, by: Actor, now: datetime) -> Bay:
    """Add a bay; one of the same name that was taken out comes back.

    Raises:
        NameMissing, NameTaken: how it is called.
    """
    workshop = _locked(workshop_id, by)
    name = _named(name)[:40]
    place = Bay.objects.filter(unit_id=workshop.unit_id).count()
    bay: Bay
    bay, is_new = Bay.objects.get_or_create(
        unit_id=workshop.unit_id, name=name, defaults={"kind": BayKind(kind), "position": place, "is_active": True}
    )
    if not is_new and bay.is_active:
        raise NameTaken(name=name)
    bay.kind, bay.is_active = BayKind(kind), True
    bay.save(update_fields=["kind", "is_active"])
    audit(bay, "bay_added", by=by, now=now, name=name, kind=bay.kind)
    return bay


@transaction.atomic
def retire_bay(*, bay_id: int, by: Actor, now: datetime) -> Bay:
    """Take a bay out of use.

    Raises:
        StillPlanned: work is planned in it.
    """
    bay: Bay = Bay.objects.lock(bay_id)
    planned = Allocation.objects.filter(bay=bay, ends_at__gt=now).count()
    _retire(bay, name=bay.name, planned=planned, by=by, now=now)
    return bay


@transaction.atomic
def add_car(*, workshop_id: int, name: str, plate: str, by: Actor, now: datetime) -> CourtesyCar:
    """Add a courtesy car; one of the same plate that was taken out comes back.

    Raises:
        NameMissing, NameTaken: how it is called, and its plate.
    """
    workshop = _locked(workshop_id, by)
    plate = "".join(_named(plate).upper().split())[:12]
    car: CourtesyCar
    car, is_new = CourtesyCar.objects.get_or_create(
        unit_id=workshop.unit_id, plate=plate, defaults={"name": _named(name)[:80], "is_active": True}
    )
    if not is_new and car.is_active:
        raise NameTaken(name=plate)
    car.name, car.is_active = _named(name)[:80], True
    car.save(update_fields=["name", "is_active"])
    audit(car, "courtesy_car_added", by=by, now=now, name=car.name, plate=plate)
    return car


@transaction.atomic
def retire_car(*, car_id: int, by: Actor, now: datetime) -> CourtesyCar:
    """Lend a courtesy car no more.

    Raises:
        StillPlanned: it is lent or promised.
    """
    car: CourtesyCar = CourtesyCar.objects.lock(car_id)
    planned = Loan.objects.filter(car=car, ends_at__gt=now).count()
    _retire(car, name=car.name, planned=planned, by=by, now=now)
    return car


def _retire(row: Any, *, name: str, planned: int, by: Actor, now: datetime) -> None:
    demand(by, SET_UP_WORKSHOP, row.unit_id)
    if planned:
        raise StillPlanned(name=name, count=planned)
    row.is_active = False
    row.save(update_fields=["is_active"])
    audit(row, "taken_out_of_use", by=by, now=now, name=name)


def _locked(workshop_id: int, by: Actor) -> Workshop:
    workshop: Workshop = Workshop.objects.lock(workshop_id)
    demand(by, SET_UP_WORKSHOP, workshop.unit_id)
    return workshop


def _named(text: str) -> str:
    name = " ".join(text.split())
    if not name:
        raise NameMissing
    return name
