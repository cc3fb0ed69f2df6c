"""A mailbox behind a mailing group: a list's marks make nobody a robot; what was kept as automatic opens a case."""

from datetime import timedelta

import pytest
from django.urls import reverse

from corsia.cases.models import Case
from corsia.connectors.email.services import drain
from corsia.kernel.models import AuditEntry
from corsia.messaging.models import Inbound, Mailbox, Message, Outgoing
from corsia.messaging.rules.reply_marks import own_mark, reply_address
from corsia.messaging.services import send_due
from corsia.messaging.services.journal import RawItem, store_inbound
from corsia.messaging.vocabulary import Direction, InboundSource, InboundState, Outcome
from corsia.organisation.vocabulary import Role
from tests.conftest import NOON
from tests.factories.messaging import Desk, filed, raw_mail
from tests.factories.organisation import person_in, signed_in

pytestmark = pytest.mark.usefixtures("everything")
GOOGLE = (
    "Precedence: list\r\nMailing-list: list assistenza@bellandi.example; contact assistenza+owners@bellandi.example\r\n"
    "List-ID: <assistenza.bellandi.example>\r\nX-Google-Group-Id: 1\r\n"
    "List-Post: <mailto:assistenza@bellandi.example>\r\n"
    "List-Unsubscribe: <mailto:googlegroups-manage+1+unsubscribe@googlegroups.com>\r\n"
)


def store(desk: Desk, *raws: bytes, envelope_from: str = "giulia.ferri@example.com") -> list[int]:
    items = [
        RawItem(
            source=InboundSource.SMTP,
            raw=raw,
            mailbox=desk.mailbox.address,
            mailbox_id=desk.mailbox.pk,
            unit_id=desk.unit.pk,
            envelope_from=envelope_from,
        )
        for raw in raws
    ]
    return [row_id for row_id in store_inbound(items, now=NOON) if row_id is not None]


def read(desk: Desk, *raws: bytes, **fields) -> list[tuple[str, str]]:
    """Store and read mails; return what became of all that ever came."""
    store(desk, *raws, **fields)
    while drain(now=NOON):
        continue
    return list(Inbound.objects.order_by("pk").values_list("outcome", "reason"))


@pytest.fixture
def group_desk(desk: Desk) -> Desk:
    Mailbox.objects.filter(pk=desk.mailbox.pk).update(is_mailing_group=True)
    return desk


def test_a_customers_mail_through_a_group_opens_a_case_and_is_acknowledged(group_desk: Desk) -> None:
    assert read(group_desk, raw_mail(extra=GOOGLE)) == [(Outcome.NEW_CASE, "")]

    assert Case.objects.get().customer.display_name == "Giulia Ferri"
    assert Outgoing.objects.get().to_address == "giulia.ferri@example.com"


def test_without_the_setting_it_waits_in_received_as_before(desk: Desk) -> None:
    assert read(desk, raw_mail(extra=GOOGLE)) == [(Outcome.AUTOMATIC, "")]

    assert (Case.objects.count(), Outgoing.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("extra", "envelope_from"),
    [
        ("Auto-Submitted: auto-replied\r\n", "giulia.ferri@example.com"),
        ("Precedence: bulk\r\n", "giulia.ferri@example.com"),
        ("X-Auto-Response-Suppress: All\r\n", "giulia.ferri@example.com"),
        ("", "<>"),
    ],
)
def test_a_program_behind_the_group_stays_a_program(group_desk: Desk, extra: str, envelope_from: str) -> None:
    list_marks = GOOGLE.replace("Precedence: list\r\n", "") if "Precedence" in extra else GOOGLE

    assert read(group_desk, raw_mail(extra=list_marks + extra), envelope_from=envelope_from) == [
        (Outcome.AUTOMATIC, "")
    ]
    assert (Case.objects.count(), Outgoing.objects.count()) == (0, 0)


def test_a_bounce_behind_the_group_stays_a_bounce(group_desk: Desk) -> None:
    report = (
        b"From: MAILER-DAEMON@mx.example\r\nTo: assistenza@bellandi.example\r\nSubject: Undelivered\r\n"
        b"Message-ID: <b@mx>\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=x\r\n"
        + GOOGLE.encode()
        + b"\r\n--x\r\nContent-Type: text/plain\r\n\r\nNo such user\r\n--x\r\n"
        b"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        b"Final-Recipient: rfc822; x@example.com\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--x--\r\n"
    )

    assert [outcome for outcome, _reason in read(group_desk, report)] == [Outcome.BOUNCE]
    assert Outgoing.objects.count() == 0


