"""The composer offers every way to the customer, and a second conversation of theirs joins in one click."""

import json
from datetime import timedelta

import pytest

from corsia.cases.models import Case
from corsia.customers.models import ContactPoint, Customer
from corsia.kernel import scope
from corsia.messaging.models import Message, Outgoing
from tests.conftest import NOON
from tests.conversations.cases import a_mail
from tests.factories.organisation import signed_in
from tests.messaging.test_channels import GIULIA, account, arrives, pager, text  # noqa: F401  (fixtures)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def two_cases(everything, desk, client, account) -> tuple[Case, Case]:  # noqa: F811
    """Giulia wrote a mail, and pages from the number on her record: one customer, two cases."""
    mail = a_mail(desk)
    ContactPoint.unscoped.create(customer_id=mail.customer_id, kind="phone", value=f"+{GIULIA}", created_at=NOON)
    arrives(client, account, text(1, "E la mia auto?"))
    return mail, Case.objects.order_by("-pk").first()


def test_every_way_is_offered_that_of_the_conversation_first(browser, two_cases) -> None:
    mail, chat = two_cases

    of_mail = browser.get(f"/conversations/{mail.pk}/ways/", headers=HTMX).content.decode()
    of_chat = browser.get(f"/conversations/{chat.pk}/ways/", headers=HTMX).content.decode()

    assert of_mail.index("giulia.ferri@example.com") < of_mail.index(f"+{GIULIA}")
    assert of_chat.index(f"+{GIULIA}") < of_chat.index("giulia.ferri@example.com")
    assert "Testo libero fino a" in of_chat


def test_an_answer_goes_the_chosen_way(browser, two_cases) -> None:
    mail, _chat = two_cases
    way = Message.objects.filter(channel="pager").get().case.thread.correspondent_id

    answer = browser.post(
        f"/conversations/{mail.pk}/write/",
        {"kind": "out", "text": "Pronta alle 17", "way": f"chat:{way}"},
        headers=HTMX,
    )

    assert answer.status_code == 200
    sent = Outgoing.objects.get(reason="reply")
    assert (sent.channel, sent.to_address, sent.body) == ("pager", GIULIA, "Pronta alle 17")


def test_a_way_of_another_customer_is_none(browser, two_cases, desk) -> None:
    other = a_mail(desk, name="Ada Neri")
    way = Message.objects.filter(channel="pager").get().case.thread.correspondent_id

    answer = browser.post(
        f"/conversations/{other.pk}/write/", {"kind": "out", "text": "Pronta", "way": f"chat:{way}"}, headers=HTMX
    )

    assert answer.status_code == 422
    assert not Outgoing.objects.filter(reason="reply").exists()


def test_outside_the_window_the_composer_offers_approved_texts_with_their_holes(browser, two_cases, noon) -> None:
    import time_machine

    _mail, chat = two_cases
    with time_machine.travel(NOON + timedelta(days=2), tick=False):
        shown = browser.get(f"/conversations/{chat.pk}/ways/", headers=HTMX).content.decode()
        chosen = browser.get(
            f"/conversations/{chat.pk}/ways/", {"ready_made": "welcome_back"}, headers=HTMX
        ).content.decode()

    assert "Welcome back" in shown
    assert 'name="hole_1"' not in shown
    assert "Buongiorno {{1}}." in chosen
    assert 'name="hole_1"' in chosen


def test_the_same_customer_elsewhere_joins_in_one_click_and_parts_again(browser, two_cases) -> None:
    mail, chat = two_cases
    beside = browser.get(f"/conversations/{mail.pk}/aside/", headers=HTMX).content.decode()
    assert f"/conversations/{mail.pk}/join/{chat.pk}/" in beside
    assert "E la mia auto?" in beside

    joined = browser.post(f"/conversations/{mail.pk}/join/{chat.pk}/", headers=HTMX)

    assert json.loads(joined.headers["HX-Trigger"])["toast"]["undo_url"] == f"/conversations/{mail.pk}/part/{chat.pk}/"
    chat.refresh_from_db()
    assert (chat.merged_into_id, chat.closed_at is not None) == (mail.pk, True)
    page = browser.get(f"/conversations/{mail.pk}/", headers=HTMX).content.decode()
    assert "E la mia auto?" in page
    assert "spia motore" in page

    browser.post(f"/conversations/{mail.pk}/part/{chat.pk}/", headers=HTMX)
    chat.refresh_from_db()
    assert (chat.merged_into_id, chat.closed_at) == (None, None)


def test_what_is_written_after_joining_arrives_in_the_one_case(browser, two_cases, client, account) -> None:  # noqa: F811
    mail, chat = two_cases
    browser.post(f"/conversations/{mail.pk}/join/{chat.pk}/", headers=HTMX)

    arrives(client, account, text(2, "Allora?"), at=NOON + timedelta(minutes=1))

    assert Message.objects.order_by("-pk").first().case_id == mail.pk
    assert Customer.objects.count() == 1


def test_nobody_of_another_branch_joins_or_sees_the_ways(two_cases, stranger) -> None:
    mail, chat = two_cases
    other = signed_in(stranger)

    assert other.get(f"/conversations/{mail.pk}/ways/", headers=HTMX).status_code == 404
    assert other.post(f"/conversations/{mail.pk}/join/{chat.pk}/", headers=HTMX).status_code == 404
    with scope.system("test"):
        assert Case.objects.get(pk=chat.pk).merged_into_id is None
