"""What vehicles are due for, computed for one at once and for all each night."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

from django.db import transaction

from corsia.organisation.queries import day_in
from corsia.vehicles.models import (
    Due,
    GroupPace,
    OdometerReading,
    ServiceEvent,
    ServicePlan,
    Vehicle,
    VehicleRecall,
)
from corsia.vehicles.rules.dues import (
    FORGOTTEN,
    Dated,
    Interval,
    Visit,
    habit_of,
    next_inspection,
    next_service,
    next_tyres,
    warranty_end,
)
from corsia.vehicles.rules.forecast import Reading, Spread, Value, consistent, drawn_in, spread_of, stretches
from corsia.vehicles.services.linking import link_recalls
from corsia.vehicles.vocabulary import DueKind, DueReason, DueState, EventKind

CHUNK = 2000
_CLOSED_BY = {
    DueKind.SERVICE: EventKind.SERVICE,
    DueKind.INSPECTION: EventKind.INSPECTION,
    DueKind.TYRES: EventKind.TYRES,
}
_COMPUTED = (
    *("due_on", "earliest", "latest", "expected_on", "reason", "counted_from", "km_due", "km_a_year"),
    *("interval_km", "interval_months", "is_assumed", "place_id", "recall_id"),
)
Plans = Mapping[tuple[int, str, str, str], Interval]


@dataclass(frozen=True, kw_only=True)
class _Known:
    """What is known of one vehicle."""

    vehicle: Vehicle
    readings: list[Reading]  # consistent ones
    events: Mapping[str, list[ServiceEvent]]  # by kind, oldest first
    recalls: list[VehicleRecall]  # open ones
    place_id: int | None


def recompute_all(*, now: datetime) -> int:
    """Compute anew what every vehicle is due for; return how many dues changed."""
    with transaction.atomic():
        link_recalls()
        fit_paces(now=now)
    changed = after = 0
    while ids := list(Vehicle.objects.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:CHUNK]):
        changed += recompute_dues(vehicle_ids=ids, now=now)
        after = ids[-1]
    return changed


@transaction.atomic
def recompute_dues(*, vehicle_ids: Sequence[int], now: datetime) -> int:
    """Compute anew what some vehicles are due for; return how many dues changed. Nine statements for a few hundred."""
    locked = Vehicle.objects.filter(pk__in=vehicle_ids).select_for_update(of=("self",), no_key=True)
    vehicles = list(locked.order_by("pk"))
    units = {vehicle.unit_id for vehicle in vehicles}
    today = {unit_id: day_in(unit_id, now) for unit_id in units}
    plans, paces = plans_of(units), {pace.unit_id: pace for pace in GroupPace.objects.filter(unit_id__in=units)}
    dues = Due.objects.filter(vehicle_id__in=vehicle_ids, state=DueState.OPEN).select_related("recall")
    standing: dict[int, dict[tuple[str, str], Due]] = defaultdict(dict)
    for due in dues:
        standing[due.vehicle_id][due.kind, due.cycle] = due
    written: list[Due] = []
    closed: list[Due] = []
    for known in _known(vehicles):
        vehicle, day = known.vehicle, today[known.vehicle.unit_id]
        rest = standing[vehicle.pk]
        for wanted in _dues_of(known, plans=plans, pace=paces.get(vehicle.unit_id), today=day):
            found = rest.pop((wanted.kind, wanted.cycle), None)
            wanted.recomputed_at = now
            if found is None or _values(found) != _values(wanted):
                written.append(wanted)
        for gone in rest.values():
            gone.state, gone.closed_on = _end(gone, known, day)
            gone.recomputed_at = now
            closed.append(gone)
    Due.objects.bulk_create(
        written,
        batch_size=1000,
        update_conflicts=True,  # the row of before changes, or comes to life where what had closed it was wrong
        unique_fields=["vehicle", "kind", "cycle"],
        update_fields=[name.removesuffix("_id") for name in (*_COMPUTED, "state", "closed_on", "recomputed_at")],
    )
    Due.objects.bulk_update(closed, ["state", "closed_on", "recomputed_at"], 500)
    return len(written) + len(closed)


@transaction.atomic
def fit_paces(*, now: datetime) -> None:
    """Learn how the vehicles of each dealer group drive, and how punctual they come."""
    units = list(Vehicle.objects.order_by().values_list("unit_id", flat=True).distinct())
    for unit_id in units:
        pace = spread_of(_paces(unit_id))
        if pace is None:
            GroupPace.objects.filter(unit_id=unit_id).delete()
            continue
        habit = spread_of(_habits(unit_id))
        GroupPace.objects.update_or_create(
            unit_id=unit_id,
            defaults={
                "pace_mean": pace.mean,
                "pace_between": pace.between,
                "pace_within": pace.within,
                "pace_vehicles": pace.vehicles,
                "habit_mean": habit.mean if habit else None,
                "habit_between": habit.between if habit else None,
                "habit_within": habit.within if habit else None,
                "habit_vehicles": habit.vehicles if habit else 0,
                "fitted_at": now,
            },
        )


def plans_of(unit_ids: Iterable[int]) -> Plans:
    """Return the intervals of service plans by unit, make, model and fuel, names in small letters."""
    return {
        (plan.unit_id, plan.make.casefold(), plan.model.casefold(), plan.fuel): Interval(
            km=plan.interval_km, months=plan.interval_months
        )
        for plan in ServicePlan.objects.filter(unit_id__in=unit_ids)
    }


def plan_for(vehicle: Vehicle, plans: Plans) -> Interval | None:
    """Return the plan that fits a vehicle most closely."""
    make, model = vehicle.make.strip().casefold(), vehicle.model.strip().casefold()
    for key in ((model, vehicle.fuel), (model, ""), ("", vehicle.fuel), ("", "")):
        found = plans.get((vehicle.unit_id, make, *key))
        if found is not None:
            return found
    return None


def _known(vehicles: Sequence[Vehicle]) -> Iterator[_Known]:
    ids = [vehicle.pk for vehicle in vehicles]
    readings: dict[int, list[Reading]] = defaultdict(list)
    for vehicle_id, read_on, km in OdometerReading.objects.filter(vehicle_id__in=ids).values_list(
        "vehicle_id", "read_on", "km"
    ):
        readings[vehicle_id].append(Reading(read_on, km))
    events: dict[int, dict[str, list[ServiceEvent]]] = defaultdict(lambda: defaultdict(list))
    places: dict[int, int] = {}
    for event in ServiceEvent.objects.filter(vehicle_id__in=ids).order_by("done_on", "pk"):
        events[event.vehicle_id][event.kind].append(event)
        if event.place_id:
            places[event.vehicle_id] = event.place_id
    recalls: dict[int, list[VehicleRecall]] = defaultdict(list)
    opened = VehicleRecall.objects.filter(vehicle_id__in=ids, closed_on=None).select_related("recall")
    for row in opened.order_by("pk"):
        recalls[row.vehicle_id].append(row)
    for vehicle in vehicles:
        rows = readings[vehicle.pk]
        if vehicle.first_registered_on:
            rows = [Reading(vehicle.first_registered_on, 0), *rows]
        yield _Known(
            vehicle=vehicle,
            readings=consistent(rows),
            events=events[vehicle.pk],
            recalls=recalls[vehicle.pk],
            place_id=places.get(vehicle.pk),
        )


def _dues_of(known: _Known, *, plans: Plans, pace: GroupPace | None, today: date) -> Iterator[Due]:
    vehicle = known.vehicle
    interval = plan_for(vehicle, plans)
    if interval is not None:
        visits = [Visit(on=event.done_on, km=event.km) for event in known.events.get(EventKind.SERVICE, [])]
        habits = habit_of(visits, interval)
        prior = _spread(pace, "habit")
        service = next_service(
            interval,
            last=visits[-1] if visits else None,
            first_registered_on=vehicle.first_registered_on,
            readings=known.readings,
            pace=drawn_in(stretches(known.readings), _spread(pace, "pace")),
            habit=drawn_in(habits, prior) if prior else None,
            today=today,
        )
        yield from _row(known, DueKind.SERVICE, service, today=today, interval=interval)
    inspection = next_inspection(
        first_registered_on=vehicle.first_registered_on, last_on=_last(known, EventKind.INSPECTION), today=today
    )
    yield from _row(known, DueKind.INSPECTION, inspection, today=today)
    tyres = next_tyres(last_on=_last(known, EventKind.TYRES), today=today)
    yield from _row(known, DueKind.TYRES, tyres, today=today)
    warranty = warranty_end(
        ends_on=vehicle.warranty_ends_on, first_registered_on=vehicle.first_registered_on, today=today
    )
    yield from _row(known, DueKind.WARRANTY, warranty, today=today)
    for row in known.recalls:
        if row.recall.ended_on is None or row.recall.ended_on > today:
            yield Due(
                unit_id=vehicle.unit_id,
                vehicle=vehicle,
                kind=DueKind.RECALL,
                cycle=str(row.recall_id),
                recall=row,
                place_id=known.place_id,
                due_on=row.recall.opened_on,
                reason=DueReason.RECALL,
            )


def _row(
    known: _Known, kind: DueKind, dated: Dated | None, *, today: date, interval: Interval | None = None
) -> Iterator[Due]:
    if dated is None or dated.due_on < today - FORGOTTEN:
        return
    # A service comes round with the one before it; what the calendar says comes round with its day.
    turn = dated.counted_from if kind == DueKind.SERVICE else dated.due_on
    yield Due(
        unit_id=known.vehicle.unit_id,
        vehicle=known.vehicle,
        kind=kind,
        cycle=turn.isoformat() if turn else "",
        place_id=known.place_id,
        due_on=dated.due_on,
        earliest=dated.earliest,
        latest=dated.latest,
        expected_on=dated.expected_on,
        reason=dated.reason,
        counted_from=dated.counted_from,
        km_due=dated.km_due,
        km_a_year=dated.km_a_year,
        interval_km=interval.km if interval else None,
        interval_months=interval.months if interval else None,
        is_assumed=dated.is_assumed,
    )


def _end(due: Due, known: _Known, today: date) -> tuple[DueState, date]:
    """Return how a due ended that counts no more, and when."""
    if due.kind == DueKind.RECALL:
        closed_on = due.recall.closed_on if due.recall else None
        return (DueState.DONE, closed_on) if closed_on else (DueState.LAPSED, today)
    kind = _CLOSED_BY.get(DueKind(due.kind))
    last = _last(known, kind) if kind else None
    if last is not None and (due.counted_from is None or last > due.counted_from):
        return DueState.DONE, last
    return DueState.LAPSED, today


def _last(known: _Known, kind: EventKind) -> date | None:
    rows = known.events.get(kind)
    return rows[-1].done_on if rows else None


def _values(due: Due) -> list[Any]:
    return [getattr(due, name) for name in _COMPUTED]


def _spread(pace: GroupPace | None, name: str) -> Spread | None:
    if pace is None or getattr(pace, f"{name}_mean") is None:
        return None
    return Spread(
        mean=getattr(pace, f"{name}_mean"),
        between=getattr(pace, f"{name}_between"),
        within=getattr(pace, f"{name}_within"),
        vehicles=getattr(pace, f"{name}_vehicles"),
    )


def _paces(unit_id: int) -> Iterator[list[Value]]:
    births = dict(
        Vehicle.objects.filter(unit_id=unit_id, first_registered_on__isnull=False).values_list(
            "pk", "first_registered_on"
        )
    )
    rows = OdometerReading.objects.filter(vehicle__unit_id=unit_id).order_by("vehicle_id")
    read = rows.values_list("vehicle_id", "read_on", "km").iterator(chunk_size=10_000)
    for vehicle_id, mine in groupby(read, key=lambda row: row[0]):
        readings = [Reading(read_on, km) for _, read_on, km in mine]
        if vehicle_id in births:
            readings.append(Reading(births[vehicle_id], 0))
        yield stretches(consistent(readings))


def _habits(unit_id: int) -> Iterator[list[Value]]:
    plans = plans_of([unit_id])
    if not plans:
        return
    rows = ServiceEvent.objects.filter(vehicle__unit_id=unit_id, kind=EventKind.SERVICE).select_related("vehicle")
    ordered = rows.order_by("vehicle_id", "done_on", "pk").iterator(chunk_size=10_000)
    for _vehicle_id, mine in groupby(ordered, key=lambda event: event.vehicle_id):
        events = list(mine)
        interval = plan_for(events[0].vehicle, plans)
        if interval is not None:
            yield habit_of([Visit(on=event.done_on, km=event.km) for event in events], interval)
