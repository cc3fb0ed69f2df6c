"""Moving work on the plan: every refusal in its exact words with nothing written, and what a move does."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import translation

from corsia.events.workshop import VisitMoved
from corsia.kernel import scope
from corsia.kernel.actors import Actor
from corsia.kernel.errors import NotAllowed, NotFound, Refused
from corsia.kernel.models import AuditEntry
from corsia.organisation.models import Absence, PersonSkill
from corsia.organisation.vocabulary import AbsenceKind, Role
from corsia.workshop.models import Allocation, Clocking, JobStep, Loan, Order, OrderLine, Visit, VisitJob
from corsia.workshop.services.planning import Moved, Seen, move_allocation, plan_step, undo_move
from corsia.workshop.vocabulary import VisitState
from tests.factories.customers import car, person
from tests.factories.organisation import Group, actor_in, small_group
from tests.factories.workshop import BATTERY, BRAKES, DIAGNOSIS, SERVICE, TYRES, Shop, shop_of, visit_in
from tests.facts import stated_facts

pytestmark = pytest.mark.django_db

NINE = datetime(2026, 3, 11, 8, 0, tzinfo=UTC)  # a Wednesday, 9:00 in Rome
NOW = NINE - timedelta(hours=2)


def at(hour: int, minute: int = 0, *, day: int = 11) -> datetime:
    """Return an hour in Rome, in March, in winter time."""
    return datetime(2026, 3, day, hour - 1, minute, tzinfo=UTC)


@dataclass
class Scene:
    group: Group
    shop: Shop
    boss: Actor
    visit: Visit  # Mario Rossi's Panda: Luca, lift 1, 9:00-10:15, promised for 11:15
    allocation: Allocation

    def move(self, to: datetime, *, technician: str = "luca", **more: Any) -> Moved:
        values = {"allocation_id": self.allocation.pk, "by": self.boss, "now": NOW, **more}
        bay = values.pop("bay", None)
        with scope.system("test"):
            return move_allocation(
                technician_id=self.shop.technicians[technician].pk,
                starts_at=to,
                bay_id=self.shop.bays[bay].pk if bay else None,
                **values,
            )

    def beside(self, at: datetime, **options: Any) -> Visit:
        """Add somebody else's visit."""
        number = Visit.unscoped.count()
        customer = person(self.group.root, f"Giulia Neri{number}")
        return visit_in(self.shop, customer, car(self.group.root, plate=f"EF{number:03d}GH"), at=at, **options)


@pytest.fixture
def scene() -> Scene:
    group = small_group()
    shop = shop_of(group)
    visit = visit_in(shop, person(group.root), car(group.root), at=NINE)
    return Scene(group, shop, actor_in(shop.unit, Role.RECEPTIONIST), visit, Allocation.unscoped.get(visit=visit))


def whole() -> list[Any]:
    """Return everything that a refused move must not have touched."""
    return [
        *Allocation.unscoped.order_by("pk").values(),
        *Visit.unscoped.order_by("pk").values(),
        *Loan.unscoped.order_by("pk").values(),
        AuditEntry.objects.filter(object_kind="workshop.allocation").count(),
        stated_facts(VisitMoved),
    ]


def refused(code: str, sentence: str, act: Any) -> None:
    before = whole()
    with pytest.raises(Refused) as refusal, translation.override("en"):
        act()
    with translation.override("en"):
        assert (refusal.value.code, str(refusal.value)) == (f"workshop.{code}", sentence)
    assert whole() == before


def test_work_goes_to_other_hands_at_another_hour_in_its_bay(scene: Scene) -> None:
    moved = scene.move(at(9, 30), technician="anna")

    row = Allocation.unscoped.get()
    assert (row.technician, row.bay) == (scene.shop.technicians["anna"], scene.shop.bays["1"])
    assert (row.starts_at, row.ends_at) == (at(9, 30), at(10, 45))
    assert (moved.bay_before, moved.promised_before) == (None, None)
    entry = AuditEntry.objects.get(object_kind="workshop.allocation")
    assert (entry.verb, entry.unit_id, entry.actor_id) == ("plan_moved", scene.shop.unit.pk, scene.boss.id)
    assert entry.data["before"]["start"] == "2026-03-11T08:00:00+00:00"
    assert entry.data["after"] == {
        "technician": scene.shop.technicians["anna"].pk,
        "bay": scene.shop.bays["1"].pk,
        "start": "2026-03-11T08:30:00+00:00",
        "end": "2026-03-11T09:45:00+00:00",
        "promised": "2026-03-11T10:15:00+00:00",
    }
    assert stated_facts(VisitMoved) == []


