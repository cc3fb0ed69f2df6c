"""A place for a visit is taken where it fits, against everybody who wants the same one, and given free again."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from corsia.kernel.errors import Refused
from corsia.organisation.queries import time_zone_of
from corsia.workshop.models import Allocation, Fetch, Loan, Visit, VisitJob, Workshop
from corsia.workshop.queries.catalogue import Bundle
from corsia.workshop.queries.offers import Place, Wish, offers, place_at
from corsia.workshop.queries.parts import ready_from, supplies
from corsia.workshop.services.diary import tell_plan
from corsia.workshop.services.fetches import send_drivers
from corsia.workshop.vocabulary import LAPSED, VisitState

_COLLISIONS = (
    "workshop_technician_one_at_a_time",
    "workshop_bay_one_at_a_time",
    "workshop_car_lent_once",
    "workshop_driver_on_one_road",
)
_VEHICLE = "workshop_vehicle_in_one_place"
_TRIES = 3
_SHOWN = 3


class SlotTaken(Refused):
    code = "workshop.slot_taken"
    message = _("This slot was taken a moment ago. The next free ones: %(next)s.")


class NothingFree(Refused):
    code = "workshop.nothing_free"
    message = _("This slot was taken a moment ago, and nothing else is free. Choose more workshops or fewer jobs.")


class PartsNotThere(SlotTaken):
    code = "workshop.parts_not_there"
    message = _("Not there yet by that hour: %(parts)s. Choose a later slot, or another workshop.")


class VehicleElsewhere(Refused):
    code = "workshop.vehicle_elsewhere"
    message = _("This vehicle is already booked at that time. Move or cancel that visit first.")


def fitted(
    workshop: Workshop,
    bundle: Bundle,
    asked: Wish,
    starts_at: datetime,
    technician_id: int | None,
    write: Any,
    *,
    now: datetime,
) -> Visit:
    """Write a visit where it fits; the constraints have the last word, and then it is looked at anew.

    Args:
        write: makes the visit of a place, and returns it.

    Raises:
        SlotTaken, NothingFree: somebody was quicker; it says which slots are free next.
        PartsNotThere, VehicleElsewhere: by then parts are missing, or the vehicle is at another visit.
    """
    supply = supplies(bundle.parts, unit_ids=[workshop.unit_id], now=now, but=asked.but).get(workshop.unit_id)
    there_from = ready_from(workshop.unit_id, supply)
    if supply is not None and (supply.is_missing or (there_from is not None and starts_at < there_from)):
        raise PartsNotThere(parts=", ".join(supply.lacking))
    let_go(Visit.objects.filter(unit_id=workshop.unit_id, state=VisitState.HELD, held_until__lte=now), now=now)
    for _again in range(_TRIES):
        place = place_at(
            workshop=workshop, bundle=bundle, wish=asked, starts_at=starts_at, technician_id=technician_id, now=now
        )
        if place is None:
            break
        try:
            with transaction.atomic():
                visit: Visit = write(place)
                return visit
        except IntegrityError as clash:
            name = getattr(getattr(clash.__cause__, "diag", None), "constraint_name", "")
            if name == _VEHICLE:
                raise VehicleElsewhere from clash
            if name not in _COLLISIONS:
                raise
    if (
        Visit.objects.filter(
            vehicle_id=asked.vehicle_id,
            vehicle__isnull=False,
            state__in=(VisitState.HELD, VisitState.BOOKED, VisitState.HERE),
            drop_off_at__lte=starts_at,
            promised_at__gt=starts_at,
        )
        .exclude(pk=asked.but)
        .exists()
    ):
        raise VehicleElsewhere
    others = offers(bundle=bundle, wish=asked, now=now, limit=_SHOWN)
    if not others:
        raise NothingFree
    following = sorted({one.place.drop_off_at for one in others})
    raise SlotTaken(next=", ".join(said(workshop.unit_id, at) for at in following))


def allocate(visit: Visit, place: Place, *, lines: Sequence[VisitJob] | None = None, address: str = "") -> None:
    """Write down who works on a visit and where, which courtesy car it gets and which drivers fetch it."""
    rows = {row.job_id: row for row in (lines if lines is not None else visit.jobs.all())}
    Allocation.objects.bulk_create(
        Allocation(
            unit_id=place.unit_id,
            visit=visit,
            visit_job=rows[step.job_id],
            step=step.step,
            technician_id=step.technician_id,
            bay_id=step.bay_id,
            starts_at=step.starts_at,
            ends_at=step.ends_at,
        )
        for step in place.steps
    )
    if place.car_id is not None:
        Loan.objects.create(
            unit_id=place.unit_id,
            visit=visit,
            car_id=place.car_id,
            starts_at=place.drop_off_at,
            ends_at=place.promised_at,
        )
    send_drivers(visit, place.runs, address=address)


def free(visit_ids: Iterable[int]) -> None:
    """Give hands, bays, courtesy cars and drivers of some visits to others."""
    ids = list(visit_ids)
    Allocation.objects.filter(visit_id__in=ids).delete()
    Loan.objects.filter(visit_id__in=ids).delete()
    Fetch.objects.filter(visit_id__in=ids).delete()


def let_go(held: Any, *, now: datetime) -> int:
    """Let held slots go that nobody else is about to change; return how many they were."""
    gone = list(held.select_for_update(of=("self",), skip_locked=True))
    ids = [visit.pk for visit in gone]
    if ids:
        free(ids)
        Visit.objects.filter(pk__in=ids).update(
            state=VisitState.CANCELLED, held_until=None, ended_at=now, end_reason=LAPSED
        )
        for visit in gone:
            tell_plan(visit)
    return len(ids)


def said(unit_id: int, at: datetime) -> str:
    """Return an instant as the people of a unit say it."""
    return date_format(at.astimezone(time_zone_of(unit_id)), "D j M, H:i").lower()
