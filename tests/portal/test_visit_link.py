"""The visit link: what a customer sees and does without a login, and what nobody else sees."""

from base64 import b64encode
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from corsia.cases.models import Case
from corsia.kernel import scope
from corsia.kernel.tokens import sign
from corsia.messaging.models import Message
from corsia.workshop.links import visit_link, visit_token
from corsia.workshop.models import Approval, Order
from corsia.workshop.queries.link import steps_of
from corsia.workshop.services import delivery, reception
from corsia.workshop.services.reception import PictureData, Reception
from tests.factories.cases import ready_group
from tests.factories.customers import ROBOT
from tests.factories.orders import PNG, Floor, floor_of, made_ready, proposed
from tests.factories.organisation import small_group
from tests.factories.workshop import shop_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("everything")]

NOW = timezone.now().replace(microsecond=0) - timedelta(hours=2)


@pytest.fixture
def floor() -> Floor:
    group = small_group()
    with scope.system("test"):
        ready_group(group, now=NOW)
    return floor_of(shop_of(group))


@pytest.fixture
def order(floor: Floor) -> Order:
    with scope.system("test"):
        return opened(floor, floor.mario, floor.panda)


def opened(floor: Floor, customer, vehicle) -> Order:
    return reception.receive(
        unit_id=floor.shop.unit.pk,
        customer_id=customer.pk,
        vehicle_id=vehicle.pk,
        data=Reception(
            promised_at=NOW + timedelta(hours=6),
            pictures=[PictureData(content=PNG, is_for_customer=True), PictureData(content=PNG)],
        ),
        by=ROBOT,
        now=NOW,
    )


def address(order: Order) -> str:
    return f"/portal/v/{visit_token(order.pk)}/"


def page(order: Order, query: str = "") -> str:
    answer = Client().get(address(order) + query)
    assert answer.status_code == 200
    return answer.content.decode()


def decide(order: Order, extra, *, shown: str = "", yes: str = "yes", **fields):
    body = {"act": "decide", "line": extra.pk, "shown": shown or digest_on(page(order)), "approved": yes}
    return Client().post(address(order), body | {"name": "Mario Rossi"} | fields)


def digest_on(text: str) -> str:
    return text.partition('name="shown" value="')[2][:64]


def test_the_page_speaks_the_customers_language_and_formally(floor: Floor, order: Order) -> None:
    with scope.system("test"):
        english = opened(floor, floor.giulia, floor.ypsilon)

    assert "Chi La segue" not in page(order)  # nobody of ours received it
    assert "Può ritirarlo da" in page(order)
    assert "You can collect it from" in page(english)
    assert "Può ritirarlo da" in page(english, "?l=it")
    assert visit_link(order.pk).endswith(address(order))


def test_nothing_is_kept_by_caches_or_found_by_search_engines(order: Order) -> None:
    answer = Client().get(address(order))

    assert answer.headers["Cache-Control"] == "no-store, private"
    assert "noindex" in answer.headers["X-Robots-Tag"]


@pytest.mark.parametrize("change", ["other", "cut", "purpose", "never", "word"])
def test_a_link_that_was_not_made_here_opens_nothing(floor: Floor, order: Order, change: str) -> None:
    with scope.system("test"):
        other = opened(floor, floor.giulia, floor.ypsilon)
    token = {
        "other": f"{other.pk}-{visit_token(order.pk).partition('-')[2]}",
        "cut": visit_token(order.pk)[:-1],
        "purpose": f"{order.pk}-{sign('listening.answer', str(order.pk), length=32)}",
        "never": visit_token(999_999_999),
        "word": "abc",
    }[change]

    for method in ("get", "post"):
        assert getattr(Client(), method)(f"/portal/v/{token}/").status_code == 404


def test_only_pictures_meant_for_the_customer_are_shown(floor: Floor, order: Order) -> None:
    with scope.system("test"):
        other = opened(floor, floor.giulia, floor.ypsilon)
    shown, hidden = order.pictures.order_by("-is_for_customer")
    foreign = other.pictures.get(is_for_customer=True)

    codes = {
        one.pk: Client().get(f"{address(order)}pictures/{one.pk}/").status_code for one in (shown, hidden, foreign)
    }

    assert codes == {shown.pk: 200, hidden.pk: 404, foreign.pk: 404}
    assert f"pictures/{hidden.pk}/" not in page(order)


