"""The first lane, whole: a mail becomes a case before the agent's eyes, is answered, comes back, is closed and judged.

Real processes, a real browser, real SMTP on both sides. Nothing is reloaded by hand.
"""

import re
import smtplib
from email.message import EmailMessage
from email.utils import parseaddr

import pytest
from django.contrib.auth.hashers import make_password
from django.db import connections
from playwright.sync_api import expect

from corsia.cases.models import Case, Task
from corsia.cases.services import install_processes
from corsia.kernel import scope
from corsia.kernel.actors import system
from corsia.listening.models import Response, SurveySettings
from corsia.messaging.models import Mailbox, Message
from corsia.messaging.services import install_templates
from corsia.organisation.vocabulary import Role
from tests.conftest import NOON
from tests.factories.organisation import person_in, small_group
from tests.running import CHROMIUM_FLAGS, Running, chromium, corsia_running, until

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(420),
    pytest.mark.skipif(chromium() is None, reason="Chromium was not found: install it or set CORSIA_CHROMIUM"),
]
CUSTOMER = "giulia.ferri@posta.example"
PASSWORD = "correct horse battery"
DESK = "assistenza@brescia.bellandi.example"


def desk() -> None:
    """A branch with one agent, its mailbox, the shipped processes and texts, and a survey that goes out at once."""
    group = small_group()
    robot = system("test")
    with scope.system("test"):
        install_processes(unit_id=group.root.pk, by=robot, now=NOON)
        install_templates(unit_id=group.root.pk, by=robot, now=NOON)
        Mailbox.objects.create(unit=group.brescia_care, address=DESK, name="Assistenza Brescia")
        SurveySettings.objects.create(unit=group.root, send_after_minutes=0)
    laura = person_in(
        group.brescia_care, Role.AGENT, email="laura@bellandi.example", first_name="Laura", last_name="Pedretti"
    )
    laura.password = make_password(PASSWORD, hasher="pbkdf2_sha256")
    laura.save(update_fields=["password"])


def write(running: Running, *, to: str, subject: str, text: str, message_id: str, answers: str = "") -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = f"Giulia Ferri <{CUSTOMER}>", to, subject
    mail["Message-ID"] = message_id
    if answers:
        mail["In-Reply-To"] = mail["References"] = answers
    mail.set_content(text)
    with smtplib.SMTP("127.0.0.1", running.smtp_port, timeout=20) as client:
        client.send_message(mail)


def test_a_mail_is_answered_comes_back_is_closed_and_a_three_reopens_it(monkeypatch) -> None:
    from playwright.sync_api import sync_playwright

    # Playwright keeps an event loop in this thread; the few queries between its calls disturb nobody.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    desk()
    with corsia_running() as running, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_FLAGS)
        page = browser.new_context(locale="it-IT").new_page()
        complaints: list[str] = []
        page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
        page.set_default_timeout(20_000)
        expect.set_options(timeout=20_000)

        page.goto(running.web)
        page.fill("input[name=login]", "laura@bellandi.example")
        page.fill("input[name=password]", PASSWORD)
        page.press("input[name=password]", "Enter")
        page.wait_for_url(lambda url: "/account/" not in url)
        page.goto(f"{running.web}/conversations/")
        expect(page.locator("#live")).to_have_text("In diretta")

        # A mail arrives: it appears in the open inbox.
        write(
            running,
            to=DESK,
            subject="Spia motore accesa",
            text="Buongiorno, stamattina si è accesa la spia del motore.\n\nGiulia Ferri",
            message_id="<prima@posta.example>",
        )
        row = page.locator("#rows .cv", has_text="Spia motore accesa")
        expect(row).to_be_visible()

        # The agent answers; the mail reaches the customer's server and threads there.
        row.locator("a").click()
        expect(page.locator("#thread")).to_contain_text("stamattina si è accesa la spia")
        page.fill("#reply-t", "Buongiorno, La aspettiamo domani alle 8:30 per la diagnosi.")
        page.press("#reply-t", "Control+Enter")
        expect(page.locator("#thread .m-out").last).to_contain_text("La aspettiamo domani")
        answer = until(
            lambda: next((m for m in running.mail_server.to(CUSTOMER) if "La aspettiamo domani" in plain(m)), None),
            seconds=60,
            what="the answer reaches the customer's mail server",
        )
        assert answer["In-Reply-To"] == "<prima@posta.example>"
        assert "<prima@posta.example>" in answer["References"]

        # The customer answers that: same case, shown without a reload.
        write(
            running,
            to=parseaddr(str(answer["Reply-To"]))[1],
            subject=f"Re: {answer['Subject']}",
            text="Perfetto, grazie. A domani!\n\n> Buongiorno, La aspettiamo domani alle 8:30 per la diagnosi.\n",
            message_id="<seconda@posta.example>",
            answers=answer["Message-ID"],
        )
        expect(page.locator("#thread .m-in").last).to_contain_text("Perfetto, grazie. A domani!")
        with scope.system("test"):
            case = Case.objects.get()
            assert Message.objects.get(header_id="seconda@posta.example").text == "Perfetto, grazie. A domani!"

        # Closed; the survey goes out, once.
        page.keyboard.press("Escape")
        page.locator("[data-hotkey=e]").first.click()
        page.locator("dialog[open] button[type=submit].b-ok").click()
        survey = until(
            lambda: next((m for m in running.mail_server.to(CUSTOMER) if "/portal/survey/" in plain(m)), None),
            seconds=100,
            what="the survey reaches the customer",
        )
        link = re.search(r"http://\S+/portal/survey/[^\s>\"]+", plain(survey))
        assert link is not None

        # A link scanner follows the link and answers nothing; the customer, without JavaScript, gives a three.
        public = browser.new_context(locale="it-IT", java_script_enabled=False).new_page()
        for _ in range(2):
            public.goto(link.group())
        with scope.system("test"):
            assert Response.objects.count() == 0
        public.locator("label:has(input[name=recommend][value='3'])").click()
        public.locator("button[type=submit]").click()
        public.fill("textarea[name=why_detractor]", "Ho dovuto aspettare due giorni.")
        public.locator("button[type=submit]").click()
        until(lambda: _reopened(case.pk), seconds=60, what="the case is open again with a callback task")
        public.goto(link.group())
        expect(public.locator("input[name=recommend]")).to_have_count(0)

        with scope.system("test"):
            assert Case.objects.count() == 1
            assert Response.objects.get().score == 3
            assert Task.objects.get(is_callback=True).case_id == case.pk
        assert [line for line in complaints if "Content Security Policy" in line] == []
        browser.close()
        connections.close_all()  # the one of Playwright's loop, which the fixtures do not know


def plain(mail) -> str:
    part = next((p for p in mail.walk() if p.get_content_type() == "text/plain"), mail)
    return (part.get_payload(decode=True) or b"").decode(part.get_content_charset() or "utf-8")


def _reopened(case_id: int) -> bool:
    with scope.system("test"):
        case = Case.objects.get(pk=case_id)
        return case.closed_at is None and case.reopened_times == 1 and Task.objects.filter(is_callback=True).exists()
