"""The journey of a call: it rings, the card pops up without a reload, a note becomes a case."""

import threading
import time
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test import Client

from corsia.cases.models import Case
from corsia.cases.services import open_case
from corsia.connectors.telephony.models import Call
from corsia.customers.services import find_or_add_by_phone
from corsia.kernel import scope
from corsia.messaging.models import Message
from tests.browser import PHONE, Browser, real_browser, server  # noqa: F401  (fixtures)
from tests.connectors.telephony.speaker import GIULIA, VoiceCalls, a_line, ended, leg, tell, voice
from tests.factories.messaging import ROBOT, a_desk
from tests.factories.organisation import person_in, small_group

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def scene(transactional_db) -> dict:
    """A line of the desk of Brescia, Anna and Bruno there, and Giulia, who has a case."""
    now = datetime.now(tz=UTC).replace(microsecond=0)
    with scope.system("test"):
        group = small_group()
        desk = a_desk(group, now=now)
        account = VoiceCalls().account(desk, is_on=True)
        a_line(account, asks_language=False)
        giulia = find_or_add_by_phone(group_id=group.root.pk, phone=GIULIA, name="Giulia Ferri", source="test", now=now)
        case = open_case(
            unit_id=desk.unit.pk, process_key="information", subject="Freni che fischiano", origin="email",
            customer_id=giulia.pk, by=ROBOT, now=now,
        )  # fmt: skip
    anna = person_in(group.brescia_care, first_name="Anna", last_name="Neri", language="it")
    bruno = person_in(group.brescia_care, first_name="Bruno", last_name="Galli", language="it")
    return {"account": account, "anna": anna, "bruno": bruno, "case": case, "giulia": giulia, "now": now}


def told(scene, *requests) -> None:
    """Let the provider tell something, on a connection of its own as the worker has one."""

    def run() -> None:
        with scope.system("test"):
            tell(Client(), scene["account"], *requests, at=datetime.now(tz=UTC))
        connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()


def listens(window, path: str) -> None:
    with window.page.expect_response("**/conversations/stream/"):
        window.go(path)
    window.page.wait_for_selector("#calls", state="attached")
    window.page.wait_for_timeout(400)  # the greeting follows the head


def test_a_call_pops_up_becomes_a_note_and_a_case_and_goes_away(real_browser: Browser, scene) -> None:  # noqa: F811
    with real_browser.window(scene["anna"]) as anna, real_browser.window(scene["bruno"]) as bruno:
        listens(anna, "/customers/")
        listens(bruno, "/cases/")
        assert anna.page.locator(".call-card").count() == 0

        began = time.monotonic()
        told(scene, ("", voice()))
        for window in (anna, bruno):
            card = window.page.wait_for_selector(".calls .call-card.is-ringing")
            words = card.inner_text()
            assert "Giulia Ferri" in words
            assert "Freni che fischiano" in words
            assert "333 123 4567" in words
        assert time.monotonic() - began < 10

        anna.page.fill(".call-card textarea", "Chiede quanto costa")
        told(scene, ("step=leg", leg(datetime.now(tz=UTC), "in-progress")))
        anna.page.wait_for_selector(".calls .call-card.is-talking")
        assert anna.page.input_value(".call-card textarea") == "Chiede quanto costa"  # what is typed stays

        anna.page.click("text=Rispondo io")
        bruno.page.wait_for_selector(".calls .call-card", state="detached")  # Anna has her
        anna.page.select_option(".call-card select", "new")
        anna.page.click("text=Salva la nota")
        anna.page.wait_for_selector(".call-notes")
        assert anna.page.input_value(".call-card textarea") == ""

        with scope.system("test"):
            call, opened = Call.objects.get(), Case.objects.exclude(pk=scene["case"].pk).get()
            assert (call.person, call.case_id, opened.subject) == (scene["anna"], opened.pk, "Chiede quanto costa")
            assert Message.objects.get(case=opened).text == "Chiede quanto costa"

        anna.go("/vehicles/")  # the card is there on the next page too
        anna.page.wait_for_selector(".calls .call-card.is-talking")
        told(scene, ("", ended(datetime.now(tz=UTC))))
        anna.page.wait_for_selector(".calls .call-card.is-ended")
        assert anna.axe() == []
        anna.page.click("[data-call-close]")
        assert anna.page.locator(".call-card").count() == 0
        anna.page.reload()
        anna.page.wait_for_selector("#calls", state="attached")
        assert anna.page.locator(".call-card").count() == 0
        assert anna.errors == bruno.errors == []
        assert anna.blocked() == bruno.blocked() == []


def test_two_tabs_of_one_browser_share_one_stream(real_browser: Browser, scene) -> None:  # noqa: F811
    with real_browser.window(scene["anna"]) as window:
        listens(window, "/customers/")
        second = window.page.context.new_page()
        asked: list[str] = []
        second.on("request", lambda request: asked.append(request.url) if "/stream/" in request.url else None)
        second.goto(window.address + "/vehicles/")
        second.wait_for_selector("#calls", state="attached")
        second.wait_for_timeout(400)

        told(scene, ("", voice()))
        for page in (window.page, second):
            page.wait_for_selector(".calls .call-card.is-ringing")
        assert asked == []


def test_the_pages_stand_up_to_axe_on_a_phone_too(real_browser: Browser, scene) -> None:  # noqa: F811
    told(scene, ("", voice()), ("step=menu&n=1&l=it", voice(status="in-progress", Digits="1")))
    with scope.system("test"):
        call_id = Call.objects.get().pk
    for theme, size in (("light", None), ("dark", PHONE)):
        with real_browser.window(scene["anna"], theme=theme, **({"size": size} if size else {})) as window:
            for path in ("/telephony/", f"/telephony/calls/{call_id}/", "/cases/"):
                window.go(path)
                window.page.wait_for_load_state("load")
                window.page.wait_for_selector("#calls", state="attached")
                assert window.axe() == [], path
            assert window.errors == []
            assert window.blocked() == []