def test_work_pauses_at_noon_and_its_working_time_stays(scene: Scene) -> None:
    scene.move(at(12), accept_new_promise=True)

    row = Allocation.unscoped.get()
    assert (row.starts_at, row.ends_at) == (at(12), at(14, 45))
    scene.move(at(15), accept_new_promise=True)
    assert Allocation.unscoped.get().ends_at == at(16, 15)


def test_another_bay_is_taken_and_named_where_the_own_one_is_busy(scene: Scene) -> None:
    scene.beside(at(10, 30), code=BRAKES, technician="anna", bay="1")

    moved = scene.move(at(10), accept_new_promise=True)

    assert moved.bay_before == scene.shop.bays["1"]
    assert Allocation.unscoped.get(pk=scene.allocation.pk).bay == scene.shop.bays["2"]


def test_a_chosen_bay_is_used(scene: Scene) -> None:
    moved = scene.move(NINE, bay="2")

    assert moved.bay_before is None
    assert Allocation.unscoped.get().bay == scene.shop.bays["2"]


def test_a_skill_that_is_missing_is_named(scene: Scene) -> None:
    visit = scene.beside(at(10), code=DIAGNOSIS, technician="anna", bay="D")
    allocation = Allocation.unscoped.get(visit=visit)

    refused(
        "skill_missing",
        f"{name(scene, 'luca')} does not have the skill “diagnosis”.",
        lambda: scene.move(at(10, 30), allocation_id=allocation.pk),
    )


def test_a_level_that_is_too_low_is_named(scene: Scene) -> None:
    JobStep.unscoped.filter(job__code=SERVICE).update(level=2)

    refused(
        "skill_too_low",
        f"{name(scene, 'hans')} has “engine” at level 1, the work asks for level 2.",
        lambda: scene.move(at(9, 30), technician="hans"),
    )


def test_nobody_is_planned_while_away(scene: Scene) -> None:
    anna = scene.shop.technicians["anna"].person
    Absence.objects.create(person=anna, kind=AbsenceKind.SICKNESS, starts_at=at(10), ends_at=at(14, day=12))

    refused(
        "technician_away",
        f"{name(scene, 'anna')} is away from 10:00 to 12 March, 14:00.",
        lambda: scene.move(at(9, 30), technician="anna"),
    )
    scene.move(at(9, 15), technician="luca")


@pytest.mark.parametrize(
    ("to", "words"),
    [
        (at(13), "11 March, 13:00"),
        (at(18, 30), "11 March, 18:30"),
        (at(10, day=14), "14 March, 10:00"),
        (at(8, 15, day=12), "12 March, 08:15"),
    ],
)
def test_nothing_begins_while_the_workshop_is_closed(scene: Scene, to: datetime, words: str) -> None:
    refused(
        "closed",
        f"The workshop is closed at {words}. Choose an hour at which it is open.",
        lambda: scene.move(to, accept_new_promise=True),
    )


def test_no_work_goes_on_overnight(scene: Scene) -> None:
    refused(
        "ends_after_closing",
        "From 17:30 on, the work would not end on the same day: no work goes on overnight. Begin earlier.",
        lambda: scene.move(at(17, 30), accept_new_promise=True),
    )
    scene.move(at(17, 15), accept_new_promise=True)
    assert Allocation.unscoped.get().ends_at == at(18, 30)


def test_an_hour_that_has_passed_is_refused(scene: Scene) -> None:
    refused("hour_passed", "09:15 has passed. Choose a later hour.", lambda: scene.move(at(9, 15), now=at(9, 20)))


def test_what_a_technician_does_then_is_named(scene: Scene) -> None:
    scene.beside(at(10), code=BRAKES, technician="anna", bay="2")

    refused(
        "technician_busy",
        f"{name(scene, 'anna')} works on “Job FRENI” (EF001GH) from 10:00 to 11:00.",
        lambda: scene.move(at(9, 30), technician="anna"),
    )


def test_a_bay_of_another_kind_is_refused(scene: Scene) -> None:
    refused(
        "bay_of_other_kind",
        "“D” is not of the kind that the work asks for: Lift.",
        lambda: scene.move(at(9, 15), bay="D"),
    )


