"""A slot is held, confirmed, moved, cancelled, missed or lapses; nobody gets what somebody else has."""

from datetime import UTC, datetime, timedelta

import pytest

from corsia.kernel import scope
from corsia.kernel.errors import NotAllowed
from corsia.kernel.models import FactRecord
from corsia.organisation.models import Absence
from corsia.organisation.vocabulary import Role
from corsia.workshop.models import Allocation, Loan, Visit, VisitJob
from corsia.workshop.queries.catalogue import bundle
from corsia.workshop.services import booking, slots
from corsia.workshop.vocabulary import LAPSED, VisitState
from tests.factories.customers import ROBOT, car, person
from tests.factories.organisation import actor_in
from tests.factories.workshop import BATTERY, SERVICE, Shop, shop_of

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 10, 11, 0, tzinfo=UTC)  # a Tuesday, noon in Rome
NINE = datetime(2026, 3, 11, 8, 0, tzinfo=UTC)


@pytest.fixture
def shop(group) -> Shop:
    return shop_of(group)


@pytest.fixture
def mario(group):
    return person(group.root), car(group.root)


@pytest.fixture
def giulia(group):
    return person(group.root, "Giulia Neri"), car(group.root, plate="EF456GH")


def held(shop: Shop, who, *, at: datetime = NINE, codes=(SERVICE,), now: datetime = NOW, by=ROBOT, **wanted) -> Visit:
    with scope.system("test"):
        return booking.hold(
            customer_id=who[0].pk, vehicle_id=who[1].pk, unit_id=shop.unit.pk, starts_at=at,
            bundle=bundle(job_ids=[shop.jobs[code].pk for code in codes]), by=by, now=now, **wanted,
        )  # fmt: skip


def facts_told() -> list[str]:
    return list(FactRecord.objects.filter(kind__startswith="workshop.").order_by("pk").values_list("kind", flat=True))


def test_a_held_slot_has_hands_a_bay_and_an_hour_but_is_told_to_nobody(shop: Shop, mario) -> None:
    visit = held(shop, mario, wish=" Fischia in frenata ")

    allocation = Allocation.unscoped.get()
    assert (visit.state, visit.drop_off_at, visit.held_until) == (VisitState.HELD, NINE, NOW + timedelta(minutes=10))
    assert (allocation.starts_at, allocation.ends_at) == (NINE, NINE + timedelta(minutes=75))
    assert allocation.technician == shop.technicians["luca"]  # the fewest skills: Anna is kept for diagnoses
    assert allocation.bay in (shop.bays["1"], shop.bays["2"])
    assert visit.promised_at == NINE + timedelta(minutes=120)  # 75 of work, 30 of papers, the next half hour
    assert (visit.wish, VisitJob.unscoped.get().price_cents) == ("Fischia in frenata", 12_000)
    assert facts_told() == []


def test_confirming_books_and_tells_once(shop: Shop, mario) -> None:
    visit = held(shop, mario)

    with scope.system("test"):
        for _again in range(2):
            booking.confirm(visit_id=visit.pk, by=ROBOT, now=NOW)

    visit.refresh_from_db()
    assert (visit.state, visit.held_until) == (VisitState.BOOKED, None)
    assert facts_told() == ["workshop.VisitBooked"]


def test_who_comes_second_is_offered_what_is_free_next(shop: Shop, group, mario, giulia) -> None:
    held(shop, mario, codes=(BATTERY,))
    other = person(group.root, "Ugo Bianchi"), car(group.root, plate="XX111YY")

    with pytest.raises(slots.SlotTaken) as refusal:
        held(shop, giulia, codes=(BATTERY,))
    with pytest.raises(slots.SlotTaken):
        held(shop, other, codes=(BATTERY,), at=NINE + timedelta(minutes=175))

    assert "11 mar" in str(refusal.value)
    assert "12:00" in str(refusal.value)  # 9:00 and three hours
    assert Visit.unscoped.count() == 1


