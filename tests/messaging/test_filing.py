"""A message finds its case by what it answers or by our mark; a new one opens a case; nothing leaks on the way."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from corsia.cases.models import Case, CaseLink
from corsia.cases.services import close_case, hand_to, install_processes, merge_cases
from corsia.cases.vocabulary import Holder
from corsia.customers.models import ContactPoint, Customer
from corsia.customers.vocabulary import ContactState
from corsia.events.messaging import MessageBounced, MessageReceived
from corsia.messaging.models import Attachment, AutomaticSend, Message, Outgoing, Thread
from corsia.messaging.rules.incoming import NewFile, ReportedBounce
from corsia.messaging.rules.reply_marks import reply_address, subject_mark
from corsia.messaging.services import file_message, send_due, write_reply
from corsia.messaging.vocabulary import Direction, OutboxState, Outcome
from corsia.organisation.models import Notification
from tests.conftest import NOON
from tests.factories.messaging import CUSTOMER, ROBOT, Desk, a_desk, a_mailbox, filed, mail_for
from tests.factories.organisation import person_in, small_group
from tests.facts import stated_facts

HOUR = timedelta(hours=1)
pytestmark = pytest.mark.usefixtures("everything")


def messages(case_id: int) -> list[tuple[str, str]]:
    return list(Message.objects.filter(case_id=case_id).order_by("pk").values_list("direction", "text"))


def incoming(case_id: int) -> list[Message]:
    return list(Message.objects.filter(case_id=case_id, direction=Direction.IN).order_by("pk"))


def test_a_first_mail_opens_a_case_for_its_customer_and_is_acknowledged_once(desk: Desk) -> None:
    result = filed(desk, at=NOON)

    case = Case.objects.get()
    assert (result.outcome, result.case_id) == (Outcome.NEW_CASE, case.pk)
    assert (case.unit_id, case.subject, case.origin) == (desk.unit.pk, "Spia motore accesa", "email")
    assert case.customer is not None
    assert case.customer.display_name == "Giulia Ferri"
    thread = Thread.objects.get()
    assert (thread.messages, thread.unread, thread.waiting_since) == (2, 1, NOON)
    assert (thread.reply_address, thread.mailbox_id, thread.last_direction) == (CUSTOMER, desk.mailbox.pk, "in")
    sent = Outgoing.objects.get()
    assert (sent.reason, sent.to_address, sent.state) == ("acknowledgement", CUSTOMER, OutboxState.WAITING)
    assert "Gentile Giulia Ferri" in sent.body
    assert str(case.pk) in sent.body
    assert [fact.case_id for fact in stated_facts(MessageReceived)] == [case.pk]


def test_a_second_mail_of_the_same_person_opens_its_own_case_but_gets_no_second_automatic_mail_within_a_day(
    desk,
) -> None:
    filed(desk, at=NOON)
    filed(desk, at=NOON + HOUR, header_id="<second@example.com>", subject="Fattura")

    assert Case.objects.count() == 2
    assert Customer.objects.count() == 1
    assert Outgoing.objects.count() == 1

    filed(desk, at=NOON + timedelta(hours=24), header_id="<third@example.com>", subject="Gomme")
    assert Outgoing.objects.count() == 2


@pytest.mark.parametrize(
    "fields",
    [
        {"may_be_answered": False},
        {"from_address": ""},
        {"is_automatic": True},
    ],
)
def test_nobody_who_must_not_be_answered_is_answered(desk, fields) -> None:
    filed(desk, at=NOON, **fields)

    assert Outgoing.objects.count() == 0
    assert AutomaticSend.objects.count() == 0


def test_a_mailbox_that_does_not_acknowledge_stays_silent(group) -> None:
    filed(a_desk(group, now=NOON, acknowledges=False), at=NOON)

    assert Outgoing.objects.count() == 0


def test_an_answer_joins_by_references_before_marks(desk: Desk) -> None:
    first = filed(desk, at=NOON)
    other = filed(desk, at=NOON, header_id="<other@example.com>", subject="Altro", text="Altra cosa")

    joined = filed(
        desk,
        at=NOON + HOUR,
        header_id="<reply@example.com>",
        references=("<unknown@x>", "<first@example.com>"),
        subject=f"Re: Altro {subject_mark(other.case_id)}",
        text="Grazie",
    )

    assert (joined.outcome, joined.case_id) == (Outcome.THREADED, first.case_id)
    assert Thread.objects.get(pk=first.case_id).unread == 2


@pytest.mark.parametrize("where", ["envelope_to", "to_addresses", "cc_addresses", "subject"])
def test_an_answer_without_references_joins_by_the_signed_mark(desk: Desk, where: str) -> None:
    first = filed(desk, at=NOON)
    mark = reply_address(desk.mailbox.address, first.case_id)
    value = f"R: {subject_mark(first.case_id)}" if where == "subject" else (mark,)

    joined = filed(desk, at=NOON + HOUR, header_id="<reply@example.com>", text="Grazie", **{where: value})

    assert (joined.outcome, joined.case_id) == (Outcome.THREADED, first.case_id)


def test_a_guessed_case_number_joins_nothing_whoever_claims_to_write(desk: Desk) -> None:
    first = filed(desk, at=NOON)

    other = filed(desk, at=NOON + HOUR, header_id="<x@example.com>", subject=f"Re: [#{first.case_id}-0123456789]")

    assert other.outcome == Outcome.NEW_CASE
    assert other.case_id != first.case_id


def test_the_customers_own_address_joins_nothing_by_itself(desk: Desk) -> None:
    first = filed(desk, at=NOON)
    second = filed(desk, at=NOON + HOUR, header_id="<x@example.com>")

    assert second.case_id != first.case_id


def test_an_answer_from_another_address_is_attached_marked_and_changes_nobody(desk: Desk) -> None:
    first = filed(desk, at=NOON)
    sent_before = Outgoing.objects.count()

    joined = filed(
        desk,
        at=NOON + HOUR,
        header_id="<reply@evil.example>",
        in_reply_to=("<first@example.com>",),
        from_address="stranger@evil.example",
        text="Mandatemi tutto a questo indirizzo.",
    )

    assert joined.case_id == first.case_id
    message = incoming(first.case_id)[-1]
    assert message.is_sender_unproven
    assert not incoming(first.case_id)[0].is_sender_unproven
    thread = Thread.objects.get()
    assert thread.reply_address == CUSTOMER
    assert Outgoing.objects.count() == sent_before
    assert not ContactPoint.objects.filter(value="stranger@evil.example").exists()
    assert Customer.objects.count() == 1


def test_a_person_we_copied_in_is_known_on_the_case(desk: Desk) -> None:
    first = filed(desk, at=NOON)
    write_reply(case_id=first.case_id, text="Certo", cc=["marito@example.com"], by=ROBOT, now=NOON)
    send_due(now=NOON + HOUR)

    filed(
        desk,
        at=NOON + HOUR,
        header_id="<m@example.com>",
        in_reply_to=("<first@example.com>",),
        from_address="Marito@example.com",
        text="Vengo io.",
    )

    assert not incoming(first.case_id)[-1].is_sender_unproven


def test_another_group_s_mark_opens_nothing_here(desk: Desk) -> None:
    first = filed(desk, at=NOON)
    other = a_desk_elsewhere()

    result = filed(
        other, at=NOON + HOUR, header_id="<y@example.com>", in_reply_to=("<first@example.com>",), text="Salve"
    )

    assert result.outcome == Outcome.NEW_CASE
    assert Case.objects.get(pk=result.case_id).unit_id == other.unit.pk
    assert len(incoming(first.case_id)) == 1


def a_desk_elsewhere() -> Desk:
    group = small_group("altri")
    install_processes(unit_id=group.root.pk, by=ROBOT, now=NOON)
    return Desk(group, group.brescia_care, a_mailbox(group.brescia_care, "care@altri.example"))


def test_a_customer_s_message_brings_the_case_back_to_us(desk: Desk) -> None:
    first = filed(desk, at=NOON)
    hand_to(case_id=first.case_id, holder=Holder.CUSTOMER, by=ROBOT, now=NOON + HOUR)

    filed(desk, at=NOON + 2 * HOUR, header_id="<r@example.com>", in_reply_to=("<first@example.com>",), text="Ecco")

    assert Case.objects.get().holder == Holder.US


def test_an_answer_soon_after_closing_reopens_and_a_late_one_opens_a_case_that_follows(desk: Desk) -> None:
    first = filed(desk, at=NOON)
    close_case(case_id=first.case_id, by=ROBOT, now=NOON + HOUR)

    soon = filed(
        desk, at=NOON + 2 * HOUR, header_id="<a@x>", in_reply_to=("<first@example.com>",), text="Ancora accesa"
    )
    assert (soon.outcome, soon.case_id) == (Outcome.THREADED, first.case_id)
    assert Case.objects.get(pk=first.case_id).reopened_times == 1

    close_case(case_id=first.case_id, by=ROBOT, now=NOON + 3 * HOUR)
    late = filed(
        desk, at=NOON + timedelta(days=90), header_id="<b@x>", in_reply_to=("<first@example.com>",), text="Di nuovo"
    )
    assert late.outcome == Outcome.NEW_CASE
    link = CaseLink.objects.get()
    assert (link.source_id, link.target_id, link.kind) == (late.case_id, first.case_id, "follows")
    assert Case.objects.get(pk=first.case_id).closed_at is not None
    assert Case.objects.get(pk=late.case_id).customer_id == Case.objects.get(pk=first.case_id).customer_id


def test_the_same_mail_twice_is_one_message_and_the_same_id_with_other_words_is_not_dropped(desk: Desk) -> None:
    first = filed(desk, at=NOON)
    again = filed(desk, at=NOON + HOUR)
    reused = filed(desk, at=NOON + HOUR, text="Tutt'altra cosa")

    assert (again.outcome, again.case_id, again.message_id) == (Outcome.DUPLICATE, first.case_id, first.message_id)
    assert reused.outcome == Outcome.NEW_CASE
    assert Message.objects.filter(direction=Direction.IN).count() == 2


def test_an_automatic_reply_joins_quietly_or_stays_without_a_case(desk: Desk) -> None:
    first = filed(desk, at=NOON)
    close_case(case_id=first.case_id, by=ROBOT, now=NOON)
    before = Thread.objects.get()

    joined = filed(
        desk,
        at=NOON + HOUR,
        header_id="<ooo@x>",
        in_reply_to=("<first@example.com>",),
        is_automatic=True,
        text="Sono fuori sede.",
    )
    alone = filed(desk, at=NOON + HOUR, header_id="<news@x>", is_automatic=True, from_address="news@list.example")

    assert (joined.outcome, joined.case_id) == (Outcome.AUTOMATIC, first.case_id)
    assert (alone.outcome, alone.case_id, alone.message_id) == (Outcome.AUTOMATIC, None, None)
    after = Thread.objects.get()
    assert (after.messages, after.unread, after.waiting_since) == (
        before.messages + 1,
        before.unread,
        before.waiting_since,
    )
    assert Case.objects.get().closed_at is not None
    assert Customer.objects.count() == 1
    assert len(stated_facts(MessageReceived)) == 1


def test_our_own_mail_that_comes_back_is_not_filed_again(desk: Desk) -> None:
    first = filed(desk, at=NOON)
    message = write_reply(case_id=first.case_id, text="Certo", by=ROBOT, now=NOON)

    back = filed(desk, at=NOON + HOUR, header_id=f"<{message.header_id}>", from_address=desk.mailbox.address)

    assert back.outcome == Outcome.AUTOMATIC
    assert Message.objects.filter(header_id=message.header_id).count() == 1
    assert Case.objects.count() == 1


def test_a_hard_bounce_marks_message_and_address_and_a_soft_one_only_is_noted(desk: Desk) -> None:
    first = filed(desk, at=NOON)
    message = write_reply(case_id=first.case_id, text="Certo", by=ROBOT, now=NOON)
    send_due(now=NOON + HOUR)

    soft = ReportedBounce(original_id=f"<{message.header_id}>", recipient=CUSTOMER, status="4.2.2")
    filed(desk, at=NOON + HOUR, header_id="<s@mx>", bounces=(soft,), from_address="mailer-daemon@mx.example")
    outgoing = Outgoing.objects.get(message=message)
    assert outgoing.state == OutboxState.SENT

    hard = ReportedBounce(
        original_id=f"<{message.header_id}>",
        recipient=CUSTOMER,
        is_hard=True,
        status="5.1.1",
        diagnostic="no such user",
    )
    result = filed(
        desk, at=NOON + 2 * HOUR, header_id="<h@mx>", bounces=(hard,), from_address="mailer-daemon@mx.example"
    )

    outgoing.refresh_from_db()
    assert (result.outcome, result.case_id, result.message_id) == (Outcome.BOUNCE, first.case_id, message.pk)
    assert (outgoing.state, outgoing.last_error) == (OutboxState.BOUNCED, "bounced: 5.1.1 no such user")
    assert ContactPoint.objects.get().state == ContactState.BOUNCING
    assert Thread.objects.get().waiting_since == NOON
    assert [fact.address for fact in stated_facts(MessageBounced)] == [CUSTOMER]
    assert len(incoming(first.case_id)) == 1


def test_a_report_about_somebody_we_never_wrote_to_marks_nobody(desk: Desk) -> None:
    filed(desk, at=NOON)
    hard = ReportedBounce(recipient="someone@else.example", is_hard=True)

    result = filed(desk, at=NOON, header_id="<h@mx>", bounces=(hard,), from_address="")

    assert (result.outcome, result.case_id) == (Outcome.BOUNCE, None)
    assert ContactPoint.objects.get().state == ContactState.UNKNOWN


def test_more_than_twenty_mails_an_hour_raise_one_notice_and_robots_are_no_longer_added(desk: Desk) -> None:
    agent = person_in(desk.unit)
    first = filed(desk, at=NOON)
    Case.objects.filter(pk=first.case_id).update(assignee_id=agent.pk)
    for number in range(23):
        filed(
            desk,
            at=NOON + timedelta(minutes=number),
            header_id=f"<n{number}@x>",
            in_reply_to=("<first@example.com>",),
            text=f"Ancora {number}",
        )
    notices = Notification.objects.filter(kind="messaging.flood")
    assert [notice.person_id for notice in notices] == [agent.pk]
    assert len(incoming(first.case_id)) == 24

    robot = filed(
        desk,
        at=NOON + timedelta(minutes=30),
        header_id="<bot@x>",
        in_reply_to=("<first@example.com>",),
        is_automatic=True,
    )
    assert robot.message_id is None
    assert len(incoming(first.case_id)) == 24


def test_attachments_are_kept_once_typed_by_content_and_named_safely(desk: Desk) -> None:
    png = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x08\x00\x00\x00\x08" + b"\x00" * 48
    files = (
        NewFile(name="../../etc/pass\u202ewd.png", content=png),
        NewFile(name="", content=png),
        NewFile(name="page.html", content=b"<script>alert(1)</script>"),
    )

    filed(desk, at=NOON, attachments=files)

    rows = list(Attachment.objects.order_by("pk"))
    assert [(row.name, row.media_type, row.size) for row in rows] == [
        ("passwd.png", "image/png", 72),
        ("file-2", "image/png", 72),
        ("page.html", "application/octet-stream", 25),
    ]
    assert rows[0].blob_id == rows[1].blob_id


def test_zero_characters_and_broken_surrogates_are_filed_all_the_same(desk: Desk) -> None:
    result = filed(desk, at=NOON, text="a\x00b\ud800c", subject="\x00", from_name="\udcff", html="<p>\x00</p>")

    assert incoming(result.case_id)[0].text == "ab?c"


def test_a_message_to_a_merged_case_joins_the_survivor(desk: Desk) -> None:
    first = filed(desk, at=NOON)
    second = filed(desk, at=NOON, header_id="<second@example.com>", text="Altro")
    merge_cases(survivor_id=first.case_id, absorbed_id=second.case_id, by=ROBOT, now=NOON)

    joined = filed(desk, at=NOON + HOUR, header_id="<r@x>", in_reply_to=("<second@example.com>",), text="Ecco")

    assert joined.case_id == first.case_id


def test_filing_needs_no_more_statements_than_the_budget(desk: Desk) -> None:
    filed(desk, at=NOON)  # fills the caches of tree and process
    with CaptureQueriesContext(connection) as new:
        file_message(
            mail_for(desk, at=NOON, header_id="<n@x>", from_address="nuovo@example.com", from_name="Nuovo Cliente")
        )
    with CaptureQueriesContext(connection) as known:
        filed(desk, at=NOON, header_id="<k@x>", subject="Fattura")
    with CaptureQueriesContext(connection) as reply:
        filed(desk, at=NOON + HOUR, header_id="<r@x>", in_reply_to=("<first@example.com>",), text="Ecco")

    # One more statement writes the fate into the journal. 27: the customer is new too, and is acknowledged.
    assert (statements(new), statements(known), statements(reply)) == (27, 16, 11)


def statements(captured: CaptureQueriesContext) -> int:
    return sum("SAVEPOINT" not in query["sql"] for query in captured.captured_queries)
