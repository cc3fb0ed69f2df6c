"""Where work goes that no longer fits on its day: the first place on the days after, and the promise that follows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from corsia.organisation.queries import tree
from corsia.organisation.working_time import between
from corsia.workshop.models import Allocation, Loan, Visit
from corsia.workshop.queries.diary import ANY, Diary, diary_of_days, skill_at
from corsia.workshop.queries.fetches import may_be_brought_back
from corsia.workshop.queries.replanning import DiaryDay
from corsia.workshop.rules.grid import run_bits
from corsia.workshop.rules.promise import promised
from corsia.workshop.rules.suggestion import Slot, Work, suggestions
from corsia.workshop.vocabulary import PRESENT_STATES

DAYS = 14
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class NextPlace:
    """Where one step goes."""

    allocation: Allocation
    technician_id: int
    bay_id: int
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, kw_only=True)
class Later:
    """Where the rest of a visit goes, and what may be promised then."""

    places: tuple[NextPlace, ...]
    promised_at: datetime


def later_places(found: DiaryDay, work: Mapping[int, Sequence[Allocation]]) -> dict[int, Later]:
    """Return where the work of visits fits on a day after; a visit without such a day is not there.

    Args:
        work: of each visit, what has to go elsewhere, in its order. The most urgent promise chooses first.
    """
    if not work:
        return {}
    diary = diary_of_days(found.workshop, first_on=found.on + timedelta(days=1), days=DAYS)
    result = {}
    for visit_id in sorted(work, key=lambda pk: (found.visits[pk].promised_at, pk)):
        steps = work[visit_id]
        later = _later(diary, found.visits[visit_id], steps)
        if later is not None:
            result[visit_id], taken = later
            diary = _without(diary, taken)
    return result


def _later(diary: Diary, visit: Visit, steps: Sequence[Allocation]) -> tuple[Later, tuple[Slot, ...]] | None:
    diary_hours = tree().hours(visit.unit_id)
    works = [
        Work(
            skill=ANY if one.step.skill is None else skill_at(one.step.skill.key, one.step.level),
            bay_kind=one.step.bay_kind,
            minutes=max(1, between(diary_hours, one.starts_at, one.ends_at) // _MINUTE),
        )
        for one in steps
    ]
    grid = diary.grid
    not_before = grid.slot_from(visit.drop_off_at) if grid.stretches else 0
    chain = next(
        suggestions(grid=grid, technicians=diary.technicians, bays=diary.bays, works=works, not_before=not_before), None
    )
    if chain is None:
        return None
    places = tuple(
        NextPlace(
            allocation=one,
            technician_id=slot.technician,
            bay_id=slot.bay,
            starts_at=grid.start_of(slot.start),
            ends_at=grid.end_of(slot.start, slot.length),
        )
        for one, slot in zip(steps, chain, strict=True)
    )
    ends_at = places[-1].ends_at
    until = promised(work_ends=ends_at, closes=diary.closes(grid.day_of(chain[-1].start)), is_waiting=visit.is_waiting)
    until = max(until, visit.promised_at)
    if _follows_something(visit, steps, ends_at) or not may_stay(visit, until):
        return None
    return Later(places=places, promised_at=until), chain


def may_stay(visit: Visit, until: datetime) -> bool:
    """Tell whether vehicle and courtesy car are not expected elsewhere before an instant, and a driver is free then."""
    if not may_be_brought_back(visit, until):
        return False
    if until <= visit.promised_at:
        return True
    others = Visit.objects.filter(
        vehicle_id=visit.vehicle_id, vehicle__isnull=False, state__in=PRESENT_STATES, drop_off_at__lt=until,
        promised_at__gt=visit.promised_at,
    ).exclude(pk=visit.pk)  # fmt: skip
    loan = Loan.objects.filter(visit=visit).first()
    lent = loan is not None and Loan.objects.filter(
        car_id=loan.car_id, starts_at__lt=until, ends_at__gt=loan.ends_at
    ).exclude(pk=loan.pk).exists()  # fmt: skip
    return not lent and not others.exists()


def closing_of(found: DiaryDay) -> datetime:
    """Return when the day's last hour ends."""
    return found.grid.end_of(found.day.closes - 1)


def hour_to_promise(found: DiaryDay, visit: Visit, work_ends: datetime) -> datetime:
    """Return what may be promised for a vehicle whose work ends so on that day."""
    return promised(work_ends=work_ends, closes=closing_of(found), is_waiting=visit.is_waiting)


def _follows_something(visit: Visit, steps: Sequence[Allocation], ends_at: datetime) -> bool:
    """Tell whether other work of the visit, on a later day, would begin before."""
    own = {one.pk for one in steps}
    last = max(one.ends_at for one in steps)
    rows = visit.allocations.filter(starts_at__gte=last, starts_at__lt=ends_at).values_list("pk", flat=True)
    return bool(set(rows) - own)


def _without(diary: Diary, chain: Sequence[Slot]) -> Diary:
    technicians = {room.technician: room for room in diary.technicians}
    bays = {room.bay: room for room in diary.bays}
    for slot in chain:
        run = run_bits(slot.start, slot.length)
        hands, bay = technicians[slot.technician], bays[slot.bay]
        technicians[slot.technician] = replace(hands, free=hands.free & ~run)
        bays[slot.bay] = replace(bay, free=bay.free & ~run)
    return replace(diary, technicians=tuple(technicians.values()), bays=tuple(bays.values()))
