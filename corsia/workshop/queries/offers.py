"""The first good slots for a visit, over all workshops the customer accepts, each with what speaks for it."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from corsia.organisation.queries import tree
from corsia.workshop.models import Allocation, Bay, CourtesyCar, JobStep, Loan, Technician, Visit, Workshop
from corsia.workshop.queries.catalogue import Bundle
from corsia.workshop.queries.diary import ANY, Diary, diaries, diary_of_days, skill_at
from corsia.workshop.queries.fetches import Roads, Run
from corsia.workshop.queries.parts import Supply, ready_from, supplies
from corsia.workshop.rules.grid import Period
from corsia.workshop.rules.promise import promised
from corsia.workshop.rules.ranking import Candidate, Reason, ranked, reasons
from corsia.workshop.rules.suggestion import Slot, Work, over_days, suggestions
from corsia.workshop.vocabulary import PRESENT_STATES, VisitState

OFFERED = 6
EACH = 3  # slots of one workshop, so that others are seen too
KNOWN = 2  # more of those who know the car
MOST_DAYS = 30  # looked at in one workshop for a free courtesy car
MOST_DRIVES = 200  # places looked at for free drivers
LONGEST_STAY = 20  # days read when a vehicle stays overnight
_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What the customer wants, besides the work itself.

    Attributes:
        vehicle_id: None when it is not known yet.
        but: a visit that is being moved; it takes no room.
    """

    unit_ids: tuple[int, ...]
    earliest: datetime
    vehicle_id: int | None = None
    is_waiting: bool = False
    wants_car: bool = False
    is_fetched: bool = False
    but: int | None = None


@dataclass(frozen=True, kw_only=True)
class Placed:
    """A step of a job, in somebody's hands, in a bay."""

    job_id: int
    step: JobStep
    technician_id: int
    bay_id: int
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where and when a whole visit fits."""

    unit_id: int
    steps: tuple[Placed, ...]
    promised_at: datetime
    car_id: int | None
    load_pct: int
    runs: tuple[Run, ...] = ()  # of the drivers who fetch the vehicle and bring it back

    @property
    def drop_off_at(self) -> datetime:
        return self.steps[0].starts_at

    @property
    def technician_ids(self) -> tuple[int, ...]:
        """Whose hands, each once, in order."""
        return tuple(dict.fromkeys(step.technician_id for step in self.steps))


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A place as it is shown."""

    place: Place
    label: str  # of the workshop
    zone: ZoneInfo
    technicians: str
    bay: str
    car: str
    knows: str  # who worked on the car before
    reasons: tuple[Reason, ...]
    price_cents: int
    parts: Supply | None = None  # None: the workshop keeps none of those it takes

    @property
    def stay(self) -> timedelta:
        return self.place.promised_at - self.place.drop_off_at


def offers(*, bundle: Bundle, wish: Wish, now: datetime, limit: int = OFFERED) -> list[Offer]:
    """Return the best places for a visit, the best first; none where nothing is free as far as the workshops plan."""
    by_unit = {one.unit_id: one for one in Workshop.objects.filter(unit_id__within=frozenset(wish.unit_ids))}
    workshops = [by_unit[pk] for pk in dict.fromkeys(wish.unit_ids) if pk in by_unit and by_unit[pk].is_active]
    knowing = technicians_who_know(wish.vehicle_id)
    elsewhere = elsewhere_of(wish)
    cars = Cars(workshops, now=now, but=wish.but) if wish.wants_car else None
    roads = Roads(workshops, now=now, but=wish.but) if wish.is_fetched else None
    stock = supplies(bundle.parts, unit_ids=by_unit, now=now, but=wish.but)
    served = [one for one in workshops if one.unit_id not in stock or not stock[one.unit_id].is_missing]
    found = [
        place
        for diary in diaries(served, now=now)
        for place in _places_in(
            diary,
            bundle,
            wish,
            knowing=knowing,
            elsewhere=elsewhere,
            cars=cars,
            roads=roads,
            not_before=max(
                wish.earliest,
                now,
                ready_from(diary.workshop.unit_id, stock.get(diary.workshop.unit_id)) or now,
            ),
        )
    ]
    order = {unit_id: number for number, unit_id in enumerate(wish.unit_ids)}
    candidates = [
        Candidate(
            starts_at=place.drop_off_at,
            ends_at=place.promised_at,
            knows_the_car=not knowing.keys().isdisjoint(place.technician_ids),
            load_pct=place.load_pct,
            place=order[place.unit_id],
            has_parts=None if place.unit_id not in stock else stock[place.unit_id].is_there,
        )
        for place in found
    ]
    best = ranked(candidates, is_waiting=wish.is_waiting)[:limit]
    shown = [candidates[number] for number in best]
    return _named(
        [(found[number], reasons(candidates[number], shown, is_waiting=wish.is_waiting)) for number in best],
        knowing=knowing,
        bundle=bundle,
        stock=stock,
    )


