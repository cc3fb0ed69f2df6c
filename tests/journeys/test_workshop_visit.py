"""A customer books a service on a phone, the car is worked on and handed back, and the figures agree: in a browser."""

import re
from datetime import UTC, datetime, time, timedelta
from fractions import Fraction
from typing import Any

import pytest
from playwright.sync_api import expect

from corsia.analytics.services import refresh
from corsia.kernel import scope
from corsia.listening.models import Invitation
from corsia.messaging.models import Outgoing
from corsia.messaging.services.planned import RuleData, make_due_contacts, save_rule
from corsia.organisation.models import Absence, OpenHours, Person
from corsia.organisation.vocabulary import Role
from corsia.workshop.links import visit_link
from corsia.workshop.models import Allocation, Approval, Clocking, Order, OrderLine, Visit, Workshop
from corsia.workshop.services import delivery
from corsia.workshop.vocabulary import LineKind, LineState, OrderStage, Source, VisitState
from tests.browser import DESKTOP, PHONE, Browser, Window, real_browser, server
from tests.factories.agreements import an_agreement
from tests.factories.cases import ROBOT
from tests.factories.orders import Floor, floor_of, made_ready, received, worked
from tests.factories.organisation import person_in, small_group
from tests.factories.surveys import surveyed_group
from tests.factories.workshop import shop_of, visit_in
from tests.jobs import run_jobs
from tests.journeys.loop_steps import listen_after_the_workshop, react
from tests.running import until

__all__ = ["real_browser", "server"]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(420),
]

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PAST = 6  # orders of the days before: below five technicians' lines no efficiency is shown
TOLD = (
    ("workshop.visit_booked", "visit-booked"),
    ("workshop.order_opened", "workshop-received"),
    ("workshop.check_done", "workshop-checked"),
    ("customers.vehicle_ready", "vehicle-ready"),
)


@pytest.fixture
def floor(transactional_db, settings, tmp_path) -> Floor:
    """A workshop that never closes, so that the journey goes at any hour, with a week behind it."""
    settings.WAREHOUSE = tmp_path
    now = datetime.now(tz=UTC)
    group = small_group()
    with scope.system("test"):
        surveyed_group(group, now=now - 30 * DAY)
        OpenHours.objects.filter(calendar=group.calendar).delete()
        OpenHours.objects.bulk_create(
            OpenHours(calendar=group.calendar, weekday=weekday, opens_at=time(0), closes_at=time(23, 59))
            for weekday in range(7)
        )
        listen_after_the_workshop(group, now=now)
        for occasion, template in TOLD:
            data = RuleData(
                name=template, occasion=occasion, follow_up="message", process_key="contact", template_key=template,
                delay_minutes=0,
            )  # fmt: skip
            save_rule(rule_id=None, unit_id=group.root.pk, data=data, by=ROBOT, now=now - 30 * DAY)
        floor = floor_of(shop_of(group))
        an_agreement(group.root)  # three people: without it no figure of theirs is shown
        Workshop.objects.update(is_online=True, notice_hours=1)
        for days in range(PAST, 0, -1):
            _closed(floor, at=now - days * DAY - 3 * HOUR, minutes=50 + days)
    return floor


def _closed(floor: Floor, *, at: datetime, minutes: int) -> None:
    order = received(floor, at=at)
    worked(floor, order.lines.get(), at=at, minutes=minutes)
    made_ready(order, at=at + 2 * HOUR)
    delivery.close_order(order_id=order.pk, invoice_reference="F-0", km=None, by=ROBOT, now=at + 2 * HOUR)


def test_from_the_customers_phone_to_the_figures(real_browser: Browser, floor: Floor) -> None:
    boss = person_in(floor.shop.unit.parent, Role.BRANCH_MANAGER, first_name="Marta", last_name="Gatti")
    visit = book_on_a_phone(real_browser, floor)
    order = take_in(real_browser, floor, visit)
    assert visit_link(order.pk) in mails_to_mario()[-1]
    clock_without_a_network(real_browser, floor, order)
    extra = approve_on_the_link(real_browser, order)
    fall_ill(real_browser, floor, boss)
    hand_back(real_browser, floor, order, extra)
    with scope.system("test"):
        react(datetime.now(tz=UTC))
        asked = Invitation.objects.filter(customer=floor.mario, sent_at=None).latest("send_after")
        assert asked.plan.name == "Dopo l'officina"
        order.refresh_from_db()
        assert (order.stage, asked.send_after >= order.closed_at + 3 * DAY) == (OrderStage.CLOSED, True)
        refresh(now=datetime.now(tz=UTC))
    compare_the_efficiency(real_browser, boss)


