"""The night: what it moves breaks no rule and no promise, and it acts by itself only where that is allowed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings

from corsia.kernel import scope
from corsia.kernel.models import AuditEntry
from corsia.organisation.vocabulary import Role
from corsia.workshop.models import Allocation, Proposal, Visit, Workshop
from corsia.workshop.rules.day import Day, VisitOfDay
from corsia.workshop.rules.night import Patience, Tidied, tidy
from corsia.workshop.rules.promise import PAPERS
from corsia.workshop.rules.solver import Limits
from corsia.workshop.services.accepting import accept
from corsia.workshop.services.night import night_of, plan_nights
from corsia.workshop.vocabulary import Cause, ProposalState
from tests.factories.organisation import person_in, signed_in
from tests.factories.workshop import BRAKES
from tests.workshop.test_plan_page import today  # noqa: F401  (a fixture)
from tests.workshop.test_planning import Scene, at, scene, whole  # noqa: F401  (fixtures)
from tests.workshop.test_replanning import CLOSES, day, situations, step

QUICK = Patience(search=Limits(seconds=30, work=0.05), parts=4, seconds=60)
TEN_AT_NIGHT = datetime(2026, 3, 10, 21, 0, tzinfo=UTC)  # in Rome, the day before the visits of the scene


def wrongs(plan: Day, found: Tidied) -> list[str]:  # noqa: C901 (a list of rules)
    """Count minute by minute what a day would be after the night, and what of it may not be."""
    after = {(one.visit, one.order): one for one in found.placed}
    visits = {one.visit: one for one in plan.visits}
    hands, bays = {one.technician: one for one in plan.technicians}, {one.bay: one for one in plan.bays}
    wrong: list[str] = []
    taken: set[tuple[str, int, int]] = set()
    ready: dict[int, int] = {}
    last_before: dict[int, int] = {}
    for one in plan.steps:
        last_before[one.visit] = max(one.end, last_before.get(one.visit, 0))
    for one in sorted(plan.steps, key=lambda one: (one.visit, one.order)):
        place = after.get((one.visit, one.order))
        who, bay, start = (place.technician, place.bay, place.start) if place else (one.technician, one.bay, one.start)
        for minute in range(start, start + one.minutes):
            for key in (("hands", who, minute), ("bay", bay, minute)):
                if key in taken:
                    wrong.append(f"{key} twice")
                taken.add(key)
        if place is not None:
            if one.skill not in hands[who].skills or bays[bay].kind != one.bay_kind:
                wrong.append(f"{one} in the wrong hands or bay")
            for free in (hands[who].free, bays[bay].free):
                if not any(begins <= start and start + one.minutes <= ends for begins, ends in free):
                    wrong.append(f"{one} while somebody or something is not there")
            if place.end - place.start != one.minutes or one.is_begun:
                wrong.append(f"{one} is shortened, or was begun")
        if place is not None and start < max(visits[one.visit].here_from, ready.get(one.visit, 0)):
            wrong.append(f"{one} before its turn")
        ready[one.visit] = start + one.minutes
    for number, end in ready.items():
        promised = visits[number].promised_at
        latest = plan.closes if promised is None else promised - int(PAPERS.total_seconds()) // 60
        if end > max(latest, last_before[number]):
            wrong.append(f"{number} ends at {end}: promised {promised}, was {last_before[number]}")
    return wrong


@settings(max_examples=40)
@given(situations())
def test_no_night_breaks_a_rule_or_a_promise(made) -> None:
    plan = replace(made[0], now=0, steps=tuple(replace(one, is_begun=False) for one in made[0].steps))

    found = tidy(plan, knows={0: frozenset({0}), 1: frozenset({1})}, patience=QUICK, least_gain=1)

    assert wrongs(plan, found) == []
    assert bool(found.placed) == (found.before != found.after) or found.before.ends == found.after.ends


def test_gaps_close_and_work_goes_to_who_knows_the_vehicle() -> None:
    plan = day(step(1, 200, 60, by=1), step(2, 400, 60, by=1), promises={1: 420, 2: CLOSES})

    found = tidy(plan, knows={2: frozenset({2})}, patience=QUICK)

    places = {one.visit: (one.technician, one.start) for one in found.placed}
    assert (places[1][1], places[2]) == (0, (2, 0))
    assert (found.before.ends, found.after.ends) == (260 + 460, 60 + 60)
    assert (found.before.latest, found.after.latest, found.after.known) == (460, 60, 1)
    assert (found.before.room, found.after.room) == (820, 840)  # 20 minutes before closing are none
    assert found.is_proven


def test_a_day_that_is_good_is_left_alone_and_what_cannot_be_done_is_not_touched() -> None:
    good = day(step(1, 0, 60, by=1), step(2, 0, 60, by=2, bay=12))
    assert tidy(good, knows={}, patience=QUICK).placed == ()

    clash = day(step(1, 300, 60, by=3, skill="service"), step(2, 400, 60, by=1))  # Carla has no such skill
    clash = replace(clash, visits=(VisitOfDay(visit=1), VisitOfDay(visit=2)))
    carla = replace(
        clash, technicians=(*clash.technicians, replace(clash.technicians[0], technician=3, skills=frozenset()))
    )
    assert {one.visit for one in tidy(carla, knows={}, patience=QUICK).placed} == {2}


def night(scene: Scene, *, now=TEN_AT_NIGHT) -> int:  # noqa: F811
    with scope.system("test"):
        return plan_nights(now=now, seconds=60, patience=QUICK)


@pytest.fixture
def sparse(scene: Scene) -> Scene:  # noqa: F811
    """Two customers who bring their cars early, and whose work stands late."""
    for hour in (14, 17):
        visit = scene.beside(at(hour), code=BRAKES, technician="luca", bay="2")
        Visit.unscoped.filter(pk=visit.pk).update(drop_off_at=at(8, 30), promised_at=at(18, 30))
    return scene


@pytest.mark.django_db
def test_the_night_proposes_and_moves_nothing_by_itself(sparse: Scene) -> None:
    before = whole()
    told = list(Visit.unscoped.values_list("pk", "drop_off_at", "promised_at").order_by("pk"))

    assert night(sparse) == 1
    assert whole() == before
    proposal = Proposal.unscoped.get()
    assert (proposal.cause, proposal.state, proposal.asked_by) == (Cause.NIGHT, ProposalState.READY, None)
    assert proposal.gains["before"]["latest"] == 18 * 60
    assert proposal.gains["after"]["latest"] < 14 * 60
    assert night(sparse) == 0  # once a night
    assert Proposal.unscoped.count() == 1

    with scope.system("test"):
        accept(proposal_id=proposal.pk, by=sparse.boss, now=at(8))
    assert list(Visit.unscoped.values_list("pk", "drop_off_at", "promised_at").order_by("pk")) == told
    assert max(Allocation.unscoped.values_list("ends_at", flat=True)) < at(14)


@pytest.mark.django_db
def test_where_it_is_allowed_the_night_carries_out_what_it_finds(sparse: Scene) -> None:
    Workshop.unscoped.update(applies_nights=True)

    assert night(sparse) == 1

    assert Proposal.unscoped.get().state == ProposalState.ACCEPTED
    assert max(Allocation.unscoped.values_list("ends_at", flat=True)) < at(14)
    entry = AuditEntry.objects.filter(verb="proposal_accepted").get()
    assert (entry.actor_id, entry.actor_name) == (None, "workshop.plan_nights")


@pytest.mark.django_db
def test_a_second_night_takes_the_place_of_the_first(sparse: Scene) -> None:
    night(sparse, now=TEN_AT_NIGHT - timedelta(days=1))
    night(sparse)

    assert list(Proposal.unscoped.order_by("pk").values_list("state", flat=True)) == ["lapsed", "ready"]


@pytest.mark.django_db
def test_it_is_night_from_eight_until_five_where_nobody_works(scene: Scene) -> None:  # noqa: F811
    def at_hour(hour: int):
        return night_of(scene.shop.workshop, datetime(2026, 3, 10, hour - 1, 59, tzinfo=UTC))

    ninth, tenth = datetime(2026, 3, 9).date(), datetime(2026, 3, 10).date()
    assert [at_hour(hour) for hour in (1, 4, 5, 12, 19, 20, 23)] == [ninth, ninth, None, None, None, tenth, tenth]
    assert night(scene, now=at(15)) == 0


@pytest.mark.django_db
def test_the_plan_says_in_the_morning_what_the_night_found(today) -> None:  # noqa: F811
    scene, start = today  # noqa: F811
    Visit.unscoped.filter(pk=scene.visit.pk).update(drop_off_at=start, promised_at=start + timedelta(hours=9))
    Allocation.unscoped.update(starts_at=start + timedelta(hours=6), ends_at=start + timedelta(hours=7, minutes=15))
    evening = (start - timedelta(days=1)).replace(hour=21)
    night(scene, now=evening)
    browser = signed_in(person_in(scene.shop.unit, Role.BRANCH_MANAGER, language="en"))
    proposal = Proposal.unscoped.get()

    plan = browser.get(f"/workshop/plan/?unit={scene.shop.unit.pk}&day={start:%Y-%m-%d}").content.decode()
    page = browser.get(f"/workshop/plan/proposals/{proposal.pk}/").content.decode()

    assert f"/workshop/plan/proposals/{proposal.pk}/" in plan
    assert "Last work ends" in page
    assert "work ends earlier, or loads are more level" in page
