"""Pages of orders: who gets in, what forms do, what the paper says, and how many statements a list takes."""

import io
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pypdf import PdfReader

from corsia.kernel import scope
from corsia.organisation.vocabulary import Role
from corsia.workshop.models import Clocking, Finding, Order, OrderLine
from corsia.workshop.queries.orders import order_rows
from corsia.workshop.queries.terminal import board_of
from corsia.workshop.services import reception
from corsia.workshop.services.approvals import Decision, decide
from corsia.workshop.services.reception import DamageData, LineData, Reception
from tests.factories.customers import ROBOT
from tests.factories.orders import PNG, Floor, floor_of, made_ready, proposed
from tests.factories.organisation import person_in, signed_in
from tests.factories.workshop import visit_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("everything")]

NOW = timezone.now().replace(microsecond=0) - timedelta(hours=2)


@pytest.fixture
def floor() -> Floor:
    return floor_of()


def opened(floor: Floor, *, hours: int = 6, cents: int = 12_000, **fields) -> Order:
    """Receive the Panda without a visit, with one agreed line."""
    with scope.system("test"):
        order = reception.receive(
            unit_id=floor.shop.unit.pk,
            customer_id=floor.mario.pk,
            vehicle_id=floor.panda.pk,
            data=Reception(promised_at=NOW + timedelta(hours=hours), **fields),
            by=ROBOT,
            now=NOW,
        )
        data = LineData(kind="labour", text="Tagliando", minutes=75, price_cents=cents)
        reception.add_line(order_id=order.pk, data=data, by=ROBOT, now=NOW)
    return order


def test_the_desk_walks_an_order_from_the_door_to_the_invoice(floor: Floor) -> None:
    visit = visit_in(floor.shop, floor.mario, floor.panda, at=NOW + timedelta(hours=3))
    browser = signed_in(floor.desk)
    promised = timezone.localtime(NOW + timedelta(days=3))
    body = {
        "on": promised.date().isoformat(), "at": "17:30", "km": "41200", "fuel": "60", "wish": "Fischia",
        "signed_name": "Mario Rossi", "damage_x": ["12", ""], "damage_y": ["40", ""],
        "damage_note": ["Graffio", ""], "photos": [SimpleUploadedFile("a.png", PNG)], "once": "x" * 24,
    }  # fmt: skip

    assert browser.get(f"/workshop/reception/{visit.pk}/").status_code == 200
    answer = browser.post(f"/workshop/reception/{visit.pk}/", body)
    order = Order.unscoped.get()
    assert answer.headers["Location"] == f"/workshop/orders/{order.pk}/"
    assert [(one.x_pct, one.note) for one in order.damages.all()] == [(12, "Graffio")]
    assert order.pictures.get().is_for_customer
    line = order.lines.get()
    base = f"/workshop/orders/{order.pk}/"
    steps = [
        (f"{base}lines/", {"kind": "part", "text": "Filtro", "quantity": "1,5", "minutes": "0", "price": "19,90"}),
        (f"{base}promise/", {"on": promised.date().isoformat(), "at": "18:00", "reason": "Manca un pezzo"}),
        (f"{base}pictures/", {"photo": SimpleUploadedFile("b.png", PNG), "note": "Freni"}),
        (f"/workshop/orders/lines/{line.pk}/finish/", {}),
        (f"/workshop/orders/lines/{line.pk + 1}/finish/", {}),
        (f"{base}quality/", {}),
        (f"{base}ready/", {}),
        (f"{base}close/", {"invoice": "F-12", "km": "41203"}),
    ]
    for address, given in steps:
        assert browser.post(address, given).headers["Location"] == base, address

    order.refresh_from_db()
    assert (order.stage, order.invoice_reference, order.wish) == ("closed", "F-12", "Fischia")
    assert list(order.lines.order_by("position").values_list("text", "quantity", "price_cents"))[1] == (
        "Filtro",
        1.5,
        1_990,
    )
    assert browser.get(base).status_code == 200


def test_what_reception_wrote_wrongly_stays_on_the_page(floor: Floor) -> None:
    visit = visit_in(floor.shop, floor.mario, floor.panda, at=NOW + timedelta(hours=3))
    browser = signed_in(floor.desk)

    answer = browser.post(
        f"/workshop/reception/{visit.pk}/",
        {"on": "2020-01-01", "at": "10:00", "km": "1", "fuel": "5", "signed_name": "M", "damage_x": "200",
         "damage_y": "1", "damage_note": "Ammaccatura"},
    )  # fmt: skip

    assert answer.status_code == 422
    assert "Ammaccatura" in answer.content.decode()
    assert not Order.unscoped.exists()


def test_somebody_without_a_visit_is_found_by_the_plate(floor: Floor) -> None:
    browser = signed_in(floor.desk)

    unknown = browser.get("/workshop/orders/new/?plate=ZZ999ZZ").content.decode()
    found = browser.get("/workshop/orders/new/?plate=ab 123 cd").content.decode()

    assert "Nessun veicolo ha questa targa" in unknown
    assert "Mario Rossi" in found


def test_who_gets_in_where(floor: Floor) -> None:
    order = opened(floor)
    people = {
        floor.desk: (200, 200),
        person_in(floor.shop.unit, Role.MECHANIC): (200, 200),
        person_in(floor.shop.unit, Role.AGENT): (200, 403),
        person_in(floor.shop.unit, Role.SALESPERSON): (403, 403),
        person_in(floor.shop.unit.parent.parent.children.get(name="Verona"), Role.RECEPTIONIST): (404, 200),
    }

    for person, codes in people.items():
        browser = signed_in(person)
        seen = tuple(browser.get(path).status_code for path in (f"/workshop/orders/{order.pk}/", "/workshop/terminal/"))
        assert seen == codes, person
    mechanic = signed_in(list(people)[1])
    assert mechanic.post(f"/workshop/orders/{order.pk}/close/", {}).status_code == 403