def book_on_a_phone(browser: Browser, floor: Floor) -> Visit:
    """Choose a service and an hour, say who comes, and confirm by the link in the mail."""
    with browser.window(None, size=PHONE) as window:
        page: Any = window.page
        window.go(f"/portal/book/{floor.shop.unit.parent.code}/")
        page.locator("label", has_text=re.compile("^\\s*Lavoro TAG30")).click()
        clean(window)
        page.get_by_role("button", name="Scelga il giorno").click()
        clean(window)
        page.locator("button[name=slot]").first.click()
        page.get_by_label("Nome e cognome").fill("Mario Rossi")
        page.get_by_label("Targa").fill(floor.panda.plate)
        page.get_by_label("E-mail").fill("mario@example.it")
        clean(window)
        page.get_by_role("button", name="Inviatemi il collegamento").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Manca un tocco")
        with scope.system("test"):
            assert not Visit.objects.filter(state=VisitState.BOOKED).exists()
            [path] = re.findall(r"https?://[^/\s]+(/portal/book/confirm/\S+)", Outgoing.objects.latest("pk").body)
        window.go(path)
        page.get_by_role("button", name="Sì, confermo").click()
        expect(page.get_by_text("È prenotato")).to_be_visible()
        clean(window)
    with scope.system("test"):
        visit: Visit = Visit.objects.get(state=VisitState.BOOKED)
        assert (visit.customer, visit.vehicle, visit.source) == (floor.mario, floor.panda, Source.WEB)
        assert visit.allocations.count() == 1
    return visit


def take_in(browser: Browser, floor: Floor, visit: Visit) -> Order:
    """Walk around the car at reception, and open the order."""
    with browser.window(floor.desk, size=PHONE) as window:
        page: Any = window.page
        window.go(f"/workshop/reception/{visit.pk}/")
        page.get_by_label("Chilometri").fill("30120")
        page.locator("[data-tap]").click(position={"x": 30, "y": 40})
        page.get_by_label("Che cosa è danneggiato").fill("Graffio")
        clean(window)
        page.get_by_role("button", name="Apri l'ordine").click()
        expect(page.get_by_role("heading", name="Ordini")).to_be_visible()
    with scope.system("test"):
        order: Order = Order.objects.get(visit=visit)
        assert (order.km, order.damages.get().note, order.customer) == (30_120, "Graffio", floor.mario)
    return order


def clock_without_a_network(browser: Browser, floor: Floor, order: Order) -> None:
    """Begin with a network, stop and propose extra work without one; it comes back and all is there once."""
    with browser.window(_hands(order), size=PHONE) as window:
        page: Any = window.page
        window.go("/workshop/terminal/")
        page.evaluate("navigator.serviceWorker.ready.then(() => 1)")
        page.get_by_label("Targa, VIN o ordine").fill(floor.panda.plate)
        line = page.locator("[data-line]", has_text="Lavoro TAG30").first
        line.get_by_role("button", name="Inizia").click()
        expect(line.get_by_role("button", name="Ferma")).to_be_visible()
        expect(page.locator("[data-net]")).to_be_hidden()
        page.wait_for_load_state()
        page.wait_for_timeout(1500)  # the page names what it loaded, and the worker keeps it

        page.context.set_offline(True)
        page.get_by_label("Targa, VIN o ordine").fill(floor.panda.plate)
        line.get_by_role("button", name="Ferma").click()
        job = page.locator("section[data-names]", has_text=floor.panda.plate)
        job.get_by_text("Proponi un lavoro in più").click()
        job.get_by_label("Lavoro", exact=True).fill("Pastiglie anteriori")
        job.get_by_label("Perché, in parole che il cliente capisce").fill("Restano 2 mm su 10.")
        job.get_by_label("Prezzo della riga in euro, IVA inclusa").fill("189")
        job.get_by_role("button", name="Proponi al cliente").click()
        expect(page.locator("[data-net]")).to_contain_text("In attesa: 2")
        with scope.system("test"):
            assert (order.clockings.get().ended_at, order.lines.filter(is_extra=True).count()) == (None, 0)

        page.context.set_offline(False)
        page.evaluate("dispatchEvent(new Event('online'))")
        expect(page.locator("[data-net]")).to_be_hidden()
        expect(page.get_by_text("Pastiglie anteriori").first).to_be_attached()
        # What the browser said of a network that was not there, early or late.
        window.errors[:] = [line for line in window.errors if "ERR_INTERNET_DISCONNECTED" not in line]
        clean(window)
    with scope.system("test"):
        clocked = order.clockings.get()
        assert clocked.ended_at > clocked.started_at
        assert order.lines.get(is_extra=True).state == LineState.PROPOSED


def approve_on_the_link(browser: Browser, order: Order) -> OrderLine:
    """Approve the extra work on the visit link, without a login."""
    with browser.window(None, size=PHONE) as window:
        page: Any = window.page
        window.go(re.sub(r"^https?://[^/]+", "", visit_link(order.pk)))
        expect(page.get_by_text("189,00").first).to_be_visible()
        page.get_by_label("Il Suo nome e cognome").fill("Mario Rossi")
        page.get_by_role("button", name="Approvo").click()
        expect(page.get_by_text("la Sua decisione è arrivata in officina")).to_be_visible()
        clean(window)
    with scope.system("test"):
        extra: OrderLine = order.lines.get(is_extra=True)
        sealed = Approval.objects.get(order=order)
        assert (extra.state, sealed.is_approved, sealed.name) == (LineState.APPROVED, True, "Mario Rossi")
        assert sealed.shown["lines"][0]["text"] == "Pastiglie anteriori"
    return extra