def test_work_needs_a_free_bay(scene: Scene) -> None:
    scene.beside(at(10, 30), code=BRAKES, technician="anna", bay="1")
    scene.beside(at(10, 30), code=TYRES, technician="hans", bay="2")

    refused(
        "no_bay_free",
        "No bay of the kind “Lift” is free from 09:45 to 11:00.",
        lambda: scene.move(at(9, 45)),
    )


def second_job(scene: Scene, at: datetime) -> Allocation:
    """Add the brakes to the visit, after its service."""
    job = scene.shop.jobs[BRAKES]
    line = VisitJob.unscoped.create(visit=scene.visit, job=job, position=1, price_cents=0)
    return Allocation.unscoped.create(
        unit=scene.shop.unit, visit=scene.visit, visit_job=line, step=JobStep.unscoped.get(job=job),
        technician=scene.shop.technicians["anna"], bay=scene.shop.bays["2"],
        starts_at=at, ends_at=at + timedelta(minutes=60),
    )  # fmt: skip


def test_work_of_a_visit_stays_in_its_order(scene: Scene) -> None:
    brakes = second_job(scene, at(10, 15))

    refused(
        "step_too_late",
        "“Job TAG30” comes before “Job FRENI”, which begins at 10:15.",
        lambda: scene.move(at(9, 15)),
    )
    refused(
        "step_too_early",
        "“Job FRENI” comes after “Job TAG30”, which ends at 10:15.",
        lambda: scene.move(at(10), technician="anna", allocation_id=brakes.pk),
    )


def test_nothing_is_done_before_the_vehicle_is_there(scene: Scene) -> None:
    refused(
        "vehicle_not_there",
        "Mario Rossi brings the vehicle at 09:00. Nothing can be done on it before.",
        lambda: scene.move(at(8, 45)),
    )
    refused(
        "vehicle_not_there",
        "Mario Rossi brings the vehicle at 11 March, 09:00. Nothing can be done on it before.",
        lambda: scene.move(at(16, day=10), now=at(8, day=10)),
    )


def test_a_promise_is_not_broken_in_silence(scene: Scene) -> None:
    refused(
        "promise_broken",
        "The promise of 11:15 to Mario Rossi would be broken: the vehicle would be ready at 11:30.",
        lambda: scene.move(at(10, 5)),
    )
    refused(
        "promise_broken",
        "The promise of 11 March, 11:15 to Mario Rossi would be broken: the vehicle would be ready at 12 March, 11:00.",
        lambda: scene.move(at(9, day=12)),
    )
    scene.move(at(10))  # to the minute of the promise
    assert Visit.unscoped.get().promised_at == at(11, 15)


def test_a_promise_is_changed_by_who_says_so_and_the_customer_is_told(scene: Scene) -> None:
    loan = Loan.unscoped.create(
        unit=scene.shop.unit, visit=scene.visit, car=scene.shop.car, starts_at=NINE, ends_at=at(11, 15)
    )

    moved = scene.move(at(10, 5), accept_new_promise=True)

    assert moved.promised_before == at(11, 15)
    assert Visit.unscoped.get().promised_at == at(11, 30)
    assert Loan.unscoped.get(pk=loan.pk).ends_at == at(11, 30)
    assert stated_facts(VisitMoved) == [
        VisitMoved(
            unit_id=scene.shop.unit.pk,
            customer_id=scene.visit.customer_id,
            vehicle_id=scene.visit.vehicle_id,
            visit_id=scene.visit.pk,
            drop_off_at=NINE,
            promised_at=at(11, 30),
            occurred_at=NOW,
        )
    ]


def test_what_is_late_already_may_be_made_less_late(scene: Scene) -> None:
    Visit.unscoped.update(promised_at=at(9, 30))

    scene.move(at(9), technician="anna")

    assert Visit.unscoped.get().promised_at == at(9, 30)
    assert stated_facts(VisitMoved) == []


def test_a_courtesy_car_that_somebody_else_gets_is_no_reason_to_wait(scene: Scene) -> None:
    other = scene.beside(at(14), technician="anna", bay="2")
    for visit, end in ((scene.visit, at(11, 15)), (other, at(18))):
        Loan.unscoped.create(
            unit=scene.shop.unit, visit=visit, car=scene.shop.car, starts_at=visit.drop_off_at, ends_at=end
        )

    refused(
        "courtesy_car_taken",
        "The courtesy car of Mario Rossi is lent to somebody else before the vehicle would be ready.",
        lambda: scene.move(at(15), accept_new_promise=True),
    )


