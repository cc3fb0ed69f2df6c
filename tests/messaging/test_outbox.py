"""What leaves: after the undo window, through the gate twice, once, with a fate that is written down."""

import smtplib
from datetime import timedelta

import pytest
from django.core.mail.backends.locmem import EmailBackend

from corsia.cases.models import Deadline
from corsia.cases.vocabulary import ClockKind
from corsia.customers.models import ContactPoint, Customer
from corsia.customers.services import record_consent, set_flag
from corsia.customers.vocabulary import ContactState, Flag, Purpose
from corsia.events.cases import TemplateDue
from corsia.events.messaging import MessageSent
from corsia.kernel.actors import Actor
from corsia.kernel.errors import NotAllowed, NotFound
from corsia.messaging.models import Mailbox, Message, Outgoing, Thread
from corsia.messaging.queries import messages_of
from corsia.messaging.reactions import send_due_template
from corsia.messaging.rules.incoming import NewFile
from corsia.messaging.rules.reply_marks import marked_case
from corsia.messaging.services import (
    AddressInvalid,
    CannotRetry,
    EmptyText,
    FilesTooLarge,
    MayNotContact,
    TemplateUnknown,
    TooLateToUndo,
    TooManyCopies,
    may_contact,
    record_entry_by_hand,
    send_due,
    send_template,
    try_again,
    undo_send,
    write_note,
    write_reply,
)
from corsia.messaging.vocabulary import Channel, Objection, OutboxState, SentReason
from corsia.organisation.models import Notification
from corsia.organisation.vocabulary import Role
from tests.conftest import NOON
from tests.factories.messaging import CUSTOMER, ROBOT, Desk, filed
from tests.factories.organisation import actor_in
from tests.facts import stated_facts
from tests.jobs import waiting_jobs

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
pytestmark = pytest.mark.usefixtures("everything")


class Broken(EmailBackend):
    """A mail server that answers what the test says."""

    error: Exception | None = None

    def send_messages(self, mails):
        if Broken.error:
            raise Broken.error
        return super().send_messages(mails)


@pytest.fixture
def server(settings):
    settings.EMAIL_BACKEND = "tests.messaging.test_outbox.Broken"
    Broken.error = None
    yield Broken
    Broken.error = None


@pytest.fixture
def agent(desk: Desk) -> Actor:
    return actor_in(desk.unit, first_name="Laura", last_name="Pedretti", signature="Laura Pedretti\nServizio clienti")


@pytest.fixture
def case_id(desk: Desk, mailoutbox) -> int:
    result = filed(desk, at=NOON)
    send_due(now=NOON)  # the acknowledgement
    mailoutbox.clear()
    return result.case_id


def answer(case_id: int, agent: Actor, **fields) -> Message:
    return write_reply(case_id=case_id, **{"text": "Venga pure domani alle 9.", "by": agent, "now": NOON, **fields})


def state(message: Message) -> str:
    return Outgoing.objects.get(message=message).state


def test_an_answer_leaves_after_twenty_seconds_with_all_that_threads_it(case_id, agent, desk, mailoutbox) -> None:
    message = answer(case_id, agent, cc=["marito@example.com"])

    assert send_due(now=NOON + 19 * SECOND) == 0
    assert send_due(now=NOON + 20 * SECOND) == 1

    [mail] = mailoutbox
    assert mail.to == ["Giulia Ferri <giulia.ferri@example.com>"]
    assert mail.cc == ["marito@example.com"]
    assert mail.body == "Venga pure domani alle 9.\n\n-- \nLaura Pedretti\nServizio clienti"
    headers = mail.message()
    assert headers["From"] == "Bellandi Assistenza <assistenza@bellandi.example>"
    assert headers["Message-ID"] == f"<{message.header_id}>"
    assert headers["In-Reply-To"] == "<first@example.com>"
    assert headers["References"] == "<first@example.com>"
    assert marked_case(addresses=(headers["Reply-To"].partition("<")[2].rstrip(">"),), subject="") == case_id
    assert marked_case(addresses=(mail.from_email,), subject="") == case_id
    assert marked_case(addresses=(), subject=headers["Subject"]) == case_id
    assert headers["Auto-Submitted"] is None
    assert not [name for name in headers if name.lower().startswith(("x-corsia", "list-"))]
    [(html, kind)] = mail.alternatives
    assert kind == "text/html"
    assert "Venga pure domani alle 9." in html
    assert state(message) == OutboxState.SENT
    assert Deadline.objects.get(case_id=case_id, clock=ClockKind.FIRST_ANSWER).met_at == NOON + 20 * SECOND
    assert [fact.message_id for fact in stated_facts(MessageSent)] == [message.pk]
    thread = Thread.objects.get()
    assert (thread.unread, thread.waiting_since, thread.last_direction) == (0, None, "out")


