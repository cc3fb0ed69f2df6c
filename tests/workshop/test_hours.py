"""The hours that customers may choose are those that fit, found with as many statements for ten days as for one."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from corsia.kernel import scope
from corsia.workshop.queries.catalogue import bundle
from corsia.workshop.queries.hours import hours_of_days
from corsia.workshop.queries.offers import Wish, place_at
from tests.factories.customers import car, person
from tests.factories.workshop import SERVICE, Shop, shop_of, visit_in

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 10, 11, 0, tzinfo=UTC)
ROME = ZoneInfo("Europe/Rome")
WEDNESDAY = date(2026, 3, 11)


@pytest.fixture
def shop(group) -> Shop:
    shop = shop_of(group)
    for number, name in enumerate(("anna", "luca", "hans")):
        who = person(group.root, f"Ada {number}"), car(group.root, plate=f"AA00{number}AA")
        at = datetime(2026, 3, 11, 9 + number, 15, tzinfo=ROME)
        visit_in(shop, *who, at=at, technician=name, bay="12D"[number])
    return shop


def hours(shop: Shop, *, days: int, **wish) -> list:
    work = bundle(job_ids=[shop.jobs[SERVICE].pk])
    asked = Wish(unit_ids=(shop.unit.pk,), earliest=NOW, **wish)
    return hours_of_days(bundle=work, wish=asked, first_on=WEDNESDAY, days=days, now=NOW)


@pytest.mark.parametrize("is_waiting", [False, True])
def test_each_hour_is_the_first_quarter_that_fits(shop: Shop, is_waiting: bool) -> None:
    """Against a slow look at every quarter of the day, one by one, as the database is."""
    with scope.system("test"):
        [wednesday] = hours(shop, days=1, is_waiting=is_waiting)
        work, asked = bundle(job_ids=[shop.jobs[SERVICE].pk]), Wish(
            unit_ids=(shop.unit.pk,), earliest=NOW, is_waiting=is_waiting
        )  # fmt: skip
        quarters = [datetime(2026, 3, 11, 6, tzinfo=ROME) + timedelta(minutes=15 * n) for n in range(15 * 4)]
        fitting = [
            at
            for at in quarters
            if place_at(workshop=shop.workshop, bundle=work, wish=asked, starts_at=at, technician_id=None, now=NOW)
        ]

    full = [at for at in quarters if at.minute == 0 and at.hour < 20]
    expected = {min((at for at in fitting if at >= hour), default=None) for hour in full} - {None}
    assert [place.drop_off_at for place in wednesday.places] == sorted(expected)


def test_ten_days_take_no_more_statements_than_one(shop: Shop) -> None:
    counts = []
    for days in (1, 10):
        with scope.system("test"), CaptureQueriesContext(connection) as seen:
            found = hours(shop, days=days)
        counts.append(len(seen))

    assert [one.on.weekday() for one in found] == [2, 3, 4, 0, 1, 2, 3, 4]  # closed on Saturday and Sunday
    assert counts[1] <= counts[0]  # the first one reads the diary
