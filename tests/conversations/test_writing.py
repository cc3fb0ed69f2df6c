"""Writing: answers go through the outbox, notes never leave, what was typed is never lost."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from corsia.conversations import queries, services
from corsia.conversations.models import Draft, Mention
from corsia.kernel.errors import NotFound
from corsia.messaging.models import Attachment, Message, Outgoing
from corsia.messaging.services import EmptyText
from corsia.messaging.vocabulary import Direction, OutboxState
from corsia.organisation.models import Notification
from tests.conftest import NOON
from tests.conversations.cases import a_mail

pytestmark = pytest.mark.django_db


def test_a_draft_is_kept_for_its_writer_alone_and_one_for_each_kind(desk, at_desk, anna) -> None:
    case = a_mail(desk)

    services.keep_draft(case_id=case.pk, is_note=False, text="Gentile", by=at_desk, now=NOON)
    services.keep_draft(case_id=case.pk, is_note=False, text="Gentile Giulia,", by=at_desk, now=NOON)
    services.keep_draft(case_id=case.pk, is_note=True, text="Chiedere a Paolo", by=at_desk, now=NOON)

    assert queries.drafts_of(case_id=case.pk, person_id=at_desk.id) == ("Gentile Giulia,", "Chiedere a Paolo")
    assert queries.drafts_of(case_id=case.pk, person_id=anna.pk) == ("", "")


def test_emptying_a_draft_forgets_it(desk, at_desk) -> None:
    case = a_mail(desk)
    services.keep_draft(case_id=case.pk, is_note=False, text="Gentile", by=at_desk, now=NOON)

    services.keep_draft(case_id=case.pk, is_note=False, text="  \n", by=at_desk, now=NOON)

    assert Draft.unscoped.count() == 0


def test_a_draft_stays_when_the_answer_is_refused(desk, at_desk) -> None:
    case = a_mail(desk)
    services.keep_draft(case_id=case.pk, is_note=False, text="Gentile", by=at_desk, now=NOON)

    with pytest.raises(EmptyText):
        services.send_reply(case_id=case.pk, text="   ", by=at_desk, now=NOON)

    assert queries.drafts_of(case_id=case.pk, person_id=at_desk.id)[0] == "Gentile"


def test_the_page_brings_the_draft_back(desk, browser, laura, at_desk, noon) -> None:
    case = a_mail(desk)
    browser.post(f"/conversations/{case.pk}/draft/", {"kind": "out", "text": "Gentile Giulia, <b>"})

    page = browser.get(f"/conversations/{case.pk}/").content.decode()

    assert ">Gentile Giulia, &lt;b&gt;</textarea>" in page


def test_an_answer_goes_to_the_outbox_and_takes_its_draft_along(desk, browser, at_desk, noon) -> None:
    case = a_mail(desk)
    services.keep_draft(case_id=case.pk, is_note=False, text="La aspettiamo", by=at_desk, now=NOON)
    services.keep_draft(case_id=case.pk, is_note=True, text="nota", by=at_desk, now=NOON)

    answer = browser.post(
        f"/conversations/{case.pk}/write/",
        {"kind": "out", "text": "La aspettiamo <domani>.", "cc": "officina@example.it; capo@example.it"},
        headers={"HX-Request": "true"},
    )

    sent = Outgoing.unscoped.get(message__direction=Direction.OUT, message__is_automatic=False)
    assert answer.status_code == 200
    assert "La aspettiamo &lt;domani&gt;." in answer.content.decode()
    assert (sent.to_address, sent.cc_addresses) == ("giulia.ferri@example.com", "officina@example.it\ncapo@example.it")
    assert sent.send_after == NOON + timedelta(seconds=20)
    assert queries.drafts_of(case_id=case.pk, person_id=at_desk.id) == ("", "nota")


def test_an_answer_takes_files_along(desk, browser, noon) -> None:
    case = a_mail(desk)

    browser.post(
        f"/conversations/{case.pk}/write/",
        {
            "kind": "out",
            "text": "In allegato",
            "files": [SimpleUploadedFile("a.txt", b"uno"), SimpleUploadedFile("b.txt", b"due!")],
        },
    )

    message = Message.unscoped.get(direction=Direction.OUT, is_automatic=False)
    files = Attachment.unscoped.filter(message=message).order_by("pk")
    assert list(files.values_list("name", "size")) == [("a.txt", 3), ("b.txt", 4)]


def test_send_later_is_read_in_the_time_of_the_unit(desk, browser, noon) -> None:
    case = a_mail(desk)

    browser.post(
        f"/conversations/{case.pk}/write/",
        {"kind": "out", "text": "A domani", "later_on": "2026-03-12", "later_at": "08:30"},
    )

    sent = Outgoing.unscoped.get(message__text="A domani")
    assert sent.send_after == datetime(2026, 3, 12, 7, 30, tzinfo=UTC)
    assert sent.cancel_if_customer_writes


def test_a_note_never_leaves_and_calls_only_those_who_see_the_case(desk, browser, laura, anna, stranger, noon) -> None:
    case = a_mail(desk)
    before = Outgoing.unscoped.count()

    browser.post(
        f"/conversations/{case.pk}/write/",
        {"kind": "note", "text": "@Anna Bonetti, vedi tu?", "mentions": f"{anna.pk} {stranger.pk} {laura.pk} 999999"},
    )

    note = Message.unscoped.get(direction=Direction.NOTE)
    assert note.text == "@Anna Bonetti, vedi tu?"
    assert Outgoing.unscoped.count() == before
    assert list(Mention.unscoped.values_list("person_id", "message_id")) == [(anna.pk, note.pk)]
    assert list(Notification.objects.values_list("person_id", flat=True)) == [anna.pk]


def test_a_mention_is_over_once_it_was_read(desk, browser, at_desk, anna, noon) -> None:
    case = a_mail(desk)
    services.add_note(case_id=case.pk, text="@Anna", mentioned_ids=[anna.pk], by=at_desk, now=NOON)
    from tests.factories.organisation import signed_in

    signed_in(anna).post(f"/conversations/{case.pk}/here/", {"typing": "0", "read": "1"})

    assert Mention.unscoped.get().seen_at == NOON
    assert queries.tab_counts(person_id=anna.pk, now=NOON).mentions == 0


def test_a_refused_answer_leaves_the_page_as_it_is(desk, browser, noon) -> None:
    case = a_mail(desk)

    answer = browser.post(
        f"/conversations/{case.pk}/write/",
        {"kind": "out", "text": "Ciao", "cc": "not an address"},
        headers={"HX-Request": "true"},
    )

    assert answer.status_code == 422
    assert (answer.headers["HX-Refusal"], answer.headers["HX-Reswap"]) == ("1", "none")
    assert not Message.unscoped.filter(text="Ciao").exists()


def test_taking_an_answer_back_gives_its_text_to_the_composer(desk, browser, at_desk, noon) -> None:
    case = a_mail(desk)
    message = services.send_reply(case_id=case.pk, text="Troppo presto", by=at_desk, now=NOON)

    answer = browser.post(f"/conversations/{case.pk}/messages/{message.pk}/undo/", headers={"HX-Request": "true"})

    assert Outgoing.unscoped.get(message=message).state == OutboxState.CANCELLED
    assert '"restoreText": {"text": "Troppo presto"}' in answer.headers["HX-Trigger"]
    assert "m-off" in answer.content.decode()


def test_a_message_of_another_case_cannot_be_taken_back_through_this_one(desk, browser, at_desk, noon) -> None:
    case, other = a_mail(desk, name="Ada Uno"), a_mail(desk, name="Bea Due")
    message = services.send_reply(case_id=other.pk, text="Altro", by=at_desk, now=NOON)

    answer = browser.post(f"/conversations/{case.pk}/messages/{message.pk}/undo/")

    assert answer.status_code == 404
    assert Outgoing.unscoped.get(message=message).state == OutboxState.WAITING


def test_ready_texts_are_filled_in_and_say_what_is_missing(desk, browser, noon) -> None:
    case = a_mail(desk, name="Giulia Ferri")

    shown = browser.get(f"/conversations/{case.pk}/texts/").content.decode()

    assert "Giulia" in shown
    assert "{{customer_name}}" not in shown
    assert "data-insert=" in shown


def test_colleagues_to_call_are_those_who_see_the_case_without_oneself(desk, browser, anna, stranger, noon) -> None:
    case = a_mail(desk)

    shown = browser.get(f"/conversations/{case.pk}/colleagues/").content.decode()

    assert "Anna Bonetti" in shown
    assert "Marta Riva" not in shown
    assert "Laura Pedretti" not in shown


def test_drafts_of_a_case_out_of_sight_are_refused(desk, stranger, group) -> None:
    from corsia.conversations.permissions import USE_INBOX
    from corsia.kernel import scope
    from corsia.kernel.access import scope_of
    from corsia.organisation.actors import actor_of
    from tests.factories.organisation import TODAY

    case, other = a_mail(desk), actor_of(stranger, today=TODAY)

    with scope.entered(scope_of(other, USE_INBOX)), pytest.raises(NotFound):
        services.keep_draft(case_id=case.pk, is_note=False, text="x", by=other, now=NOON)

    assert Draft.unscoped.count() == 0
