"""The plan's page: what it shows, in how many statements, and what its doors answer."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from corsia.kernel import scope
from corsia.organisation.models import Absence, Closure
from corsia.organisation.vocabulary import AbsenceKind, Role
from corsia.workshop.models import Allocation, Visit, VisitJob, Workshop
from corsia.workshop.queries.plan import plan_of
from corsia.workshop.queries.plan_states import StepState
from corsia.workshop.vocabulary import VisitState
from tests.factories.customers import car, person
from tests.factories.organisation import person_in, signed_in, small_group
from tests.factories.workshop import BRAKES, DIAGNOSIS, Shop, shop_of, visit_in
from tests.workshop.test_planning import NINE, NOW, Scene, at, scene  # noqa: F401  (a fixture)

pytestmark = pytest.mark.django_db


def plan(shop: Shop, *, days: int = 1, now=NOW):
    with scope.system("test"):
        workshop = Workshop.objects.get(unit=shop.unit)
        return plan_of(workshop, first=NINE.date(), days=days, now=now)


def test_loads_are_booked_minutes_of_attended_ones(scene: Scene) -> None:  # noqa: F811
    luca = scene.shop.technicians["luca"].person
    Absence.objects.create(person=luca, kind=AbsenceKind.OTHER, starts_at=at(14), ends_at=at(16))
    scene.beside(at(11, 30), code=BRAKES, technician="luca", bay="2")
    over_noon = Allocation.unscoped.get(visit__customer__last_name="Neri1")
    Allocation.unscoped.filter(pk=over_noon.pk).update(starts_at=at(12), ends_at=at(14, 30))

    rows = {row.technician.person.first_name: row for row in plan(scene.shop).rows}

    # Luca: 8:30-12:30 and 16:00-18:30 there; 75 minutes before noon, then 30 until 12:30 and 30 from 14:00.
    assert (rows["Luca"].booked_minutes, rows["Luca"].attended_minutes, rows["Luca"].load_pct) == (135, 390, 35)
    assert (rows["Anna"].booked_minutes, rows["Anna"].attended_minutes, rows["Anna"].load_pct) == (0, 510, 0)


def test_who_is_not_there_all_day_has_no_load(scene: Scene) -> None:  # noqa: F811
    anna = scene.shop.technicians["anna"].person
    Absence.objects.create(person=anna, kind=AbsenceKind.SICKNESS, starts_at=at(1), ends_at=at(23))

    assert plan(scene.shop).rows[0].load_pct is None


def test_closures_and_pauses_are_background(scene: Scene) -> None:  # noqa: F811
    Closure.objects.create(
        unit=scene.shop.unit, first_on=at(9, day=12).date(), last_on=at(9, day=12).date(), reason="Inventario"
    )

    closed = [(one.start, one.end, one.reason) for one in plan(scene.shop, days=2).closed]

    assert closed == [
        (at(8), at(8, 30), ""),
        (at(12, 30), at(14), ""),
        (at(18, 30), at(19), ""),
        (at(8, day=12), at(19, day=12), "Inventario"),
    ]


def test_what_waits_is_what_nobody_has_in_hand(scene: Scene) -> None:  # noqa: F811
    waiting = scene.beside(at(11), code=BRAKES, technician="anna", bay="2")
    gone = scene.beside(at(14), code=BRAKES, technician="anna", bay="2")
    Allocation.unscoped.filter(visit__in=[waiting, gone]).delete()
    Visit.unscoped.filter(pk=gone.pk).update(state=VisitState.CANCELLED, ended_at=NOW)

    found = plan(scene.shop).waiting

    assert [(one.visit, one.step.job.code) for one in found] == [(waiting, BRAKES)]


def test_states_are_those_of_visit_and_clock(scene: Scene) -> None:  # noqa: F811
    def state(now):
        return [one.state for one in plan(scene.shop, now=now).steps]

    assert state(NOW) == [StepState.BOOKED]
    assert state(at(9, 1)) == [StepState.LATE]  # the vehicle has not come
    Visit.unscoped.update(state=VisitState.HERE)
    assert state(at(9, 1)) == [StepState.HERE]
    assert state(at(10, 16)) == [StepState.LATE]
    Visit.unscoped.update(state=VisitState.DONE, ended_at=at(10))
    assert state(at(10, 16)) == [StepState.DONE]
    Visit.unscoped.update(state=VisitState.HELD, ended_at=None, held_until=at(7, 30))
    assert state(NOW) == [StepState.HELD]
    assert state(at(7, 30)) == []  # a hold that lapsed takes no room


@pytest.fixture
def boss(scene: Scene) -> Client:  # noqa: F811
    return signed_in(person_in(scene.shop.unit, Role.RECEPTIONIST))


DAY = "/workshop/plan/?day=2026-03-11&view=day"


@pytest.mark.parametrize("rows", [1, 3])
def test_a_plan_of_three_asks_as_often_as_a_plan_of_one(scene: Scene, rows: int) -> None:  # noqa: F811
    for number in range(rows):
        visit = scene.beside(at(10 + 3 * number, 30), code=BRAKES, technician="anna", bay="2")
        VisitJob.unscoped.create(visit=visit, job=scene.shop.jobs[DIAGNOSIS], position=1, price_cents=0)
    plan(scene.shop)

    with CaptureQueriesContext(connection) as asked:
        found = plan(scene.shop)

    assert (len(found.steps), len(found.waiting)) == (rows + 1, rows)
    assert len(asked) == 15


@pytest.mark.parametrize("rows", [1, 3])
def test_the_page_asks_as_often_for_three_as_for_one(scene: Scene, boss: Client, rows: int) -> None:  # noqa: F811
    for number in range(rows):
        scene.beside(at(10 + 3 * number, 30), code=BRAKES, technician="anna", bay="2")
    boss.get(DAY)

    with CaptureQueriesContext(connection) as asked:
        answer = boss.get(DAY)

    assert answer.content.count(b"data-job=") == rows + 1
    assert len(asked) == 22


def test_the_feed_says_what_the_timeline_draws(scene: Scene, boss: Client) -> None:  # noqa: F811
    told = boss.get(DAY.replace("/plan/?", "/plan/feed/?")).json()

    [event] = told["events"]
    assert (event["start"], event["end"], event["resourceIds"]) == (
        "2026-03-11T09:00:00",
        "2026-03-11T10:15:00",
        [str(scene.shop.technicians["luca"].pk)],
    )
    assert (event["extendedProps"]["plate"], event["extendedProps"]["customer"]) == ("AB123CD", "Mario Rossi")
    assert (told["opens"], told["closes"], told["hidden"]) == ("08:00", "19:00", [])
    week = boss.get("/workshop/plan/feed/?day=2026-03-11&view=week").json()
    assert (week["first"], week["days"], week["hidden"]) == ("2026-03-09", 7, [6, 0])


@pytest.fixture
def today():
    """A workshop with a visit tomorrow or, before a weekend, on Monday: what pages call now is the real now."""
    group = small_group()
    shop = shop_of(group)
    zone = timezone.get_default_timezone()
    start = timezone.now().astimezone(zone).replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=1)
    while start.weekday() > 4 or not is_open_day(shop, start):
        start += timedelta(days=1)
    visit = visit_in(shop, person(group.root), car(group.root), at=start)
    return Scene(group, shop, None, visit, Allocation.unscoped.get(visit=visit)), start


def is_open_day(shop: Shop, start) -> bool:
    from corsia.organisation.queries import tree
    from corsia.organisation.working_time import is_open

    return is_open(tree().hours(shop.unit.pk), start)


def move(browser: Client, allocation: Allocation, **values: object):
    return browser.post(f"/workshop/plan/steps/{allocation.pk}/move/", values, headers={"Accept": "application/json"})


def test_a_move_is_told_with_its_way_back(today) -> None:
    scene, start = today  # noqa: F811
    browser = signed_in(person_in(scene.shop.unit, Role.RECEPTIONIST, language="en"))
    anna = scene.shop.technicians["anna"]

    told = move(browser, scene.allocation, technician=anna.pk, start=f"{start:%Y-%m-%d}T09:30:00")

    assert told.status_code == 200, told.content
    assert told.json() == {
        "id": scene.allocation.pk,
        "title": "Job TAG30",
        "text": f"{anna.person.full_name} · 09:30–10:45",
        "undo": f"/workshop/plan/steps/{scene.allocation.pk}/undo/",
    }
    assert Allocation.unscoped.get().technician == anna
    assert browser.post(told.json()["undo"]).json() == {"title": "Taken back"}
    assert Allocation.unscoped.get().starts_at == start


def test_a_refusal_carries_its_code_and_sentence(today) -> None:
    scene, start = today  # noqa: F811
    browser = signed_in(person_in(scene.shop.unit, Role.RECEPTIONIST, language="en"))
    luca = scene.shop.technicians["luca"]

    told = move(browser, scene.allocation, technician=luca.pk, start=f"{start:%Y-%m-%d}T10:30:00")

    assert told.status_code == 409
    assert told.json() == {
        "code": "workshop.promise_broken",
        "message": "The promise of 11:15 to Mario Rossi would be broken: the vehicle would be ready at 11:45.",
    }
    stale = {"seen_technician": scene.shop.technicians["anna"].pk, "seen_start": f"{start:%Y-%m-%d}T09:00:00"}
    told = move(browser, scene.allocation, technician=luca.pk, start=f"{start:%Y-%m-%d}T09:15:00", **stale)
    assert (told.status_code, told.json()["code"]) == (409, "workshop.plan_changed")
    assert Allocation.unscoped.get().starts_at == start


@pytest.mark.parametrize(
    "values", [{}, {"technician": "x", "start": "2026-03-11T09:00"}, {"start": "2026-03-11T09:00"}]
)
def test_a_move_without_hands_or_hour_is_refused(scene: Scene, boss: Client, values) -> None:  # noqa: F811
    assert move(boss, scene.allocation, **values).json()["code"] == "workshop.hour_missing"


def test_a_mechanic_sees_the_plan_and_moves_nothing(scene: Scene) -> None:  # noqa: F811
    browser = signed_in(person_in(scene.shop.unit, Role.MECHANIC))

    assert browser.get(DAY).status_code == 200
    assert browser.get("/workshop/plan/feed/?day=2026-03-11&view=day").json()["events"][0]["startEditable"] is False
    assert move(browser, scene.allocation, technician=1, start="2026-03-11T09:30:00").status_code == 403


def test_another_branch_sees_nothing_of_it(scene: Scene) -> None:  # noqa: F811
    browser = signed_in(person_in(scene.group.verona, Role.RECEPTIONIST))

    assert "Mario Rossi" not in browser.get(DAY).content.decode()
    assert browser.get(f"/workshop/plan/?unit={scene.shop.unit.pk}").status_code == 404
    assert browser.get(f"/workshop/plan/steps/{scene.allocation.pk}/").status_code == 404
    assert move(browser, scene.allocation, technician=1, start="2026-03-11T09:30:00").status_code == 404


def test_lists_for_phone_and_wall_say_all_that_the_timeline_does(scene: Scene, boss: Client) -> None:  # noqa: F811
    page = boss.get("/workshop/plan/sheet/?day=2026-03-11&view=day").content.decode()

    for words in (
        "09:00–10:15",
        "AB123CD",
        "Mario Rossi",
        "Lavoro TAG30",
        scene.shop.technicians["hans"].person.full_name,
    ):
        assert words in page
