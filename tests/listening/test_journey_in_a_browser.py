"""The journey map under a real hand and keyboard; a mystery visit filled in without a network and sent once."""

from typing import Any

import pytest

from corsia.kernel import scope
from corsia.listening.models import Finding, MysteryVisit, Touchpoint, VisitItem
from corsia.listening.services import install_touchpoints
from corsia.organisation.vocabulary import Role
from tests.browser import PHONE, Browser, real_browser, server  # noqa: F401  (fixtures)
from tests.conftest import NOON
from tests.factories.cases import ROBOT
from tests.factories.organisation import person_in, small_group

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]


@pytest.fixture
def boss(transactional_db):
    group = small_group()
    with scope.system("test"):
        install_touchpoints(unit_id=group.root.pk, by=ROBOT, now=NOON)
    return person_in(group.root, Role.EXPERIENCE_MANAGER)


def stage_of(key: str) -> str:
    return str(Touchpoint.unscoped.get(key=key).stage)


def test_a_card_moves_by_keyboard_and_by_menu(real_browser: Browser, boss) -> None:  # noqa: F811
    with real_browser.window(boss) as window:
        page: Any = window.page
        window.go("/listening/journey/")
        card = page.locator(".jm-c", has_text="Preventivo")
        card.focus()
        with page.expect_response("**/move/") as moved:
            page.keyboard.press("Alt+ArrowRight")
        assert (moved.value.status, stage_of("quotation")) == (204, "own")
        card.locator("[data-bs-toggle=dropdown]").click()
        with page.expect_response("**/move/"):
            card.get_by_role("button", name="Acquisto").click()
        assert stage_of("quotation") == "buy"
        with page.expect_response("**/move/"):
            card.focus()
            page.keyboard.press("Alt+ArrowUp")
        with scope.system("test"):
            rows = Touchpoint.objects.filter(stage="buy").order_by("position")
            assert list(rows.values_list("key", flat=True)) == ["test-drive", "quotation", "order-to-delivery"]
        assert window.blocked() == []
        assert window.errors == []


def test_a_visit_filled_in_without_a_network_is_sent_once(real_browser: Browser, boss) -> None:  # noqa: F811
    with real_browser.window(boss, size=PHONE) as window:
        page: Any = window.page
        window.go("/listening/visits/new/?grid=workshop")
        page.evaluate("navigator.serviceWorker.ready.then(() => 1)")
        page.wait_for_timeout(1500)  # the page names what it loaded, and the worker keeps it
        page.context.set_offline(True)
        window.go("/listening/visits/new/?grid=workshop")  # opened anew, in a cellar
        page.locator("input[name=seen_estimate][value=no]").check(force=True)
        page.locator("input[name=seen_courtesy][value='5']").check(force=True)
        page.locator("input[name=note_estimate]").fill("Nessun foglio")
        page.locator("input[name=photo_estimate]").set_input_files(
            {"name": "foglio.jpg", "mimeType": "image/jpeg", "buffer": b"\xff\xd8\xff\xe0" + bytes(300)}
        )
        page.get_by_role("button", name="Invia la visita").click()
        page.locator("[data-visit-net]", has_text="Nessuna rete").wait_for()
        assert MysteryVisit.unscoped.count() == 0

        page.context.set_offline(False)
        page.locator("[data-visit-net]", has_text="La visita è stata inviata").wait_for()

        visit = MysteryVisit.unscoped.get()
        item = VisitItem.unscoped.get(visit=visit, item="estimate")
        assert (visit.grid, visit.visitor, item.yes, item.note) == ("workshop", boss, False, "Nessun foglio")
        assert item.photo is not None
        assert item.photo.size == 304
        assert set(Finding.unscoped.values_list("sign", flat=True)) == {"minus", "plus"}
        page.reload()
        page.wait_for_timeout(800)
        assert MysteryVisit.unscoped.count() == 1
        assert window.blocked() == []
