"""The thread: everything in order, new parts without repeats, warnings where a sender is not proven."""

from datetime import timedelta

import pytest

from corsia.cases import services as cases
from corsia.conversations import queries, services
from corsia.messaging.models import Message, Thread
from tests.conftest import NOON
from tests.conversations.cases import a_mail, an_answer_of_the_customer

pytestmark = pytest.mark.django_db


def shown(page) -> list[str]:
    return [item.message.text if item.message else item.happening.sentence for item in page]


def test_messages_notes_and_happenings_stand_in_the_order_of_time(desk, at_desk, everything) -> None:
    desk.mailbox.acknowledges = False
    desk.mailbox.save()
    case = a_mail(desk, text="Prima")
    cases.take(case_id=case.pk, by=at_desk, now=NOON + timedelta(minutes=1))
    services.add_note(case_id=case.pk, text="Nota", mentioned_ids=[], by=at_desk, now=NOON + timedelta(minutes=2))
    services.send_reply(case_id=case.pk, text="Risposta", by=at_desk, now=NOON + timedelta(minutes=3))
    case.refresh_from_db()

    page = queries.thread_page(case=case, now=NOON + timedelta(minutes=4))

    assert shown(page.items) == [
        "Pratica aperta · E-mail",
        "Prima",
        "Laura Pedretti ha preso la pratica",
        "Nota",
        "Risposta",
    ]
    assert [item.day is not None for item in page.items] == [True, False, False, False, False]
    assert not page.has_older


def test_an_open_page_gets_only_what_it_does_not_show_and_what_changed(desk, at_desk, everything) -> None:
    case = a_mail(desk, text="Prima")
    sent = services.send_reply(case_id=case.pk, text="Risposta", by=at_desk, now=NOON)
    page = queries.thread_page(case=case, now=NOON)
    last_line = max(item.happening.id for item in page.items if item.happening)
    fresh = an_answer_of_the_customer(desk, case, at=NOON + timedelta(minutes=5), text="Grazie")

    later = NOON + timedelta(minutes=6)
    items = queries.items_after(case=case, message_id=sent.pk, audit_id=last_line, pending=[sent.pk], now=later)

    assert [item.message.id for item in items if item.message] == [sent.pk, fresh]
    assert not any(item.happening for item in items)
    assert queries.items_after(case=case, message_id=fresh, audit_id=last_line, pending=[], now=later) == []


def test_older_messages_come_in_pages(desk, at_desk, everything, monkeypatch) -> None:
    from corsia.conversations.queries import thread

    monkeypatch.setattr(thread, "RECENT", 2)
    desk.mailbox.acknowledges = False
    desk.mailbox.save()
    case = a_mail(desk, text="1")
    for number in (2, 3, 4, 5):
        an_answer_of_the_customer(desk, case, at=NOON + timedelta(minutes=number), text=str(number))

    newest = queries.thread_page(case=case, now=NOON)
    middle = queries.thread_page(case=case, now=NOON, before_id=newest.first_message_id)
    oldest = queries.thread_page(case=case, now=NOON, before_id=middle.first_message_id)

    def texts(page) -> list[str]:
        return [item.message.text for item in page.items if item.message]

    assert (texts(newest), newest.has_older) == (["4", "5"], True)
    assert (texts(middle), middle.has_older) == (["2", "3"], True)
    assert (texts(oldest), oldest.has_older) == (["1"], False)


def test_a_sender_who_is_not_proven_is_marked(desk, browser, noon) -> None:
    case = a_mail(desk)
    an_answer_of_the_customer(desk, case, at=NOON, text="Sono io", from_address="altro@example.org")

    page = browser.get(f"/conversations/{case.pk}/").content.decode()

    assert "Inviato da altro@example.org, che non è un indirizzo di questo cliente." in page


def test_what_customers_write_is_shown_as_text(desk, browser, noon) -> None:
    case = a_mail(desk, name="Eve Mallory", subject="<script>alert(1)</script>", text='<img src=x onerror="x()"> ciao')

    page = browser.get(f"/conversations/{case.pk}/").content.decode()

    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "&lt;img src=x onerror=&quot;x()&quot;&gt; ciao" in page


def test_reading_empties_the_unread_number_for_everybody(desk, browser, noon) -> None:
    case = a_mail(desk)
    assert Thread.unscoped.get(pk=case.pk).unread == 1

    browser.get(f"/conversations/{case.pk}/")
    assert Thread.unscoped.get(pk=case.pk).unread == 1  # looking at a link changes nothing

    browser.post(f"/conversations/{case.pk}/here/", {"typing": "0", "read": "1"})
    assert Thread.unscoped.get(pk=case.pk).unread == 0


def test_a_fragment_is_asked_for_by_htmx_and_the_whole_page_otherwise(desk, browser, noon) -> None:
    case = a_mail(desk)
    url = f"/conversations/{case.pk}/"

    fragment = browser.get(url, headers={"HX-Request": "true"})
    page = browser.get(url)
    restored = browser.get(url, headers={"HX-Request": "true", "HX-History-Restore-Request": "true"})

    assert "<html" not in fragment.content.decode()
    assert "<html" in page.content.decode()
    assert "<html" in restored.content.decode()
    assert "HX-Request" in fragment.headers["Vary"]


def test_the_original_of_a_shortened_message_is_one_click_away(desk, browser, noon) -> None:
    case = a_mail(desk, text="Breve", full_text="Breve\n\n> citazione lunga")
    message_id = Message.unscoped.filter(case=case).earliest("pk").pk

    shown_text = browser.get(f"/conversations/{case.pk}/messages/{message_id}/original/").content.decode()

    assert "&gt; citazione lunga" in shown_text