def test_somebody_elses_hands_are_taken_where_the_hour_is_still_free(shop: Shop, mario, giulia) -> None:
    luca = shop.technicians["luca"]
    held(shop, mario, technician_id=luca.pk)

    second = held(shop, giulia, technician_id=luca.pk)

    assert second.drop_off_at == NINE
    assert Allocation.unscoped.get(visit=second).technician == shop.technicians["hans"]


def test_a_vehicle_is_not_booked_twice_at_once(shop: Shop, mario, giulia) -> None:
    first = held(shop, mario)

    with pytest.raises(slots.VehicleElsewhere):
        held(shop, (giulia[0], mario[1]))

    assert list(Visit.unscoped.filter(state=VisitState.HELD)) == [first]


def test_looking_at_another_slot_lets_the_first_go(shop: Shop, mario) -> None:
    agent = actor_in(shop.unit.parent)
    first = held(shop, mario, by=agent)
    second = held(shop, mario, at=NINE + timedelta(hours=2), by=agent)

    first.refresh_from_db()
    assert (first.state, first.end_reason) == (VisitState.CANCELLED, LAPSED)
    assert [row.visit_id for row in Allocation.unscoped.all()] == [second.pk]


def test_a_lapsed_hold_takes_no_room_whether_or_not_the_job_ran(shop: Shop, mario, giulia) -> None:
    first = held(shop, mario, codes=(BATTERY,))
    later = NOW + timedelta(minutes=10)

    second = held(shop, giulia, codes=(BATTERY,), now=later)

    first.refresh_from_db()
    assert first.state == VisitState.CANCELLED
    assert [row.visit_id for row in Allocation.unscoped.all()] == [second.pk]
    with scope.system("test"), pytest.raises(booking.HoldLapsed):
        booking.confirm(visit_id=first.pk, by=ROBOT, now=later)
    with scope.system("test"):
        assert booking.lapse_holds(now=later) == 0
        assert booking.lapse_holds(now=later + timedelta(minutes=10)) == 1
    assert not Allocation.unscoped.exists()
    assert facts_told() == []


def test_a_hold_that_nobody_took_meanwhile_may_still_be_confirmed(shop: Shop, mario) -> None:
    visit = held(shop, mario)

    with scope.system("test"):
        booking.confirm(visit_id=visit.pk, by=ROBOT, now=NOW + timedelta(hours=1))

    assert Visit.unscoped.get().state == VisitState.BOOKED


def test_a_visit_moves_with_its_courtesy_car_and_frees_its_old_hours(shop: Shop, mario, giulia) -> None:
    visit = held(shop, mario, codes=(BATTERY,), wants_car=True)
    tomorrow = NINE + timedelta(days=1)

    with scope.system("test"):
        booking.confirm(visit_id=visit.pk, by=ROBOT, now=NOW)
        booking.move(visit_id=visit.pk, unit_id=shop.unit.pk, starts_at=tomorrow, by=ROBOT, now=NOW)
    held(shop, giulia, codes=(BATTERY,), wants_car=True)

    visit.refresh_from_db()
    loan = Loan.unscoped.get(visit=visit)
    assert (visit.drop_off_at, loan.starts_at, loan.ends_at) == (tomorrow, tomorrow, visit.promised_at)
    assert Allocation.unscoped.filter(starts_at=tomorrow).get().visit_id == visit.pk
    assert facts_told() == ["workshop.VisitBooked", "workshop.VisitMoved"]


def test_a_move_that_is_refused_leaves_the_visit_where_it_was(shop: Shop, mario, giulia) -> None:
    visit = held(shop, mario, codes=(BATTERY,))
    held(shop, giulia, codes=(BATTERY,), at=NINE + timedelta(days=1))
    with scope.system("test"):
        booking.confirm(visit_id=visit.pk, by=ROBOT, now=NOW)

        with pytest.raises(slots.SlotTaken):
            booking.move(visit_id=visit.pk, unit_id=shop.unit.pk, starts_at=NINE + timedelta(days=1), by=ROBOT, now=NOW)

    visit.refresh_from_db()
    assert visit.drop_off_at == NINE
    assert Allocation.unscoped.get(visit=visit).starts_at == NINE
    assert facts_told() == ["workshop.VisitBooked"]