def test_a_customer_approves_on_the_page_and_sees_it(order: Order) -> None:
    with scope.system("test"):
        extra = proposed(order, at=NOW)

    text = page(order)
    answer = decide(order, extra, signature="data:image/png;base64," + b64encode(PNG).decode())

    assert "189,00" in text
    assert answer.status_code == 302
    approval = Approval.unscoped.get()
    assert (approval.is_approved, approval.way, approval.name) == (True, "link", "Mario Rossi")
    assert bytes(approval.signature.content) == PNG
    extra.refresh_from_db()
    assert extra.state == "approved"
    assert "Che cosa ha deciso" in page(order)


def test_what_cannot_be_taken_is_said_on_the_page_and_nothing_is_decided(order: Order) -> None:
    with scope.system("test"):
        extra = proposed(order, at=NOW)

    for fields in ({"name": " "}, {"signature": "data:image/png;base64,???"}, {"shown": "0" * 64}):
        answer = decide(order, extra, **fields)
        assert answer.status_code == 422
        assert 'class="errs"' in answer.content.decode()
    assert Client().get(address(order) + "?act=decide&approved=yes").status_code == 200  # looking decides nothing

    assert not Approval.unscoped.exists()


def test_a_question_becomes_a_message_of_one_case(order: Order) -> None:
    for text in ("Quando è pronta?", "E la fattura?"):
        assert Client().post(address(order), {"act": "ask", "text": text}).status_code == 302
    assert Client().post(address(order), {"act": "ask", "text": " "}).status_code == 422

    order.refresh_from_db()
    case = Case.unscoped.get()
    assert order.case_id == case.pk
    assert (case.customer_id, case.vehicle_id, case.unit_id) == (order.customer_id, order.vehicle_id, order.unit_id)
    messages = Message.unscoped.order_by("pk")
    assert [(one.text, one.direction, one.author_id) for one in messages] == [
        ("Quando è pronta?", "in", None),
        ("E la fattura?", "in", None),
    ]


def test_the_way_stands_at_the_work_while_it_waits(order: Order) -> None:
    assert [step.state for step in steps_of("waiting")] == ["done", "now", "to_come", "to_come", "to_come"]
    assert [step.state for step in steps_of("closed")] == ["done"] * 5


def test_a_ready_vehicle_says_what_is_to_be_paid_and_the_link_ends_after_a_while(order: Order) -> None:
    with scope.system("test"):
        made_ready(order, at=NOW)
        ready = page(order)
        delivery.close_order(order_id=order.pk, invoice_reference="F-9", km=None, by=ROBOT, now=NOW)

    assert "Da pagare al ritiro" in ready
    assert "2026/1" in ready or f"{NOW.year}/1" in ready
    assert "F-9" in page(order)
    Order.unscoped.filter(pk=order.pk).update(closed_at=NOW - timedelta(days=61))
    assert Client().get(address(order)).status_code == 404


def test_the_word_of_a_page_changes_with_whatever_it_shows_and_with_nothing_else(floor: Floor, order: Order) -> None:
    def word() -> str:
        return Client().get(f"{address(order)}version/").content.decode()

    words = [word()]
    Order.objects.filter(pk=order.pk).update(km=41_000)  # nothing that a customer sees
    assert word() == words[0]
    with scope.system("test"):
        extra = proposed(order, at=NOW)
        words.append(word())
        reception.change_promise(
            order_id=order.pk, promised_at=NOW + timedelta(hours=8), reason="Manca un pezzo", by=ROBOT, now=NOW
        )
    words.append(word())
    assert decide(order, extra).status_code == 302
    words.append(word())
    made_ready(order, at=NOW)
    words.append(word())

    assert len(set(words)) == len(words)
    assert Client().get(f"/portal/v/{order.pk}-{'0' * 32}/version/").status_code == 404
