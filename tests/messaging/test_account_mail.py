"""Mails about accounts: kept and tried again like all others, their secret shown to nobody and gone once they left."""

import re
import smtplib
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.core.mail import EmailMessage
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection
from django.test import Client
from django.urls import reverse

from corsia.kernel.row_security import APP_ROLE
from corsia.messaging.models import Outgoing
from corsia.messaging.services import send_due
from corsia.messaging.services.account_mail import queue_account_mail
from corsia.messaging.vocabulary import OutboxState
from corsia.messaging.web.account_mail import OutboxBackend
from corsia.messaging.web.forms import TextForm
from corsia.organisation.models import Person
from corsia.organisation.vocabulary import Role
from tests.conftest import NOON
from tests.factories.messaging import Desk, a_desk
from tests.factories.organisation import Group, PersonFactory, person_in, signed_in
from tests.jobs import waiting_jobs
from tests.mails import sent_mails

pytestmark = pytest.mark.django_db
LINK = re.compile(r"https?://\S+/account/password/reset/key/\S+")
SECRET = "https://care.example/account/password/reset/key/1-canary/"


@pytest.fixture(autouse=True)
def fresh_counters():
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def ada(group: Group) -> Person:
    return person_in(group.brescia, Role.BRANCH_MANAGER, email="ada@bellandi.example", first_name="Ada", language="en")


def ask_for_link(email: str = "ada@bellandi.example") -> None:
    assert Client().post("/account/password/reset/", {"email": email}).status_code == 302


def queued(address: str = "ada@bellandi.example") -> Outgoing:
    row = queue_account_mail(address=address, subject="New password", text=f"Here: {SECRET}", now=NOON)
    assert row is not None
    return row