@pytest.mark.parametrize(
    "named",
    [
        "Reply-To: Giulia Ferri <giulia.ferri@example.com>\r\n",
        "Reply-To: assistenza@bellandi.example\r\nX-Original-From: Giulia Ferri <giulia.ferri@example.com>\r\n",
        "X-Original-Sender: giulia.ferri@example.com\r\n",
    ],
)
def test_the_customer_is_who_wrote_and_not_the_group_that_took_their_place(group_desk: Desk, named: str) -> None:
    sender = "\"'Giulia Ferri' via Assistenza\" <assistenza@bellandi.example>"

    read(group_desk, raw_mail(sender=sender, extra=GOOGLE + named))

    message = Message.objects.get(direction=Direction.IN)
    assert (message.from_address, message.author_name) == ("giulia.ferri@example.com", "Giulia Ferri")
    assert Case.objects.get().customer.display_name == "Giulia Ferri"


def test_who_claims_another_sender_at_an_ordinary_address_is_not_believed(desk: Desk) -> None:
    read(desk, raw_mail(extra="X-Original-From: Somebody Else <else@example.com>\r\n"))

    assert Message.objects.get(direction=Direction.IN).from_address == "giulia.ferri@example.com"


def test_an_automatic_mail_of_ours_that_comes_back_under_another_id_is_known_by_its_mark(desk, mailoutbox) -> None:
    """A forwarding server may rename a mail; ours has no place in the table of known ids here, only its mark."""
    mail = raw_mail(
        header_id="<ours@bellandi.example>", extra=f"X-Corsia-Mark: {own_mark('ours@bellandi.example')}\r\n"
    )

    assert read(desk, mail) == [(Outcome.AUTOMATIC, "")]


def test_what_we_send_by_ourselves_carries_the_mark_of_its_own_id(desk: Desk, mailoutbox) -> None:
    filed(desk, at=NOON)
    send_due(now=NOON + timedelta(minutes=1))
    sent = mailoutbox[0].message()

    assert sent["X-Corsia-Mark"] == own_mark(sent["Message-ID"].strip("<>"))
    # It came back although we do not know its id any more: the mark alone makes it ours.
    Message.objects.filter(direction=Direction.OUT).update(header_id="")
    assert read(desk, sent.as_bytes()) == [(Outcome.AUTOMATIC, "")]


@pytest.mark.parametrize(
    "forged",
    [
        "X-Corsia-Reason: survey\r\n",
        "X-Corsia-Mark: \r\n",
        "X-Corsia-Mark: 00000000000000000000000000000000\r\n",
        f"X-Corsia-Mark: {own_mark('another@bellandi.example')}\r\n",
        f"x-corsia-mark: {own_mark('')}\r\n",
        "X-Corsia-Mark: è\r\n",
    ],
)
def test_a_forged_mark_hides_no_customer_from_us(desk: Desk, forged: str) -> None:
    assert read(desk, raw_mail(extra=forged)) == [(Outcome.NEW_CASE, "")]


def administrator(desk: Desk, **fields):
    return signed_in(person_in(desk.group.root, Role.ADMINISTRATOR, language="en", **fields))


def open_cases(client, *ids: int, **data):
    return client.post(reverse("messaging:open_cases"), {"mail": ids, "confirmed": "1", **data})


def test_what_was_kept_as_automatic_opens_a_case_once_and_is_answered_by_nobody(desk: Desk) -> None:
    read(desk, raw_mail(extra=GOOGLE))
    inbound = Inbound.objects.get()
    client = administrator(desk)
    page = reverse("messaging:inbound", args=[inbound.pk])
    assert "Open a case" in client.get(page).content.decode()

    assert open_cases(client, inbound.pk)["Location"] == page
    assert "It waits to be read" in client.get(page).content.decode()
    assert open_cases(client, inbound.pk).status_code == 409
    while drain(now=NOON):
        continue

    inbound.refresh_from_db()
    assert (inbound.state, inbound.outcome) == (InboundState.PARSED, Outcome.NEW_CASE)
    message = Message.objects.get()
    assert (message.is_automatic, message.inbound_id, message.from_address) == (
        False, inbound.pk, "giulia.ferri@example.com",
    )  # fmt: skip
    assert Case.objects.get().unit_id == desk.unit.pk
    assert Outgoing.objects.count() == 0
    assert AuditEntry.objects.filter(verb="case_asked_for", object_id=inbound.pk).count() == 1
    shown = client.get(page).content.decode()
    assert f"Case #{message.case_id}" in shown
    assert "Open a case" not in shown
    again = open_cases(client, inbound.pk)
    assert again.status_code == 409
    assert f"It is on case #{message.case_id} already." in again.content.decode()
    assert drain(now=NOON + timedelta(hours=1)) == 0