def test_a_mail_is_sent_once_however_often_the_job_runs(case_id, agent, mailoutbox) -> None:
    answer(case_id, agent)

    assert [send_due(now=NOON + HOUR), send_due(now=NOON + HOUR), send_due(now=NOON + 2 * HOUR)] == [1, 0, 0]
    assert len(mailoutbox) == 1


def test_an_answer_can_be_taken_back_within_its_window_and_not_after(case_id, agent, mailoutbox) -> None:
    message = answer(case_id, agent)

    undone = undo_send(message_id=message.pk, by=agent, now=NOON + 19 * SECOND)

    assert undone.text == "Venga pure domani alle 9."
    assert state(message) == OutboxState.CANCELLED
    assert Thread.objects.get().waiting_since == NOON
    assert send_due(now=NOON + HOUR) == 0
    assert mailoutbox == []
    late = answer(case_id, agent)
    with pytest.raises(TooLateToUndo):
        undo_send(message_id=late.pk, by=agent, now=NOON + 20 * SECOND)
    assert state(late) == OutboxState.WAITING


def test_a_message_for_later_gives_way_when_the_customer_writes_and_its_writer_is_told(case_id, agent, desk) -> None:
    later = answer(case_id, agent, send_after=NOON + 24 * HOUR)
    stays = answer(case_id, agent, send_after=NOON + 24 * HOUR, cancel_if_customer_writes=False)
    now = answer(case_id, agent)

    filed(desk, at=NOON + 5 * SECOND, header_id="<r@x>", in_reply_to=("<first@example.com>",), text="Risolto da sola")

    assert [state(later), state(stays), state(now)] == [
        OutboxState.CANCELLED,
        OutboxState.WAITING,
        OutboxState.WAITING,
    ]
    assert [notice.person_id for notice in Notification.objects.filter(kind="messaging.cancelled")] == [agent.id]
    assert send_due(now=NOON + 23 * HOUR) == 1
    assert send_due(now=NOON + 25 * HOUR) == 1


def test_each_later_mail_has_a_job_of_its_own(case_id, agent) -> None:
    before = waiting_jobs().count(("messaging.send_later", {}))
    answer(case_id, agent)
    answer(case_id, agent, send_after=NOON + HOUR)

    assert waiting_jobs().count(("messaging.send_later", {})) == before + 2


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"text": " \n "}, EmptyText),
        ({"to": "giulia"}, AddressInvalid),
        ({"to": "a@b.it\nBcc: all@example.com"}, AddressInvalid),
        ({"cc": ["x@y.it, z@y.it"]}, AddressInvalid),
        ({"cc": [f"p{number}@example.com" for number in range(11)]}, TooManyCopies),
        ({"attachments": [NewFile(name="x", content=b"x" * (20 * 1024 * 1024 + 1))]}, FilesTooLarge),
    ],
)
def test_what_cannot_be_sent_is_refused_before_anything_is_stored(case_id, agent, fields, refusal) -> None:
    before = Message.objects.count()

    with pytest.raises(refusal):
        answer(case_id, agent, **fields)

    assert Message.objects.count() == before


def test_files_leave_with_the_answer(case_id, agent, mailoutbox) -> None:
    answer(case_id, agent, attachments=[NewFile(name="../preventivo.pdf", content=b"%PDF-1.4 ...")])
    send_due(now=NOON + HOUR)

    assert [(name, content, kind) for name, content, kind in mailoutbox[0].attachments] == [
        ("preventivo.pdf", b"%PDF-1.4 ...", "application/pdf")
    ]


