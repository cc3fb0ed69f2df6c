"""Re-planning on the diary: asked for, worked out by a job, accepted as a whole, and taken back exactly."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import translation

from corsia.events.workshop import PromiseChanged
from corsia.kernel import scope
from corsia.kernel.errors import NotAllowed
from corsia.kernel.models import AuditEntry
from corsia.organisation.models import Absence, Closure
from corsia.organisation.vocabulary import Role
from corsia.workshop.models import (
    Allocation,
    Clocking,
    Loan,
    Order,
    OrderLine,
    Proposal,
    ProposalCall,
    ProposalMove,
    Visit,
)
from corsia.workshop.queries.replanning import DiaryDay, diary_day
from corsia.workshop.services.accepting import NoWayBack, ProposalStale, accept, undo
from corsia.workshop.services.proposals import AlreadyDecided, Happened, ask, settle_proposals, tick
from corsia.workshop.services.working_out import work_out
from corsia.workshop.vocabulary import Cause, ProposalState, VisitState
from tests.factories.organisation import actor_in
from tests.factories.workshop import BRAKES, SERVICE, TYRES
from tests.facts import stated_facts
from tests.jobs import waiting_jobs
from tests.workshop.test_planning import NOW, Scene, at, scene, whole  # noqa: F401  (fixtures)

pytestmark = pytest.mark.django_db


def day_of(scene: Scene, *, now=NOW) -> DiaryDay:  # noqa: F811
    with scope.system("test"):
        found = diary_day(scene.shop.workshop, on=at(9).date(), now=now)
    assert found is not None
    return found


def asked(scene: Scene, *, now=NOW, by=None, **happened) -> Proposal:  # noqa: F811
    with scope.system("test"):
        return ask(
            unit_id=scene.shop.unit.pk, on=at(9).date(), happened=Happened(**happened), by=by or scene.boss, now=now
        )


def proposed(scene: Scene, *, now=NOW, **happened) -> Proposal:  # noqa: F811
    """Ask and have it worked out."""
    proposal = asked(scene, now=now, **happened)
    with scope.system("test"):
        work_out(proposal_id=proposal.pk, now=now)
        proposal.refresh_from_db()
    return proposal


def away(scene: Scene, name: str = "luca", *, now=NOW) -> Proposal:  # noqa: F811
    return proposed(scene, cause=Cause.AWAY, technician_id=scene.shop.technicians[name].pk, at=at(8, 30), now=now)


def late_part(scene: Scene, until, *, now=NOW) -> Proposal:  # noqa: F811
    return proposed(scene, cause=Cause.PART, visit_id=scene.visit.pk, at=until, now=now)


def accepted(scene: Scene, proposal: Proposal, *, by=None, now=NOW) -> bool:  # noqa: F811
    with scope.system("test"):
        return accept(proposal_id=proposal.pk, by=by or scene.boss, now=now)


def taken_back(scene: Scene, proposal: Proposal, *, by=None, now=NOW) -> Proposal:  # noqa: F811
    with scope.system("test"):
        return undo(proposal_id=proposal.pk, by=by or scene.boss, now=now)


def planned(visit: Visit) -> tuple[str, str, object, object]:
    row = Allocation.unscoped.select_related("technician__person", "bay").get(visit=visit)
    return row.technician.person.first_name, row.bay.name, row.starts_at, row.ends_at


def moves_of(proposal: Proposal) -> list[dict]:
    return list(ProposalMove.unscoped.filter(proposal=proposal).order_by("pk").values())


def standing() -> list[object]:
    """Return what a plan and its promises are, whatever the ids of its rows."""
    fields = "visit_job_id", "step_id", "technician_id", "bay_id", "starts_at", "ends_at"
    return [
        *Allocation.unscoped.order_by("visit_job_id", "step_id").values_list(*fields),
        *Visit.unscoped.order_by("pk").values_list("pk", "promised_at", "drop_off_at"),
        *Order.unscoped.order_by("pk").values_list("pk", "promised_at"),
        *Loan.unscoped.order_by("pk").values_list("visit_id", "starts_at", "ends_at"),
        *Absence.objects.values_list("person_id", "starts_at"),
    ]


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

    proposal = away(scene)

    assert (proposal.state, proposal.promises, proposal.kept) == (ProposalState.READY, 2, 2)
    manager = actor_in(scene.shop.unit, Role.BRANCH_MANAGER)
    assert accepted(scene, proposal, by=manager) is True
    for visit in (scene.visit, other):
        who, _bay, _start, end = planned(visit)
        assert who != "Luca"
        assert end <= Visit.unscoped.get(pk=visit.pk).promised_at
    absence = Absence.objects.get(person=scene.shop.technicians["luca"].person)
    assert (absence.kind, absence.starts_at, absence.ends_at) == ("sickness", at(8, 30), at(18, 30))
    entries = AuditEntry.objects.filter(object_kind="workshop.allocation").values_list("verb", flat=True)
    assert list(entries) == ["replanned", "replanned"]
    assert not ProposalCall.unscoped.exists()


def test_who_does_not_manage_people_notes_no_absence(scene: Scene) -> None:  # noqa: F811
    proposal = away(scene)

    assert accepted(scene, proposal) is False

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

    proposal = proposed(scene, cause=Cause.OVER, allocation_id=scene.allocation.pk, minutes=30, now=at(10))
    accepted(scene, proposal, now=at(10))

    assert planned(scene.visit) == ("Luca", "1", at(9), at(10, 45))
    who, _bay, start, end = planned(next_one)
    assert (who, start) != ("Luca", at(10, 15))
    assert end <= next_one.promised_at


def test_an_hour_that_cannot_be_kept_becomes_a_new_one_and_a_call(scene: Scene) -> None:  # noqa: F811
    """The part comes at three: 75 minutes of work, half an hour for papers, the next half hour is a quarter past."""
    begun(scene)
    Clocking.unscoped.all().delete()
    Visit.unscoped.filter(pk=scene.visit.pk).update(state=VisitState.BOOKED)

    proposal = late_part(scene, at(15))
    assert Visit.unscoped.get().promised_at == at(11, 15)
    accepted(scene, proposal)

    assert planned(scene.visit)[2:] == (at(15), at(16, 15))
    assert Visit.unscoped.get().promised_at == at(17)
    assert Order.unscoped.get().promised_at == at(17)
    [told] = stated_facts(PromiseChanged)
    assert (told.promised_at, told.number) == (at(17), "2026/1")
    call = ProposalCall.unscoped.get()
    assert (call.promised_before, call.promised_at, call.told_at) == (at(11, 15), at(17), None)
    with scope.system("test"):
        tick(call_id=call.pk, is_told=True, by=scene.boss, now=NOW)
        tick(call_id=call.pk, is_told=True, by=scene.boss, now=NOW + timedelta(hours=1))
    call.refresh_from_db()
    assert (call.told_at, call.told_by_id) == (NOW, scene.boss.id)


def test_what_no_longer_fits_goes_to_the_next_day_with_a_new_promise(scene: Scene) -> None:  # noqa: F811
    proposal = late_part(scene, at(18))

    [move] = ProposalMove.unscoped.filter(proposal=proposal)
    assert (move.starts_at, move.ends_at) == (at(8, 30, day=12), at(9, 45, day=12))
    accepted(scene, proposal)
    assert planned(scene.visit)[2:] == (at(8, 30, day=12), at(9, 45, day=12))
    assert Visit.unscoped.get().promised_at == at(10, 30, day=12)
    assert [(one.promised_at, one.told_at) for one in ProposalCall.unscoped.all()] == [(at(10, 30, day=12), None)]


def test_what_fits_on_no_day_waits_and_its_customer_is_to_be_called(scene: Scene) -> None:  # noqa: F811
    Closure.objects.create(
        unit=scene.shop.unit, first_on=at(9, day=12).date(), last_on=at(9, day=31).date(), reason="Lavori"
    )

    accepted(scene, late_part(scene, at(18)))

    assert not Allocation.unscoped.exists()
    assert [(one.promised_before, one.promised_at) for one in ProposalCall.unscoped.all()] == [(at(11, 15), None)]


def test_a_promise_that_another_visit_of_the_vehicle_stands_against_is_left_to_be_agreed(scene: Scene) -> None:  # noqa: F811
    other = scene.beside(at(13), code=TYRES, technician="hans", bay="2")
    Visit.unscoped.filter(pk=other.pk).update(vehicle=scene.visit.vehicle)

    accepted(scene, late_part(scene, at(15)))

    assert Visit.unscoped.get(pk=scene.visit.pk).promised_at == at(11, 15)
    assert ProposalCall.unscoped.get().promised_at is None


@pytest.mark.parametrize("what", ["moved", "booked", "begun", "promised", "away"])
def test_a_proposal_for_a_diary_that_has_changed_moves_nothing(scene: Scene, what: str) -> None:  # noqa: F811
    proposal = away(scene)
    if what == "moved":
        Allocation.unscoped.update(bay=scene.shop.bays["2"])
    elif what == "booked":
        scene.beside(at(15), code=BRAKES, technician="anna", bay="2")
    elif what == "begun":
        begun(scene)
    elif what == "away":
        who = ProposalMove.unscoped.get(proposal=proposal).technician.person
        Absence.objects.create(person=who, kind="other", starts_at=at(8), ends_at=at(19))
    else:
        Visit.unscoped.update(promised_at=at(12))
    before = whole()

    with pytest.raises(ProposalStale) as refusal:
        accepted(scene, proposal)

    with translation.override("en"):
        assert str(refusal.value) == (
            "The diary has changed since this was proposed. Nothing was moved: ask for a new proposal."
        )
    assert whole() == before
    assert Proposal.unscoped.get().state == ProposalState.READY


def test_only_who_plans_there_asks_and_accepts(scene: Scene) -> None:  # noqa: F811
    proposal, stranger = away(scene), actor_in(scene.group.verona, Role.BRANCH_MANAGER)

    with pytest.raises(NotAllowed):
        asked(scene, cause=Cause.AWAY, technician_id=scene.shop.technicians["luca"].pk, at=at(9), by=stranger)
    with pytest.raises(NotAllowed):
        accepted(scene, proposal, by=stranger)
    with pytest.raises(NotAllowed):
        taken_back(scene, proposal, by=stranger)


def test_two_who_ask_the_same_get_one_proposal_and_the_first_to_accept_wins(scene: Scene) -> None:  # noqa: F811
    luca = scene.shop.technicians["luca"].pk
    first = asked(scene, cause=Cause.AWAY, technician_id=luca, at=at(8, 30))
    assert asked(scene, cause=Cause.AWAY, technician_id=luca, at=at(8, 30)) == first
    other = asked(scene, cause=Cause.PART, visit_id=scene.visit.pk, at=at(15))
    with scope.system("test"):
        for one in (first, other):
            work_out(proposal_id=one.pk, now=NOW)
    assert len(waiting_jobs()) == 2

    accepted(scene, first)
    with pytest.raises(ProposalStale):
        accepted(scene, other)
    with pytest.raises(AlreadyDecided):
        accepted(scene, first)


def test_what_is_worked_out_twice_is_there_once(scene: Scene) -> None:  # noqa: F811
    proposal = away(scene)
    before = moves_of(proposal)
    with scope.system("test"):
        work_out(proposal_id=proposal.pk, now=NOW)
    assert moves_of(proposal) == before


def test_a_worker_that_dies_leaves_no_proposal_hanging(scene: Scene) -> None:  # noqa: F811
    """Resumed soon, it is worked out; else it is given up, and a worker that wakes up late changes nothing."""
    luca = scene.shop.technicians["luca"].pk
    resumed = asked(scene, cause=Cause.AWAY, technician_id=luca, at=at(8, 30))
    Proposal.unscoped.filter(pk=resumed.pk).update(state=ProposalState.WORKING, begun_at=NOW)
    with scope.system("test"):
        assert settle_proposals(now=NOW + timedelta(minutes=2)) == 0
        work_out(proposal_id=resumed.pk, now=NOW + timedelta(minutes=2))
    resumed.refresh_from_db()
    assert resumed.state == ProposalState.READY

    lost = asked(scene, cause=Cause.AWAY, technician_id=luca, at=at(8, 45))
    Proposal.unscoped.filter(pk=lost.pk).update(state=ProposalState.WORKING, begun_at=NOW)
    unseen = asked(scene, cause=Cause.AWAY, technician_id=luca, at=at(9, 45))
    with scope.system("test"):
        assert settle_proposals(now=NOW + timedelta(minutes=16)) == 2
        work_out(proposal_id=lost.pk, now=NOW + timedelta(minutes=17))
    states = Proposal.unscoped.filter(pk__in=[lost.pk, unseen.pk]).values_list("state", flat=True)
    assert set(states) == {ProposalState.FAILED}
    with scope.system("test"):
        settle_proposals(now=NOW + timedelta(days=1))
    resumed.refresh_from_db()
    assert resumed.state == ProposalState.LAPSED


def test_undo_puts_everything_back_as_it_was(scene: Scene) -> None:  # noqa: F811
    """Moves within the day, to another day, off the plan; promises, the order's too; the loan; the absence noted."""
    begun(scene)
    Clocking.unscoped.all().delete()
    Visit.unscoped.filter(pk=scene.visit.pk).update(state=VisitState.BOOKED)
    Loan.unscoped.create(
        unit=scene.shop.unit, visit=scene.visit, car=scene.shop.car, starts_at=at(9), ends_at=at(11, 15)
    )
    scene.beside(at(14), code=BRAKES, technician="luca", bay="2")
    manager = actor_in(scene.shop.unit, Role.BRANCH_MANAGER)
    before = standing()

    for proposal in (away(scene), late_part(scene, at(15)), late_part(scene, at(18))):
        accepted(scene, proposal, by=manager)
        assert standing() != before
        taken_back(scene, proposal, by=manager, now=NOW + timedelta(hours=1))
        assert standing() == before

    Closure.objects.create(
        unit=scene.shop.unit, first_on=at(9, day=12).date(), last_on=at(9, day=31).date(), reason="Lavori"
    )
    off_the_plan = late_part(scene, at(18))
    accepted(scene, off_the_plan, by=manager)
    taken_back(scene, off_the_plan, by=manager)
    assert standing() == before
    assert ProposalCall.unscoped.filter(proposal=off_the_plan).count() == 1


@pytest.mark.parametrize("what", ["moved", "filled", "tomorrow", "not accepted"])
def test_there_is_no_way_back_once_something_else_changed(scene: Scene, what: str) -> None:  # noqa: F811
    proposal, now = away(scene), NOW
    if what != "not accepted":
        accepted(scene, proposal)
    if what == "moved":
        Allocation.unscoped.update(starts_at=at(14), ends_at=at(15, 15))
    elif what == "filled":
        scene.beside(at(9), code=TYRES, technician="luca", bay="2")
    elif what == "tomorrow":
        now = at(8, day=12)
    before = whole()

    with pytest.raises(NoWayBack):
        taken_back(scene, proposal, now=now)

    assert whole() == before
