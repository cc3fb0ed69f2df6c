"""An order from reception to release: numbers, lines, minutes, checks, promises, and what is refused."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.utils.translation import override

from corsia.customers.models import Milestone
from corsia.events import workshop as facts
from corsia.kernel.errors import NotAllowed, NotFound
from corsia.organisation.actors import actor_of
from corsia.organisation.vocabulary import Role
from corsia.vehicles.models import OdometerReading, Recall, ServiceEvent, VehicleRecall
from corsia.workshop.models import Clocking, Job, JobPart, NumberSeries, Order, Visit
from corsia.workshop.queries.link import visit_page
from corsia.workshop.queries.orders import order_page
from corsia.workshop.queries.paper import paper_of
from corsia.workshop.rules.pictures import photo_type
from corsia.workshop.services import delivery, reception, work
from corsia.workshop.services.delivery import InvoiceMissing, LinesOpen, NotReady, PeopleAtWork
from corsia.workshop.services.reception import (
    DamageData,
    DamageMisplaced,
    LineData,
    NotToBeReceived,
    PictureData,
    PromisePast,
    Reception,
    VehicleMissing,
)
from corsia.workshop.services.refusals import OrderIsClosed, PictureUnusable, PriceUnusable, WordsMissing
from corsia.workshop.services.work import (
    CheckUnknown,
    ClockOff,
    InstantUnusable,
    LineNotApproved,
    StillClocked,
    WorksElsewhere,
)
from corsia.workshop.vocabulary import BayKind, JobGroup, OrderStage, VisitState
from tests.factories.customers import ROBOT
from tests.factories.orders import PNG, Floor, checked, floor_of, made_ready, proposed, received, worked
from tests.factories.organisation import TODAY, actor_in, signed_in
from tests.factories.workshop import SERVICE, job_in, visit_in
from tests.facts import stated_facts

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("everything")]

EIGHT = datetime(2026, 3, 10, 7, 0, tzinfo=UTC)  # a Tuesday, 8:00 in Rome
HOUR = timedelta(hours=1)


@pytest.fixture
def floor() -> Floor:
    return floor_of()


def line_of(order: Order, position: int = 0):
    return order.lines.get(position=position)


def clock(floor: Floor, order: Order, *, at: datetime, who: str = "luca", key=None, position: int = 0) -> Clocking:
    return work.clock_on(
        line_id=line_of(order, position).pk,
        technician_id=floor.shop.technicians[who].pk,
        at=at,
        key=key or uuid4(),
        by=ROBOT,
        now=at,
    )


def off(floor: Floor, order: Order, *, start_key, started_at: datetime, at: datetime, who: str = "luca", key=None):
    data = ClockOff(
        key=key or uuid4(),
        start_key=start_key,
        line_id=line_of(order).pk,
        technician_id=floor.shop.technicians[who].pk,
        started_at=started_at,
        at=at,
    )
    return work.clock_off(data=data, by=ROBOT, now=at)


def a_filter(floor: Floor) -> None:
    """Let the service need a part."""
    JobPart.unscoped.create(job=floor.shop.jobs[SERVICE], code="OF", name="Filtro", quantity="1.50", price_cents=1_333)


def test_an_order_takes_over_what_its_visit_agreed(floor: Floor) -> None:
    a_filter(floor)

    order = received(
        floor,
        at=EIGHT,
        km=41_200,
        fuel_pct=60,
        signed_name="Mario Rossi",
        signature=PNG,
        damages=[DamageData(x_pct=12, y_pct=40, note=" graffio ")],
        pictures=[PictureData(content=PNG, note="fianco")],
    )

    assert [
        (line.kind, line.text, line.state, line.minutes, line.price_cents) for line in order.lines.order_by("pk")
    ] == [
        ("labour", "Lavoro TAG30", "approved", 75, 10_000),  # the visit told 12,000 with its parts
        ("part", "Filtro", "approved", 0, 2_000),
    ]
    assert (order.year, order.number, order.stage, order.visit.state) == (2026, 1, "received", VisitState.HERE)
    assert order.promised_at == order.first_promised_at == EIGHT + timedelta(minutes=135)
    assert [(one.x_pct, one.y_pct, one.note) for one in order.damages.all()] == [(12, 40, "graffio")]
    assert [(one.media_type, one.note) for one in order.pictures.all()] == [("image/png", "fianco")]
    assert bytes(order.signature.content) == PNG
    floor.panda.refresh_from_db()
    assert (floor.panda.odometer_km, floor.panda.odometer_on) == (41_200, TODAY)
    assert stated_facts(facts.OrderOpened) == [
        facts.OrderOpened(
            unit_id=floor.shop.unit.pk, occurred_at=EIGHT, customer_id=floor.mario.pk, vehicle_id=floor.panda.pk,
            order_id=order.pk, number="2026/1", promised_at=order.promised_at,
        )
    ]  # fmt: skip


def test_lines_speak_the_customers_language(floor: Floor) -> None:
    visit = visit_in(floor.shop, floor.giulia, floor.ypsilon, at=EIGHT)

    order = reception.receive(visit_id=visit.pk, data=Reception(), by=ROBOT, now=EIGHT)
    reception.add_line(order_id=order.pk, data=LineData(kind="outside", text="Vetro"), by=ROBOT, now=EIGHT)

    for language, words in (("it", ["Lavoro TAG30", "Vetro"]), ("en", ["Job TAG30", "Vetro"])):
        assert [line.text_in(language) for line in order.lines.order_by("position")] == words
        with override(language):
            assert [line.local_text for line in visit_page(order, language=language).lines] == words
            page = order_page(order.pk, now=EIGHT)
            assert [row[0] for row in paper_of(page, at=EIGHT)["lines"]] == words


def test_numbers_run_by_unit_and_year_of_the_place(floor: Floor) -> None:
    def walk_in(at: datetime) -> Order:
        return reception.receive(
            unit_id=floor.shop.unit.pk,
            customer_id=floor.mario.pk,
            vehicle_id=floor.panda.pk,
            data=Reception(promised_at=at + HOUR),
            by=ROBOT,
            now=at,
        )

    new_year = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)  # half past midnight in Rome
    made = [walk_in(EIGHT), walk_in(EIGHT), walk_in(new_year)]

    assert [(order.year, order.number) for order in made] == [(2026, 1), (2026, 2), (2027, 1)]
    assert sorted(NumberSeries.objects.values_list("year", "last")) == [(2026, 2), (2027, 1)]


def test_a_visit_is_received_once_and_only_when_booked(floor: Floor) -> None:
    order = received(floor, at=EIGHT)

    with pytest.raises(NotToBeReceived):
        reception.receive(visit_id=order.visit_id, data=Reception(), by=ROBOT, now=EIGHT)

    assert Order.objects.count() == 1


@pytest.mark.parametrize(
    ("refusal", "fields", "data"),
    [
        (VehicleMissing, {"vehicle_id": None}, {}),
        (PromisePast, {}, {"promised_at": EIGHT}),
        (PromisePast, {}, {"promised_at": None}),
        (DamageMisplaced, {}, {"damages": [DamageData(x_pct=101, y_pct=0, note="x")]}),
        (DamageMisplaced, {}, {"damages": [DamageData(x_pct=1, y_pct=0, note=" ")]}),
        (PictureUnusable, {}, {"pictures": [PictureData(content=b"<svg>")]}),
    ],
)
def test_an_order_that_says_too_little_is_not_opened(floor: Floor, refusal, fields, data) -> None:
    who = {"unit_id": floor.shop.unit.pk, "customer_id": floor.mario.pk, "vehicle_id": floor.panda.pk} | fields

    with pytest.raises(refusal):
        reception.receive(data=Reception(**({"promised_at": EIGHT + HOUR} | data)), by=ROBOT, now=EIGHT, **who)

    assert not Order.objects.exists()
    assert stated_facts(facts.OrderOpened) == []


def test_nobody_is_received_where_there_is_no_workshop(floor: Floor) -> None:
    with pytest.raises(NotFound):
        reception.receive(
            unit_id=floor.shop.unit.parent_id, customer_id=floor.mario.pk, vehicle_id=floor.panda.pk,
            data=Reception(promised_at=EIGHT + HOUR), by=ROBOT, now=EIGHT,
        )  # fmt: skip


def test_what_a_terminal_sends_twice_counts_once(floor: Floor) -> None:
    order, key, end = received(floor, at=EIGHT), uuid4(), uuid4()

    for _ in "12":
        clock(floor, order, at=EIGHT, key=key)
    for _ in "12":
        off(floor, order, start_key=key, started_at=EIGHT, at=EIGHT + HOUR, key=end)
    clock(floor, order, at=EIGHT, key=key)

    [one] = order.clockings.all()
    assert (one.started_at, one.ended_at, one.end_key) == (EIGHT, EIGHT + HOUR, end)
    order.refresh_from_db()
    assert order.stage == OrderStage.WORKING


def test_an_end_that_comes_before_its_beginning_tells_both(floor: Floor) -> None:
    order, key = received(floor, at=EIGHT), uuid4()

    off(floor, order, start_key=key, started_at=EIGHT, at=EIGHT + HOUR)
    clock(floor, order, at=EIGHT, key=key)

    assert [(one.started_at, one.ended_at) for one in order.clockings.all()] == [(EIGHT, EIGHT + HOUR)]


def test_times_told_late_find_their_place_between_others(floor: Floor) -> None:
    order = received(floor, at=EIGHT)
    worked(floor, line_of(order), at=EIGHT + 3 * HOUR)

    off(floor, order, start_key=uuid4(), started_at=EIGHT, at=EIGHT + 2 * HOUR)
    off(floor, order, start_key=uuid4(), started_at=EIGHT + 2 * HOUR, at=EIGHT + 3 * HOUR)

    assert list(order.clockings.order_by("started_at").values_list("started_at", "ended_at")) == [
        (EIGHT, EIGHT + 2 * HOUR),
        (EIGHT + 2 * HOUR, EIGHT + 3 * HOUR),
        (EIGHT + 3 * HOUR, EIGHT + 4 * HOUR),
    ]


def test_nobody_works_in_two_places_at_once_and_is_told_where(floor: Floor) -> None:
    order = received(floor, at=EIGHT)
    clock(floor, order, at=EIGHT)

    with pytest.raises(WorksElsewhere) as refusal:
        clock(floor, order, at=EIGHT + HOUR)
    with pytest.raises(WorksElsewhere):
        off(floor, order, start_key=uuid4(), started_at=EIGHT - HOUR, at=EIGHT + HOUR)
    clock(floor, order, at=EIGHT + HOUR, who="anna")

    luca = floor.shop.technicians["luca"].person.full_name
    assert refusal.value.data == {"who": luca, "line": "Lavoro TAG30", "number": "2026/1", "since": "08:00"}
    assert Clocking.objects.count() == 2


def test_only_what_the_customer_agreed_to_is_worked_on(floor: Floor) -> None:
    order = received(floor, at=EIGHT)
    extra = proposed(order, at=EIGHT)

    with pytest.raises(LineNotApproved):
        clock(floor, order, at=EIGHT, position=extra.position)
    with pytest.raises(LineNotApproved):
        work.finish_line(line_id=extra.pk, at=EIGHT, by=ROBOT, now=EIGHT)

    assert not Clocking.objects.exists()


def test_work_told_after_the_line_was_finished_still_counts(floor: Floor) -> None:
    order = received(floor, at=EIGHT)
    work.finish_line(line_id=line_of(order).pk, at=EIGHT + 2 * HOUR, by=ROBOT, now=EIGHT + 2 * HOUR)

    off(floor, order, start_key=uuid4(), started_at=EIGHT, at=EIGHT + HOUR)
    with pytest.raises(LineNotApproved):
        off(floor, order, start_key=uuid4(), started_at=EIGHT + 2 * HOUR, at=EIGHT + 3 * HOUR)

    assert Clocking.objects.count() == 1


@pytest.mark.parametrize("hours", [-31 * 24 - 1, 1])
def test_a_device_with_a_wrong_clock_is_told_so(floor: Floor, hours: int) -> None:
    order = received(floor, at=EIGHT)

    with pytest.raises(InstantUnusable):
        work.clock_on(
            line_id=line_of(order).pk, technician_id=floor.shop.technicians["luca"].pk, at=EIGHT + hours * HOUR,
            key=uuid4(), by=ROBOT, now=EIGHT,
        )  # fmt: skip
    with pytest.raises(InstantUnusable):
        off(floor, order, start_key=uuid4(), started_at=EIGHT, at=EIGHT)

    assert not Clocking.objects.exists()


def test_people_clock_for_themselves_and_the_desk_for_all(floor: Floor) -> None:
    order, luca = received(floor, at=EIGHT), floor.shop.technicians["luca"]
    anna = actor_of(floor.shop.technicians["anna"].person, today=TODAY)
    values = {"line_id": line_of(order).pk, "technician_id": luca.pk, "at": EIGHT, "now": EIGHT}

    with pytest.raises(NotAllowed):
        work.clock_on(**values, key=uuid4(), by=anna)
    with pytest.raises(NotAllowed):
        work.clock_on(**values, key=uuid4(), by=actor_in(floor.shop.unit, Role.AGENT))
    work.clock_on(**values, key=uuid4(), by=actor_of(floor.desk, today=TODAY))

    assert [one.technician for one in Clocking.objects.all()] == [luca]


def test_a_line_is_not_finished_while_somebody_works_on_it(floor: Floor) -> None:
    order = received(floor, at=EIGHT)
    running = clock(floor, order, at=EIGHT)

    with pytest.raises(StillClocked):
        work.finish_line(line_id=line_of(order).pk, at=EIGHT + HOUR, by=ROBOT, now=EIGHT + HOUR)
    off(floor, order, start_key=running.start_key, started_at=EIGHT, at=EIGHT + HOUR)
    for _ in "12":
        work.finish_line(line_id=line_of(order).pk, at=EIGHT + HOUR, by=ROBOT, now=EIGHT + HOUR)

    assert line_of(order).done_at == EIGHT + HOUR


def test_with_the_last_labour_of_a_job_its_parts_are_done(floor: Floor) -> None:
    a_filter(floor)
    order = received(floor, at=EIGHT)
    job = floor.shop.jobs["TAG30"]
    kinds = {"text": "Ancora TAG30", "minutes": 30, "price_cents": 0, "job_id": job.pk}
    again = reception.add_line(order_id=order.pk, data=LineData(kind="labour", **kinds), by=ROBOT, now=EIGHT)
    other = reception.add_line(
        order_id=order.pk, data=LineData(kind="part", text="Lampadina", price_cents=900), by=ROBOT, now=EIGHT
    )

    def states() -> list[tuple[str, str]]:
        return list(order.lines.order_by("pk").values_list("kind", "state"))

    work.finish_line(line_id=line_of(order).pk, at=EIGHT + HOUR, by=ROBOT, now=EIGHT + HOUR)
    assert states() == [("labour", "done"), ("part", "approved"), ("labour", "approved"), ("part", "approved")]
    with pytest.raises(LinesOpen):
        delivery.set_ready(order_id=order.pk, by=ROBOT, now=EIGHT + HOUR)

    work.finish_line(line_id=again.pk, at=EIGHT + 2 * HOUR, by=ROBOT, now=EIGHT + 2 * HOUR)
    assert states() == [("labour", "done"), ("part", "done"), ("labour", "done"), ("part", "approved")]
    assert order.lines.get(text="Filtro").done_at == EIGHT + 2 * HOUR
    work.finish_line(line_id=other.pk, at=EIGHT + 2 * HOUR, by=ROBOT, now=EIGHT + 2 * HOUR)
    assert delivery.set_ready(order_id=order.pk, by=ROBOT, now=EIGHT + 2 * HOUR).stage == "ready"


def test_a_part_that_the_customer_declined_is_not_fitted(floor: Floor) -> None:
    a_filter(floor)
    order = received(floor, at=EIGHT)
    order.lines.filter(kind="part").update(state="declined")

    work.finish_line(line_id=line_of(order).pk, at=EIGHT + HOUR, by=ROBOT, now=EIGHT + HOUR)

    assert set(order.lines.values_list("kind", "state")) == {("labour", "done"), ("part", "declined")}


def test_the_page_says_what_keeps_a_vehicle_from_being_ready(floor: Floor) -> None:
    a_filter(floor)
    order = received(floor, at=EIGHT)
    desk = signed_in(floor.desk)

    def page() -> str:
        return desk.get(f"/workshop/orders/{order.pk}/").content.decode()

    assert "2 righe non sono ancora eseguite" in page()
    assert 'type="submit" disabled' in page()
    work.finish_line(line_id=line_of(order).pk, at=EIGHT + HOUR, by=ROBOT, now=EIGHT + HOUR)
    assert "non sono ancora eseguite" not in page()
    assert 'type="submit" disabled' not in page()


def test_the_check_is_done_with_the_last_missing_thing_and_told_once(floor: Floor) -> None:
    order = received(floor, at=EIGHT)
    proposed(order, at=EIGHT)

    checked(order, at=EIGHT, but=1)
    assert stated_facts(facts.CheckDone) == []
    key = uuid4()
    for verdict in ("bad", "good"):
        work.record_finding(
            order_id=order.pk, item="leaks", verdict=verdict, note="olio", key=key, at=EIGHT, by=ROBOT, now=EIGHT
        )
    checked(order, at=EIGHT + HOUR)

    assert [fact.extra_lines for fact in stated_facts(facts.CheckDone)] == [1]
    assert order.findings.get(key=key).verdict == "bad"
    with pytest.raises(CheckUnknown):
        work.record_finding(
            order_id=order.pk, item="radio", verdict="good", note="", key=uuid4(), at=EIGHT, by=ROBOT, now=EIGHT
        )


def test_another_promise_needs_a_reason_and_keeps_the_first(floor: Floor) -> None:
    order = received(floor, at=EIGHT)
    first = order.promised_at

    with pytest.raises(WordsMissing):
        reception.change_promise(order_id=order.pk, promised_at=first + HOUR, reason=" ", by=ROBOT, now=EIGHT)
    with pytest.raises(PromisePast):
        reception.change_promise(order_id=order.pk, promised_at=EIGHT, reason="x", by=ROBOT, now=EIGHT)
    for _ in "12":
        reception.change_promise(
            order_id=order.pk, promised_at=first + HOUR, reason="Manca un pezzo", by=ROBOT, now=EIGHT
        )

    order.refresh_from_db()
    assert (order.first_promised_at, order.promised_at) == (first, first + HOUR)
    assert [fact.reason for fact in stated_facts(facts.PromiseChanged)] == ["Manca un pezzo"]


def test_an_order_closes_when_everything_is_done_paid_and_ready(floor: Floor) -> None:
    order = received(floor, at=EIGHT, km=41_200)
    at = {"by": ROBOT, "now": EIGHT + 2 * HOUR}
    close = {"order_id": order.pk, "invoice_reference": "F-12", "km": 41_203}

    with pytest.raises(LinesOpen):
        delivery.close_order(**close, **at)
    running = clock(floor, order, at=EIGHT)
    off(floor, order, start_key=running.start_key, started_at=EIGHT, at=EIGHT + HOUR)
    work.finish_line(line_id=line_of(order).pk, at=EIGHT + HOUR, **at)
    with pytest.raises(NotReady):
        delivery.close_order(**close, **at)
    delivery.to_quality(order_id=order.pk, **at)
    for _ in "12":
        delivery.set_ready(order_id=order.pk, **at)
    with pytest.raises(InvoiceMissing):
        delivery.close_order(**close | {"invoice_reference": " "}, **at)
    delivery.close_order(**close, **at)
    with pytest.raises(OrderIsClosed):
        delivery.close_order(**close, **at)

    order.refresh_from_db()
    assert (order.stage, order.closed_at, order.invoice_reference) == ("closed", EIGHT + 2 * HOUR, "F-12")
    visit = Visit.objects.get(pk=order.visit_id)
    assert (visit.state, visit.ended_at) == (VisitState.DONE, EIGHT + 2 * HOUR)
    assert list(OdometerReading.objects.order_by("pk").values_list("km", flat=True)) == [41_200, 41_203]
    assert [fact.km for fact in stated_facts(facts.OrderClosed)] == [41_203]
    assert list(Milestone.objects.order_by("pk").values_list("kind", "reference", "customer_id")) == [
        ("vehicle_ready", "2026/1", floor.mario.pk),
        ("order_closed", "2026/1", floor.mario.pk),
    ]


def test_a_closed_order_stands_in_the_vehicles_life_and_closes_its_recall(floor: Floor) -> None:
    group = floor.shop.unit.parent.parent
    day = EIGHT.date()
    recall = Recall.objects.create(unit=group, code="R-77", title_it="Airbag", title_en="Airbag", opened_on=day)
    other = Recall.objects.create(unit=group, code="R-78", title_it="Freni", title_en="Brakes", opened_on=day)
    for one in (recall, other):
        VehicleRecall.objects.create(recall=one, vehicle=floor.panda, vin="ZFA31200000745586")
    job_in(group, "R-77", group=JobGroup.RECALL, steps=[(None, BayKind.LIFT, 60)])
    floor.shop.jobs["R-77"] = Job.objects.get(code="R-77")
    order = received(floor, at=EIGHT, km=41_200, code="R-77")
    work.finish_line(line_id=line_of(order).pk, at=EIGHT + HOUR, by=ROBOT, now=EIGHT + HOUR)
    delivery.set_ready(order_id=order.pk, by=ROBOT, now=EIGHT + HOUR)

    delivery.close_order(order_id=order.pk, invoice_reference="F-1", km=None, by=ROBOT, now=EIGHT + HOUR)

    [event] = ServiceEvent.objects.all()
    assert (event.kind, event.km, event.place_id, event.done_on) == ("recall", 41_200, order.unit_id, EIGHT.date())
    assert event.reference.startswith("2026/1 ")
    assert dict(VehicleRecall.objects.values_list("recall__code", "closed_on")) == {"R-77": EIGHT.date(), "R-78": None}
    assert list(OdometerReading.objects.values_list("km", flat=True)) == [41_200]


def test_extra_work_that_waits_keeps_the_order_open(floor: Floor) -> None:
    order = received(floor, at=EIGHT)
    proposed(order, at=EIGHT)
    work.finish_line(line_id=line_of(order).pk, at=EIGHT, by=ROBOT, now=EIGHT)

    order.refresh_from_db()
    assert order.stage == OrderStage.WAITING
    with pytest.raises(LinesOpen):
        delivery.set_ready(order_id=order.pk, by=ROBOT, now=EIGHT)
    assert not Milestone.objects.exists()


def test_nobody_takes_a_car_away_from_under_a_technician(floor: Floor) -> None:
    order = received(floor, at=EIGHT)
    worked(floor, line_of(order), at=EIGHT)
    running = clock(floor, order, at=EIGHT + 2 * HOUR)
    order.lines.update(state="done", done_at=EIGHT + 3 * HOUR)

    with pytest.raises(PeopleAtWork):
        delivery.set_ready(order_id=order.pk, by=ROBOT, now=EIGHT + 3 * HOUR)

    assert running.ended_at is None


def test_lines_added_at_the_desk_are_agreed_and_put_a_ready_car_back_to_work(floor: Floor) -> None:
    order = received(floor, at=EIGHT)
    made_ready(order, at=EIGHT)
    data = LineData(kind="part", text="Lampadina", quantity=Decimal(2), price_cents=900)

    line = reception.add_line(order_id=order.pk, data=data, by=ROBOT, now=EIGHT)
    with pytest.raises(PriceUnusable):
        reception.add_line(
            order_id=order.pk, data=LineData(kind="part", text="x", quantity=Decimal(0)), by=ROBOT, now=EIGHT
        )

    order.refresh_from_db()
    assert (line.position, line.state, order.stage) == (1, "approved", OrderStage.WORKING)


def test_a_picture_sent_twice_is_one(floor: Floor) -> None:
    order, key = received(floor, at=EIGHT), uuid4()

    for _ in "12":
        reception.add_picture(order_id=order.pk, data=PictureData(content=PNG, key=key), by=ROBOT, at=EIGHT, now=EIGHT)

    assert order.pictures.count() == 1
    assert photo_type(b"GIF89a") is None