def test_one_that_answers_something_of_ours_joins_its_case(desk: Desk) -> None:
    case_id = filed(desk, at=NOON).case_id
    for number in range(25):
        filed(desk, at=NOON, header_id=f"<n{number}@x>", in_reply_to=("<first@example.com>",), text=f"n {number}")
    to = reply_address(desk.mailbox.address, case_id)
    read(desk, raw_mail(to=to, header_id="<late@x>", text="Sono ancora io", extra="List-Id: <a.b>\r\n"))
    inbound = Inbound.objects.get()
    assert (inbound.outcome, Message.objects.filter(inbound=inbound).count()) == (Outcome.AUTOMATIC, 0)

    open_cases(administrator(desk), inbound.pk)
    drain(now=NOON)

    assert Message.objects.get(inbound=inbound).case_id == case_id
    assert Case.objects.count() == 1


def test_many_are_shown_first_and_opened_together_without_those_that_cannot_be(desk: Desk) -> None:
    mails = [raw_mail(header_id=f"<l{n}@x>", sender=f"c{n}@example.com", extra="List-Id: <a.b>\r\n") for n in range(2)]
    filed(desk, at=NOON)
    ours = Message.objects.exclude(direction=Direction.IN).get()
    read(desk, *mails, raw_mail(header_id=f"<{ours.header_id}>"))
    ids = list(Inbound.objects.order_by("pk").values_list("pk", flat=True))
    client = administrator(desk)
    before = Case.objects.count()
    listed = client.get(reverse("messaging:journal") + "?tab=automatic").content.decode()
    assert listed.count('name="mail"') == 3
    assert listed.count("data-pick disabled") == 1

    preview = client.post(reverse("messaging:open_cases"), {"mail": ids}).content.decode()

    assert "Open 2 cases" in preview
    assert "It is a mail of ours that came back." in preview
    assert Inbound.objects.filter(state=InboundState.PARSED).count() == 3
    done = open_cases(client, *ids)
    assert done["Location"].endswith("?tab=automatic")
    while drain(now=NOON):
        continue
    assert Case.objects.count() == before + 2
    assert list(Inbound.objects.order_by("pk").values_list("outcome", flat=True)) == [
        Outcome.NEW_CASE, Outcome.NEW_CASE, Outcome.AUTOMATIC,
    ]  # fmt: skip


def test_nobody_opens_a_mail_of_another_branch_nor_nothing(desk: Desk) -> None:
    read(desk, raw_mail(extra=GOOGLE))
    [inbound_id] = Inbound.objects.values_list("pk", flat=True)
    elsewhere = signed_in(person_in(desk.group.verona, Role.ADMINISTRATOR))

    assert open_cases(elsewhere, inbound_id).status_code == 404
    assert elsewhere.post(reverse("messaging:open_cases"), {"mail": inbound_id}).status_code == 422
    assert open_cases(administrator(desk)).status_code == 422
    assert open_cases(administrator(desk), "junk").status_code == 422
    assert not Inbound.objects.filter(opens_case=True).exists()


def test_the_setting_is_kept_and_explained_in_both_languages(desk: Desk) -> None:
    url = reverse("email:mailbox", args=[desk.mailbox.pk])
    typed = {
        "address": desk.mailbox.address, "name": "B", "unit": desk.unit.pk, "process_key": "information",
        "is_active": "on", "is_mailing_group": "on", "imap_port": "993", "imap_folder": "INBOX",
    }  # fmt: skip

    assert administrator(desk).post(url, typed).status_code == 302

    desk.mailbox.refresh_from_db()
    assert desk.mailbox.is_mailing_group
    english = administrator(desk).get(url).content.decode()
    italian = signed_in(person_in(desk.group.root, Role.ADMINISTRATOR, language="it")).get(url).content.decode()
    assert "This address receives through a mailing list" in english
    assert "Questo indirizzo riceve tramite una lista di distribuzione" in italian
