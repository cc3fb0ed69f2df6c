"""What units inherit from above, and that the tree kept in memory is never stale."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from corsia.kernel.errors import NotFound
from corsia.organisation import queries
from corsia.organisation.models import Closure, OpenHours, Unit, WorkingCalendar
from corsia.organisation.vocabulary import UnitKind
from corsia.organisation.working_time import add, between, is_open
from tests.factories.organisation import UnitFactory


def test_a_unit_works_the_hours_of_the_nearest_calendar_above(group) -> None:
    hours = queries.working_hours_of(group.brescia_care.pk)

    assert hours.zone == "Europe/Rome"
    assert hours.week[0] == ((time(8, 30), time(12, 30)), (time(14), time(18, 30)))
    assert hours.week[5] == ()
    assert add(hours, datetime(2026, 3, 10, 11, 0, tzinfo=UTC), timedelta(hours=1)) == datetime(
        2026, 3, 10, 13, 30, tzinfo=UTC
    )  # 12:00 in Rome: half an hour until 12:30, the rest from 14:00


def test_an_own_calendar_and_time_zone_come_before_those_above(group) -> None:
    own = WorkingCalendar.objects.create(name="Lugano", owner=group.root)
    OpenHours.objects.create(calendar=own, weekday=5, opens_at=time(9), closes_at=time(0))
    Unit.objects.filter(pk=group.verona.pk).update(
        calendar=own, time_zone="Europe/London", country="CH", subdivision="TI"
    )

    hours = queries.working_hours_of(group.verona_care.pk)

    assert (hours.zone, hours.week[5], hours.week[0]) == ("Europe/London", ((time(9), time(0)),), ())
    assert date(2026, 8, 1) in hours.holidays  # the Swiss national day
    assert date(2026, 4, 25) not in hours.holidays
    assert queries.time_zone_of(group.verona_care.pk).key == "Europe/London"
    assert queries.time_zone_of(group.brescia_care.pk).key == "Europe/Rome"


def test_holidays_are_those_of_the_nearest_province_and_patron(group) -> None:
    Unit.objects.filter(pk=group.root.pk).update(subdivision="MI")
    Unit.objects.filter(pk=group.verona.pk).update(patron_month=4, patron_day=12)

    verona = queries.working_hours_of(group.verona_care.pk)
    brescia = queries.working_hours_of(group.brescia_care.pk)

    assert {date(2026, 12, 7), date(2026, 4, 12)} <= verona.holidays
    assert date(2026, 12, 7) in brescia.holidays
    assert date(2026, 4, 12) not in brescia.holidays
    assert date(2026, 10, 4) in brescia.holidays


def test_the_province_of_another_country_above_is_not_inherited(group) -> None:
    Unit.objects.filter(pk=group.root.pk).update(country="IT", subdivision="BS")
    Unit.objects.filter(pk=group.verona.pk).update(country="CH")

    place = queries.tree().place(group.verona_care.pk)

    assert (place.country, place.subdivision, place.patron_day) == ("CH", "", None)


def test_a_closure_holds_for_everything_below_and_nothing_beside(group) -> None:
    Closure.objects.create(unit=group.brescia, first_on=date(2026, 3, 9), last_on=date(2026, 3, 13), reason="Lavori")
    start, end = datetime(2026, 3, 9, tzinfo=UTC), datetime(2026, 3, 16, tzinfo=UTC)

    assert between(queries.working_hours_of(group.brescia_care.pk), start, end) == timedelta(0)
    assert between(queries.working_hours_of(group.verona_care.pk), start, end) == timedelta(hours=42.5)
    assert is_open(queries.working_hours_of(group.brescia.pk), datetime(2026, 3, 16, 9, tzinfo=UTC))


def test_a_unit_without_any_calendar_is_always_open(db) -> None:
    alone = UnitFactory(kind=UnitKind.GROUP, name="Nuovo gruppo")

    assert is_open(queries.working_hours_of(alone.pk), datetime(2026, 12, 25, 3, tzinfo=UTC))


def test_hours_are_worked_out_once_and_asking_again_costs_one_statement(group) -> None:
    first = queries.working_hours_of(group.brescia_care.pk)

    with CaptureQueriesContext(
        connection,
    ) as asked:
        again = queries.working_hours_of(group.brescia_care.pk)

    assert again is first
    assert len(asked) == 1


@pytest.mark.parametrize("change", ["opening", "closure", "unit"])
def test_any_change_is_seen_at_once_whichever_door_it_came_through(group, change: str) -> None:
    before = queries.working_hours_of(group.brescia_care.pk)

    if change == "opening":
        OpenHours.objects.filter(calendar=group.calendar, weekday=0).delete()
    elif change == "closure":
        Closure.objects.create(unit=group.root, first_on=date(2026, 8, 10), last_on=date(2026, 8, 23), reason="Estate")
    else:
        Unit.objects.filter(pk=group.root.pk).update(time_zone="Europe/London")

    assert queries.working_hours_of(group.brescia_care.pk) != before


def test_a_change_that_was_rolled_back_leaves_nothing_behind(group) -> None:
    before = queries.working_hours_of(group.brescia_care.pk)

    with transaction.atomic():
        OpenHours.objects.filter(calendar=group.calendar).delete()
        assert queries.working_hours_of(group.brescia_care.pk) != before
        transaction.set_rollback(True)
    OpenHours.objects.filter(calendar=group.calendar, weekday=4).delete()

    after = queries.working_hours_of(group.brescia_care.pk)
    assert (after.week[0], after.week[4]) == (before.week[0], ())


def test_customers_belong_to_the_nearest_group_or_to_the_top(group) -> None:
    maker = UnitFactory(kind=UnitKind.MANUFACTURER, name="Casa")

    assert queries.group_of(group.verona_care.pk).pk == group.root.pk
    assert queries.group_of(group.root.pk).pk == group.root.pk
    assert queries.group_of(maker.pk).pk == maker.pk


def test_departments_of_the_same_name_are_told_apart(group) -> None:
    assert queries.tree().label(group.brescia_care.pk) == "Assistenza, Brescia"
    assert queries.tree().label(group.brescia.pk) == "Brescia"


def test_an_unknown_unit_is_not_found(db) -> None:
    with pytest.raises(NotFound):
        queries.unit_of(999_999)
