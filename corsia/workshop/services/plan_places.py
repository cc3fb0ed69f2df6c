"""Where a step can go: hands that are able and free, a bay of its kind, an open hour, in the order of work."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils import formats
from django.utils.translation import get_language

from corsia.kernel.errors import NotFound
from corsia.organisation.models import PersonSkill
from corsia.organisation.queries import tree
from corsia.organisation.queries.people import absences_of
from corsia.organisation.working_time import add, is_open
from corsia.workshop.models import Allocation, Bay, JobStep, Technician, Visit, VisitJob
from corsia.workshop.services.plan_refusals import (
    BayOfOtherKind,
    EndsAfterClosing,
    HourPassed,
    NoBayFree,
    SkillMissing,
    SkillTooLow,
    StepTooEarly,
    StepTooLate,
    TechnicianAway,
    TechnicianBusy,
    VehicleNotThere,
    WorkshopClosed,
)
from corsia.workshop.vocabulary import BayKind


@dataclass(frozen=True, kw_only=True)
class FoundPlace:
    """Where a step is to go."""

    technician: Technician
    bay: Bay
    starts_at: datetime
    ends_at: datetime


def work_name(line: VisitJob) -> str:
    """Return what the work is called in the active language."""
    return line.job.name_en if _is_english() else line.job.name_it


def bay_of(bay_id: int, unit_id: int) -> Bay:
    bay: Bay | None = Bay.objects.filter(pk=bay_id, unit_id=unit_id, is_active=True).first()
    if bay is None:
        raise NotFound(kind=Bay._meta.label)
    return bay


def find_place(
    visit: Visit,
    step: JobStep,
    line: VisitJob,
    *,
    technician_id: int,
    wanted: Bay | None,
    starts_at: datetime,
    duration: timedelta,
    own_id: int | None,
    now: datetime,
) -> FoundPlace:
    technician: Technician | None = (
        Technician.objects.select_related("person")
        .filter(pk=technician_id, unit_id=visit.unit_id, is_active=True)
        .first()
    )
    if technician is None:
        raise NotFound(kind=Technician._meta.label)
    ends_at = _end(visit, starts_at, duration, now=now)
    _demand_skill(technician, step)
    _demand_hands(visit, technician, starts_at, ends_at, own_id=own_id)
    _demand_order(visit, step, line, starts_at, ends_at, own_id=own_id)
    bay = _free_bay(visit, step, wanted, starts_at, ends_at, own_id=own_id)
    return FoundPlace(technician=technician, bay=bay, starts_at=starts_at, ends_at=ends_at)


def _end(visit: Visit, starts_at: datetime, duration: timedelta, *, now: datetime) -> datetime:
    if starts_at < now:
        raise HourPassed(start=hour_words(starts_at, visit, day_of=now))
    hours, zone = tree().hours(visit.unit_id), tree().time_zone(visit.unit_id)
    if not is_open(hours, starts_at):
        raise WorkshopClosed(start=hour_words(starts_at, visit, day_of=None))
    if starts_at < visit.drop_off_at:
        raise VehicleNotThere(customer=visit.whose, drop_off=hour_words(visit.drop_off_at, visit, day_of=starts_at))
    ends_at = add(hours, starts_at, duration)
    if ends_at.astimezone(zone).date() != starts_at.astimezone(zone).date():
        raise EndsAfterClosing(start=hour_words(starts_at, visit, day_of=starts_at))
    return ends_at


def _demand_skill(technician: Technician, step: JobStep) -> None:
    if step.skill is None:
        return
    name = step.skill.name_en if _is_english() else step.skill.name_it
    held = PersonSkill.objects.filter(person=technician.person, skill=step.skill).values_list("level", flat=True)
    level = held.first()
    if level is None:
        raise SkillMissing(technician=technician.person.full_name, skill=name)
    if level < step.level:
        raise SkillTooLow(technician=technician.person.full_name, skill=name, held=level, level=step.level)


def _demand_hands(
    visit: Visit, technician: Technician, starts_at: datetime, ends_at: datetime, *, own_id: int | None
) -> None:
    for absence in absences_of([technician.person_id], start=starts_at, end=ends_at):
        raise TechnicianAway(
            technician=technician.person.full_name,
            start=hour_words(absence.starts_at, visit, day_of=starts_at),
            end=hour_words(absence.ends_at, visit, day_of=starts_at),
        )
    others = _beside(starts_at, ends_at, own_id).filter(technician=technician)
    other = others.select_related("visit__vehicle", "visit_job__job", "step").order_by("starts_at").first()
    if other is not None:
        raise TechnicianBusy(
            technician=technician.person.full_name,
            work=work_name(other.visit_job),
            vehicle=other.visit.vehicle.plate or other.visit.vehicle if other.visit.vehicle else "-",
            start=hour_words(other.starts_at, visit, day_of=starts_at),
            end=hour_words(other.ends_at, visit, day_of=starts_at),
        )


def _demand_order(
    visit: Visit, step: JobStep, line: VisitJob, starts_at: datetime, ends_at: datetime, *, own_id: int | None
) -> None:
    """Steps of a visit follow each other: one vehicle, one pair of hands at a time, in the order of its jobs."""
    own = (line.position, step.position)
    for other in visit.allocations.select_related("visit_job__job", "step").order_by("starts_at"):
        if other.pk == own_id:
            continue
        is_before = (other.visit_job.position, other.step.position) < own
        name = work_name(other.visit_job)
        if is_before and starts_at < other.ends_at:
            end = hour_words(other.ends_at, visit, day_of=starts_at)
            raise StepTooEarly(work=work_name(line), other=name, end=end)
        if not is_before and ends_at > other.starts_at:
            start = hour_words(other.starts_at, visit, day_of=starts_at)
            raise StepTooLate(work=work_name(line), other=name, start=start)


def _free_bay(
    visit: Visit, step: JobStep, wanted: Bay | None, starts_at: datetime, ends_at: datetime, *, own_id: int | None
) -> Bay:
    kind = BayKind(step.bay_kind)
    if wanted is not None and wanted.kind != kind:
        raise BayOfOtherKind(bay=wanted.name, kind=kind.label)
    busy = set(_beside(starts_at, ends_at, own_id).filter(unit_id=visit.unit_id).values_list("bay_id", flat=True))
    bays = Bay.objects.filter(unit_id=visit.unit_id, kind=kind, is_active=True).order_by("position", "pk")
    free = [bay for bay in bays if bay.pk not in busy]
    if not free:
        raise NoBayFree(
            kind=kind.label,
            start=hour_words(starts_at, visit, day_of=starts_at),
            end=hour_words(ends_at, visit, day_of=starts_at),
        )
    kept: Bay = next((bay for bay in free if wanted is not None and bay.pk == wanted.pk), free[0])
    return kept


def _beside(starts_at: datetime, ends_at: datetime, own_id: int | None) -> "QuerySet[Allocation]":
    rows: QuerySet[Allocation] = Allocation.objects.filter(starts_at__lt=ends_at, ends_at__gt=starts_at)
    return rows if own_id is None else rows.exclude(pk=own_id)


def hour_words(at: datetime, visit: Visit, *, day_of: datetime | None) -> str:
    """Return an hour in words, with its day unless it is that of `day_of`."""
    zone = tree().time_zone(visit.unit_id)
    local = at.astimezone(zone)
    if day_of is not None and day_of.astimezone(zone).date() == local.date():
        return f"{local:%H:%M}"
    day = formats.date_format(local, "j F")
    return f"{day if _is_english() else day.lower()}, {local:%H:%M}"


def _is_english() -> bool:
    return (get_language() or "it").startswith("en")