def fall_ill(browser: Browser, floor: Floor, boss: Person) -> None:
    """Luca is ill tomorrow: what he was to do goes to other hands by one click, and no promise is broken."""
    nine = datetime.combine(datetime.now(tz=UTC).date() + DAY, time(9), UTC)
    planned = visit_in(floor.shop, floor.giulia, floor.ypsilon, at=nine)
    luca = floor.shop.technicians["luca"]
    with browser.window(boss, size=DESKTOP) as window:
        page: Any = window.page
        window.go(f"/workshop/plan/replan/?unit={floor.shop.unit.pk}&day={nine:%Y-%m-%d}")
        away = page.locator("section", has=page.get_by_role("heading", name="Qualcuno è assente"))
        away.get_by_label("Tecnico").select_option(label=luca.person.full_name)
        away.get_by_label("Dalle").fill("00:00")
        away.get_by_role("button", name="Proponi").click()
        page.wait_for_url("**/proposals/**")
        with scope.system("test"):
            run_jobs()
        page.get_by_role("button", name="Accetta").click()
        expect(
            page.get_by_role("button", name="Torna indietro").or_(page.get_by_text("Accettata")).first
        ).to_be_visible()
        clean(window)
    with scope.system("test"):
        moved = Allocation.objects.get(visit=planned)
        assert moved.technician != luca
        assert Visit.objects.get(pk=planned.pk).promised_at == planned.promised_at
        assert Absence.objects.get().person == luca.person


def hand_back(browser: Browser, floor: Floor, order: Order, extra: OrderLine) -> None:
    """Finish the work on the terminal, say it is ready, and close the order with its invoice."""
    with browser.window(_hands(order), size=PHONE) as window:
        page: Any = window.page
        for text in ("Lavoro TAG30", extra.text):
            window.go("/workshop/terminal/")
            page.get_by_label("Targa, VIN o ordine").fill(floor.panda.plate)
            page.locator("[data-line]", has_text=text).first.get_by_role("button", name="Finito").click()
            until(lambda text=text: is_done(order, text), seconds=20, what=f"{text} reaches the server")
            expect(page.locator("[data-net]")).to_be_hidden()
    with scope.system("test"):
        assert set(order.lines.values_list("state", flat=True)) == {LineState.DONE}
    with browser.window(floor.desk, size=DESKTOP) as window:
        page = window.page
        window.go(f"/workshop/orders/{order.pk}/")
        before = mails_to_mario()
        page.get_by_role("button", name="Pronto: avvisa il cliente").click()
        expect(page.get_by_role("button", name="Pronto: avvisa il cliente")).to_have_count(0)
        [ready] = mails_to_mario()[len(before) :]
        assert "pronto" in ready
        page.get_by_label("Fattura").fill("F-2026-88")
        page.get_by_role("button", name="Consegna e chiudi").click()
        expect(page.get_by_text("F-2026-88").first).to_be_visible()
        clean(window)


def is_done(order: Order, text: str) -> bool:
    """Tell whether what was pressed on the terminal has come: it is kept there first, and sent then."""
    with scope.system("test"):
        found: bool = order.lines.filter(text=text, state=LineState.DONE).exists()
    return found


def compare_the_efficiency(browser: Browser, boss: Person) -> None:
    """The page says what a slow count over the tables says."""
    with browser.window(boss, size=DESKTOP) as window:
        page: Any = window.page
        window.go("/analytics/workshop/")
        card = page.locator("a, section, article", has_text="Rendimento").first
        expect(page.get_by_text(efficiency_by_hand()).first).to_be_visible()
        expect(card).to_be_visible()
        clean(window)


def efficiency_by_hand() -> str:
    """Return hours sold of hours worked on closed orders as the page writes it, by loops over plain rows."""
    sold, spent = 0, timedelta()
    with scope.system("test"):
        for order in Order.objects.filter(stage=OrderStage.CLOSED):
            for line in OrderLine.objects.filter(order=order):
                if line.kind == LineKind.LABOUR and line.state == LineState.DONE:
                    sold += line.minutes * 60
                for one in Clocking.objects.filter(line=line):
                    if one.ended_at is not None:
                        spent += one.ended_at - one.started_at
    share = Fraction(sold, 1) / Fraction(spent // timedelta(microseconds=1), 1_000_000)
    return f"{float(share * 100):.1f}".replace(".", ",")


def mails_to_mario() -> list[str]:
    """Let everything that is subscribed happen and the messages be made, as the worker does; return Mario's."""
    now = datetime.now(tz=UTC)
    with scope.system("test"):
        react(now)
        make_due_contacts(now=now + timedelta(minutes=1))
        return [row.body for row in Outgoing.objects.filter(to_address="mario@example.it").order_by("pk")]


def _hands(order: Order) -> Person:
    with scope.system("test"):
        person: Person = order.visit.allocations.first().technician.person
    return person


def clean(window: Window) -> None:
    """The page has no violation of any kind."""
    assert (window.axe(), window.blocked(), window.errors) == ([], [], [])
