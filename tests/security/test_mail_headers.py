"""Nothing that anybody types becomes a header of a mail: names, subjects, addresses, templates, links."""

from email import message_from_bytes

import pytest
from django.test import Client

from corsia.cases.models import Case
from corsia.customers.models import Customer
from corsia.kernel import scope
from corsia.messaging.models import Outgoing
from corsia.messaging.services import write_reply
from corsia.messaging.services.mail_format import wire_mail
from tests.security.world import World, boss_actor, browser_of

pytestmark = pytest.mark.django_db

INJECTIONS = [
    "x\r\nBcc: evil@example.net",
    "x\nBcc: evil@example.net",
    "x\rBcc: evil@example.net",
    "x\r\n\r\n<script>alert(1)</script>",
    "x\u2028Bcc: evil@example.net",
    "x\x0bBcc: evil@example.net",
    "x\x85Bcc: evil@example.net",
    '"x" <evil@example.net>, y',
    "=?utf-8?q?x=0D=0ABcc:_evil=40example.net?=",
]
EXPECTED = {
    "from", "to", "subject", "message-id", "reply-to", "date", "mime-version", "content-type", "in-reply-to",
    "references", "content-transfer-encoding",
}  # fmt: skip


def headers_of(row: Outgoing) -> dict[str, str]:
    """Return the headers of a row as they stand on the wire."""
    wire = wire_mail(row, files=(), language="it", connection=None).message().as_bytes()
    return {name.lower(): str(value) for name, value in message_from_bytes(wire).items()}


@pytest.mark.parametrize("injection", INJECTIONS)
@pytest.mark.parametrize(
    "column", ["subject", "to_name", "in_reply_to", "references", "mailbox.name", "unsubscribe_url", "body"]
)
def test_no_column_of_an_outgoing_mail_adds_a_header(world: World, column: str, injection: str) -> None:
    row = Outgoing.unscoped.select_related("mailbox", "message").get(pk=world.brescia.rows["outgoing_id"])
    holder, _, name = column.rpartition(".")
    setattr(row.mailbox if holder else row, name, injection)

    headers = headers_of(row)

    assert set(headers) - EXPECTED - {"list-unsubscribe", "list-unsubscribe-post"} == set()
    assert row.to_address in headers["to"]
    assert "evil" not in headers.get("cc", "")
    assert "\nBcc" not in "".join(headers.values())


@pytest.mark.parametrize("injection", INJECTIONS[:7])
def test_what_people_type_as_address_is_refused_or_harmless(world: World, injection: str) -> None:
    browser, case = browser_of(world.brescia.boss), world.brescia.rows["conversation_id"]
    before = Outgoing.unscoped.count()

    response = browser.post(
        f"/conversations/{case}/write/", {"kind": "out", "text": "Buongiorno", "cc": f"a@example.it{injection[1:]}"}
    )

    if response.status_code == 200:
        row = Outgoing.unscoped.select_related("mailbox", "message").latest("pk")
        assert set(headers_of(row)) - EXPECTED <= {"cc"}
        assert "bcc" not in headers_of(row)
    else:
        assert (response.status_code, Outgoing.unscoped.count()) == (422, before)


@pytest.mark.parametrize("injection", INJECTIONS)
def test_a_customers_name_and_subject_travel_back_as_text(world: World, injection: str) -> None:
    """What a stranger sent by mail comes back in our answer to them."""
    place = world.brescia
    Case.unscoped.filter(pk=place.rows["conversation_id"]).update(subject=injection)
    Customer.unscoped.filter(pk=place.rows["customer_id"]).update(display_name=injection)
    with scope.system("test"):
        message = write_reply(
            case_id=place.rows["conversation_id"], text="Buongiorno", by=boss_actor(place, world.now), now=world.now
        )

    row = Outgoing.unscoped.select_related("mailbox", "message").get(message=message)
    headers = headers_of(row)
    assert set(headers) - EXPECTED == set()
    assert "evil@example.net" not in headers["to"].rpartition("<")[2]


def test_a_language_in_a_link_sets_no_header(world: World) -> None:
    for address in ("/ui/language/it%0d%0aSet-Cookie:%20a=b/", "/ui/language/it/?next=/%0d%0aSet-Cookie:%20a=b"):
        response = Client(raise_request_exception=False).get(address)
        assert response.status_code in (302, 404)
        assert "a" not in response.cookies
        assert "\n" not in response.headers.get("Location", "")
