"""A manager opens the channel's page, says which business account it is, and fetches its texts."""

import os

import pytest

from corsia.kernel import scope
from corsia.organisation.vocabulary import Role
from tests.browser import DESKTOP, PHONE, Browser, real_browser, server  # noqa: F401  (fixtures)
from tests.conftest import NOON
from tests.connectors.whatsapp.speaker import WABA, Graph, MetaCalls
from tests.connectors.whatsapp.test_texts import LISTED
from tests.factories.messaging import a_desk
from tests.factories.organisation import person_in, small_group

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(("size", "theme"), [(DESKTOP, "light"), (PHONE, "dark")], ids=["desktop", "phone"])
def test_the_texts_are_fetched_at_a_button(real_browser: Browser, graph: Graph, size, theme) -> None:  # noqa: F811
    graph.templates = LISTED
    with scope.system("test"):
        desk = a_desk(small_group(), now=NOON)
        account = MetaCalls().account(desk, is_on=True)
        manager = person_in(desk.group.brescia, Role.BRANCH_MANAGER)
    with real_browser.window(manager, size=size, theme=theme) as window:
        window.go(f"/messaging/channels/{account.pk}/")
        window.page.fill("#wa-id", WABA)
        window.page.click("#wa-panel .fg button[type=submit]")
        window.page.click("#wa-panel .c-h button[type=submit]")
        window.page.wait_for_selector("#wa-panel .msg-row")

        words = window.page.inner_text("#wa-panel")
        assert "Buongiorno {{1}}, la sua {{2}} è pronta." in words
        assert "Rifiutato" in words
        if shots := os.environ.get("CORSIA_SHOTS"):
            window.page.locator("#wa-panel").scroll_into_view_if_needed()
            window.page.screenshot(path=f"{shots}/wa-{theme}.png")
        assert window.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert window.axe() == []
        assert (window.blocked(), window.errors) == ([], [])
