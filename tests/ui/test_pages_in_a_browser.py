"""Pages that everybody meets first: no violation of the content policy, of WCAG 2.2 AA, no error in the console."""

import pytest
from playwright.sync_api import expect

from corsia.organisation.vocabulary import Role
from tests.browser import DESKTOP, PHONE, Browser, real_browser, server  # noqa: F401  (fixtures)
from tests.factories.organisation import person_in, small_group

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_sign_in_pages_are_clean(real_browser: Browser, size, theme) -> None:  # noqa: F811
    with real_browser.window(None, size=size, theme=theme) as window:
        for path in ("/account/login/", "/account/password/reset/"):
            window.go(path)
            assert window.axe() == []
        window.page.click("a[lang=en]")
        expect(window.page.locator("h1")).to_have_text("New password")
        assert (window.blocked(), window.errors) == ([], [])


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_page_of_components_and_of_the_account_are_clean(real_browser: Browser, size) -> None:  # noqa: F811
    person = person_in(small_group().root, Role.ADMINISTRATOR)
    for theme in ("light", "dark"):
        with real_browser.window(person, size=size, theme=theme) as window:
            for path in ("/ui/", "/account/2fa/", "/account/sessions/", "/account/2fa/totp/activate/"):
                window.go(path)
                assert window.axe() == [], path
            assert (window.blocked(), window.errors) == ([], [])


def test_somebody_signs_in_and_switches_the_theme(real_browser: Browser) -> None:  # noqa: F811
    person = person_in(small_group().brescia_care, Role.AGENT)
    with real_browser.window(None) as window:
        window.go("/account/login/")
        window.page.fill("[name=login]", person.email)
        window.page.fill("[name=password]", "correct horse battery")
        window.page.click("form[action='/account/login/'] [type=submit]")
        window.page.wait_for_selector(".rail")
        window.page.wait_for_load_state()
        window.page.click(".rail [data-theme-toggle]")
        window.page.reload()

        expect(window.page.locator("html")).to_have_attribute("data-bs-theme", "dark")


def test_the_rail_on_a_phone_keeps_the_rest_one_touch_away(real_browser: Browser) -> None:  # noqa: F811
    person = person_in(small_group().root, Role.ADMINISTRATOR)
    with real_browser.window(person, size=PHONE) as window:
        window.go("/ui/")
        window.page.click(".rail-more")

        expect(window.page.locator("#more[open] a[href='/organisation/']")).to_be_visible()
        assert window.axe() == []


def test_a_question_is_asked_before_what_cannot_be_undone(real_browser: Browser) -> None:  # noqa: F811
    from corsia.conversations.models import Macro

    group = small_group()
    person = person_in(group.root, Role.CARE_MANAGER)
    Macro.unscoped.create(unit=group.root, name_it="Taggo", name_en="Tag")
    with real_browser.window(person) as window:
        window.go("/conversations/macros/")
        window.page.click("table [type=submit]")
        window.page.wait_for_selector("#confirm[open]")
        window.page.click("#confirm [value='']")
        assert Macro.unscoped.count() == 1

        window.page.click("table [type=submit]")
        window.page.click("#confirm [value=yes]")
        window.page.wait_for_selector(".empty-s")
        assert Macro.unscoped.count() == 0
