"""Stored mails are read once each, whatever happens on the way; what cannot be read is kept with its reason."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from corsia.cases.models import Case
from corsia.connectors.email.services import drain
from corsia.messaging.models import Attachment, Inbound, Mailbox, Message, Outgoing
from corsia.messaging.services.journal import RawItem, claim_waiting, store_inbound
from corsia.messaging.vocabulary import Direction, InboundSource, InboundState, Outcome
from tests.conftest import NOON
from tests.factories.messaging import Desk, raw_mail
from tests.jobs import waiting_jobs

MINUTE = timedelta(minutes=1)
pytestmark = pytest.mark.usefixtures("everything")


def store(*raws: bytes, **fields) -> list[int | None]:
    items = [
        RawItem(source=InboundSource.SMTP, raw=raw, mailbox="assistenza@bellandi.example", **fields) for raw in raws
    ]
    return store_inbound(items, now=NOON)


def read_all() -> int:
    count = 0
    while done := drain(now=NOON):
        count += done
    return count


def outcomes() -> list[str]:
    return list(Inbound.objects.order_by("pk").values_list("outcome", flat=True))


def test_what_is_stored_has_its_job_and_a_copy_is_known(desk: Desk) -> None:
    first, again = store(raw_mail(), raw_mail(extra="Received: from elsewhere\r\n"))
    [later] = store(raw_mail())

    assert isinstance(first, int)
    assert (again, later) == (None, None)
    assert waiting_jobs() == [("email.drain", {})]
    assert bytes(Inbound.objects.get().raw) == raw_mail()


def test_the_same_id_with_another_body_is_kept(desk: Desk) -> None:
    store(raw_mail(), raw_mail(text="Altro"), raw_mail(header_id=""), raw_mail(header_id="", subject="Altro"))

    assert Inbound.objects.count() == 4


def test_the_same_mail_to_two_mailboxes_is_kept_for_each(desk: Desk) -> None:
    for mailbox in ("a@bellandi.example", "b@bellandi.example"):
        store_inbound([RawItem(source=InboundSource.SMTP, raw=raw_mail(), mailbox=mailbox)], now=NOON)

    assert Inbound.objects.count() == 2


def test_mails_are_read_into_cases_and_marked_as_read(desk: Desk) -> None:
    store(raw_mail(), raw_mail(header_id="<b@x>", extra="In-Reply-To: <first@example.com>\r\n", text="Ancora io"))

    assert read_all() == 2

    assert outcomes() == [Outcome.NEW_CASE, Outcome.THREADED]
    assert set(Inbound.objects.values_list("state", flat=True)) == {InboundState.PARSED}
    assert Case.objects.get().unit_id == desk.unit.pk
    assert [message.inbound_id is not None for message in Message.objects.filter(direction=Direction.IN)] == [
        True,
        True,
    ]
    assert drain(now=NOON + 10 * MINUTE) == 0


def test_an_answer_to_our_mark_in_the_envelope_alone_joins_its_case(desk: Desk) -> None:
    from corsia.messaging.rules.reply_marks import reply_address

    store(raw_mail())
    read_all()
    case = Case.objects.get()
    store(
        raw_mail(header_id="<b@x>", text="Grazie", subject="senza oggetto"),
        envelope_to=(reply_address(desk.mailbox.address, case.pk),),
    )
    read_all()

    assert outcomes() == [Outcome.NEW_CASE, Outcome.THREADED]


def test_a_mail_that_names_none_of_our_mailboxes_goes_to_quarantine_with_its_reason(desk: Desk) -> None:
    store(raw_mail(to="someone@else.example"))
    read_all()

    row = Inbound.objects.get()
    assert (row.state, row.outcome, row.reason) == (InboundState.QUARANTINED, Outcome.QUARANTINED, "no_mailbox")
    assert Case.objects.count() == 0


def test_a_mail_that_cannot_be_parsed_goes_to_quarantine_with_its_bytes(desk: Desk) -> None:
    parts = "".join(f"--x\r\nContent-Type: text/plain\r\n\r\n{number}\r\n" for number in range(5000))
    head = "To: assistenza@bellandi.example\r\nFrom: a@b.it\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"
    bomb = f"{head}{parts}--x--\r\n".encode()
    store(bomb, raw_mail())

    read_all()

    assert outcomes() == [Outcome.QUARANTINED, Outcome.NEW_CASE]
    row = Inbound.objects.order_by("pk")[0]
    assert row.reason.startswith("too_many_parts")
    assert bytes(row.raw) == bomb


def test_a_mail_that_cannot_be_filed_is_tried_five_times_then_kept_apart_and_stops_no_other(desk: Desk) -> None:
    Mailbox.objects.filter(pk=desk.mailbox.pk).update(process_key="no-such-process")
    store(raw_mail())
    for attempt in range(1, 6):
        assert drain(now=NOON + attempt * 2 * MINUTE) == 1
        row = Inbound.objects.get()
        assert row.attempts == attempt
        assert row.reason.startswith("not_filed: ")
        assert "no-such-process" in row.reason
    assert row.state == InboundState.QUARANTINED
    assert drain(now=NOON + 60 * MINUTE) == 0

    Mailbox.objects.filter(pk=desk.mailbox.pk).update(process_key="information")
    store(raw_mail(header_id="<b@x>"))
    read_all()
    assert outcomes() == [Outcome.QUARANTINED, Outcome.NEW_CASE]


def test_a_claim_that_somebody_left_is_taken_up_after_a_minute_and_not_before(desk: Desk) -> None:
    store(raw_mail())
    assert len(claim_waiting(sources=[InboundSource.SMTP], now=NOON)) == 1

    assert drain(now=NOON + timedelta(seconds=59)) == 0
    assert drain(now=NOON + timedelta(seconds=61)) == 1
    assert outcomes() == [Outcome.NEW_CASE]


def test_large_mails_are_claimed_a_few_at_a_time_but_never_none(desk: Desk) -> None:
    store(*[raw_mail(header_id=f"<{number}@x>", text="x" * 2000) for number in range(4)])

    claimed = claim_waiting(sources=[InboundSource.SMTP], now=NOON, max_bytes=3000)
    assert len(claimed) == 2
    assert len(claim_waiting(sources=[InboundSource.SMTP], now=NOON, max_bytes=1)) == 1


def test_forms_are_not_read_as_mails(desk: Desk) -> None:
    item = RawItem(source=InboundSource.WEB_FORM, raw=b"{}", dedupe_key=b"k" * 32)
    store_inbound([item], now=NOON, wake="")

    assert read_all() == 0
    assert waiting_jobs() == []


def test_the_null_sender_is_never_answered_and_opens_no_case(desk: Desk) -> None:
    store(raw_mail(), envelope_from="<>")
    read_all()

    assert outcomes() == [Outcome.AUTOMATIC]
    assert (Case.objects.count(), Outgoing.objects.count()) == (0, 0)


def test_a_form_of_our_own_site_is_the_customer_s_who_is_named_in_reply_to(desk: Desk) -> None:
    store(
        raw_mail(
            sender="Sito <no-reply@bellandi.example>",
            extra="Reply-To: Anna Conti <anna.conti@example.com>\r\n",
        )
    )
    read_all()

    message = Message.objects.get(direction=Direction.IN)
    assert (message.from_address, message.author_name) == ("anna.conti@example.com", "Anna Conti")


def test_a_pdf_arrives_with_its_name_and_its_bytes(desk: Desk) -> None:
    head = (
        "From: a@b.it\r\nTo: assistenza@bellandi.example\r\nSubject: Fattura\r\nMessage-ID: <f@x>\r\n"
        "MIME-Version: 1.0\r\n"
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nIn allegato\r\n--b\r\n"
        'Content-Type: application/octet-stream; name="fattura.pdf"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
        "JVBERi0xLjQKJcOkw7zDtsOfCg==\r\n--b--\r\n"
    )
    store(head.encode())
    read_all()

    row = Attachment.objects.get()
    assert (row.name, row.media_type, row.size) == ("fattura.pdf", "application/pdf", 19)
    assert bytes(row.blob.content).startswith(b"%PDF-1.4")


def test_reading_a_plain_new_mail_stays_within_its_budget_of_statements(desk: Desk) -> None:
    store(raw_mail(header_id="<warm@x>", sender="w@example.com"))
    read_all()
    store(raw_mail(header_id="<n@x>", sender="Nuovo <nuovo@example.com>"))

    with CaptureQueriesContext(connection) as captured:
        drain(now=NOON)

    # One claim, one look at the mailboxes and one at the tree for the whole batch, 26 for the mail with its fate.
    plain = [query["sql"] for query in captured.captured_queries if "SAVEPOINT" not in query["sql"]]
    assert len(plain) == 29
