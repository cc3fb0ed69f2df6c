"""The mailboxes' pages: for administrators, with secrets that go in and never come out."""

import pytest
from django.test import Client
from django.urls import reverse

from corsia.kernel.models import AuditEntry
from corsia.messaging.models import Mailbox
from corsia.organisation.vocabulary import Role
from tests.factories.messaging import Desk, a_mailbox
from tests.factories.organisation import person_in, signed_in

PAGES = {
    ("email:nav", False): ("get", 200),
    ("email:mailboxes", False): ("get", 200),
    ("email:add_mailbox", False): ("get", 200),
    ("email:mailbox", True): ("get", 200),
    ("email:check_mailbox", True): ("post", 200),
}


def typed(desk: Desk, **changes) -> dict:
    return {
        "address": "ricambi@bellandi.example",
        "name": "Bellandi Ricambi",
        "unit": desk.unit.pk,
        "process_key": "spare-parts",
        "acknowledges": "on",
        "is_active": "on",
        "imap_host": "imap.bellandi.example",
        "imap_port": "993",
        "imap_user": "ricambi",
        "imap_secret": "s3cret-canary",
        "imap_folder": "INBOX",
        **changes,
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page[0])
def test_each_page_opens_to_administrators_of_the_unit_alone(desk: Desk, page) -> None:
    name, with_row = page
    method, expected = PAGES[page]
    Mailbox.unscoped.filter(pk=desk.mailbox.pk).update(imap_host="127.0.0.1", imap_port=1)
    url = reverse(name, args=[desk.mailbox.pk] if with_row else [])

    def status(client: Client) -> int:
        return getattr(client, method)(url).status_code

    assert status(Client()) == 302
    assert status(signed_in(person_in(desk.group.root, Role.BRANCH_MANAGER))) == 403
    if with_row:
        assert status(signed_in(person_in(desk.group.verona, Role.ADMINISTRATOR))) == 404
    assert status(signed_in(person_in(desk.group.root, Role.ADMINISTRATOR))) == expected


def test_a_secret_is_stored_encrypted_kept_when_left_empty_and_shown_nowhere(desk: Desk) -> None:
    administrator = signed_in(person_in(desk.group.root, Role.ADMINISTRATOR))

    saved = administrator.post(reverse("email:add_mailbox"), typed(desk))
    assert saved.status_code == 302
    mailbox = Mailbox.unscoped.get(address="ricambi@bellandi.example")
    assert mailbox.imap_secret == "s3cret-canary"
    page = administrator.get(saved["Location"]).content.decode()
    assert "s3cret-canary" not in page

    administrator.post(saved["Location"], typed(desk, imap_secret="", name="Ricambi"))
    mailbox.refresh_from_db()
    assert (mailbox.imap_secret, mailbox.name) == ("s3cret-canary", "Ricambi")
    assert "s3cret-canary" not in str(list(AuditEntry.objects.values_list("data", flat=True)))


def test_another_server_starts_from_its_first_mail(desk: Desk) -> None:
    administrator = signed_in(person_in(desk.group.root, Role.ADMINISTRATOR))
    mailbox = a_mailbox(desk.unit, "ricambi@bellandi.example", imap_host="old", imap_uid_validity=7, imap_last_uid=99)

    administrator.post(reverse("email:mailbox", args=[mailbox.pk]), typed(desk))

    mailbox.refresh_from_db()
    assert (mailbox.imap_uid_validity, mailbox.imap_last_uid) == (None, 0)


def test_an_address_that_is_taken_is_refused_with_what_was_typed_on_the_page(desk: Desk) -> None:
    administrator = signed_in(person_in(desk.group.root, Role.ADMINISTRATOR, language="en"))

    refused = administrator.post(reverse("email:add_mailbox"), typed(desk, address=desk.mailbox.address, name="Typed"))

    assert refused.status_code == 422
    assert "is a mailbox already" in refused.content.decode()
    assert 'value="Typed"' in refused.content.decode()


def test_nobody_adds_a_mailbox_to_a_unit_that_is_not_theirs(desk: Desk) -> None:
    elsewhere = signed_in(person_in(desk.group.verona, Role.ADMINISTRATOR))

    assert elsewhere.post(reverse("email:add_mailbox"), typed(desk)).status_code == 422
    assert not Mailbox.unscoped.filter(address="ricambi@bellandi.example").exists()


def test_a_mailbox_that_cannot_be_reached_says_what_to_check(desk: Desk) -> None:
    administrator = signed_in(person_in(desk.group.root, Role.ADMINISTRATOR, language="en"))
    Mailbox.unscoped.filter(pk=desk.mailbox.pk).update(imap_host="127.0.0.1", imap_port=1)

    answer = administrator.post(reverse("email:check_mailbox", args=[desk.mailbox.pk]))

    assert "The server does not answer. Check its name and port." in answer.content.decode()
