"""Pages of messages: who may open them, what they show, what the browser is told about foreign content."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from corsia.kernel import scope
from corsia.messaging.models import Inbound, Message, Outgoing, Template, TemplateText
from corsia.messaging.rules.incoming import NewFile
from corsia.messaging.services import send_due, write_reply
from corsia.messaging.services.journal import RawItem, claim_waiting, settle, store_inbound
from corsia.messaging.vocabulary import InboundSource, InboundState, OutboxState, Outcome
from corsia.organisation.models import Person
from corsia.organisation.vocabulary import Role
from tests.conftest import NOON
from tests.factories.messaging import ROBOT, Desk, filed, raw_mail
from tests.factories.organisation import person_in, signed_in

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x08\x00\x00\x00\x08" + b"\x00" * 32


@pytest.fixture
def things(desk: Desk) -> dict[str, int]:
    """A case with a mail and its files, an answer, something in quarantine, a text."""
    with scope.system("test"):
        first = filed(
            desk,
            at=NOON,
            html='<p>Ciao <img src="cid:logo@x"> <img data-remote-src="https://track.example/p.gif"></p>',
            attachments=(
                NewFile(name="logo.png", content=PNG, content_id="<logo@x>", is_inline=True),
                NewFile(name="a.svg", content=b"<svg onload=alert(1)>"),
            ),
        )
        message = Message.objects.get(pk=first.message_id)
        write_reply(case_id=first.case_id, text="Venga pure.\n\n<script>alert(1)</script>", by=ROBOT, now=NOON)
        picture, drawing = message.attachments.order_by("pk")
        outgoing = Outgoing.objects.get(reason="reply")
        inbound_id = quarantined(desk)
        return {
            "message": message.pk,
            "picture": picture.pk,
            "drawing": drawing.pk,
            "outgoing": outgoing.pk,
            "inbound": inbound_id,
            "text": Template.objects.filter(key="received").get().pk,
        }


def quarantined(desk: Desk) -> int:
    raw = raw_mail(subject="<script>alert(1)</script>", header_id="<q@x>")
    item = RawItem(source=InboundSource.SMTP, raw=raw, mailbox_id=desk.mailbox.pk, unit_id=desk.unit.pk)
    [inbound_id] = store_inbound([item], now=NOON)
    [waiting] = claim_waiting(sources=[InboundSource.SMTP], now=NOON)
    settle(waiting, outcome=Outcome.QUARANTINED, reason="too_deep")
    return inbound_id


PAGES = {  # path: (who may, method, a role without the right; None when it is about the unit alone)
    ("messaging:outbox", None): (Role.BRANCH_MANAGER, "get", Role.AGENT),
    ("messaging:outgoing", "outgoing"): (Role.BRANCH_MANAGER, "get", Role.AGENT),
    ("messaging:outgoing_html", "outgoing"): (Role.BRANCH_MANAGER, "get", Role.AGENT),
    ("messaging:retry_outgoing", "outgoing"): (Role.BRANCH_MANAGER, "post", Role.AGENT),
    ("messaging:journal", None): (Role.ADMINISTRATOR, "get", Role.BRANCH_MANAGER),
    ("messaging:inbound", "inbound"): (Role.ADMINISTRATOR, "get", Role.BRANCH_MANAGER),
    ("messaging:retry_inbound", "inbound"): (Role.ADMINISTRATOR, "post", Role.BRANCH_MANAGER),
    ("messaging:original", "inbound"): (Role.ADMINISTRATOR, "get", Role.BRANCH_MANAGER),
    ("messaging:texts", None): (Role.BRANCH_MANAGER, "get", Role.AGENT),
    ("messaging:add_text", None): (Role.BRANCH_MANAGER, "get", Role.AGENT),
    ("messaging:text", "text"): (Role.CARE_MANAGER, "get", Role.AGENT),
    ("messaging:preview_text", None): (Role.BRANCH_MANAGER, "post", Role.AGENT),
    ("messaging:install_texts", None): (Role.BRANCH_MANAGER, "post", Role.AGENT),
    ("messaging:attachment", "picture"): (Role.AGENT, "get", Role.CONSULTANT),
    ("messaging:html", "message"): (Role.AGENT, "get", Role.CONSULTANT),
}
# Lists are for everybody with the right and show their own units; texts are shared downwards, never sideways up.
WITH_ROW = {"messaging:outgoing", "messaging:outgoing_html", "messaging:retry_outgoing", "messaging:inbound"}
WITH_ROW |= {"messaging:retry_inbound", "messaging:original", "messaging:attachment", "messaging:html"}
REDIRECTS = {"messaging:retry_inbound", "messaging:install_texts"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page[0])
def test_each_page_opens_to_whom_it_is_for_and_to_nobody_else(desk: Desk, things, page) -> None:
    name, row = page
    role, method, without = PAGES[page]
    url = reverse(name, args=[things[row]] if row else [])

    def status(person: Person | None) -> int:
        client = signed_in(person) if person else Client()
        return getattr(client, method)(url).status_code

    anonymous = getattr(Client(), method)(url)
    assert anonymous.status_code == 302
    assert anonymous["Location"].startswith("/account/login/")
    assert status(person_in(desk.group.root, without)) == 403
    if name in WITH_ROW:
        assert status(person_in(desk.group.verona, role)) == 404
    expected = 409 if name == "messaging:retry_outgoing" else 302 if name in REDIRECTS else 200
    assert status(person_in(desk.group.root, role)) == expected


def test_a_text_of_the_group_cannot_be_changed_by_a_branch(desk: Desk, things) -> None:
    manager = signed_in(person_in(desk.group.brescia, Role.BRANCH_MANAGER))

    assert manager.get(reverse("messaging:texts")).status_code == 200
    assert manager.get(reverse("messaging:text", args=[things["text"]])).status_code == 403


def test_a_picture_is_shown_and_anything_else_only_downloaded_under_a_policy_that_forbids_all(desk, things) -> None:
    agent = signed_in(person_in(desk.unit))

    picture = agent.get(reverse("messaging:attachment", args=[things["picture"]]))
    assert (picture.content, picture["Content-Type"]) == (PNG, "image/png")
    assert picture["Content-Disposition"].startswith("inline")

    drawing = agent.get(reverse("messaging:attachment", args=[things["drawing"]]))
    assert drawing["Content-Type"] == "application/octet-stream"
    assert drawing["Content-Disposition"] == 'attachment; filename="a.svg"'
    for response in (picture, drawing):
        assert response["Content-Security-Policy"] == "default-src 'none'; sandbox; frame-ancestors 'none'"
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Cache-Control"] == "no-store, private"


def test_the_html_of_a_mail_has_its_own_pictures_and_none_from_elsewhere(desk: Desk, things) -> None:
    agent = signed_in(person_in(desk.unit))

    response = agent.get(reverse("messaging:html", args=[things["message"]]))

    page = response.content.decode()
    assert "data:image/png;base64," in page
    assert "cid:" not in page
    assert ' src="https://track' not in page
    assert "corsia-blocked" in page
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "img-src data:" in policy
    assert "script-src" not in policy
    assert "sandbox allow-popups" in policy
    assert "frame-ancestors 'self'" in policy
    assert response["X-Frame-Options"] == "SAMEORIGIN"


def test_what_a_stranger_wrote_is_inert_on_our_pages(desk: Desk, things) -> None:
    administrator = signed_in(person_in(desk.group.root, Role.ADMINISTRATOR))

    for url in (
        reverse("messaging:journal"),
        reverse("messaging:inbound", args=[things["inbound"]]),
        reverse("messaging:outgoing", args=[things["outgoing"]]),
        reverse("messaging:outgoing_html", args=[things["outgoing"]]),
    ):
        page = administrator.get(url).content.decode()
        assert "<script>alert(1)" not in page
        assert "&lt;script&gt;alert(1)" in page


def test_a_quarantined_message_is_read_again_from_its_bytes(desk: Desk, things) -> None:
    administrator = signed_in(person_in(desk.group.root, Role.ADMINISTRATOR))

    administrator.post(reverse("messaging:retry_inbound", args=[things["inbound"]]))

    row = Inbound.objects.get(pk=things["inbound"])
    assert (row.state, row.attempts, row.reason) == (InboundState.RECEIVED, 0, "")
    again = administrator.post(reverse("messaging:retry_inbound", args=[things["inbound"]]))
    assert again.status_code == 409


def test_the_original_is_downloaded_byte_for_byte(desk: Desk, things) -> None:
    administrator = signed_in(person_in(desk.group.root, Role.ADMINISTRATOR))

    response = administrator.get(reverse("messaging:original", args=[things["inbound"]]))

    assert response.content == raw_mail(subject="<script>alert(1)</script>", header_id="<q@x>")
    assert response["Content-Disposition"].startswith("attachment")


def test_a_sandbox_shows_what_would_have_left(desk: Desk, things, settings, mailoutbox) -> None:
    settings.SANDBOX = True
    send_due(now=NOON + timedelta(minutes=1))
    manager = signed_in(person_in(desk.group.brescia, Role.BRANCH_MANAGER, language="en"))

    page = manager.get(reverse("messaging:outbox")).content.decode()

    assert mailoutbox == []
    assert page.count('class="msg-row"') == Outgoing.unscoped.filter(state=OutboxState.SENT).count() == 2
    assert "nothing leaves this machine" in page


def test_a_text_is_saved_in_both_languages_and_a_wrong_key_keeps_everything_typed(desk: Desk) -> None:
    manager = signed_in(person_in(desk.group.root, Role.CARE_MANAGER, language="en"))
    typed = {
        "unit": desk.group.root.pk,
        "key": "grazie",
        "name_it": "Grazie",
        "name_en": "Thanks",
        "reason": "reply",
        "is_active": "on",
        "subject_it": "Grazie",
        "body_it": "Gentile {{customer.password}}",
        "subject_en": "",
        "body_en": "Dear {{customer_name}}",
    }

    refused = manager.post(reverse("messaging:add_text"), typed)
    assert refused.status_code == 422
    assert "Gentile {{customer.password}}" in refused.content.decode()
    assert "“{{customer.password}}” cannot be used here" in refused.content.decode()
    assert not Template.unscoped.filter(key="grazie").exists()

    saved = manager.post(reverse("messaging:add_text"), typed | {"body_it": "Gentile {{customer_name}}"})
    assert saved.status_code == 302
    texts = TemplateText.unscoped.filter(template__key="grazie").order_by("language").values_list("language", "body")
    assert list(texts) == [("en", "Dear {{customer_name}}"), ("it", "Gentile {{customer_name}}")]


def test_the_preview_fills_in_an_invented_case(desk: Desk) -> None:
    manager = signed_in(person_in(desk.group.root, Role.CARE_MANAGER, language="en"))

    def preview(text: str) -> str:
        data = {"language": "it", "subject_it": "n. {{case_number}}", "body_it": text}
        return manager.post(reverse("messaging:preview_text"), data).content.decode()

    assert "Gentile Giulia Ferrari" in preview("Gentile {{customer_name}}")
    assert "cannot be used here" in preview("{{request}}")
    assert "&lt;b&gt;" in preview("<b>{{customer_name}}")


@pytest.mark.parametrize("rows", [1, 3])
def test_the_lists_need_the_same_statements_for_one_row_and_for_three(
    desk: Desk, rows: int, django_assert_num_queries
) -> None:
    with scope.system("test"):
        for number in range(rows):
            filed(desk, at=NOON, header_id=f"<{number}@x>", from_address=f"c{number}@example.com")
    manager = signed_in(person_in(desk.group.root, Role.ADMINISTRATOR))
    manager.get(reverse("messaging:texts"))

    with django_assert_num_queries(8):
        manager.get(reverse("messaging:outbox") + "?tab=all")
    with django_assert_num_queries(5):
        manager.get(reverse("messaging:journal") + "?tab=all")


@pytest.mark.parametrize(
    "query", ["?tab=nope", "?before=abc", "?before=99999999999999999999999", "?before=-1", "?before=²"]
)
def test_junk_in_the_address_shows_the_first_page(desk: Desk, query: str) -> None:
    administrator = signed_in(person_in(desk.group.root, Role.ADMINISTRATOR))

    assert administrator.get(reverse("messaging:outbox") + query).status_code == 200
    assert administrator.get(reverse("messaging:journal") + query).status_code == 200
