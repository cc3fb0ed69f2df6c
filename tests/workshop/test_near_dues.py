"""Who could be called for a quiet day: due soon, last seen at this branch, owned by somebody, and not booked yet."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from corsia.kernel import scope
from corsia.organisation.vocabulary import Role
from corsia.vehicles.models import Due
from corsia.vehicles.vocabulary import DueKind, DueReason
from corsia.workshop.models import Visit
from corsia.workshop.queries.near_dues import dues_near
from tests.factories.customers import car, gives, person
from tests.factories.organisation import person_in, signed_in
from tests.workshop.test_planning import NOW, Scene, at, scene  # noqa: F401  (fixtures)

pytestmark = pytest.mark.django_db

ON = date(2026, 3, 11)


def due(scene: Scene, plate: str, *, on: date, place=None, kind=DueKind.SERVICE, owner: str = ""):  # noqa: F811
    vehicle = car(scene.group.root, plate=plate)
    Due.unscoped.create(
        unit=scene.group.root, vehicle=vehicle, kind=kind, cycle=plate, place=place or scene.group.brescia, due_on=on,
        reason=DueReason.DATE, interval_months=12, counted_from=on - timedelta(days=365), recomputed_at=NOW,
    )  # fmt: skip
    if owner:
        gives(person(scene.group.root, owner), vehicle)
    return vehicle


def near(scene: Scene) -> list[tuple[str, str]]:  # noqa: F811
    with scope.system("test"):
        return [(one.row.vehicle.plate, one.customer.last_name) for one in dues_near(scene.shop.unit.pk, on=ON)]


def test_only_who_could_be_booked_is_shown(scene: Scene) -> None:  # noqa: F811
    due(scene, "AA001AA", on=ON + timedelta(days=10), owner="Anna Verdi")
    due(scene, "AA002AA", on=ON - timedelta(days=3), owner="Bruno Blu")
    due(scene, "AA003AA", on=ON + timedelta(days=60), owner="Carla Lontana")
    due(scene, "AA004AA", on=ON + timedelta(days=5), owner="Dario Altrove", place=scene.group.verona)
    due(scene, "AA005AA", on=ON + timedelta(days=5), owner="Elio Garanzia", kind=DueKind.WARRANTY)
    due(scene, "AA006AA", on=ON + timedelta(days=5))
    booked = due(scene, "AA007AA", on=ON + timedelta(days=5), owner="Fabio Atteso")
    visit = scene.beside(at(16))
    Visit.unscoped.filter(pk=visit.pk).update(vehicle=booked)

    assert near(scene) == [("AA002AA", "Blu"), ("AA001AA", "Verdi")]


@pytest.mark.parametrize("many", [1, 5])
def test_many_dues_are_read_in_as_many_statements_as_one(scene: Scene, many: int) -> None:  # noqa: F811
    for number in range(many):
        due(scene, f"AB00{number}AA", on=ON + timedelta(days=number), owner=f"Anna Verdi{number}")
    near(scene)

    with CaptureQueriesContext(connection) as asked:
        found = near(scene)

    assert (len(found), len(asked)) == (many, 5)


def test_a_click_books_it_here(scene: Scene) -> None:  # noqa: F811
    vehicle = due(scene, "AA001AA", on=timezone.localdate() + timedelta(days=10), owner="Anna Verdi")
    browser = signed_in(person_in(scene.shop.unit, Role.RECEPTIONIST))

    page = browser.get(f"/workshop/plan/dues/?unit={scene.shop.unit.pk}").content.decode()

    assert f"&amp;vehicle={vehicle.pk}&amp;unit={scene.shop.unit.pk}" in page
