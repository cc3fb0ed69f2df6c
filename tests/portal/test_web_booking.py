"""A stranger books on the web: nothing is told about anybody, nothing is booked before the contact is confirmed."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from corsia.customers.models import ContactPoint, Customer
from corsia.kernel import scope
from corsia.messaging.models import Outgoing
from corsia.messaging.services import install_templates
from corsia.organisation.queries import time_zone_of
from corsia.workshop.models import Fetch, JobPart, OnlineRequest, Technician, Visit, Workshop
from corsia.workshop.services import booking, online, parts
from corsia.workshop.services.parts import PartInfo
from corsia.workshop.vocabulary import LAPSED, Source, VisitState
from tests.factories.customers import ADDED_AT, ROBOT
from tests.factories.messaging import a_mailbox
from tests.factories.orders import Floor, floor_of
from tests.factories.organisation import small_group
from tests.factories.workshop import BRAKES, SERVICE, shop_of

pytestmark = pytest.mark.django_db

WHO = {"name": "Nuovo Cliente", "plate": "zz 999 zz", "email": "Nuovo@Example.it", "phone": "", "wish": "Fischia"}
_CHANGING = re.compile(r'name="csrfmiddlewaretoken" value="[^"]+"')


@pytest.fixture
def floor() -> Floor:
    group = small_group()
    with scope.system("test"):
        install_templates(unit_id=group.root.pk, by=ROBOT, now=ADDED_AT)
    a_mailbox(group.root)
    return floor_of(shop_of(group))


@pytest.fixture
def page(floor: Floor) -> str:
    return f"/portal/book/{floor.shop.unit.parent.code}/"


def work(floor: Floor) -> dict[str, object]:
    return {"job": floor.shop.jobs[SERVICE].pk, "l": "it"}


def slots_of(browser: Client, page: str, body: dict[str, object]) -> list[str]:
    answer = browser.get(f"{page}when/", body)
    assert answer.status_code == 200
    return re.findall(r'name="slot" value="([^"]+)"', answer.content.decode())


def held(browser: Client, page: str, floor: Floor, slot: str = "") -> str:
    """Hold a slot and return the address of the page that asks who it is."""
    slot = slot or slots_of(browser, page, work(floor))[0]
    answer = browser.post(f"{page}when/", work(floor) | {"slot": slot})
    assert answer.status_code == 302, answer.content.decode()
    return answer.headers["Location"]


def link_sent() -> str:
    """Return the address that the last message names."""
    [link] = re.findall(r"https?://[^/\s]+(/portal/book/confirm/\S+)", Outgoing.unscoped.order_by("-pk")[0].body)
    return link


def test_each_reason_is_said_once_in_its_own_words(floor: Floor, page: str) -> None:
    JobPart.unscoped.create(job=floor.shop.jobs[SERVICE], code="OF", name="Filtro", quantity=1, price_cents=1_500)
    with scope.system("test"):
        parts.add_part(
            unit_id=floor.shop.unit.pk, info=PartInfo(code="OF", name="Filtro"), on_hand=Decimal(9), by=ROBOT,
            now=timezone.now(),
        )  # fmt: skip

    shown = Client().get(f"{page}when/", work(floor)).content.decode()

    [first, *_others] = re.findall(r'<span class="bk-why">(.*?)</span></button', shown, re.DOTALL)
    said = re.findall(r"</svg>([^<]+)", first)
    assert said == ["Il primo", "Giornata tranquilla", "Ricambi pronti"]


def test_a_stranger_books_and_only_the_confirmed_contact_makes_a_customer(floor: Floor, page: str) -> None:
    browser = Client()
    before = Customer.unscoped.count()
    address = held(browser, page, floor)

    visit = Visit.unscoped.get()
    assert (visit.state, visit.customer_id, visit.source) == (VisitState.HELD, None, Source.WEB)
    assert browser.post(address, WHO).status_code == 302
    assert (Customer.unscoped.count(), Outgoing.unscoped.count()) == (before, 1)
    mail = Outgoing.unscoped.get()
    assert mail.to_address == "nuovo@example.it"
    assert "Nuovo" not in mail.body
    assert "Fischia" not in mail.body
    assert "n…o@example.it" in browser.get(address).content.decode()

    other = Client()
    assert other.get(link_sent()).status_code == 200  # a scanner of links confirms nothing
    assert Visit.unscoped.get().state == VisitState.HELD
    done = other.post(link_sent())

    visit.refresh_from_db()
    assert (visit.state, visit.vehicle_id, visit.wish) == (VisitState.BOOKED, None, "Fischia")
    assert visit.customer.display_name == "Nuovo Cliente"
    assert ContactPoint.unscoped.get(customer=visit.customer).value == "nuovo@example.it"
    shown = other.get(done.headers["Location"]).content.decode()
    assert "È prenotato" in shown
    assert other.post(link_sent()).status_code == 302  # a second tap books nothing else
    assert Visit.unscoped.filter(state=VisitState.BOOKED).count() == 1


def test_what_is_known_of_somebody_changes_no_answer(floor: Floor, page: str) -> None:
    """The same pages for a customer's own plate and address as for a stranger's."""

    def walk(who: dict[str, str]) -> list[str]:
        Visit.unscoped.all().delete()
        Outgoing.unscoped.all().delete()
        browser = Client()
        address = held(browser, page, floor)
        told = [browser.post(address, WHO | who), browser.get(address)]
        texts = [Outgoing.unscoped.get().body, *(answer.content.decode() for answer in told)]
        secret = address.split("/who/")[1].partition("/")[0]
        return [
            re.sub(r"confirm/\S+", "", _CHANGING.sub("", text.replace(secret, "").replace(who["email"], "@")))
            for text in texts
        ]

    known = walk({"email": "mario@example.it", "plate": floor.panda.plate})
    stranger = walk({"email": "marco@example.it", "plate": "ZZ123ZZ"})

    assert [text.replace("m…o@example.it", "") for text in known] == [
        text.replace("m…o@example.it", "") for text in stranger
    ]
    assert "Panda" not in "".join(known)
    assert "Mario" not in "".join(known)


def test_a_vehicle_is_linked_only_to_who_holds_it(floor: Floor, page: str) -> None:
    def booked(email: str, plate: str) -> Visit:
        browser = Client()
        browser.post(held(browser, page, floor), WHO | {"email": email, "plate": plate})
        browser.post(link_sent())
        return Visit.unscoped.order_by("-pk")[0]

    thief = booked("ladro@example.it", floor.panda.plate)
    own = booked("mario@example.it", floor.panda.plate)

    assert (thief.vehicle_id, thief.online.plate) == (None, floor.panda.plate)
    assert (own.vehicle_id, own.customer_id) == (floor.panda.pk, floor.mario.pk)
    assert floor.mario.display_name == Customer.unscoped.get(pk=floor.mario.pk).display_name


def test_of_two_strangers_for_one_slot_the_second_is_shown_what_is_free(floor: Floor, page: str) -> None:
    others = [floor.shop.technicians[name].pk for name in ("anna", "hans")]
    Technician.unscoped.filter(pk__in=others).update(is_active=False)
    first, second = Client(), Client()
    slot = slots_of(first, page, work(floor))[0]
    assert slot in slots_of(second, page, work(floor))

    held(first, page, floor, slot)
    answer = second.post(f"{page}when/", work(floor) | {"slot": slot})

    text = answer.content.decode()
    assert answer.status_code == 409
    assert "preso un momento fa" in text
    offered = re.findall(r'name="slot" value="([^"]+)"', text)
    assert offered
    assert slot not in offered
    assert Visit.unscoped.count() == 1
    held(second, page, floor, offered[0])


@pytest.mark.django_db(transaction=True)
def test_strangers_who_want_one_slot_at_the_same_moment_get_it_once(floor: Floor, page: str) -> None:
    technicians = floor.shop.technicians
    Technician.unscoped.filter(pk__in=[technicians["anna"].pk, technicians["hans"].pk]).update(is_active=False)
    slot, ready = slots_of(Client(), page, work(floor))[0], threading.Barrier(4)

    def want(number: int) -> int:
        browser = Client(REMOTE_ADDR=f"203.0.113.{number}")
        ready.wait(20)
        try:
            return browser.post(f"{page}when/", work(floor) | {"slot": slot}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        codes = sorted(pool.map(want, range(4)))

    assert codes == [302, 409, 409, 409]
    assert Visit.unscoped.filter(state=VisitState.HELD).count() == 1


def test_one_browser_holds_one_slot_and_what_was_typed_is_taken_along(floor: Floor, page: str) -> None:
    browser = Client()
    first, second = slots_of(browser, page, work(floor))[:2]
    address = held(browser, page, floor, first)
    browser.post(address, WHO)

    again = held(browser, page, floor, second)

    assert list(Visit.unscoped.order_by("pk").values_list("state", "end_reason")) == [
        (VisitState.CANCELLED, LAPSED),
        (VisitState.HELD, ""),
    ]
    assert 'value="Nuovo Cliente"' in browser.get(again).content.decode()
    assert "di nuovo libero" in browser.get(address).content.decode()


def test_a_slot_that_lapsed_is_explained_and_nothing_typed_is_lost(floor: Floor, page: str) -> None:
    browser = Client()
    address = held(browser, page, floor)
    with scope.system("test"):
        booking.lapse_holds(now=timezone.now() + timedelta(minutes=11))

    answer = browser.post(address, WHO)

    assert answer.status_code == 409
    assert "di nuovo libero" in answer.content.decode()
    assert OnlineRequest.unscoped.get().name == "Nuovo Cliente"
    assert not Outgoing.unscoped.exists()
    assert 'value="nuovo@example.it"' in browser.get(held(browser, page, floor)).content.decode()


def test_a_link_that_comes_too_late_books_nothing_and_one_in_time_waits_half_an_hour(floor: Floor, page: str) -> None:
    browser = Client()
    browser.post(held(browser, page, floor), WHO)
    link, now = link_sent(), timezone.now()
    with scope.system("test"):
        assert booking.lapse_holds(now=now + timedelta(minutes=29)) == 0
        assert booking.lapse_holds(now=now + timedelta(minutes=31)) == 1

    assert Client().post(link).status_code == 409
    assert "di nuovo libero" in Client().get(link).content.decode()
    assert not Visit.unscoped.filter(state=VisitState.BOOKED).exists()


def test_a_stranger_cannot_fill_the_diary(floor: Floor, page: str) -> None:
    """Six open holds from one connection; a dozen of a workshop, wherever they come from."""
    slots = list(dict.fromkeys(slots_of(Client(), page, work(floor))))
    for number in range(online.MOST_OF_ADDRESS):
        held(Client(), page, floor, slots[number])

    refused = Client().post(f"{page}when/", work(floor) | {"slot": slots[8]})
    elsewhere = Client(REMOTE_ADDR="203.0.113.9").post(f"{page}when/", work(floor) | {"slot": slots[8]})

    assert (refused.status_code, elsewhere.status_code) == (409, 302)
    assert "collegamento" in refused.content.decode() or "connessione" in refused.content.decode()
    for number in range(5):
        other = Client(REMOTE_ADDR=f"203.0.113.{number + 20}")
        assert other.post(f"{page}when/", work(floor) | {"slot": slots[9 + number]}).status_code == 302
    last = Client(REMOTE_ADDR="203.0.113.99").post(f"{page}when/", work(floor) | {"slot": slots[15]})
    assert last.status_code == 409
    assert Visit.unscoped.filter(state=VisitState.HELD).count() == online.MOST_OF_WORKSHOP


def test_nobody_is_written_to_again_and_again(floor: Floor, page: str) -> None:
    """Three messages of one booking, four in an hour to one address whatever is booked."""
    browser = Client()
    address = held(browser, page, floor)
    codes = [browser.post(address, WHO).status_code for _again in range(4)]
    others = []
    for number in range(2):
        other = Client(REMOTE_ADDR=f"203.0.113.{number}")
        others.append(other.post(held(other, page, floor), WHO | {"email": "nuovo@example.it"}).status_code)

    assert codes == [302, 302, 302, 409]
    assert others == [302, 429]
    assert Outgoing.unscoped.count() == 4


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"email": ""}, 422),
        ({"email": "nessuno"}, 422),
        ({"name": " "}, 422),
        ({"plate": ""}, 422),
        ({"website": "x"}, 422),
        ({"phone": "12"}, 422),
    ],
)
def test_what_cannot_be_used_is_said_and_kept(floor: Floor, page: str, typed: dict[str, str], says: int) -> None:
    browser = Client()
    answer = browser.post(held(browser, page, floor), WHO | typed)

    assert answer.status_code == says
    assert "Fischia" in answer.content.decode()
    assert not Outgoing.unscoped.exists()


def test_only_what_is_for_the_web_is_shown_and_taken(floor: Floor, page: str) -> None:
    browser = Client()
    text = browser.get(page, {"l": "it"}).content.decode()

    assert "Lavoro TAG30" in text
    assert "Tagliando e freni" in text
    assert text.count("Lavoro FRENI") == 1  # within the package alone
    brakes = {"job": floor.shop.jobs[BRAKES].pk}
    assert browser.get(f"{page}when/", brakes).status_code == 404
    assert browser.get(f"{page}when/").status_code == 302  # nothing ticked: back, and told so
    slot = slots_of(browser, page, work(floor))[0]
    foreign = browser.post(f"{page}when/", brakes | {"slot": slot})
    assert foreign.status_code == 404
    soon = f"{floor.shop.unit.pk}|{(timezone.now() + timedelta(hours=2)).isoformat()}"
    assert browser.post(f"{page}when/", work(floor) | {"slot": soon}).status_code == 409
    assert not Visit.unscoped.exists()
    Workshop.unscoped.update(is_online=False)
    assert browser.get(page).status_code == 404


def test_what_nobody_confirmed_is_forgotten_after_a_day(floor: Floor, page: str) -> None:
    browser, now = Client(), timezone.now()
    browser.post(held(browser, page, floor), WHO)
    confirmed = Client()
    confirmed.post(held(confirmed, page, floor), WHO | {"email": "altra@example.it"})
    confirmed.post(link_sent())
    with scope.system("test"):
        booking.lapse_holds(now=now + timedelta(hours=1))
        assert online.forget_requests(now=now + timedelta(hours=23)) == 0
        assert online.forget_requests(now=now + timedelta(hours=25)) == 1

    assert [row.email for row in OnlineRequest.unscoped.all()] == ["altra@example.it"]
    assert [row.state for row in Visit.unscoped.all()] == [VisitState.BOOKED]


def test_a_vehicle_is_fetched_only_with_an_address_and_where_there_are_drivers(floor: Floor, page: str) -> None:
    browser, wish = Client(), work(floor) | {"stay": "fetch"}
    slot = slots_of(browser, page, work(floor))[0]
    before = browser.get(f"{page}when/", work(floor)).content.decode()
    forged = browser.post(f"{page}when/", wish | {"slot": slot})
    Workshop.unscoped.update(drivers=1)

    shown = browser.get(f"{page}when/", wish).content.decode()
    address = browser.post(f"{page}when/", wish | {"slot": slots_of(browser, page, wish)[0]}).headers["Location"]
    missing = browser.post(address, WHO)
    browser.post(address, WHO | {"address": "Via Milano 3, Brescia"})
    told = Outgoing.unscoped.latest("pk").body
    own = browser.post(link_sent()).headers["Location"]
    visit = Visit.unscoped.get(state=VisitState.BOOKED)
    seen = browser.get(own).content.decode()

    door = Fetch.unscoped.get(kind="fetch").at_door.astimezone(time_zone_of(visit.unit_id))
    assert f"{door:%H:%M}" in told
    assert door < visit.drop_off_at
    assert 'value="fetch"' not in before
    assert forged.status_code == 409
    assert "non ritira" in forged.content.decode()
    assert "Ritiro a domicilio" in shown
    assert (missing.status_code, 'name="address"' in missing.content.decode()) == (422, True)
    assert list(Fetch.unscoped.order_by("starts_at").values_list("visit", "driver", "address")) == [
        (visit.pk, 1, "Via Milano 3, Brescia"),
        (visit.pk, 1, "Via Milano 3, Brescia"),
    ]
    assert "Veniamo a prendere il Suo veicolo" in seen
    assert "Via Milano 3, Brescia" in seen


@pytest.mark.django_db(transaction=True)
def test_two_who_want_the_last_driver_at_the_same_moment_get_it_once(floor: Floor, page: str) -> None:
    Workshop.unscoped.update(drivers=1)
    wish, ready = work(floor) | {"stay": "fetch"}, threading.Barrier(2)
    slot = slots_of(Client(), page, wish)[0]

    def want(number: int) -> int:
        browser = Client(REMOTE_ADDR=f"203.0.113.{number}")
        ready.wait(20)
        try:
            return browser.post(f"{page}when/", wish | {"slot": slot}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        codes = sorted(pool.map(want, range(2)))

    assert codes == [302, 409]
    assert Fetch.unscoped.count() == 2  # there and back, once