def place_at(
    *, workshop: Workshop, bundle: Bundle, wish: Wish, starts_at: datetime, technician_id: int | None, now: datetime
) -> Place | None:
    """Return how a visit fits at exactly this instant as the database is now, with this technician where possible.

    None: it does not fit any more.
    """
    first_on = starts_at.astimezone(tree().time_zone(workshop.unit_id)).date()
    diary = diary_of_days(workshop, first_on=first_on, days=1)
    if _stays_overnight(diary, bundle):
        diary = diary_of_days(workshop, first_on=first_on, days=LONGEST_STAY)
    cars = Cars([workshop], now=now, but=wish.but) if wish.wants_car else None
    roads = Roads([workshop], now=now, but=wish.but) if wish.is_fetched else None
    elsewhere = elsewhere_of(wish)
    for only in dict.fromkeys((technician_id, None)):
        every = chains_in(diary, bundle, wish, not_before=starts_at, only=only, cars=cars, roads=roads)
        place = next(every, None)
        if place is not None and place.drop_off_at == starts_at and not is_elsewhere(place, elsewhere):
            return place
    return None


def technicians_who_know(vehicle_id: int | None) -> dict[int, int]:
    """Return who worked on a vehicle before, with the number of visits."""
    if vehicle_id is None:
        return {}
    seen: dict[int, set[int]] = defaultdict(set)
    rows = Allocation.objects.filter(visit__vehicle_id=vehicle_id, visit__state=VisitState.DONE)
    for technician_id, visit_id in rows.values_list("technician_id", "visit_id"):
        seen[technician_id].add(visit_id)
    return {technician: len(visits) for technician, visits in seen.items()}


def _places_in(
    diary: Diary,
    bundle: Bundle,
    wish: Wish,
    *,
    knowing: dict[int, int],
    elsewhere: Sequence[Period],
    cars: "Cars | None",
    roads: Roads | None,
    not_before: datetime,
) -> list[Place]:
    def first(count: int, only: int | None) -> list[Place]:
        every = chains_in(diary, bundle, wish, not_before=not_before, only=only, cars=cars, roads=roads)
        return list(islice((one for one in every if not is_elsewhere(one, elsewhere)), count))

    found = first(EACH, None)
    mine = {room.technician for room in diary.technicians}
    for technician_id in sorted(knowing.keys() & mine, key=lambda one: (-knowing[one], one))[:KNOWN]:
        found += first(1, technician_id)
    unique = {(one.drop_off_at, one.technician_ids): one for one in found}
    return list(unique.values())


def chains_in(
    diary: Diary,
    bundle: Bundle,
    wish: Wish,
    *,
    not_before: datetime,
    only: int | None,
    cars: "Cars | None",
    roads: Roads | None = None,
) -> Iterator[Place]:
    """Yield the places of a diary day by day; of more work than a day holds, the first one.

    Where no driver is free for a place, later ones of the same day are looked at.
    """
    if roads is None:
        yield from _chains_in(diary, bundle, wish, not_before=not_before, only=only, cars=cars)
        return
    at: datetime | None = not_before
    for _again in range(MOST_DRIVES if roads.has_drivers(diary.workshop.unit_id) else 0):
        if at is None:
            return
        places = _chains_in(diary, bundle, wish, not_before=at, only=only, cars=cars)
        at = None
        for place in places:
            runs = roads.free(place.unit_id, place.drop_off_at, place.promised_at)
            if not runs:
                at = place.drop_off_at + timedelta(minutes=diary.workshop.grain_minutes)
                break
            yield replace(place, runs=runs)


