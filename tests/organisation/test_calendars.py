"""Working calendars and closures are kept by those who manage their unit."""

from datetime import date, time

import pytest

from corsia.kernel.actors import Actor
from corsia.kernel.errors import Invalid, NotAllowed, NotFound
from corsia.organisation import queries, services
from corsia.organisation.models import Closure, OpenHours, WorkingCalendar
from corsia.organisation.services.calendars import CalendarInUse, CalendarUnnamed, NoOpenings
from corsia.organisation.vocabulary import Role
from corsia.organisation.working_time import EndsBeforeItStarts, ShiftEndsBeforeItStarts, ShiftsOverlap
from tests.conftest import NOON
from tests.factories.organisation import actor_in

SPLIT = [(0, time(14), time(18)), (0, time(9), time(13)), (5, time(20), time(0))]


@pytest.fixture
def boss(group) -> Actor:
    return actor_in(group.root, Role.ADMINISTRATOR)


def test_a_saved_week_replaces_the_old_one(group, boss) -> None:
    services.save_calendar(
        calendar_id=group.calendar.pk, name=" Sede ", openings=SPLIT, is_always_open=False, by=boss, now=NOON
    )

    hours = queries.working_hours_of(group.brescia_care.pk)
    assert WorkingCalendar.objects.get(pk=group.calendar.pk).name == "Sede"
    assert hours.week[0] == ((time(9), time(13)), (time(14), time(18)))
    assert hours.week[5] == ((time(20), time(0)),)
    assert hours.week[1] == ()


@pytest.mark.parametrize(
    ("refusal", "changes"),
    [
        (CalendarUnnamed, {"name": " "}),
        (NoOpenings, {"openings": []}),
        (ShiftsOverlap, {"openings": [(0, time(9), time(13)), (0, time(12), time(18))]}),
        (ShiftEndsBeforeItStarts, {"openings": [(0, time(18), time(9))]}),
    ],
)
def test_a_week_that_cannot_be_is_refused_and_the_old_one_stays(
    group, boss, refusal: type[Invalid], changes: dict
) -> None:
    wanted = {"name": "Sede", "openings": SPLIT, "is_always_open": False} | changes

    with pytest.raises(refusal):
        services.save_calendar(calendar_id=group.calendar.pk, by=boss, now=NOON, **wanted)

    assert OpenHours.objects.filter(calendar=group.calendar).count() == 10


def test_always_open_needs_no_hours(group, boss) -> None:
    made = services.save_calendar(
        owner_id=group.root.pk, name="Soccorso", openings=[], is_always_open=True, by=boss, now=NOON
    )

    assert made.is_always_open
    with pytest.raises(NotFound):
        services.save_calendar(owner_id=None, name="X", openings=SPLIT, is_always_open=False, by=boss, now=NOON)


def test_only_who_manages_its_owner_may_change_or_delete_a_calendar(group) -> None:
    manager = actor_in(group.brescia, Role.BRANCH_MANAGER)
    of_brescia = actor_in(group.brescia, Role.CARE_MANAGER)

    for actor in (manager, of_brescia):
        with pytest.raises(NotAllowed):
            services.save_calendar(
                calendar_id=group.calendar.pk, name="X", openings=SPLIT, is_always_open=False, by=actor, now=NOON
            )
        with pytest.raises(NotAllowed):
            services.delete_calendar(calendar_id=group.calendar.pk, by=actor, now=NOON)


def test_a_calendar_in_use_is_not_deleted(group, boss) -> None:
    unused = services.save_calendar(
        owner_id=group.root.pk, name="Vuoto", openings=SPLIT, is_always_open=False, by=boss, now=NOON
    )

    with pytest.raises(CalendarInUse) as refusal:
        services.delete_calendar(calendar_id=group.calendar.pk, by=boss, now=NOON)
    services.delete_calendar(calendar_id=unused.pk, by=boss, now=NOON)

    assert refusal.value.data == {"name": "Sede", "units": "Gruppo Bellandi"}
    assert list(WorkingCalendar.objects.all()) == [group.calendar]


def test_a_closure_is_added_checked_and_taken_back(group, boss) -> None:
    closure = services.add_closure(
        unit_id=group.root.pk,
        first_on=date(2026, 8, 10),
        last_on=date(2026, 8, 10),
        reason=" Ferie ",
        by=boss,
        now=NOON,
    )

    assert closure.reason == "Ferie"
    assert queries.working_hours_of(group.verona_care.pk).closures == ((date(2026, 8, 10), date(2026, 8, 11)),)
    with pytest.raises(EndsBeforeItStarts):
        services.add_closure(
            unit_id=group.root.pk, first_on=date(2026, 8, 10), last_on=date(2026, 8, 9), reason="", by=boss, now=NOON
        )
    assert services.remove_closure(closure_id=closure.pk, by=boss, now=NOON) == group.root.pk
    assert not Closure.objects.exists()