def test_the_list_takes_as_many_statements_for_three_orders_as_for_one(floor: Floor) -> None:
    def statements() -> int:
        with (
            scope.system("test"),
            CaptureQueriesContext(
                connection,
            ) as caught,
        ):
            order_rows(now=NOW)
        return len(caught)

    opened(floor)
    statements()  # the tree is read once, afterwards only its age
    one = statements()
    opened(floor)
    opened(floor)

    assert (one, statements()) == (2, 2)


def test_late_orders_come_first_and_pages_join_without_a_gap(floor: Floor, monkeypatch) -> None:
    monkeypatch.setattr("corsia.workshop.queries.orders.PAGE", 2)
    made = [opened(floor, hours=hours).pk for hours in (5, 1, 5, 3)]
    later = NOW + timedelta(hours=2)

    with scope.system("test"):
        first, after = order_rows(now=later)
        second, end = order_rows(now=later, after=after)

    assert [row.order.pk for row in [*first, *second]] == [made[1], made[3], made[0], made[2]]
    assert [row.is_late for row in first] == [True, False]
    assert end is None


def test_the_list_shows_one_stage_or_one_workshop(floor: Floor) -> None:
    open_one, closed = opened(floor), opened(floor)
    Order.unscoped.filter(pk=closed.pk).update(stage="closed", closed_at=NOW)

    def shown(**filters) -> list[int]:
        with scope.system("test"):
            return [row.order.pk for row in order_rows(now=NOW, **filters)[0]]

    assert shown() == [open_one.pk]
    assert shown(stage="closed") == [closed.pk]
    assert shown(unit_id=floor.shop.unit.parent_id) == []


def words_of(content: bytes) -> str:
    return " ".join("\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages).split())


def test_the_paper_says_what_is_agreed_found_and_decided(floor: Floor) -> None:
    order = opened(
        floor, km=41_200, fuel_pct=60, signed_name="Mario Rossi", damages=[DamageData(x_pct=1, y_pct=2, note="Graffio")]
    )
    with scope.system("test"):
        extra = proposed(order, at=NOW)
    browser = signed_in(floor.desk)

    estimate = words_of(browser.get(f"/workshop/orders/{order.pk}/paper.pdf").content)
    with scope.system("test"):
        data = Decision(line_ids=[extra.pk], is_approved=True, name="Mario Rossi")
        approval = decide(order_id=order.pk, data=data, by=ROBOT, now=NOW)
        made_ready(order, at=NOW)
    whole = words_of(browser.get(f"/workshop/orders/{order.pk}/paper.pdf").content)

    assert f"Preventivo {order.year}/1" in estimate
    assert "189,00" in estimate
    for said in (f"Ordine di lavoro {order.year}/1", "AB123CD", "41.200", "Graffio", "309,00", "Pastiglie anteriori"):
        assert said in whole, said
    assert bytes(approval.digest).hex()[:32] in whole
    assert "Preventivo" not in whole


def sent(browser, **body):
    return browser.post("/workshop/terminal/send/", body, headers={"Accept": "application/json"})


def test_the_terminal_takes_each_thing_once_and_says_why_it_refuses(floor: Floor) -> None:
    order, luca = opened(floor), floor.shop.technicians["luca"]
    line, browser = order.lines.get(), signed_in(luca.person)
    at, start = timezone.now() - timedelta(minutes=30), uuid4()
    who = {"order": order.pk, "line": line.pk, "technician": luca.pk}
    begin = who | {"kind": "on", "key": str(start), "at": at.isoformat(), "once": start.hex}
    until = (at + timedelta(minutes=20)).isoformat()
    end = who | {
        "kind": "off", "key": str(uuid4()), "at": until, "start_key": str(start), "started_at": at.isoformat()
    }  # fmt: skip
    extra = {
        "kind": "extra", "order": order.pk, "key": str(uuid4()), "at": until, "text": "Freni", "reason": "Finiti",
        "quantity": "1", "minutes": "30", "price": "90,50", "once": "e" * 32,
    }  # fmt: skip
    check = {"kind": "check", "order": order.pk, "key": str(uuid4()), "at": until, "item": "leaks", "verdict": "bad"}

    for body in (begin, end, extra, check):
        for _ in "12":
            assert sent(browser, **body).status_code == 200, body
    refused = sent(browser, **begin | {"key": str(uuid4()), "at": (at + timedelta(minutes=5)).isoformat(), "once": ""})

    assert refused.status_code == 409
    assert "Prima ferma il tempo lì" in refused.json()["refused"]
    assert Clocking.unscoped.count() == Finding.unscoped.count() == 1
    assert list(OrderLine.unscoped.filter(is_extra=True).values_list("text", "price_cents", "kind")) == [
        ("Freni", 9_050, "labour")
    ]
    assert sent(browser, kind="on", order=order.pk).status_code == 422


def test_the_terminal_takes_as_many_statements_for_three_orders_as_for_one(floor: Floor) -> None:
    luca = floor.shop.technicians["luca"]

    def statements() -> int:
        with scope.system("test"), CaptureQueriesContext(connection) as caught:
            board_of(luca, now=NOW)
        return len(caught)

    opened(floor)
    statements()
    one = statements()
    opened(floor)
    opened(floor)

    assert (one, statements()) == (7, 7)
