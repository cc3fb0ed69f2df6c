"""On a phone: booked from the link in a message about dues and by a stranger, saved, moved, cancelled."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from corsia.customers.models import Holding
from corsia.kernel import scope
from corsia.messaging.models import Outgoing
from corsia.messaging.services import install_templates
from corsia.vehicles.models import Due
from corsia.workshop.links import car_token
from corsia.workshop.models import Visit
from corsia.workshop.vocabulary import VisitState
from tests.browser import PHONE, Browser, Window, real_browser, server  # noqa: F401  (fixtures)
from tests.factories.customers import ADDED_AT, ROBOT
from tests.factories.messaging import a_mailbox
from tests.factories.orders import Floor, floor_of
from tests.factories.organisation import small_group
from tests.factories.workshop import shop_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def floor(transactional_db) -> Floor:
    group = small_group()
    with scope.system("test"):
        install_templates(unit_id=group.root.pk, by=ROBOT, now=ADDED_AT)
    a_mailbox(group.root)
    floor = floor_of(shop_of(group))
    Due.unscoped.create(
        unit=group.root, vehicle=floor.panda, kind="service", cycle="1", reason="km", km_due=30_000,
        due_on=timezone.now().date() + timedelta(days=20), recomputed_at=ADDED_AT,
    )  # fmt: skip
    return floor


def is_fine(window: Window) -> bool:
    """Tell whether a page fits its phone and breaks no rule."""
    width = window.page.evaluate("document.documentElement.scrollWidth")
    assert (width, window.axe(), window.blocked(), window.errors) == (PHONE["width"], [], [], [])
    return True


def test_a_visit_is_booked_moved_and_cancelled_on_a_phone(real_browser: Browser, floor: Floor) -> None:  # noqa: F811
    with real_browser.window(None, size=PHONE) as window:
        page = window.page
        holding = Holding.unscoped.get(customer=floor.mario)
        window.go(f"/portal/car/{car_token(holding.pk, until=timezone.now().date())}/")
        assert is_fine(window)
        page.locator(".bk-good button").first.click()
        expect(page.get_by_role("heading", name="Prenotiamo?")).to_be_visible()
        assert is_fine(window)
        page.get_by_role("button", name="Prenota").click()
        expect(page.get_by_role("status")).to_contain_text("È prenotato")
        assert is_fine(window)
        with page.expect_download() as saved:
            page.get_by_role("link", name="Salva nel calendario").click()
        assert saved.value.suggested_filename.endswith(".ics")
        first = Visit.unscoped.get(customer=floor.mario)
        page.get_by_role("link", name="Sposta").click()
        page.locator("details.bk-day summary").last.click()
        page.locator("details[open] .bk-hs button").last.click()
        expect(page.get_by_role("status")).to_contain_text("È spostato")
        moved = Visit.unscoped.get(pk=first.pk)
        assert moved.drop_off_at > first.drop_off_at
        page.get_by_role("link", name="Disdici").click()
        assert is_fine(window)
        page.get_by_role("radio", name="Un imprevisto").check()
        page.get_by_role("button", name="Disdico l'appuntamento").click()
        expect(page.get_by_role("heading", name="L'appuntamento è disdetto")).to_be_visible()
        assert Visit.unscoped.get(pk=first.pk).state == VisitState.CANCELLED

        window.go(f"/portal/book/{floor.shop.unit.parent.code}/?l=it")
        assert is_fine(window)
        page.get_by_text("Tagliando e freni").first.click()
        page.get_by_role("button", name="Scelga il giorno").click()
        assert is_fine(window)
        page.locator(".bk-good button").first.click()
        page.get_by_label("Nome e cognome").fill("Ugo Nuovo")
        page.get_by_label("Targa").fill("zz123zz")
        page.get_by_label("E-mail").fill("ugo@example.it")
        assert is_fine(window)
        page.get_by_role("button", name="Inviatemi il collegamento").click()
        expect(page.get_by_role("heading", name="Manca un tocco")).to_be_visible()
        assert is_fine(window)
        [link] = re.findall(r"(/portal/book/confirm/\S+)", Outgoing.unscoped.get().body)
        window.go(link)
        assert is_fine(window)
        page.get_by_role("button", name="Sì, confermo").click()
        expect(page.get_by_role("status")).to_contain_text("È prenotato")

    booked = Visit.unscoped.get(state=VisitState.BOOKED)
    assert (booked.customer.display_name, booked.vehicle_id) == ("Ugo Nuovo", None)
