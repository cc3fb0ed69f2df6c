"""The interview on screen in a real browser: with the mouse, with the keys of the keyboard, on a phone."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from corsia.kernel import scope
from corsia.listening.models import Interview, Response
from corsia.organisation.vocabulary import Role
from tests.browser import PHONE, Browser, real_browser, server  # noqa: F401  (fixtures)
from tests.factories.interviews import in_force
from tests.factories.organisation import person_in, small_group

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def scene(transactional_db) -> dict:
    with scope.system("test"):
        group = small_group()
        version = in_force(group.root, now=datetime.now(tz=UTC))
    return {
        "boss": person_in(group.root, Role.CARE_MANAGER, first_name="Paola", last_name="Riva", language="it"),
        "place": f"/listening/interviews/{version.questionnaire_id}/try/",
    }


def test_a_manager_takes_the_interview_on_screen(real_browser: Browser, scene) -> None:  # noqa: F811
    with real_browser.window(scene["boss"]) as window:
        page = window.page
        window.go(scene["place"])
        page.get_by_text("Buongiorno da Gruppo").wait_for()
        page.get_by_text("Nulla, finché non accettano").wait_for()
        page.click("#iv-2")
        page.get_by_text("Nel rispetto della legge sulla privacy").wait_for()
        page.keyboard.press("1")  # the keyboard's own keys
        page.get_by_text("Ci avevano chiamato per:").wait_for()
        expect(page.locator(".iv-why b")).to_have_text("Reclamo")
        page.keyboard.press("0")
        page.locator(".iv-kept li").nth(0).locator("b").wait_for()
        expect(page.locator(".iv-kept li").nth(0).locator("b")).to_have_text("0")
        page.click("#iv-silence")
        page.get_by_text("Non abbiamo ricevuto nessun tasto.").wait_for()
        page.click("#iv-hash")
        page.get_by_text("Questo tasto non è tra le risposte.").wait_for()
        page.click("#iv-7")
        page.locator(".iv-kept li").nth(1).locator("b").wait_for()
        assert window.axe() == []
        page.click("#iv-off")
        page.get_by_text("quanto è stato risposto conterebbe").wait_for()
        expect(page.locator("#iv-5")).to_be_disabled()
        assert window.axe() == []
        page.get_by_text("Ricomincia").click()
        page.get_by_text("Nulla, finché non accettano").wait_for()
        assert (window.errors, window.blocked()) == ([], [])
    with scope.system("test"):
        assert (Response.objects.count(), Interview.objects.count()) == (0, 0)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_pages_stand_up_to_axe_on_a_phone_too(real_browser: Browser, scene, theme) -> None:  # noqa: F811
    with real_browser.window(scene["boss"], theme=theme, size=PHONE) as window:
        for path in ("/listening/interviews/", scene["place"], scene["place"].removesuffix("try/")):
            window.go(path)
            window.page.wait_for_load_state("load")
            assert window.axe() == [], path
            assert window.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        assert (window.errors, window.blocked()) == ([], [])