def test_what_a_customer_calls_themselves_adds_no_header_and_no_markup(case_id, agent, mailoutbox) -> None:
    Customer.objects.update(display_name='Eve\r\nBcc: all@example.com "<x>')
    Mailbox.unscoped.update(name="Bellandi\nX-Evil: 1")
    answer(case_id, agent, text="<img src=x onerror=alert(1)>\nhttps://example.it/a")
    send_due(now=NOON + HOUR)

    mail = mailoutbox[0].message()
    assert mail["Bcc"] is None
    assert mail["X-Evil"] is None
    html = mailoutbox[0].alternatives[0][0]
    assert "<img" not in html
    assert '<a href="https://example.it/a">' in html


def test_only_people_of_the_unit_answer(case_id, desk) -> None:
    with pytest.raises(NotAllowed):
        answer(case_id, actor_in(desk.group.verona))
    with pytest.raises(NotAllowed):
        write_note(case_id=case_id, text="x", by=actor_in(desk.unit, Role.CONSULTANT), now=NOON)
    with pytest.raises(NotFound):
        answer(10**9, actor_in(desk.unit))


def test_a_note_never_leaves_and_tells_those_it_mentions(case_id, agent, desk, mailoutbox) -> None:
    colleague = actor_in(desk.unit)

    write_note(case_id=case_id, text="Chiama tu?", by=agent, now=NOON, mentions=[colleague.id])
    send_due(now=NOON + HOUR)

    assert mailoutbox == []
    assert [row.person_id for row in Notification.objects.filter(kind="messaging.mentioned")] == [colleague.id]
    assert [row.direction for row in messages_of(case_id)][-1] == "note"
    assert Thread.objects.get().waiting_since == NOON


@pytest.mark.parametrize(
    ("error", "stored", "is_final"),
    [
        (smtplib.SMTPRecipientsRefused({CUSTOMER: (550, b"5.1.1 no such user")}), "address_refused: 550 5.1.1", True),
        (smtplib.SMTPRecipientsRefused({CUSTOMER: (450, b"greylisted")}), "address_refused: 450 greylisted", False),
        (smtplib.SMTPDataError(554, b"spam"), "mail_refused: 554 spam", True),
        (smtplib.SMTPDataError(451, b"later"), "mail_refused: 451 later", False),
        (smtplib.SMTPSenderRefused(553, b"who", "x"), "sender_refused: 553 who", True),
        (smtplib.SMTPAuthenticationError(535, b"no"), "login_failed: 535 no", False),
        (smtplib.SMTPServerDisconnected("gone"), "unreachable: gone", False),
        (ConnectionRefusedError(111, "refused"), "unreachable: ", False),
        (TimeoutError("slow"), "unreachable: slow", False),
    ],
)
def test_a_failure_is_kept_in_plain_words_and_retried_only_when_that_can_help(
    case_id, agent, server, mailoutbox, error, stored, is_final
) -> None:
    message = answer(case_id, agent)
    server.error = error
    send_due(now=NOON + MINUTE)

    row = Outgoing.objects.get(message=message)
    assert row.last_error.startswith(stored)
    assert row.state == (OutboxState.FAILED if is_final else OutboxState.WAITING)
    shown = messages_of(case_id)[-1].sending
    assert shown is not None
    assert shown.reason
    assert (Thread.objects.get().waiting_since == NOON) == is_final

    server.error = None
    send_due(now=NOON + HOUR)
    assert len(mailoutbox) == (0 if is_final else 1)
    if is_final:
        ContactPoint.objects.update(state=ContactState.UNKNOWN)
        try_again(outgoing_id=row.pk, by=agent, now=NOON + HOUR)
        send_due(now=NOON + HOUR)
        assert len(mailoutbox) == 1


