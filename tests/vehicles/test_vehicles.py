"""Adding vehicles, changing plates, reading odometers."""

from datetime import date

import pytest

from corsia.events.vehicles import OdometerRead, VehicleAdded, VehicleIdentityChanged
from corsia.kernel import scope
from corsia.kernel.errors import NotAllowed, NotFound
from corsia.kernel.models import AuditEntry
from corsia.organisation.vocabulary import Role
from corsia.vehicles import queries, services
from corsia.vehicles.models import OdometerReading, Plate, Vehicle
from corsia.vehicles.services import (
    OdometerOutOfRange,
    PlateInUse,
    PlateTooLong,
    ReadInFuture,
    VehicleData,
    VehicleUnnamed,
    VinTaken,
    VinTooLong,
)
from corsia.vehicles.vocabulary import PlateKind
from tests.conftest import NOON
from tests.factories.customers import ADDED_AT, ROBOT, car
from tests.factories.organisation import actor_in, small_group
from tests.facts import stated_facts

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("everything")]
PANDA_VIN = "ZFA31200000123456"


def read(vehicle: Vehicle, km: int, on: date) -> OdometerReading:
    return services.read_odometer(
        vehicle_id=vehicle.pk, km=km, read_on=on, today=NOON.date(), source="desk", by=ROBOT, now=NOON
    )


def test_a_vehicle_belongs_to_the_dealer_group_and_carries_its_plate(group) -> None:
    panda = car(group.brescia_care, "ab 123 cd", vin="zfa 312 00000 123456")
    assert (panda.unit_id, panda.vin, panda.plate) == (group.root.pk, PANDA_VIN, "AB123CD")
    assert list(Plate.objects.values_list("number", "kind", "until")) == [("AB123CD", PlateKind.CAR, None)]
    assert stated_facts() == [
        VehicleAdded(unit_id=group.root.pk, occurred_at=ADDED_AT, vehicle_id=panda.pk, vin=PANDA_VIN, plate="AB123CD")
    ]


def test_the_same_vin_or_plate_twice_is_refused_with_the_vehicle_that_has_it(group) -> None:
    panda = car(group.brescia, vin=PANDA_VIN)
    with pytest.raises(VinTaken) as taken:
        car(group.verona, "EF456GH", vin=PANDA_VIN.lower())
    with pytest.raises(PlateInUse) as in_use:
        car(group.verona, "AB-123-CD")
    assert taken.value.data == {"vin": PANDA_VIN, "name": "Fiat Panda", "vehicle_id": panda.pk}
    assert in_use.value.data == {"plate": "AB123CD", "name": "Fiat Panda", "vehicle_id": panda.pk}
    assert Vehicle.objects.count() == 1


def test_another_group_may_have_the_same_vehicle(group) -> None:
    car(group.brescia, vin=PANDA_VIN)
    car(small_group("altro").brescia, vin=PANDA_VIN)
    assert Vehicle.objects.count() == 2


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"plate": "", "make": "", "model": ""}, VehicleUnnamed),
        ({"vin": PANDA_VIN + "7"}, VinTooLong),
        ({"plate": "AB123CD AB123CD"}, PlateTooLong),
    ],
)
def test_what_fits_no_vehicle_is_refused(group, fields, error) -> None:
    with pytest.raises(error):
        car(group.brescia, **fields)
    assert Vehicle.objects.count() == 0


def test_a_doubtful_vin_and_a_foreign_plate_are_accepted(group) -> None:
    old = car(group.brescia, "M-AB 1234", vin="110F 1234567")
    page = queries.vehicle_page(vehicle_id=old.pk, on=NOON.date())
    assert page.vin is not None
    assert page.vin.warnings != ()
    assert [plate.kind for plate in page.plates] == [PlateKind.OTHER]


def test_a_new_plate_ends_the_old_one_and_is_told(group) -> None:
    panda = car(group.brescia, vin=PANDA_VIN)
    services.change_plate(vehicle_id=panda.pk, number="gh 482 lk", since=date(2026, 3, 1), by=ROBOT, now=NOON)
    services.change_plate(vehicle_id=panda.pk, number="GH482LK", since=date(2026, 3, 9), by=ROBOT, now=NOON)
    assert list(Plate.objects.order_by("pk").values_list("number", "since", "until")) == [
        ("AB123CD", None, date(2026, 3, 1)),
        ("GH482LK", date(2026, 3, 1), None),
    ]
    assert [fact.plate for fact in stated_facts(VehicleIdentityChanged)] == ["GH482LK"]
    assert queries.find_vehicle(plate="GH 482 LK") == panda
    assert queries.find_vehicle(plate="AB123CD") is None
    assert queries.vehicles_like(text="ab123", limit=5) == [panda]


def test_a_plate_that_went_may_be_given_to_another_vehicle(group) -> None:
    panda = car(group.brescia)
    services.change_plate(vehicle_id=panda.pk, number="", since=date(2026, 3, 1), by=ROBOT, now=NOON)
    other = car(group.brescia, "AB123CD", model="Tipo")
    assert queries.find_vehicle(plate="AB123CD") == other


def test_a_reading_that_goes_back_is_kept_and_marked_and_the_latest_day_counts(group) -> None:
    panda = car(group.brescia)
    read(panda, 30_000, date(2025, 3, 1))
    read(panda, 50_000, date(2026, 3, 1))
    assert read(panda, 45_000, date(2026, 3, 5)).goes_back
    assert not read(panda, 40_000, date(2025, 9, 1)).goes_back
    panda.refresh_from_db()
    assert (panda.odometer_km, panda.odometer_on) == (45_000, date(2026, 3, 5))
    assert queries.vehicle_page(vehicle_id=panda.pk, on=NOON.date()).km_values == [30_000, 40_000, 50_000, 45_000]
    assert [fact.goes_back for fact in stated_facts(OdometerRead)] == [False, False, True, False]


@pytest.mark.parametrize(
    ("km", "on", "error"),
    [
        (-1, NOON.date(), OdometerOutOfRange),
        (3_000_001, NOON.date(), OdometerOutOfRange),
        (5, date(2026, 3, 11), ReadInFuture),
    ],
)
def test_an_impossible_reading_is_refused(group, km: int, on: date, error: type[Exception]) -> None:
    panda = car(group.brescia)
    with pytest.raises(error):
        read(panda, km, on)
    assert OdometerReading.objects.count() == 0


def test_editing_writes_down_what_changed(group) -> None:
    panda = car(group.brescia)
    services.edit_vehicle(
        vehicle_id=panda.pk, data=VehicleData(make="Fiat", model="Tipo", vin=PANDA_VIN), by=ROBOT, now=NOON
    )
    assert AuditEntry.objects.filter(verb="edited").get().data == {"model": ["Panda", "Tipo"], "vin": ["", PANDA_VIN]}
    assert [fact.vin for fact in stated_facts(VehicleIdentityChanged)] == [PANDA_VIN]


def test_who_lacks_the_right_or_the_group_changes_nothing(group) -> None:
    panda = car(group.brescia)
    consultant = actor_in(group.root, Role.CONSULTANT)
    with pytest.raises(NotAllowed):
        services.change_plate(vehicle_id=panda.pk, number="X", since=NOON.date(), by=consultant, now=NOON)
    other = small_group("altro")
    units = frozenset({other.root.pk})
    with scope.entered(scope.Scope(units=units, shared=units)), pytest.raises(NotFound):
        services.change_plate(vehicle_id=panda.pk, number="X", since=NOON.date(), by=actor_in(other.root), now=NOON)
    assert Vehicle.objects.get().plate == "AB123CD"