def test_the_next_visit_of_a_vehicle_is_no_place_to_go(scene: Scene) -> None:
    visit_in(scene.shop, scene.visit.customer, scene.visit.vehicle, at=at(14), technician="anna", bay="2")

    refused(
        "vehicle_elsewhere",
        "The vehicle of Mario Rossi has another visit before it would be ready.",
        lambda: scene.move(at(15, 30), accept_new_promise=True),
    )


def begun(scene: Scene) -> None:
    Visit.unscoped.update(state=VisitState.HERE)
    order = Order.unscoped.create(
        unit=scene.shop.unit, number=1, year=2026, visit=scene.visit, customer=scene.visit.customer,
        vehicle=scene.visit.vehicle, promised_at=at(11, 15), first_promised_at=at(11, 15), received_at=NINE,
    )  # fmt: skip
    line = OrderLine.unscoped.create(
        order=order, position=0, kind="labour", job=scene.shop.jobs[SERVICE], text="Tagliando", price_cents=0
    )
    Clocking.unscoped.create(
        order=order, line=line, technician=scene.shop.technicians["luca"], started_at=at(9, 5), start_key=uuid4()
    )


def test_what_is_being_done_stays_where_it_is(scene: Scene) -> None:
    begun(scene)

    refused(
        "work_begun",
        "Work on “Job TAG30” has begun: what is being done stays where it is.",
        lambda: scene.move(at(9, 15), technician="anna"),
    )


@pytest.mark.parametrize("state", [VisitState.CANCELLED, VisitState.MISSED, VisitState.DONE])
def test_a_visit_that_has_ended_is_not_planned(scene: Scene, state: VisitState) -> None:
    Visit.unscoped.update(state=state, ended_at=NINE)

    refused(
        "visit_not_open",
        "The visit of Mario Rossi is not open: only what is booked, or in the workshop, can be planned.",
        lambda: scene.move(at(9, 15)),
    )


def test_a_slot_that_is_only_held_is_not_moved(scene: Scene) -> None:
    Visit.unscoped.update(state=VisitState.HELD, held_until=NINE)

    refused(
        "visit_not_open",
        "The visit of Mario Rossi is not open: only what is booked, or in the workshop, can be planned.",
        lambda: scene.move(at(9, 15)),
    )


def test_who_saw_an_older_plan_is_told_where_the_work_is(scene: Scene) -> None:
    seen = Seen(technician_id=scene.shop.technicians["luca"].pk, starts_at=NINE)
    scene.move(at(9, 30), technician="anna", seen=seen)

    refused(
        "plan_changed",
        f"Somebody moved “Job TAG30” meanwhile: {name(scene, 'anna')} does it at 09:30. Look again, then move it.",
        lambda: scene.move(at(9, 45), seen=seen),
    )


def test_only_who_plans_there_moves_work(scene: Scene) -> None:
    mechanic = actor_in(scene.shop.unit, Role.MECHANIC)
    stranger = actor_in(scene.group.verona, Role.RECEPTIONIST)

    for somebody in (mechanic, stranger):
        with pytest.raises(NotAllowed):
            scene.move(at(9, 30), by=somebody)

    assert Allocation.unscoped.get().starts_at == NINE


def test_technicians_and_bays_of_other_workshops_do_not_exist(scene: Scene) -> None:
    other = shop_of(scene.group, branch=scene.group.verona)

    for values in ({"technician_id": other.technicians["anna"].pk}, {"bay_id": other.bays["1"].pk}):
        given = {"technician_id": scene.shop.technicians["anna"].pk, "bay_id": None} | values
        with pytest.raises(NotFound), scope.system("test"):
            move_allocation(allocation_id=scene.allocation.pk, starts_at=at(9, 30), by=scene.boss, now=NOW, **given)

    assert Allocation.unscoped.get().starts_at == NINE


