"""One customer writes by mail, WhatsApp and chat: one person, one case, a playbook, a dossier, and numbers that agree.

A real browser for the agent; the providers' webhooks signed over real bytes.
"""

import io
from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect
from pypdf import PdfReader

from corsia.analytics.services import refresh
from corsia.cases.models import Case, StepTick
from corsia.cases.services import install_processes
from corsia.conversations.models import Dossier
from corsia.customers.models import ContactPoint, Customer
from corsia.kernel import scope
from corsia.kernel.actors import system
from corsia.knowledge.services.playbooks import install_playbooks
from corsia.messaging.models import Mailbox, Message
from corsia.messaging.services import file_message, install_templates
from corsia.messaging.services.events import read_events
from corsia.organisation.models import Person
from corsia.organisation.vocabulary import Role
from tests.browser import DESKTOP, Browser, real_browser, server
from tests.connectors.whatsapp.speaker import GIULIA, MetaCalls, message, raw
from tests.factories.messaging import Desk, mail_for
from tests.factories.organisation import person_in, signed_in, small_group
from tests.jobs import run_jobs
from tests.portal.chats import Visitor, a_chat

__all__ = ["real_browser", "server"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]
ROBOT = system("test")
MAIL = "giulia.ferri@example.com"


@pytest.fixture
def warehouse(settings, tmp_path):
    settings.WAREHOUSE = tmp_path / "warehouse"
    return settings.WAREHOUSE


@pytest.fixture
def desk(transactional_db) -> Desk:
    now = datetime.now(tz=UTC)
    with scope.system("test"):
        group = small_group()
        install_processes(unit_id=group.root.pk, by=ROBOT, now=now)
        install_templates(unit_id=group.root.pk, by=ROBOT, now=now)
        install_playbooks(unit_id=group.root.pk, by=ROBOT, now=now)
        mailbox = Mailbox.objects.create(
            unit=group.brescia_care, address="assistenza@bellandi.example", name="Brescia", process_key="complaint"
        )
    return Desk(group, group.brescia_care, mailbox)


@pytest.fixture
def agent(desk: Desk) -> Person:
    return person_in(desk.unit, Role.AGENT, first_name="Laura", last_name="Pedretti")


def writes_a_mail(desk: Desk) -> Case:
    now = datetime.now(tz=UTC)
    with scope.system("test"):
        filed = file_message(
            mail_for(desk, at=now, text="Sono molto delusa: la riparazione non tiene.", process_key="complaint")
        )
        case = Case.objects.get(pk=filed.case_id)
        ContactPoint.objects.create(customer_id=case.customer_id, kind="phone", value=f"+{GIULIA}", created_at=now)
        return case


def writes_by_whatsapp(desk: Desk, client) -> None:
    meta = MetaCalls()
    with scope.system("test"):
        account = meta.account(desk, is_on=True)
    told = message(1, "text", text={"body": "Vi ho scritto una mail, mi rispondete?"})
    assert meta.call(client, account, raw(told)).status_code == 200
    read_events(now=datetime.now(tz=UTC))


def chats_and_asks_for_a_person(desk: Desk) -> Visitor:
    visitor = Visitor(a_chat(desk.unit, now=datetime.now(tz=UTC), has_bot=True))
    assert visitor.writes("Che orari fate?", name="Giulia Ferri", email=MAIL).status_code == 200
    run_jobs()
    visitor.writes("operatore")
    run_jobs()
    return visitor


def test_three_channels_one_customer_one_case_and_everything_after_it(
    real_browser: Browser, desk: Desk, agent: Person, client, warehouse, monkeypatch
) -> None:
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    complaint = writes_a_mail(desk)
    writes_by_whatsapp(desk, client)
    visitor = chats_and_asks_for_a_person(desk)

    # The assistant answered, then stepped back for a person.
    with scope.system("test"):
        said = list(Message.objects.filter(channel="chat").order_by("pk").values_list("direction", "is_automatic"))
        assert ("out", True) in said
        chat = Case.objects.filter(origin="chat").get()
        whatsapp = Case.objects.filter(origin="whatsapp").get()
        assert Customer.objects.filter(merged_into=None).count() == 1
        assert {chat.customer_id, whatsapp.customer_id} == {complaint.customer_id}

    with real_browser.window(agent, size=DESKTOP) as window:
        page = window.page
        # One person: the other conversations stand beside the mail, and join it.
        window.go(f"/conversations/{complaint.pk}/")
        elsewhere = page.locator(".ctx-else")
        elsewhere.wait_for()
        expect(elsewhere.locator(".ctx-el")).to_have_count(2)
        for left in (1, 0):
            page.locator(".ctx-else button").first.click()
            expect(page.locator(".ctx-el")).to_have_count(left)
        thread = page.locator("#thread")
        thread.get_by_text("mi rispondete?").wait_for()
        thread.get_by_text("Che orari fate?", exact=True).wait_for()
        with scope.system("test"):
            assert [case.pk for case in Case.objects.filter(merged_into=None)] == [complaint.pk]

        # The answer goes by the way that is chosen, and the visitor sees it.
        chat_way = page.locator("#cp-way-s option").filter(has_text="hat").first
        chat_way.wait_for(state="attached")
        page.locator("#cp-way-s").select_option(value=chat_way.get_attribute("value"))
        page.fill("#reply-t", "Buongiorno Giulia, sono Laura: me ne occupo io.")
        page.press("#reply-t", "Control+Enter")
        thread.get_by_text("me ne occupo io").wait_for()

        # The agent follows the playbook.
        window.go(f"/cases/{complaint.pk}/")
        page.locator("#pb form button").first.click()
        expect(page.locator("#pb progress")).to_have_attribute("value", "1")
        assert (window.blocked(), window.errors) == ([], [])
    run_jobs()
    assert "Buongiorno Giulia, sono Laura: me ne occupo io." in [one["text"] for one in visitor.sees()]
    with scope.system("test"):
        assert StepTick.objects.filter(case=complaint, ticked_by=agent).count() == 1

    # The dossier tells it all.
    browser = signed_in(agent)
    browser.post(f"/conversations/{complaint.pk}/dossiers/new/", {"audience": "outside", "language": "it"})
    run_jobs()
    with scope.system("test"):
        dossier = Dossier.objects.get()
    content = browser.get(f"/conversations/dossiers/{dossier.pk}/file/").content
    text = " ".join(" ".join(sheet.extract_text() for sheet in PdfReader(io.BytesIO(content)).pages).split())
    for words in ("Sono molto delusa", "mi rispondete?", "Che orari fate?", "me ne occupo io"):
        assert words in text

    # The number of contacts is the number of what the customer wrote, counted one by one.
    with scope.system("test"):
        refresh(now=datetime.now(tz=UTC))
        counted = sum(1 for row in Message.objects.all() if row.direction == "in" and not row.is_automatic)
    boss = person_in(desk.group.root, Role.CARE_MANAGER)
    numbers = signed_in(boss).get("/analytics/metrics/contacts/?days=7").content.decode()
    assert f'<dt>n</dt><dd class="tn">{counted}</dd>' in numbers
