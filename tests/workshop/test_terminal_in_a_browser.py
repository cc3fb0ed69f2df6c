"""The terminal under a thumb, with the network cut and back; reception and the visit link on a phone."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from corsia.kernel import scope
from corsia.vehicles.models import Vehicle
from corsia.workshop.links import visit_token
from corsia.workshop.models import Approval, Clocking, Finding, Order, OrderLine
from corsia.workshop.services import reception
from corsia.workshop.services.reception import LineData, Reception
from tests.browser import PHONE, Browser, at_rest, real_browser, server  # noqa: F401  (fixtures)
from tests.factories.customers import ROBOT
from tests.factories.orders import PNG, Floor, floor_of, made_ready, proposed
from tests.factories.workshop import visit_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(300),
    pytest.mark.usefixtures("everything"),
]


@pytest.fixture
def floor(transactional_db) -> Floor:
    return floor_of()


def order_of(floor: Floor) -> Order:
    now = timezone.now() - timedelta(minutes=20)
    visit = visit_in(floor.shop, floor.mario, floor.panda, at=now)
    with scope.system("test"):
        order = reception.receive(visit_id=visit.pk, data=Reception(), by=ROBOT, now=now)
        reception.add_line(
            order_id=order.pk, data=LineData(kind="labour", text="Convergenza", minutes=30, price_cents=6_000),
            by=ROBOT, now=now,
        )  # fmt: skip
    return order


def test_what_is_done_without_a_network_is_sent_once_and_in_order(real_browser: Browser, floor: Floor) -> None:  # noqa: F811
    order = order_of(floor)
    with real_browser.window(floor.shop.technicians["luca"].person, size=PHONE) as window:
        page: Any = window.page
        window.go("/workshop/terminal/")
        page.evaluate("navigator.serviceWorker.ready.then(() => 1)")
        page.wait_for_timeout(1500)  # the page names what it loaded, and the worker keeps it
        first, second = (page.locator("[data-line]", has_text=text) for text in ("Lavoro TAG30", "Convergenza"))
        first.get_by_role("button", name="Inizia").click()
        expect(first.get_by_role("button", name="Ferma")).to_be_visible()
        expect(page.locator("[data-net]")).to_be_hidden()
        page.wait_for_load_state()
        assert Clocking.unscoped.filter(ended_at=None).count() == 1

        page.context.set_offline(True)
        page.wait_for_timeout(1100)
        second.get_by_role("button", name="Inizia").click()  # the first is stopped by it
        expect(second.get_by_role("button", name="Ferma")).to_be_visible()
        expect(first.get_by_role("button", name="Inizia")).to_be_visible()
        page.wait_for_timeout(1100)
        second.get_by_role("button", name="Ferma").click()
        expect(page.locator("[data-net]")).to_contain_text("In attesa: 3")
        window.go("/workshop/terminal/")  # opened anew, in a cellar
        expect(page.locator("[data-net]")).to_contain_text("In attesa: 3")
        page.get_by_text("Lista dei controlli").first.click()
        page.locator("[data-item=leaks]").get_by_role("button", name="Da riparare").click()
        page.get_by_text("Proponi un lavoro in più").click()
        page.get_by_label("Lavoro", exact=True).fill("Guarnizione")
        page.get_by_label("Perché, in parole che il cliente capisce").fill("Perde olio")
        page.get_by_label("Prezzo della riga in euro, IVA inclusa").fill("120")
        page.get_by_label("Foto", exact=True).set_input_files(
            {"name": "foto.jpg", "mimeType": "image/jpeg", "buffer": b"\xff\xd8\xff\xe0" + bytes(300)}
        )
        page.get_by_role("button", name="Proponi al cliente").click()
        expect(page.locator("[data-net]")).to_contain_text("In attesa: 5")
        assert Clocking.unscoped.count() == 1

        page.context.set_offline(False)
        page.evaluate("dispatchEvent(new Event('online'))")
        expect(page.locator("[data-net]")).to_be_hidden()
        expect(page.get_by_text("Guarnizione").first).to_be_visible()
        page.evaluate("dispatchEvent(new Event('online'))")  # nothing waits any more
        page.wait_for_timeout(300)

        times = list(Clocking.unscoped.order_by("started_at").values_list("line__text", "started_at", "ended_at"))
        assert [text for text, _begin, _end in times] == ["Lavoro TAG30", "Convergenza"]
        assert times[0][2] == times[1][1]
        assert times[1][1] < times[1][2]
        assert [(one.item, one.verdict) for one in Finding.unscoped.all()] == [("leaks", "bad")]
        extra = OrderLine.unscoped.get(is_extra=True)
        assert (extra.text, extra.price_cents, extra.state, extra.pictures.count()) == (
            "Guarnizione",
            12_000,
            "proposed",
            1,
        )
        assert order.clockings.count() == 2
        assert window.axe() == []
        assert window.blocked() == []


# A request that is on its way until it is cut: the network may be back before it is.
HELD = """() => {
  const real = window.fetch;
  let cut;
  const held = new Promise((_done, fail) => { cut = fail; });
  window.fetch = (address, init) => (init?.method === "POST" ? held : real(address, init));
  window.cut = () => { window.fetch = real; cut(new TypeError("cut")); };
}"""


@pytest.mark.parametrize("is_said", [True, False])
def test_a_network_that_is_back_while_a_try_still_fails_is_not_missed(
    real_browser: Browser,  # noqa: F811
    floor: Floor,
    is_said: bool,
) -> None:
    order = order_of(floor)
    with real_browser.window(floor.shop.technicians["luca"].person, size=PHONE) as window:
        page: Any = window.page
        window.go("/workshop/terminal/")
        page.evaluate(HELD)
        page.locator("[data-line]").first.get_by_role("button", name="Inizia").click()
        expect(page.locator("[data-net]")).to_contain_text("In attesa: 1")
        if is_said:
            page.evaluate("dispatchEvent(new Event('online'))")
        page.evaluate("window.cut()")

        expect(page.locator("[data-net]")).to_be_hidden(timeout=10_000)

        assert order.clockings.count() == 1


def test_a_vehicle_is_found_by_what_stands_on_it(real_browser: Browser, floor: Floor) -> None:  # noqa: F811
    order_of(floor)
    Vehicle.objects.filter(pk=floor.panda.pk).update(vin="ZFA31200003456789")
    other = visit_in(floor.shop, floor.giulia, floor.ypsilon, at=timezone.now() + timedelta(hours=1), technician="anna")
    with scope.system("test"):
        reception.receive(visit_id=other.pk, data=Reception(), by=ROBOT, now=timezone.now())
    # The camera of a phone reads barcodes by itself; this Chromium, on a server, does not.
    reads = "window.BarcodeDetector = class { async detect() { return [{ rawValue: 'IZFA31200003456789' }]; } };"
    with real_browser.window(floor.shop.technicians["luca"].person, size=PHONE) as window:
        page: Any = window.page
        page.add_init_script(reads)
        window.go("/workshop/terminal/")
        panda, ypsilon = (page.locator("section[data-names]", has_text=text) for text in ("Panda", "Ypsilon"))
        expect(ypsilon).to_be_hidden()  # folded: it is Anna's

        page.get_by_label("Targa, VIN o ordine").fill("ef 456")
        expect(ypsilon).to_be_visible()
        expect(panda).to_be_hidden()
        page.get_by_label("Targa, VIN o ordine").fill("ZZ999")
        expect(page.locator("[data-said]")).to_contain_text("Nessun veicolo qui")
        page.get_by_label("Inquadra il VIN").set_input_files(
            {"name": "vin.png", "mimeType": "image/png", "buffer": PNG}
        )
        expect(panda).to_be_visible()
        expect(panda.locator("h2")).to_be_focused()
        expect(ypsilon).to_be_hidden()
        assert window.axe() == []
        assert (window.blocked(), window.errors) == ([], [])


def test_what_is_refused_is_shown_until_it_was_read(real_browser: Browser, floor: Floor) -> None:  # noqa: F811
    order = order_of(floor)
    with real_browser.window(floor.shop.technicians["luca"].person, size=PHONE) as window:
        page: Any = window.page
        window.go("/workshop/terminal/")
        page.wait_for_timeout(300)
        order.lines.update(state="declined")
        page.locator("[data-line]").first.get_by_role("button", name="Inizia").click()
        told = page.locator("[data-refused] li")
        expect(told).to_contain_text("non è approvato")
        window.go("/workshop/terminal/")
        expect(told).to_contain_text("non è approvato")
        told.get_by_role("button", name="Ho capito").click()
        expect(told).to_have_count(0)

        assert not Clocking.unscoped.exists()


def test_a_vehicle_is_walked_around_and_signed_for(real_browser: Browser, floor: Floor) -> None:  # noqa: F811
    visit = visit_in(floor.shop, floor.mario, floor.panda, at=timezone.now() + timedelta(hours=2))
    with real_browser.window(floor.desk, size=PHONE) as window:
        page: Any = window.page
        window.go(f"/workshop/reception/{visit.pk}/")
        page.get_by_label("Chilometri").fill("41200")
        page.locator("input[type=range]").fill("80")
        page.locator("[data-tap]").click(position={"x": 30, "y": 40})
        page.get_by_label("Che cosa è danneggiato").fill("Graffio")
        page.get_by_role("button", name="Aggiungi un danno").click()
        page.get_by_label("Che cosa è danneggiato").nth(1).fill("Ammaccatura")
        page.get_by_label("Dal davanti, in percento").nth(1).fill("90")
        pad = page.locator("canvas")
        pad.scroll_into_view_if_needed()
        box = at_rest(pad)
        page.mouse.move(box["x"] + 20, box["y"] + 20)
        page.mouse.down()
        page.mouse.move(box["x"] + 120, box["y"] + 50, steps=4)
        page.mouse.up()
        assert window.axe() == []
        page.get_by_role("button", name="Apri l'ordine").click()
        expect(page.get_by_role("heading", name="Ordini")).to_be_visible()

        order = Order.unscoped.get()
        first, second = order.damages.order_by("pk")
        assert (first.note, second.note, second.x_pct) == ("Graffio", "Ammaccatura", 90)
        assert 0 < first.x_pct < 30
        assert (order.km, order.fuel_pct) == (41_200, 80)
        assert bytes(order.signature.content).startswith(b"\x89PNG")
        assert window.axe() == []
        assert window.blocked() == []
        assert window.errors == []


def test_extra_work_is_approved_on_a_phone_without_a_login(real_browser: Browser, floor: Floor) -> None:  # noqa: F811
    order = order_of(floor)
    with scope.system("test"):
        extra = proposed(order, at=timezone.now())
    with real_browser.window(None, size=PHONE) as window:
        page: Any = window.page
        window.go(f"/portal/v/{visit_token(order.pk)}/")
        assert window.axe() == []
        page.get_by_label("Il Suo nome e cognome").fill("Mario Rossi")
        page.get_by_role("button", name="Approvo").click()
        expect(page.get_by_text("la Sua decisione è arrivata in officina")).to_be_visible()

        assert Approval.unscoped.get().is_approved
        extra.refresh_from_db()
        assert extra.state == "approved"
        page.get_by_label("Ci scriva").fill("Posso passare alle 17?")
        with scope.system("test"):
            made_ready(order, at=timezone.now())
        page.evaluate("dispatchEvent(new Event('online'))")  # it asks at once, and not after twelve seconds
        expect(page.locator("[aria-current=step]")).to_contain_text("Pronto per il ritiro")
        expect(page.get_by_label("Ci scriva")).to_have_value("Posso passare alle 17?")
        expect(page.locator("[data-news]")).to_contain_text("aggiornata")

        assert window.axe() == []
        assert window.blocked() == []