def test_retries_wait_longer_each_time_and_end_after_eight(case_id, agent, server) -> None:
    message = answer(case_id, agent)
    server.error = OSError("down")
    now, waits = NOON + MINUTE, []
    for _attempt in range(8):
        assert send_due(now=now) == 1
        row = Outgoing.objects.get(message=message)
        waits.append(int((row.send_after - now).total_seconds()) if row.state == OutboxState.WAITING else None)
        now = max(row.send_after, now)

    assert waits == [30, 90, 270, 810, 2430, 7290, 21600, None]
    assert row.state == OutboxState.FAILED
    assert send_due(now=now + 24 * HOUR) == 0


def test_an_address_refused_at_the_door_is_marked_as_bouncing(case_id, agent, server) -> None:
    answer(case_id, agent)
    server.error = smtplib.SMTPRecipientsRefused({CUSTOMER: (550, b"5.1.1 no such user")})
    send_due(now=NOON + MINUTE)

    assert ContactPoint.objects.get().state == ContactState.BOUNCING


def test_a_sender_that_died_leaves_a_mail_that_is_sent_again_with_the_same_id(case_id, agent, mailoutbox) -> None:
    message = answer(case_id, agent)
    Outgoing.objects.filter(message=message).update(state=OutboxState.SENDING, claimed_at=NOON + MINUTE, attempts=1)

    assert send_due(now=NOON + 5 * MINUTE) == 0
    assert send_due(now=NOON + 7 * MINUTE) == 1
    assert [mail.message()["Message-ID"] for mail in mailoutbox] == [f"<{message.header_id}>"]


def test_a_survey_whose_sender_died_is_not_sent_twice(case_id, mailoutbox) -> None:
    row = survey(case_id)
    Outgoing.objects.filter(pk=row.pk).update(state=OutboxState.SENDING, claimed_at=NOON, attempts=1)

    send_due(now=NOON + HOUR)

    row.refresh_from_db()
    assert (row.state, row.last_error) == (OutboxState.FAILED, "interrupted")
    assert mailoutbox == []


def survey(case_id: int, key: str = "survey:1") -> Outgoing:
    return send_template(
        case_id=case_id,
        template_key="survey",
        reason=SentReason.SURVEY,
        idempotency_key=key,
        now=NOON,
        extra={"survey_link": "https://example.it/s/abc"},
        unsubscribe_url="https://example.it/u/abc",
    )


def test_an_automatic_mail_says_so_and_a_survey_carries_its_way_out(case_id, mailoutbox) -> None:
    survey(case_id)
    send_due(now=NOON)

    mail = mailoutbox[0].message()
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Auto-Response-Suppress"] == "All"
    assert mail["X-Corsia-Reason"] == "survey"
    assert mail["List-Unsubscribe"] == "<https://example.it/u/abc>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "https://example.it/s/abc" in mailoutbox[0].body


def test_one_key_sends_once(case_id, mailoutbox) -> None:
    assert survey(case_id).pk == survey(case_id).pk
    send_due(now=NOON)

    assert len(mailoutbox) == 1


def test_a_survey_is_held_back_by_a_refusal_and_the_reason_is_kept(case_id, mailoutbox) -> None:
    customer = Customer.objects.get()
    record_consent(customer_id=customer.pk, purpose=Purpose.SURVEY, is_given=False, source="link", by=ROBOT, now=NOON)

    row = survey(case_id)

    assert (row.state, row.last_error) == (OutboxState.BLOCKED, Objection.NO_CONSENT)
    assert send_due(now=NOON + HOUR) == 0
    assert Message.objects.filter(outgoing=row).count() == 0


def test_a_withdrawal_after_queueing_stops_what_waits(case_id, agent, mailoutbox) -> None:
    row = survey(case_id)
    set_flag(customer_id=Customer.objects.get().pk, flag=Flag.DO_NOT_CONTACT, by=ROBOT, now=NOON)
    send_due(now=NOON + MINUTE)

    row.refresh_from_db()
    assert (row.state, row.last_error) == (OutboxState.BLOCKED, Objection.DO_NOT_CONTACT)
    assert mailoutbox == []
    answer(case_id, agent)
    send_due(now=NOON + HOUR)
    assert len(mailoutbox) == 1  # who asks is answered all the same


