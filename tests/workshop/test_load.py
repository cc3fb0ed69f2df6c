"""The load ahead on the diary: who may not come, what walks in, and what the page says of it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from corsia.kernel import scope
from corsia.organisation.models import Absence
from corsia.organisation.vocabulary import Role
from corsia.workshop.models import Allocation, Visit
from corsia.workshop.queries import visit_history
from corsia.workshop.queries.load import Load, load_of
from corsia.workshop.queries.visit_history import known_of, visits_between
from corsia.workshop.rules.load import State
from corsia.workshop.vocabulary import Source, VisitState
from tests.factories.customers import person
from tests.factories.organisation import person_in, signed_in
from tests.factories.workshop import BRAKES, SERVICE, TYRES, visit_in
from tests.workshop.test_plan_page import today  # noqa: F401  (a fixture)
from tests.workshop.test_planning import NINE, NOW, Scene, at, scene  # noqa: F401  (fixtures)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_learned_yet(monkeypatch) -> None:
    monkeypatch.setattr(visit_history, "_models", {})


def load(scene: Scene, *, now=NOW) -> Load:  # noqa: F811
    with scope.system("test"):
        return load_of(scene.shop.workshop, now=now)


def before(scene: Scene, customer, weeks: int, *, state=VisitState.DONE, days_ahead: int = 5, code=SERVICE) -> Visit:  # noqa: F811
    """Add a visit of so many weeks ago; a missed one keeps no hands, as the service leaves it."""
    start = NINE - timedelta(weeks=weeks)
    visit = visit_in(scene.shop, customer, None, at=start, code=code)
    Allocation.unscoped.filter(visit=visit).delete()
    Visit.unscoped.filter(pk=visit.pk).update(
        state=state, ended_at=start + timedelta(hours=3), made_at=start - timedelta(days=days_ahead)
    )
    return visit


def test_a_day_holds_what_is_booked_less_who_may_not_come(scene: Scene) -> None:  # noqa: F811
    """Nothing is known yet: one of twenty-five does not come. 75 minutes of service, 60 of brakes at noon."""
    scene.beside(at(12), code=BRAKES, technician="anna", bay="2")
    Allocation.unscoped.filter(visit__customer__last_name="Neri1").update(ends_at=at(14, 30))
    anna = scene.shop.technicians["anna"].person
    Absence.objects.create(person=anna, kind="other", starts_at=at(14), ends_at=at(18, 30))

    found = load(scene)

    first = found.days[0]
    assert (first.on, first.visits, first.expected.booked) == (at(9).date(), 2, 135)
    assert first.expected.missed == pytest.approx(135 * 0.04)
    assert first.expected.capacity == 3 * 510 - 270
    assert first.expected.state == State.QUIET
    assert first.overbooking.visits == 0
    assert {skill.key: first.skills[skill.pk] for skill in found.skills} == {"engine": (135, 3 * 510 - 270)}
    saturday = found.days[3]
    assert (saturday.expected.capacity, saturday.expected.state) == (0, State.CLOSED)
    assert (found.model.is_base, found.may_miss) == (True, [])


def test_who_is_here_comes_for_sure(scene: Scene) -> None:  # noqa: F811
    Visit.unscoped.filter(pk=scene.visit.pk).update(state=VisitState.HERE)

    assert load(scene).days[0].expected.missed == 0


def test_what_was_known_before_a_visit_says_nothing_of_what_came_after(scene: Scene) -> None:  # noqa: F811
    customer = scene.visit.customer
    before(scene, customer, 30, state=VisitState.MISSED)
    before(scene, customer, 20)
    before(scene, customer, 10, state=VisitState.MISSED)
    before(scene, person(scene.group.root, "Altra Persona"), 15, state=VisitState.MISSED)
    Visit.unscoped.filter(pk=scene.visit.pk).update(source=Source.WEB, made_at=NINE - timedelta(days=40))

    with scope.system("test"):
        past = visits_between([scene.shop.unit.pk], NINE.date() - timedelta(days=365), NINE.date())
        [ahead] = known_of([Visit.objects.get(pk=scene.visit.pk)], reminded=0.5, now=NOW).values()

    assert [(one.known.visits, one.known.misses, one.is_missed) for one in past] == [
        (0, 0, True), (1, 1, False), (0, 0, True), (2, 1, True),
    ]  # fmt: skip
    assert (ahead.visits, ahead.misses, ahead.lead_days, ahead.is_web, ahead.reminded) == (3, 2, 40, True, 0.5)


def test_what_walks_in_is_counted_by_weekday_on_open_days(scene: Scene) -> None:  # noqa: F811
    """26 Wednesdays with an hour and a quarter each: of 130 open days, all others without anything."""
    for weeks in range(1, 27):
        before(scene, person(scene.group.root, f"Passa Diqui{weeks}"), weeks, days_ahead=0)

    found = load(scene)

    days = {day.on.weekday(): day.expected.walk_ins for day in found.days[:7]}
    every = 26 * 75 / found.walked_days
    assert 125 <= found.walked_days <= 131
    assert days[2] == pytest.approx((26 * 75 + 4 * every) / 30, rel=0.02)
    assert days[1] < 0.2 * days[2]
    assert days[5] == 0  # closed


def test_the_forecast_is_tried_on_days_it_did_not_learn_from(scene: Scene) -> None:  # noqa: F811
    for weeks in (1, 2, 3, 4):
        before(scene, person(scene.group.root, f"Cliente {weeks}"), weeks, state=VisitState.DONE)
    before(scene, person(scene.group.root, "Cliente Assente"), 5, state=VisitState.MISSED)

    tested = load(scene).tested

    assert tested is not None
    assert (tested.days, tested.visits, tested.misses) == (40, 5, 1)
    assert tested.ours == tested.alone == pytest.approx((4 * 0.04**2 + 0.96**2) / 5)
    assert tested.inside == 39  # all but the day on which the one did not come
    assert tested.off_minutes == pytest.approx((4 * 75 * 0.04 + 75 * 0.96) / 40)
    assert tested.interval == (87, 100)


@pytest.mark.parametrize("rows", [1, 4])
def test_more_visits_need_no_more_statements(scene: Scene, rows: int) -> None:  # noqa: F811
    for number in range(rows):
        scene.beside(at(10 + 2 * number), code=TYRES, technician="hans", bay="2")
        before(scene, scene.visit.customer, number + 2)
    load(scene)

    with CaptureQueriesContext(connection) as asked:
        found = load(scene)

    assert (found.days[0].visits, len(asked)) == (rows + 1, 18)


def test_the_page_names_days_chances_and_how_sure_it_is(today) -> None:  # noqa: F811
    scene, start = today  # noqa: F811
    planner = signed_in(person_in(scene.shop.unit, Role.RECEPTIONIST, language="en"))
    mechanic = signed_in(person_in(scene.shop.unit, Role.MECHANIC, language="en"))

    words = planner.get(f"/workshop/load/?unit={scene.shop.unit.pk}").content.decode()

    assert f"&amp;view=day&amp;day={start:%Y-%m-%d}" in words
    assert "too few to tell customers apart, so everybody is counted with 4.0 %" in words
    assert "nobody is refused, charged or put back because of it" in words
    assert "Call before" not in mechanic.get(f"/workshop/load/?unit={scene.shop.unit.pk}").content.decode()
