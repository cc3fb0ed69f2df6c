"""Setting up a workshop: who works there, its bays and cars; what is in the diary cannot be taken out."""

from datetime import UTC, datetime, timedelta

import pytest

from corsia.kernel.errors import NotAllowed, NotFound
from corsia.organisation.models import Membership
from corsia.organisation.vocabulary import Role
from corsia.workshop.models import Bay, CourtesyCar, Loan, Technician, Workshop
from corsia.workshop.queries.catalogue import bundle
from corsia.workshop.queries.offers import Wish, offers
from corsia.workshop.services import setup
from corsia.workshop.services.setup import NameTaken, Settings, StillPlanned, WorksElsewhere, WorkshopThere
from tests.factories.cases import ROBOT
from tests.factories.customers import car, person
from tests.factories.organisation import TODAY, actor_in, person_in, signed_in, small_group
from tests.factories.workshop import TYRES, Shop, shop_of, visit_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("everything")]

NOW = datetime(2026, 3, 10, 7, 0, tzinfo=UTC)
NINE = datetime(2026, 3, 11, 8, 0, tzinfo=UTC)
AT = {"by": ROBOT, "now": NOW}


@pytest.fixture
def shop() -> Shop:
    return shop_of(small_group())


def test_a_new_workshop_is_booked_as_soon_as_somebody_works_in_a_bay(shop: Shop) -> None:
    verona = shop.unit.parent.parent.children.get(name="Verona")
    tina = person_in(verona, Role.MECHANIC, first_name="Tina")
    workshop = setup.open_workshop(unit_id=verona.pk, **AT)
    asked = {
        "bundle": bundle(job_ids=[shop.jobs[TYRES].pk]),
        "wish": Wish(unit_ids=(verona.pk,), earliest=NOW),
        "now": NOW,
    }

    assert offers(**asked) == []
    setup.add_bay(workshop_id=workshop.pk, name=" Ponte  1 ", kind="lift", **AT)
    assert offers(**asked) == []
    technician = setup.add_technician(workshop_id=workshop.pk, person_id=tina.pk, **AT)

    [first] = offers(**asked, limit=1)
    assert [step.technician_id for step in first.place.steps] == [technician.pk]
    assert Bay.objects.get(unit=verona).name == "Ponte 1"
    with pytest.raises(WorkshopThere):
        setup.open_workshop(unit_id=verona.pk, **AT)


def test_what_is_in_the_diary_cannot_be_taken_out(shop: Shop) -> None:
    root = shop.unit.parent.parent
    visit = visit_in(shop, person(root), car(root), at=NINE)
    Loan.objects.create(unit=shop.unit, visit=visit, car=shop.car, starts_at=NINE, ends_at=NINE + timedelta(hours=2))

    for retire, row in (
        (lambda **at: setup.retire_technician(technician_id=shop.technicians["luca"].pk, **at), "Luca"),
        (lambda **at: setup.retire_bay(bay_id=shop.bays["1"].pk, **at), "1"),
        (lambda **at: setup.retire_car(car_id=shop.car.pk, **at), "Panda bianca"),
    ):
        with pytest.raises(StillPlanned) as refusal:
            retire(**AT)
        assert refusal.value.data["count"] == 1
        assert refusal.value.data["name"].startswith(row)
        assert not retire(by=ROBOT, now=NINE + timedelta(days=1)).is_active

    assert Technician.objects.filter(is_active=True).count() == 2
    assert CourtesyCar.objects.filter(is_active=True).count() == 0


def test_what_was_taken_out_comes_back_under_its_name(shop: Shop) -> None:
    workshop, anna = shop.workshop, shop.technicians["anna"]
    setup.retire_technician(technician_id=anna.pk, **AT)
    setup.retire_bay(bay_id=shop.bays["2"].pk, **AT)

    back = setup.add_technician(workshop_id=workshop.pk, person_id=anna.person_id, **AT)
    bay = setup.add_bay(workshop_id=workshop.pk, name="2", kind="wash", **AT)

    assert (back.pk, back.is_active) == (anna.pk, True)
    assert (bay.pk, bay.kind, bay.is_active) == (shop.bays["2"].pk, "wash", True)
    with pytest.raises(NameTaken):
        setup.add_bay(workshop_id=workshop.pk, name="2", kind="lift", **AT)
    assert Bay.objects.get(pk=bay.pk).kind == "wash"


def test_only_people_of_the_unit_work_there_and_in_one_workshop(shop: Shop) -> None:
    root = shop.unit.parent.parent
    verona = root.children.get(name="Verona")
    other = setup.open_workshop(unit_id=verona.pk, **AT)
    both = person_in(verona, Role.MECHANIC)
    setup.add_technician(workshop_id=other.pk, person_id=both.pk, **AT)

    with pytest.raises(NotFound):
        setup.add_technician(workshop_id=shop.workshop.pk, person_id=both.pk, **AT)
    Membership.objects.create(person=both, unit=shop.unit, role=Role.MECHANIC, since=TODAY)
    with pytest.raises(WorksElsewhere):
        setup.add_technician(workshop_id=shop.workshop.pk, person_id=both.pk, **AT)
    assert Technician.objects.filter(person=both).count() == 1


def test_settings_are_a_managers(shop: Shop) -> None:
    manager = actor_in(shop.unit.parent, Role.BRANCH_MANAGER)
    wanted = Settings(grain_minutes=30, hold_minutes=5, horizon_days=20)

    with pytest.raises(NotAllowed):
        setup.set_workshop(
            workshop_id=shop.workshop.pk, settings=wanted, by=actor_in(shop.unit, Role.MECHANIC), now=NOW
        )
    setup.set_workshop(workshop_id=shop.workshop.pk, settings=wanted, by=manager, now=NOW)

    kept = Workshop.objects.get(pk=shop.workshop.pk)
    assert (kept.grain_minutes, kept.hold_minutes, kept.horizon_days, kept.is_active) == (30, 5, 20, True)


def test_the_page_adds_a_bay_and_says_what_is_wrong(shop: Shop) -> None:
    client = signed_in(person_in(shop.unit.parent, Role.BRANCH_MANAGER))

    page = client.get("/workshop/setup/")
    assert page.status_code == 200
    assert "Panda bianca" in page.content.decode()
    added = client.post(f"/workshop/setup/{shop.workshop.pk}/bays/", {"name": "Assetto", "kind": "alignment"})
    assert (added.status_code, added["Location"]) == (302, f"/workshop/setup/?unit={shop.unit.pk}")
    again = client.post(f"/workshop/setup/{shop.workshop.pk}/bays/", {"name": "Assetto", "kind": "lift"})
    assert again.status_code == 409
    assert "Assetto" in again.content.decode()
    wrong = client.post(f"/workshop/setup/{shop.workshop.pk}/save/", {"grain_minutes": "7"})
    assert wrong.status_code == 422
    assert Bay.objects.get(name="Assetto").kind == "alignment"