def test_a_missing_value_blocks_the_text_and_names_it(case_id, mailoutbox) -> None:
    row = send_template(case_id=case_id, template_key="survey", reason=SentReason.SURVEY, idempotency_key="s", now=NOON)

    assert (row.state, row.last_error, row.body) == (OutboxState.BLOCKED, "text_unusable: survey_link", "")
    with pytest.raises(CannotRetry):
        try_again(outgoing_id=row.pk, by=ROBOT, now=NOON)
    with pytest.raises(TemplateUnknown):
        send_template(case_id=case_id, template_key="no", reason=SentReason.SURVEY, idempotency_key="n", now=NOON)


def test_a_bouncing_address_is_not_written_to_until_it_writes_again(case_id, agent, desk) -> None:
    ContactPoint.objects.update(state=ContactState.BOUNCING)
    Outgoing.objects.update(state=OutboxState.BOUNCED, sent_at=NOON)
    with pytest.raises(MayNotContact) as refusal:
        answer(case_id, agent)
    assert refusal.value.data["reason"] == Objection.BOUNCING

    filed(desk, at=NOON + HOUR, header_id="<r@x>", in_reply_to=("<first@example.com>",), text="Ci sono")
    assert answer(case_id, agent, now=NOON + HOUR).pk
    verdict = may_contact(
        customer_id=Customer.objects.get().pk, channel="email", purpose=Purpose.SURVEY, now=NOON, address=CUSTOMER
    )
    assert verdict.reason == Objection.BOUNCING


def test_without_address_or_mailbox_nothing_is_sent_and_the_reason_says_what_to_do(desk, agent) -> None:
    entry = record_entry_by_hand(
        channel=Channel.PHONE, text="Richiamare per il tagliando", unit_id=desk.unit.pk, by=agent, now=NOON
    )
    with pytest.raises(MayNotContact) as refusal:
        answer(entry.case_id, agent)
    assert refusal.value.data["reason"] == Objection.NO_ADDRESS

    Mailbox.unscoped.update(is_active=False)
    with pytest.raises(MayNotContact) as refusal:
        answer(entry.case_id, agent, to="a@example.com")
    assert refusal.value.data["reason"] == Objection.NO_MAILBOX


def test_a_phone_call_becomes_a_case_and_a_second_one_joins_it(desk, agent) -> None:
    entry = record_entry_by_hand(
        channel=Channel.PHONE, text="Richiamare per il tagliando", unit_id=desk.unit.pk, by=agent, now=NOON
    )
    again = record_entry_by_hand(
        channel=Channel.COUNTER, text="È passato di persona", case_id=entry.case_id, by=agent, now=NOON + HOUR
    )

    assert (entry.outcome, again.outcome) == ("new_case", "threaded")
    assert [(row.channel, row.text) for row in messages_of(entry.case_id)] == [
        ("phone", "Richiamare per il tagliando"),
        ("counter", "È passato di persona"),
    ]


def test_a_step_that_a_mail_caused_counts_as_its_one_automatic_answer_a_day(case_id, mailoutbox) -> None:
    def due(at) -> TemplateDue:
        return TemplateDue(unit_id=1, occurred_at=at, case_id=case_id, customer_id=None, template="complaint-received")

    send_due_template(due(NOON), now=NOON)
    assert Outgoing.objects.get(idempotency_key__startswith="phase").last_error == Objection.TOO_SOON

    send_due_template(due(NOON + HOUR), now=NOON + HOUR)
    send_due_template(due(NOON + HOUR), now=NOON + HOUR)
    send_due(now=NOON + HOUR)
    assert len(mailoutbox) == 1


def test_the_conversation_is_read_in_three_statements_whatever_its_length(
    case_id, agent, django_assert_num_queries
) -> None:
    for number in range(5):
        answer(case_id, agent, text=f"n. {number}")

    with django_assert_num_queries(3):
        rows = messages_of(case_id, now=NOON)

    assert [row.text for row in rows][-1] == "n. 4"
    assert rows[-1].sending.can_undo
    assert [row.id for row in messages_of(case_id, after_id=rows[2].id)] == [row.id for row in rows[3:]]
    assert [row.id for row in messages_of(case_id, before_id=rows[3].id, limit=2)] == [rows[1].id, rows[2].id]
