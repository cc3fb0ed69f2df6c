"""Dues are computed in sets, closed by what was done, and tell nothing that is not known."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from corsia.events.vehicles import OdometerRead, ServiceRecorded
from corsia.kernel import scope
from corsia.kernel.errors import NotAllowed, NotFound
from corsia.organisation.vocabulary import Role
from corsia.vehicles import queries, services
from corsia.vehicles.models import Due, GroupPace, OdometerReading, ServiceEvent, ServicePlan, Vehicle
from corsia.vehicles.services import DoneInFuture, PlanAsksNothing, PlanData, RecallNotOpen, VehicleData
from corsia.vehicles.vocabulary import DueKind, DueReason, DueState
from tests.conftest import NOON
from tests.factories.customers import ADDED_AT, ROBOT, car
from tests.factories.organisation import actor_in, small_group
from tests.facts import stated_facts

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("everything")]
TODAY = NOON.date()


@pytest.fixture
def plan(group) -> ServicePlan:
    return services.save_plan(
        unit_id=group.brescia.pk,
        data=PlanData(make="Fiat", interval_km=15_000, interval_months=12),
        by=ROBOT,
        now=NOON,
    )


def born(vehicle: Vehicle, on: date, **fields) -> Vehicle:
    data = VehicleData(
        vin=vehicle.vin, make=vehicle.make, model=vehicle.model, fuel=vehicle.fuel, first_registered_on=on, **fields
    )
    return services.edit_vehicle(vehicle_id=vehicle.pk, data=data, by=ROBOT, now=NOON)


def done(vehicle: Vehicle, kind: str = "service", on: date = TODAY, **fields) -> ServiceEvent:
    return services.record_service_event(vehicle_id=vehicle.pk, kind=kind, done_on=on, by=ROBOT, now=NOON, **fields)


def dues(vehicle: Vehicle, state: str = DueState.OPEN) -> list[tuple[str, date]]:
    rows = Due.objects.filter(vehicle=vehicle, state=state).order_by("kind", "due_on")
    return list(rows.values_list("kind", "due_on"))


def test_a_new_car_is_due_for_service_inspection_and_the_end_of_its_warranty(group, plan) -> None:
    panda = born(car(group.brescia), date(2025, 9, 12))
    assert dues(panda) == [
        (DueKind.INSPECTION, date(2029, 9, 30)),
        (DueKind.SERVICE, date(2026, 9, 12)),
        (DueKind.WARRANTY, date(2027, 9, 12)),
    ]
    assert set(Due.objects.values_list("unit_id", flat=True)) == {group.root.pk}


def test_without_a_first_registration_or_a_plan_nothing_is_made_up(group) -> None:
    assert dues(car(group.brescia)) == []
    tipo = born(car(group.brescia, "EF456GH", model="Tipo"), date(2025, 9, 12))
    assert [kind for kind, _day in dues(tipo)] == [DueKind.INSPECTION, DueKind.WARRANTY]


def test_the_closest_plan_counts(group, plan) -> None:
    def save(**fields):
        services.save_plan(unit_id=group.brescia.pk, data=PlanData(make="FIAT", **fields), by=ROBOT, now=NOON)

    save(model="panda", interval_months=24)
    save(model="Panda", fuel="diesel", interval_months=18)
    save(fuel="diesel", interval_months=6)
    panda = born(car(group.brescia), date(2026, 1, 1))
    assert dues(panda)[1] == (DueKind.SERVICE, date(2028, 1, 1))
    Vehicle.objects.filter(pk=panda.pk).update(fuel="diesel")
    services.recompute_dues(vehicle_ids=[panda.pk], now=NOON)
    assert dues(panda)[1] == (DueKind.SERVICE, date(2027, 7, 1))
    Vehicle.objects.filter(pk=panda.pk).update(model="Tipo")
    services.recompute_dues(vehicle_ids=[panda.pk], now=NOON)
    assert dues(panda)[1] == (DueKind.SERVICE, date(2026, 7, 1))


def test_the_same_plan_once_more_replaces_it_and_an_empty_one_is_refused(group, plan) -> None:
    again = services.save_plan(
        unit_id=group.verona.pk, data=PlanData(make=" fiat ", interval_months=6), by=ROBOT, now=NOON
    )
    assert (again.pk, again.interval_km, again.interval_months) == (plan.pk, None, 6)
    with pytest.raises(PlanAsksNothing):
        services.save_plan(unit_id=group.root.pk, data=PlanData(make="Fiat"), by=ROBOT, now=NOON)
    services.remove_plan(plan_id=plan.pk, by=ROBOT, now=NOON)
    assert ServicePlan.objects.count() == 0


def test_a_reading_moves_the_forecast_at_once_and_the_due_stays_the_same_one(group, plan) -> None:
    panda = born(car(group.brescia), date(2025, 9, 1))
    before = Due.objects.get(kind=DueKind.SERVICE)
    services.read_odometer(
        vehicle_id=panda.pk, km=12_000, read_on=date(2026, 3, 1), today=TODAY, source="desk", by=ROBOT, now=NOON
    )
    after = Due.objects.get(kind=DueKind.SERVICE)
    assert (before.pk, before.reason, before.due_on) == (after.pk, DueReason.DATE, date(2026, 9, 1))
    # 12,000 km in 181 days: the 3,000 left take 45 more.
    assert (after.reason, after.due_on, after.km_due) == (DueReason.KM, date(2026, 3, 1) + timedelta(days=45), 15_000)


def test_a_service_closes_its_due_and_opens_the_next(group, plan) -> None:
    panda = born(car(group.brescia), date(2025, 9, 1))
    done(panda, on=date(2026, 3, 9), km=14_000, reference="OL-1", place_id=group.brescia_care.pk)
    assert dues(panda, DueState.DONE) == [(DueKind.SERVICE, date(2026, 9, 1))]
    closed, opened = (Due.objects.get(kind=DueKind.SERVICE, state=state) for state in (DueState.DONE, DueState.OPEN))
    assert closed.closed_on == date(2026, 3, 9)
    assert (opened.counted_from, opened.km_due, opened.is_assumed) == (date(2026, 3, 9), 29_000, False)
    assert opened.place_id == group.brescia_care.pk
    assert OdometerReading.objects.get().km == 14_000
    assert [fact.km for fact in stated_facts(OdometerRead)] == [14_000]
    told = stated_facts(ServiceRecorded)
    assert [(fact.kind, fact.done_on, fact.reference) for fact in told] == [("service", "2026-03-09", "OL-1")]


def test_the_same_work_order_counts_once(group, plan) -> None:
    panda = born(car(group.brescia), date(2025, 9, 1))
    one = done(panda, reference=" OL-1 ", km=9_000)
    assert done(panda, reference="OL-1", km=9_900).pk == one.pk
    assert (ServiceEvent.objects.count(), OdometerReading.objects.count()) == (1, 1)
    assert len(stated_facts(ServiceRecorded)) == 1


def test_an_inspection_moves_the_next_two_years_on(group) -> None:
    panda = born(car(group.brescia), date(2020, 6, 15))
    assert dues(panda) == [(DueKind.INSPECTION, date(2026, 6, 30))]  # 2024's is assumed done in time
    done(panda, "inspection", on=date(2026, 3, 2))
    assert dues(panda) == [(DueKind.INSPECTION, date(2028, 3, 31))]
    assert dues(panda, DueState.DONE) == [(DueKind.INSPECTION, date(2026, 6, 30))]


def test_what_passes_without_anybody_closing_it_lapses(group) -> None:
    panda = born(car(group.brescia), date(2022, 4, 15), warranty_ends_on=date(2026, 4, 14))
    assert dues(panda) == [(DueKind.INSPECTION, date(2026, 4, 30)), (DueKind.WARRANTY, date(2026, 4, 14))]
    services.recompute_all(now=NOON + timedelta(days=60))  # 9 May: nobody wrote an inspection down
    assert dues(panda) == [(DueKind.INSPECTION, date(2028, 4, 30))]
    assert dues(panda, DueState.LAPSED) == [
        (DueKind.INSPECTION, date(2026, 4, 30)),
        (DueKind.WARRANTY, date(2026, 4, 14)),
    ]


def test_a_service_overdue_for_more_than_a_year_was_done_elsewhere(group, plan) -> None:
    panda = born(car(group.brescia), date(2023, 1, 1))
    done(panda, on=date(2024, 4, 1))
    assert (DueKind.SERVICE, date(2025, 4, 1)) in dues(panda)
    services.recompute_all(now=NOON + timedelta(days=30))
    assert DueKind.SERVICE not in dict(dues(panda))


def test_tyres_are_due_for_who_changes_them_here(group) -> None:
    panda = car(group.brescia)
    done(panda, "tyres", on=date(2025, 11, 5))
    assert dues(panda) == [(DueKind.TYRES, date(2026, 5, 15))]


def test_what_is_to_come_cannot_be_done(group) -> None:
    with pytest.raises(DoneInFuture):
        done(car(group.brescia), on=TODAY + timedelta(days=1))
    assert (ServiceEvent.objects.count(), Due.objects.count()) == (0, 0)


def test_a_recall_that_is_not_open_is_refused_and_nothing_is_kept(group) -> None:
    panda = car(group.brescia)
    with pytest.raises(RecallNotOpen):
        done(panda, "recall", closes=["R-1"])
    assert (ServiceEvent.objects.count(), stated_facts(ServiceRecorded)) == (0, [])


def test_who_lacks_the_right_or_the_group_writes_nothing_down(group) -> None:
    panda = car(group.brescia)
    consultant = actor_in(group.root, Role.CONSULTANT)
    agent = actor_in(group.brescia_care, Role.AGENT)
    with pytest.raises(NotAllowed):
        services.record_service_event(vehicle_id=panda.pk, kind="tyres", done_on=TODAY, by=consultant, now=NOON)
    with pytest.raises(NotAllowed):
        services.save_plan(unit_id=group.root.pk, data=PlanData(make="x", interval_months=1), by=agent, now=NOON)
    other = small_group("altro")
    units = frozenset({other.root.pk})
    with scope.entered(scope.Scope(units=units, shared=units)), pytest.raises(NotFound):
        services.record_service_event(vehicle_id=panda.pk, kind="tyres", done_on=TODAY, by=ROBOT, now=NOON)
    assert ServiceEvent.objects.count() == 0


def fleet(group, count: int) -> list[Vehicle]:
    """Write vehicles with two years of readings down, each at its own pace."""
    rows = [
        Vehicle(
            unit=group.root, make="Fiat", model="Panda", plate=f"ZA{number:03d}AA", first_registered_on=date(2024, 3, 1)
        )
        for number in range(count)
    ]
    vehicles = Vehicle.objects.bulk_create(rows)
    OdometerReading.objects.bulk_create(
        OdometerReading(vehicle=vehicle, km=years * (8_000 + 400 * number), read_on=day, source="workshop")
        for number, vehicle in enumerate(vehicles)
        for years, day in ((1, date(2025, 3, 1)), (2, date(2026, 3, 1)))
    )
    return vehicles


def test_all_vehicles_are_computed_in_the_same_number_of_statements(group, plan) -> None:
    vehicles = fleet(group, 3)

    def statements(some: list[Vehicle]) -> int:
        with CaptureQueriesContext(connection) as counted:
            services.recompute_dues(vehicle_ids=[vehicle.pk for vehicle in some], now=NOON)
        return len([query for query in counted if "SAVEPOINT" not in query["sql"]])

    assert (statements(vehicles[:1]), statements(vehicles[1:])) == (9, 9)


def test_nothing_changes_when_it_is_computed_again(group, plan) -> None:
    fleet(group, 40)
    assert services.recompute_all(now=NOON) == 40  # inspections; no service is known and the warranty is over
    assert services.recompute_all(now=NOON) == 0


def test_a_group_is_known_from_thirty_vehicles_on_and_gives_a_range(group, plan) -> None:
    fleet(group, 29)
    services.recompute_all(now=NOON)
    assert GroupPace.objects.count() == 0
    late = car(group.brescia, "EF456GH")
    born(late, date(2026, 1, 1))
    services.read_odometer(vehicle_id=late.pk, km=5_000, read_on=TODAY, today=TODAY, source="desk", by=ROBOT, now=NOON)
    unsure = Due.objects.get(vehicle=late, kind=DueKind.SERVICE)
    assert (unsure.reason, unsure.earliest) == (DueReason.KM, None)
    thirtieth = Vehicle.objects.create(
        unit=group.root, make="Fiat", plate="ZA999AA", first_registered_on=date(2024, 3, 1)
    )
    for km, day in ((10_000, date(2025, 3, 1)), (22_000, date(2026, 3, 1))):
        OdometerReading.objects.create(vehicle=thirtieth, km=km, read_on=day, source="desk")
    services.recompute_all(now=NOON)
    pace = GroupPace.objects.get()
    assert (pace.unit_id, pace.pace_vehicles, pace.fitted_at) == (group.root.pk, 31, NOON)
    sure = Due.objects.get(vehicle=late, kind=DueKind.SERVICE)
    assert sure.earliest < sure.due_on < sure.latest
    # 26,400 km a year over ten weeks only: drawn towards the group's 8,000 to 19,200, it is due later than it seemed.
    assert sure.due_on > unsure.due_on


def test_the_habit_of_coming_late_is_told_beside_the_due_day(group, plan) -> None:
    vehicles = fleet(group, 40)
    ServiceEvent.objects.bulk_create(
        ServiceEvent(unit=group.root, vehicle=vehicle, kind="service", done_on=day, reference=f"{number}-{day}")
        for number, vehicle in enumerate(vehicles)
        for day in (date(2023, 1, 1), date(2024, 2, 1), date(2025, 3, 1))
    )
    services.recompute_all(now=NOON)
    due = Due.objects.filter(kind=DueKind.SERVICE, vehicle=vehicles[0]).get()
    assert due.due_on == date(2026, 3, 1)
    assert due.expected_on is not None
    assert date(2026, 3, 25) <= due.expected_on <= date(2026, 4, 5)  # 13 months where 12 are due
    with translation.override("en"):
        [row] = queries.dues_of_vehicles(vehicle_ids=[vehicles[0].pk], on=TODAY)[:1]
        assert row.habit.startswith("By habit it will come around ")


def test_the_list_is_by_day_and_goes_on_after_the_last_one(group, plan) -> None:
    vehicles = [born(car(group.brescia, f"AB{number}00CD"), date(2025, 9, 1 + number)) for number in range(3)]
    first = queries.dues_list(on=TODAY, kind=DueKind.SERVICE, limit=2)
    assert [row.vehicle.pk for row in first] == [vehicle.pk for vehicle in vehicles[:2]]
    after = (first[-1].due.due_on, first[-1].due.pk)
    rest = queries.dues_list(on=TODAY, kind=DueKind.SERVICE, after=after, limit=2)
    assert [row.vehicle.pk for row in rest] == [vehicles[2].pk]
    september = queries.dues_list(on=TODAY, month=date(2026, 9, 1), limit=9)
    assert [row.kind for row in september] == [DueKind.SERVICE] * 3
    assert queries.dues_list(on=TODAY, place_ids=[group.brescia.pk], limit=9) == []


def test_adding_a_vehicle_at_once_tells_what_it_is_due_for(group) -> None:
    added = services.add_vehicle(
        unit_id=group.brescia.pk,
        data=VehicleData(make="Fiat", first_registered_on=date(2025, 1, 8)),
        by=ROBOT,
        now=ADDED_AT,
    )
    assert dues(added) == [(DueKind.INSPECTION, date(2029, 1, 31)), (DueKind.WARRANTY, date(2027, 1, 8))]
