"""What is offered: the first good slots as the diary is now, over all workshops, with their reasons."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corsia.kernel import scope
from corsia.organisation.models import Absence, Closure
from corsia.workshop.models import Allocation, JobStep, Loan, Technician, Visit
from corsia.workshop.queries.catalogue import bundle
from corsia.workshop.queries.offers import Wish, offers
from corsia.workshop.rules.ranking import Reason
from corsia.workshop.vocabulary import VisitState
from tests.factories.customers import car, person
from tests.factories.workshop import BATTERY, BRAKES, DIAGNOSIS, SERVICE, TYRES, Shop, shop_of, visit_in

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 10, 18, 0, tzinfo=UTC)  # a Tuesday evening: closed
NAMES = ("anna", "luca", "hans")
OPENS = datetime(2026, 3, 11, 7, 30, tzinfo=UTC)  # 8:30 in Rome


@pytest.fixture
def shop(group) -> Shop:
    return shop_of(group)


def offered(*shops: Shop, codes=(SERVICE,), limit: int = 6, package: int | None = None, **wanted):
    with scope.system("test"):
        return offers(
            bundle=bundle(job_ids=[shops[0].jobs[code].pk for code in codes], package_id=package),
            wish=Wish(unit_ids=tuple(one.unit.pk for one in shops), earliest=wanted.pop("earliest", NOW), **wanted),
            now=NOW,
            limit=limit,
        )


def test_the_first_slot_of_each_day_is_offered_the_soonest_first(shop: Shop) -> None:
    found = offered(shop)

    assert [one.place.drop_off_at for one in found] == [OPENS + timedelta(days=day) for day in range(3)]
    assert found[0].reasons == (Reason.SOONEST, Reason.QUIET)
    assert found[0].price_cents == 12_000


def test_a_booking_is_seen_at_once_and_so_is_its_end(shop: Shop, group) -> None:
    before = offered(shop, codes=(BATTERY,))[0].place.drop_off_at
    visit = visit_in(shop, person(group.root), car(group.root), at=OPENS, code=BATTERY, technician="hans", bay="H")

    during = offered(shop, codes=(BATTERY,))[0].place.drop_off_at
    Allocation.unscoped.filter(visit=visit).update(
        starts_at=OPENS + timedelta(days=1), ends_at=OPENS + timedelta(hours=27)
    )
    moved = offered(shop, codes=(BATTERY,))[0].place.drop_off_at
    Allocation.unscoped.filter(visit=visit).delete()
    after = offered(shop, codes=(BATTERY,))[0].place.drop_off_at

    assert (before, during) == (OPENS, OPENS + timedelta(hours=3))
    assert (moved, after) == (OPENS, OPENS)


def test_holidays_closures_and_absences_take_days_away(shop: Shop) -> None:
    day = OPENS.date()
    Closure.objects.create(unit=shop.unit, first_on=day, last_on=day, reason="Inventario")
    Absence.objects.create(
        person=shop.technicians["hans"].person, kind="sick", starts_at=OPENS, ends_at=OPENS + timedelta(days=2)
    )

    assert offered(shop)[0].place.drop_off_at == OPENS + timedelta(days=1)
    assert offered(shop, codes=(BATTERY,))[0].place.drop_off_at == OPENS + timedelta(days=2)


def test_who_worked_on_the_car_before_comes_first_with_the_reason(shop: Shop, group) -> None:
    mario, panda = person(group.root), car(group.root)
    visit_in(shop, mario, panda, at=OPENS - timedelta(days=90), technician="anna")
    Visit.unscoped.update(state=VisitState.DONE, ended_at=NOW - timedelta(days=90))

    best = offered(shop, vehicle_id=panda.pk)[0]

    assert best.place.technician_ids == (shop.technicians["anna"].pk,)
    assert Reason.KNOWS in best.reasons
    assert best.knows == shop.technicians["anna"].person.full_name


def test_a_courtesy_car_is_offered_only_where_one_is_free(shop: Shop, group) -> None:
    visit = visit_in(shop, person(group.root), car(group.root), at=OPENS)
    Loan.unscoped.create(
        unit=shop.unit, visit=visit, car=shop.car, starts_at=OPENS, ends_at=OPENS + timedelta(days=1, minutes=1)
    )

    found = offered(shop, wants_car=True)

    assert found[0].place.drop_off_at == OPENS + timedelta(days=2)
    assert {one.car for one in found} == {"Panda bianca"}


def test_all_workshops_are_looked_at_and_the_freer_one_is_sooner(shop: Shop, group) -> None:
    other = shop_of(group, branch=group.verona)
    visit_in(shop, person(group.root), car(group.root), at=OPENS, code=BATTERY, technician="hans", bay="H")

    best = offered(shop, other, codes=(BATTERY,))[0]

    assert (best.place.unit_id, best.place.drop_off_at) == (other.unit.pk, OPENS)


def test_a_vehicle_that_is_here_is_not_offered_the_same_hours(shop: Shop, group) -> None:
    panda = car(group.root)
    visit_in(shop, person(group.root), panda, at=OPENS)

    assert offered(shop, vehicle_id=panda.pk, codes=(TYRES,))[0].place.drop_off_at == OPENS + timedelta(days=1)


def test_the_steps_of_a_package_follow_each_other(shop: Shop) -> None:
    steps = offered(shop, codes=(), package=shop.package.pk)[0].place.steps

    assert [(one.starts_at, one.ends_at) for one in steps] == [
        (OPENS, OPENS + timedelta(minutes=75)),
        (OPENS + timedelta(minutes=75), OPENS + timedelta(minutes=135)),
    ]


def test_more_work_than_a_day_holds_stays_overnight(shop: Shop) -> None:
    JobStep.unscoped.filter(job=shop.jobs[BRAKES]).update(minutes=480)

    place = offered(shop, codes=(BRAKES, DIAGNOSIS))[0].place

    assert place.steps[0].starts_at == OPENS
    assert place.steps[1].starts_at == OPENS + timedelta(days=1)
    assert place.promised_at == OPENS + timedelta(days=1, minutes=90)


def test_nothing_is_offered_where_nobody_can_do_it(shop: Shop) -> None:
    Technician.unscoped.filter(pk=shop.technicians["hans"].pk).update(is_active=False)

    assert offered(shop, codes=(BATTERY,)) == []


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    taken=st.lists(
        st.tuples(st.sampled_from(["anna", "luca", "hans"]), st.integers(0, 35), st.integers(1, 12)), max_size=9
    ),
    length=st.sampled_from([30, 75, 120]),
)
def test_the_first_offer_is_the_earliest_that_a_slow_search_finds(shop: Shop, group, taken, length) -> None:
    Visit.unscoped.all().delete()
    JobStep.unscoped.filter(job=shop.jobs[SERVICE]).update(minutes=length)
    busy: dict[str, list[tuple[datetime, datetime]]] = {"anna": [], "luca": [], "hans": []}
    for number, (name, first, quarters) in enumerate(taken):
        start = OPENS + timedelta(minutes=15 * first)
        end = start + timedelta(minutes=15 * quarters)
        if any(since < end and start < until for since, until in busy[name]):
            continue
        other = visit_in(shop, person(group.root, f"Ada {number}"), None, at=OPENS - timedelta(days=60 + number))
        bay = {"anna": "D", "luca": "H", "hans": "H"}[name]
        if name in ("luca", "hans") and any(
            since < end and start < until for who in ("luca", "hans") for since, until in busy[who]
        ):
            continue
        Allocation.unscoped.filter(visit=other).update(
            technician=shop.technicians[name], bay=shop.bays[bay], starts_at=start, ends_at=end
        )
        busy[name].append((start, end))

    found = offered(shop)[0].place.drop_off_at

    assert found == slowly(busy, length)


def slowly(busy, length: int) -> datetime:
    """Try each quarter of an hour after the other, by the clock on the wall; the noon pause lies within a run."""
    quarter = timedelta(minutes=15)
    for day in range(30):
        open_quarters = [OPENS + timedelta(days=day) + quarter * number for number in [*range(16), *range(22, 40)]]
        for place, start in enumerate(open_quarters):
            run = open_quarters[place : place + -(-length // 15)]
            if len(run) * 15 >= length and any(
                all(not any(since < one + quarter and one < until for since, until in periods) for one in run)
                for periods in busy.values()
            ):
                return start
    raise AssertionError(busy)