def test_a_move_is_taken_back(scene: Scene) -> None:
    before = whole()[0]
    scene.move(at(10, 5), technician="anna", accept_new_promise=True)

    with scope.system("test"):
        undo_move(allocation_id=scene.allocation.pk, by=scene.boss, now=NOW)

    assert Allocation.unscoped.values().get() == before
    assert Visit.unscoped.get().promised_at == at(11, 15)
    assert [fact.promised_at for fact in stated_facts(VisitMoved)] == [at(11, 30), at(11, 15)]
    verbs = AuditEntry.objects.filter(object_kind="workshop.allocation").order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == ["plan_moved", "plan_undone"]


def undo(scene: Scene) -> None:
    with scope.system("test"):
        undo_move(allocation_id=scene.allocation.pk, by=scene.boss, now=NOW)


GONE = "The plan has changed since: this move can no longer be taken back."


def test_what_was_never_moved_or_was_taken_back_is_not_taken_back(scene: Scene) -> None:
    refused("nothing_to_undo", GONE, lambda: undo(scene))
    scene.move(at(9, 30))
    undo(scene)
    refused("nothing_to_undo", GONE, lambda: undo(scene))


def test_what_changed_since_is_not_taken_back(scene: Scene) -> None:
    scene.move(at(9, 30))
    Allocation.unscoped.update(bay=scene.shop.bays["2"])

    refused("nothing_to_undo", GONE, lambda: undo(scene))


def test_a_place_that_somebody_took_is_not_given_back(scene: Scene) -> None:
    scene.move(at(10), technician="anna")
    scene.beside(NINE, code=BRAKES, technician="luca", bay="1")

    refused("nothing_to_undo", GONE, lambda: undo(scene))


def waiting(scene: Scene) -> VisitJob:
    """Return a visit's job that nobody has in hand."""
    visit = scene.beside(at(10), code=BRAKES, technician="anna", bay="2")
    Allocation.unscoped.filter(visit=visit).delete()
    return VisitJob.unscoped.get(visit=visit)


def plan(scene: Scene, line: VisitJob, to: datetime, *, technician: str = "luca", **more: Any) -> Moved:
    step = JobStep.unscoped.get(job=line.job)
    with scope.system("test"):
        return plan_step(
            **{
                "visit_job_id": line.pk, "step_id": step.pk, "technician_id": scene.shop.technicians[technician].pk,
                "starts_at": to, "by": scene.boss, "now": NOW, **more,
            }
        )  # fmt: skip


def test_what_waits_is_planned_and_taken_back(scene: Scene) -> None:
    line = waiting(scene)

    moved = plan(scene, line, at(10, 30))

    row = Allocation.unscoped.get(visit_job=line)
    assert moved.allocation == row
    assert (row.technician, row.bay) == (scene.shop.technicians["luca"], scene.shop.bays["1"])
    assert (row.starts_at, row.ends_at, row.unit) == (at(10, 30), at(11, 30), scene.shop.unit)
    with scope.system("test"):
        assert undo_move(allocation_id=row.pk, by=scene.boss, now=NOW) is None
    assert not Allocation.unscoped.filter(visit_job=line).exists()


def test_planning_is_refused_as_moving_is(scene: Scene) -> None:
    line = waiting(scene)

    refused(
        "technician_busy",
        f"{name(scene, 'luca')} works on “Job TAG30” (AB123CD) from 09:00 to 10:15.",
        lambda: plan(scene, line, at(10)),
    )
    refused(
        "promise_broken",
        "The promise of 12:00 to Giulia Neri1 would be broken: the vehicle would be ready at 17:00.",
        lambda: plan(scene, line, at(16)),
    )
    with pytest.raises(NotFound):
        plan(scene, line, at(10, 30), step_id=JobStep.unscoped.get(job__code=BATTERY).pk)
    plan(scene, line, at(10, 30))
    refused(
        "taken_meanwhile",
        "Somebody just planned something else there. Look again, then choose.",
        lambda: plan(scene, line, at(11)),
    )


def test_any_technician_does_what_asks_for_no_skill(scene: Scene) -> None:
    visit = scene.beside(at(11), code=TYRES, technician="anna", bay="2")
    PersonSkill.objects.filter(person=scene.shop.technicians["hans"].person).delete()

    scene.move(at(11, 15), technician="hans", allocation_id=Allocation.unscoped.get(visit=visit).pk)

    assert Allocation.unscoped.get(visit=visit).technician == scene.shop.technicians["hans"]


def name(scene: Scene, key: str) -> str:
    return scene.shop.technicians[key].person.full_name