def _chains_in(
    diary: Diary,
    bundle: Bundle,
    wish: Wish,
    *,
    not_before: datetime,
    only: int | None,
    cars: "Cars | None",
) -> Iterator[Place]:
    grid = diary.grid
    technicians = [room for room in diary.technicians if only is None or room.technician == only]
    flat = [(line.job.pk, step) for line in bundle.lines for step in line.steps]
    works = [
        Work(
            skill=ANY if step.skill is None else skill_at(step.skill.key, step.level),
            bay_kind=step.bay_kind,
            minutes=step.minutes,
        )
        for _job, step in flat
    ]
    if not works:
        return
    at = grid.slot_from(not_before)
    if _stays_overnight(diary, bundle):
        chain = over_days(grid=grid, technicians=technicians, bays=diary.bays, works=works, not_before=at)
        chains: Iterator[tuple[Slot, ...]] = iter([chain] if chain else [])
    else:
        chains = suggestions(grid=grid, technicians=technicians, bays=diary.bays, works=works, not_before=at)
    for chain in islice(chains, MOST_DAYS):
        day = grid.day_of(chain[-1].start)
        steps = tuple(
            Placed(
                job_id=job_id,
                step=step,
                technician_id=slot.technician,
                bay_id=slot.bay,
                starts_at=grid.start_of(slot.start),
                ends_at=grid.end_of(slot.start, slot.length),
            )
            for (job_id, step), slot in zip(flat, chain, strict=True)
        )
        until = promised(work_ends=steps[-1].ends_at, closes=diary.closes(day), is_waiting=wish.is_waiting)
        car = None
        if cars is not None:
            car = cars.free(diary.workshop.unit_id, steps[0].starts_at, until)
            if car is None:
                continue
        yield Place(
            unit_id=diary.workshop.unit_id,
            steps=steps,
            promised_at=until,
            car_id=car,
            load_pct=diary.load_pct(grid.day_of(chain[0].start)),
        )


def _stays_overnight(diary: Diary, bundle: Bundle) -> bool:
    """Tell whether the work is longer than the longest of the days."""
    longest = max((slots for _first, slots in diary.grid.days), default=0)
    return sum(diary.grid.slots_for(step.minutes) for line in bundle.lines for step in line.steps) > longest


class Cars:
    """Which courtesy cars are lent when."""

    def __init__(self, workshops: Sequence[Workshop], *, now: datetime, but: int | None) -> None:
        units = frozenset(one.unit_id for one in workshops)
        self._cars: dict[int, list[int]] = defaultdict(list)
        rows = CourtesyCar.objects.filter(unit_id__within=units, is_active=True).order_by("name", "pk")
        for pk, unit_id in rows.values_list("pk", "unit_id"):
            self._cars[unit_id].append(pk)
        self._lent: dict[int, list[tuple[datetime, datetime]]] = defaultdict(list)
        loans = Loan.objects.filter(unit_id__within=units, ends_at__gt=now - _DAY).exclude(visit_id=but)
        for car_id, start, end in loans.values_list("car_id", "starts_at", "ends_at"):
            self._lent[car_id].append((start, end))

    def free(self, unit_id: int, start: datetime, end: datetime) -> int | None:
        """Return the first car of a workshop that nobody has from an instant to an instant."""
        for car in self._cars[unit_id]:
            if all(until <= start or since >= end for since, until in self._lent[car]):
                return car
        return None


def elsewhere_of(wish: Wish) -> list[Period]:
    """Return when the vehicle is already in a workshop."""
    if wish.vehicle_id is None:
        return []
    rows = Visit.objects.filter(vehicle_id=wish.vehicle_id, state__in=PRESENT_STATES).exclude(pk=wish.but)
    return [Period(start=start, end=end) for start, end in rows.values_list("drop_off_at", "promised_at")]


def is_elsewhere(place: Place, elsewhere: Sequence[Period]) -> bool:
    return any(one.start < place.promised_at and place.drop_off_at < one.end for one in elsewhere)


def _named(
    places: Sequence[tuple[Place, tuple[Reason, ...]]],
    *,
    knowing: dict[int, int],
    bundle: Bundle,
    stock: dict[int, Supply],
) -> list[Offer]:
    if not places:
        return []
    organisation = tree()
    people = {
        technician.pk: technician.person.full_name
        for technician in Technician.objects.filter(
            pk__in={one for place, _why in places for one in place.technician_ids}
        ).select_related("person")
    }
    bays = dict(
        Bay.objects.filter(pk__in={step.bay_id for place, _why in places for step in place.steps}).values_list(
            "pk", "name"
        )
    )
    lent = {place.car_id for place, _why in places} - {None}
    cars = dict(CourtesyCar.objects.filter(pk__in=lent).values_list("pk", "name")) if lent else {}
    return [
        Offer(
            place=place,
            label=organisation.label(place.unit_id),
            zone=organisation.time_zone(place.unit_id),
            technicians=", ".join(people[one] for one in place.technician_ids),
            bay=", ".join(dict.fromkeys(bays[step.bay_id] for step in place.steps)),
            car=cars.get(place.car_id, "") if place.car_id is not None else "",
            knows=next((people[one] for one in place.technician_ids if one in knowing), ""),
            reasons=why,
            price_cents=bundle.price_cents,
            parts=stock.get(place.unit_id),
        )
        for place, why in places
    ]
