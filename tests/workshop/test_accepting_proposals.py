"""Re-planning on the diary: what is proposed for a sick technician, an overrun and a late part, and its acceptance."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import translation

from corsia.kernel import scope
from corsia.kernel.errors import NotAllowed
from corsia.kernel.models import AuditEntry
from corsia.organisation.models import Absence
from corsia.organisation.vocabulary import Role
from corsia.workshop.models import Allocation, Clocking, Order, OrderLine, Visit
from corsia.workshop.queries.replanning import DiaryDay, diary_day
from corsia.workshop.rules.day import Overrun, PartLate, TechnicianAbsent
from corsia.workshop.rules.replanning import replan
from corsia.workshop.services.replanning import Change, ProposalStale, Sickness, accept_proposal
from corsia.workshop.vocabulary import VisitState
from corsia.workshop.web.replan import changes_of
from tests.factories.organisation import actor_in, person_in, signed_in
from tests.factories.workshop import BRAKES, SERVICE, TYRES
from tests.workshop.test_plan_page import today  # noqa: F401  (a fixture)
from tests.workshop.test_planning import NOW, Scene, at, scene, whole  # noqa: F401  (fixtures)

pytestmark = pytest.mark.django_db


def day_of(scene: Scene, *, now=NOW) -> DiaryDay:  # noqa: F811
    with scope.system("test"):
        found = diary_day(scene.shop.workshop, on=at(9).date(), now=now)
    assert found is not None
    return found


def proposed(found: DiaryDay, *disturbances) -> tuple[list[Change], list[int]]:
    placed = replan(found.day, disturbances).placed
    there = {(one.visit, one.order) for one in placed}
    return (
        [change for change, _one in changes_of(found, placed)],
        [row.pk for key, row in found.steps.items() if key not in there],
    )


def accept(scene: Scene, found: DiaryDay, changes, postponed=(), *, by=None, now=NOW, **more) -> bool:  # noqa: F811
    with scope.system("test"):
        return accept_proposal(
            unit_id=scene.shop.unit.pk, on=found.on, digest=found.digest, changes=changes, postponed=postponed,
            by=by or scene.boss, now=now, **more,
        )  # fmt: skip


def planned(visit: Visit) -> tuple[str, str, object, object]:
    row = Allocation.unscoped.select_related("technician__person", "bay").get(visit=visit)
    return row.technician.person.first_name, row.bay.name, row.starts_at, row.ends_at


def test_a_day_is_minutes_of_open_time(scene: Scene) -> None:  # noqa: F811
    after_noon = scene.beside(at(12), code=BRAKES, technician="anna", bay="2")
    Allocation.unscoped.filter(visit=after_noon).update(ends_at=at(14, 30))

    day = day_of(scene, now=at(9, 30)).day

    assert (day.now, day.closes) == (60, 510)
    assert [(step.start, step.minutes) for step in sorted(day.steps, key=lambda step: step.start)] == [
        (30, 75),
        (210, 60),
    ]
    assert sorted((one.here_from, one.promised_at) for one in day.visits) == [(30, 165), (210, 240)]


def test_work_of_who_falls_ill_goes_to_others_and_no_promise_breaks(scene: Scene) -> None:  # noqa: F811
    other = scene.beside(at(14), code=BRAKES, technician="luca", bay="2")
    found = day_of(scene)

    changes, postponed = proposed(found, TechnicianAbsent(technician=scene.shop.technicians["luca"].pk, since=0))

    assert postponed == []
    luca = scene.shop.technicians["luca"]
    manager = actor_in(scene.shop.unit, Role.BRANCH_MANAGER)
    sick = Sickness(technician_id=luca.pk, starts_at=at(8, 30), ends_at=at(18, 30))
    assert accept(scene, found, changes, sickness=sick, by=manager) is True
    for visit in (scene.visit, other):
        who, _bay, _start, end = planned(visit)
        assert who != "Luca"
        assert end <= Visit.unscoped.get(pk=visit.pk).promised_at
    absence = Absence.objects.get(person=luca.person)
    assert (absence.kind, absence.starts_at, absence.ends_at) == ("sickness", at(8, 30), at(18, 30))
    entries = AuditEntry.objects.filter(object_kind="workshop.allocation").values_list("verb", flat=True)
    assert list(entries) == ["replanned", "replanned"]


def test_who_does_not_manage_people_notes_no_absence(scene: Scene) -> None:  # noqa: F811
    found = day_of(scene)
    luca = scene.shop.technicians["luca"]
    changes, _postponed = proposed(found, TechnicianAbsent(technician=luca.pk, since=0))

    sick = Sickness(technician_id=luca.pk, starts_at=at(8, 30), ends_at=at(18, 30))
    assert accept(scene, found, changes, sickness=sick) is False

    assert planned(scene.visit)[0] != "Luca"
    assert not Absence.objects.exists()


def begun(scene: Scene) -> None:  # noqa: F811
    Visit.unscoped.filter(pk=scene.visit.pk).update(state=VisitState.HERE)
    order = Order.unscoped.create(
        unit=scene.shop.unit, number=1, year=2026, visit=scene.visit, customer=scene.visit.customer,
        vehicle=scene.visit.vehicle, promised_at=at(11, 15), first_promised_at=at(11, 15), received_at=at(9),
    )  # fmt: skip
    line = OrderLine.unscoped.create(
        order=order, position=0, kind="labour", job=scene.shop.jobs[SERVICE], text="Tagliando", price_cents=0
    )
    Clocking.unscoped.create(
        order=order, line=line, technician=scene.shop.technicians["luca"], started_at=at(9, 5), start_key=uuid4()
    )


def test_what_runs_over_pushes_what_follows(scene: Scene) -> None:  # noqa: F811
    begun(scene)
    next_one = scene.beside(at(10, 15), code=TYRES, technician="luca", bay="2")
    found = day_of(scene, now=at(10))

    changes, postponed = proposed(found, Overrun(visit=scene.visit.pk, order=0, minutes=30))
    accept(scene, found, changes, postponed, now=at(10))

    assert planned(scene.visit) == ("Luca", "1", at(9), at(10, 45))
    who, _bay, start, end = planned(next_one)
    assert (who, start) != ("Luca", at(10, 15))
    assert end <= next_one.promised_at


def test_nothing_on_a_vehicle_begins_before_its_part_is_there(scene: Scene) -> None:  # noqa: F811
    Visit.unscoped.filter(pk=scene.visit.pk).update(promised_at=at(17))
    found = day_of(scene)

    changes, postponed = proposed(found, PartLate(visit=scene.visit.pk, until=found.minute_of(at(15))))
    accept(scene, found, changes, postponed)

    assert planned(scene.visit)[2:] == (at(15), at(16, 15))


def test_what_no_longer_fits_waits_to_be_planned_again(scene: Scene) -> None:  # noqa: F811
    found = day_of(scene)

    changes, postponed = proposed(found, PartLate(visit=scene.visit.pk, until=found.minute_of(at(18))))

    assert (changes, postponed) == ([], [scene.allocation.pk])
    accept(scene, found, changes, postponed)
    assert not Allocation.unscoped.exists()
    assert Visit.unscoped.get().promised_at == at(11, 15)


def test_two_pieces_of_work_change_places(scene: Scene) -> None:  # noqa: F811
    other = scene.beside(at(10, 15), code=SERVICE, technician="anna", bay="2")
    Visit.unscoped.filter(pk=other.pk).update(drop_off_at=at(9))
    row = Allocation.unscoped.get(visit=other)
    Allocation.unscoped.filter(pk=row.pk).update(technician=scene.shop.technicians["luca"], bay=scene.shop.bays["1"])
    found = day_of(scene)
    luca, lift = scene.shop.technicians["luca"].pk, scene.shop.bays["1"].pk
    swap = [
        Change(
            allocation_id=pk, technician_id=luca, bay_id=lift, starts_at=start, ends_at=start + timedelta(minutes=75)
        )
        for pk, start in ((scene.allocation.pk, at(10, 15)), (row.pk, at(9)))
    ]

    accept(scene, found, swap)

    assert planned(scene.visit)[2] == at(10, 15)
    assert planned(other)[2] == at(9)


@pytest.mark.parametrize("what", ["moved", "booked", "begun", "promised"])
def test_a_proposal_for_a_diary_that_has_changed_moves_nothing(scene: Scene, what: str) -> None:  # noqa: F811
    found = day_of(scene)
    changes, _postponed = proposed(found, TechnicianAbsent(technician=scene.shop.technicians["luca"].pk, since=0))
    if what == "moved":
        Allocation.unscoped.update(bay=scene.shop.bays["2"])
    elif what == "booked":
        scene.beside(at(15), code=BRAKES, technician="anna", bay="2")
    elif what == "begun":
        begun(scene)
    else:
        Visit.unscoped.update(promised_at=at(12))
    before = whole()

    with pytest.raises(ProposalStale) as refusal:
        accept(scene, found, changes)

    with translation.override("en"):
        assert str(refusal.value) == (
            "The diary has changed since this was proposed. Nothing was moved: ask for a new proposal."
        )
    assert whole() == before


def test_only_who_plans_there_accepts(scene: Scene) -> None:  # noqa: F811
    found = day_of(scene)

    with pytest.raises(NotAllowed):
        accept(scene, found, [], by=actor_in(scene.group.verona, Role.BRANCH_MANAGER))


def test_the_page_proposes_and_one_click_accepts(today) -> None:  # noqa: F811
    scene, start = today  # noqa: F811
    browser: Client = signed_in(person_in(scene.shop.unit, Role.BRANCH_MANAGER, language="en"))
    luca = scene.shop.technicians["luca"]
    address = f"/workshop/plan/replan/?unit={scene.shop.unit.pk}&day={start:%Y-%m-%d}"

    empty = browser.get(address)
    page = browser.get(f"{address}&kind=away&technician={luca.pk}&from=08:30")

    assert "What came in between?" in empty.content.decode()
    words = page.content.decode()
    assert "its technician is away" in words
    assert "Mario Rossi · AB123CD" in words
    token = page.context["token"]
    assert browser.post("/workshop/plan/replan/accept/", {"proposal": f"{token}x"}).status_code == 409
    done = browser.post("/workshop/plan/replan/accept/", {"proposal": token})
    assert done.headers["Location"] == f"/workshop/plan/?unit={scene.shop.unit.pk}&view=day&day={start:%Y-%m-%d}"
    row = Allocation.unscoped.get()
    assert row.technician != luca
    assert row.ends_at <= scene.visit.promised_at
    assert Absence.objects.get().person == luca.person
    assert browser.post("/workshop/plan/replan/accept/", {"proposal": token}).status_code == 409


@pytest.mark.parametrize(
    "asked",
    [
        "kind=away",
        "kind=away&technician=1&from=x",
        "kind=over&step=1&minutes=-3",
        "kind=part&visit=1&until=25:00",
        "kind=x",
    ],
)
def test_a_page_that_is_told_nothing_proposes_nothing(today, asked: str) -> None:  # noqa: F811
    scene, start = today  # noqa: F811
    browser = signed_in(person_in(scene.shop.unit, Role.BRANCH_MANAGER))

    answer = browser.get(f"/workshop/plan/replan/?unit={scene.shop.unit.pk}&day={start:%Y-%m-%d}&{asked}")

    assert answer.status_code == 422


def test_days_that_have_passed_are_not_planned_anew(today) -> None:  # noqa: F811
    scene, start = today  # noqa: F811
    browser = signed_in(person_in(scene.shop.unit, Role.BRANCH_MANAGER))
    before = start - timedelta(days=30)

    page = browser.get(f"/workshop/plan/replan/?unit={scene.shop.unit.pk}&day={before:%Y-%m-%d}")
    asked = browser.get(f"/workshop/plan/replan/?unit={scene.shop.unit.pk}&day={before:%Y-%m-%d}&kind=away")

    assert (page.status_code, asked.status_code) == (200, 409)
