"""Parts in stock or arriving: what is offered when, what is kept for whom, what was used."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from corsia.kernel.errors import NotAllowed
from corsia.organisation.vocabulary import Role
from corsia.workshop.models import JobPart, Part, PartMovement, PartReservation, Visit
from corsia.workshop.queries.catalogue import bundle
from corsia.workshop.queries.offers import Offer, Wish, offers
from corsia.workshop.queries.parts import part_rows, short_rows
from corsia.workshop.rules.pricing import split_price
from corsia.workshop.rules.ranking import Reason
from corsia.workshop.rules.stock import Coming, Need, Standing, shorts, standing
from corsia.workshop.services import booking, parts
from corsia.workshop.services.parts import CountUnexplained, PartInfo, PartTaken, QuantityUnusable, StillKept
from corsia.workshop.services.reception import Reception, receive
from corsia.workshop.services.slots import PartsNotThere
from corsia.workshop.services.work import finish_line
from tests.factories.cases import ROBOT
from tests.factories.customers import car, person
from tests.factories.organisation import actor_in, person_in, signed_in, small_group
from tests.factories.workshop import BRAKES, SERVICE, Shop, shop_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("everything")]

NOW = datetime(2026, 3, 10, 7, 0, tzinfo=UTC)  # Tuesday, 8:00 in Brescia
TODAY = date(2026, 3, 10)
NINE = datetime(2026, 3, 11, 8, 0, tzinfo=UTC)
AT = {"by": ROBOT, "now": NOW}


@pytest.fixture
def shop() -> Shop:
    """A service takes 4 litres of oil, brakes one litre and pads."""
    found = shop_of(small_group())
    for code, part, name, quantity in (
        (SERVICE, "OLIO", "Olio", 4), (BRAKES, "OLIO", "Olio", 1), (BRAKES, "PF", "Pastiglie", 1),
    ):  # fmt: skip
        JobPart.unscoped.create(job=found.jobs[code], code=part, name=name, quantity=quantity, price_cents=1_000)
    return found


def kept(shop: Shop, code: str, on_hand: str, *, order_days: int | None = None) -> Part:
    info = PartInfo(code=code, name=code.capitalize(), order_days=order_days)
    return parts.add_part(unit_id=shop.unit.pk, info=info, on_hand=Decimal(on_hand), **AT)


def first(shop: Shop, *codes: str) -> Offer | None:
    wish = Wish(unit_ids=(shop.unit.pk,), earliest=NOW)
    return next(iter(offers(bundle=bundle(job_ids=[shop.jobs[c].pk for c in codes]), wish=wish, now=NOW)), None)


def booked(shop: Shop, code: str = SERVICE, *, days: int = 1) -> Visit:
    root = shop.unit.parent.parent
    visit = booking.hold(
        customer_id=person(root).pk,
        vehicle_id=car(root, plate=f"GA{Visit.objects.count():03}BB").pk,
        unit_id=shop.unit.pk,
        starts_at=NINE + timedelta(days=days),
        bundle=bundle(job_ids=[shop.jobs[code].pk]),
        **AT,
    )
    return booking.confirm(visit_id=visit.pk, **AT)


def test_a_code_that_nobody_keeps_says_nothing(shop: Shop) -> None:
    offer = first(shop, SERVICE)

    assert offer is not None
    assert (offer.parts, offer.place.drop_off_at.date()) == (None, TODAY)
    assert Reason.PARTS not in offer.reasons


def test_parts_in_stock_are_a_reason_and_arriving_ones_a_day(shop: Shop) -> None:
    oil = kept(shop, "OLIO", "4")
    there = first(shop, SERVICE)
    assert there is not None
    assert Reason.PARTS in there.reasons
    assert there.place.drop_off_at.date() == TODAY

    parts.expect(part_id=oil.pk, quantity=Decimal(20), expected_on=date(2026, 3, 12), **AT)
    both = first(shop, SERVICE, BRAKES)  # five litres: one is missing until Thursday

    assert both is not None
    assert both.parts is not None
    assert (both.parts.standing, both.parts.on, both.parts.lacking) == (Standing.ARRIVING, date(2026, 3, 12), ("Olio",))
    assert both.place.drop_off_at == datetime(2026, 3, 13, 7, 30, tzinfo=UTC)  # Friday, when it opens
    assert Reason.PARTS not in both.reasons


def test_nothing_is_offered_while_nobody_knows_when_a_part_comes(shop: Shop) -> None:
    oil = kept(shop, "OLIO", "3.5")
    assert first(shop, SERVICE) is None
    late = parts.expect(part_id=oil.pk, quantity=Decimal(20), expected_on=TODAY, **AT)
    type(late).objects.filter(pk=late.pk).update(expected_on=TODAY - timedelta(days=1))
    assert first(shop, SERVICE) is None  # overdue: nobody knows

    parts.change_part(part_id=oil.pk, info=PartInfo(code="", name="Olio", order_days=3), **AT)
    offer = first(shop, SERVICE)

    assert offer is not None
    assert offer.parts is not None
    assert (offer.parts.standing, offer.parts.on) == (Standing.TO_ORDER, date(2026, 3, 13))
    assert offer.place.drop_off_at.date() == date(2026, 3, 16)  # Monday
    root = shop.unit.parent.parent
    with pytest.raises(PartsNotThere) as refusal:
        booking.hold(
            customer_id=person(root).pk,
            unit_id=shop.unit.pk,
            starts_at=NINE,
            bundle=bundle(job_ids=[shop.jobs[SERVICE].pk]),
            **AT,
        )
    assert refusal.value.data == {"parts": "Olio"}
    assert not Visit.objects.exists()


def test_what_a_visit_keeps_nobody_else_gets_until_it_ends(shop: Shop) -> None:
    oil = kept(shop, "OLIO", "6")
    visit = booked(shop)

    assert [(one.quantity, one.state) for one in PartReservation.objects.all()] == [(Decimal(4), "kept")]
    assert first(shop, SERVICE) is None
    moved = booking.move(visit_id=visit.pk, unit_id=shop.unit.pk, starts_at=NINE + timedelta(days=2), **AT)
    booking.confirm(visit_id=moved.pk, **AT)
    assert PartReservation.objects.count() == 1
    booking.cancel(visit_id=visit.pk, reason="Venduta", **AT)

    assert [one.state for one in PartReservation.objects.all()] == ["released"]
    assert first(shop, SERVICE) is not None
    assert Part.objects.get(pk=oil.pk).on_hand == 6
    missed = booked(shop)
    booking.miss(visit_id=missed.pk, by=ROBOT, now=missed.drop_off_at)
    assert not PartReservation.objects.filter(state="kept").exists()


def test_a_held_slot_keeps_no_part(shop: Shop) -> None:
    kept(shop, "OLIO", "4")
    root = shop.unit.parent.parent
    booking.hold(
        customer_id=person(root).pk, unit_id=shop.unit.pk, starts_at=NINE, **AT,
        bundle=bundle(job_ids=[shop.jobs[SERVICE].pk]),
    )  # fmt: skip

    assert not PartReservation.objects.exists()


def test_work_that_is_done_takes_its_parts_once(shop: Shop) -> None:
    oil, pads = kept(shop, "OLIO", "10"), kept(shop, "PF", "0", order_days=0)
    PartMovement.objects.all().delete()
    visit = booked(shop, BRAKES, days=5)
    order = receive(data=Reception(), visit_id=visit.pk, by=ROBOT, now=visit.drop_off_at)
    labour, *rest = order.lines.order_by("position")
    assert [(one.part_code, one.price_cents) for one in rest] == [("OLIO", 1_000), ("PF", 1_000)]
    assert labour.price_cents == 12_000  # with its parts the job was told at 14,000

    for line in (rest[0], labour, rest[1], labour):
        finish_line(line_id=line.pk, at=visit.drop_off_at, by=ROBOT, now=visit.drop_off_at)

    assert list(PartMovement.objects.order_by("pk").values_list("part__code", "quantity", "line__text")) == [
        ("OLIO", Decimal(-1), "Olio"),
        ("PF", Decimal(-1), labour.text),
    ]
    assert {one.state for one in PartReservation.objects.all()} == {"used"}
    assert Part.objects.get(pk=oil.pk).on_hand == 9
    assert Part.objects.get(pk=pads.pk).on_hand == -1  # more was used than was counted
    assert [row.part.code for row in part_rows(shop.unit.pk, show="short", now=NOW)] == ["PF"]


def test_what_lies_there_is_the_sum_of_its_movements(shop: Shop) -> None:
    oil = kept(shop, "OLIO", "6")
    arrival = parts.expect(part_id=oil.pk, quantity=Decimal(20), expected_on=TODAY, note="OF 7", **AT)
    parts.take_delivery(arrival_id=arrival.pk, quantity=Decimal("12.5"), **AT)
    with pytest.raises(CountUnexplained):
        parts.count_part(part_id=oil.pk, on_hand=Decimal(18), reason=" ", **AT)
    parts.count_part(part_id=oil.pk, on_hand=Decimal(18), reason="Una latta rotta", **AT)
    parts.count_part(part_id=oil.pk, on_hand=Decimal(18), reason="", **AT)

    moves = list(PartMovement.objects.order_by("pk").values_list("kind", "quantity", "reason"))
    assert moves == [
        ("counted", Decimal(6), ""),
        ("arrived", Decimal("12.5"), "OF 7"),
        ("counted", Decimal("-0.5"), "Una latta rotta"),
    ]
    [row] = part_rows(shop.unit.pk, now=NOW)
    assert (row.part.on_hand, row.coming, row.free) == (18, Decimal("7.5"), 18)
    with pytest.raises(StillKept):
        parts.retire_part(part_id=oil.pk, **AT)
    with pytest.raises(PartTaken):
        kept(shop, "OLIO", "1")
    with pytest.raises(QuantityUnusable):
        parts.take_delivery(arrival_id=oil.arrivals.get(arrived_at=None).pk, quantity=Decimal(9), **AT)


def test_a_reservation_is_never_nothing_or_less(shop: Shop) -> None:
    oil, visit = kept(shop, "OLIO", "9"), booked(shop)
    for quantity in (0, -1):
        with pytest.raises(IntegrityError), transaction.atomic():
            PartReservation.objects.create(part=oil, visit=visit, job=shop.jobs[BRAKES], quantity=quantity, made_at=NOW)


def test_visits_that_a_late_part_concerns_are_listed_with_a_way_to_replan(shop: Shop) -> None:
    oil = kept(shop, "OLIO", "4", order_days=2)
    soon, later = booked(shop, days=1), booked(shop, days=8)
    [short] = short_rows(shop.unit.pk, now=NOW)
    assert (short.visit.pk, short.there_on, short.is_late) == (later.pk, None, False)
    arrival = parts.expect(part_id=oil.pk, quantity=Decimal(4), expected_on=TODAY + timedelta(days=3), **AT)
    assert short_rows(shop.unit.pk, now=NOW) == []

    parts.postpone(arrival_id=arrival.pk, expected_on=later.drop_off_at.date(), **AT)
    [late] = short_rows(shop.unit.pk, now=NOW)
    assert (late.visit.pk, late.there_on) == (later.pk, later.drop_off_at.date())
    [overdue] = short_rows(shop.unit.pk, now=later.drop_off_at + timedelta(days=1))
    assert (overdue.visit.pk, overdue.is_late) == (later.pk, True)
    assert soon.pk != later.pk

    manager = signed_in(person_in(shop.unit.parent, Role.BRANCH_MANAGER))
    page = manager.get(f"/workshop/parts/?unit={shop.unit.pk}").content.decode()
    assert f"/workshop/parts/{oil.pk}/" in page


def test_only_who_keeps_parts_changes_them(shop: Shop) -> None:
    oil = kept(shop, "OLIO", "4")

    with pytest.raises(NotAllowed):
        parts.count_part(part_id=oil.pk, on_hand=Decimal(1), reason="x", by=actor_in(shop.unit, Role.MECHANIC), now=NOW)
    parts.count_part(part_id=oil.pk, on_hand=Decimal(1), reason="x", by=actor_in(shop.unit, Role.WAREHOUSE), now=NOW)
    assert Part.objects.get().on_hand == 1


def test_the_list_costs_the_same_for_more(shop: Shop) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as seen:
            part_rows(shop.unit.pk, now=NOW)
        return len(seen)

    kept(shop, "A", "1")
    statements()  # the tree of units is read
    one = statements()
    kept(shop, "B", "1")
    kept(shop, "C", "1")
    assert (one, statements()) == (4, 4)


quantities = st.integers(1, 9).map(Decimal)
days = st.integers(-3, 6).map(lambda number: TODAY + timedelta(days=number))
comings = st.lists(st.builds(Coming, quantity=quantities, on=days), max_size=4)


@given(free=st.integers(-5, 9).map(Decimal), needed=quantities, coming=comings, order=st.none() | st.integers(0, 9))
def test_a_part_stands_as_a_slow_count_day_by_day_says(
    free: Decimal, needed: Decimal, coming: list[Coming], order: int | None
) -> None:
    how, on = standing(free=free, needed=needed, coming=coming, order_days=order, today=TODAY)

    if free >= needed:
        assert (how, on) == (Standing.STOCK, None)
        return
    for ahead in range(8):
        day = TODAY + timedelta(days=ahead)
        if free + sum(one.quantity for one in coming if TODAY <= one.on <= day) >= needed:
            assert (how, on) == (Standing.ARRIVING, day)
            return
    assert (how, on) == (
        (Standing.MISSING, None) if order is None else (Standing.TO_ORDER, TODAY + timedelta(days=order))
    )


@given(
    on_hand=st.integers(0, 12).map(Decimal),
    needs=st.lists(st.tuples(quantities, st.integers(0, 7)), max_size=5),
    coming=comings,
)
def test_who_comes_first_is_served_first(
    on_hand: Decimal, needs: list[tuple[Decimal, int]], coming: list[Coming]
) -> None:
    asked = [
        Need(visit_id=number, quantity=quantity, on=TODAY + timedelta(days=ahead))
        for number, (quantity, ahead) in enumerate(needs)
    ]
    found = {
        one.need.visit_id: one.there_on for one in shorts(on_hand=on_hand, needs=asked, coming=coming, today=TODAY)
    }

    served = Decimal()
    for need in sorted(asked, key=lambda one: (one.on, one.visit_id)):
        served += need.quantity
        there = on_hand + sum(one.quantity for one in coming if TODAY <= one.on < need.on)
        assert (need.visit_id in found) == (there < served)
        if need.visit_id in found:
            days_of = (TODAY + timedelta(days=ahead) for ahead in range(8))
            expected = next(
                (d for d in days_of if on_hand + sum(one.quantity for one in coming if TODAY <= one.on <= d) >= served),
                None,
            )
            assert found[need.visit_id] == expected


@given(total=st.integers(0, 50_000), taken=st.lists(st.integers(0, 20_000), max_size=5))
def test_what_was_told_is_what_labour_and_parts_cost_together(total: int, taken: list[int]) -> None:
    labour, of_parts = split_price(total, taken)

    assert labour >= 0
    assert len(of_parts) == len(taken)
    assert labour + sum(of_parts) == total
    assert sum(taken) > total or of_parts == taken
