"""Phone and counter: written down by hand, they become conversations like mails."""

import pytest

from corsia.cases.models import Case
from corsia.customers.models import Customer
from corsia.messaging.models import Message
from tests.factories.customers import car, gives, person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon", "desk")]


def entry(group, **values):
    return {
        "channel": "phone",
        "unit": str(group.brescia_care.pk),
        "process": "information",
        "text": "Chiede quando è pronta l'auto.",
        "takes_it": "on",
        **values,
    }


def test_a_call_of_a_known_customer_opens_a_conversation_on_their_car(group, browser, laura) -> None:
    customer = person(group.root, "Giulia Ferri", phones=["+39 351 555 0142"])
    panda = car(group.root)
    gives(customer, panda)

    assert "Giulia Ferri" in browser.get("/conversations/new/customers/?q=ferri").content.decode()
    assert "AB 123 CD" in browser.get(f"/conversations/new/customers/{customer.pk}/").content.decode()
    answer = browser.post("/conversations/new/", entry(group, customer=customer.pk, vehicle=panda.pk))

    case = Case.unscoped.get()
    assert answer.url == f"/conversations/{case.pk}/"
    assert (case.customer_id, case.vehicle_id, case.origin, case.assignee_id) == (
        customer.pk,
        panda.pk,
        "phone",
        laura.pk,
    )
    assert Message.unscoped.get().text == "Chiede quando è pronta l'auto."


def test_a_new_customer_is_added_on_the_way(group, browser) -> None:
    browser.post(
        "/conversations/new/",
        entry(group, channel="counter", first_name="Ada", last_name="Uno", phone="0300000000", takes_it=""),
    )

    customer = Customer.unscoped.get()
    assert (customer.display_name, customer.unit_id) == ("Ada Uno", group.root.pk)
    case = Case.unscoped.get()
    assert (case.customer_id, case.origin, case.assignee_id) == (customer.pk, "counter", None)


def test_without_a_customer_nothing_is_kept_and_everything_typed_stays(group, browser) -> None:
    answer = browser.post("/conversations/new/", entry(group, subject="Ritiro"))

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Scegli un cliente dalla ricerca" in page
    assert 'value="Ritiro"' in page
    assert "Chiede quando è pronta l&#x27;auto." in page
    assert not Case.unscoped.exists()


def test_nobody_opens_a_conversation_in_a_unit_that_is_not_theirs(group, browser) -> None:
    answer = browser.post(
        "/conversations/new/", entry(group, unit=str(group.verona_care.pk), first_name="Ada", last_name="Uno")
    )

    assert answer.status_code == 422
    assert not Case.unscoped.exists()
    assert not Customer.unscoped.exists()


def test_what_was_written_on_a_social_network_is_kept_with_its_link(group, browser) -> None:
    words = {"channel": "social", "process": "complaint", "text": "Officina lentissima!", "last_name": "Uno"}

    answer = browser.post("/conversations/new/", entry(group, link="social.example/post/77", **words))

    assert answer.status_code == 302
    message = Message.unscoped.get()
    assert (message.channel, message.case.origin) == ("social", "social")
    assert message.text == "Officina lentissima!\n\nhttps://social.example/post/77"