def test_a_cancelled_visit_says_why_and_frees_everything(shop: Shop, mario) -> None:
    visit = held(shop, mario, wants_car=True)
    with scope.system("test"):
        booking.confirm(visit_id=visit.pk, by=ROBOT, now=NOW)

        with pytest.raises(booking.ReasonMissing):
            booking.cancel(visit_id=visit.pk, reason=" ", by=ROBOT, now=NOW)
        booking.cancel(visit_id=visit.pk, reason="Ha venduto l'auto", by=ROBOT, now=NOW)
        with pytest.raises(booking.NotBooked):
            booking.cancel(visit_id=visit.pk, reason="Di nuovo", by=ROBOT, now=NOW)

    visit.refresh_from_db()
    assert (visit.state, visit.end_reason, visit.ended_at) == (VisitState.CANCELLED, "Ha venduto l'auto", NOW)
    assert not Allocation.unscoped.exists()
    assert not Loan.unscoped.exists()
    assert facts_told() == ["workshop.VisitBooked", "workshop.VisitCancelled"]


def test_nobody_is_missed_before_the_hour(shop: Shop, mario) -> None:
    visit = held(shop, mario)
    with scope.system("test"):
        booking.confirm(visit_id=visit.pk, by=ROBOT, now=NOW)
        with pytest.raises(booking.NotYet):
            booking.miss(visit_id=visit.pk, by=ROBOT, now=NINE - timedelta(seconds=1))
        booking.miss(visit_id=visit.pk, by=ROBOT, now=NINE)

    assert Visit.unscoped.get().state == VisitState.MISSED
    assert not Allocation.unscoped.exists()


def test_who_is_away_is_not_booked(shop: Shop, mario) -> None:
    for name in ("luca", "anna"):
        Absence.objects.create(
            person=shop.technicians[name].person, kind="sick", starts_at=NOW, ends_at=NOW + timedelta(days=2)
        )

    with pytest.raises(slots.SlotTaken):
        held(shop, mario, codes=("FRENI", "DIAG"))

    assert Allocation.unscoped.get(visit=held(shop, mario)).technician == shop.technicians["hans"]


def test_only_who_may_book_there_books(shop: Shop, group, mario) -> None:
    with pytest.raises(NotAllowed):
        held(shop, mario, by=actor_in(group.verona))
    with pytest.raises(NotAllowed):
        held(shop, mario, by=actor_in(shop.unit, Role.MECHANIC))

    assert not Visit.unscoped.exists()


def test_slots_that_lapsed_are_deleted_a_day_later_and_nothing_else(shop: Shop, mario, giulia) -> None:
    agent = actor_in(shop.unit.parent)
    looked_at = held(shop, mario, by=agent)
    VisitJob.unscoped.get(visit=looked_at)
    called_off = held(shop, giulia, at=NINE + timedelta(hours=2), by=agent)
    with scope.system("test"):
        booking.confirm(visit_id=called_off.pk, by=agent, now=NOW)
        booking.cancel(visit_id=called_off.pk, reason="lapsed, he said", by=agent, now=NOW)
        booking.lapse_holds(now=NOW + timedelta(hours=1))
        assert booking.forget_lapsed(now=NOW + timedelta(hours=24)) == 0
        others = list(Visit.objects.exclude(pk=looked_at.pk).values())
        jobs = list(VisitJob.objects.exclude(visit=looked_at).values())

        assert booking.forget_lapsed(now=NOW + timedelta(hours=26)) == 1
        assert booking.forget_lapsed(now=NOW + timedelta(hours=26)) == 0

        assert list(Visit.objects.values()) == others
        assert list(VisitJob.objects.values()) == jobs
        assert called_off.pk in {one["id"] for one in others}