def everything_stored() -> str:
    """Return all rows of the outbox as text, bytes as the letters they stand for too."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT o::text FROM messaging_outgoing o")
        rows = " ".join(row[0] for row in cursor.fetchall())
    return rows + " ".join(
        bytes.fromhex(found).decode("latin-1") for found in re.findall(r"\\\\x((?:[0-9a-f]{2})+)", rows)
    )


def test_a_link_for_a_new_password_waits_in_the_outbox_and_works_once_it_came(ada: Person, mailoutbox) -> None:
    ask_for_link()

    assert mailoutbox == []
    row = Outgoing.unscoped.get()
    assert (row.state, row.to_address, row.unit_id) == (OutboxState.WAITING, ada.email, ada.memberships.get().unit_id)
    assert ("messaging.send_due", {}) in waiting_jobs()
    [mail] = sent_mails()
    link = LINK.search(mail.body).group()
    assert mail.to == [f"{ada.full_name} <ada@bellandi.example>"]
    assert mail.message()["Auto-Submitted"] == "auto-generated"
    browser = Client()
    page = browser.get(link, follow=True)
    new = "another long secret 7"
    browser.post(page.request["PATH_INFO"], {"password1": new, "password2": new})
    ada.refresh_from_db()
    assert ada.check_password(new)


def test_the_link_is_never_stored_in_the_clear_and_is_gone_once_the_mail_left(ada: Person, mailoutbox) -> None:
    row = queued()

    assert "canary" not in everything_stored()
    assert row.secret_body == f"Here: {SECRET}"
    send_due(now=NOON)
    row.refresh_from_db()
    assert (row.state, row.body, row.secret_body) == (OutboxState.SENT, "", None)
    assert SECRET in mailoutbox[0].body
    assert SECRET in mailoutbox[0].alternatives[0][0]


@pytest.mark.parametrize("sandbox", [False, True])
def test_colleagues_see_that_it_left_and_not_what_it_says(ada: Person, group: Group, settings, sandbox: bool) -> None:
    settings.SANDBOX = sandbox
    row = queued()
    above = signed_in(person_in(group.root, Role.ADMINISTRATOR, language="en"))
    for _before_and_after in range(2):
        pages = [
            above.get(reverse("messaging:outbox") + "?tab=all").content.decode(),
            above.get(reverse("messaging:outgoing", args=[row.pk])).content.decode(),
            above.get(reverse("messaging:outgoing_html", args=[row.pk])).content.decode(),
        ]
        assert "New password" in pages[0]
        assert "Account of a colleague" in pages[0]
        assert "shown to nobody here" in pages[1]
        assert not [page for page in pages if "canary" in page or "Here:" in page]
        send_due(now=NOON)


def test_only_the_invented_people_of_a_sandbox_have_theirs_shown(
    ada: Person, group: Group, settings, mailoutbox
) -> None:
    Person.objects.filter(pk=ada.pk).update(is_demo=True)
    settings.SANDBOX = True
    row = queued()
    send_due(now=NOON)

    page = signed_in(person_in(group.root, Role.ADMINISTRATOR)).get(reverse("messaging:outgoing", args=[row.pk]))

    assert SECRET in page.content.decode()
    assert mailoutbox == []
    settings.SANDBOX = False  # the same person where mail leaves
    assert queued().body == ""


class Refusing(EmailBackend):
    error: Exception | None = None

    def send_messages(self, messages):
        if type(self).error is not None:
            raise type(self).error
        return super().send_messages(messages)


def test_it_is_tried_again_while_the_server_is_away_and_its_secret_ends_with_the_last_try(
    ada: Person, group: Group, settings, mailoutbox, monkeypatch
) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.Refusing"
    monkeypatch.setattr(Refusing, "error", ConnectionRefusedError("away"))
    row = queued()
    send_due(now=NOON)
    row.refresh_from_db()
    assert (row.state, row.attempts) == (OutboxState.WAITING, 1)
    assert row.secret_body == f"Here: {SECRET}"

    monkeypatch.setattr(Refusing, "error", None)
    send_due(now=NOON + timedelta(minutes=1))
    assert len(mailoutbox) == 1

    monkeypatch.setattr(Refusing, "error", smtplib.SMTPRecipientsRefused({ada.email: (550, b"no such user")}))
    lost = queued()
    send_due(now=NOON)
    lost.refresh_from_db()
    assert (lost.state, lost.secret_body) == (OutboxState.FAILED, None)
    client = signed_in(person_in(group.root, Role.ADMINISTRATOR, language="en"))
    assert "Ask for a new link" in client.get(reverse("messaging:outgoing", args=[lost.pk])).content.decode()
    assert client.post(reverse("messaging:retry_outgoing", args=[lost.pk])).status_code == 409
    assert "canary" not in everything_stored()


def test_a_house_without_mailbox_or_settings_still_sends_it(ada: Person, mailoutbox, settings) -> None:
    queued()
    settings.MAIL_FROM = settings.DEFAULT_FROM_EMAIL = "Bellandi <corsia@bellandi.example>"
    queued()
    send_due(now=NOON)

    assert [mail.message()["From"] for mail in mailoutbox] == ["Bellandi <corsia@bellandi.example>"] * 2


def test_the_mailbox_of_the_unit_writes_unless_the_settings_name_a_sender(group: Group, mailoutbox, settings) -> None:
    desk: Desk = a_desk(group, now=NOON)
    person_in(desk.unit, email="luca@bellandi.example")
    queued("luca@bellandi.example")
    send_due(now=NOON)
    settings.MAIL_FROM = settings.DEFAULT_FROM_EMAIL = "corsia@bellandi.example"
    queued("luca@bellandi.example")
    send_due(now=NOON)

    assert [mail.message()["From"] for mail in mailoutbox] == [
        f"{desk.mailbox.name} <{desk.mailbox.address}>",
        "corsia@bellandi.example",
    ]


def test_nobody_is_written_to_who_is_not_here(ada: Person, group: Group) -> None:
    assert queue_account_mail(address="stranger@example.com", subject="x", text="y", now=NOON) is None
    ask_for_link("stranger@example.com")

    assert not Outgoing.unscoped.exists()


def test_somebody_who_never_worked_anywhere_is_written_to_from_the_top(group: Group) -> None:
    PersonFactory(email="new@bellandi.example")

    assert queued("NEW@bellandi.example").unit_id == group.root.pk


def test_the_backend_counts_mails_and_writes_to_each_recipient(ada: Person, group: Group) -> None:
    person_in(group.brescia, email="luca@bellandi.example")
    both = EmailMessage("S", "text", to=["ada@bellandi.example", "luca@bellandi.example"])
    nobody = EmailMessage("S", "text", to=["stranger@example.com"])

    assert OutboxBackend().send_messages([both, nobody]) == 1
    assert sorted(Outgoing.unscoped.values_list("to_address", flat=True)) == [
        "ada@bellandi.example", "luca@bellandi.example",
    ]  # fmt: skip


def test_a_web_process_behind_the_second_wall_can_queue_it(ada: Person, settings) -> None:
    settings.CORSIA_APP_ROLE = APP_ROLE
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {APP_ROLE}")
    try:
        ask_for_link()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE")

    assert Outgoing.unscoped.get().to_address == ada.email


def test_texts_are_not_written_for_accounts() -> None:
    form = TextForm(units=[])

    assert "account" not in dict(form.fields["reason"].choices)
    assert "reply" in dict(form.fields["reason"].choices)
