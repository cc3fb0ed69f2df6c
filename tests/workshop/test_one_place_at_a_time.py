"""The database itself refuses a technician, a bay, a courtesy car or a vehicle in two places at once."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from corsia.workshop.models import Allocation, Loan, Visit
from corsia.workshop.vocabulary import VisitState
from tests.factories.customers import car, person
from tests.factories.organisation import small_group
from tests.factories.workshop import BRAKES, DIAGNOSIS, Shop, shop_of, visit_in

pytestmark = pytest.mark.django_db

NINE = datetime(2026, 3, 11, 8, 0, tzinfo=UTC)


@pytest.fixture
def shop() -> Shop:
    return shop_of(small_group())


@pytest.fixture
def cars(shop: Shop):
    root = shop.unit.parent.parent
    mario, giulia = person(root), person(root, "Giulia Neri")
    return (mario, car(root)), (giulia, car(root, plate="EF456GH"))


def refused(constraint: str, *args, **fields) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        visit_in(*args, **fields)


def test_a_technician_works_on_one_vehicle_at_a_time(shop: Shop, cars) -> None:
    visit_in(shop, *cars[0], at=NINE)

    refused("workshop_technician_one_at_a_time", shop, *cars[1], at=NINE + timedelta(minutes=74), bay="2")
    visit_in(shop, *cars[1], at=NINE + timedelta(minutes=75), bay="2")

    assert Allocation.unscoped.count() == 2


def test_a_bay_holds_one_vehicle_at_a_time(shop: Shop, cars) -> None:
    visit_in(shop, *cars[0], at=NINE)

    refused("workshop_bay_one_at_a_time", shop, *cars[1], at=NINE, technician="anna", code=BRAKES)

    assert Allocation.unscoped.count() == 1


def test_a_vehicle_is_in_one_place_at_a_time_until_its_visit_ends(shop: Shop, cars) -> None:
    first = visit_in(shop, *cars[0], at=NINE)

    refused("workshop_vehicle_in_one_place", shop, *cars[0], at=NINE, technician="anna", bay="D", code=DIAGNOSIS)
    Visit.unscoped.filter(pk=first.pk).update(state=VisitState.CANCELLED, ended_at=NINE)
    visit_in(shop, *cars[0], at=NINE, technician="anna", bay="D", code=DIAGNOSIS)

    assert Visit.unscoped.exclude(state=VisitState.CANCELLED).count() == 1


def test_a_courtesy_car_is_lent_once_at_a_time(shop: Shop, cars) -> None:
    first = visit_in(shop, *cars[0], at=NINE)
    second = visit_in(shop, *cars[1], at=NINE, technician="anna", bay="2")
    Loan.unscoped.create(
        unit=shop.unit, visit=first, car=shop.car, starts_at=first.drop_off_at, ends_at=first.promised_at
    )

    with pytest.raises(IntegrityError, match="workshop_car_lent_once"), transaction.atomic():
        Loan.unscoped.create(
            unit=shop.unit, visit=second, car=shop.car, starts_at=first.promised_at - timedelta(minutes=1),
            ends_at=first.promised_at + timedelta(hours=1),
        )  # fmt: skip

    assert Loan.unscoped.count() == 1
