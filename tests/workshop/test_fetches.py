"""Vehicles are fetched at home and brought back: no driver is on two roads, and no slot promises one who is."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from corsia.customers.models import Address
from corsia.kernel import scope
from corsia.organisation.models import OpenHours
from corsia.organisation.queries import time_zone_of
from corsia.organisation.vocabulary import Role
from corsia.workshop.models import Fetch, Visit, Workshop
from corsia.workshop.queries.catalogue import bundle
from corsia.workshop.queries.fetches import fetches_of_day, may_be_brought_back
from corsia.workshop.queries.hours import hours_of_days
from corsia.workshop.queries.offers import Wish, offers
from corsia.workshop.services import booking, reception, slots
from corsia.workshop.services.fetches import AddressMissing, NotFetched
from corsia.workshop.services.plan_refusals import DriverTaken
from corsia.workshop.services.promises import give_promise
from corsia.workshop.services.setup import Settings, StillPlanned, set_workshop
from corsia.workshop.vocabulary import FetchKind, VisitState
from tests.factories.customers import ROBOT, car, gives, person
from tests.factories.organisation import person_in, signed_in
from tests.factories.workshop import SERVICE, Shop, shop_of

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 10, 11, 0, tzinfo=UTC)  # a Tuesday, noon in Rome
NINE = datetime(2026, 3, 11, 8, 0, tzinfo=UTC)
HOME = "Via Roma 12, 25121 Brescia"
DRIVE = timedelta(minutes=45)
STAY = timedelta(hours=2)  # of a service: 75 minutes of work, 30 of papers, the next half hour


@pytest.fixture
def shop(group) -> Shop:
    found = shop_of(group)
    Workshop.unscoped.filter(pk=found.workshop.pk).update(drivers=1)
    found.workshop.refresh_from_db()
    return found


@pytest.fixture
def mario(group):
    return person(group.root), car(group.root)


@pytest.fixture
def giulia(group):
    return person(group.root, "Giulia Neri"), car(group.root, plate="EF456GH")


def held(shop: Shop, who, *, at: datetime = NINE, is_fetched: bool = True) -> Visit:
    with scope.system("test"):
        return booking.hold(
            customer_id=who[0].pk, vehicle_id=who[1].pk, unit_id=shop.unit.pk, starts_at=at, is_fetched=is_fetched,
            bundle=bundle(job_ids=[shop.jobs[SERVICE].pk]), by=ROBOT, now=NOW,
        )  # fmt: skip


def booked(shop: Shop, who, *, at: datetime = NINE) -> Visit:
    visit = held(shop, who, at=at)
    with scope.system("test"):
        return booking.confirm(visit_id=visit.pk, address=HOME, by=ROBOT, now=NOW)


def ways(visit: Visit) -> list[tuple[str, int, datetime, datetime, str]]:
    rows = Fetch.unscoped.filter(visit=visit).order_by("starts_at")
    return list(rows.values_list("kind", "driver", "starts_at", "ends_at", "address"))


def starts(shop: Shop, *, is_fetched: bool, at: datetime = NINE, now: datetime = NOW) -> list[datetime]:
    """Return from when on the first offers of a service are, on the day after noon of `NOW`."""
    with scope.system("test"):
        wish = Wish(unit_ids=(shop.unit.pk,), earliest=at, is_fetched=is_fetched)
        found = offers(bundle=bundle(job_ids=[shop.jobs[SERVICE].pk]), wish=wish, now=now)
    return sorted(one.place.drop_off_at for one in found)


def test_a_driver_fetches_the_vehicle_in_time_and_brings_it_back_when_promised(shop: Shop, mario) -> None:
    visit = booked(shop, mario)

    assert visit.promised_at == NINE + STAY
    assert ways(visit) == [
        (FetchKind.FETCH, 1, NINE - DRIVE, NINE, HOME),
        (FetchKind.RETURN, 1, NINE + STAY, NINE + STAY + DRIVE, HOME),
    ]


def test_without_an_address_nothing_is_booked_and_the_slot_stays_held(shop: Shop, mario) -> None:
    visit = held(shop, mario)

    with scope.system("test"):
        for address in ("", "  Via ", "x" * 201):
            with pytest.raises(AddressMissing):
                booking.confirm(visit_id=visit.pk, address=address, by=ROBOT, now=NOW)
        booking.confirm(visit_id=visit.pk, address=" Via  Roma 12,\n Brescia ", by=ROBOT, now=NOW)

    assert {address for *_way, address in ways(visit)} == {"Via Roma 12, Brescia"}


def test_only_hours_at_which_the_driver_is_free_both_ways_are_offered(shop: Shop, mario) -> None:
    busy = [way[2:4] for way in ways(booked(shop, mario))]  # 8:15-9:00 and 11:00-11:45

    def hours(*, is_fetched: bool) -> list[tuple[datetime, datetime]]:
        wish = Wish(unit_ids=(shop.unit.pk,), earliest=NOW, is_fetched=is_fetched)
        with scope.system("test"):
            work = bundle(job_ids=[shop.jobs[SERVICE].pk])
            days = hours_of_days(bundle=work, wish=wish, first_on=NINE.date(), days=1, now=NOW)
        return [(place.drop_off_at, place.promised_at) for day in days for place in day.places]

    every, fetched = hours(is_fetched=False), hours(is_fetched=True)
    free = [
        (brought, ready)
        for brought, ready in every
        if all(
            end <= since or start >= until
            for start, end in ((brought - DRIVE, brought), (ready, ready + DRIVE))
            for since, until in busy
        )
    ]
    assert fetched == free
    assert (fetched[0][0], every[1][0]) == (NINE + timedelta(hours=1), NINE)
    assert starts(shop, is_fetched=True)[0] == NINE + timedelta(hours=1)  # at 9:45 the way back would begin at 11:30
    assert starts(shop, is_fetched=False)[0] == NINE


def test_a_vehicle_is_not_fetched_before_somebody_could_drive(shop: Shop) -> None:
    soon = NINE - timedelta(minutes=20)

    assert starts(shop, is_fetched=False, now=soon)[0] == NINE
    assert starts(shop, is_fetched=True, now=soon)[0] == NINE + timedelta(minutes=30)


def test_who_comes_second_for_the_last_driver_is_told_what_is_free(shop: Shop, mario, giulia) -> None:
    booked(shop, mario)

    with pytest.raises(slots.SlotTaken) as refusal:
        held(shop, giulia)

    assert "10:00" in str(refusal.value)
    assert Visit.unscoped.count() == 1
    Workshop.unscoped.filter(pk=shop.workshop.pk).update(drivers=2)
    assert [driver for _kind, driver, *_rest in ways(held(shop, giulia))] == [2, 2]


def test_the_database_refuses_a_driver_on_two_roads(shop: Shop, mario, giulia) -> None:
    first, second = booked(shop, mario), held(shop, giulia, is_fetched=False)
    row = {"unit": shop.unit, "visit": second, "kind": FetchKind.FETCH, "starts_at": NINE - timedelta(minutes=1)}

    with pytest.raises(IntegrityError, match="workshop_driver_on_one_road"), transaction.atomic():
        Fetch.unscoped.create(**row, driver=1, ends_at=NINE + DRIVE)
    with pytest.raises(IntegrityError, match="workshop_fetch_once"), transaction.atomic():
        Fetch.unscoped.create(**row | {"visit": first}, driver=2, ends_at=NINE + DRIVE)
    Fetch.unscoped.create(**row, driver=2, ends_at=NINE + DRIVE)

    assert Fetch.unscoped.count() == 3


def test_a_visit_moves_with_its_drivers_and_keeps_its_address(shop: Shop, mario, giulia) -> None:
    visit, later = booked(shop, mario), NINE + timedelta(days=1)
    booked(shop, giulia, at=later)

    with scope.system("test"):
        with pytest.raises(slots.SlotTaken):
            booking.move(visit_id=visit.pk, unit_id=shop.unit.pk, starts_at=later, by=ROBOT, now=NOW)
        assert ways(visit)[0][2:] == (NINE - DRIVE, NINE, HOME)
        at = later + timedelta(days=1)
        booking.move(visit_id=visit.pk, unit_id=shop.unit.pk, starts_at=at, by=ROBOT, now=NOW)

    assert ways(visit) == [
        (FetchKind.FETCH, 1, at - DRIVE, at, HOME),
        (FetchKind.RETURN, 1, at + STAY, at + STAY + DRIVE, HOME),
    ]


@pytest.mark.parametrize("end", ["cancel", "miss", "lapse"])
def test_a_visit_that_is_over_frees_its_drivers(shop: Shop, mario, giulia, end: str) -> None:
    visit = held(shop, mario) if end == "lapse" else booked(shop, mario)

    with scope.system("test"):
        if end == "cancel":
            booking.cancel(visit_id=visit.pk, reason="Non serve", by=ROBOT, now=NOW)
        elif end == "miss":
            booking.miss(visit_id=visit.pk, by=ROBOT, now=NINE + DRIVE)
        else:
            booking.lapse_holds(now=NOW + timedelta(hours=1))

    assert not Fetch.unscoped.exists()
    assert held(shop, giulia).drop_off_at == NINE


def test_another_promise_moves_the_way_back_where_the_driver_is_free(shop: Shop, mario, giulia) -> None:
    visit = booked(shop, mario)
    other = booked(shop, giulia, at=NINE + timedelta(hours=5, minutes=30))  # fetched from 13:45 to 14:30
    taken, free = NINE + timedelta(hours=4, minutes=15), NINE + timedelta(hours=4)

    with scope.system("test"):
        assert not may_be_brought_back(visit, taken)
        with pytest.raises(DriverTaken) as refusal, transaction.atomic():
            give_promise(visit, taken, now=NOW)
        visit.refresh_from_db()
        assert visit.promised_at == NINE + STAY
        give_promise(visit, free, now=NOW)

    assert "13:15" in str(refusal.value)
    assert ways(visit)[1][:4] == (FetchKind.RETURN, 1, free, free + DRIVE)
    assert ways(other)[0][2] == free + DRIVE


def test_what_reception_promises_anew_moves_the_way_back_too(shop: Shop, mario, giulia) -> None:
    visit = booked(shop, mario)
    booked(shop, giulia, at=NINE + timedelta(hours=5, minutes=30))
    taken, free = NINE + timedelta(hours=5), NINE + timedelta(hours=3)

    with scope.system("test"):
        order = reception.receive(visit_id=visit.pk, data=reception.Reception(), by=ROBOT, now=NINE)
        with pytest.raises(DriverTaken):
            reception.change_promise(order_id=order.pk, promised_at=taken, reason="Manca un pezzo", by=ROBOT, now=NINE)
        order.refresh_from_db()
        assert (order.promised_at, ways(visit)[1][2]) == (NINE + STAY, NINE + STAY)
        reception.change_promise(order_id=order.pk, promised_at=free, reason="Manca un pezzo", by=ROBOT, now=NINE)

    assert ways(visit)[1][:4] == (FetchKind.RETURN, 1, free, free + DRIVE)


def test_a_workshop_without_drivers_fetches_nothing(shop: Shop, mario) -> None:
    Workshop.unscoped.filter(pk=shop.workshop.pk).update(drivers=0)

    assert starts(shop, is_fetched=True) == []
    with pytest.raises(NotFetched):
        held(shop, mario)
    assert not Visit.unscoped.exists()


def test_a_driver_on_the_road_is_not_taken_out(shop: Shop, mario) -> None:
    booked(shop, mario)

    with scope.system("test"):
        with pytest.raises(StillPlanned):
            set_workshop(workshop_id=shop.workshop.pk, settings=Settings(drivers=0), by=ROBOT, now=NOW)
        set_workshop(workshop_id=shop.workshop.pk, settings=Settings(drivers=0), by=ROBOT, now=NINE + timedelta(days=1))

    assert Workshop.unscoped.get(pk=shop.workshop.pk).drivers == 0


def test_the_day_lists_the_ways_in_order(shop: Shop, mario, giulia, django_assert_num_queries) -> None:
    Workshop.unscoped.filter(pk=shop.workshop.pk).update(drivers=2)
    first, second = booked(shop, mario), booked(shop, giulia, at=NINE + timedelta(minutes=30))
    held(shop, mario, at=NINE + timedelta(days=1))

    with scope.system("test"):
        time_zone_of(shop.unit.pk)
        with django_assert_num_queries(3):  # the tree's version, ways, phones
            found = fetches_of_day([shop.unit.pk], NINE.date())

    assert [(one.fetch.visit_id, one.fetch.kind) for one in found] == [
        (first.pk, FetchKind.FETCH), (second.pk, FetchKind.FETCH),
        (first.pk, FetchKind.RETURN), (second.pk, FetchKind.RETURN),
    ]  # fmt: skip
    assert Visit.unscoped.filter(state=VisitState.BOOKED).count() == 2


def test_the_desk_asks_where_before_it_books_and_offers_it_only_where_there_are_drivers(shop: Shop, group) -> None:
    for weekday in (5, 6):  # open each day, so that the test passes on each day
        for row in OpenHours.objects.filter(calendar=group.calendar, weekday=0):
            OpenHours.objects.create(
                calendar=group.calendar, weekday=weekday, opens_at=row.opens_at, closes_at=row.closes_at
            )
    customer, vehicle = person(group.root), car(group.root)
    gives(customer, vehicle)
    Address.unscoped.create(
        customer=customer, street="Via Roma 12", postcode="25121", city="Brescia", province="BS", is_primary=True
    )
    desk = signed_in(person_in(group.brescia, Role.RECEPTIONIST, language="en"))
    wish = {"customer": customer.pk, "vehicle": vehicle.pk, "job": shop.jobs[SERVICE].pk, "stay": "fetch"}

    page = desk.get("/workshop/book/", wish)
    place = page.context["offers"][0].place
    slot = {"unit": place.unit_id, "at": place.drop_off_at.isoformat(), "technician": place.technician_ids[0]}
    shown = desk.get(desk.post("/workshop/book/hold/", wish | slot | {"once": "k" * 24})["Location"])
    visit = Visit.unscoped.get()
    refused = desk.post(f"/workshop/visits/{visit.pk}/confirm/", {"address": " "}, follow=True)
    desk.post(f"/workshop/visits/{visit.pk}/confirm/", {"address": "Via Milano 3, Brescia"})
    day = desk.get("/workshop/", {"unit": place.unit_id, "day": place.drop_off_at.date().isoformat()})
    Workshop.unscoped.filter(pk=shop.workshop.pk).update(drivers=0)
    without = desk.get("/workshop/book/", wish | {"stay": "leave"})
    forged = desk.post("/workshop/book/hold/", wish | slot | {"once": "f" * 24}, follow=True)

    assert 'value="fetch" checked' in page.content.decode()
    assert 'name="address" value="Via Roma 12, 25121 Brescia (BS)"' in shown.content.decode()
    assert "address where the vehicle is fetched is missing" in refused.content.decode()
    assert day.content.decode().count("Via Milano 3, Brescia") == 2
    assert 'value="fetch"' not in without.content.decode()
    assert "does not fetch vehicles at home" in forged.content.decode()
    assert Visit.unscoped.count() == 1
