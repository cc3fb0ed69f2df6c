"""How long somebody was there on a day: counted minute by minute here, over the change of the clock and absences."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corsia.kernel import scope
from corsia.organisation.models import Absence, WorkingCalendar
from corsia.organisation.queries import tree
from corsia.organisation.vocabulary import AbsenceKind
from corsia.workshop.models import CapacityDay, CourtesyCar, Technician
from corsia.workshop.services.capacity_days import count_days, counted_day
from tests.factories.customers import person as a_customer
from tests.factories.organisation import person_in, small_group
from tests.factories.workshop import Shop, shop_of, visit_in

pytestmark = pytest.mark.django_db

ROME = ZoneInfo("Europe/Rome")
MONDAY = date(2026, 3, 30)  # the clock changed the night before
NOON = datetime(2026, 3, 31, 12, 0, tzinfo=ROME)


@pytest.fixture
def shop(db):
    with scope.system("test"):
        yield shop_of(small_group())


def visited(shop: Shop, on: date) -> None:
    """Let somebody have come on a day: a workshop is counted from its first visit on."""
    visit_in(shop, a_customer(shop.unit.parent.parent), None, at=datetime.combine(on, time(10), ROME))


def days_of(shop: Shop, **fields) -> dict[date, int]:
    rows = CapacityDay.objects.filter(unit=shop.unit, **fields).order_by("day")
    return {row.day: row.open_seconds for row in rows}


def away(technician: Technician, since: datetime, until: datetime) -> None:
    Absence.objects.create(person=technician.person, kind=AbsenceKind.SICKNESS, starts_at=since, ends_at=until)


def minute_by_minute(on: date, absences: list[tuple[datetime, datetime]]) -> int:
    """Count the open minutes of a day by the clock on the wall: 8:30-12:30 and 14-18:30, Monday to Friday."""
    at = datetime.combine(on - timedelta(days=1), time(12), UTC)
    found = 0
    while at < datetime.combine(on + timedelta(days=1), time(12), UTC):
        wall = at.astimezone(ROME)
        is_open = time(8, 30) <= wall.time() < time(12, 30) or time(14) <= wall.time() < time(18, 30)
        is_away = any(since <= at < until for since, until in absences)
        found += wall.date() == on and wall.weekday() < 5 and is_open and not is_away
        at += timedelta(minutes=1)
    return found * 60


@given(
    on=st.dates(date(2026, 3, 24), date(2026, 4, 3)),
    starts=st.lists(st.integers(0, 11 * 24 * 60), max_size=3),
    lengths=st.lists(st.integers(1, 3 * 24 * 60), min_size=3, max_size=3),
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_day_less_absences_is_what_the_clock_on_the_wall_says(shop, on, starts, lengths) -> None:
    first = datetime(2026, 3, 23, tzinfo=UTC)
    absences = [
        (first + timedelta(minutes=start), first + timedelta(minutes=start + length))
        for start, length in zip(starts, lengths, strict=False)
    ]

    assert counted_day(tree().hours(shop.unit.pk), absences, on=on) == minute_by_minute(on, absences)


def test_an_hour_that_the_clock_skips_is_no_working_time(shop) -> None:
    night = WorkingCalendar.objects.create(name="Notte", owner=shop.unit, is_always_open=True)
    shop.unit.calendar = night
    shop.unit.save()

    hours = tree().hours(shop.unit.pk)

    assert counted_day(hours, (), on=date(2026, 3, 28)) == 24 * 3600
    assert counted_day(hours, (), on=date(2026, 3, 29)) == 23 * 3600
    assert counted_day(hours, (), on=date(2026, 10, 25)) == 25 * 3600


def test_days_count_from_the_first_visit_until_yesterday_each_once(shop) -> None:
    assert count_days(now=NOON) == 0  # nobody ever came
    visited(shop, MONDAY - timedelta(days=3))
    luca = shop.technicians["luca"]
    away(luca, datetime(2026, 3, 30, 9, 30, tzinfo=ROME), datetime(2026, 3, 30, 16, 0, tzinfo=ROME))

    written = count_days(now=NOON)

    friday = MONDAY - timedelta(days=3)
    whole = {friday: 30_600, friday + timedelta(1): 0, friday + timedelta(2): 0, MONDAY: 30_600}
    assert days_of(shop, technician=shop.technicians["anna"]) == whole
    assert days_of(shop, bay=shop.bays["H"]) == days_of(shop, car=shop.car) == whole
    assert days_of(shop, technician=luca) == {**whole, MONDAY: 12_600}
    assert written == CapacityDay.objects.count() == 4 * (3 + 4 + 1)
    assert count_days(now=NOON) == 0


def test_what_is_entered_late_is_taken_over_for_a_week_and_no_longer(shop) -> None:
    visited(shop, MONDAY - timedelta(days=20))
    count_days(now=NOON)
    for days in (6, 9):
        at = datetime.combine(MONDAY - timedelta(days=days), time(0), ROME)
        away(shop.technicians["anna"], at, at + timedelta(days=1))

    assert count_days(now=NOON) == 1

    counted = days_of(shop, technician=shop.technicians["anna"])
    assert counted[MONDAY - timedelta(days=6)] == 0
    assert counted[MONDAY - timedelta(days=10)] == 30_600


def test_whoever_is_new_counts_from_the_day_before_and_who_left_keeps_the_past(shop) -> None:
    visited(shop, MONDAY - timedelta(days=20))
    count_days(now=NOON)
    newcomer = Technician.objects.create(unit=shop.unit, person=person_in(shop.unit))
    Technician.objects.filter(pk=shop.technicians["hans"].pk).update(is_active=False)
    CourtesyCar.objects.filter(pk=shop.car.pk).update(is_active=False)
    before = days_of(shop, technician=shop.technicians["hans"])

    count_days(now=NOON + timedelta(days=1))

    assert days_of(shop, technician=newcomer) == {MONDAY + timedelta(days=1): 30_600}
    assert days_of(shop, technician=shop.technicians["hans"]) == before
    assert len(before) == 20 + 1
    assert max(days_of(shop, technician=shop.technicians["anna"])) == MONDAY + timedelta(days=1)
